//! The close of a remote survey on the coordinator's page: the key is read, the sum asked for, the release shown.
//!
//! The keys and shares themselves are the matter of a module that is loaded with the first key; here are
//! the words and buttons around it.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect};
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::desk::{About, Collected, Collecting, CollectingStep, DeskAction};
use super::screens::button;
use crate::browser;

/// Reads what a key is for.
///
/// # Errors
///
/// If it is no key, or nothing can be loaded that reads it.
pub async fn open(collector: Option<&Function>, key: String) -> Result<Collecting, String> {
    let json = call(collector, "describe", &Array::of1(&JsValue::from_str(&key))).await?;
    let about = about(&json).ok_or("it cannot be described; expected modules of one version")?;
    Ok(Collecting::new(key, about))
}

/// Reads the description that the module gives.
fn about(json: &str) -> Option<About> {
    let json: Value = serde_json::from_str(json).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let part = |name: &str| text(json.get(name)?);
    let fact = |fact: &Value| Some((text(fact.get(0)?)?, text(fact.get(1)?)?));
    Some(About {
        collection: part("collection")?,
        operators: part("operators")?,
        facts: json.get("facts")?.as_array()?.iter().map(fact).collect::<Option<_>>()?,
        sentences: json.get("sentences")?.as_array()?.iter().map(text).collect::<Option<_>>()?,
        confirmation: part("confirmation"),
        obstacle: part("obstacle"),
    })
}

/// Asks for the sum, and returns the release that was made of it.
async fn collect(
    collector: Option<&Function>,
    collecting: &Collecting,
    onprogress: &Closure<dyn Fn(String) -> bool>,
) -> Result<Collected, String> {
    let (key, closes_now) = (JsValue::from_str(&collecting.key), JsValue::from_bool(collecting.closes_now));
    let json = call(collector, "collect", &Array::of3(&key, &closes_now, onprogress.as_ref())).await?;
    collected(&json).ok_or_else(|| "no release was given; expected modules of one version".to_owned())
}

fn collected(json: &str) -> Option<Collected> {
    let json: Value = serde_json::from_str(json).ok()?;
    let voided = json.get("voided")?.as_array()?.iter();
    let voided = voided.map(|id| Some(id.as_str()?.to_owned())).collect::<Option<_>>()?;
    Some(Collected { release: json.get("release")?.as_str()?.to_owned(), voided })
}

/// Calls a function of the module for keys, which is loaded where it is not there, and returns its text.
async fn call(collector: Option<&Function>, name: &str, arguments: &Array) -> Result<String, String> {
    let load = collector.ok_or("this page cannot open the sum of a survey; expected balint-report.js")?;
    let text = async {
        let module = settled(load.call0(&JsValue::NULL)?).await?;
        let function: Function = Reflect::get(&module, &name.into())?.dyn_into()?;
        settled(function.apply(&JsValue::NULL, arguments)?).await
    };
    text.await.map_err(message)?.as_string().ok_or_else(|| "it answers with no text".to_owned())
}

/// Returns a value, or what it promises.
async fn settled(value: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&value)).await
}

/// Returns what an error says.
fn message(error: JsValue) -> String {
    let text = Reflect::get(&error, &"message".into()).ok().and_then(|text| text.as_string());
    text.unwrap_or_else(|| "the module for keys cannot be used".to_owned())
}

/// What there is to know and to do with a key: functions and no component, as each of those costs readers kilobytes.
#[derive(Clone)]
pub struct Panel {
    pub collecting: Collecting,
    /// Loads what opens the sum.
    pub collector: Option<Function>,
    /// Whether what is being asked for is not wanted any more.
    pub withdrawn: Rc<Cell<bool>>,
    pub onaction: Callback<DeskAction>,
    pub heading: NodeRef,
}

/// Renders the panel.
pub fn panel(panel: &Panel) -> Html {
    let about = &panel.collecting.about;
    html! {
        <section class="collecting" part="collecting" aria-labelledby="collecting">
            <h3 ref={panel.heading.clone()} id="collecting" tabindex="-1">{ format!("The sum of “{}”", about.collection) }</h3>
            <dl>
                { for about.facts.iter().map(|(label, value)| html! {
                    <div><dt>{ label.clone() }</dt><dd>{ value.clone() }</dd></div>
                }) }
            </dl>
            { step(panel) }
        </section>
    }
}

/// Moves focus to the panel when there is a new one.
#[hook]
pub fn use_focus_on_key(collecting: Option<&Collecting>, heading: &NodeRef) {
    let (heading, about) = (heading.clone(), collecting.map(|collecting| Rc::clone(&collecting.about)));
    use_effect_with(about, move |about| {
        if let Some(heading) = heading.cast::<HtmlElement>().filter(|_| about.is_some()) {
            // It fails only for an element that cannot take focus, and this one can.
            let _ = heading.focus();
        }
    });
}

fn step(panel: &Panel) -> Html {
    match &panel.collecting.step {
        CollectingStep::Ready { error } => ready(panel, error.as_deref()),
        CollectingStep::Asking { sentence } => asking(panel, sentence),
        CollectingStep::Done(collected) => done(panel, collected),
    }
}

fn ready(panel: &Panel, error: Option<&str>) -> Html {
    let about = &panel.collecting.about;
    html! {
        <>
            <ul class="policy">{ for about.sentences.iter().map(|sentence| html! { <li>{ sentence.clone() }</li> }) }</ul>
            if let Some(obstacle) = &about.obstacle {
                <p>{ obstacle.clone() }</p>
            }
            if let Some(confirmation) = &about.confirmation {
                { confirm(panel, confirmation) }
            }
            <div role="alert">
                if let Some(error) = error {
                    <p class="error">{ error.to_owned() }</p>
                }
            </div>
            <div class="buttons">
                { ask(panel) }
                { put_away(panel) }
            </div>
        </>
    }
}

fn confirm(panel: &Panel, confirmation: &str) -> Html {
    let is_on = panel.collecting.closes_now;
    let onchange = panel.onaction.reform(|event: Event| DeskAction::CloseNow {
        is_on: event.target_unchecked_into::<HtmlInputElement>().checked(),
    });
    html! {
        <div class="confirm">
            <input id="close-now" type="checkbox" checked={is_on} {onchange} />
            <label for="close-now">{ confirmation.to_owned() }</label>
        </div>
    }
}

fn ask(panel: &Panel) -> Html {
    let asked = panel.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        let panel = asked.clone();
        panel.withdrawn.set(false);
        spawn_local(async move { run(&panel).await });
    });
    let disabled = !panel.collecting.can_ask();
    html! { <button type="button" class="primary" part="button primary-button" {disabled} {onclick}>{ "Ask for the sum" }</button> }
}

/// Asks for the sum, and tells the page what comes of it.
async fn run(panel: &Panel) {
    panel.onaction.emit(DeskAction::Asking { sentence: "Asking for the sum …".to_owned() });
    let (withdrawn, onaction) = (Rc::clone(&panel.withdrawn), panel.onaction.clone());
    let onprogress = Closure::<dyn Fn(String) -> bool>::new(move |sentence| {
        let is_wanted = !withdrawn.get();
        if is_wanted {
            onaction.emit(DeskAction::Asking { sentence });
        }
        is_wanted
    });
    let found = collect(panel.collector.as_ref(), &panel.collecting, &onprogress).await;
    panel.onaction.emit(match found {
        Ok(collected) => DeskAction::Collected { collected: Rc::new(collected) },
        Err(reason) => DeskAction::Unanswered { reason },
    });
}

fn put_away(panel: &Panel) -> Html {
    button("Put the key away", false, Some(panel.onaction.reform(|_: MouseEvent| DeskAction::PutAway)))
}

fn asking(panel: &Panel, sentence: &str) -> Html {
    let withdrawn = Rc::clone(&panel.withdrawn);
    html! {
        <div class="job" role="status">
            <label for="asking">{ sentence.to_owned() }</label>
            <progress id="asking"></progress>
            { button("Stop asking", false, Some(Callback::from(move |_| withdrawn.set(true)))) }
        </div>
    }
}

fn done(panel: &Panel, collected: &Rc<Collected>) -> Html {
    let (name, release) = (format!("{}.json", panel.collecting.about.collection), Rc::clone(collected));
    let save = Callback::from(move |_: MouseEvent| {
        browser::download(&name, &release.release, "application/json");
    });
    html! {
        <>
            <div role="status">
                <p>{ "The sum was opened, and the release made of it. Save the release: the sum itself is kept nowhere." }</p>
                if !collected.voided.is_empty() {
                    <p>{ "Void, as at least one respondent did not use this program and contradicted the others: " }{ collected.voided.join(", ") }{ "." }</p>
                }
            </div>
            <div class="buttons">
                { button("Save this release", true, Some(save)) }
                { put_away(panel) }
            </div>
        </>
    }
}
