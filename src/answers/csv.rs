//! Responses that were collected elsewhere, one a line of a CSV file.
//!
//! One column per item with one choice, holding the category code; one column per category of an
//! item with several, named `item___category` and holding 0 or 1 (REDCap's export convention).
//! An empty cell is a missing answer, and so is an item without any category ticked.
//! Every column must be there, in any order, and no other. Nothing is skipped in silence.

use std::fmt;
use std::io::{self, Read};

use super::{Answers, ItemProblem, Response};
use crate::instrument::{CategoryId, Instrument, Item, ItemId};

/// An iterator over the responses of a CSV file; it ends at the first error.
pub struct Responses<'a, R> {
    instrument: &'a Instrument,
    reader: ::csv::Reader<Lines<R>>,
    columns: Vec<Column>,
    record: ::csv::ByteRecord,
    has_failed: bool,
}

struct Column {
    name: String,
    item: ItemId,
    /// For an item with several choices, the one that this column is about.
    category: Option<CategoryId>,
}

/// Where a CSV file is wrong, what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    /// Counted from 1, the header's line.
    pub line: u64,
    pub column: Option<String>,
    pub problem: CsvProblem,
}

/// What is wrong with a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvProblem {
    Empty,
    NotUtf8,
    Unreadable(String),
    /// The header is one column with another separator in it.
    Separator(char),
    Arity {
        found: u64,
        expected: u64,
    },
    UnknownColumn {
        instrument: String,
    },
    DuplicateColumn,
    AbsentColumns(Vec<String>),
    UnknownCode {
        found: String,
        expected: Vec<String>,
    },
    NotBinary(String),
    /// Some of an item's columns are filled in, and this one is empty.
    PartlyEmpty,
    NoneAndOthers,
    /// The item was answered, though an earlier answer skips it.
    OffPath {
        because: String,
    },
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for CsvError {}

impl fmt::Display for CsvProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty; expected a header row"),
            Self::NotUtf8 => f.write_str("the text is not UTF-8; expected a file saved as UTF-8"),
            Self::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            Self::Separator(found) => write!(f, "columns are separated by {found:?}; expected commas"),
            Self::Arity { found, expected } => {
                write!(f, "{found} cells; expected {expected}, as in the header")
            }
            Self::UnknownColumn { instrument } => {
                write!(f, "unknown column; expected an item of {instrument:?}, or item___category")
            }
            Self::DuplicateColumn => f.write_str("the column is there twice; expected it once"),
            Self::AbsentColumns(names) => write!(f, "absent from the header: {}", names.join(", ")),
            Self::UnknownCode { found, expected } => {
                write!(f, "unknown code {found:?}; expected {} or an empty cell", expected.join(", "))
            }
            Self::NotBinary(found) => write!(f, "found {found:?}; expected 0 or 1, or an empty cell"),
            Self::PartlyEmpty => {
                f.write_str("an empty cell, though other columns of the item are filled in; expected 0 or 1")
            }
            Self::NoneAndOthers => {
                f.write_str("ticked together with other categories; expected it alone, or not at all")
            }
            Self::OffPath { because } => {
                write!(f, "answered, though the answer to {because:?} skips it; expected an empty cell or 0")
            }
        }
    }
}

impl<'a, R: Read> Responses<'a, R> {
    /// Reads and checks the header.
    ///
    /// # Errors
    ///
    /// If the file is empty or a column is unknown, absent or there twice.
    pub fn new(input: R, instrument: &'a Instrument) -> Result<Self, CsvError> {
        // Flexible, since the arity is checked below, where the error can say more.
        let lines = Lines { input, last: b'\n' };
        let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(lines);
        let header = reader.byte_headers().map_err(unreadable)?.clone();
        let columns = columns(&header, instrument)?;
        Ok(Responses { instrument, reader, columns, record: ::csv::ByteRecord::new(), has_failed: false })
    }

    fn response(&self) -> Result<Response, CsvError> {
        let line = self.line();
        let cells = self.cells(line)?;
        let mut answers = Answers::new(self.instrument);
        for (column, cell) in self.columns.iter().zip(&cells) {
            self.fill(&mut answers, column, cell).map_err(|problem| column.error(line, problem))?;
        }
        for (column, cell) in self.columns.iter().zip(&cells) {
            self.check(&answers, column, cell, &cells).map_err(|problem| column.error(line, problem))?;
        }
        for section in self.instrument.sections() {
            answers.leave_out(self.instrument, section);
        }
        answers.finish(self.instrument).map_err(|errors| self.item_error(line, errors[0]))
    }

    /// Returns the line on which the record begins.
    ///
    /// The record's own position is before the empty lines that were skipped; the reader's is behind the record
    /// and its line end, which a quote that is never closed has swallowed. Neither is too high.
    fn line(&self) -> u64 {
        let before = self.record.position().map_or(1, ::csv::Position::line);
        let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        before.max(self.reader.position().line().saturating_sub(1 + inside))
    }

    fn cells(&self, line: u64) -> Result<Vec<&str>, CsvError> {
        let (found, expected) = (self.record.len() as u64, self.columns.len() as u64);
        if found != expected {
            return Err(CsvError { line, column: None, problem: CsvProblem::Arity { found, expected } });
        }
        let cells = self.record.iter().zip(&self.columns);
        cells
            .map(|(cell, column)| {
                std::str::from_utf8(cell).map_err(|_| column.error(line, CsvProblem::NotUtf8))
            })
            .collect()
    }

    fn fill(&self, answers: &mut Answers, column: &Column, cell: &str) -> Result<(), CsvProblem> {
        let item = self.instrument.item(column.item);
        let chosen = match (column.category, cell) {
            (_, "") | (Some(_), "0") => return Ok(()),
            (Some(category), "1") => category,
            (Some(_), other) => return Err(CsvProblem::NotBinary(excerpt(other))),
            (None, code) => item.find_category(code).ok_or_else(|| unknown_code(item, code))?,
        };
        answers.tick(column.item, item.takes_several(), chosen);
        Ok(())
    }

    fn check(
        &self,
        answers: &Answers,
        column: &Column,
        cell: &str,
        cells: &[&str],
    ) -> Result<(), CsvProblem> {
        let is_filled = |(other, cell): (&Column, &&str)| other.item == column.item && !cell.is_empty();
        if cell.is_empty() && self.columns.iter().zip(cells).any(is_filled) {
            return Err(CsvProblem::PartlyEmpty);
        }
        let is_answered = !(cell.is_empty() || column.category.is_some() && cell == "0");
        match &self.instrument.item(column.item).condition {
            Some(condition) if is_answered && !answers.is_on_path(self.instrument, column.item) => {
                Err(CsvProblem::OffPath { because: self.instrument.item(condition.item).id.clone() })
            }
            _ => Ok(()),
        }
    }

    fn item_error(&self, line: u64, error: super::ItemError) -> CsvError {
        let problem = match error.problem {
            ItemProblem::NoneAndOthers => CsvProblem::NoneAndOthers,
            ItemProblem::Unanswered => CsvProblem::PartlyEmpty,
        };
        let item = self.instrument.item(error.item);
        let none = super::nones(item).next().map(|none| name(item, Some(none)));
        CsvError { line, column: Some(none.unwrap_or_else(|| item.id.clone())), problem }
    }
}

impl<R: Read> Iterator for Responses<'_, R> {
    type Item = Result<Response, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let mut record = std::mem::take(&mut self.record);
        let read = self.reader.read_byte_record(&mut record);
        self.record = record;
        let response = match read {
            Ok(false) => return None,
            Ok(true) => self.response(),
            Err(error) => Err(unreadable(error)),
        };
        self.has_failed = response.is_err();
        Some(response)
    }
}

/// Input in which every line ends in `\n`, the last one too: the csv crate counts lines by these alone, and
/// counts the `\n` of a `\r\n` only when it reads on.
struct Lines<R> {
    input: R,
    last: u8,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let found = self.input.read(buffer)?;
            let mut kept = 0;
            for i in 0..found {
                let byte = buffer[i];
                if byte != b'\n' || self.last != b'\r' {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.last = byte;
            }
            if found == 0 && !buffer.is_empty() && !matches!(self.last, b'\r' | b'\n') {
                self.last = b'\n';
                buffer[0] = b'\n';
                kept = 1;
            }
            // Nothing kept of something found is not the end.
            if kept > 0 || found == 0 {
                return Ok(kept);
            }
        }
    }
}

impl Column {
    fn error(&self, line: u64, problem: CsvProblem) -> CsvError {
        CsvError { line, column: Some(self.name.clone()), problem }
    }
}

fn columns(header: &::csv::ByteRecord, instrument: &Instrument) -> Result<Vec<Column>, CsvError> {
    let at_header = |column, problem| CsvError { line: 1, column, problem };
    if header.len() <= 1 && header.iter().all(|cell| cell.trim_ascii().is_empty()) {
        return Err(at_header(None, CsvProblem::Empty));
    }
    let names = header.iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>();
    let names = names.map_err(|_| at_header(None, CsvProblem::NotUtf8))?;
    let separator = [';', '\t', '|'].into_iter().find(|separator| names[0].contains(*separator));
    if let (1, Some(separator)) = (names.len(), separator) {
        return Err(at_header(None, CsvProblem::Separator(separator)));
    }
    let mut expected = expected_columns(instrument);
    let mut columns = Vec::with_capacity(names.len());
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(at_header(Some((*name).to_owned()), CsvProblem::DuplicateColumn));
        }
        let Some(found) = expected.iter().position(|column| column.name == *name) else {
            let problem = CsvProblem::UnknownColumn { instrument: instrument.id().to_owned() };
            return Err(at_header(Some((*name).to_owned()), problem));
        };
        columns.push(expected.remove(found));
    }
    if expected.is_empty() {
        return Ok(columns);
    }
    let absent = expected.into_iter().map(|column| column.name).collect();
    Err(at_header(None, CsvProblem::AbsentColumns(absent)))
}

fn expected_columns(instrument: &Instrument) -> Vec<Column> {
    let mut columns = Vec::new();
    for (id, item) in instrument.items() {
        if item.takes_several() {
            columns.extend(item.categories().map(|(category, _)| Column {
                name: name(item, Some(category)),
                item: id,
                category: Some(category),
            }));
        } else {
            columns.push(Column { name: name(item, None), item: id, category: None });
        }
    }
    columns
}

fn name(item: &Item, category: Option<CategoryId>) -> String {
    match category {
        Some(category) => format!("{}___{}", item.id, item.category(category).code),
        None => item.id.clone(),
    }
}

fn unknown_code(item: &Item, found: &str) -> CsvProblem {
    let expected = item.categories().map(|(_, category)| category.code.clone()).collect();
    CsvProblem::UnknownCode { found: excerpt(found), expected }
}

/// Returns the beginning of a cell: in a shifted file it may hold somebody's own words, and messages are logged.
fn excerpt(cell: &str) -> String {
    let mut start: String = cell.chars().take(20).collect();
    if start.len() < cell.len() {
        start.push('…');
    }
    start
}

fn unreadable(error: ::csv::Error) -> CsvError {
    let line = error.position().map_or(1, ::csv::Position::line);
    CsvError { line, column: None, problem: CsvProblem::Unreadable(error.to_string()) }
}
