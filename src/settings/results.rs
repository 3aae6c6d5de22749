//! What the school has released of a survey, as its portal gives it.

use std::fmt;

use serde_json::Value;

use crate::disclosure::{Release, ReleaseError};
use crate::instrument::Instrument;
use crate::json;

/// Why there is nothing to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultsError {
    Json {
        line: usize,
        column: usize,
        found: String,
    },
    /// Neither a release, nor a list of them.
    Form {
        found: &'static str,
    },
    Release {
        /// Counted from 1.
        place: usize,
        error: ReleaseError,
    },
}

impl fmt::Display for ResultsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found } => {
                write!(f, "attribute results: line {line}, column {column}: {found}; expected releases")
            }
            Self::Form { found } => write!(
                f,
                "attribute results: found {found}; expected a release, or a list of releases as the portal gives it"
            ),
            Self::Release { place, error } => write!(f, "attribute results: release {place}: {error}"),
        }
    }
}

impl std::error::Error for ResultsError {}

/// Reads a release, or a list of releases, or of `{"collection": …, "release": …}` in order of arrival.
///
/// Of a list, those of other surveys are left out. The newest is returned, with every other one that can be added
/// to it: releases under two policies cannot, nor those of small groups.
///
/// # Errors
///
/// Says what was found and what was expected.
pub fn read(json: &[u8], instrument: &Instrument) -> Result<Option<Release>, ResultsError> {
    let value: Value = serde_json::from_slice(json).map_err(|error| {
        let (line, column, found) = json::place(&error);
        ResultsError::Json { line, column, found }
    })?;
    let releases = match value {
        Value::Array(entries) => entries
            .into_iter()
            .map(unwrapped)
            .enumerate()
            .filter(|(_, release)| release["instrument"]["hash"] == instrument.hash().to_string())
            .map(|(place, release)| checked(place + 1, &release, instrument))
            .collect::<Result<Vec<Release>, _>>()?,
        Value::Object(_) => vec![checked(1, &unwrapped(value), instrument)?],
        other => return Err(ResultsError::Form { found: kind(&other) }),
    };
    Ok(releases.into_iter().rev().reduce(|sum, earlier| sum.merge(&earlier).unwrap_or(sum)))
}

/// Returns the release of an entry in a portal's list.
fn unwrapped(mut entry: Value) -> Value {
    match entry.get_mut("release") {
        Some(release @ Value::Object(_)) => release.take(),
        _ => entry,
    }
}

fn checked(place: usize, release: &Value, instrument: &Instrument) -> Result<Release, ResultsError> {
    Release::from_json(release.to_string().as_bytes(), std::slice::from_ref(instrument))
        .map_err(|error| ResultsError::Release { place, error })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) | Value::Object(_) => "a list or an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answers;
    use crate::disclosure::{Collection, Policy, release};
    use crate::tally::Tally;

    fn instrument(id: &str) -> Instrument {
        Instrument::find(id).expect("a built-in instrument")
    }

    /// Returns the release of a collection in which so many people have answered, all the same.
    fn made(collection: &str, instrument: &Instrument, policy: &str, people: u64) -> String {
        let mut tally = Tally::new(instrument);
        let mut answers = Answers::new(instrument);
        for section in instrument.sections() {
            answers.leave_out(instrument, section, crate::answers::Shown::Everything);
        }
        let response = answers.finish(instrument).expect("a response");
        for _ in 0..people {
            tally.record(instrument, &response).expect("a small number");
        }
        let policy = Policy::named(policy).expect("a policy");
        let collection = Collection::new(collection, Some(100)).expect("a name");
        release(tally, instrument, &policy, &collection).expect("enough people").to_json()
    }

    #[track_caller]
    fn check(json: &str, collections: Option<&[&str]>) {
        let found = read(json.as_bytes(), &instrument("stress-experience")).expect("results");
        let found = found.map(|release| release.collections().to_vec());
        assert_eq!(found, collections.map(|names| names.iter().map(|name| (*name).to_owned()).collect()));
    }

    #[test]
    fn releases_of_this_survey_are_added_to_the_newest_as_far_as_they_go_together() {
        let stress = instrument("stress-experience");
        let (first, second) = (made("a", &stress, "standard", 10), made("b", &stress, "standard", 12));
        let strict = made("c", &stress, "strict", 11);
        let other = made("d", &instrument("post-program"), "standard", 10);
        check(&first, Some(&["a"]));
        check("[]", None);
        check(&format!("[{first},{second}]"), Some(&["a", "b"]));
        check(&format!("[{first},{strict},{other}]"), Some(&["c"]));
        check(&format!("[{first},{strict},{second}]"), Some(&["a", "b"]));
        check(&format!("[{other}]"), None);
        let entry = |release: &str| format!("{{\"collection\":\"x\",\"release\":{release}}}");
        check(&format!("[{},{}]", entry(&second), entry(&first)), Some(&["a", "b"]));
        let small = [made("e", &stress, "small-group", 5), made("f", &stress, "small-group", 9)];
        check(&format!("[{}]", small.join(",")), Some(&["f"]));
    }

    #[test]
    fn what_is_no_release_is_named() {
        let stress = instrument("stress-experience");
        let refused = |json: &str| read(json.as_bytes(), &stress).unwrap_err().to_string();
        assert_eq!(
            refused("["),
            "attribute results: line 1, column 1: EOF while parsing a list; expected releases"
        );
        assert_eq!(
            refused("3"),
            "attribute results: found a number; expected a release, or a list of releases as the portal gives it"
        );
        let changed = made("a", &stress, "standard", 10).replace("\"respondents\": 10", "\"respondents\": 3");
        let message = refused(&format!("[{changed}]"));
        assert!(message.starts_with("attribute results: release 1: "), "{message}");
        let other = made("d", &instrument("post-program"), "standard", 10);
        assert!(refused(&other).starts_with("attribute results: release 1: "));
    }
}
