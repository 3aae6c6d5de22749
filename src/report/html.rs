//! The report as HTML: a part of a page, or a page of its own that needs nothing else and prints well.

use super::layout::{Block, Chart, Document, Group, Row, Section, Table};
use super::markup::{Element, Escaped};

/// The look of a report, on the coordinator's page and in the page of its own.
const STYLE: &str = include_str!("../../www/balint-report.css");

/// Returns a report as a page of its own, in the instrument's language.
pub fn page(document: &Document, language: &str) -> String {
    let title = Escaped(&document.title);
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body class=\"report\">\n<main>\n{}\n</main>\n</body>\n</html>\n",
        Escaped(language),
        article(document, Level::Page)
    )
}

/// Which headings a report begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Its title is the page's.
    Page,
    /// It is a part of a page that has a title.
    Part,
}

impl Level {
    /// Returns the headings of the report and of its sections.
    fn headings(self) -> [&'static str; 2] {
        match self {
            Level::Page => ["h1", "h2"],
            Level::Part => ["h2", "h3"],
        }
    }
}

/// Returns a report as an element.
pub fn article(document: &Document, level: Level) -> Element {
    let [title, heading] = level.headings();
    let note = document.note.iter().map(|note| Element::of_text("p", note).with("class", "report-first"));
    let sections = document.sections.iter().enumerate().map(|(place, found)| section(found, place, heading));
    Element::new("article")
        .with("class", "report-article")
        .child(Element::of_text(title, &document.title).with("class", "report-title"))
        .children(note)
        .child(Element::of_text("p", &document.lead).with("class", "report-lead"))
        .children(sections)
}

fn section(section: &Section, place: usize, heading: &'static str) -> Element {
    let id = format!("report-{place}");
    Element::new("section")
        .with("aria-labelledby", &id)
        .child(Element::of_text(heading, &section.title).with("id", id))
        .children(section.blocks.iter().flat_map(|found| block(found, &section.title)))
}

fn block(block: &Block, title: &str) -> Vec<Element> {
    match block {
        Block::Paragraph(text) => vec![Element::of_text("p", text)],
        Block::Facts(facts) => {
            let fact = |(name, text): &(String, String)| {
                Element::new("div").child(Element::of_text("dt", name)).child(Element::of_text("dd", text))
            };
            vec![Element::new("dl").children(facts.iter().map(fact))]
        }
        Block::Table(found) if found.charts.is_empty() => figures(found, title),
        Block::Table(found) => {
            // One chart has room beside its table; several stand below theirs.
            let place = if found.charts.len() == 1 { "report-beside" } else { "report-below" };
            let charts = Element::new("div").with("class", "report-charts");
            let both = Element::new("div")
                .with("class", place)
                .child(Element::new("div").children(figures(found, title)))
                .child(charts.children(found.charts.iter().map(figure)));
            vec![both]
        }
    }
}

fn figure(chart: &Chart) -> Element {
    Element::new("figure").child(Element::of_text("figcaption", &chart.caption)).child(chart.svg.clone())
}

/// Returns a table with its notes; where the page is too narrow, it scrolls by itself, with the keyboard too.
fn figures(table: &Table, title: &str) -> Vec<Element> {
    let head = table.columns.iter().map(|name| Element::of_text("th", name).with("scope", "col"));
    let mut element = Element::new("table");
    if has_sentences(table) {
        element = element.with("class", "report-sentences");
    }
    element = element
        .child(Element::new("thead").child(Element::new("tr").children(head)))
        .children(table.groups.iter().map(|found| group(found, table.columns.len())));
    let scroll = Element::new("div")
        .with("class", "report-scroll")
        .with("role", "group")
        .with("tabindex", "0")
        .with("aria-label", title)
        .child(element);
    let notes = table.notes.iter().map(|note| Element::of_text("p", note).with("class", "report-note"));
    [scroll].into_iter().chain(notes).collect()
}

/// Returns whether a table holds sentences rather than figures.
fn has_sentences(table: &Table) -> bool {
    let mut cells = table.groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.cells);
    table.columns.len() == 2 && cells.any(|cell| cell.contains(' ') && cell.ends_with('.'))
}

fn group(group: &Group, columns: usize) -> Element {
    let heading = group.heading.iter().map(|name| {
        let name = Element::of_text("th", name).with("class", "report-group").with("scope", "rowgroup");
        Element::new("tr").child(name.with("colspan", columns.to_string()))
    });
    Element::new("tbody").children(heading).children(group.rows.iter().map(|found| row(found, columns)))
}

fn row(row: &Row, columns: usize) -> Element {
    let name = Element::of_text("th", &row.name).with("scope", "row");
    if row.cells.is_empty() {
        // A row without figures is a sentence, which takes the whole width.
        return Element::new("tr").child(name.with("colspan", columns.to_string()));
    }
    let rest = columns.saturating_sub(1 + row.cells.len());
    Element::new("tr")
        .child(name)
        .children(row.cells.iter().map(|cell| Element::of_text("td", cell)))
        .children((0..rest).map(|_| Element::new("td")))
}
