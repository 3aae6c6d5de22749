//! What happens in a widget: its screens, and how an action leads from one to the next.
//!
//! The reducer is pure; whatever touches the browser is elsewhere.

use std::rc::Rc;

use yew::Reducible;

use crate::answers::{Answers, ItemError};
use crate::disclosure::{Collection, Refusal, Release, release};
use crate::instrument::{CategoryId, Instrument, ItemId, Section};
use crate::settings::{Mode, Settings, parse_eligible};
use crate::tally::Tally;

/// The state of one widget.
#[derive(Clone, PartialEq)]
pub struct Session {
    pub settings: Rc<Settings>,
    pub phase: Phase,
    pub answers: Answers,
    /// What a failed continue has found.
    pub errors: Vec<ItemError>,
    /// How often a continue has failed, so that each time the error summary takes focus.
    pub failures: u32,
    /// How many people can take part, as the facilitator has typed it.
    pub eligible: String,
    /// The open collection of a group.
    open: Option<Open>,
    pub delivery: Delivery,
    /// How often the release was sent again, so that each time the heading takes focus from the button that goes.
    pub resent: u32,
}

/// A group's open collection: its running state is one tally.
#[derive(Clone, PartialEq)]
struct Open {
    collection: Collection,
    tally: Tally,
}

/// A screen, with what belongs to it alone.
#[derive(Clone, PartialEq)]
pub enum Phase {
    /// The facilitator opens a group's collection.
    SetUp {
        error: Option<String>,
    },
    Intro,
    Section(usize),
    /// The respondent looks over what they have answered.
    Check,
    /// The respondent sees their own answers beside the published figures.
    Preview,
    Done,
    /// The facilitator is asked whether to close.
    Closing,
    /// The collection is closed.
    Closed(Rc<Closed>),
    /// The collection was closed without a release.
    Erased,
}

/// What a closed collection has become.
#[derive(PartialEq)]
pub enum Closed {
    Released(Box<Release>),
    Refused(Refusal),
}

/// Where a release is on its way to the endpoint.
#[derive(Clone, PartialEq)]
pub enum Delivery {
    /// There is no endpoint, or no release yet.
    None,
    Sending,
    Kept,
    /// The page around the widget has forbidden it.
    Forbidden,
    Failed(String),
}

/// Which screen it is, for everything that happens when the screen changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    SetUp,
    Intro,
    Section(usize),
    Check,
    Preview,
    Done,
    Closing,
    Closed,
    Erased,
}

impl Screen {
    /// Returns another number for each screen.
    pub fn number(self) -> usize {
        match self {
            Screen::SetUp => 0,
            Screen::Intro => 1,
            Screen::Check => 2,
            Screen::Preview => 3,
            Screen::Done => 4,
            Screen::Closing => 5,
            Screen::Closed => 6,
            Screen::Erased => 7,
            Screen::Section(place) => 8 + place,
        }
    }
}

/// What somebody does.
#[derive(Clone, PartialEq)]
pub enum Action {
    /// The facilitator says how many people can take part.
    WriteEligible {
        text: String,
    },
    /// The facilitator opens the collection.
    Open,
    Begin,
    Choose {
        item: ItemId,
        category: CategoryId,
    },
    Untick {
        item: ItemId,
        category: CategoryId,
    },
    Write {
        item: ItemId,
        text: String,
    },
    Continue,
    /// Continues, leaving out what is not answered.
    LeaveOut,
    Back,
    /// Goes back from the overview to change an answer.
    Change {
        section: usize,
    },
    /// Gives up on a group's device: erases the answers.
    Stop,
    /// Hands the answers in: to the group's tally, or to the preview.
    Finish,
    /// Erases the answers.
    End,
    /// The next person takes the device.
    Next,
    AskToClose,
    KeepOpen,
    /// Makes the release.
    Close,
    /// Closes without a release.
    Erase,
    /// Sends the release again.
    Send,
    /// What became of sending.
    Deliver {
        delivery: Delivery,
    },
}

impl Session {
    pub fn new(settings: Rc<Settings>) -> Session {
        let phase = match settings.mode {
            Mode::Personal => Phase::Intro,
            Mode::Group => Phase::SetUp { error: None },
        };
        let answers = Answers::new(&settings.instrument);
        let eligible = settings.eligible.map(|number| number.to_string()).unwrap_or_default();
        Session {
            settings,
            phase,
            answers,
            errors: Vec::new(),
            failures: 0,
            eligible,
            open: None,
            delivery: Delivery::None,
            resent: 0,
        }
    }

    pub fn instrument(&self) -> &Instrument {
        &self.settings.instrument
    }

    pub fn is_group(&self) -> bool {
        self.settings.mode == Mode::Group
    }

    pub fn screen(&self) -> Screen {
        match self.phase {
            Phase::SetUp { .. } => Screen::SetUp,
            Phase::Intro => Screen::Intro,
            Phase::Section(section) => Screen::Section(section),
            Phase::Check => Screen::Check,
            Phase::Preview => Screen::Preview,
            Phase::Done => Screen::Done,
            Phase::Closing => Screen::Closing,
            Phase::Closed(_) => Screen::Closed,
            Phase::Erased => Screen::Erased,
        }
    }

    /// Returns the one bit that the facilitator may know: whether a release can be made.
    pub fn has_enough(&self) -> bool {
        let threshold = self.settings.policy.threshold();
        self.open.as_ref().is_some_and(|open| open.tally.respondents() >= threshold)
    }

    /// Returns whether leaving the page would lose a group's collection.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn section(&self, place: usize) -> &Section {
        &self.settings.instrument.sections()[place]
    }

    fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.errors.clear();
    }

    fn forget(&mut self) {
        self.answers = Answers::new(&self.settings.instrument);
    }

    fn open(&mut self) {
        let threshold = self.settings.policy.threshold();
        let described = match parse_eligible(&self.eligible) {
            Ok(number) if number >= threshold => {
                Collection::new(&self.settings.collection, Some(number)).ok()
            }
            _ => None,
        };
        match described {
            Some(collection) => {
                self.open = Some(Open { collection, tally: Tally::new(&self.settings.instrument) });
                self.go(Phase::Intro);
            }
            None => {
                let error =
                    format!("Enter how many people can take part: a whole number, {threshold} or more");
                self.phase = Phase::SetUp { error: Some(error) };
                self.failures += 1;
            }
        }
    }

    /// Shows the first question; on a group's device nothing may be left of whoever began before.
    fn begin(&mut self) {
        if self.is_group() {
            self.forget();
        }
        self.go(Phase::Section(0));
    }

    fn advance(&mut self) {
        let Phase::Section(place) = self.phase else { return };
        self.errors = self.answers.check(&self.settings.instrument, self.section(place));
        if !self.errors.is_empty() {
            self.failures += 1;
            return;
        }
        self.answers.prune(&self.settings.instrument);
        let is_last = place + 1 == self.settings.instrument.sections().len();
        self.go(if is_last { Phase::Check } else { Phase::Section(place + 1) });
    }

    fn leave_out(&mut self) {
        let Phase::Section(place) = self.phase else { return };
        let settings = Rc::clone(&self.settings);
        self.answers.leave_out(&settings.instrument, &settings.instrument.sections()[place]);
        self.advance();
    }

    fn back(&mut self) {
        let previous = match self.phase {
            Phase::Section(0) => Phase::Intro,
            Phase::Section(place) => Phase::Section(place - 1),
            Phase::Check => Phase::Section(self.settings.instrument.sections().len() - 1),
            _ => return,
        };
        self.go(previous);
    }

    fn finish(&mut self) {
        let settings = Rc::clone(&self.settings);
        let response = match self.answers.finish(&settings.instrument) {
            Ok(response) => response,
            Err(errors) => return self.return_to(errors),
        };
        match &mut self.open {
            Some(open) => {
                // A tally of people overflows 64 bits never; if it did, the response would be lost in silence,
                // so the thank-you is not shown.
                if open.tally.record(&settings.instrument, &response).is_ok() {
                    self.forget();
                    self.go(Phase::Done);
                }
            }
            None if settings.preview => self.go(Phase::Preview),
            None => self.end(),
        }
    }

    /// Goes to the first section with something missing.
    fn return_to(&mut self, errors: Vec<ItemError>) {
        let sections = self.settings.instrument.sections();
        let has_error = |section: &Section| errors.iter().any(|error| section.items.contains(&error.item));
        if let Some(place) = sections.iter().position(has_error) {
            self.errors = self.answers.check(&self.settings.instrument, &sections[place]);
            self.phase = Phase::Section(place);
            self.failures += 1;
        }
    }

    fn end(&mut self) {
        self.forget();
        self.go(Phase::Done);
    }

    fn close(&mut self) {
        // Taken, so that no second release can be made.
        let Some(Open { collection, tally }) = self.open.take() else { return };
        let settings = Rc::clone(&self.settings);
        let made = match release(tally, &settings.instrument, &settings.policy, &collection) {
            Ok(release) => {
                self.send();
                Closed::Released(Box::new(release))
            }
            Err(refusal) => Closed::Refused(refusal),
        };
        self.go(Phase::Closed(Rc::new(made)));
    }

    fn send(&mut self) {
        self.delivery = if self.settings.endpoint.is_some() { Delivery::Sending } else { Delivery::None };
    }

    fn erase(&mut self) {
        self.open = None;
        self.go(Phase::Erased);
    }

    fn answer(&mut self, action: &Action) {
        let settings = Rc::clone(&self.settings);
        match action {
            Action::Choose { item, category } => self.answers.choose(&settings.instrument, *item, *category),
            Action::Untick { item, category } => self.answers.untick(*item, *category),
            Action::Write { item, text } => self.answers.write(*item, text.clone()),
            _ => {}
        }
    }
}

impl Reducible for Session {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = Session::clone(&self);
        match (&action, next.screen()) {
            (Action::WriteEligible { text }, Screen::SetUp) => next.eligible.clone_from(text),
            (Action::Open, Screen::SetUp) => next.open(),
            (Action::Begin, Screen::Intro) => next.begin(),
            (Action::Stop, Screen::Section(_) | Screen::Check) if next.is_open() => next.end(),
            (Action::Choose { .. } | Action::Untick { .. } | Action::Write { .. }, Screen::Section(_)) => {
                next.answer(&action);
            }
            (Action::Continue, Screen::Section(_)) => next.advance(),
            (Action::LeaveOut, Screen::Section(_)) => next.leave_out(),
            (Action::Back, _) => next.back(),
            (Action::Change { section }, Screen::Check) => next.go(Phase::Section(*section)),
            (Action::Finish, Screen::Check) => next.finish(),
            (Action::End, Screen::Preview) => next.end(),
            (Action::Next, Screen::Done) if next.is_open() => next.go(Phase::Intro),
            (Action::AskToClose, Screen::Intro | Screen::Done) if next.is_open() => {
                next.forget();
                next.go(Phase::Closing);
            }
            (Action::KeepOpen, Screen::Closing) => next.go(Phase::Intro),
            (Action::Close, Screen::Closing) if next.has_enough() => next.close(),
            (Action::Erase, Screen::Closing) => next.erase(),
            (Action::Send, Screen::Closed) => {
                next.resent += 1;
                next.send();
            }
            (Action::Deliver { delivery }, Screen::Closed) => next.delivery = delivery.clone(),
            // An action that comes late, such as a second click, does nothing.
            _ => return self,
        }
        Rc::new(next)
    }
}
