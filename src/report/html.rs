//! The report as HTML: a part of a page, or a page of its own that needs nothing else and prints well.

use super::layout::{Block, Chart, Document, Group, Section, Table};

/// The look of a report, on the coordinator's page and in the page of its own.
const STYLE: &str = include_str!("../../www/balint-report.css");

/// Returns a report as a page of its own, in the instrument's language.
pub fn page(document: &Document, language: &str) -> String {
    let title = escape(&document.title);
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body class=\"report\">\n<main>\n{}</main>\n</body>\n</html>\n",
        escape(language),
        article(document, 1)
    )
}

/// Returns a report as a part of a page, its title a heading of the level given.
pub fn article(document: &Document, level: u8) -> String {
    let sections: String =
        document.sections.iter().enumerate().map(|(place, found)| section(found, place, level + 1)).collect();
    let note = document.note.iter().map(|note| format!("<p class=\"report-first\">{}</p>\n", escape(note)));
    let note: String = note.collect();
    format!(
        "<article class=\"report-article\">\n<h{level} class=\"report-title\">{}</h{level}>\n{note}<p class=\"report-lead\">{}</p>\n{sections}</article>\n",
        escape(&document.title),
        escape(&document.lead)
    )
}

fn section(section: &Section, place: usize, level: u8) -> String {
    let blocks: String = section.blocks.iter().map(|found| block(found, &section.title)).collect();
    format!(
        "<section aria-labelledby=\"report-{place}\">\n<h{level} id=\"report-{place}\">{}</h{level}>\n{blocks}</section>\n",
        escape(&section.title)
    )
}

fn block(block: &Block, title: &str) -> String {
    match block {
        Block::Paragraph(text) => format!("<p>{}</p>\n", escape(text)),
        Block::Facts(facts) => {
            let fact = |(name, text): &(String, String)| {
                format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(text))
            };
            format!("<dl>\n{}</dl>\n", facts.iter().map(fact).collect::<String>())
        }
        Block::Table(found) if found.charts.is_empty() => figures(found, title),
        Block::Table(found) => {
            let charts: String = found.charts.iter().map(figure).collect();
            // One chart has room beside its table; several stand below theirs.
            let place = if found.charts.len() == 1 { "report-beside" } else { "report-below" };
            format!(
                "<div class=\"{place}\">\n<div>{}</div>\n<div class=\"report-charts\">\n{charts}</div>\n</div>\n",
                figures(found, title)
            )
        }
    }
}

fn figure(chart: &Chart) -> String {
    format!("<figure>\n<figcaption>{}</figcaption>\n{}\n</figure>\n", escape(&chart.caption), chart.svg)
}

/// Returns a table with its notes; where the page is too narrow, it scrolls by itself, with the keyboard too.
fn figures(table: &Table, title: &str) -> String {
    let head: String =
        table.columns.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
    let groups: String = table.groups.iter().map(|found| group(found, table.columns.len())).collect();
    let notes: String =
        table.notes.iter().map(|note| format!("<p class=\"report-note\">{}</p>\n", escape(note))).collect();
    let kind = if has_sentences(table) { " class=\"report-sentences\"" } else { "" };
    format!(
        "<div class=\"report-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{}\">\n<table{kind}>\n<thead><tr>{head}</tr></thead>\n{groups}</table>\n</div>\n{notes}",
        escape(title)
    )
}

/// Returns whether a table holds sentences rather than figures.
fn has_sentences(table: &Table) -> bool {
    let mut cells = table.groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.cells);
    table.columns.len() == 2 && cells.any(|cell| cell.contains(' ') && cell.ends_with('.'))
}

fn group(group: &Group, columns: usize) -> String {
    let heading = group.heading.as_ref().map(|name| {
        format!(
            "<tr><th class=\"report-group\" scope=\"rowgroup\" colspan=\"{columns}\">{}</th></tr>\n",
            escape(name)
        )
    });
    let rows: String = group
        .rows
        .iter()
        .map(|row| {
            let filled: String = row.cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
            // A row without figures is a sentence, which takes the whole width.
            let span = if row.cells.is_empty() { format!(" colspan=\"{columns}\"") } else { String::new() };
            let rest = if row.cells.is_empty() { 0 } else { columns.saturating_sub(1 + row.cells.len()) };
            format!(
                "<tr><th scope=\"row\"{span}>{}</th>{filled}{}</tr>\n",
                escape(&row.name),
                "<td></td>".repeat(rest)
            )
        })
        .collect();
    format!("<tbody>\n{}{rows}</tbody>\n", heading.unwrap_or_default())
}

/// Escapes a text for an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_would_take_for_its_own_is_escaped() {
        assert_eq!(escape("<b title=\"a\">&'"), "&lt;b title=&quot;a&quot;&gt;&amp;&#39;");
    }
}
