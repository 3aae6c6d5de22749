//! Where a JSON document is wrong, for the errors of all that is read from one.

/// Returns the line, the column and what was found there, as serde_json counts: a column of 0 is before the first.
pub fn place(error: &serde_json::Error) -> (usize, usize, String) {
    let (line, text) = (error.line(), error.to_string());
    // serde_json says the place a second time, in the text.
    let found = text.split(&format!(" at line {line}")).next().unwrap_or(&text).to_owned();
    (line, error.column(), found)
}
