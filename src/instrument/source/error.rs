//! What can be wrong with an instrument, in words that say what was found and what was expected.

use std::fmt;

/// Why a document is not an instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum InstrumentError {
    TooLarge {
        bytes: usize,
        limit: usize,
    },
    /// It is not text; the place is that of the first byte that is none.
    NotUtf8 {
        line: usize,
        column: usize,
    },
    /// It begins with a byte order mark.
    Mark,
    /// Not JSON, or an object has a key twice.
    Json {
        line: usize,
        column: usize,
        found: String,
    },
    /// Something is wrong at a place such as `item "age"`; `value` is the number of the JSON value that it is in.
    At {
        place: String,
        value: usize,
        problem: Problem,
    },
}

/// What is wrong at a place of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A field is not there.
    Absent(&'static str),
    /// A field is of another kind.
    Form {
        field: String,
        found: &'static str,
        expected: &'static str,
    },
    /// A word is none of those that the field can have.
    Word {
        field: &'static str,
        found: String,
        expected: String,
    },
    UnknownField(String),
    /// Of several fields, exactly one must be there.
    OneOf {
        found: Vec<&'static str>,
        expected: &'static str,
    },
    /// A text has more characters than its field can have.
    TooLong {
        field: String,
        found: usize,
        limit: usize,
    },
    /// A text holds a line break, a tab or another control character.
    Control(String),
    BadLanguage(String),
    /// An id or code is empty, too long, or has other characters than `A-Z a-z 0-9 _ -`.
    BadId(String),
    /// The id or code is used before.
    Duplicate(String),
    /// Two things that are offered side by side have the same label.
    SameLabel(String),
    /// Two columns of a file of responses would have this name.
    SameColumn(String),
    Empty(&'static str),
    TooFew {
        what: &'static str,
        found: usize,
        least: usize,
    },
    TooMany {
        what: &'static str,
        found: usize,
        limit: usize,
    },
    Unknown {
        what: &'static str,
        found: String,
    },
    /// A scale that no item names is never looked at.
    Unused(String),
    /// A condition must look at an item of an earlier section: the one in view never changes.
    NotEarlier(String),
    /// A condition excludes everybody who answered.
    NobodyAsked,
    WrongKind {
        item: String,
        expected: &'static str,
    },
    /// A field has no effect here.
    Misplaced {
        field: &'static str,
        expected: &'static str,
    },
    /// The category takes part in a calculation, but has no value.
    NoValue(String),
    BadValue {
        found: u64,
        limit: u8,
    },
    /// The values of a Likert item neither rise nor fall from each category to the next.
    ValueOrder,
    /// The meaning does not go with the kind of item.
    BadMeaning {
        code: String,
        found: &'static str,
    },
    /// A pooling must leave at least two groups.
    OneGroup,
    /// A pooling joins no categories.
    JoinsNothing,
    /// A group of an ordinal item leaves out a category between two that it has.
    Gap {
        label: String,
        between: String,
    },
    /// A correlation of a variable with itself.
    SameSides(String),
    /// The two sides of a correlation are those of an earlier one.
    SamePair(String),
    /// A variable with one value correlates with nothing.
    Constant(String),
    /// A number is above another that it is a part of.
    Above {
        what: &'static str,
        found: u64,
        limit: u64,
    },
    /// A figure cannot be what it is said to be.
    Outside {
        field: &'static str,
        low: i32,
        high: i32,
    },
}

impl InstrumentError {
    /// Returns the number of the JSON value that it is in, for the order of the text.
    pub(in crate::instrument) fn value(&self) -> usize {
        if let Self::At { value, .. } = self { *value } else { 0 }
    }
}

impl fmt::Display for InstrumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => {
                write!(f, "it has {bytes} bytes; expected at most {limit}")
            }
            Self::NotUtf8 { line, column } => {
                write!(f, "line {line}, column {column}: a byte that is no UTF-8; expected a text in UTF-8")
            }
            Self::Mark => f.write_str(
                "line 1, column 1: a byte order mark; expected the text to be saved as UTF-8 without one",
            ),
            Self::Json { line, column, found } => write!(f, "line {line}, column {column}: {found}"),
            Self::At { place, problem, .. } => write!(f, "{place}: {problem}"),
        }
    }
}

impl std::error::Error for InstrumentError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(field) => write!(f, "{field} is not there"),
            Self::Form { field, found, expected } => write!(f, "{field} is {found}; expected {expected}"),
            Self::Word { field, found, expected } => write!(f, "{field} is {found:?}; expected {expected}"),
            Self::UnknownField(field) => write!(f, "unknown field {field:?}"),
            Self::OneOf { found, expected } if found.is_empty() => {
                write!(f, "none of {expected} is there; expected one of them")
            }
            Self::OneOf { found, .. } => {
                write!(f, "{} are there together; expected one of them", found.join(" and "))
            }
            Self::TooLong { field, found, limit } => {
                write!(f, "{field} has {found} characters; expected at most {limit}")
            }
            Self::Control(field) => {
                write!(f, "{field} holds a line break or another control character; expected plain text")
            }
            Self::BadLanguage(found) => {
                write!(f, "language is {found:?}; expected a language tag such as en or pt-BR")
            }
            Self::BadId(id) => {
                write!(f, "{id:?} is not an id; expected 1 to 64 of the characters A-Z a-z 0-9 _ -")
            }
            Self::Duplicate(id) => write!(f, "{id:?} is there twice; expected each id once"),
            Self::SameLabel(label) => write!(f, "the label {label:?} is there twice; expected two that differ"),
            Self::SameColumn(name) => {
                write!(f, "two columns of a CSV file would be called {name:?}; expected another id or code")
            }
            Self::Empty(what) => write!(f, "no {what}; expected at least one"),
            Self::TooFew { what, found, least } => write!(f, "too few {what}, {found}; expected at least {least}"),
            Self::TooMany { what, found, limit } => write!(f, "{found} {what}; expected at most {limit}"),
            Self::Unknown { what, found } => write!(f, "there is no {what} {found:?}"),
            Self::Unused(what) => write!(f, "no item uses {what}; expected one to do so"),
            Self::NotEarlier(item) => {
                write!(f, "the condition looks at {item:?}; expected an item of an earlier section")
            }
            Self::NobodyAsked => f.write_str(
                "is_not lists every category, so that nobody who answered is asked; expected some to be left",
            ),
            Self::WrongKind { item, expected } => {
                write!(f, "item {item:?} does not fit; expected {expected}")
            }
            Self::Misplaced { field, expected } => {
                write!(f, "{field} has no effect here; expected it only on {expected}")
            }
            Self::NoValue(code) => write!(f, "category {code:?} has no value; expected a number"),
            Self::BadValue { found, limit } => write!(f, "value {found}; expected 0 to {limit}"),
            Self::ValueOrder => f.write_str(
                "the values of the scale go up and down; expected them to rise, or to fall, with each category",
            ),
            Self::BadMeaning { code, found } => {
                write!(f, "category {code:?} means {found:?}, which this kind of item cannot have")
            }
            Self::OneGroup => {
                f.write_str("everything is in one group; expected a pooling to leave at least two")
            }
            Self::JoinsNothing => f.write_str("no group joins two categories; expected one to do so"),
            Self::Gap { label, between } => write!(
                f,
                "group {label:?} leaves out category {between:?}, which lies between those that it joins; \
                 expected neighbours, as the item is ordinal"
            ),
            Self::SameSides(id) => write!(f, "x and y are both {id:?}; expected two variables"),
            Self::SamePair(id) => {
                write!(f, "x and y are those of correlation {id:?}; expected each pair once")
            }
            Self::Constant(id) => {
                write!(f, "{id:?} has the same value for everybody; expected at least two")
            }
            Self::Above { what, found, limit } => write!(f, "{found} {what}, {limit}"),
            // Without what was found: to write a fraction would make the widget 6 KB larger.
            Self::Outside { field, low, high } => {
                write!(f, "{field} is another number; expected one from {low} to {high}")
            }
        }
    }
}
