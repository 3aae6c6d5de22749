//! What a coordinator sends and does around a survey: the calendar, the invitation, the reminders, the page's tag.
//!
//! It stands after the view, whose sentences on anonymity it repeats, and is used by the command line and by a page
//! of its own. It knows nothing of answers.

mod calendar;
mod letters;

use std::fmt;

use serde::Deserialize;

use crate::digest::Digest;
use crate::disclosure::{Collection, CollectionError, Policy, UnknownPolicy};
use crate::instrument::Instrument;
use crate::language::Language;
use crate::report::fieldwork::{Day, SECONDS};
use crate::report::markup::Escaped;
use crate::view::words;
use crate::window::{Instant, InstantProblem, Window, WindowError};

/// How often the class was reminded in the study.
pub const REMINDERS: u32 = 2;
/// More would be read by nobody.
const MOST_REMINDERS: u32 = 12;
const DAY: i64 = SECONDS.cast_signed();

/// What a coordinator has filled in: the fields of the page, and the flags of the command line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// By default the title of the instrument.
    pub title: Option<String>,
    /// A built-in instrument; without one, `src`.
    pub instrument: Option<String>,
    /// The address of an instrument of the portal's own.
    pub src: Option<String>,
    /// `personal` by default, or `group`; `remote` follows from a task.
    pub mode: Option<String>,
    pub policy: Option<String>,
    pub collection: Option<String>,
    /// Moments as in the attributes of the same names.
    pub opens: Option<String>,
    pub closes: Option<String>,
    /// How many reminders are spread evenly.
    pub reminders: Option<u32>,
    /// When they are sent, in the place of that.
    pub remind_at: Vec<String>,
    /// Where the survey is.
    pub link: Option<String>,
    /// Whom to ask, with an address.
    pub contact: Option<String>,
    /// The text of `task.json`, of a survey that is answered from home.
    pub task: Option<String>,
}

/// A survey that is planned; every moment of it is within the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    title: String,
    /// How long it takes, where that is known.
    length: Option<String>,
    way: Way,
    opens: Instant,
    closes: Instant,
    reminders: Vec<Instant>,
    link: String,
    contact: String,
    tag: String,
}

/// How the survey is answered.
#[derive(Clone, Debug, PartialEq)]
enum Way {
    Personal,
    Group { policy: Policy, is_named: bool },
    Remote(Task),
}

/// What a plan needs of a task; the widget and the operators check the whole of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Task {
    instrument: String,
    opens: Day,
    closes: Day,
    leader: Operator,
    helper: Operator,
    minimum_batch: u64,
    credentials: Credentials,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Operator {
    name: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Credentials {
    kind: String,
}

/// A text to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// When it is to be sent.
    pub at: Instant,
    pub subject: String,
    pub body: String,
}

/// What cannot be planned.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanError {
    Missing {
        field: &'static str,
        expected: &'static str,
    },
    /// A field of one line has several.
    SeveralLines {
        field: &'static str,
    },
    NoAddress {
        field: &'static str,
        found: String,
    },
    UnknownInstrument {
        found: String,
        known: Vec<String>,
    },
    TwoInstruments,
    UnknownMode(String),
    Policy(UnknownPolicy),
    Collection(CollectionError),
    Window(WindowError),
    Reminder {
        found: String,
        problem: InstantProblem,
    },
    /// A reminder before the opening or after the closing.
    Outside {
        found: Instant,
        opens: Instant,
        closes: Instant,
    },
    TooMany {
        found: usize,
    },
    /// The window is too short for a reminder a day.
    TooShort {
        days: i64,
        reminders: u32,
    },
    Task(String),
    /// The task decides on it.
    OfTask {
        field: &'static str,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field, expected } => write!(f, "{field}: not there; expected {expected}"),
            Self::SeveralLines { field } => write!(f, "{field}: found several lines; expected one"),
            Self::NoAddress { field, found } => {
                write!(
                    f,
                    "{field}: found {found:?}; expected the page’s address, such as https://school.example/survey"
                )
            }
            Self::UnknownInstrument { found, known } => {
                write!(f, "instrument: unknown instrument {found:?}; expected {}", known.join(" or "))
            }
            Self::TwoInstruments => f.write_str("src: found it beside instrument; expected one of the two"),
            Self::UnknownMode(found) => {
                write!(
                    f,
                    "mode: unknown mode {found:?}; expected personal or group, or a task for one that is answered from home"
                )
            }
            Self::Policy(error) => write!(f, "policy: {error}"),
            Self::Collection(error) => write!(f, "collection: {error}"),
            Self::Window(error) => error.fmt(f),
            Self::Reminder { found, problem } => write!(f, "reminder: found {found:?}; expected {problem}"),
            Self::Outside { found, opens, closes } => {
                write!(f, "reminder: found {found}; expected a moment after {opens} and before {closes}")
            }
            Self::TooMany { found } => {
                write!(f, "reminders: found {found}; expected {MOST_REMINDERS} or fewer")
            }
            Self::TooShort { days, reminders } => {
                write!(
                    f,
                    "reminders: found {reminders} in a window of {days} days; expected a day or more for each"
                )
            }
            Self::Task(reason) => {
                write!(f, "task: {reason}; expected the file task.json that `balint-survey task` has made")
            }
            Self::OfTask { field } => {
                write!(f, "{field}: found it beside a task; expected none, as the task decides on it")
            }
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Checks what a coordinator has filled in.
    ///
    /// # Errors
    ///
    /// Names the first field that is wrong, with what was found and what was expected.
    pub fn new(request: &Request) -> Result<Plan, PlanError> {
        let request = request.trimmed();
        let task = request.task.as_deref().map(read_task).transpose()?;
        let instrument = request.instrument(task.as_ref())?;
        let way = request.way(task.clone())?;
        let (opens, closes) = request.window(task.as_ref())?;
        let instrument_title = instrument.as_ref().map(|instrument| instrument.text().title.clone());
        let title = request.title.clone().or(instrument_title);
        Ok(Plan {
            title: one_line("title", title, "the survey’s name")?,
            length: instrument.as_ref().map(|instrument| words::length(&Language::default(), instrument)),
            reminders: request.reminders(opens, closes)?,
            link: request.link()?,
            contact: one_line("contact", request.contact.clone(), "a name with an address, for questions")?,
            tag: request.tag(&way, opens, closes),
            way,
            opens,
            closes,
        })
    }

    /// Returns the tag for the portal's page.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns when it closes.
    pub fn closes(&self) -> Instant {
        self.closes
    }

    /// Returns the survey's name.
    pub fn title(&self) -> &str {
        &self.title
    }
}

impl Request {
    /// Returns it without spaces around the texts; an empty one is as if it were not there.
    fn trimmed(&self) -> Request {
        let trim = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Request {
            title: trim(&self.title),
            instrument: trim(&self.instrument),
            src: trim(&self.src),
            mode: trim(&self.mode),
            policy: trim(&self.policy),
            collection: trim(&self.collection),
            opens: trim(&self.opens),
            closes: trim(&self.closes),
            reminders: self.reminders,
            remind_at: self.remind_at.iter().filter_map(|at| trim(&Some(at.clone()))).collect(),
            link: trim(&self.link),
            contact: trim(&self.contact),
            // To the byte: its hash is in the tag.
            task: self.task.clone(),
        }
    }

    /// Returns the instrument, if it is a built-in one.
    fn instrument(&self, task: Option<&Task>) -> Result<Option<Instrument>, PlanError> {
        if task.is_some() && (self.instrument.is_some() || self.src.is_some()) {
            return Err(PlanError::OfTask { field: "instrument" });
        }
        let id = task.map(|task| &task.instrument).or(self.instrument.as_ref());
        match (id, &self.src) {
            (Some(_), Some(_)) => Err(PlanError::TwoInstruments),
            (Some(id), None) => Instrument::find(id).map(Some).ok_or_else(|| {
                let known = Instrument::built_in().iter().map(|known| known.id().to_owned()).collect();
                PlanError::UnknownInstrument { found: id.clone(), known }
            }),
            (None, Some(_)) => Ok(None),
            (None, None) => {
                Err(PlanError::Missing { field: "instrument", expected: "one, or the address of one in src" })
            }
        }
    }

    fn way(&self, task: Option<Task>) -> Result<Way, PlanError> {
        if let Some(task) = task {
            let fields = [("mode", &self.mode), ("policy", &self.policy), ("collection", &self.collection)];
            return match fields.into_iter().find(|(_, value)| value.is_some()) {
                Some((field, _)) => Err(PlanError::OfTask { field }),
                None => Ok(Way::Remote(task)),
            };
        }
        match self.mode.as_deref() {
            None | Some("personal") => Ok(Way::Personal),
            Some("group") => {
                if let Some(name) = &self.collection {
                    Collection::new(name, None).map_err(PlanError::Collection)?;
                }
                let policy = self.policy.as_deref().map(Policy::named).transpose();
                let policy = policy.map_err(PlanError::Policy)?.unwrap_or_default();
                Ok(Way::Group { policy, is_named: self.collection.is_some() })
            }
            Some(other) => Err(PlanError::UnknownMode(other.to_owned())),
        }
    }

    fn window(&self, task: Option<&Task>) -> Result<(Instant, Instant), PlanError> {
        if let Some(task) = task {
            for (field, value) in [("opens", &self.opens), ("closes", &self.closes)] {
                if value.is_some() {
                    return Err(PlanError::OfTask { field });
                }
            }
            let at = |day: Day, later: u64| Instant::new((day.unix()? + later).cast_signed(), 0);
            let ends = at(task.opens, 0).zip(at(task.closes, SECONDS));
            return ends.ok_or_else(|| PlanError::Task("its days are before 1970".to_owned()));
        }
        let window =
            Window::parse(self.opens.as_deref(), self.closes.as_deref()).map_err(PlanError::Window)?;
        let missing =
            |field| PlanError::Missing { field, expected: "a moment, such as 2026-01-12T08:00:00+01:00" };
        Ok((window.opens().ok_or(missing("opens"))?, window.closes().ok_or(missing("closes"))?))
    }

    fn reminders(&self, opens: Instant, closes: Instant) -> Result<Vec<Instant>, PlanError> {
        if self.remind_at.is_empty() {
            return spread(opens, closes, self.reminders.unwrap_or(REMINDERS));
        }
        if self.remind_at.len() > MOST_REMINDERS as usize {
            return Err(PlanError::TooMany { found: self.remind_at.len() });
        }
        let parse = |text: &String| {
            let found = Instant::parse(text)
                .map_err(|problem| PlanError::Reminder { found: text.clone(), problem })?;
            let is_inside = opens.seconds() < found.seconds() && found.seconds() < closes.seconds();
            if is_inside { Ok(found) } else { Err(PlanError::Outside { found, opens, closes }) }
        };
        let mut reminders = self.remind_at.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        reminders.sort_by_key(|at| at.seconds());
        Ok(reminders)
    }

    fn link(&self) -> Result<String, PlanError> {
        let link = one_line("link", self.link.clone(), "the address of the page with the survey")?;
        let is_address = ["https://", "http://"].iter().any(|scheme| {
            link.strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty() && !link.contains(char::is_whitespace))
        });
        if is_address { Ok(link) } else { Err(PlanError::NoAddress { field: "link", found: link }) }
    }

    fn tag(&self, way: &Way, opens: Instant, closes: Instant) -> String {
        let mut attributes = Vec::new();
        let mut add = |name: &'static str, value: &str| attributes.push((name, value.to_owned()));
        for (name, value) in [("instrument", &self.instrument), ("src", &self.src)] {
            value.iter().for_each(|value| add(name, value));
        }
        match way {
            Way::Personal => {}
            Way::Group { policy, .. } => {
                add("mode", "group");
                add("policy", policy.name());
                self.collection.iter().for_each(|name| add("collection", name));
            }
            Way::Remote(_) => {
                add("mode", "remote");
                add("task", "task.json");
                // OK because a plan of this way has a task.
                add("task-hash", Digest::of(self.task.as_deref().expect("a task").as_bytes()).as_str());
            }
        }
        // The task has a window of its own.
        if !matches!(way, Way::Remote(_)) {
            add("opens", &opens.to_string());
            add("closes", &closes.to_string());
        }
        let written = attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", Escaped(value)));
        format!("<balint-survey{}></balint-survey>", written.collect::<String>())
    }
}

/// Returns reminders that divide the window into equal parts, each at the time of the day at which it opens.
fn spread(opens: Instant, closes: Instant, reminders: u32) -> Result<Vec<Instant>, PlanError> {
    if reminders > MOST_REMINDERS {
        return Err(PlanError::TooMany { found: reminders as usize });
    }
    let days = (closes.seconds() - opens.seconds()) / DAY;
    if days < i64::from(reminders) + i64::from(reminders > 0) {
        return Err(PlanError::TooShort { days, reminders });
    }
    let day = |number: i64| days * number / i64::from(reminders + 1);
    let at = |number| Instant::new(opens.seconds() + day(number) * DAY, opens.offset());
    // OK because it is between two instants.
    Ok((1..=i64::from(reminders)).map(|number| at(number).expect("a date")).collect())
}

fn read_task(json: &str) -> Result<Task, PlanError> {
    serde_json::from_str(json).map_err(|error| PlanError::Task(error.to_string()))
}

/// Returns a text that must be there, on one line.
fn one_line(field: &'static str, text: Option<String>, expected: &'static str) -> Result<String, PlanError> {
    let text = text.ok_or(PlanError::Missing { field, expected })?;
    if text.contains(char::is_control) { Err(PlanError::SeveralLines { field }) } else { Ok(text) }
}
