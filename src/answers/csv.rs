//! Responses that were collected elsewhere, one a line of a CSV file.
//!
//! One column per item with one choice, holding the category code; one column per category of an
//! item with several, named `item___category` and holding 0 or 1 (REDCap's export convention).
//! An empty cell is a missing answer, and so is an item without any category ticked.
//! Every column must be there, in any order, and no other. Nothing is skipped in silence.

mod records;

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

use self::records::Records;
use super::{Answers, Draft, ItemProblem, Nonresponse, Response, Value};
use crate::instrument::{Category, CategoryId, Instrument, Item, ItemId};

/// What a table may be separated by instead of commas.
const SEPARATORS: [char; 3] = [';', '\t', '|'];

/// Reads the responses of a CSV file from its bytes, in portions of any size.
///
/// It keeps one line of the file, never more, and stays at its first error.
///
/// # Example
///
/// ```
/// # use balint_survey::{answers::csv::Parser, instrument::Instrument, tally::Tally};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let instrument = Instrument::find("stress-experience").unwrap();
/// # let file = include_bytes!("../../tests/data/stress_46.csv");
/// let mut tally = Tally::new(&instrument);
/// let mut parser = Parser::new(&instrument);
/// for mut portion in file.chunks(1000) {
///     while let Some(response) = parser.parse(&mut portion)? {
///         tally.record(&instrument, response)?;
///     }
/// }
/// if let Some(response) = parser.finish()? {
///     tally.record(&instrument, response)?;
/// }
/// # assert_eq!(tally.respondents(), 46);
/// # Ok(())
/// # }
/// ```
pub struct Parser<'a> {
    instrument: &'a Instrument,
    records: Records,
    /// Empty before the header is read.
    columns: Vec<Column>,
    answers: Answers,
    /// By item, how many of its cells in the record are filled in.
    filled: Vec<usize>,
    response: Response,
    error: Option<CsvError>,
}

/// An iterator over the responses of a CSV file; it ends at the first error.
pub struct Responses<'a, R> {
    parser: Parser<'a>,
    input: R,
    chunk: Box<[u8]>,
    unread: Range<usize>,
    is_over: bool,
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
    /// No end of the record within so many bytes.
    TooLong(usize),
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
        write!(f, ": {}", self.problem)?;
        match (&self.problem, &self.column) {
            (CsvProblem::UnknownColumn { .. }, Some(column)) if is_of_export(column) => {
                f.write_str("; delete this column: it is not part of the answers")
            }
            _ => Ok(()),
        }
    }
}

/// Returns whether REDCap names columns so that it adds to those of the items.
fn is_of_export(column: &str) -> bool {
    let is_added = |ending| column.ends_with(ending);
    column == "record_id" || column.starts_with("redcap_") || is_added("_timestamp") || is_added("_complete")
}

impl std::error::Error for CsvError {}

impl fmt::Display for CsvProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty; expected a header row"),
            Self::NotUtf8 => f.write_str("the text is not UTF-8; expected a file saved as UTF-8"),
            Self::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            Self::TooLong(limit) => {
                write!(f, "no end of the line within {limit} bytes; expected one, and every quote closed")
            }
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

/// Returns the instrument that a CSV file is of, by the first bytes of the file.
///
/// That is the one with exactly the header's columns, or else the one with the most of them, so that what is
/// wrong can be said; `None` where no column is known.
pub fn find_instrument<'a>(
    start: &[u8],
    instruments: impl IntoIterator<Item = &'a Instrument>,
) -> Option<&'a Instrument> {
    let mut records = Records::new();
    if !records.read(&mut &*start).ok()? && !records.finish().ok()? {
        return None;
    }
    let header: Vec<_> = records.cells().map(String::from_utf8_lossy).collect();
    // Another separator is an error, but no reason not to know the columns.
    let names = header.iter().flat_map(|cell| cell.split(SEPARATORS));
    let names: Vec<&str> = names.map(|name| name.trim_matches('"')).collect();
    let mut best = ((false, 0), None);
    for instrument in instruments {
        let expected = expected_columns(instrument);
        let known = expected.iter().filter(|column| names.contains(&column.name.as_str())).count();
        let score = (known == expected.len() && known == names.len(), known);
        if score > best.0 {
            best = (score, Some(instrument));
        }
    }
    best.1
}

impl<'a> Parser<'a> {
    pub fn new(instrument: &'a Instrument) -> Self {
        let items = instrument.items().len();
        Parser {
            instrument,
            records: Records::new(),
            columns: Vec::new(),
            answers: Answers::new(instrument),
            filled: vec![0; items],
            response: Response { values: Vec::with_capacity(items) },
            error: None,
        }
    }

    /// Returns the next response that is complete, and moves the start of `bytes` behind it.
    ///
    /// Returns `None` when it needs more: all of `bytes` is then used up.
    ///
    /// # Errors
    ///
    /// If the header or a line is wrong, and whenever it is called after an error.
    pub fn parse(&mut self, bytes: &mut &[u8]) -> Result<Option<&Response>, CsvError> {
        let found = self.advance(|records| records.read(bytes));
        self.keep(found)
    }

    /// Says that the file is complete, and returns the response of a last line that has no line end.
    ///
    /// # Errors
    ///
    /// If there is no header, or that line is wrong, and whenever it is called after an error.
    pub fn finish(&mut self) -> Result<Option<&Response>, CsvError> {
        let found = match self.advance(Records::finish) {
            Ok(_) if self.columns.is_empty() => Err(at_header(None, CsvProblem::Empty)),
            found => found,
        };
        self.keep(found)
    }

    /// Returns the error that the rest of the file cannot be read.
    pub fn unreadable(&self, reason: impl fmt::Display) -> CsvError {
        let problem = CsvProblem::Unreadable(reason.to_string());
        CsvError { line: self.records.line(), column: None, problem }
    }

    fn keep(&mut self, found: Result<bool, CsvError>) -> Result<Option<&Response>, CsvError> {
        if let Err(error) = &found {
            self.error = Some(error.clone());
        }
        Ok(found?.then_some(&self.response))
    }

    /// Returns whether there is one response more; `next` returns whether there is one record more.
    fn advance(
        &mut self,
        mut next: impl FnMut(&mut Records) -> Result<bool, CsvError>,
    ) -> Result<bool, CsvError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if !self.read_header(&mut next)? || !next(&mut self.records)? {
            return Ok(false);
        }
        self.read_record()?;
        Ok(true)
    }

    /// Returns whether the header is read.
    fn read_header(
        &mut self,
        next: impl FnOnce(&mut Records) -> Result<bool, CsvError>,
    ) -> Result<bool, CsvError> {
        if self.columns.is_empty() && next(&mut self.records)? {
            self.columns = columns(&self.records, self.instrument)?;
        }
        Ok(!self.columns.is_empty())
    }

    /// Makes the record the response, in the place of the last one.
    fn read_record(&mut self) -> Result<(), CsvError> {
        self.check_cells()?;
        self.answers.drafts.fill(Draft::Untouched);
        self.filled.fill(0);
        for (place, column) in self.columns.iter().enumerate() {
            let cell = self.records.cell(place);
            if !cell.is_empty() {
                self.filled[column.item.0] += 1;
                fill(self.instrument, &mut self.answers, column, cell)
                    .map_err(|problem| column.error(self.records.line(), problem))?;
            }
        }
        if self.instrument.items().any(|(item, asked)| self.is_inconsistent(item, asked)) {
            for (column, cell) in self.columns.iter().zip(self.records.cells()) {
                self.check(column, cell).map_err(|problem| column.error(self.records.line(), problem))?;
            }
        }
        self.response.values.clear();
        for (item, _) in self.instrument.items() {
            let value = match self.answers.value(self.instrument, item) {
                // What is empty was left out.
                Err(error) if error.problem == ItemProblem::Unanswered => {
                    Value::Nonresponse(Nonresponse::Missing)
                }
                value => value.map_err(|error| self.none_and_others(error.item))?,
            };
            self.response.values.push(value);
        }
        Ok(())
    }

    /// Returns whether [`check`](Self::check) has something to say of one of the item's columns.
    fn is_inconsistent(&self, item: ItemId, asked: &Item) -> bool {
        let columns = if asked.takes_several() { asked.categories.len() } else { 1 };
        let is_partly_empty = self.filled[item.0] > 0 && self.filled[item.0] < columns;
        let is_answered = self.answers.drafts[item.0] != Draft::Untouched;
        let is_off_path = asked.condition.is_some() && !self.answers.is_on_path(self.instrument, item);
        is_partly_empty || is_answered && is_off_path
    }

    fn check_cells(&self) -> Result<(), CsvError> {
        let line = self.records.line();
        let (found, expected) = (self.records.len() as u64, self.columns.len() as u64);
        if found != expected {
            return Err(CsvError { line, column: None, problem: CsvProblem::Arity { found, expected } });
        }
        if self.records.is_ascii() {
            return Ok(());
        }
        let is_wrong = |cell: &[u8]| std::str::from_utf8(cell).is_err();
        match self.columns.iter().zip(self.records.cells()).find(|(_, cell)| is_wrong(cell)) {
            Some((column, _)) => Err(column.error(line, CsvProblem::NotUtf8)),
            None => Ok(()),
        }
    }

    fn check(&self, column: &Column, cell: &[u8]) -> Result<(), CsvProblem> {
        if cell.is_empty() {
            return if self.filled[column.item.0] > 0 { Err(CsvProblem::PartlyEmpty) } else { Ok(()) };
        }
        let is_answered = column.category.is_none() || cell != b"0";
        match &self.instrument.item(column.item).condition {
            Some(condition) if is_answered && !self.answers.is_on_path(self.instrument, column.item) => {
                Err(CsvProblem::OffPath { because: self.instrument.item(condition.item).id.clone() })
            }
            _ => Ok(()),
        }
    }

    fn none_and_others(&self, item: ItemId) -> CsvError {
        let item = self.instrument.item(item);
        let none = super::nones(item).next();
        let column = item.columns().find(|(_, category)| category.is_some() && *category == none);
        let column = Some(column.map_or_else(|| item.id.clone(), |(name, _)| name));
        CsvError { line: self.records.line(), column, problem: CsvProblem::NoneAndOthers }
    }
}

impl<'a, R: Read> Responses<'a, R> {
    /// How much of the input is read at once.
    const CHUNK: usize = 64 * 1024;

    /// Reads and checks the header.
    ///
    /// # Errors
    ///
    /// If the file is empty or a column is unknown, absent or there twice.
    pub fn new(input: R, instrument: &'a Instrument) -> Result<Self, CsvError> {
        let parser = Parser::new(instrument);
        let chunk = vec![0; Self::CHUNK].into();
        let mut responses = Responses { parser, input, chunk, unread: 0..0, is_over: false };
        while responses.parser.columns.is_empty() {
            if !responses.read_chunk()? {
                responses.parser.finish()?;
                break;
            }
            let mut bytes = &responses.chunk[responses.unread.clone()];
            responses.parser.read_header(|records| records.read(&mut bytes))?;
            responses.unread.start = responses.unread.end - bytes.len();
        }
        Ok(responses)
    }

    fn read_chunk(&mut self) -> Result<bool, CsvError> {
        loop {
            match self.input.read(&mut self.chunk) {
                Ok(found) => {
                    self.unread = 0..found;
                    return Ok(found > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.parser.unreadable(error)),
            }
        }
    }

    fn read(&mut self) -> Result<Option<Response>, CsvError> {
        loop {
            let mut bytes = &self.chunk[self.unread.clone()];
            let response = self.parser.parse(&mut bytes)?;
            self.unread.start = self.unread.end - bytes.len();
            if response.is_some() {
                return Ok(response.cloned());
            }
            if !self.read_chunk()? {
                return Ok(self.parser.finish()?.cloned());
            }
        }
    }
}

impl<R: Read> Iterator for Responses<'_, R> {
    type Item = Result<Response, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let response = self.read();
        self.is_over = !matches!(response, Ok(Some(_)));
        response.transpose()
    }
}

impl Column {
    fn error(&self, line: u64, problem: CsvProblem) -> CsvError {
        CsvError { line, column: Some(self.name.clone()), problem }
    }
}

fn at_header(column: Option<String>, problem: CsvProblem) -> CsvError {
    CsvError { line: 1, column, problem }
}

fn columns(header: &Records, instrument: &Instrument) -> Result<Vec<Column>, CsvError> {
    let cells = header.cells();
    if cells.len() <= 1 && cells.clone().all(|cell| cell.trim_ascii().is_empty()) {
        return Err(at_header(None, CsvProblem::Empty));
    }
    let names = cells.map(std::str::from_utf8).collect::<Result<Vec<_>, _>>();
    let names = names.map_err(|_| at_header(None, CsvProblem::NotUtf8))?;
    let separator = SEPARATORS.into_iter().find(|separator| names[0].contains(*separator));
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
            return Err(at_header(Some(with_plain_line_ends(name)), problem));
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
        columns.extend(item.columns().map(|(name, category)| Column { name, item: id, category }));
    }
    columns
}

fn fill(
    instrument: &Instrument,
    answers: &mut Answers,
    column: &Column,
    cell: &[u8],
) -> Result<(), CsvProblem> {
    let item = instrument.item(column.item);
    let chosen = match (column.category, cell) {
        (Some(_), b"0") => return Ok(()),
        (Some(category), b"1") => category,
        (Some(_), other) => return Err(CsvProblem::NotBinary(excerpt(other))),
        (None, code) => {
            let is_named = |category: &Category| category.code.as_bytes() == code;
            let found = item.categories.iter().position(is_named);
            found.map(CategoryId).ok_or_else(|| unknown_code(item, code))?
        }
    };
    answers.tick(column.item, item.takes_several(), chosen);
    Ok(())
}

fn with_plain_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn unknown_code(item: &Item, found: &[u8]) -> CsvProblem {
    let expected = item.categories().map(|(_, category)| category.code.clone()).collect();
    CsvProblem::UnknownCode { found: excerpt(found), expected }
}

/// Returns the beginning of a cell: in a shifted file it may hold somebody's own words, and messages are logged.
fn excerpt(cell: &[u8]) -> String {
    let cell = with_plain_line_ends(&String::from_utf8_lossy(cell));
    let mut start: String = cell.chars().take(20).collect();
    if start.len() < cell.len() {
        start.push('…');
    }
    start
}
