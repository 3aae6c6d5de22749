//! What happens in a widget: its screens, and how an action leads from one to the next.
//!
//! The reducer is pure; whatever touches the browser is elsewhere.

use std::rc::Rc;
use std::sync::Arc;

use yew::Reducible;

#[cfg(feature = "remote")]
use super::remote::{RemoteAction, RemoteSession};
use crate::answers::{Answers, ItemError, Shown};
use crate::custody::{BATCH, CustodyError, MIN_PASSPHRASE, State, outbox::Waiting};
use crate::disclosure::{Collection, Refusal, Release, release};
use crate::instrument::{CategoryId, Instrument, ItemId, Section};
use crate::language::Language;
#[cfg(feature = "remote")]
use crate::remote::credential::CodeError;
use crate::settings::{HAS_GROUP, Mode, Settings, parse_eligible};
use crate::submit::SubmitError;
use crate::tally::Tally;
use crate::window::Moment;

/// The ids of the facilitator's fields.
pub const ELIGIBLE: &str = "eligible";
pub const PASSPHRASE: &str = "passphrase";

/// The state of one widget.
#[derive(Clone, PartialEq)]
pub struct Session {
    pub settings: Rc<Settings>,
    language: Arc<Language>,
    /// The instrument in the words of that language, where it is another than its own.
    wording: Option<Rc<Instrument>>,
    pub phase: Phase,
    /// Whether the survey can be answered yet, or still.
    pub moment: Moment,
    pub answers: Answers,
    /// What a failed continue has found.
    pub errors: Vec<ItemError>,
    /// How often a continue has failed, so that each time the error summary takes focus.
    pub failures: u32,
    /// How many people can take part, as the facilitator has typed it.
    pub eligible: String,
    /// What opens and closes a group's collection, while it is typed.
    pub passphrase: String,
    /// What the browser is doing with the passphrase.
    pub task: Option<Task>,
    /// The open collection of a group.
    open: Option<Open>,
    pub delivery: Delivery,
    /// Whether the release was downloaded.
    pub is_saved: bool,
    /// Whether the device keeps the release until it has arrived.
    pub is_kept: bool,
    /// How often the release was sent again, so that each time the heading takes focus from the button that goes.
    pub resent: u32,
    /// Whether somebody has not touched a shared device for a while, and is asked whether they are still there.
    pub is_warned: bool,
    /// Where a response is on its way to two operators.
    #[cfg(feature = "remote")]
    pub remote: RemoteSession,
}

/// A group's open collection: its running state is one tally.
#[derive(Clone, PartialEq)]
struct Open {
    collection: Collection,
    tally: Tally,
    /// How many respondents the stored state holds.
    stored: u64,
    /// Whether the last state could be stored, or need not be.
    is_safe: bool,
}

/// Something that the browser does with a passphrase, which takes a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Deriving the key of a new collection.
    Open,
    /// Opening the stored state.
    Resume,
    /// Trying the passphrase, before the collection is closed.
    Unlock,
}

/// What is wrong with a field of the facilitator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The id of the field.
    pub field: &'static str,
    pub problem: FieldProblem,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldProblem {
    /// It is no whole number, or below what the policy asks for.
    Eligible {
        threshold: u64,
    },
    ShortPassphrase,
    Custody(CustodyError),
    #[cfg(feature = "remote")]
    NoCode,
    #[cfg(feature = "remote")]
    Code(CodeError),
}

/// A screen, with what belongs to it alone.
#[derive(Clone, PartialEq)]
pub enum Phase {
    /// The facilitator opens a group's collection.
    SetUp {
        error: Option<FieldError>,
    },
    /// The facilitator goes on with a collection that this device keeps.
    Resume {
        error: Option<FieldError>,
    },
    Intro,
    Section(usize),
    /// The respondent looks over what they have answered.
    Check,
    /// The response is sealed and sent, or was.
    #[cfg(feature = "remote")]
    Sending,
    /// Both operators will have it.
    #[cfg(feature = "remote")]
    Sent,
    /// The respondent sees their own answers beside the published figures.
    Preview,
    Done,
    /// The facilitator is asked for the passphrase.
    Locked {
        error: Option<FieldError>,
    },
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
    /// The facilitator can look at what will be sent.
    Ready,
    Sending,
    Kept,
    /// The endpoint cannot be reached; it is tried again from time to time.
    Waiting,
    /// The page around the widget has forbidden it.
    Forbidden,
    /// Another window of this browser has sent it, or has let it be downloaded.
    Elsewhere,
    Failed(SubmitError),
}

/// Which screen it is, for everything that happens when the screen changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    SetUp,
    Resume,
    Intro,
    Section(usize),
    Check,
    #[cfg(feature = "remote")]
    Sending,
    #[cfg(feature = "remote")]
    Sent,
    Preview,
    Done,
    Locked,
    Closing,
    Closed,
    Erased,
}

impl Screen {
    /// Returns whether it looks the same whatever anybody has answered, so that not even its height tells something.
    pub fn is_alike(self) -> bool {
        self == Screen::Intro
    }

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
            Screen::Resume => 8,
            Screen::Locked => 9,
            Screen::Section(place) => 12 + place,
            #[cfg(feature = "remote")]
            Screen::Sending => 10,
            #[cfg(feature = "remote")]
            Screen::Sent => 11,
        }
    }
}

/// What somebody does, or what has become of it.
#[derive(Clone, PartialEq)]
pub enum Action {
    /// The page has set the survey up anew.
    SetUp {
        settings: Box<Settings>,
        is_stored: bool,
    },
    /// The page asks for a new start.
    Reset {
        is_stored: bool,
    },
    /// Another language is wanted. Shared as an action may be: between threads, where nobody renders.
    Speak {
        language: Arc<Language>,
    },
    /// Time goes by.
    Tick {
        moment: Moment,
    },
    /// The facilitator says how many people can take part.
    WriteEligible {
        text: String,
    },
    WritePassphrase {
        text: String,
    },
    /// The facilitator opens the collection.
    Open,
    /// The facilitator goes on with the stored one.
    Resume,
    /// The facilitator gives the stored one up.
    Discard,
    /// What became of the task.
    Opened,
    Resumed {
        state: Box<State>,
    },
    Unlocked,
    Failed {
        error: CustodyError,
    },
    /// The facilitator does not wait for the passphrase any longer.
    Cancel,
    /// The state with so many respondents is stored, or could not be.
    Stored {
        respondents: u64,
        is_safe: bool,
    },
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
    /// Nobody has touched a group's device for a while.
    Warn,
    /// Somebody is still there.
    Stay,
    /// Leaves a group's device as it is, whoever has it.
    Abandon,
    /// Hands the answers in: to the group's tally, or to the preview.
    Finish,
    /// Erases the answers.
    End,
    /// The next person takes the device.
    Next,
    AskToClose,
    /// The facilitator has typed the passphrase.
    Unlock,
    KeepOpen,
    /// Makes the release.
    Close,
    /// Closes without a release.
    Erase,
    /// Sends the release.
    Send,
    /// Sends it no longer.
    StopSending,
    /// Downloads the release.
    Save,
    /// The device has a release that has not arrived yet.
    Find {
        waiting: Box<Waiting>,
    },
    /// Whether the device keeps the release now.
    Keep {
        is_kept: bool,
    },
    /// What became of sending.
    Deliver {
        delivery: Delivery,
    },
    /// What happens in the mode `remote` only.
    #[cfg(feature = "remote")]
    Remote(RemoteAction),
}

impl Session {
    /// Begins; `is_stored` says whether the device keeps the state of this collection.
    pub fn new(settings: Rc<Settings>, is_stored: bool) -> Session {
        let phase = match settings.mode {
            Mode::Personal => Phase::Intro,
            #[cfg(feature = "remote")]
            Mode::Remote => Phase::Intro,
            Mode::Group if is_stored => Phase::Resume { error: None },
            Mode::Group => Phase::SetUp { error: None },
        };
        let answers = Answers::new(&settings.instrument);
        let eligible = settings.eligible.map(|number| number.to_string()).unwrap_or_default();
        Session {
            #[cfg(feature = "remote")]
            remote: RemoteSession::new(&settings),
            settings,
            language: Arc::default(),
            wording: None,
            phase,
            moment: Moment::Open,
            answers,
            errors: Vec::new(),
            failures: 0,
            eligible,
            passphrase: String::new(),
            task: None,
            open: None,
            delivery: Delivery::None,
            is_saved: false,
            is_kept: false,
            resent: 0,
            is_warned: false,
        }
    }

    /// Returns the same session in another language.
    #[must_use]
    pub fn speaking(self, language: Arc<Language>) -> Session {
        let wording = language.wording(&self.settings.instrument).map(Rc::new);
        Session { language, wording, ..self }
    }

    /// Begins anew, in the same language and at the same time.
    fn renewed(&self, settings: Rc<Settings>, is_stored: bool) -> Session {
        let mut next = Session::new(settings, is_stored).speaking(Arc::clone(&self.language));
        next.moment = self.moment;
        #[cfg(feature = "remote")]
        next.remote.forget_what_was_spent(&self.remote);
        next
    }

    /// Returns what the widget says, in the language in use.
    pub fn words(&self) -> &Language {
        &self.language
    }

    /// Returns the instrument that is answered, in its own words: what is released is in these.
    pub fn instrument(&self) -> &Instrument {
        &self.settings.instrument
    }

    /// Returns the instrument as the respondent reads it; its items and categories have the same ids.
    pub fn wording(&self) -> &Instrument {
        self.wording.as_deref().unwrap_or(&self.settings.instrument)
    }

    /// Returns whether what the respondent reads of the instrument is a translation.
    pub fn is_translated(&self) -> bool {
        self.wording.is_some()
    }

    pub fn is_group(&self) -> bool {
        HAS_GROUP && self.settings.mode == Mode::Group
    }

    pub fn screen(&self) -> Screen {
        match self.phase {
            Phase::SetUp { .. } => Screen::SetUp,
            Phase::Resume { .. } => Screen::Resume,
            Phase::Locked { .. } => Screen::Locked,
            Phase::Intro => Screen::Intro,
            Phase::Section(section) => Screen::Section(section),
            Phase::Check => Screen::Check,
            #[cfg(feature = "remote")]
            Phase::Sending => Screen::Sending,
            #[cfg(feature = "remote")]
            Phase::Sent => Screen::Sent,
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

    /// Returns whether a group's collection is open.
    pub fn is_open(&self) -> bool {
        HAS_GROUP && self.open.is_some()
    }

    /// Returns whether the sums of an open collection could not be stored when they were to be.
    pub fn is_unsafe(&self) -> bool {
        HAS_GROUP && self.open.as_ref().is_some_and(|open| !open.is_safe)
    }

    /// Returns whether leaving the page would lose something of a group's: answers, or the only release.
    pub fn would_lose(&self) -> bool {
        let has_release =
            matches!(&self.phase, Phase::Closed(closed) if matches!(**closed, Closed::Released(_)));
        #[cfg(feature = "remote")]
        if matches!(self.phase, Phase::Sending) {
            return true;
        }
        let is_settled = matches!(self.delivery, Delivery::Kept | Delivery::Elsewhere);
        let is_safe = self.is_saved || self.is_kept || is_settled;
        self.is_open() || has_release && !is_safe
    }

    /// Returns the release that is to be kept until it has arrived or was downloaded, and whether it is to be sent.
    pub fn unsent(&self) -> Option<(&Release, bool)> {
        let Phase::Closed(closed) = &self.phase else { return None };
        let Closed::Released(release) = closed.as_ref() else { return None };
        match self.delivery {
            Delivery::Kept | Delivery::Elsewhere => None,
            Delivery::Sending | Delivery::Waiting => Some((release, true)),
            _ if self.is_saved => None,
            _ => Some((release, false)),
        }
    }

    /// Goes on with a release that has not arrived yet.
    fn find(&mut self, waiting: &Waiting) {
        let has_endpoint = self.settings.endpoint.is_some();
        self.delivery = match waiting.is_wanted {
            _ if !has_endpoint => Delivery::None,
            true => Delivery::Sending,
            false => Delivery::Ready,
        };
        self.is_kept = true;
        self.go(Phase::Closed(Rc::new(Closed::Released(Box::new(waiting.release.clone())))));
    }

    /// Returns whether nobody is in the middle of anything: the survey can be set up anew.
    pub fn is_idle(&self) -> bool {
        matches!(self.screen(), Screen::SetUp | Screen::Resume | Screen::Intro)
            && !self.is_open()
            && self.task.is_none()
            && self.passphrase.is_empty()
            && self.answers == Answers::new(&self.settings.instrument)
    }

    /// Goes back to the start, unless that would lose more than the answers of one who has not finished.
    fn reset(&mut self, is_stored: bool) {
        if self.is_open() {
            self.forget();
            self.keep_open();
        } else if !self.would_lose() {
            *self = self.renewed(Rc::clone(&self.settings), is_stored);
        }
    }

    /// Returns whether a device that others will have next shows what only the one who has it may see.
    pub fn is_in_hand(&self) -> bool {
        let screen = self.screen();
        self.is_open()
            && matches!(screen, Screen::Section(_) | Screen::Check | Screen::Locked | Screen::Closing)
    }

    /// Takes back everything that the one who had the device has left on it.
    fn abandon(&mut self) {
        match self.screen() {
            Screen::Section(_) | Screen::Check => self.end(),
            Screen::Locked | Screen::Closing => self.keep_open(),
            _ => {}
        }
    }

    fn keep_open(&mut self) {
        self.task = None;
        self.passphrase.clear();
        self.go(Phase::Intro);
    }

    /// Returns the state that is to be stored, once enough respondents were added since the last time.
    ///
    /// A collection without a name of the portal's could not be found again.
    pub fn unstored(&self) -> Option<State> {
        let open = self.open.as_ref()?;
        let is_due = self.settings.is_named && open.tally.respondents() >= open.stored + BATCH;
        let eligible = open.collection.eligible()?;
        is_due.then(|| State { eligible, tally: open.tally.clone() })
    }

    /// Returns which items are shown: on a device that others may see, the same ones to everybody.
    pub fn shown(&self) -> Shown {
        if self.is_group() { Shown::Everything } else { Shown::OnPath }
    }

    /// Returns the items of a section that are shown.
    pub fn asked<'a>(&'a self, section: &'a Section) -> impl Iterator<Item = ItemId> + 'a {
        self.answers.asked(self.instrument(), section, self.shown())
    }

    fn section(&self, place: usize) -> &Section {
        &self.settings.instrument.sections()[place]
    }

    pub(super) fn go(&mut self, phase: Phase) {
        self.phase = phase;
        self.errors.clear();
        self.is_warned = false;
    }

    fn forget(&mut self) {
        self.answers = Answers::new(&self.settings.instrument);
    }

    /// Returns the collection that is set up.
    fn described(&self) -> Option<Collection> {
        let threshold = self.settings.policy.threshold();
        let number = parse_eligible(&self.eligible).ok().filter(|number| *number >= threshold)?;
        Collection::new(&self.settings.collection, Some(number)).ok()
    }

    /// Returns the state of the collection that is being opened.
    pub fn empty_state(&self) -> Option<State> {
        let eligible = self.described()?.eligible()?;
        Some(State { eligible, tally: Tally::new(&self.settings.instrument) })
    }

    fn ask_to_open(&mut self) {
        if self.described().is_none() {
            let threshold = self.settings.policy.threshold();
            self.fail(ELIGIBLE, FieldProblem::Eligible { threshold });
        } else if self.passphrase.chars().count() < MIN_PASSPHRASE {
            self.fail(PASSPHRASE, FieldProblem::ShortPassphrase);
        } else {
            self.task = Some(Task::Open);
        }
    }

    /// Says what is wrong on a screen of the facilitator's.
    fn fail(&mut self, field: &'static str, problem: FieldProblem) {
        let error = Some(FieldError { field, problem });
        self.phase = match self.screen() {
            Screen::Resume => Phase::Resume { error },
            Screen::Locked => Phase::Locked { error },
            _ => Phase::SetUp { error },
        };
        self.failures += 1;
    }

    fn open(&mut self) {
        if let Some(collection) = self.described() {
            self.open = Some(Open {
                collection,
                tally: Tally::new(&self.settings.instrument),
                stored: 0,
                is_safe: true,
            });
            self.go(Phase::Intro);
        }
    }

    fn resume(&mut self, state: &State) {
        if let Ok(collection) = Collection::new(&self.settings.collection, Some(state.eligible)) {
            let stored = state.tally.respondents();
            self.open = Some(Open { collection, tally: state.tally.clone(), stored, is_safe: true });
            self.go(Phase::Intro);
        }
    }

    /// Takes what became of the task; the passphrase is forgotten.
    fn finish_task(&mut self, action: &Action) {
        self.task = None;
        self.passphrase.clear();
        match action {
            Action::Opened => self.open(),
            Action::Resumed { state } => self.resume(state),
            Action::Unlocked => self.go(Phase::Closing),
            Action::Failed { error } => self.fail(PASSPHRASE, FieldProblem::Custody(*error)),
            _ => {}
        }
    }

    /// Stops waiting for what the browser does with the passphrase, which stays as it was typed.
    fn cancel(&mut self) {
        self.task = None;
        // The button for it goes, and the focus must not go with it.
        self.resent += 1;
    }

    fn note_stored(&mut self, respondents: u64, is_safe: bool) {
        if let Some(open) = &mut self.open {
            open.stored = respondents;
            open.is_safe = is_safe;
        }
    }

    /// Shows the first question; on a group's device nothing may be left of whoever began before.
    fn begin(&mut self) {
        if self.is_group() {
            self.forget();
        }
        if self.moment != Moment::Open {
            return;
        }
        #[cfg(feature = "remote")]
        if !self.may_begin() {
            return;
        }
        self.go(Phase::Section(0));
    }

    fn advance(&mut self) {
        let Phase::Section(place) = self.phase else { return };
        self.errors = self.answers.check(&self.settings.instrument, self.section(place), self.shown());
        if !self.errors.is_empty() {
            self.failures += 1;
            return;
        }
        if self.shown() == Shown::OnPath {
            self.answers.prune(&self.settings.instrument);
        }
        // What nobody has to answer is left out now, so that the end asks for nothing more.
        let settings = Rc::clone(&self.settings);
        self.answers.leave_out(&settings.instrument, &settings.instrument.sections()[place], self.shown());
        let is_last = place + 1 == self.settings.instrument.sections().len();
        self.go(if is_last { Phase::Check } else { Phase::Section(place + 1) });
    }

    fn leave_out(&mut self) {
        let Phase::Section(place) = self.phase else { return };
        let settings = Rc::clone(&self.settings);
        let shown = self.shown();
        self.answers.leave_out(&settings.instrument, &settings.instrument.sections()[place], shown);
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
            Some(open) if HAS_GROUP => {
                // A tally of people overflows 64 bits never; if it did, the response would be lost in silence,
                // so the thank-you is not shown.
                if open.tally.record(&settings.instrument, &response).is_ok() {
                    self.forget();
                    self.go(Phase::Done);
                }
            }
            #[cfg(feature = "remote")]
            _ if settings.mode == Mode::Remote => self.hand_in(response),
            _ => self.compare(),
        }
    }

    /// Shows the answers beside the published figures, where the portal wants that, or ends.
    pub(super) fn compare(&mut self) {
        if self.settings.preview { self.go(Phase::Preview) } else { self.end() }
    }

    /// Goes to the first section with something missing.
    fn return_to(&mut self, errors: Vec<ItemError>) {
        let sections = self.settings.instrument.sections();
        let has_error = |section: &Section| errors.iter().any(|error| section.items.contains(&error.item));
        if let Some(place) = sections.iter().position(has_error) {
            self.errors = self.answers.check(&self.settings.instrument, &sections[place], self.shown());
            self.phase = Phase::Section(place);
            self.failures += 1;
        }
    }

    pub(super) fn end(&mut self) {
        self.forget();
        self.go(Phase::Done);
    }

    fn close(&mut self) {
        // Taken, so that no second release can be made.
        let Some(Open { collection, tally, .. }) = self.open.take() else { return };
        let settings = Rc::clone(&self.settings);
        let made = match release(tally, &settings.instrument, &settings.policy, &collection) {
            Ok(release) => {
                if settings.endpoint.is_some() {
                    self.delivery = Delivery::Ready;
                }
                Closed::Released(Box::new(release))
            }
            Err(refusal) => Closed::Refused(refusal),
        };
        self.go(Phase::Closed(Rc::new(made)));
    }

    fn send(&mut self) {
        if self.settings.endpoint.is_some() {
            self.delivery = Delivery::Sending;
            self.resent += 1;
        }
    }

    fn stop_sending(&mut self) {
        self.delivery = Delivery::Ready;
        self.resent += 1;
    }

    fn deliver(&mut self, delivery: &Delivery) {
        self.delivery = delivery.clone();
        if *delivery == Delivery::Elsewhere {
            self.is_kept = false;
        }
    }

    fn erase(&mut self) {
        self.open = None;
        self.go(Phase::Erased);
    }

    /// Does what happens in a group only; returns whether there was anything to do.
    fn facilitate(&mut self, action: &Action) -> bool {
        let is_busy = self.task.is_some();
        match (action, self.screen()) {
            (Action::Opened, Screen::SetUp)
            | (Action::Resumed { .. }, Screen::Resume)
            | (Action::Unlocked, Screen::Locked)
            | (Action::Failed { .. }, Screen::SetUp | Screen::Resume | Screen::Locked)
                if is_busy =>
            {
                self.finish_task(action);
            }
            (Action::Stored { respondents, is_safe }, _) => self.note_stored(*respondents, *is_safe),
            (Action::Cancel, _) if is_busy => self.cancel(),
            (Action::Warn, _) if self.is_in_hand() => self.is_warned = true,
            (Action::Stay, _) if self.is_warned => self.is_warned = false,
            (Action::Abandon, _) if self.is_in_hand() => self.abandon(),
            (Action::KeepOpen, Screen::Closing | Screen::Locked) => self.keep_open(),
            // One thing at a time.
            _ if is_busy => return false,
            (Action::WriteEligible { text }, Screen::SetUp) => self.eligible.clone_from(text),
            (Action::WritePassphrase { text }, Screen::SetUp | Screen::Resume | Screen::Locked) => {
                self.passphrase.clone_from(text);
            }
            (Action::Open, Screen::SetUp) if self.moment == Moment::Open => self.ask_to_open(),
            (Action::Resume, Screen::Resume) => self.task = Some(Task::Resume),
            (Action::Unlock, Screen::Locked) => self.task = Some(Task::Unlock),
            (Action::Discard, Screen::Resume) => self.go(Phase::SetUp { error: None }),
            (Action::Next, Screen::Done) if self.is_open() => self.go(Phase::Intro),
            (Action::AskToClose, Screen::Intro | Screen::Done) if self.is_open() => {
                self.forget();
                self.go(Phase::Locked { error: None });
            }
            (Action::Close, Screen::Closing) if self.has_enough() => self.close(),
            (Action::Erase, Screen::Closing) => self.erase(),
            (Action::Send, Screen::Closed) => self.send(),
            (Action::StopSending, Screen::Closed)
                if matches!(self.delivery, Delivery::Sending | Delivery::Waiting) =>
            {
                self.stop_sending();
            }
            (Action::Save, Screen::Closed) => self.is_saved = true,
            (Action::Find { waiting }, Screen::SetUp | Screen::Resume) => self.find(waiting),
            (Action::Keep { is_kept }, Screen::Closed) if self.is_kept != *is_kept => self.is_kept = *is_kept,
            (Action::Deliver { delivery }, Screen::Closed) => self.deliver(delivery),
            _ => return false,
        }
        true
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
            (Action::SetUp { settings, is_stored }, _) if next.is_idle() => {
                next = next.renewed(Rc::new(Settings::clone(settings)), *is_stored);
            }
            (Action::Speak { language }, _) if next.language != *language => {
                next = next.speaking(Arc::clone(language));
            }
            (Action::Tick { moment }, _) if next.moment != *moment => next.moment = *moment,
            (Action::Reset { is_stored }, _) if next.task.is_none() => next.reset(*is_stored),
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
            #[cfg(feature = "remote")]
            (Action::Remote(action), _) => next.take_remote(action),
            _ if HAS_GROUP && next.facilitate(&action) => {}
            // An action that comes late, such as a second click, does nothing.
            _ => return self,
        }
        Rc::new(next)
    }
}
