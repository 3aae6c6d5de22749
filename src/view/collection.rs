//! What a group's open collection does with the browser: it is kept, closed, and its release is sent.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::SurveyEvent;
use super::session::{Action, Closed, Delivery, Phase, Screen, Session, Task};
use web_sys::{AbortController, AbortSignal};

use crate::browser::{Lock, Presence, is_online, sleep, use_presence, use_wake_lock};
use crate::custody::outbox::Outbox;
use crate::custody::{Case, Custody, CustodyError, State};
use crate::disclosure::Release;
use crate::submit::{SubmitError, submit};

/// How often it is looked at whether the network is back, in milliseconds.
const LOOK: i32 = 1_000;
/// After how many looks the endpoint is asked again, whatever the browser thinks of the network.
const RETRY: u32 = 20;

/// Does all of it.
#[hook]
pub fn use_collection(
    session: &UseReducerHandle<Session>,
    place: &NodeRef,
    onevent: &Callback<SurveyEvent, bool>,
    onopen: &Callback<()>,
) {
    use_custody(session);
    use_outbox(session);
    use_presence(session.is_in_hand(), place, {
        let session = session.dispatcher();
        Callback::from(move |presence| {
            session.dispatch(match presence {
                Presence::Doubtful => Action::Warn,
                Presence::Certain => Action::Stay,
                Presence::Gone => Action::Abandon,
            });
        })
    });
    use_delivery(session, onevent);
    use_opening(session.is_open(), onopen);
    use_wake_lock(session.is_open());
}

/// Derives and tries keys, and stores the state of an open collection until it is closed.
#[hook]
fn use_custody(session: &UseReducerHandle<Session>) {
    let custody = use_mut_ref(|| None::<Custody>);
    let handle = session.clone();
    let due = session.unstored().map(|state| state.tally.respondents());
    use_effect_with((session.task, due, session.is_open()), move |(task, due, is_open)| {
        let is_over = Rc::new(Cell::new(false));
        let is_left = Rc::clone(&is_over);
        if let Some(task) = *task {
            spawn_local(async move {
                let action = perform(task, &handle, &custody, &is_left).await;
                if !is_left.get() {
                    handle.dispatch(action.unwrap_or_else(|error| Action::Failed { error }));
                }
            });
        } else if let (Some(respondents), Some(state)) = (*due, handle.unstored()) {
            spawn_local(async move {
                let is_safe = store(&state, &custody).await;
                handle.dispatch(Action::Stored { respondents, is_safe });
            });
        } else if !is_open && let Some(custody) = custody.take() {
            custody.remove();
        }
        move || is_over.set(true)
    });
}

/// Stores the state, unless the collection is closed meanwhile; returns whether the device keeps it.
///
/// A device that keeps nothing any more goes on without: whoever has it is told.
async fn store(state: &State, custody: &RefCell<Option<Custody>>) -> bool {
    let Some(found) = custody.borrow().clone() else { return true };
    let is_safe = found.store(state).await.is_ok();
    let is_closed = custody.borrow().is_none();
    if is_closed {
        found.remove();
    }
    is_safe
}

/// Does what the facilitator asked for with a passphrase, unless they stop waiting for it: a key takes a while on
/// an old device.
async fn perform(
    task: Task,
    session: &Session,
    custody: &RefCell<Option<Custody>>,
    is_left: &Cell<bool>,
) -> Result<Action, CustodyError> {
    let Session { settings, passphrase, .. } = session;
    match task {
        Task::Open => {
            let made = Custody::new(Case::new(settings), passphrase).await?;
            if is_left.get() {
                return Ok(Action::Cancel);
            }
            if let Some(state) = session.empty_state().filter(|_| settings.is_named) {
                // At once, so that what is stored does not tell whether anybody has answered.
                made.take(&state).await?;
            }
            if is_left.get() {
                made.remove();
                return Ok(Action::Cancel);
            }
            custody.replace(Some(made));
            Ok(Action::Opened)
        }
        Task::Resume => {
            let (made, state) =
                Custody::resume(Case::new(settings), &settings.instrument, passphrase).await?;
            if is_left.get() {
                return Ok(Action::Cancel);
            }
            made.take(&state).await?;
            custody.replace(Some(made));
            Ok(Action::Resumed { state: Box::new(state) })
        }
        Task::Unlock => {
            let found = custody.borrow().clone();
            match found {
                Some(custody) if !custody.is_opened_by(passphrase).await => Err(CustodyError::NotOpened),
                Some(custody) if settings.is_named && !custody.is_here() => Err(CustodyError::Elsewhere),
                Some(_) => Ok(Action::Unlocked),
                None => Err(CustodyError::NotOpened),
            }
        }
    }
}

/// Keeps the release on the device until it has arrived or was downloaded, and finds it again.
#[hook]
fn use_outbox(session: &UseReducerHandle<Session>) {
    let handle = session.clone();
    use_effect_with(Rc::clone(&session.settings), move |settings| {
        if let Some(waiting) = Outbox::new(settings).and_then(|outbox| outbox.waiting(settings)) {
            handle.dispatch(Action::Find { waiting: Box::new(waiting) });
        }
    });
    let handle = session.clone();
    let unsent = session.unsent().map(|(_, is_wanted)| is_wanted);
    use_effect_with((session.screen(), unsent), move |(screen, _)| {
        let Some(outbox) = Outbox::new(&handle.settings).filter(|_| *screen == Screen::Closed) else {
            return;
        };
        let is_kept = match handle.unsent() {
            Some(_) if handle.is_kept && !outbox.is_full() => {
                return handle.dispatch(Action::Deliver { delivery: Delivery::Elsewhere });
            }
            Some((release, is_wanted)) => {
                outbox.keep(release, handle.settings.endpoint.as_deref().filter(|_| is_wanted))
            }
            None if handle.is_saved => {
                outbox.clear_unless_wanted();
                false
            }
            None => false,
        };
        handle.dispatch(Action::Keep { is_kept });
    });
}

/// Says when a group's collection opens.
#[hook]
fn use_opening(is_open: bool, onopen: &Callback<()>) {
    let onopen = onopen.clone();
    use_effect_with(is_open, move |is_open| {
        if *is_open {
            onopen.emit(());
        }
    });
}

/// Sends the release when the facilitator asks for it, and again while the endpoint cannot be reached.
#[hook]
fn use_delivery(session: &UseReducerHandle<Session>, onevent: &Callback<SurveyEvent, bool>) {
    let (state, onevent) = (session.clone(), onevent.clone());
    use_effect_with(session.delivery.clone(), move |delivery| {
        let is_over = Rc::new(Cell::new(false));
        // A browser that cannot break a request off lets it end.
        let breaker = AbortController::new().ok();
        if let (Delivery::Sending | Delivery::Waiting, Phase::Closed(closed)) = (delivery, &state.phase) {
            let sending = Sending {
                closed: Rc::clone(closed),
                endpoint: state.settings.endpoint.clone().unwrap_or_default(),
                outbox: Outbox::new(&state.settings).filter(|_| state.is_kept),
                onevent,
                is_again: *delivery == Delivery::Waiting,
                is_left: Rc::clone(&is_over),
                signal: breaker.as_ref().map(AbortController::signal),
            };
            spawn_local(async move {
                if let Some(delivery) = sending.run().await {
                    state.dispatch(Action::Deliver { delivery });
                }
            });
        }
        move || {
            is_over.set(true);
            if let Some(breaker) = breaker {
                breaker.abort();
            }
        }
    });
}

/// A release on its way.
struct Sending {
    closed: Rc<Closed>,
    endpoint: String,
    /// Where the device keeps it meanwhile, if it does.
    outbox: Option<Outbox>,
    onevent: Callback<SurveyEvent, bool>,
    /// Whether the endpoint could not be reached before.
    is_again: bool,
    /// Whether nobody waits for it any more.
    is_left: Rc<Cell<bool>>,
    signal: Option<AbortSignal>,
}

impl Sending {
    /// Sends the release, and again while the endpoint cannot be reached; returns nothing if nobody waits any more.
    async fn run(&self) -> Option<Delivery> {
        loop {
            if self.is_again && !reachable_again(&self.is_left).await {
                return None;
            }
            let delivery = self.deliver().await;
            if self.is_left.get() {
                return None;
            }
            if !self.is_again || delivery != Delivery::Waiting {
                return Some(delivery);
            }
        }
    }

    /// Sends the release if the page lets it, which is asked once, and no other window has sent it.
    ///
    /// The windows of one browser send one after the other, and the one that has sent it empties the outbox before
    /// the next one looks.
    async fn deliver(&self) -> Delivery {
        let Closed::Released(release) = self.closed.as_ref() else { return Delivery::None };
        let _turn = match &self.outbox {
            Some(outbox) => Lock::acquire(outbox.name()).await,
            None => None,
        };
        if self.is_left.get() {
            return Delivery::Waiting;
        }
        if self.outbox.as_ref().is_some_and(|outbox| !outbox.is_full()) {
            return Delivery::Elsewhere;
        }
        if !self.is_again && !self.onevent.emit(announcement(release, &self.endpoint)) {
            return Delivery::Forbidden;
        }
        self.put(release).await
    }

    async fn put(&self, release: &Release) -> Delivery {
        match submit(release, &self.endpoint, self.signal.as_ref()).await {
            Ok(status) => {
                if let Some(outbox) = &self.outbox {
                    outbox.clear();
                }
                let collection = release.collections()[0].clone();
                self.onevent.emit(SurveyEvent::Submitted { collection, status });
                Delivery::Kept
            }
            Err(SubmitError::Unreachable) if self.is_again || self.is_left.get() => Delivery::Waiting,
            Err(error) => {
                self.onevent.emit(SurveyEvent::Error { message: error.to_string() });
                match error {
                    SubmitError::Unreachable => Delivery::Waiting,
                    SubmitError::Refused { .. } => Delivery::Failed(error),
                }
            }
        }
    }
}

/// Returns what the page is told, and can forbid, before the release is sent.
fn announcement(release: &Release, endpoint: &str) -> SurveyEvent {
    SurveyEvent::Submit {
        collection: release.collections()[0].clone(),
        endpoint: endpoint.to_owned(),
        body: release.to_json(),
    }
}

/// Waits until it is worth trying again: at once when the network comes back, else after a while; returns false if
/// nobody waits any more.
async fn reachable_again(is_left: &Cell<bool>) -> bool {
    let was_offline = !is_online();
    for _ in 0..RETRY {
        sleep(LOOK).await;
        if is_left.get() {
            return false;
        }
        if was_offline && is_online() {
            break;
        }
    }
    true
}
