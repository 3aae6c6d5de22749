//! The screens of the person who runs a group, and the one between two respondents.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::screens::{
    ScreenProps, button, focus_in_form, for_facilitator, lead, not_now, passage, submit_button, support,
    unreviewed,
};
use super::session::{Action, Closed, Delivery, ELIGIBLE, FieldError, PASSPHRASE, Screen, Session, Task};
use super::words;
use crate::browser;
use crate::custody::{BATCH, Case, MIN_PASSPHRASE};
use crate::disclosure::Release;
use crate::language::Language;

/// Opens a collection: how many can take part, what closes it, and what will be released.
pub fn set_up(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let session = &props.session;
    let (w, settings) = (session.words(), &session.settings);
    let title = passage(session, &session.wording().text().title);
    if let Some(notice) = not_now(session) {
        return html! {
            <>
                { props.heading(for_whom(session), title) }
                { notice }
            </>
        };
    }
    let eligible = Field {
        id: ELIGIBLE,
        kind: "text",
        label: w.eligible_label(),
        hint: w.eligible_hint().to_owned(),
        value: &session.eligible,
        name: "",
        oninput: props.onact.reform(|event: InputEvent| Action::WriteEligible { text: typed(&event) }),
    };
    let passphrase = passphrase(props, w.choose_passphrase(), w.passphrase_hint(MIN_PASSPHRASE as u64));
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Open)}>
            { field_errors(props, error) }
            { props.heading(for_whom(session), title) }
            { lead(w.device_goes_round()) }
            { unreviewed(session) }
            { eligible.html(w, error) }
            { passphrase.html(w, error) }
            <div class="promise" part="promise">
                <h3>{ w.what_is_released(settings.policy.name()) }</h3>
                <ul>{ for words::policy(w, &settings.policy).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
                <p>{ w.everybody_reads_this() }</p>
            </div>
            <dl class="facts">
                <div><dt>{ w.collection() }</dt><dd><bdi>{ &settings.collection }</bdi></dd></div>
                <div><dt>{ w.results_go_to() }</dt><dd>{ results_go_to(session) }</dd></div>
            </dl>
            <p class="hint">{ kept(session) }</p>
            { go_on(props, w.open_collection(), None) }
        </form>
    }
}

/// Renders the button that a passphrase is for; while the browser is busy with it, progress and a way to stop.
fn go_on(props: &ScreenProps, label: &str, other: Option<Html>) -> Html {
    let w = props.session.words();
    let Some(task) = props.session.task else {
        return html! { <div class="buttons">{ submit_button(label) }{ other }</div> };
    };
    html! {
        <div class="task">
            <label for="task">{ task_text(w, task) }</label>
            <progress id="task" class="progress" part="progress"></progress>
            <div class="buttons">{ props.button(w.cancel(), Action::Cancel) }</div>
        </div>
    }
}

/// Returns what the browser is doing with a passphrase.
pub fn task_text(w: &Language, task: Task) -> &str {
    match task {
        Task::Open => w.opening_collection(),
        Task::Resume => w.opening_stored(),
        Task::Unlock => w.checking_passphrase(),
    }
}

fn results_go_to(session: &Session) -> Html {
    match &session.settings.endpoint {
        Some(endpoint) => html! { <bdi>{ endpoint }</bdi> },
        None => session.words().nowhere().into(),
    }
}

/// Returns what is kept of an open collection when the page is closed.
fn kept(session: &Session) -> String {
    match session.settings.is_named {
        true => session.words().keep_open_stored(BATCH),
        false => session.words().keep_open_or_lose().to_owned(),
    }
}

/// Goes on with a collection that this device keeps.
pub fn resume(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let session = &props.session;
    let w = session.words();
    let field = passphrase(props, w.passphrase(), w.passphrase_chosen().to_owned());
    let discard = {
        let (settings, onact) = (Rc::clone(&session.settings), props.onact.clone());
        Callback::from(move |_| {
            Case::new(&settings).remove();
            onact.emit(Action::Discard);
        })
    };
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Resume)}>
            { field_errors(props, error) }
            { props.heading(for_whom(session), w.resume_question()) }
            { lead(w.is_open_here(&session.settings.collection)) }
            <p>{ w.up_to_the_last(&w.whole(BATCH), &w.whole(BATCH - 1)) }</p>
            { field.html(w, error) }
            { go_on(props, w.resume(), None) }
            <details>
                <summary>{ w.begin_anew() }</summary>
                <p>{ w.stored_is_erased() }</p>
                { button(w.erase_and_begin_anew(), false, Some(discard)) }
            </details>
        </form>
    }
}

/// Asks for the passphrase before the collection is closed.
pub fn locked(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let w = props.session.words();
    let field = passphrase(props, w.passphrase(), w.passphrase_chosen().to_owned());
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Unlock)}>
            { field_errors(props, error) }
            { props.heading(for_whom(&props.session), w.close_question()) }
            { field.html(w, error) }
            { go_on(props, w.proceed(), Some(props.button(w.keep_it_open(), Action::KeepOpen))) }
        </form>
    }
}

fn for_whom(session: &Session) -> Option<String> {
    Some(session.words().for_facilitator().to_owned())
}

/// A field of the facilitator's.
struct Field<'a> {
    id: &'static str,
    kind: &'static str,
    label: &'a str,
    hint: String,
    value: &'a str,
    /// For a passphrase, what it is of.
    name: &'a str,
    oninput: Callback<InputEvent>,
}

fn passphrase<'a>(props: &'a ScreenProps, label: &'a str, hint: String) -> Field<'a> {
    let oninput = props.onact.reform(|event: InputEvent| Action::WritePassphrase { text: typed(&event) });
    let Session { settings, passphrase, .. } = props.session.as_ref();
    Field {
        id: PASSPHRASE,
        kind: "password",
        label,
        hint,
        value: passphrase,
        name: &settings.collection,
        oninput,
    }
}

fn typed(event: &InputEvent) -> String {
    let field: HtmlInputElement = event.target_unchecked_into();
    field.value()
}

impl Field<'_> {
    fn html(self, words: &Language, error: Option<&FieldError>) -> Html {
        let Field { id, kind, label, hint, value, name, oninput } = self;
        let error = error.filter(|error| error.field == id);
        let described_by = match error {
            Some(_) => format!("{id}-hint {id}-error"),
            None => format!("{id}-hint"),
        };
        // "new-password" keeps a browser from filling in what it has kept; it may still offer to keep this one.
        let autocomplete = if kind == "password" { "new-password" } else { "off" };
        html! {
            <div class={classes!("question", error.map(|_| "has-error"))}>
                <label for={id}>{ label }</label>
                <p id={format!("{id}-hint")} class="hint">{ hint }</p>
                if let Some(error) = error {
                    <p id={format!("{id}-error")} class="error"><span class="visually-hidden">{ words.error_prefix() }</span>{ words::field_error(words, &error.problem) }</p>
                }
                if kind == "password" {
                    // Where it is kept after all, it is under the name of its collection.
                    <input type="text" autocomplete="username" value={name.to_owned()} readonly=true hidden=true />
                }
                <input {id} class={(id == ELIGIBLE).then_some("short")} type={kind} {autocomplete} aria-describedby={described_by}
                    inputmode={(id == ELIGIBLE).then_some("numeric")} value={value.to_owned()} {oninput} />
            </div>
        }
    }
}

fn field_errors(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let Some(FieldError { field, problem }) = error else { return Html::default() };
    let (w, id) = (props.session.words(), *field);
    let focus_field = move |event: MouseEvent| {
        event.prevent_default();
        focus_in_form(&event, id);
    };
    html! {
        <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
            aria-labelledby="error-title">
            <h2 id="error-title">{ w.problem() }</h2>
            <ul><li><a href={format!("#{id}")} onclick={focus_field}>{ words::field_error(w, problem) }</a></li></ul>
        </div>
    }
}

/// Thanks one respondent and waits for the next; it is the same whatever was answered, and whether it was.
pub fn hand_over(props: &ScreenProps) -> Html {
    let w = props.session.words();
    html! {
        <>
            <div class="hand-over">
                { props.heading(None, w.thank_you()) }
                // True for everybody who hands the device on, whether they handed in or gave up.
                { lead(w.nothing_left()) }
                <p>{ w.hand_on() }</p>
                { props.main_button(w.next_person(), Action::Next) }
            </div>
            // The device has lost what it kept of the collection: whoever reads it passes it on.
            if props.session.is_unsafe() {
                <p class="promise" part="notice">{ w.not_kept_any_more() }</p>
            }
            { support() }
            { for_facilitator(props) }
        </>
    }
}

/// For how long the question whether somebody is still there is shown, in seconds: see `use_presence`.
const GRACE: u64 = 20;

/// Asks whether somebody is still there, before a shared device forgets what they did.
///
/// It is there all the time, and closed, so that the browser moves the focus into it and back again.
pub fn still_there(props: &ScreenProps, dialog: &NodeRef) -> Html {
    let w = props.session.words();
    let what = match props.session.screen() {
        Screen::Locked | Screen::Closing => w.closes_soon(GRACE),
        _ => w.erased_soon(GRACE),
    };
    html! {
        <dialog ref={dialog.clone()} class="still-there" role="alertdialog" aria-labelledby="still-there"
            aria-describedby="still-there-what">
            <h2 id="still-there">{ w.still_there() }</h2>
            <p id="still-there-what">{ what }</p>
            { props.main_button(w.i_am_here(), Action::Stay) }
        </dialog>
    }
}

/// Tells the facilitator one bit: enough or not yet.
pub fn closing(props: &ScreenProps) -> Html {
    let (w, threshold) = (props.session.words(), props.session.settings.policy.threshold());
    html! {
        <>
            { props.heading(for_whom(&props.session), w.close_question()) }
            if props.session.has_enough() {
                { lead(w.enough()) }
                <div class="buttons">
                    { props.main_button(w.close_and_make(), Action::Close) }
                    { props.button(w.keep_it_open(), Action::KeepOpen) }
                </div>
            } else {
                { lead(w.not_enough(threshold)) }
                <div class="buttons">
                    { props.main_button(w.keep_it_open(), Action::KeepOpen) }
                </div>
            }
            <details>
                <summary>{ w.end_without_results() }</summary>
                <p>{ w.everybodys_are_erased() }</p>
                { props.button(w.erase_everything(), Action::Erase) }
            </details>
        </>
    }
}

/// The end without a release.
pub fn erased(props: &ScreenProps) -> Html {
    let w = props.session.words();
    html! {
        <>
            { props.heading(None, w.collection_erased()) }
            { lead(w.all_are_gone()) }
        </>
    }
}

/// Shows the report, says where the release is, and offers it as a file.
pub fn closed(props: &ScreenProps, closed: &Closed) -> Html {
    let w = props.session.words();
    match closed {
        Closed::Refused(refusal) => html! {
            <>
                { props.heading(None, w.no_results()) }
                { lead(words::refusal(w, refusal)) }
            </>
        },
        Closed::Released(release) => released(props, release),
    }
}

fn released(props: &ScreenProps, release: &Release) -> Html {
    let Session { settings, delivery, .. } = props.session.as_ref();
    let (w, body) = (props.session.words(), release.to_json());
    let save = {
        let (name, body, onact) =
            (format!("{}.json", settings.collection), body.clone(), props.onact.clone());
        Callback::from(move |_| {
            browser::download(&name, &body, "application/json");
            onact.emit(Action::Save);
        })
    };
    let send = match delivery {
        Delivery::Ready => Some(w.send_release()),
        Delivery::Waiting | Delivery::Failed(_) | Delivery::Forbidden | Delivery::Elsewhere => {
            Some(w.send_again())
        }
        Delivery::None | Delivery::Sending | Delivery::Kept => None,
    };
    let is_on_its_way = matches!(delivery, Delivery::Sending | Delivery::Waiting);
    html! {
        <>
            { props.heading(None, w.results_of_group()) }
            <p class="delivery">{ delivery_text(&props.session) }</p>
            if is_on_its_way {
                <progress class="progress" part="progress" aria-label={w.progress().to_owned()}></progress>
            }
            <div class="buttons">
                if let Some(label) = send {
                    { props.main_button(label, Action::Send) }
                }
                { button(w.download_release(), send.is_none(), Some(save)) }
                if is_on_its_way {
                    { props.button(w.stop_sending(), Action::StopSending) }
                }
            </div>
            <details>
                <summary>{ w.to_the_letter() }</summary>
                <p>{ w.these_bytes() }</p>
                <pre tabindex="0" lang="en" dir="ltr" translate="no">{ body.clone() }</pre>
            </details>
            // An element of its own, which is loaded when the collection opens: see `SurveyProps::onopen`. Its tables are
            // for papers, and in their language.
            <balint-report exportparts="report" release={body} definition={settings.definition.clone()} lang="en" dir="ltr">
                <p lang={w.tag().to_owned()} dir={w.direction()}>{ w.no_tables() }</p>
            </balint-report>
        </>
    }
}

/// Returns where the release of a closed collection is.
pub fn delivery_text(session: &Session) -> String {
    let w = session.words();
    let endpoint = session.settings.endpoint.as_deref().unwrap_or_default();
    match &session.delivery {
        Delivery::Ready if session.is_kept => w.ready_kept(endpoint),
        Delivery::None if session.is_kept => w.unsent_kept().to_owned(),
        Delivery::None => w.unsent().to_owned(),
        Delivery::Ready => w.ready(endpoint),
        Delivery::Waiting if session.is_kept => w.waiting_kept().to_owned(),
        Delivery::Waiting => w.waiting().to_owned(),
        Delivery::Sending => w.sending_to(endpoint),
        Delivery::Kept => w.is_kept_there(endpoint),
        Delivery::Elsewhere => w.settled_elsewhere().to_owned(),
        Delivery::Forbidden => w.release_forbidden().to_owned(),
        Delivery::Failed(error) => w.not_sent(&words::submit_error(w, error)),
    }
}
