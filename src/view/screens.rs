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
use crate::instrument::{ItemId, Section};
use crate::language::direction;
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
    pub fn button(&self, label: &str, action: Action) -> Html {
        button(label, false, Some(self.on(action)))
    }

    /// Renders the button for what most people will do next.
    pub fn main_button(&self, label: &str, action: Action) -> Html {
        button(label, true, Some(self.on(action)))
    }

    /// Renders the screen's heading, with a line above it that says where one is.
    pub fn heading(&self, caption: Option<String>, text: impl Into<Html>) -> Html {
        let text: Html = text.into();
        html! {
            <h2 ref={self.heading.clone()} class="heading" part="heading" tabindex="-1">
                if let Some(caption) = caption {
                    <span class="caption">{ caption }<span class="visually-hidden">{ self.session.words().caption_end() }</span></span>
                }
                { text }
            </h2>
        }
    }
}

/// Renders the button that submits the form around it.
pub fn submit_button(label: &str) -> Html {
    button(label, true, None)
}

/// Renders a button; one without a callback submits the form around it.
pub fn button(label: &str, is_main: bool, onclick: Option<Callback<MouseEvent>>) -> Html {
    let kind = if onclick.is_some() { "button" } else { "submit" };
    let (class, part) = if is_main { ("primary", "button primary-button") } else { ("", "button") };
    html! { <button type={kind} {class} {part} {onclick}>{ label }</button> }
}

/// Renders the sentence that says what a screen is about.
pub fn lead(text: impl Into<Html>) -> Html {
    let text: Html = text.into();
    html! { <p class="lead">{ text }</p> }
}

/// Renders a text of the instrument; where it is in another language than the widget, it says in which.
pub fn passage(session: &Session, text: &str) -> Html {
    let language = &session.wording().text().language;
    if language == session.words().tag() {
        return text.into();
    }
    html! { <span lang={language.clone()} dir={direction(language)}>{ text }</span> }
}

/// Says that the questions are a translation, where they are.
pub fn unreviewed(session: &Session) -> Html {
    html! {
        if session.is_translated() {
            <p class="hint unreviewed">{ session.words().unreviewed() }</p>
        }
    }
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
    let session = &props.session;
    let (w, text) = (session.words(), session.wording().text());
    html! {
        <>
            { props.heading(None, passage(session, &text.title)) }
            { lead(passage(session, &text.about)) }
            <p class="hint">{ w.meant_for(&text.population, &words::length(w, session.wording())) }</p>
            { unreviewed(session) }
            <div class="promise" part="promise">
                <h3>{ w.what_happens() }</h3>
                <ul>{ for promise(session).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </div>
            <p class="hint">{ w.all_is_optional() }</p>
            if let Some(notice) = not_now(session) {
                { notice }
            } else {
                <div class="buttons">
                    { props.main_button(w.start(), Action::Begin) }
                </div>
            }
            <details class="about">
                <summary>{ w.where_from() }</summary>
                <p>{ passage(session, &text.origin) }</p>
            </details>
            if session.is_open() {
                <details>
                    <summary>{ w.no_protection() }</summary>
                    <ul>{ for words::residual_risks(w).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
                </details>
                { for_facilitator(props) }
            }
        </>
    }
}

/// Says when the survey opens or has closed, where it cannot be answered now.
pub fn not_now(session: &Session) -> Option<Html> {
    let (w, window) = (session.words(), session.settings.window);
    let text = match session.moment {
        Moment::Open => return None,
        Moment::BeforeOpening => w.opens_on(&w.moment(window.opens()?)),
        Moment::AfterClosing => w.closed_on(&w.moment(window.closes()?)),
    };
    Some(html! { <p class="promise" part="notice">{ text }</p> })
}

/// Returns what a respondent may rely on, before the first question.
fn promise(session: &Session) -> Vec<String> {
    let w = session.words();
    if !session.is_group() {
        let mut sentences = vec![w.stays_on_device().to_owned(), w.not_stored().to_owned()];
        if session.settings.preview {
            let seen = if has_figures(session) { w.seen_beside_study() } else { w.seen_alone() };
            sentences.push(seen.to_owned());
        }
        return sentences;
    }
    let mut sentences = vec![w.added_to_sums().to_owned()];
    if session.settings.is_named {
        sentences.push(w.sums_are_kept().to_owned());
    }
    sentences.extend(words::policy(w, &session.settings.policy));
    sentences.push(w.erased_when_left().to_owned());
    sentences
}

/// Renders the way out for the person who runs the group.
pub fn for_facilitator(props: &ScreenProps) -> Html {
    let w = props.session.words();
    html! {
        <details class="facilitator">
            <summary>{ w.for_facilitator() }</summary>
            <p>{ w.when_everybody() }</p>
            { props.button(w.close_collection(), Action::AskToClose) }
        </details>
    }
}

fn section_screen(props: &ScreenProps, place: usize) -> Html {
    let session = &props.session;
    let (w, sections) = (session.words(), session.wording().sections());
    let (section, parts) = (&sections[place], sections.len());
    let asked: Vec<ItemId> = session.asked(section).collect();
    html! {
        // A form of its own for each section, so that nothing of the last one is reused.
        <form key={section.id.clone()} novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Continue)}>
            { error_summary(props) }
            { props.heading(Some(words::part(w, place, parts)), passage(session, &section.title)) }
            <progress class="progress" part="progress" max={parts.to_string()} value={(place + 1).to_string()}
                aria-label={w.progress().to_owned()} />
            { for asked.iter().map(|&item| question(session, item, &props.onact)) }
            if asked.is_empty() {
                <p>{ w.nothing_to_answer() }</p>
            }
            <div class="buttons">
                { submit_button(w.proceed()) }
                { props.button(w.back(), Action::Back) }
                { stop(props) }
            </div>
        </form>
    }
}

/// Renders the way out for somebody who does not want to go on with a device that others will see.
fn stop(props: &ScreenProps) -> Html {
    if props.session.is_group() {
        props.button(props.session.words().stop(), Action::Stop)
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
    let (w, instrument) = (session.words(), session.wording());
    let link = |error: &crate::answers::ItemError| {
        let id = item_id(error.item);
        let target = id.clone();
        let onclick = move |event: MouseEvent| {
            event.prevent_default();
            focus_in_form(&event, &target);
        };
        let message = words::item_error(w, instrument.item(error.item), error.problem);
        html! { <li><a href={format!("#{id}")} {onclick}>{ message }</a></li> }
    };
    html! {
        <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
            aria-labelledby="error-title">
            <h2 id="error-title">{ w.unanswered() }</h2>
            <ul>{ for session.errors.iter().map(link) }</ul>
            <p>{ w.both_are_fine() }</p>
            { props.button(w.leave_out(), Action::LeaveOut) }
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
    let (w, finish) = (session.words(), finish_label(session));
    let sections = session.wording().sections().iter().enumerate();
    html! {
        <form onsubmit={props.onsubmit(Action::Finish)}>
            { props.heading(None, w.check_answers()) }
            { lead(w.still_here()) }
            { for sections.map(|(place, section)| checked_section(props, place, section)) }
            <div class="buttons">
                { submit_button(finish) }
                { props.button(w.back(), Action::Back) }
            </div>
        </form>
    }
}

/// Returns what comes after the overview of the answers.
fn finish_label(session: &Session) -> &str {
    #[cfg(feature = "remote")]
    if session.remote.is_on() {
        return session.words().seal_and_send();
    }
    compare_label(session)
}

/// Returns what comes last.
pub fn compare_label(session: &Session) -> &str {
    let w = session.words();
    match session.settings.preview {
        true if has_figures(session) => w.see_comparison(),
        true => w.see_answers(),
        false => w.finish(),
    }
}

/// Returns whether there is something to see the answers beside.
fn has_figures(session: &Session) -> bool {
    session.wording().reference().is_some() || session.settings.results.is_some()
}

fn checked_section(props: &ScreenProps, place: usize, section: &Section) -> Html {
    let session = &props.session;
    let asked = session.asked(section);
    html! {
        <section key={section.id.clone()} class="checked">
            <div class="checked-title">
                <h3>{ passage(session, &section.title) }</h3>
                <button type="button" class="link" part="button"
                    onclick={props.on(Action::Change { section: place })}>
                    { session.words().change() }<span class="visually-hidden">{ " " }{ passage(session, &section.title) }</span>
                </button>
            </div>
            <dl translate="no">{ for asked.map(|item| checked_item(session, item)) }</dl>
        </section>
    }
}

fn checked_item(session: &Session, id: ItemId) -> Html {
    let item = session.wording().item(id);
    let chosen = session.answers.chosen(id);
    let labels: Vec<&str> =
        item.categories().filter(|(id, _)| chosen.contains(*id)).map(|(_, c)| c.label.as_str()).collect();
    let text = session.answers.text(id);
    html! {
        <div key={item.id.clone()}>
            <dt>{ passage(session, &item.label) }</dt>
            if labels.is_empty() {
                <dd class="hint">{ session.words().not_answered() }</dd>
            } else {
                { for labels.into_iter().map(|label| html! { <dd>{ passage(session, label) }</dd> }) }
            }
            if !text.is_empty() {
                <dd class="own-words"><q dir="auto">{ text }</q></dd>
            }
        </div>
    }
}

/// The end of a turn on a shared device: nothing is shown again, since the next person may be looking.
fn hand_in(props: &ScreenProps) -> Html {
    let w = props.session.words();
    html! {
        <form onsubmit={props.onsubmit(Action::Finish)}>
            { props.heading(None, w.add_answers()) }
            { lead(w.adding_is_final()) }
            <div class="buttons">
                { submit_button(w.add_my_answers()) }
                { props.button(w.back(), Action::Back) }
                { stop(props) }
            </div>
        </form>
    }
}

fn preview_screen(props: &ScreenProps) -> Html {
    let session = &props.session;
    let w = session.words();
    html! {
        <form onsubmit={props.onsubmit(Action::End)}>
            { props.heading(None, if has_figures(session) { w.you_and_study() } else { w.your_answers() }) }
            { lead(preview_lead(session)) }
            { preview(session) }
            { support() }
            <div class="buttons">
                { submit_button(w.finish_and_erase()) }
            </div>
        </form>
    }
}

fn preview_lead(session: &Session) -> &str {
    #[cfg(feature = "remote")]
    if session.remote.is_on() {
        return session.words().only_you_see_made_here();
    }
    session.words().only_you_see()
}

fn done(props: &ScreenProps) -> Html {
    let w = props.session.words();
    html! {
        <>
            { props.heading(None, w.thank_you()) }
            { lead(w.all_erased()) }
            { support() }
        </>
    }
}

/// Renders what the portal has to say to somebody in distress: the same for everybody, whatever was answered.
pub fn support() -> Html {
    html! { <slot name="support"></slot> }
}
