//! What only the investigators know: when the survey was open, who was reminded, who came to the sessions.
//!
//! It comes from a JSON file or from a form, and it is printed in the report; nothing of it is a respondent's.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use crate::json;

/// What the investigators add to a report; every part is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fieldwork {
    /// What a reader must know first; it stands below the title.
    pub note: Option<String>,
    /// The first day on which people could answer.
    pub opened: Option<Day>,
    /// The last day on which people could answer.
    pub closed: Option<Day>,
    /// How often people were reminded.
    pub reminders: Option<u32>,
    /// How many came to each session, in order.
    pub attendance: Vec<u32>,
    /// The ethics board's decision.
    pub ethics: Option<String>,
    /// How consent was asked for, beyond the first screen of the survey.
    pub consent: Option<String>,
    /// How the survey was tried out beforehand.
    pub pilot: Option<String>,
    /// The design of the study: the population, and how it was sampled.
    pub design: Option<String>,
    /// How people were first contacted.
    pub contact: Option<String>,
    /// How the survey was announced.
    pub announcement: Option<String>,
    /// On which site, or in which setting, the survey was.
    pub context: Option<String>,
    /// What people got for answering.
    pub incentives: Option<String>,
}

/// A day of the calendar, written as in ISO 8601: `2014-01-13`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// Parses a day.
    fn parse(text: &str) -> Option<Day> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        parts.next().is_none().then_some(Day(date))
    }

    /// Returns the day (UTC) on which so many seconds had passed since 1970.
    pub fn of_unix(seconds: u64) -> Option<Day> {
        let days = i32::try_from(seconds / SECONDS).ok()?;
        Date::from_julian_day(EPOCH.checked_add(days)?).ok().map(Day)
    }

    /// Returns the seconds from 1970 to the beginning of the day (UTC), or `None` for a day before that.
    pub fn unix(self) -> Option<u64> {
        let days = u64::try_from(self.0.to_julian_day() - EPOCH).ok()?;
        Some(days * SECONDS)
    }
}

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;
/// How many seconds a day has.
pub const SECONDS: u64 = 86_400;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Day, String> {
        Day::parse(&text).ok_or_else(|| format!("{text:?} is no day; expected one such as 2014-01-13"))
    }
}

/// The headcounts of a program's sessions in short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Attendance {
    pub sessions: usize,
    /// The mean of the two middle headcounts where their number is even.
    pub median: f64,
    pub least: u32,
    pub most: u32,
}

/// What is wrong with what the investigators have added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldworkError {
    /// Not JSON, or not of the form.
    Json {
        line: usize,
        column: usize,
        found: String,
    },
    /// serde would take its elements for the fields, in their order.
    List,
    Day {
        field: &'static str,
        found: String,
    },
    ClosedBeforeOpened {
        opened: Day,
        closed: Day,
    },
    Reminders(String),
    Headcount(String),
}

impl fmt::Display for FieldworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found } => {
                write!(f, "line {line}, column {column}: {found}; expected facts about the survey")
            }
            Self::List => f.write_str("found a list; expected an object, such as {\"reminders\": 2}"),
            Self::Day { field, found } => {
                write!(f, "{field}: found {found:?}; expected a date such as 2014-01-13")
            }
            Self::ClosedBeforeOpened { opened, closed } => {
                write!(f, "closed: found {closed}; expected a day not before {opened}, when it was opened")
            }
            Self::Reminders(found) => {
                write!(f, "reminders: found {found:?}; expected a whole number from 0 on")
            }
            Self::Headcount(found) => {
                write!(f, "attendance: found {found:?}; expected whole numbers, such as 7, 2, 5")
            }
        }
    }
}

impl std::error::Error for FieldworkError {}

impl Fieldwork {
    /// Reads the facts from a JSON document.
    ///
    /// # Errors
    ///
    /// Names the place, what was found and what was expected.
    pub fn from_json(json: &[u8]) -> Result<Fieldwork, FieldworkError> {
        if json.trim_ascii_start().starts_with(b"[") {
            return Err(FieldworkError::List);
        }
        let fieldwork: Fieldwork = serde_json::from_slice(json).map_err(|error| {
            let (line, column, found) = json::place(&error);
            FieldworkError::Json { line, column, found }
        })?;
        fieldwork.checked()
    }

    /// Returns the facts if they go together.
    ///
    /// # Errors
    ///
    /// If the survey was closed before it was opened.
    pub fn checked(self) -> Result<Fieldwork, FieldworkError> {
        match (self.opened, self.closed) {
            (Some(opened), Some(closed)) if closed < opened => {
                Err(FieldworkError::ClosedBeforeOpened { opened, closed })
            }
            _ => Ok(self),
        }
    }

    /// Returns the number of days on which people could answer, the first and the last among them.
    pub fn days(&self) -> Option<u32> {
        let days = (self.closed?.0 - self.opened?.0).whole_days();
        u32::try_from(days).ok().map(|days| days + 1)
    }

    /// Returns median and range of the headcounts, or `None` without a session.
    pub fn attendance(&self) -> Option<Attendance> {
        let mut counts = self.attendance.clone();
        counts.sort_unstable();
        let (least, most) = (*counts.first()?, *counts.last()?);
        let middle = |rank: usize| f64::from(counts[rank]);
        let median = (middle((counts.len() - 1) / 2) + middle(counts.len() / 2)) / 2.0;
        Some(Attendance { sessions: counts.len(), median, least, most })
    }
}

/// Parses a day as a form gives it; an empty text is none.
///
/// # Errors
///
/// Names the field and what was found.
pub fn parse_day(field: &'static str, text: &str) -> Result<Option<Day>, FieldworkError> {
    let text = text.trim();
    let no_day = || FieldworkError::Day { field, found: text.to_owned() };
    (!text.is_empty()).then(|| Day::parse(text).ok_or_else(no_day)).transpose()
}

/// Parses the number of reminders; an empty text is none.
///
/// # Errors
///
/// If the text is not a whole number.
pub fn parse_reminders(text: &str) -> Result<Option<u32>, FieldworkError> {
    let text = text.trim();
    let number = (!text.is_empty()).then(|| text.parse()).transpose();
    number.map_err(|_| FieldworkError::Reminders(text.to_owned()))
}

/// Parses headcounts that are separated by commas, semicolons or spaces.
///
/// # Errors
///
/// Names the first that is not a whole number.
pub fn parse_headcounts(text: &str) -> Result<Vec<u32>, FieldworkError> {
    let words = text.split([',', ';', ' ', '\t', '\n']).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| FieldworkError::Headcount(word.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_headcounts_have_the_papers_median_and_range() {
        // Synthetic headcounts that are consistent with the paper: 8 sessions, median 4, range 2–7.
        let attendance = parse_headcounts("7, 2, 5, 6, 2, 3, 2, 7").unwrap();
        let found = Fieldwork { attendance, ..Fieldwork::default() }.attendance().unwrap();
        assert_eq!(found, Attendance { sessions: 8, median: 4.0, least: 2, most: 7 });
        assert_eq!(Fieldwork::default().attendance(), None);
    }

    #[test]
    fn six_weeks_have_42_days() {
        let date = |text| parse_day("opened", text).unwrap();
        let fieldwork =
            Fieldwork { opened: date("2014-01-13"), closed: date("2014-02-23"), ..Fieldwork::default() };
        assert_eq!(fieldwork.days(), Some(42));
        assert_eq!(Fieldwork::default().days(), None);
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for day in ["2014-01-13", "2016-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(Day::parse(day).map(|day| day.to_string()).as_deref(), Some(day));
        }
        for text in [
            "",
            "2014-02-29",
            "2014-13-01",
            "2014-1-13",
            "14-01-13",
            "2014-01-13-",
            "2014-01-+1",
            "13.01.2014",
        ] {
            assert_eq!(Day::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn years_are_not_lost_in_the_number_of_days() {
        let date = |text| parse_day("opened", text).unwrap();
        let fieldwork =
            Fieldwork { opened: date("2014-01-01"), closed: date("2014-12-31"), ..Fieldwork::default() };
        assert_eq!(fieldwork.days(), Some(365));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |result: Result<Fieldwork, FieldworkError>| result.unwrap_err().to_string();
        let check = |json: &str, expected: &str| {
            let found = error(Fieldwork::from_json(json.as_bytes()));
            assert!(found.contains(expected), "{found}");
        };
        check("{\n  \"reminder\": 2}", "line 2, column 12: unknown field `reminder`");
        check("{\"reminders\": -1}", "invalid value");
        check(" [\"A note\"]", "found a list; expected an object");
        check("{\"opened\": \"2014-02-30\"}", "\"2014-02-30\" is no day");
        check(
            "{\"opened\": \"2014-03-01\", \"closed\": \"2014-02-01\"}",
            "closed: found 2014-02-01; expected a day not before 2014-03-01",
        );
        assert_eq!(
            parse_day("opened", "soon").unwrap_err().to_string(),
            "opened: found \"soon\"; expected a date such as 2014-01-13"
        );
        assert!(parse_headcounts("7, two").unwrap_err().to_string().contains("\"two\""));
        assert!(parse_reminders("-2").unwrap_err().to_string().contains("\"-2\""));
        assert_eq!((parse_reminders(" "), parse_day("closed", "")), (Ok(None), Ok(None)));
    }
}
