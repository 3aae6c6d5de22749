//! What `<balint-survey>` calls: `www/balint-survey.js`.

use std::rc::Rc;

use js_sys::{Function, Math};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, Element, HtmlElement};
use yew::prelude::*;

use crate::browser;
use crate::settings::Settings;
use crate::view::{Survey, SurveyEvent, SurveyProps};

/// A running widget.
#[wasm_bindgen]
pub struct Widget {
    app: yew::AppHandle<Survey>,
}

#[wasm_bindgen]
impl Widget {
    /// Stops the widget and empties its place.
    pub fn destroy(self) {
        self.app.destroy();
    }
}

/// Shows a survey at `place`, set up by the attributes of `host`, which also dispatches its events.
///
/// `onopen` is called when a group's collection opens.
/// `place` is an element inside the shadow root, not the root itself: events that bubble in Yew skip that.
///
/// # Errors
///
/// If an attribute is wrong; the message says which, what was found and what was expected.
#[wasm_bindgen]
pub fn mount(host: HtmlElement, place: Element, onopen: Function) -> Result<Widget, JsError> {
    let settings = Rc::new(Settings::from_attributes(|name| host.get_attribute(name), unnamed)?);
    let onopen = Callback::from(move |()| {
        // What it throws is of the page's concern, and the survey goes on without it.
        let _ = onopen.call0(&JsValue::NULL);
    });
    Ok(show(host, place, settings, onopen))
}

/// Shows a survey whose attributes are read.
pub(super) fn show(
    host: HtmlElement,
    place: Element,
    settings: Rc<Settings>,
    onopen: Callback<()>,
) -> Widget {
    let onevent = Callback::from(move |event: SurveyEvent| dispatch(&host, &event));
    let props = SurveyProps { settings, onevent, onopen };
    Widget { app: yew::Renderer::<Survey>::with_root_and_props(place, props).render() }
}

/// Returns a name for a collection that the portal gave none.
fn unnamed() -> String {
    format!("group-{:08x}", (Math::random() * f64::from(u32::MAX)) as u32)
}

/// Dispatches an event from the element; returns false if the page has prevented it.
fn dispatch(host: &HtmlElement, event: &SurveyEvent) -> bool {
    let (name, detail) = describe(event);
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_cancelable(matches!(event, SurveyEvent::Submit { .. }));
    init.set_detail(&detail);
    // OK because the names are valid; a listener's own errors do not come here.
    let event = CustomEvent::new_with_event_init_dict(name, &init).expect("an event can be made");
    host.dispatch_event(&event).unwrap_or(true)
}

/// Returns an event's name and its detail, a plain object that never holds an answer.
fn describe(event: &SurveyEvent) -> (&'static str, JsValue) {
    match event {
        SurveyEvent::Progress { part, parts } => {
            ("survey-progress", object(&[("part", (*part as f64).into()), ("parts", (*parts as f64).into())]))
        }
        SurveyEvent::Complete => ("survey-complete", object(&[])),
        SurveyEvent::Submit { collection, endpoint, body } => (
            "survey-submit",
            object(&[
                ("collection", collection.into()),
                ("endpoint", endpoint.into()),
                ("body", body.into()),
            ]),
        ),
        SurveyEvent::Submitted { collection, status } => {
            ("survey-submitted", object(&[("collection", collection.into()), ("status", (*status).into())]))
        }
        SurveyEvent::Error { message } => ("survey-error", object(&[("message", message.into())])),
    }
}

fn object(entries: &[(&str, JsValue)]) -> JsValue {
    browser::object(entries).into()
}
