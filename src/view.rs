//! The widget as Yew components: screens made from a [`session::Session`], and nothing that decides.

pub mod collecting;
#[cfg(feature = "group")]
pub mod collection;
pub mod coordinator;
pub mod desk;
pub mod group;
pub mod markup;
pub mod preview;
pub mod question;
pub mod reading;
#[cfg(feature = "remote")]
pub mod remote;
pub mod screens;
pub mod session;
pub mod share;
pub mod table;
pub mod words;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use yew::prelude::*;

#[cfg(feature = "group")]
use crate::browser::use_dialog;
use crate::browser::{now, sleep, use_unload_guard};
use crate::custody::Case;
use crate::language::Language;
use crate::settings::{HAS_GROUP, Mode, Settings};
#[cfg(feature = "group")]
use collection::use_collection;
#[cfg(feature = "remote")]
use remote::use_sending;
use session::{Action, Closed, Phase, Screen, Session};

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
    pub language: Arc<Language>,
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
    let session = use_reducer(|| {
        let session = Session::new(Rc::clone(&props.settings), is_stored(&props.settings));
        session.speaking(Arc::clone(&props.language))
    });
    let place = use_node_ref();
    let heading = use_node_ref();
    let summary = use_node_ref();
    let dialog = use_node_ref();
    use_set_up(&session, props);
    use_language(&session, &props.language);
    use_clock(&session);
    use_focus(&session, &heading, &summary);
    use_announcements(&session, &props.onevent);
    use_unload_guard(session.would_lose());
    use_collection(&session, &place, &props.onevent, &props.onopen);
    use_sending(&session, &props.onevent);
    use_dialog(session.is_warned, &dialog);
    let act = {
        let session = session.dispatcher();
        Callback::from(move |action: Action| session.dispatch(action))
    };
    let screen =
        screens::ScreenProps { session: Rc::new(Session::clone(&session)), heading, summary, onact: act };
    html! {
        <div ref={place} class="survey" lang={session.words().tag().to_owned()} dir={session.words().direction()}>
            // Keyed, so that no element of one screen is reused in another: it would stay unfolded, or scrolled.
            <div key={session.screen().number()} class="screen" data-alike={session.screen().is_alike().then_some("")}>{ screens::current(&screen) }</div>
            <p class="visually-hidden" role="status">{ status(&session) }</p>
            if session.is_open() {
                { group::still_there(&screen, &dialog) }
            }
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

/// Goes on in another language when the page asks for it, wherever somebody is; no answer is lost.
#[hook]
fn use_language(session: &UseReducerHandle<Session>, language: &Arc<Language>) {
    let handle = session.clone();
    use_effect_with(Arc::clone(language), move |language| {
        if handle.words() != &**language {
            handle.dispatch(Action::Speak { language: Arc::clone(language) });
        }
    });
}

/// Returns whether this device keeps the state of the collection.
fn is_stored(settings: &Settings) -> bool {
    HAS_GROUP && settings.mode == Mode::Group && settings.is_named && Case::new(settings).is_stored()
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
    if let Some(task) = session.task.filter(|_| HAS_GROUP) {
        return group::task_text(session.words(), task).to_owned();
    }
    match &session.phase {
        Phase::Done if session.is_open() => session.words().nothing_left().to_owned(),
        Phase::Done => session.words().erased_status().to_owned(),
        Phase::Closed(closed) if HAS_GROUP && matches!(**closed, Closed::Released(_)) => {
            group::delivery_text(session)
        }
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
    let is_group = session.is_group();
    let is_new = is_group || !session.settings.preview;
    #[cfg(feature = "remote")]
    let is_remote = session.remote.is_on();
    #[cfg(not(feature = "remote"))]
    let is_remote = false;
    let onevent = onevent.clone();
    use_effect_with(session.screen(), move |screen| {
        let event = match screen {
            // In a group it would tell who of them has given up.
            Screen::Section(_) if is_group => None,
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

/// Opens nothing: this module has no device that others have next.
#[cfg(not(feature = "group"))]
#[hook]
fn use_dialog(_is_active: bool, _dialog: &NodeRef) {}

/// Does nothing: this module has no group.
#[cfg(not(feature = "group"))]
#[hook]
fn use_collection(
    _session: &UseReducerHandle<Session>,
    _place: &NodeRef,
    _onevent: &Callback<SurveyEvent, bool>,
    _onopen: &Callback<()>,
) {
}

/// Sends nothing: this module has no survey that is answered from home.
#[cfg(not(feature = "remote"))]
#[hook]
fn use_sending(_session: &UseReducerHandle<Session>, _onevent: &Callback<SurveyEvent, bool>) {}
