//! The screens of a respondent.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::group::{closed, closing, erased, hand_over, locked, resume, set_up};
use super::preview::preview;
use super::question::{item_id, question};
#[cfg(feature = "remote")]
use super::remote;
use super::session::{Action, Phase, Session};
use super::words;
use crate::browser::date_and_time;
use crate::instrument::{ItemId, Section};
use crate::settings::HAS_GROUP;
use crate::window::Moment;

/// What every screen is made from.
pub struct ScreenProps {
    pub session: Rc<Session>,
    /// Takes focus when the screen appears.
    pub heading: NodeRef,
    /// Takes focus when something is missing.
    pub summary: NodeRef,
    pub onact: Callback<Action>,
}

impl ScreenProps {
    /// Returns a callback for a button.
    pub fn on(&self, action: Action) -> Callback<MouseEvent> {
        self.onact.reform(move |_| action.clone())
    }

    /// Returns a callback for a form.
    pub fn onsubmit(&self, action: Action) -> Callback<SubmitEvent> {
        self.onact.reform(move |event: SubmitEvent| {
            event.prevent_default();
            action.clone()
        })
    }

    /// Renders a button.
    pub fn button(&self, label: &'static str, action: Action) -> Html {
        button(label, false, Some(self.on(action)))
    }

    /// Renders the button for what most people will do next.
    pub fn main_button(&self, label: &'static str, action: Action) -> Html {
        button(label, true, Some(self.on(action)))
    }

    /// Renders the screen's heading, with a line above it that says where one is.
    pub fn heading(&self, caption: Option<String>, text: impl Into<AttrValue>) -> Html {
        let text: AttrValue = text.into();
        html! {
            <h2 ref={self.heading.clone()} class="heading" part="heading" tabindex="-1">
                if let Some(caption) = caption {
                    <span class="caption">{ caption }<span class="visually-hidden">{ ": " }</span></span>
                }
                { text }
            </h2>
        }
    }
}

/// Renders the button that submits the form around it.
pub fn submit_button(label: &'static str) -> Html {
    button(label, true, None)
}

/// Renders a button; one without a callback submits the form around it.
pub fn button(label: &'static str, is_main: bool, onclick: Option<Callback<MouseEvent>>) -> Html {
    let kind = if onclick.is_some() { "button" } else { "submit" };
    let (class, part) = if is_main { ("primary", "button primary-button") } else { ("", "button") };
    html! { <button type={kind} {class} {part} {onclick}>{ label }</button> }
}

/// Renders the sentence that says what a screen is about.
pub fn lead(text: impl Into<AttrValue>) -> Html {
    let text: AttrValue = text.into();
    html! { <p class="lead">{ text }</p> }
}

/// Renders the screen that the session is at.
///
/// Screens are functions and not components: they hold no state, and each component costs the
/// widget's readers some kilobytes.
pub fn current(props: &ScreenProps) -> Html {
    let session = &props.session;
    match &session.phase {
        #[cfg(feature = "remote")]
        Phase::Intro if session.remote.is_on() => remote::intro(props),
        #[cfg(feature = "remote")]
        Phase::Sending => remote::sending(props),
        #[cfg(feature = "remote")]
        Phase::Sent => remote::sent(props),
        #[cfg(feature = "remote")]
        Phase::Done if session.remote.is_on() => remote::done(props),
        Phase::Intro => intro(props),
        Phase::Section(place) => section_screen(props, *place),
        Phase::Check if session.is_group() => hand_in(props),
        Phase::Check => check(props),
        Phase::Preview => preview_screen(props),
        Phase::Done if session.is_group() => hand_over(props),
        Phase::Done => done(props),
        phase if HAS_GROUP => facilitators(props, phase),
        _ => Html::default(),
    }
}

/// Renders a screen of the person who runs a group.
fn facilitators(props: &ScreenProps, phase: &Phase) -> Html {
    match phase {
        Phase::SetUp { error } => set_up(props, error.as_ref()),
        Phase::Resume { error } => resume(props, error.as_ref()),
        Phase::Locked { error } => locked(props, error.as_ref()),
        Phase::Closing => closing(props),
        Phase::Closed(made) => closed(props, made),
        Phase::Erased => erased(props),
        _ => Html::default(),
    }
}

fn intro(props: &ScreenProps) -> Html {
    let instrument = props.session.instrument();
    let text = instrument.text();
    html! {
        <>
            { props.heading(None, text.title.clone()) }
            { lead(text.about.clone()) }
            <p class="hint">{ format!("For {}. {}.", text.population, words::length(instrument)) }</p>
            <div class="promise" part="promise">
                <h3>{ "What happens with your answers" }</h3>
                <ul>
                    { for promise(&props.session).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }
                </ul>
            </div>
            <p class="hint">{ "You can leave out any question. " }{ "What you write in your own words is never passed on." }</p>
            if let Some(notice) = not_now(&props.session) {
                { notice }
            } else {
                <div class="buttons">
                    { props.main_button("Start", Action::Begin) }
                </div>
            }
            <details class="about">
                <summary>{ "Where the questions come from" }</summary>
                <p>{ &text.origin }</p>
            </details>
            if props.session.is_open() {
                <details>
                    <summary>{ "What this cannot protect from" }</summary>
                    <ul>{ for words::residual_risks().into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
                </details>
                { for_facilitator(props) }
            }
        </>
    }
}

/// Says when the survey opens or has closed, where it cannot be answered now.
pub fn not_now(session: &Session) -> Option<Html> {
    let window = session.settings.window;
    let text = match session.moment {
        Moment::Open => return None,
        Moment::BeforeOpening => {
            format!("This survey opens on {}. Please come back then.", date_and_time(window.opens()?))
        }
        Moment::AfterClosing => {
            format!("This survey closed on {}. Thank you for coming.", date_and_time(window.closes()?))
        }
    };
    Some(html! { <p class="promise" part="notice">{ text }</p> })
}

/// Returns what a respondent may rely on, before the first question.
fn promise(session: &Session) -> Vec<String> {
    if !session.is_group() {
        let mut sentences = vec![
            "They stay on this device. Nothing is sent to the school or to anybody else.".to_owned(),
            "They are not stored: when you finish or close this page, they are gone.".to_owned(),
        ];
        if session.settings.preview {
            sentences.push("At the end you see them beside the figures of the published study.".to_owned());
        }
        return sentences;
    }
    let mut sentences =
        vec!["They are added to the sums of this group, and then forgotten. Nobody sees them.".to_owned()];
    if session.settings.is_named {
        sentences.push("The device keeps the sums, enciphered, until the end.".to_owned());
    }
    sentences.extend(words::policy(&session.settings.policy));
    sentences.push("If nobody touches the device for a minute, or something else is opened on it, unfinished answers are erased.".to_owned());
    sentences
}

/// Renders the way out for the person who runs the group.
pub fn for_facilitator(props: &ScreenProps) -> Html {
    html! {
        <details class="facilitator">
            <summary>{ "For the person who runs this group" }</summary>
            <p>{ "When everybody has had the device, close the collection." }</p>
            { props.button("Close the collection", Action::AskToClose) }
        </details>
    }
}

fn section_screen(props: &ScreenProps, place: usize) -> Html {
    let session = &props.session;
    let instrument = session.instrument();
    let section = &instrument.sections()[place];
    let parts = instrument.sections().len();
    let asked: Vec<ItemId> = session.asked(section).collect();
    html! {
        // A form of its own for each section, so that nothing of the last one is reused.
        <form key={section.id.clone()} novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Continue)}>
            { error_summary(props) }
            { props.heading(Some(words::part(place, parts)), section.title.clone()) }
            <progress class="progress" part="progress" max={parts.to_string()} value={(place + 1).to_string()}
                aria-label="Progress" />
            { for asked.iter().map(|&item| question(session, item, &props.onact)) }
            if asked.is_empty() {
                <p>{ "There is nothing to answer here after what you answered before. Please continue." }</p>
            }
            <div class="buttons">
                { submit_button("Continue") }
                { props.button("Back", Action::Back) }
                { stop(props) }
            </div>
        </form>
    }
}

/// Renders the way out for somebody who does not want to go on with a device that others will see.
fn stop(props: &ScreenProps) -> Html {
    if props.session.is_group() {
        props.button("Stop and erase my answers", Action::Stop)
    } else {
        Html::default()
    }
}

/// Lists what is missing; its links move focus by script, since a fragment does not reach into a shadow root.
fn error_summary(props: &ScreenProps) -> Html {
    let session = &props.session;
    if session.errors.is_empty() {
        return Html::default();
    }
    let instrument = session.instrument();
    let link = |error: &crate::answers::ItemError| {
        let id = item_id(error.item);
        let target = id.clone();
        let onclick = move |event: MouseEvent| {
            event.prevent_default();
            focus_in_form(&event, &target);
        };
        let message = words::item_error(instrument.item(error.item), error.problem);
        html! { <li><a href={format!("#{id}")} {onclick}>{ message }</a></li> }
    };
    html! {
        <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
            aria-labelledby="error-title">
            <h2 id="error-title">{ "There are questions without an answer" }</h2>
            <ul>{ for session.errors.iter().map(link) }</ul>
            <p>{ "Answer them, or leave them out: both are fine." }</p>
            { props.button("Leave them out and continue", Action::LeaveOut) }
        </div>
    }
}

/// Focuses the control of that id in the form around the link.
pub fn focus_in_form(event: &MouseEvent, id: &str) {
    let link: Option<Element> = event.target_dyn_into();
    let form = link.and_then(|link| link.closest("form").ok().flatten());
    let control = form.and_then(|form| form.query_selector(&format!("#{id}")).ok().flatten());
    if let Some(control) = control {
        // It fails only for an element that cannot take focus, and a control can.
        let _ = control.unchecked_into::<HtmlElement>().focus();
    }
}

fn check(props: &ScreenProps) -> Html {
    let session = &props.session;
    let finish = finish_label(session);
    let sections = session.instrument().sections().iter().enumerate();
    html! {
        <form onsubmit={props.onsubmit(Action::Finish)}>
            { props.heading(None, "Check your answers") }
            { lead("They are still only on this device.") }
            { for sections.map(|(place, section)| checked_section(props, place, section)) }
            <div class="buttons">
                { submit_button(finish) }
                { props.button("Back", Action::Back) }
            </div>
        </form>
    }
}

/// Returns what comes after the overview of the answers.
fn finish_label(session: &Session) -> &'static str {
    #[cfg(feature = "remote")]
    if session.remote.is_on() {
        return "Seal and send my answers";
    }
    compare_label(session)
}

/// Returns what comes last.
pub fn compare_label(session: &Session) -> &'static str {
    if session.settings.preview { "See how you compare" } else { "Finish" }
}

fn checked_section(props: &ScreenProps, place: usize, section: &Section) -> Html {
    let asked = props.session.asked(section);
    html! {
        <section key={section.id.clone()} class="checked">
            <div class="checked-title">
                <h3>{ &section.title }</h3>
                <button type="button" class="link" part="button"
                    onclick={props.on(Action::Change { section: place })}>
                    { "Change" }<span class="visually-hidden">{ format!(" {}", section.title) }</span>
                </button>
            </div>
            <dl translate="no">{ for asked.map(|item| checked_item(&props.session, item)) }</dl>
        </section>
    }
}

fn checked_item(session: &Session, id: ItemId) -> Html {
    let item = session.instrument().item(id);
    let chosen = session.answers.chosen(id);
    let labels: Vec<&str> =
        item.categories().filter(|(id, _)| chosen.contains(*id)).map(|(_, c)| c.label.as_str()).collect();
    let text = session.answers.text(id);
    html! {
        <div key={item.id.clone()}>
            <dt>{ &item.label }</dt>
            if labels.is_empty() {
                <dd class="hint">{ "Not answered" }</dd>
            } else {
                { for labels.into_iter().map(|label| html! { <dd>{ label }</dd> }) }
            }
            if !text.is_empty() {
                <dd class="own-words"><q>{ text }</q></dd>
            }
        </div>
    }
}

/// The end of a turn on a shared device: nothing is shown again, since the next person may be looking.
fn hand_in(props: &ScreenProps) -> Html {
    html! {
        <form onsubmit={props.onsubmit(Action::Finish)}>
            { props.heading(None, "Add your answers") }
            { lead("They are added to the sums of this group and then forgotten. After that they cannot be changed or taken out.") }
            <div class="buttons">
                { submit_button("Add my answers") }
                { props.button("Back", Action::Back) }
                { stop(props) }
            </div>
        </form>
    }
}

fn preview_screen(props: &ScreenProps) -> Html {
    let session = &props.session;
    html! {
        <form onsubmit={props.onsubmit(Action::End)}>
            { props.heading(None, "You and the study") }
            { lead(preview_lead(session)) }
            { preview(session.instrument(), &session.answers) }
            <div class="buttons">
                { submit_button("Finish and erase my answers") }
            </div>
        </form>
    }
}

fn preview_lead(session: &Session) -> &'static str {
    #[cfg(feature = "remote")]
    if session.remote.is_on() {
        return "Only you see this page. It is made on your device, and nothing of it is sent.";
    }
    let _ = session;
    "Only you see this page. Nothing on it was sent."
}

fn done(props: &ScreenProps) -> Html {
    html! {
        <>
            { props.heading(None, "Thank you") }
            { lead("Your answers were erased from this device. Nothing was sent.") }
        </>
    }
}
