//! What a group's open collection does with the browser: it is kept, closed, and its release is sent.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::SurveyEvent;
use super::session::{Action, Closed, Delivery, Phase, Screen, Session, Task};
use crate::browser::{is_online, sleep, use_absence};
use crate::custody::outbox::Outbox;
use crate::custody::{Case, Custody, CustodyError, State};
use crate::submit::{SubmitError, submit};

/// How often it is looked at whether the network is back, in milliseconds.
const LOOK: i32 = 1_000;
/// After how many looks the endpoint is asked again, whatever the browser thinks of the network.
const RETRY: u32 = 20;

/// Does all of it.
#[hook]
pub fn use_collection(
    session: &UseReducerHandle<Session>,
    onevent: &Callback<SurveyEvent, bool>,
    onopen: &Callback<()>,
) {
    use_custody(session);
    use_outbox(session);
    use_absence(session.is_in_hand(), {
        let session = session.dispatcher();
        Callback::from(move |()| session.dispatch(Action::Abandon))
    });
    use_delivery(session, onevent);
    use_opening(session.is_open(), onopen);
}

/// Derives and tries keys, and stores the state of an open collection until it is closed.
#[hook]
fn use_custody(session: &UseReducerHandle<Session>) {
    let custody = use_mut_ref(|| None::<Custody>);
    let handle = session.clone();
    let due = session.unstored().map(|state| state.tally.respondents());
    use_effect_with((session.task, due, session.is_open()), move |(task, due, is_open)| {
        if let Some(task) = *task {
            spawn_local(async move {
                let action = perform(task, &handle, &custody).await;
                handle.dispatch(action.unwrap_or_else(|error| Action::Failed { error }));
            });
        } else if let (Some(respondents), Some(state)) = (*due, handle.unstored()) {
            spawn_local(async move {
                store(&state, &custody).await;
                handle.dispatch(Action::Stored { respondents });
            });
        } else if !is_open && let Some(custody) = custody.take() {
            custody.remove();
        }
    });
}

/// Stores the state, unless the collection is closed meanwhile.
async fn store(state: &State, custody: &RefCell<Option<Custody>>) {
    let Some(found) = custody.borrow().clone() else { return };
    // A device that keeps nothing goes on without: the facilitator was asked to keep the page open.
    let _ = found.store(state).await;
    let is_closed = custody.borrow().is_none();
    if is_closed {
        found.remove();
    }
}

/// Does what the facilitator asked for with a passphrase.
async fn perform(
    task: Task,
    session: &Session,
    custody: &RefCell<Option<Custody>>,
) -> Result<Action, CustodyError> {
    let Session { settings, passphrase, .. } = session;
    match task {
        Task::Open => {
            let made = Custody::new(Case::new(settings), passphrase).await?;
            if let Some(state) = session.empty_state().filter(|_| settings.is_named) {
                // At once, so that what is stored does not tell whether anybody has answered.
                made.take(&state).await?;
            }
            custody.replace(Some(made));
            Ok(Action::Opened)
        }
        Task::Resume => {
            let (made, state) =
                Custody::resume(Case::new(settings), &settings.instrument, passphrase).await?;
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
            Some((release, is_wanted)) => outbox.keep(release, is_wanted),
            None => {
                outbox.clear();
                false
            }
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
        let is_left = Rc::clone(&is_over);
        let is_again = *delivery == Delivery::Waiting;
        if let (Delivery::Sending | Delivery::Waiting, Phase::Closed(closed)) = (delivery, &state.phase) {
            let (closed, endpoint) = (Rc::clone(closed), state.settings.endpoint.clone().unwrap_or_default());
            spawn_local(async move {
                if is_again && !reachable_again(&is_left).await {
                    return;
                }
                loop {
                    let delivery = deliver(&closed, &endpoint, &onevent, is_again).await;
                    if is_left.get() {
                        return;
                    }
                    if !is_again || delivery != Delivery::Waiting {
                        return state.dispatch(Action::Deliver { delivery });
                    }
                    if !reachable_again(&is_left).await {
                        return;
                    }
                }
            });
        }
        move || is_over.set(true)
    });
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

/// Sends a release if the page lets it; the page is asked once.
async fn deliver(
    closed: &Closed,
    endpoint: &str,
    onevent: &Callback<SurveyEvent, bool>,
    is_again: bool,
) -> Delivery {
    let Closed::Released(release) = closed else { return Delivery::None };
    let collection = release.collections()[0].clone();
    let announcement = SurveyEvent::Submit {
        collection: collection.clone(),
        endpoint: endpoint.to_owned(),
        body: release.to_json(),
    };
    if !is_again && !onevent.emit(announcement) {
        return Delivery::Forbidden;
    }
    match submit(release, endpoint).await {
        Ok(status) => {
            onevent.emit(SurveyEvent::Submitted { collection, status });
            Delivery::Kept
        }
        Err(SubmitError::Unreachable) if is_again => Delivery::Waiting,
        Err(error) => {
            onevent.emit(SurveyEvent::Error { message: error.to_string() });
            match error {
                SubmitError::Unreachable => Delivery::Waiting,
                SubmitError::Refused { .. } => Delivery::Failed(error),
            }
        }
    }
}
