//! The screens of the person who runs a group, and the one between two respondents.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::screens::{ScreenProps, button, focus_in_form, for_facilitator, lead, not_now, submit_button};
use super::session::{Action, Closed, Delivery, ELIGIBLE, FieldError, PASSPHRASE, Session};
use super::words;
use crate::browser;
use crate::custody::{BATCH, Case};
use crate::disclosure::Release;

/// Opens a collection: how many can take part, what closes it, and what will be released.
pub fn set_up(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let session = &props.session;
    let settings = &session.settings;
    if let Some(notice) = not_now(session) {
        return html! {
            <>
                { props.heading(for_whom(), session.instrument().text().title.clone()) }
                { notice }
            </>
        };
    }
    let eligible = Field {
        id: ELIGIBLE,
        kind: "text",
        label: "How many people can take part?",
        hint: "Everybody who is invited, whether or not they answer. If more people answer than you enter here, there are no results.",
        value: &session.eligible,
        name: "",
        oninput: props.onact.reform(|event: InputEvent| Action::WriteEligible { text: typed(&event) }),
    };
    let passphrase = passphrase(
        props,
        "Choose a passphrase for closing",
        "8 characters or more. Only whoever knows it can close the collection, or go on with it after this page was closed. This page stores it nowhere, and neither should the browser: if you lose it, the collection is lost.",
    );
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Open)}>
            { field_errors(props, error) }
            { props.heading(for_whom(), session.instrument().text().title.clone()) }
            { lead("One device goes round. Each person answers, hands in and passes it on; you close the collection at the end.") }
            { eligible.html(error) }
            { passphrase.html(error) }
            <div class="promise" part="promise">
                <h3>{ format!("What is released: policy “{}”", settings.policy.name()) }</h3>
                <ul>{ for words::policy(&settings.policy).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
                <p>{ "Everybody reads this before the first question. It cannot be changed once the collection is open." }</p>
            </div>
            <dl class="facts">
                <div><dt>{ "Collection" }</dt><dd>{ &settings.collection }</dd></div>
                <div><dt>{ "Results go to" }</dt><dd>{ settings.endpoint.clone().unwrap_or_else(|| "nowhere; you can download them".into()) }</dd></div>
            </dl>
            <p class="hint">{ kept(session) }</p>
            <div class="buttons">
                { submit_button(if session.task.is_some() { "Opening …" } else { "Open the collection" }) }
            </div>
        </form>
    }
}

/// Returns what is kept of an open collection when the page is closed.
fn kept(session: &Session) -> String {
    match session.settings.is_named {
        true => format!(
            "Keep this page open until the end. After every {BATCH} people the sums are stored on this device, enciphered with your passphrase; closing the page loses the few since then."
        ),
        false => {
            "Keep this page open until the end: closing or reloading it loses the collection.".to_owned()
        }
    }
}

/// Goes on with a collection that this device keeps.
pub fn resume(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let session = &props.session;
    let field = passphrase(props, "Passphrase", "The one that was chosen when the collection was opened.");
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
            { props.heading(for_whom(), "Go on with this collection?") }
            { lead(format!("The collection “{}” is open on this device.", session.settings.collection)) }
            <p>{ format!("Everybody up to the last {BATCH} is kept. Whoever answered after that, {} at most, can answer again.", BATCH - 1) }</p>
            { field.html(error) }
            <div class="buttons">
                { submit_button(if session.task.is_some() { "Opening …" } else { "Go on" }) }
            </div>
            <details>
                <summary>{ "Begin anew" }</summary>
                <p>{ "What is stored of the collection is erased. This cannot be undone." }</p>
                { button("Erase it and begin anew", false, Some(discard)) }
            </details>
        </form>
    }
}

/// Asks for the passphrase before the collection is closed.
pub fn locked(props: &ScreenProps, error: Option<&FieldError>) -> Html {
    let field = passphrase(props, "Passphrase", "The one that was chosen when the collection was opened.");
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Unlock)}>
            { field_errors(props, error) }
            { props.heading(for_whom(), "Close the collection?") }
            { field.html(error) }
            <div class="buttons">
                { submit_button(if props.session.task.is_some() { "Checking …" } else { "Continue" }) }
                { props.button("Keep it open", Action::KeepOpen) }
            </div>
        </form>
    }
}

fn for_whom() -> Option<String> {
    Some("For the person who runs this group".to_owned())
}

/// A field of the facilitator's.
struct Field<'a> {
    id: &'static str,
    kind: &'static str,
    label: &'static str,
    hint: &'static str,
    value: &'a str,
    /// For a passphrase, what it is of.
    name: &'a str,
    oninput: Callback<InputEvent>,
}

fn passphrase<'a>(props: &'a ScreenProps, label: &'static str, hint: &'static str) -> Field<'a> {
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
    fn html(self, error: Option<&FieldError>) -> Html {
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
                    <p id={format!("{id}-error")} class="error"><span class="visually-hidden">{ "Error: " }</span>{ &error.text }</p>
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
    let Some(FieldError { field, text }) = error else { return Html::default() };
    let id = *field;
    let focus_field = move |event: MouseEvent| {
        event.prevent_default();
        focus_in_form(&event, id);
    };
    html! {
        <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
            aria-labelledby="error-title">
            <h2 id="error-title">{ "There is a problem" }</h2>
            <ul><li><a href={format!("#{id}")} onclick={focus_field}>{ text }</a></li></ul>
        </div>
    }
}

/// What is true for everybody who hands the device on, whether they handed in or gave up.
pub const NOTHING_LEFT: &str = "Nothing of yours is left on this screen.";

/// Thanks one respondent and waits for the next; it is the same whatever was answered, and whether it was.
pub fn hand_over(props: &ScreenProps) -> Html {
    html! {
        <>
            { props.heading(None, "Thank you") }
            { lead(NOTHING_LEFT) }
            <p>{ "Please hand the device to the next person." }</p>
            <div class="buttons">
                { props.main_button("I am the next person", Action::Next) }
            </div>
            { for_facilitator(props) }
        </>
    }
}

/// Tells the facilitator one bit: enough or not yet.
pub fn closing(props: &ScreenProps) -> Html {
    let threshold = props.session.settings.policy.threshold();
    html! {
        <>
            { props.heading(Some("For the person who runs this group".into()), "Close the collection?") }
            if props.session.has_enough() {
                { lead("Enough people have answered. After closing, nobody can answer any more; the results are made once and shown.") }
                <div class="buttons">
                    { props.main_button("Close and make the results", Action::Close) }
                    { props.button("Keep it open", Action::KeepOpen) }
                </div>
            } else {
                { lead(format!("Not yet enough: fewer than {threshold} people have answered. There are no results, and nothing to see.")) }
                <div class="buttons">
                    { props.main_button("Keep it open", Action::KeepOpen) }
                </div>
            }
            <details>
                <summary>{ "End without results" }</summary>
                <p>{ "The answers of everybody so far are erased. This cannot be undone." }</p>
                { props.button("Erase everything", Action::Erase) }
            </details>
        </>
    }
}

/// The end without a release.
pub fn erased(props: &ScreenProps) -> Html {
    html! {
        <>
            { props.heading(None, "The collection was erased") }
            { lead("All answers of this group are gone. Nothing was sent.") }
        </>
    }
}

/// Shows the report, says where the release is, and offers it as a file.
pub fn closed(props: &ScreenProps, closed: &Closed) -> Html {
    match closed {
        Closed::Refused(refusal) => html! {
            <>
                { props.heading(None, "There are no results") }
                { lead(format!("Nothing was released: there were {}.", refusal.reason())) }
            </>
        },
        Closed::Released(release) => released(props, release),
    }
}

fn released(props: &ScreenProps, release: &Release) -> Html {
    let Session { settings, delivery, .. } = props.session.as_ref();
    let body = release.to_json();
    let save = {
        let (name, body, onact) =
            (format!("{}.json", settings.collection), body.clone(), props.onact.clone());
        Callback::from(move |_| {
            browser::download(&name, &body, "application/json");
            onact.emit(Action::Save);
        })
    };
    let send = match delivery {
        Delivery::Ready => Some("Send the release"),
        Delivery::Waiting | Delivery::Failed(_) | Delivery::Forbidden => Some("Send again"),
        Delivery::None | Delivery::Sending | Delivery::Kept => None,
    };
    html! {
        <>
            { props.heading(None, "Results of this group") }
            <p class="delivery">{ delivery_text(&props.session) }</p>
            <div class="buttons">
                if let Some(label) = send {
                    { props.main_button(label, Action::Send) }
                }
                { button("Download the release", send.is_none(), Some(save)) }
            </div>
            <details>
                <summary>{ "The release, to the letter" }</summary>
                <p>{ "These bytes, and no others, are sent, downloaded and shown below as tables." }</p>
                <pre tabindex="0">{ body.clone() }</pre>
            </details>
            // An element of its own, which is loaded when the collection opens: see `SurveyProps::onopen`.
            <balint-report exportparts="report" release={body} definition={settings.definition.clone()}>
                <p>{ "The tables cannot be shown just now. The release is complete: download it, and open it on the page for reports." }</p>
            </balint-report>
        </>
    }
}

/// Returns where the release of a closed collection is.
pub fn delivery_text(session: &Session) -> String {
    let endpoint = session.settings.endpoint.as_deref().unwrap_or_default();
    match &session.delivery {
        Delivery::Ready if session.is_kept => format!(
            "Nothing was sent yet. Look at what will be sent, to {endpoint} and nowhere else; then send it. Until then it is kept on this device."
        ),
        Delivery::None if session.is_kept => {
            "Nothing was sent. Download the release: until then it is kept on this device.".to_owned()
        }
        Delivery::None => "Nothing was sent. Download the release to keep it.".to_owned(),
        Delivery::Ready => format!(
            "Nothing was sent yet. Look at what will be sent, to {endpoint} and nowhere else; then send it, before this page is closed: it is kept nowhere else."
        ),
        Delivery::Waiting if session.is_kept => {
            "The portal cannot be reached just now. The release waits on this device and is sent when the portal can be reached, also after this page was closed and opened again.".to_owned()
        }
        Delivery::Waiting => {
            "The portal cannot be reached just now. Keep this page open: the release is sent when the portal can be reached. Or download it.".to_owned()
        }
        Delivery::Sending => format!("Sending the release to {endpoint} …"),
        Delivery::Kept => format!("The release was sent to {endpoint} and is kept there."),
        Delivery::Forbidden => "The page around this survey did not let the release be sent.".to_owned(),
        Delivery::Failed(reason) => {
            format!(
                "The release could not be sent: {reason}. It is still here: send it again, or download it."
            )
        }
    }
}
