//! The few things that components need of the browser itself.

use std::cell::Cell;
use std::rc::Rc;

#[cfg(target_family = "wasm")]
use js_sys::Intl;
use js_sys::{Array, Date, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Event, EventTarget, HtmlAnchorElement, Response, Url, Window};
use yew::prelude::*;

use crate::window::Instant;

/// Offers a text of some media type as a file.
pub fn download(name: &str, text: &str, media_type: &str) {
    // Without a document there is nobody to offer it to.
    let _ = try_download(name, text, media_type);
}

fn try_download(name: &str, text: &str, media_type: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let document = web_sys::window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    // The address is not revoked: some browsers read from it only after the click. It goes with the page.
    link.click();
    Ok(())
}

/// Opens the print dialogue.
pub fn print() {
    // Without a window there is nothing to print.
    let _ = web_sys::window().map(|window| window.print());
}

/// Returns the text at an address.
///
/// # Errors
///
/// Says in words why there is none.
pub async fn fetch_text(url: &str) -> Result<String, String> {
    let unreachable = |_| "it cannot be reached".to_owned();
    let window = web_sys::window().ok_or("there is no page")?;
    let response = JsFuture::from(window.fetch_with_str(url)).await.map_err(unreachable)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(format!("it answers with status {}", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(unreachable)?).await.map_err(unreachable)?;
    text.as_string().ok_or_else(|| "it answers with no text".to_owned())
}

/// Waits.
pub async fn sleep(milliseconds: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        // Without a window nobody waits.
        let _ = web_sys::window().map(|window| {
            window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds)
        });
    });
    // It never rejects.
    let _ = JsFuture::from(promise).await;
}

/// Returns whether the browser believes that there is a network.
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Returns the seconds since 1970.
pub fn now() -> u64 {
    (Date::now() / 1000.0) as u64
}

/// Returns a moment as the reader's clock and calendar have it, in the habits of a language.
#[cfg(target_family = "wasm")]
pub fn date_and_time(instant: Instant, locale: &str) -> String {
    let options = object(&[("dateStyle", "full".into()), ("timeStyle", "short".into())]);
    let date = Date::new(&((instant.seconds() as f64) * 1000.0).into());
    date.to_locale_string(locale, &options).into()
}

/// Returns a moment as it was written: without a browser there is no other time zone.
#[cfg(not(target_family = "wasm"))]
pub fn date_and_time(instant: Instant, _locale: &str) -> String {
    instant.in_words()
}

/// Returns the day that begins so many seconds after 1970 did (UTC), in the habits of a language.
#[cfg(target_family = "wasm")]
pub fn day(seconds: u64, _written: &str, locale: &str) -> String {
    let options = object(&[("dateStyle", "long".into()), ("timeZone", "UTC".into())]);
    let date = Date::new(&((seconds as f64) * 1000.0).into());
    date.to_locale_string(locale, &options).into()
}

/// Returns a day as it was written: without a browser there are no habits of languages.
#[cfg(not(target_family = "wasm"))]
pub fn day(_seconds: u64, written: &str, _locale: &str) -> String {
    written.to_owned()
}

/// Returns a number in the habits of a language; a percentage is given as a fraction.
#[cfg(target_family = "wasm")]
pub fn number(value: f64, decimals: u32, is_percent: bool, locale: &str) -> String {
    let options = object(&[
        ("style", if is_percent { "percent" } else { "decimal" }.into()),
        ("minimumFractionDigits", decimals.into()),
        ("maximumFractionDigits", decimals.into()),
    ]);
    let format = Intl::NumberFormat::new(&Array::of1(&locale.into()), &options).format();
    let written = format.call1(&JsValue::UNDEFINED, &value.into());
    // It does not throw for a number.
    written.ok().and_then(|written| written.as_string()).unwrap_or_default()
}

/// Returns a number as English has it: without a browser there are no other habits.
#[cfg(not(target_family = "wasm"))]
pub fn number(value: f64, decimals: u32, is_percent: bool, _locale: &str) -> String {
    use crate::report::format::{fixed, percent};
    if is_percent { percent(100.0 * value) } else { fixed(value, decimals) }
}

/// Returns which form goes with a number in a language, as Unicode's CLDR names them: `one`, `few`, `other` …
#[cfg(target_family = "wasm")]
pub fn plural_form(count: u64, locale: &str) -> String {
    let rules = Intl::PluralRules::new(&Array::of1(&locale.into()), &Object::new());
    rules.select(count as f64).into()
}

/// Returns which form goes with a number in English: without a browser there are no other rules.
#[cfg(not(target_family = "wasm"))]
pub fn plural_form(count: u64, _locale: &str) -> String {
    if count == 1 { "one" } else { "other" }.to_owned()
}

/// Returns a plain object.
pub fn object(entries: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        // OK because setting a property of a plain object cannot fail.
        Reflect::set(&object, &(*name).into(), value).expect("a plain object takes any property");
    }
    object
}

/// Listens to events on their way down, as some do not bubble; dropping it ends that.
struct Listener {
    target: EventTarget,
    name: &'static str,
    listener: Closure<dyn Fn(Event)>,
}

impl Listener {
    fn new(target: &EventTarget, name: &'static str, call: impl Fn(Event) + 'static) -> Option<Listener> {
        let listener = Closure::<dyn Fn(Event)>::new(call);
        target
            .add_event_listener_with_callback_and_bool(name, listener.as_ref().unchecked_ref(), true)
            .ok()?;
        Some(Listener { target: target.clone(), name, listener })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It cannot fail for a listener that was added.
        let _ = self.target.remove_event_listener_with_callback_and_bool(
            self.name,
            self.listener.as_ref().unchecked_ref(),
            true,
        );
    }
}

/// Asks before the page is left, while that would lose something.
#[hook]
pub fn use_unload_guard(is_active: bool) {
    use_effect_with(is_active, |&is_active| {
        let window = web_sys::window().filter(|_| is_active);
        let guard =
            window.and_then(|window| Listener::new(&window, "beforeunload", |event| event.prevent_default()));
        move || drop(guard)
    });
}

/// After so many milliseconds without a touch of the device, whoever was there has gone.
const ABSENCE: f64 = 60_000.0;
/// How often that is looked at, in milliseconds.
const LOOK: i32 = 5_000;
/// What somebody who is there does.
const TOUCHES: [&str; 7] = ["pointerdown", "pointermove", "keydown", "input", "wheel", "focusin", "scroll"];

/// Calls back when nobody has touched the device for a minute, or when the page is hidden.
#[hook]
pub fn use_absence(is_active: bool, onabsent: Callback<()>) {
    use_effect_with(is_active, move |&is_active| {
        let watch = is_active.then(|| Watch::new(&onabsent)).flatten();
        move || drop(watch)
    });
}

/// Listens for touches, and looks from time to time when the last one was.
struct Watch {
    window: Window,
    _listeners: Vec<Listener>,
    /// Held so that the timer can call it.
    _look: Closure<dyn Fn()>,
    timer: i32,
}

impl Watch {
    fn new(onabsent: &Callback<()>) -> Option<Watch> {
        let window = web_sys::window()?;
        let document = window.document()?;
        let last = Rc::new(Cell::new(Date::now()));
        let mut listeners = Vec::new();
        for touched in TOUCHES {
            let last = Rc::clone(&last);
            listeners.push(Listener::new(&window, touched, move |_| last.set(Date::now()))?);
        }
        let (hidden, onhidden) = (document.clone(), onabsent.clone());
        listeners.push(Listener::new(&document, "visibilitychange", move |_| {
            if hidden.hidden() {
                onhidden.emit(());
            }
        })?);
        let onabsent = onabsent.clone();
        let look = Closure::<dyn Fn()>::new(move || {
            if Date::now() - last.get() > ABSENCE {
                onabsent.emit(());
            }
        });
        let timer = window
            .set_interval_with_callback_and_timeout_and_arguments_0(look.as_ref().unchecked_ref(), LOOK)
            .ok()?;
        Some(Watch { window, _listeners: listeners, _look: look, timer })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.window.clear_interval_with_handle(self.timer);
    }
}
