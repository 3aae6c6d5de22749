//! What a portal asks of one widget: the attributes of its element, checked.

use std::fmt;

use crate::disclosure::{Collection, CollectionError, Policy, UnknownPolicy};
use crate::instrument::Instrument;
#[cfg(feature = "remote")]
use crate::remote::{
    Role,
    credential::Credentials,
    task::{Moment, Task, TaskError},
};

/// How one widget is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub instrument: Instrument,
    pub mode: Mode,
    pub policy: Policy,
    /// The name of the group's collection.
    pub collection: String,
    /// Whether the portal has named it: only then can it be found again on this device.
    pub is_named: bool,
    /// How many could answer, where the portal knows it.
    pub eligible: Option<u64>,
    /// Where a release is sent; `None` sends nothing.
    pub endpoint: Option<String>,
    /// Whether a respondent sees their own answers beside the published figures at the end.
    pub preview: bool,
    /// The survey that is answered from home, in that mode.
    #[cfg(feature = "remote")]
    pub remote: Option<Remote>,
}

/// What a survey that is answered from home needs besides.
#[cfg(feature = "remote")]
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    pub task: Task,
    /// Whether the page was opened in the task's window.
    pub moment: Moment,
    /// Where the portal signs tokens.
    pub tokens: Option<String>,
    /// The invitation code that the page was opened with, as it came: the respondent can mend a slip in it.
    pub code: Option<String>,
}

/// Who uses the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A respondent's own device; nothing leaves.
    Personal,
    /// One device that goes round.
    Group,
    /// A respondent's own device, from which two sealed shares go to two operators.
    #[cfg(feature = "remote")]
    Remote,
}

/// Which attribute is wrong, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsError {
    NoInstrument {
        known: Vec<String>,
    },
    UnknownInstrument {
        found: String,
        known: Vec<String>,
    },
    UnknownMode(String),
    UnknownPolicy(UnknownPolicy),
    BadEligible(String),
    BadCollection(CollectionError),
    #[cfg(feature = "remote")]
    NoHash,
    #[cfg(feature = "remote")]
    Task(TaskError),
    /// Another attribute contradicts the task.
    #[cfg(feature = "remote")]
    NotOfTask {
        attribute: &'static str,
        found: String,
        expected: String,
    },
    #[cfg(feature = "remote")]
    NoTokens,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInstrument { known } => {
                write!(f, "attribute instrument: not there; expected {}", known.join(" or "))
            }
            Self::UnknownInstrument { found, known } => {
                write!(
                    f,
                    "attribute instrument: unknown instrument {found:?}; expected {}",
                    known.join(" or ")
                )
            }
            Self::UnknownMode(found) => {
                write!(f, "attribute mode: unknown mode {found:?}; expected personal, group or remote")
            }
            Self::UnknownPolicy(error) => write!(f, "attribute policy: {error}"),
            Self::BadEligible(found) => {
                write!(f, "attribute eligible: found {found:?}; expected a whole number from 1 on")
            }
            Self::BadCollection(error) => write!(f, "attribute collection: {error}"),
            #[cfg(feature = "remote")]
            Self::NoHash => f.write_str("attribute task-hash: not there; expected the hash that `balint-survey task` has printed, so that nobody can put another task in the place of this one"),
            #[cfg(feature = "remote")]
            Self::Task(error) => write!(f, "attribute task: {error}"),
            #[cfg(feature = "remote")]
            Self::NotOfTask { attribute, found, expected } => {
                write!(f, "attribute {attribute}: found {found:?}; expected {expected:?}, as the task has it, or no attribute")
            }
            #[cfg(feature = "remote")]
            Self::NoTokens => f.write_str("attribute tokens: not there; expected the address where the portal signs them"),
        }
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Reads the attributes of an element; `unnamed` names the collection of an element that does not.
    ///
    /// # Errors
    ///
    /// Names the first attribute that is wrong, with what was found and what was expected.
    pub fn from_attributes(
        attribute: impl Fn(&str) -> Option<String>,
        unnamed: impl FnOnce() -> String,
    ) -> Result<Settings, SettingsError> {
        // First, as what is asked of the others depends on it.
        let mode = mode(attribute("mode").as_deref())?;
        let eligible = attribute("eligible").map(|text| parse_eligible(&text)).transpose()?;
        let name = attribute("collection");
        let is_named = name.is_some();
        let collection = name.unwrap_or_else(unnamed);
        Collection::new(&collection, eligible).map_err(SettingsError::BadCollection)?;
        Ok(Settings {
            instrument: instrument(attribute("instrument"))?,
            mode,
            policy: match attribute("policy") {
                Some(name) => Policy::named(&name).map_err(SettingsError::UnknownPolicy)?,
                None => Policy::default(),
            },
            collection,
            is_named,
            eligible,
            endpoint: attribute("endpoint").filter(|endpoint| !endpoint.is_empty()),
            preview: attribute("no-preview").is_none(),
            #[cfg(feature = "remote")]
            remote: None,
        })
    }

    /// Reads the attributes of an element in the mode `remote`, with the task that it names; `now` is in seconds
    /// since 1970.
    ///
    /// # Errors
    ///
    /// Names the first attribute that is wrong, with what was found and what was expected.
    #[cfg(feature = "remote")]
    pub fn remote(
        attribute: impl Fn(&str) -> Option<String>,
        task: &[u8],
        now: u64,
    ) -> Result<Settings, SettingsError> {
        let hash = attribute("task-hash").ok_or(SettingsError::NoHash)?;
        let task = Task::from_json(task, &Instrument::built_in()).and_then(|task| task.pinned(&hash));
        let task = task.map_err(SettingsError::Task)?;
        let document = task.document();
        let eligible = document.eligible.to_string();
        for (name, expected) in [
            ("instrument", &document.instrument),
            ("policy", &document.policy),
            ("collection", &document.collection),
            ("eligible", &eligible),
        ] {
            if let Some(found) = attribute(name).filter(|found| found != expected) {
                let expected = expected.clone();
                return Err(SettingsError::NotOfTask { attribute: name, found, expected });
            }
        }
        let tokens = attribute("tokens");
        if matches!(document.credentials, Credentials::Tokens { .. }) && tokens.is_none() {
            return Err(SettingsError::NoTokens);
        }
        if let Some(found) = attribute("endpoint") {
            let expected = task.operator(Role::Leader).url.clone();
            return Err(SettingsError::NotOfTask { attribute: "endpoint", found, expected });
        }
        Ok(Settings {
            instrument: task.instrument().clone(),
            mode: Mode::Remote,
            policy: task.policy(),
            collection: document.collection.clone(),
            is_named: true,
            eligible: Some(document.eligible),
            endpoint: None,
            preview: attribute("no-preview").is_none(),
            remote: Some(Remote { moment: task.moment(now), tokens, code: attribute("code"), task }),
        })
    }
}

/// Parses the number of people who could answer.
///
/// # Errors
///
/// If the text is not a whole number from 1 on.
pub fn parse_eligible(text: &str) -> Result<u64, SettingsError> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| SettingsError::BadEligible(text.to_owned()))
}

fn instrument(id: Option<String>) -> Result<Instrument, SettingsError> {
    let built_in = Instrument::built_in();
    let known = built_in.iter().map(|instrument| instrument.id().to_owned()).collect();
    let Some(id) = id else { return Err(SettingsError::NoInstrument { known }) };
    let found = built_in.into_iter().find(|instrument| instrument.id() == id);
    found.ok_or(SettingsError::UnknownInstrument { found: id, known })
}

fn mode(name: Option<&str>) -> Result<Mode, SettingsError> {
    match name {
        None | Some("personal") => Ok(Mode::Personal),
        Some("group") => Ok(Mode::Group),
        Some(other) => Err(SettingsError::UnknownMode(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let find =
            |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::from_attributes(find, || "unnamed".to_owned())
    }

    #[track_caller]
    fn check_refused(attributes: &[(&str, &str)], expected: &str) {
        assert_eq!(read(attributes).unwrap_err().to_string(), expected);
    }

    #[test]
    fn an_instrument_is_enough() {
        let settings = read(&[("instrument", "stress-experience")]).unwrap();
        assert_eq!(settings.mode, Mode::Personal);
        assert_eq!(settings.policy.name(), "standard");
        assert_eq!(settings.collection, "unnamed");
        assert!(settings.preview);
        assert_eq!((settings.eligible, settings.endpoint), (None, None));
    }

    #[test]
    fn every_attribute_is_read() {
        let settings = read(&[
            ("instrument", "post-program"),
            ("mode", "group"),
            ("policy", "small-group"),
            ("collection", "spring"),
            ("eligible", "10"),
            ("endpoint", "/api/releases"),
            ("no-preview", ""),
        ])
        .unwrap();
        assert_eq!(settings.instrument.id(), "post-program");
        assert_eq!(settings.mode, Mode::Group);
        assert_eq!(settings.policy.name(), "small-group");
        assert_eq!(settings.collection, "spring");
        assert_eq!(settings.eligible, Some(10));
        assert_eq!(settings.endpoint.as_deref(), Some("/api/releases"));
        assert!(!settings.preview);
    }

    #[test]
    fn a_wrong_attribute_is_named_with_what_was_expected() {
        let instrument = ("instrument", "stress-experience");
        check_refused(&[], "attribute instrument: not there; expected stress-experience or post-program");
        check_refused(
            &[("instrument", "stres")],
            "attribute instrument: unknown instrument \"stres\"; expected stress-experience or post-program",
        );
        check_refused(
            &[instrument, ("mode", "kiosk")],
            "attribute mode: unknown mode \"kiosk\"; expected personal, group or remote",
        );
        check_refused(
            &[instrument, ("policy", "none")],
            "attribute policy: unknown policy \"none\"; expected standard, strict, small-group, published",
        );
        for eligible in ["", "0", "-3", "ten", "1.5"] {
            let expected =
                format!("attribute eligible: found {eligible:?}; expected a whole number from 1 on");
            check_refused(&[instrument, ("eligible", eligible)], &expected);
        }
        check_refused(
            &[instrument, ("collection", "a/b")],
            "attribute collection: collection \"a/b\"; expected 1 to 64 of the characters A-Z a-z 0-9 . _ -",
        );
    }
}
