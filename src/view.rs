//! The widget as Yew components: screens made from a [`session::Session`], and nothing that decides.

pub mod collecting;
pub mod coordinator;
pub mod desk;
pub mod group;
pub mod preview;
pub mod question;
pub mod reading;
#[cfg(feature = "remote")]
pub mod remote;
pub mod screens;
pub mod session;
pub mod table;
pub mod words;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser::{now, sleep, use_absence, use_unload_guard};
use crate::custody::{Case, Custody, CustodyError, State};
use crate::settings::{Mode, Settings};
use crate::submit::submit;
#[cfg(feature = "remote")]
use remote::use_sending;
use session::{Action, Closed, Delivery, Phase, Screen, Session, Task};

/// How often it is looked at whether the survey opens or closes, in milliseconds.
const TICK: i32 = 10_000;

/// Something that the page around the widget may want to know; it never holds an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum SurveyEvent {
    /// The respondent is at another part.
    Progress { part: usize, parts: usize },
    /// Somebody finished.
    Complete,
    /// A release is about to be sent, exactly these bytes; the page may forbid it.
    Submit { collection: String, endpoint: String, body: String },
    /// The endpoint keeps the release.
    Submitted { collection: String, status: u16 },
    /// Something went wrong.
    Error { message: String },
}

/// The properties of [`Place`].
#[derive(Properties, Clone, PartialEq, Default)]
pub struct PlaceProps {
    /// The survey that is shown; none while no element needs this place.
    pub survey: Option<SurveyProps>,
    /// How many elements have had it.
    pub turn: usize,
}

/// A place for the surveys of one element after the other.
#[component]
pub fn Place(props: &PlaceProps) -> Html {
    match props.survey.clone() {
        Some(survey) => html! { <Survey key={props.turn} ..survey /> },
        None => Html::default(),
    }
}

/// The properties of [`Survey`].
#[derive(Properties, Clone, PartialEq)]
pub struct SurveyProps {
    pub settings: Rc<Settings>,
    /// How often the page has asked for a new start.
    pub resets: u32,
    /// Where the page can see whether nobody is in the middle.
    pub is_idle: Rc<Cell<bool>>,
    /// Called for each event; `false` forbids what it announces.
    pub onevent: Callback<SurveyEvent, bool>,
    /// Called when a group's collection opens: what shows its results can be loaded, while there is a network.
    pub onopen: Callback<()>,
}

/// The whole widget.
#[component]
pub fn Survey(props: &SurveyProps) -> Html {
    let session = use_reducer(|| Session::new(Rc::clone(&props.settings), is_stored(&props.settings)));
    let heading = use_node_ref();
    let summary = use_node_ref();
    use_set_up(&session, props);
    use_clock(&session);
    use_focus(&session, &heading, &summary);
    use_announcements(&session, &props.onevent);
    use_unload_guard(session.would_lose());
    use_custody(&session);
    use_absence(session.is_in_hand(), {
        let session = session.dispatcher();
        Callback::from(move |()| session.dispatch(Action::Abandon))
    });
    use_delivery(&session, &props.onevent);
    use_opening(session.is_open(), &props.onopen);
    use_sending(&session, &props.onevent);
    let act = {
        let session = session.dispatcher();
        Callback::from(move |action: Action| session.dispatch(action))
    };
    let screen =
        screens::ScreenProps { session: Rc::new(Session::clone(&session)), heading, summary, onact: act };
    html! {
        <div class="survey" lang={session.instrument().text().language.clone()}>
            // Keyed, so that no element of one screen is reused in another: it would stay unfolded, or scrolled.
            <div key={session.screen().number()} class="screen">{ screens::current(&screen) }</div>
            <p class="visually-hidden" role="status">{ status(&session) }</p>
        </div>
    }
}

/// Takes what the page has changed, once nobody is in the middle of the survey.
#[hook]
fn use_set_up(session: &UseReducerHandle<Session>, props: &SurveyProps) {
    let is_idle = session.is_idle();
    props.is_idle.set(is_idle);
    let handle = session.clone();
    use_effect_with((is_idle, Rc::clone(&props.settings)), move |(is_idle, settings)| {
        if *is_idle && handle.settings != *settings {
            let settings = Box::new(Settings::clone(settings));
            handle.dispatch(Action::SetUp { is_stored: is_stored(&settings), settings });
        }
    });
    let handle = session.clone();
    use_effect_with(props.resets, move |resets| {
        if *resets > 0 {
            handle.dispatch(Action::Reset { is_stored: is_stored(&handle.settings) });
        }
    });
}

/// Opens and closes the survey in time, also on a page that stays open.
#[hook]
fn use_clock(session: &UseReducerHandle<Session>) {
    let handle = session.clone();
    use_effect_with((Rc::clone(&session.settings), session.moment), move |(settings, _)| {
        let is_over = Rc::new(Cell::new(false));
        let (settings, is_left) = (Rc::clone(settings), Rc::clone(&is_over));
        spawn_local(async move {
            while !is_left.get() {
                // It does nothing where the moment is the same; another one starts this effect anew.
                handle.dispatch(Action::Tick { moment: settings.moment(now()) });
                match settings.is_always_open() {
                    true => break,
                    false => sleep(TICK).await,
                }
            }
        });
        move || is_over.set(true)
    });
}

/// Returns what is announced beside the heading that takes focus.
fn status(session: &Session) -> String {
    #[cfg(feature = "remote")]
    if session.remote.is_on() {
        return remote::status(session);
    }
    match &session.phase {
        Phase::Done if session.is_open() => group::NOTHING_LEFT.to_owned(),
        Phase::Done => "Your answers were erased.".to_owned(),
        Phase::Closed(closed) if matches!(**closed, Closed::Released(_)) => group::delivery_text(session),
        _ => String::new(),
    }
}

/// Moves focus to the heading of a new screen, or to the error summary after a failed continue.
#[hook]
fn use_focus(session: &Session, heading: &NodeRef, summary: &NodeRef) {
    let shown = use_mut_ref(|| None::<(Screen, u32, u32)>);
    let now = (session.screen(), session.failures, session.resent);
    let (heading, summary) = (heading.clone(), summary.clone());
    use_effect_with(now, move |&now| {
        let before = shown.borrow_mut().replace(now);
        let target = match before {
            // A widget must not take focus when the page loads.
            None => None,
            Some((_, failures, _)) if failures != now.1 => summary.cast::<HtmlElement>(),
            Some(before) if before != now => heading.cast::<HtmlElement>(),
            Some(_) => None,
        };
        if let Some(target) = target {
            // It fails only for an element that cannot take focus, and these two can.
            let _ = target.focus();
        }
    });
}

/// Tells the page of progress.
#[hook]
fn use_announcements(session: &Session, onevent: &Callback<SurveyEvent, bool>) {
    let parts = session.instrument().sections().len();
    // Whoever has seen the preview has finished before.
    let is_new = session.is_group() || !session.settings.preview;
    #[cfg(feature = "remote")]
    let is_remote = session.remote.is_on();
    #[cfg(not(feature = "remote"))]
    let is_remote = false;
    let onevent = onevent.clone();
    use_effect_with(session.screen(), move |screen| {
        let event = match screen {
            Screen::Section(place) => Some(SurveyEvent::Progress { part: place + 1, parts }),
            #[cfg(feature = "remote")]
            Screen::Sent => Some(SurveyEvent::Complete),
            Screen::Preview | Screen::Done if is_remote => None,
            Screen::Preview => Some(SurveyEvent::Complete),
            Screen::Done if is_new => Some(SurveyEvent::Complete),
            _ => None,
        };
        if let Some(event) = event {
            onevent.emit(event);
        }
    });
}

/// Returns whether this device keeps the state of the collection.
fn is_stored(settings: &Settings) -> bool {
    settings.mode == Mode::Group && settings.is_named && Case::new(settings).is_stored()
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

/// Sends nothing: this module has no survey that is answered from home.
#[cfg(not(feature = "remote"))]
#[hook]
fn use_sending(_session: &UseReducerHandle<Session>, _onevent: &Callback<SurveyEvent, bool>) {}

/// Sends the release when it is there, and again when the facilitator asks for it.
#[hook]
fn use_delivery(session: &UseReducerHandle<Session>, onevent: &Callback<SurveyEvent, bool>) {
    let (state, onevent) = (session.clone(), onevent.clone());
    use_effect_with(session.delivery.clone(), move |delivery| {
        let (Delivery::Sending, Phase::Closed(closed)) = (delivery, &state.phase) else { return };
        let (closed, endpoint) = (Rc::clone(closed), state.settings.endpoint.clone().unwrap_or_default());
        spawn_local(async move {
            let delivery = deliver(&closed, &endpoint, &onevent).await;
            state.dispatch(Action::Deliver { delivery });
        });
    });
}

/// Sends a release if the page lets it.
async fn deliver(closed: &Closed, endpoint: &str, onevent: &Callback<SurveyEvent, bool>) -> Delivery {
    let Closed::Released(release) = closed else { return Delivery::None };
    let collection = release.collections()[0].clone();
    let announcement = SurveyEvent::Submit {
        collection: collection.clone(),
        endpoint: endpoint.to_owned(),
        body: release.to_json(),
    };
    if !onevent.emit(announcement) {
        return Delivery::Forbidden;
    }
    match submit(release, endpoint).await {
        Ok(status) => {
            onevent.emit(SurveyEvent::Submitted { collection, status });
            Delivery::Kept
        }
        Err(error) => {
            let message = error.to_string();
            onevent.emit(SurveyEvent::Error { message: message.clone() });
            Delivery::Failed(message)
        }
    }
}
