//! The report as Markdown, with the tables of GitHub's dialect.

use super::layout::{Block, Document, Table};

/// Returns a report as Markdown.
pub fn markdown(document: &Document) -> String {
    let mut parts = vec![format!("# {}", escape(&document.title))];
    parts.extend(document.note.iter().map(|note| format!("**{}**", escape(note))));
    parts.push(escape(&document.lead));
    for section in &document.sections {
        parts.push(format!("## {}", escape(&section.title)));
        parts.extend(section.blocks.iter().flat_map(block));
    }
    parts.join("\n\n") + "\n"
}

fn block(block: &Block) -> Vec<String> {
    match block {
        Block::Paragraph(text) => vec![escape(text)],
        Block::Facts(facts) => {
            let lines = facts.iter().map(|(name, text)| format!("- **{}**: {}", escape(name), escape(text)));
            vec![lines.collect::<Vec<_>>().join("\n")]
        }
        Block::Table(found) => {
            let notes = found.notes.iter().map(|note| escape(note));
            [table(found)].into_iter().chain(notes).collect()
        }
    }
}

fn table(table: &Table) -> String {
    let width = table.columns.len();
    let sides = (0..width).map(|column| if column == 0 { "---" } else { "---:" });
    let mut lines = vec![
        line(table.columns.iter().map(|name| escape(name)), width),
        format!("| {} |", sides.collect::<Vec<_>>().join(" | ")),
    ];
    for group in &table.groups {
        lines.extend(group.heading.iter().map(|name| line([format!("**{}**", escape(name))], width)));
        for row in &group.rows {
            let cells = row.cells.iter().map(|cell| escape(cell));
            lines.push(line([escape(&row.name)].into_iter().chain(cells), width));
        }
    }
    lines.join("\n")
}

/// Returns a row, filled up with empty cells.
fn line(cells: impl IntoIterator<Item = String>, width: usize) -> String {
    let mut cells: Vec<String> = cells.into_iter().collect();
    cells.resize(width.max(cells.len()), String::new());
    format!("| {} |", cells.join(" | "))
}

/// Escapes what Markdown would take for its own.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&') {
            escaped.push('\\');
        }
        escaped.push(if c == '\n' { ' ' } else { c });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_take_for_its_own_is_escaped() {
        assert_eq!(escape("<50% | *a*_b\n"), "\\<50% \\| \\*a\\*\\_b ");
    }

    #[test]
    fn short_rows_are_filled_up() {
        assert_eq!(line(["a".to_owned()], 3), "| a |  |  |");
    }
}
