//! The state of the coordinator's page: what was put together, what is being read, what was refused.
//!
//! The reducer is pure; whatever touches the browser is elsewhere.

use std::rc::Rc;

use yew::Reducible;

use crate::disclosure::{Policy, UnknownPolicy};
use crate::instrument::Instrument;
use crate::report::fieldwork::{Fieldwork, FieldworkError, parse_day, parse_headcounts, parse_reminders};
use crate::settings::parse_eligible;
use crate::workspace::{Compare, Origin, Side, Source, Workspace};

/// The state of the page.
#[derive(Clone, PartialEq)]
pub struct Desk {
    /// Shared, since the state is copied with every piece of a file that is read.
    pub workspace: Rc<Workspace>,
    /// How responses in a file are to be released.
    pub terms: TermsForm,
    pub form: FieldworkForm,
    /// What is wrong with the facts about the survey.
    pub form_error: Option<String>,
    /// The file that is being read.
    pub job: Option<Job>,
    pub refusals: Vec<Refused>,
    /// What the portal keeps.
    pub portal: Portal,
    /// The remote survey whose sum can be asked for.
    pub collecting: Option<Box<Collecting>>,
    /// How often something was added, so that each time the report takes focus.
    pub additions: u32,
}

/// The policy and the number of people, as they were typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermsForm {
    pub policy: Policy,
    pub eligible: String,
}

impl TermsForm {
    /// Returns how many could answer, where that was typed.
    ///
    /// # Errors
    ///
    /// If it is no number from 1 on.
    pub fn eligible(&self) -> Result<Option<u64>, String> {
        let text = self.eligible.trim();
        let number = (!text.is_empty()).then(|| parse_eligible(text)).transpose();
        number.map_err(|_| {
            format!("People who could answer: found {text:?}; expected a whole number from 1 on")
        })
    }
}

/// A file that is being read.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub name: String,
    /// From 0 to 1.
    pub done: f64,
}

/// A file that was refused whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub name: String,
    pub reason: String,
}

/// What is known of the releases that the portal keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Portal {
    /// The page was not told where they are.
    #[default]
    None,
    Loading,
    Failed(String),
    Releases(Vec<Kept>),
}

/// A release that the portal keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub collection: String,
    pub instrument: String,
    pub policy: String,
    pub json: String,
}

/// A remote survey whose key is on the page.
#[derive(Clone, PartialEq)]
pub struct Collecting {
    /// The file of the key, to the letter: it is what the sum is opened with.
    pub key: Rc<str>,
    pub about: Rc<About>,
    /// Whether the survey is to be closed before its last day is over.
    pub closes_now: bool,
    pub step: CollectingStep,
}

/// What the coordinator is told of a remote survey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub collection: String,
    pub operators: String,
    pub facts: Vec<(String, String)>,
    pub sentences: Vec<String>,
    /// What must be confirmed first, as the survey is still open.
    pub confirmation: Option<String>,
    /// Why there is nothing to ask for yet.
    pub obstacle: Option<String>,
}

/// How far a collection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectingStep {
    /// The coordinator can ask for the sum, and has not, or in vain.
    Ready {
        error: Option<String>,
    },
    /// It is being asked for.
    Asking {
        sentence: String,
    },
    Done(Rc<Collected>),
}

/// What a collection has given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The release, as JSON.
    pub release: String,
    /// The ids of what contradicted itself, and is void.
    pub voided: Vec<String>,
}

impl Collecting {
    /// Returns what is on the page when its key has been read.
    pub fn new(key: String, about: About) -> Collecting {
        let step = CollectingStep::Ready { error: None };
        Collecting { key: key.into(), about: Rc::new(about), closes_now: false, step }
    }

    /// Returns whether the sum can be asked for: the survey has closed, or is to be closed now.
    pub fn can_ask(&self) -> bool {
        let is_ready = matches!(self.step, CollectingStep::Ready { .. });
        let is_closed = self.about.confirmation.is_none() || self.closes_now;
        is_ready && is_closed && self.about.obstacle.is_none()
    }
}

/// The facts about the survey, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldworkForm {
    texts: [String; Field::ALL.len()],
}

/// A field of [`FieldworkForm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Note,
    Opened,
    Closed,
    Reminders,
    Attendance,
    Ethics,
    Design,
    Consent,
    Pilot,
    Contact,
    Announcement,
    Context,
    Incentives,
}

impl Field {
    pub const ALL: [Field; 13] = [
        Field::Note,
        Field::Opened,
        Field::Closed,
        Field::Reminders,
        Field::Attendance,
        Field::Ethics,
        Field::Design,
        Field::Consent,
        Field::Pilot,
        Field::Contact,
        Field::Announcement,
        Field::Context,
        Field::Incentives,
    ];

    /// Returns the question to the coordinator.
    pub fn label(self) -> &'static str {
        match self {
            Field::Note => "Note to the reader",
            Field::Opened => "First day",
            Field::Closed => "Last day",
            Field::Reminders => "Reminders sent",
            Field::Attendance => "People at each session, such as 7, 2, 5",
            Field::Ethics => "Ethics board’s decision",
            Field::Design => "Study design and sample",
            Field::Consent => "Informed consent, beyond the first screen",
            Field::Pilot => "How the survey was tried out",
            Field::Contact => "How people were first contacted",
            Field::Announcement => "How the survey was announced",
            Field::Context => "Site or setting",
            Field::Incentives => "Incentives",
        }
    }

    /// Returns the type of the input.
    pub fn kind(self) -> &'static str {
        match self {
            Field::Opened | Field::Closed => "date",
            _ => "text",
        }
    }
}

impl FieldworkForm {
    pub fn text(&self, field: Field) -> &str {
        &self.texts[field as usize]
    }

    /// Returns the facts.
    ///
    /// # Errors
    ///
    /// Names the first that is wrong.
    fn parse(&self) -> Result<Fieldwork, FieldworkError> {
        let prose = |field: Field| Some(self.text(field).trim().to_owned()).filter(|text| !text.is_empty());
        let fieldwork = Fieldwork {
            opened: parse_day("First day", self.text(Field::Opened))?,
            closed: parse_day("Last day", self.text(Field::Closed))?,
            reminders: parse_reminders(self.text(Field::Reminders))?,
            attendance: parse_headcounts(self.text(Field::Attendance))?,
            note: prose(Field::Note),
            ethics: prose(Field::Ethics),
            consent: prose(Field::Consent),
            pilot: prose(Field::Pilot),
            design: prose(Field::Design),
            contact: prose(Field::Contact),
            announcement: prose(Field::Announcement),
            context: prose(Field::Context),
            incentives: prose(Field::Incentives),
        };
        fieldwork.checked()
    }
}

/// Something that happens on the page.
#[derive(Clone, PartialEq)]
pub enum DeskAction {
    /// A release was read or made.
    Add {
        source: Box<Source>,
        side: Side,
    },
    /// What should be a release was read.
    Read {
        name: String,
        json: Vec<u8>,
        origin: Origin,
        side: Side,
    },
    /// The definition of a survey was read.
    Know {
        instrument: Box<Instrument>,
    },
    Refuse {
        name: String,
        reason: String,
    },
    Remove {
        side: Side,
        place: usize,
    },
    Clear,
    Progress {
        job: Option<Job>,
    },
    Compare {
        compare: Compare,
    },
    Policy {
        policy: String,
    },
    Eligible {
        text: String,
    },
    Fill {
        field: Field,
        text: String,
    },
    Portal {
        portal: Portal,
    },
    /// The key of a remote survey was read.
    Key {
        collecting: Box<Collecting>,
    },
    /// The key is not needed any more.
    PutAway,
    CloseNow {
        is_on: bool,
    },
    /// The sum of the survey is being asked for.
    Asking {
        sentence: String,
    },
    /// It was asked for in vain.
    Unanswered {
        reason: String,
    },
    /// The release was made of it.
    Collected {
        collected: Rc<Collected>,
    },
    /// The worked example replaces everything.
    Example {
        source: Box<Source>,
        form: Box<FieldworkForm>,
    },
}

impl Desk {
    /// Returns the state of a page with nothing on it.
    pub fn new(workspace: Workspace) -> Desk {
        Desk {
            workspace: Rc::new(workspace),
            terms: TermsForm::default(),
            form: FieldworkForm::default(),
            form_error: None,
            job: None,
            refusals: Vec::new(),
            portal: Portal::None,
            collecting: None,
            additions: 0,
        }
    }

    fn workspace_mut(&mut self) -> &mut Workspace {
        Rc::make_mut(&mut self.workspace)
    }

    /// Returns the page with nothing on it, but for what does not belong to a report.
    fn cleared(&self) -> Desk {
        let workspace = Workspace::new(Rc::clone(self.workspace.instruments()));
        Desk { portal: self.portal.clone(), terms: self.terms.clone(), ..Desk::new(workspace) }
    }

    fn refuse(&mut self, name: String, reason: String) {
        let refused = Refused { name, reason };
        if !self.refusals.contains(&refused) {
            self.refusals.push(refused);
        }
    }

    /// Returns whether the sum of a survey is being asked for.
    pub fn is_asking(&self) -> bool {
        self.collecting.as_ref().is_some_and(|c| matches!(c.step, CollectingStep::Asking { .. }))
    }

    fn step(&mut self, step: CollectingStep) {
        if let Some(collecting) = &mut self.collecting {
            collecting.step = step;
        }
    }

    /// Adds what was collected to the report; where it does not go with what is there, it can still be saved.
    fn collected(&mut self, collected: Rc<Collected>) {
        let Some(about) = self.collecting.as_ref().map(|collecting| Rc::clone(&collecting.about)) else {
            return;
        };
        self.step(CollectingStep::Done(Rc::clone(&collected)));
        let origin = Origin::Collected(about.operators.clone());
        match self.workspace_mut().read(collected.release.as_bytes(), origin, Side::Own) {
            Ok(()) => self.additions += 1,
            Err(error) => self.refuse(about.collection.clone(), error.to_string()),
        }
    }

    fn fill(&mut self) {
        match self.form.parse() {
            Ok(fieldwork) => {
                self.workspace_mut().fieldwork = fieldwork;
                self.form_error = None;
            }
            Err(error) => self.form_error = Some(error.to_string()),
        }
    }
}

impl Reducible for Desk {
    type Action = DeskAction;

    fn reduce(self: Rc<Self>, action: DeskAction) -> Rc<Self> {
        let mut desk = Desk::clone(&self);
        match action {
            DeskAction::Add { source, side } => {
                let name = match &source.origin {
                    Origin::File(name) | Origin::Responses(name) => name.clone(),
                    Origin::Collected(_) | Origin::Portal | Origin::Example => {
                        source.release.collections().join(", ")
                    }
                };
                match desk.workspace_mut().add(*source, side) {
                    Ok(()) => desk.additions += 1,
                    Err(error) => desk.refuse(name, error.to_string()),
                }
            }
            DeskAction::Read { name, json, origin, side } => {
                match desk.workspace_mut().read(&json, origin, side) {
                    Ok(()) => desk.additions += 1,
                    Err(error) if error.is_of_unknown_instrument() => {
                        desk.refuse(
                            name,
                            format!("{error}; for a survey of your own, drop its definition first"),
                        );
                    }
                    Err(error) => desk.refuse(name, error.to_string()),
                }
            }
            DeskAction::Know { instrument } => desk.workspace_mut().know(*instrument),
            DeskAction::Refuse { name, reason } => desk.refuse(name, reason),
            DeskAction::Remove { side, place } => desk.workspace_mut().remove(side, place),
            DeskAction::Clear => desk = self.cleared(),
            // A new attempt clears what was refused before.
            DeskAction::Progress { job } => {
                if desk.job.is_none() && job.is_some() {
                    desk.refusals.clear();
                }
                desk.job = job;
            }
            DeskAction::Compare { compare } => desk.workspace_mut().compare = compare,
            DeskAction::Policy { policy } => match Policy::named(&policy) {
                Ok(policy) => desk.terms.policy = policy,
                Err(UnknownPolicy(name)) => desk.refuse(name, "no policy".to_owned()),
            },
            DeskAction::Eligible { text } => desk.terms.eligible = text,
            DeskAction::Fill { field, text } => {
                desk.form.texts[field as usize] = text;
                desk.fill();
            }
            DeskAction::Portal { portal } => desk.portal = portal,
            DeskAction::Key { collecting } => {
                if !desk.is_asking() {
                    desk.collecting = Some(collecting);
                }
            }
            DeskAction::PutAway => desk.collecting = None,
            DeskAction::CloseNow { is_on } => {
                if let Some(collecting) = &mut desk.collecting {
                    collecting.closes_now = is_on;
                }
            }
            DeskAction::Asking { sentence } => desk.step(CollectingStep::Asking { sentence }),
            DeskAction::Unanswered { reason } => desk.step(CollectingStep::Ready { error: Some(reason) }),
            DeskAction::Collected { collected } => desk.collected(collected),
            DeskAction::Example { source, form } => {
                desk = self.cleared();
                // OK because anything can be added to nothing.
                desk.workspace_mut().add(*source, Side::Own).expect("an empty workspace takes a release");
                desk.form = *form;
                desk.fill();
                desk.additions += 1;
            }
        }
        Rc::new(desk)
    }
}

impl FieldworkForm {
    /// Returns the form with a field filled in.
    pub fn with(mut self, field: Field, text: &str) -> FieldworkForm {
        self.texts[field as usize] = text.to_owned();
        self
    }
}
