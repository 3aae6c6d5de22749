//! What a portal asks of one widget: the attributes of its element, checked.

pub mod results;

use std::fmt;

use crate::disclosure::{Collection, CollectionError, Policy, Release, UnknownPolicy};
use crate::instrument::{Instrument, InstrumentError};
#[cfg(feature = "remote")]
use crate::remote::{
    Role,
    credential::Credentials,
    task::{Task, TaskError},
};
use crate::window::{Moment, Window, WindowError};

/// Whether this module can run a group's collection.
///
/// What is behind this constant is not in the modules that cannot: it is a sixth of the widget, and a student's own
/// phone loads it for nothing.
pub const HAS_GROUP: bool = cfg!(feature = "group");

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
    /// When it can be answered; where it is answered from home, its task says that.
    pub window: Window,
    /// Whether a respondent sees their own answers beside the published figures at the end.
    pub preview: bool,
    /// The JSON of an instrument that the page brings: the report of a group's results needs it, too.
    pub definition: Option<String>,
    /// What the school has released of this survey, for whoever compares the own answers with it.
    pub results: Option<Release>,
    /// The survey that is answered from home, in that mode.
    #[cfg(feature = "remote")]
    pub remote: Option<Remote>,
}

/// What a survey that is answered from home needs besides.
#[cfg(feature = "remote")]
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    pub task: Task,
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
    /// The page brings an instrument that is none.
    Definition(InstrumentError),
    /// The page names one instrument and brings another.
    OtherInstrument {
        found: String,
        expected: String,
    },
    UnknownInstrument {
        found: String,
        known: Vec<String>,
    },
    UnknownMode(String),
    UnknownPolicy(UnknownPolicy),
    BadEligible(String),
    /// Fewer could take part than the policy asks for: nothing would ever be released.
    FewEligible {
        found: u64,
        policy: &'static str,
        threshold: u64,
    },
    BadCollection(CollectionError),
    BadWindow(WindowError),
    #[cfg(feature = "remote")]
    NoHash,
    #[cfg(feature = "remote")]
    BadHash(String),
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
                write!(f, "attribute instrument: not there; expected {}, or src", known.join(" or "))
            }
            Self::Definition(error) => write!(f, "the instrument: {error}"),
            Self::OtherInstrument { found, expected } => {
                write!(f, "attribute instrument: found {found:?}; expected {expected:?}, as src has it, or no attribute")
            }
            Self::UnknownInstrument { found, known } => {
                write!(
                    f,
                    "attribute instrument: unknown instrument {found:?}; expected {}, or the address of one in src",
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
            Self::FewEligible { found, policy, threshold } => {
                write!(f, "attribute eligible: found {found}; expected {threshold} or more, as the policy {policy} asks for")
            }
            Self::BadCollection(error) => write!(f, "attribute collection: {error}"),
            Self::BadWindow(error) => write!(f, "attribute {error}"),
            #[cfg(feature = "remote")]
            Self::NoHash => f.write_str("attribute task-hash: not there; expected the hash that `balint-survey task` has printed, so that nobody can put another task in the place of this one"),
            #[cfg(feature = "remote")]
            Self::BadHash(found) => {
                write!(f, "attribute task-hash: found {found:?}; expected 64 hexadecimal digits")
            }
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
    /// Reads the attributes of an element, and the instrument that the page brings, if it does; `unnamed` names the
    /// collection of an element that does not.
    ///
    /// # Errors
    ///
    /// Names the first attribute that is wrong, with what was found and what was expected.
    pub fn from_attributes(
        attribute: impl Fn(&str) -> Option<String>,
        definition: Option<&[u8]>,
        unnamed: impl FnOnce() -> String,
    ) -> Result<Settings, SettingsError> {
        // First, as what is asked of the others depends on it.
        let mode = mode(attribute("mode").as_deref())?;
        let eligible = attribute("eligible").map(|text| parse_eligible(&text)).transpose()?;
        let name = attribute("collection");
        let is_named = name.is_some();
        let collection = name.unwrap_or_else(unnamed);
        Collection::new(&collection, eligible).map_err(SettingsError::BadCollection)?;
        let policy = match attribute("policy") {
            Some(name) => Policy::named(&name).map_err(SettingsError::UnknownPolicy)?,
            None => Policy::default(),
        };
        let threshold = policy.threshold();
        if let Some(found) = eligible.filter(|found| mode == Mode::Group && *found < threshold) {
            return Err(SettingsError::FewEligible { found, policy: policy.name(), threshold });
        }
        Ok(Settings {
            instrument: instrument(attribute("instrument"), definition)?,
            mode,
            window: Window::parse(attribute("opens").as_deref(), attribute("closes").as_deref())
                .map_err(SettingsError::BadWindow)?,
            // It was read as text before.
            definition: definition.map(|json| String::from_utf8_lossy(json).into_owned()),
            policy,
            collection,
            is_named,
            eligible,
            endpoint: attribute("endpoint").filter(|endpoint| !endpoint.is_empty()),
            preview: attribute("no-preview").is_none(),
            results: None,
            #[cfg(feature = "remote")]
            remote: None,
        })
    }

    /// Reads the attributes of an element in the mode `remote`, with the task that it names.
    ///
    /// # Errors
    ///
    /// Names the first attribute that is wrong, with what was found and what was expected.
    #[cfg(feature = "remote")]
    pub fn remote(
        attribute: impl Fn(&str) -> Option<String>,
        task: &[u8],
    ) -> Result<Settings, SettingsError> {
        let hash = attribute("task-hash").ok_or(SettingsError::NoHash)?;
        let digits = hash.trim();
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(SettingsError::BadHash(hash));
        }
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
        for (name, expected) in [("opens", &document.opens), ("closes", &document.closes)] {
            if let Some(found) = attribute(name) {
                let expected = expected.to_string();
                return Err(SettingsError::NotOfTask { attribute: name, found, expected });
            }
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
            window: Window::default(),
            definition: None,
            preview: attribute("no-preview").is_none(),
            results: None,
            remote: Some(Remote { tokens, code: attribute("code"), task }),
        })
    }
}

impl Settings {
    /// Returns where a moment lies, in seconds since 1970.
    pub fn moment(&self, seconds: u64) -> Moment {
        #[cfg(feature = "remote")]
        if let Some(remote) = &self.remote {
            return remote.task.moment(seconds);
        }
        self.window.moment(seconds.cast_signed())
    }

    /// Returns whether it neither opens nor closes.
    pub fn is_always_open(&self) -> bool {
        #[cfg(feature = "remote")]
        if self.remote.is_some() {
            return false;
        }
        self.window == Window::default()
    }

    /// Takes over the name of a collection that was named by neither of the two.
    pub fn keep_name(&mut self, before: &Settings) {
        if !self.is_named && !before.is_named {
            self.collection.clone_from(&before.collection);
        }
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

fn instrument(id: Option<String>, definition: Option<&[u8]>) -> Result<Instrument, SettingsError> {
    if let Some(json) = definition {
        let instrument = Instrument::from_bytes(json).map_err(SettingsError::Definition)?;
        return match id {
            Some(found) if found != instrument.id() => {
                Err(SettingsError::OtherInstrument { found, expected: instrument.id().to_owned() })
            }
            _ => Ok(instrument),
        };
    }
    let built_in = Instrument::built_in();
    let known = built_in.iter().map(|instrument| instrument.id().to_owned()).collect();
    let Some(id) = id else { return Err(SettingsError::NoInstrument { known }) };
    let found = built_in.into_iter().find(|instrument| instrument.id() == id);
    found.ok_or(SettingsError::UnknownInstrument { found: id, known })
}

fn mode(name: Option<&str>) -> Result<Mode, SettingsError> {
    match name {
        None | Some("personal") => Ok(Mode::Personal),
        Some("group") if HAS_GROUP => Ok(Mode::Group),
        Some(other) => Err(SettingsError::UnknownMode(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let find =
            |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Settings::from_attributes(find, None, || "unnamed".to_owned())
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
        check_refused(
            &[],
            "attribute instrument: not there; expected stress-experience or post-program, or src",
        );
        check_refused(
            &[("instrument", "stres")],
            "attribute instrument: unknown instrument \"stres\"; expected stress-experience or post-program, or the address of one in src",
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
        for (policy, threshold) in [("standard", 10), ("strict", 11), ("small-group", 5)] {
            let expected = format!(
                "attribute eligible: found 3; expected {threshold} or more, as the policy {policy} asks for"
            );
            check_refused(&[instrument, ("mode", "group"), ("policy", policy), ("eligible", "3")], &expected);
        }
        check_refused(
            &[instrument, ("collection", "a/b")],
            "attribute collection: collection \"a/b\"; expected 1 to 64 of the characters A-Z a-z 0-9 . _ -",
        );
        check_refused(
            &[instrument, ("opens", "2026-01-12")],
            "attribute opens: found \"2026-01-12\"; expected the time of the day and the offset from UTC as well, such as 2026-01-12T08:00:00+01:00",
        );
        check_refused(
            &[instrument, ("opens", "2026-01-12T08:00Z"), ("closes", "2026-01-12T08:00Z")],
            "attribute closes: found 2026-01-12T08:00:00Z; expected a moment after 2026-01-12T08:00:00Z, when it opens",
        );
    }

    #[test]
    fn a_page_can_bring_an_instrument() {
        let json = include_str!("instrument/post-program.json").replace("\"post-program\"", "\"ours\"");
        let bring = |attributes: &[(&str, &str)], json: &[u8]| {
            let find = |name: &str| {
                attributes.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
            };
            Settings::from_attributes(find, Some(json), || "unnamed".to_owned())
        };
        let settings = bring(&[], json.as_bytes()).unwrap();
        assert_eq!(settings.instrument.id(), "ours");
        assert_eq!(
            settings.definition.as_deref(),
            Some(json.as_str()),
            "for the report of a group's results"
        );
        assert!(bring(&[("instrument", "ours")], json.as_bytes()).is_ok());

        let check = |attributes: &[(&str, &str)], json: &[u8], expected: &str| {
            assert_eq!(bring(attributes, json).unwrap_err().to_string(), expected);
        };
        check(
            &[("instrument", "post-program")],
            json.as_bytes(),
            "attribute instrument: found \"post-program\"; expected \"ours\", as src has it, or no attribute",
        );
        check(&[], b"{", "the instrument: line 1, column 1: EOF while parsing an object");
        check(
            &[],
            b"{\xff",
            "the instrument: line 1, column 2: a byte that is no UTF-8; expected a text in UTF-8",
        );
    }

    #[test]
    fn a_window_says_when_the_survey_can_be_answered() {
        let instrument = ("instrument", "stress-experience");
        let settings = read(&[
            instrument,
            ("opens", "2026-01-12T08:00:00+01:00"),
            ("closes", "2026-02-23T18:00:00+01:00"),
        ])
        .unwrap();
        assert!(!settings.is_always_open());
        // Seconds from GNU date 9.1: date -d TEXT +%s.
        let (opens, closes) = (1_768_201_200, 1_771_866_000);
        for (seconds, expected) in [
            (opens - 1, Moment::BeforeOpening),
            (opens, Moment::Open),
            (closes - 1, Moment::Open),
            (closes, Moment::AfterClosing),
        ] {
            assert_eq!(settings.moment(seconds), expected, "{seconds}");
        }
        assert!(read(&[instrument]).unwrap().is_always_open());
    }
}
