//! Records of a CSV file, put together from portions of its bytes.

use csv_core::{ReadRecordResult, Reader};

use super::{CsvError, CsvProblem};

/// The longest record, in bytes: a quote that is never closed makes one record of the rest of the file.
const LONGEST: usize = 1 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The record that is being read, or the last one.
pub struct Records {
    reader: Reader,
    /// The cells one behind the other, and where each ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    /// How much of both is in use.
    cells_len: usize,
    ends_len: usize,
    /// How many bytes of the file the record has taken.
    taken: usize,
    is_complete: bool,
    /// The line on which the record begins.
    line: u64,
    /// How much of the byte order mark was read; all of it once it cannot come any more.
    mark: usize,
    last: u8,
}

impl Records {
    pub fn new() -> Records {
        let mut reader = Reader::new();
        // An empty line, since the reader's own search for a byte order mark looks at one portion only: the first.
        reader.read_record(b"\n", &mut [0], &mut [0]);
        Records {
            reader,
            cells: vec![0; 1024],
            ends: vec![0; 64],
            cells_len: 0,
            ends_len: 0,
            taken: 0,
            is_complete: false,
            line: 1,
            mark: 0,
            last: b'\n',
        }
    }

    /// Returns the line on which the record begins, counted from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Returns the number of cells of a complete record.
    pub fn len(&self) -> usize {
        self.ends_len
    }

    /// Returns a cell of a complete record, by its place.
    pub fn cell(&self, place: usize) -> &[u8] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.cells[start..self.ends[place]]
    }

    /// Returns the cells of a complete record.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        (0..self.len()).map(|place| self.cell(place))
    }

    /// Returns whether the record is plain ASCII, as good ones are.
    pub fn is_ascii(&self) -> bool {
        self.cells[..self.cells_len].is_ascii()
    }

    /// Reads on; returns whether a record is complete, and moves the start of `bytes` behind it.
    ///
    /// # Errors
    ///
    /// If the record is too long.
    pub fn read(&mut self, bytes: &mut &[u8]) -> Result<bool, CsvError> {
        self.skip_mark(bytes)?;
        self.skip_line_ends(bytes);
        self.take(bytes)
    }

    /// Ends the file; returns whether that completes a record.
    ///
    /// # Errors
    ///
    /// If the record is too long.
    pub fn finish(&mut self) -> Result<bool, CsvError> {
        self.end_mark()?;
        if self.taken == 0 || self.is_complete {
            return Ok(false);
        }
        // A line that ends in no line end ends in one here, so that it is read as all others are.
        let mut line_end: &[u8] = if matches!(self.last, b'\n' | b'\r') { b"" } else { b"\n" };
        while !self.take(&mut line_end)? && !self.is_complete {
            self.step(&[]);
        }
        Ok(true)
    }

    fn skip_mark(&mut self, bytes: &mut &[u8]) -> Result<(), CsvError> {
        while let ([byte, rest @ ..], Some(expected)) = (*bytes, BYTE_ORDER_MARK.get(self.mark)) {
            if byte != expected {
                return self.end_mark();
            }
            self.mark += 1;
            *bytes = rest;
        }
        Ok(())
    }

    /// Takes what began like a byte order mark and is none.
    fn end_mark(&mut self) -> Result<(), CsvError> {
        let found = std::mem::replace(&mut self.mark, BYTE_ORDER_MARK.len());
        if found < BYTE_ORDER_MARK.len() {
            self.take(&mut &BYTE_ORDER_MARK[..found])?;
        }
        Ok(())
    }

    /// Begins the next record, behind the line end of the last one and empty lines.
    fn skip_line_ends(&mut self, bytes: &mut &[u8]) {
        if self.is_complete {
            self.line += 1;
            (self.cells_len, self.ends_len, self.taken, self.is_complete) = (0, 0, 0, false);
        }
        while let ([byte @ (b'\n' | b'\r'), rest @ ..], 0) = (*bytes, self.taken) {
            if (self.last, *byte) != (b'\r', b'\n') {
                self.line += 1;
            }
            self.last = *byte;
            *bytes = rest;
        }
    }

    /// Takes bytes until the record is complete; returns whether it is.
    fn take(&mut self, bytes: &mut &[u8]) -> Result<bool, CsvError> {
        while !bytes.is_empty() && !self.is_complete {
            if self.taken == LONGEST {
                return Err(CsvError {
                    line: self.line,
                    column: None,
                    problem: CsvProblem::TooLong(LONGEST),
                });
            }
            let portion = &bytes[..bytes.len().min(LONGEST - self.taken)];
            let taken = self.step(portion);
            self.taken += taken;
            self.last = if taken > 0 { bytes[taken - 1] } else { self.last };
            *bytes = &bytes[taken..];
        }
        Ok(self.is_complete)
    }

    /// Reads one portion, or the end of the file if it is empty, and returns how much of it was taken.
    fn step(&mut self, portion: &[u8]) -> usize {
        let (cells, ends) = (&mut self.cells[self.cells_len..], &mut self.ends[self.ends_len..]);
        let (result, taken, cells_len, ends_len) = self.reader.read_record(portion, cells, ends);
        self.cells_len += cells_len;
        self.ends_len += ends_len;
        match result {
            ReadRecordResult::Record => self.is_complete = true,
            ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
        }
        taken
    }
}
