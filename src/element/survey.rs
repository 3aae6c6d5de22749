//! What `<balint-survey>` calls: `www/balint-survey.js`.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Function, Math};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, Element, HtmlElement};
use yew::prelude::*;

use crate::browser;
use crate::language::Language;
use crate::settings::{HAS_GROUP, Settings, results};
use crate::view::{Place, PlaceProps, SurveyEvent, SurveyProps};

/// A place in a page that shows the survey of one element, and later perhaps of another.
///
/// It is never taken down, as Yew keeps the listeners of an app that ends: a widget that no element needs is parked,
/// shows nothing and knows nothing, until the next element takes it.
#[wasm_bindgen]
pub struct Widget {
    app: yew::AppHandle<Place>,
    shown: Option<SurveyProps>,
    language: Arc<Language>,
    /// How many elements it has served, so that nothing of one is reused for another.
    turn: usize,
    is_idle: Rc<Cell<bool>>,
}

#[wasm_bindgen]
impl Widget {
    /// Makes a widget that shows nothing yet.
    ///
    /// `place` is an element inside the shadow root, not the root itself: events that bubble in Yew skip that.
    #[wasm_bindgen(constructor)]
    pub fn new(place: Element) -> Widget {
        let app = yew::Renderer::<Place>::with_root_and_props(place, PlaceProps::default()).render();
        Widget { app, shown: None, language: Arc::default(), turn: 0, is_idle: Rc::default() }
    }

    /// Shows a survey, set up by the attributes of `host`, which also dispatches its events, and by the JSON of an
    /// instrument where the page brings one. The survey that it shows already is set up anew, once nobody is in the
    /// middle of it.
    ///
    /// `results` is what the school has released, as JSON; what is wrong with it is told to the page, and the survey
    /// goes on without. `onopen` is called when a group's collection opens.
    ///
    /// # Errors
    ///
    /// If an attribute is wrong; the message says which, what was found and what was expected.
    pub fn show(
        &mut self,
        host: HtmlElement,
        definition: Option<Vec<u8>>,
        results: Option<Vec<u8>>,
        onopen: Function,
    ) -> Result<(), JsError> {
        let attribute = |name: &str| host.get_attribute(name);
        let mut settings = Settings::from_attributes(attribute, definition.as_deref(), unnamed)?;
        // A page that names results loads the module that can read them.
        if let Some(json) = results.filter(|_| HAS_GROUP) {
            match results::read(&json, &settings.instrument) {
                Ok(found) => settings.results = found,
                Err(error) => {
                    dispatch(&host, &SurveyEvent::Error { message: error.to_string() });
                }
            }
        }
        let onopen = Callback::from(move |()| {
            // What it throws is of the page's concern, and the survey goes on without it.
            let _ = onopen.call0(&JsValue::NULL);
        });
        self.set_up(host, settings, onopen);
        Ok(())
    }

    /// Speaks the language of a file, with the habits of a locale for numbers and dates; without a file, English.
    ///
    /// # Errors
    ///
    /// If the file is none; then it is English, too.
    pub fn speak(&mut self, file: Option<String>, locale: &str) -> Result<(), JsError> {
        let language = file.map(|file| Language::parse(&file, locale)).transpose();
        let (language, result) = match language {
            Ok(language) => (language.unwrap_or_default(), Ok(())),
            Err(error) => (Language::default(), Err(error.into())),
        };
        self.language = Arc::new(language);
        if let Some(shown) = &mut self.shown {
            shown.language = Arc::clone(&self.language);
            self.update();
        }
        result
    }

    /// Goes back to the start and erases the answers of whoever is in the middle; an open collection stays open.
    pub fn reset(&mut self) {
        if let Some(shown) = &mut self.shown {
            shown.resets += 1;
            self.update();
        }
    }

    /// Shows nothing any more, and forgets everything.
    pub fn park(&mut self) {
        self.shown = None;
        self.turn += 1;
        self.is_idle.set(true);
        self.update();
    }

    /// Whether nobody is in the middle of the survey.
    #[wasm_bindgen(getter, js_name = isIdle)]
    pub fn is_idle(&self) -> bool {
        self.is_idle.get()
    }
}

impl Widget {
    /// Shows a survey whose attributes are read.
    pub(super) fn set_up(&mut self, host: HtmlElement, mut settings: Settings, onopen: Callback<()>) {
        if let Some(shown) = &mut self.shown {
            // One that the portal has not named keeps its name.
            settings.keep_name(&shown.settings);
            shown.settings = Rc::new(settings);
        } else {
            let onevent = Callback::from(move |event: SurveyEvent| dispatch(&host, &event));
            let is_idle = Rc::clone(&self.is_idle);
            let (settings, language) = (Rc::new(settings), Arc::clone(&self.language));
            self.shown = Some(SurveyProps { settings, language, resets: 0, is_idle, onevent, onopen });
        }
        self.update();
    }

    fn update(&mut self) {
        self.app.update(PlaceProps { survey: self.shown.clone(), turn: self.turn });
    }
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
