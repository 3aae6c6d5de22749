//! The widget as Yew components: screens made from a [`session::Session`], and nothing that decides.

pub mod coordinator;
pub mod desk;
pub mod group;
pub mod preview;
pub mod question;
pub mod reading;
pub mod screens;
pub mod session;
pub mod table;
pub mod words;

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser::use_unload_guard;
use crate::settings::Settings;
use crate::submit::submit;
use session::{Action, Closed, Delivery, Phase, Screen, Session};

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

/// The properties of [`Survey`].
#[derive(Properties, Clone, PartialEq)]
pub struct SurveyProps {
    pub settings: Rc<Settings>,
    /// Called for each event; `false` forbids what it announces.
    pub onevent: Callback<SurveyEvent, bool>,
    /// Called when a group's collection opens: what shows its results can be loaded, while there is a network.
    pub onopen: Callback<()>,
}

/// The whole widget.
#[component]
pub fn Survey(props: &SurveyProps) -> Html {
    let session = use_reducer(|| Session::new(Rc::clone(&props.settings)));
    let heading = use_node_ref();
    let summary = use_node_ref();
    use_focus(&session, &heading, &summary);
    use_announcements(&session, &props.onevent);
    use_unload_guard(session.is_open());
    use_delivery(&session, &props.onevent);
    use_opening(session.is_open(), &props.onopen);
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

/// Returns what is announced beside the heading that takes focus.
fn status(session: &Session) -> String {
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
    let onevent = onevent.clone();
    use_effect_with(session.screen(), move |screen| {
        let event = match screen {
            Screen::Section(place) => Some(SurveyEvent::Progress { part: place + 1, parts }),
            Screen::Preview => Some(SurveyEvent::Complete),
            Screen::Done if is_new => Some(SurveyEvent::Complete),
            _ => None,
        };
        if let Some(event) = event {
            onevent.emit(event);
        }
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
