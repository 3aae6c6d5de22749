//! The screens of the person who runs a group, and the one between two respondents.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::screens::{ScreenProps, button, focus_in_form, for_facilitator, lead, submit_button};
use super::session::{Action, Closed, Delivery, Session};
use super::words;
use crate::browser;
use crate::disclosure::Release;

/// Opens a collection: how many can take part, and what will be released.
pub fn set_up(props: &ScreenProps, error: Option<&str>) -> Html {
    let session = &props.session;
    let settings = &session.settings;
    let oninput = props.onact.reform(|event: InputEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        Action::WriteEligible { text: field.value() }
    });
    let focus_field = |event: MouseEvent| {
        event.prevent_default();
        focus_in_form(&event, "eligible");
    };
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Open)}>
            if let Some(error) = error {
                <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
                    aria-labelledby="error-title">
                    <h2 id="error-title">{ "There is a problem" }</h2>
                    <ul><li><a href="#eligible" onclick={focus_field}>{ error }</a></li></ul>
                </div>
            }
            { props.heading(Some("For the person who runs this group".into()), session.instrument().text().title.clone()) }
            { lead("One device goes round. Each person answers, hands in and passes it on; you close the collection at the end.") }
            <div class={classes!("question", error.map(|_| "has-error"))}>
                <label for="eligible">{ "How many people can take part?" }</label>
                <p id="eligible-hint" class="hint">{ "Everybody who is invited, whether or not they answer. If more people answer than you enter here, there are no results." }</p>
                if let Some(error) = error {
                    <p id="eligible-error" class="error"><span class="visually-hidden">{ "Error: " }</span>{ error }</p>
                }
                <input id="eligible" class="short" type="text" inputmode="numeric" autocomplete="off"
                    aria-describedby={if error.is_some() { "eligible-hint eligible-error" } else { "eligible-hint" }}
                    value={session.eligible.clone()} {oninput} />
            </div>
            <div class="promise" part="promise">
                <h3>{ format!("What is released: policy “{}”", settings.policy.name()) }</h3>
                <ul>{ for words::policy(&settings.policy).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
                <p>{ "Everybody reads this before the first question. It cannot be changed once the collection is open." }</p>
            </div>
            <dl class="facts">
                <div><dt>{ "Collection" }</dt><dd>{ &settings.collection }</dd></div>
                <div><dt>{ "Results go to" }</dt><dd>{ settings.endpoint.clone().unwrap_or_else(|| "nowhere; you can download them".into()) }</dd></div>
            </dl>
            <p class="hint">{ "Keep this page open until the end: closing or reloading it loses the collection." }</p>
            <div class="buttons">
                { submit_button("Open the collection") }
            </div>
        </form>
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
        let (name, body) = (format!("{}.json", settings.collection), body.clone());
        Callback::from(move |_| browser::download(&name, &body, "application/json"))
    };
    html! {
        <>
            { props.heading(None, "Results of this group") }
            <p class="delivery">{ delivery_text(&props.session) }</p>
            <div class="buttons">
                { button("Download the release", true, Some(save)) }
                if matches!(delivery, Delivery::Failed(_) | Delivery::Forbidden) {
                    { props.button("Send again", Action::Send) }
                }
            </div>
            <details>
                <summary>{ "The release, to the letter" }</summary>
                <pre tabindex="0">{ body.clone() }</pre>
            </details>
            // An element of its own, which is loaded when the collection opens: see `SurveyProps::onopen`.
            <balint-report exportparts="report" release={body}>
                <p>{ "The tables cannot be shown just now. The release is complete: download it, and open it on the page for reports." }</p>
            </balint-report>
        </>
    }
}

/// Returns where the release of a closed collection is.
pub fn delivery_text(session: &Session) -> String {
    let endpoint = session.settings.endpoint.as_deref().unwrap_or_default();
    match &session.delivery {
        Delivery::None => "Nothing was sent. Download the release to keep it.".to_owned(),
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
