//! Everything that is wrong with an instrument, with the lines: what its author is told.

use std::fmt;

use super::Instrument;
use super::source::{self, InstrumentError};

/// One thing that is wrong with an instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Where in the text it is, counted from 1; `None` where it is about the file as a whole.
    pub line: Option<usize>,
    pub error: InstrumentError,
}

impl Finding {
    /// Returns what is wrong and, where the library that reads JSON says too little, what to do about it.
    pub fn message(&self) -> String {
        match &self.error {
            InstrumentError::Json { found, .. } => match advice(found) {
                Some(advice) => format!("{}; {advice}", self.error),
                None => self.error.to_string(),
            },
            error => error.to_string(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The others say their line themselves.
        if let (InstrumentError::At { .. }, Some(line)) = (&self.error, self.line) {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message())
    }
}

/// Returns what was expected where a text is no JSON.
fn advice(found: &str) -> Option<&'static str> {
    let advice = [
        ("EOF", "the text ends too early: expected every quotation mark and bracket to be closed"),
        ("key must be a string", "expected a field’s name in straight double quotes, and no comments"),
        (
            "expected value",
            "expected a text in straight double quotes, a number, true, false, a list or an object",
        ),
        ("trailing comma", "expected no comma after the last entry"),
        ("trailing characters", "expected nothing after the last bracket"),
        ("control character", "expected a text on one line, without line breaks and tabs"),
        ("invalid escape", "expected two backslashes for one"),
        ("recursion limit", "expected brackets that are not as deep within one another"),
    ];
    advice.into_iter().find(|(start, _)| found.starts_with(start)).map(|(_, advice)| advice)
}

impl Instrument {
    /// Parses and checks an instrument, and goes on where something is wrong.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong, at most [`MAX_PROBLEMS`](super::MAX_PROBLEMS) things and at least one,
    /// in the order of the text.
    pub fn check(json: &[u8]) -> Result<Instrument, Vec<Finding>> {
        source::read(json).map_err(|mut errors| {
            errors.sort_by_key(InstrumentError::value);
            let starts = starts(json);
            let finding = |error: InstrumentError| Finding { line: line(&error, json, &starts), error };
            errors.into_iter().map(finding).collect()
        })
    }
}

fn line(error: &InstrumentError, json: &[u8], starts: &[usize]) -> Option<usize> {
    match error {
        InstrumentError::TooLarge { .. } => None,
        InstrumentError::Mark => Some(1),
        InstrumentError::NotUtf8 { line, .. } | InstrumentError::Json { line, .. } => Some(*line),
        InstrumentError::At { value, .. } => {
            let before = &json[..*starts.get(*value)?];
            Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
        }
    }
}

/// Returns where each value of a JSON document begins, in order. The document is known to be well-formed, or
/// nobody asks.
fn starts(json: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        let start = at;
        at += match byte {
            b'"' => string(&json[at..]),
            b'{' | b'[' => 1,
            b'-' | b'0'..=b'9' | b'a'..=b'z' => word(&json[at..]),
            _ => {
                at += 1;
                continue;
            }
        };
        let is_key =
            || json[at.min(json.len())..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        if *byte != b'"' || !is_key() {
            starts.push(start);
        }
    }
    starts
}

/// Returns the length of a string with its quotation marks.
fn string(json: &[u8]) -> usize {
    let mut length = 1;
    while json.get(length).is_some_and(|byte| *byte != b'"') {
        length += if json[length] == b'\\' { 2 } else { 1 };
    }
    length + 1
}

/// Returns the length of a number, or of `true`, `false` or `null`.
fn word(json: &[u8]) -> usize {
    let is_in = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    json.iter().position(|byte| !is_in(byte)).unwrap_or(json.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_where_it_begins() {
        let json = r#" {"a": [1, -2.5e+3, "x\"]: ", true], "b" : {"c:": null, "d": {}}, "e": ""} "#;
        let found: Vec<&str> = starts(json.as_bytes()).into_iter().map(|at| &json[at..]).collect();
        let expected = ["{\"a\"", "[1", "1,", "-2.5", "\"x", "true", "{\"c:", "null", "{}", "\"\"}"];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} {expected}");
        }
    }
}
