//! The codebook as a web page, written like a report.

use super::{CategoryEntry, Codebook, ItemEntry, SectionEntry};
use crate::report::html;
use crate::report::layout::{Block, Document, Group, Row, Section, Table};

/// Returns a codebook as a page of its own that needs nothing else and prints well.
pub fn page(codebook: &Codebook) -> String {
    let sections = [about(codebook)].into_iter();
    let sections = sections.chain(codebook.sections.iter().map(section));
    let rest = [derived(codebook), correlations(codebook), reference(codebook)];
    let document = Document {
        title: format!("Codebook: {}", codebook.title),
        lead: codebook.about.clone(),
        note: None,
        sections: sections
            .chain(rest.into_iter().flatten())
            .chain([policies(codebook), columns(codebook)])
            .collect(),
    };
    html::page(&document, &codebook.language)
}

fn about(codebook: &Codebook) -> Section {
    let facts = [
        ("Instrument", format!("{}, version {}", codebook.instrument, codebook.version)),
        ("For", codebook.population.clone()),
        ("Takes", format!("about {} min", codebook.minutes)),
        ("Origin", codebook.origin.clone()),
        ("SHA-256", codebook.hash.clone()),
    ];
    let facts = facts.map(|(name, text)| (name.to_owned(), text));
    Section { title: "About".to_owned(), blocks: vec![Block::Facts(facts.into())] }
}

fn section(section: &SectionEntry) -> Section {
    let blocks = section.items.iter().flat_map(item).collect();
    Section { title: format!("{} ({})", section.title, section.id), blocks }
}

fn item(item: &ItemEntry) -> Vec<Block> {
    let kind = match item.kind {
        "single" => "one choice",
        "likert" => "one choice on a scale of agreement",
        "multi" => "several choices",
        _ => "free text, which stays on the device, and themes to tick",
    };
    let flags = [
        (item.demographic, "demographic"),
        (item.ordinal, "ordinal"),
        (item.source == "inferred", "inferred"),
    ];
    let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name);
    let kind: Vec<&str> = [kind].into_iter().chain(flags).collect();
    let mut facts = vec![
        (format!("{}. {}", item.number, item.id), item.question.clone()),
        ("Label".to_owned(), item.label.clone()),
        ("Kind".to_owned(), kind.join(", ")),
        ("Asked of".to_owned(), item.asked_of.clone()),
    ];
    let texts = [("Hint", &item.hint), ("Note", &item.note)];
    facts.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?))));
    for (place, groups) in item.poolings.iter().enumerate() {
        let groups: Vec<String> =
            groups.iter().map(|group| format!("{} = {}", group.label, group.categories.join(", "))).collect();
        facts.push((format!("Pooling {}", place + 1), groups.join("; ")));
    }
    facts.extend(
        item.shown.iter().map(|shown| (format!("Shown under {}", shown.policy), shown.shows.clone())),
    );
    vec![Block::Facts(facts), Block::Table(categories(item))]
}

fn categories(item: &ItemEntry) -> Table {
    let row = |(category, column): (&CategoryEntry, &String)| {
        let value = category.value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let base = if category.in_base { "yes" } else { "no" };
        let mut cells = vec![value, category.means.to_owned(), base.to_owned(), column.clone()];
        if category.source == "inferred" {
            cells[1] += ", inferred";
        }
        Row { name: format!("{}: {}", category.code, category.label), cells }
    };
    // An item with one choice has one column for all categories.
    let columns = item.columns.iter().cycle();
    table(
        &["Code: label", "Value", "Means", "In the base", "CSV column"],
        item.categories.iter().zip(columns).map(row).collect(),
    )
}

fn derived(codebook: &Codebook) -> Option<Section> {
    let rows = codebook.derived.iter().map(|variable| Row {
        name: format!("{}: {}", variable.id, variable.label),
        cells: vec![variable.definition.clone(), format!("{}–{}", variable.low, variable.high)],
    });
    some("Derived variables", table(&["Variable", "Definition", "Range"], rows.collect()))
}

fn correlations(codebook: &Codebook) -> Option<Section> {
    let rows = codebook.correlations.iter().map(|pair| Row {
        name: pair.id.clone(),
        cells: vec![format!("{} ({})", pair.labels[0], pair.x), format!("{} ({})", pair.labels[1], pair.y)],
    });
    some("Planned correlations", table(&["Correlation", "x", "y"], rows.collect()))
}

fn reference(codebook: &Codebook) -> Option<Section> {
    let study = codebook.reference.as_ref()?;
    let facts = [
        ("Study", study.name.clone()),
        ("Population", study.population.clone()),
        ("Respondents", format!("{} of {}", study.respondents, study.eligible)),
        ("Items", study.items.join(", ")),
        ("Correlations", study.correlations.join(", ")),
    ];
    let facts = facts.into_iter().filter(|(_, text)| !text.is_empty());
    let facts = facts.map(|(name, text)| (name.to_owned(), text)).collect();
    Some(Section { title: "To compare with".to_owned(), blocks: vec![Block::Facts(facts)] })
}

fn policies(codebook: &Codebook) -> Section {
    let facts = codebook.policies.iter().map(|policy| (policy.name.to_owned(), policy.shows.clone()));
    Section { title: "Policies".to_owned(), blocks: vec![Block::Facts(facts.collect())] }
}

fn columns(codebook: &Codebook) -> Section {
    let sentence = "A file of responses has these columns, in any order. One choice: the category’s code. Several choices: 0 or 1. An empty cell is a missing answer.";
    let names = codebook.columns.join(", ");
    let blocks = vec![Block::Paragraph(sentence.to_owned()), Block::Paragraph(names)];
    Section { title: "Columns of a CSV file".to_owned(), blocks }
}

fn table(columns: &[&str], rows: Vec<Row>) -> Table {
    Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        groups: vec![Group { heading: None, rows }],
        notes: Vec::new(),
        charts: Vec::new(),
    }
}

/// Returns a section with a table, unless there is nothing in it.
fn some(title: &str, table: Table) -> Option<Section> {
    let is_empty = table.groups.iter().all(|group| group.rows.is_empty());
    (!is_empty).then(|| Section { title: title.to_owned(), blocks: vec![Block::Table(table)] })
}
