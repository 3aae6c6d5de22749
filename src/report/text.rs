//! The report as plain text, for a terminal.

use super::layout::{Block, Document, Row, Section, Table};

/// The width of a line of text.
const WIDTH: usize = 100;
/// The most that the names of rows take of a line.
const NAMES: usize = 60;

/// Returns a report as text: one table after another, each figure with its base.
pub fn text(document: &Document) -> String {
    let mut lines = vec![document.title.clone()];
    lines.extend(document.note.iter().flat_map(|note| wrap(note, WIDTH)));
    lines.push(document.lead.clone());
    for section in &document.sections {
        write(&mut lines, section);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn write(lines: &mut Vec<String>, section: &Section) {
    lines.extend([String::new(), section.title.clone(), "─".repeat(WIDTH)]);
    for block in &section.blocks {
        match block {
            Block::Paragraph(text) => lines.extend(wrap(text, WIDTH)),
            Block::Facts(facts) => {
                for (name, text) in facts {
                    write_fact(lines, name, text);
                }
            }
            Block::Table(table) => write_table(lines, table),
        }
    }
}

fn write_fact(lines: &mut Vec<String>, name: &str, text: &str) {
    let line = format!("{name}: {text}");
    if width(&line) <= WIDTH {
        return lines.push(line);
    }
    lines.push(format!("{name}:"));
    lines.extend(wrap(&format!("  {text}"), WIDTH));
}

fn write_table(lines: &mut Vec<String>, table: &Table) {
    let rows = || table.groups.iter().flat_map(|group| &group.rows);
    let widths: Vec<usize> = (1..table.columns.len())
        .map(|column| {
            let cells = rows().filter_map(|row| row.cells.get(column - 1)).map(|cell| width(cell));
            cells.chain([width(&table.columns[column])]).max().unwrap_or(0)
        })
        .collect();
    // A column of sentences is no column of figures: it is written below the names.
    if widths.iter().any(|width| *width > NAMES) {
        return write_sentences(lines, table);
    }
    let figures: usize = widths.iter().map(|width| width + 2).sum();
    let names = NAMES.min(WIDTH.saturating_sub(figures)).max(24);
    let heading = Row { name: table.columns[0].clone(), cells: table.columns[1..].to_vec() };
    write_row(lines, &heading, names, &widths);
    for group in &table.groups {
        if let Some(heading) = &group.heading {
            lines.push(String::new());
            lines.extend(wrap(heading, WIDTH));
        }
        for row in &group.rows {
            let name = if group.heading.is_some() { format!("  {}", row.name) } else { row.name.clone() };
            write_row(lines, &Row { name, cells: row.cells.clone() }, names, &widths);
        }
    }
    write_notes(lines, table);
}

fn write_sentences(lines: &mut Vec<String>, table: &Table) {
    for group in &table.groups {
        lines.push(String::new());
        lines.extend(group.heading.clone());
        for row in &group.rows {
            let line = format!("  {}: {}", row.name, row.cells.join("; "));
            lines.extend(wrap(&line, WIDTH));
        }
    }
    write_notes(lines, table);
}

fn write_notes(lines: &mut Vec<String>, table: &Table) {
    if !table.notes.is_empty() {
        lines.push(String::new());
    }
    for note in &table.notes {
        lines.extend(wrap(note, WIDTH));
    }
}

/// Writes a row; the figures stand beside the last line of a long name.
fn write_row(lines: &mut Vec<String>, row: &Row, names: usize, widths: &[usize]) {
    let cells = row.cells.iter().zip(widths).map(|(cell, width)| pad(cell, *width));
    let figures: String = cells.collect();
    let mut name = if figures.is_empty() { wrap(&row.name, WIDTH) } else { wrap(&row.name, names) };
    let last = name.pop().unwrap_or_default();
    lines.extend(name);
    lines.push(format!("{last:<names$}{figures}").trim_end().to_owned());
}

fn pad(cell: &str, width: usize) -> String {
    format!("  {cell:>width$}")
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Breaks a text into lines, at spaces; those after the first are set in like it. A no-break space becomes a plain one.
fn wrap(text: &str, most: usize) -> Vec<String> {
    let margin = " ".repeat(text.len() - text.trim_start().len());
    let mut lines: Vec<String> = Vec::new();
    for word in text.trim_start().split(' ') {
        match lines.last_mut().filter(|line| width(line) + 1 + width(word) <= most) {
            Some(line) => *line += &format!(" {word}"),
            None => lines.push(format!("{margin}{word}")),
        }
    }
    lines.iter().map(|line| line.replace('\u{a0}', " ")).collect()
}
