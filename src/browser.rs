//! The few things that components need of the browser itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[cfg(target_family = "wasm")]
use js_sys::Intl;
use js_sys::{Array, Date, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobPropertyBag, Element, Event, EventTarget, HtmlAnchorElement, HtmlDialogElement, Response, Url,
};
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

/// After so many milliseconds without a touch of the device, it is doubtful whether somebody is there.
const DOUBT: f64 = 40_000.0;
/// And after so many more, nobody is.
const GRACE: f64 = 20_000.0;
/// How often that is looked at, in milliseconds.
const LOOK: i32 = 1_000;
/// What somebody who is there does; a page may scroll by itself, and for whoever scrolls there are the others.
const TOUCHES: [&str; 8] =
    ["pointerdown", "pointermove", "pointercancel", "keydown", "input", "wheel", "click", "focusin"];
/// What somebody does who was asked: the question goes with it, so it is the end of a touch, and not its beginning,
/// which would let the rest of it fall through onto an answer. Others can come of the question itself.
const REPLIES: [&str; 4] = ["pointercancel", "keydown", "wheel", "click"];

/// Whether somebody is at a shared device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nobody has touched it for a while.
    Doubtful,
    /// Somebody has touched it after that.
    Certain,
    /// Nobody did, or something else is shown: another page, or another part of this one.
    Gone,
}

/// Calls back when it is doubtful whether somebody is at `place`, and with what becomes of the doubt.
#[hook]
pub fn use_presence(is_active: bool, place: &NodeRef, onchange: Callback<Presence>) {
    let place = place.clone();
    use_effect_with(is_active, move |&is_active| {
        let place = place.cast::<Element>().filter(|_| is_active);
        let watch = place.and_then(|place| Watch::new(&place, &onchange));
        move || drop(watch)
    });
}

/// Listens for touches, and looks from time to time when the last one was; dropping it ends that.
struct Watch {
    is_over: Rc<Cell<bool>>,
    _listeners: Vec<Listener>,
}

impl Watch {
    fn new(place: &Element, onchange: &Callback<Presence>) -> Option<Watch> {
        let window = web_sys::window()?;
        let document = window.document()?;
        let silence = Rc::new(Silence::default());
        let mut listeners = Vec::new();
        for touched in TOUCHES {
            let (silence, onchange, place) = (Rc::clone(&silence), onchange.clone(), place.clone());
            listeners.push(Listener::new(&window, touched, move |event| {
                if is_touch_of(&event, &place) && silence.end(touched) {
                    // The key answers the question, and does nothing else.
                    if touched == "keydown" {
                        event.prevent_default();
                    }
                    onchange.emit(Presence::Certain);
                }
            })?);
        }
        let (hidden, onhidden) = (document.clone(), onchange.clone());
        listeners.push(Listener::new(&document, "visibilitychange", move |_| {
            if hidden.hidden() {
                onhidden.emit(Presence::Gone);
            }
        })?);
        let is_over = Rc::new(Cell::new(false));
        let (onchange, is_left, place) = (onchange.clone(), Rc::clone(&is_over), place.clone());
        spawn_local(async move {
            loop {
                sleep(LOOK).await;
                if is_left.get() {
                    break;
                }
                // What is not shown has no width.
                if place.client_width() == 0 {
                    onchange.emit(Presence::Gone);
                } else if let Some(presence) = silence.look(Date::now()) {
                    onchange.emit(presence);
                }
            }
        });
        Some(Watch { is_over, _listeners: listeners })
    }
}

/// Returns whether a person did this, and in that place: a page's other parts and its scripts tell of nobody.
///
/// Some assistive technology clicks by a script.
fn is_touch_of(event: &Event, place: &Element) -> bool {
    let is_persons = event.is_trusted() || event.type_() == "click";
    is_persons && event.composed_path().includes(place, 0)
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.set(true);
    }
}

/// How long nobody has touched the device.
struct Silence {
    /// When it was touched last.
    since: Cell<f64>,
    /// When it was asked whether somebody is there.
    asked: Cell<Option<f64>>,
}

impl Default for Silence {
    fn default() -> Silence {
        Silence { since: Cell::new(Date::now()), asked: Cell::new(None) }
    }
}

impl Silence {
    /// Ends it with a touch; returns whether that was an answer to the question.
    fn end(&self, touched: &str) -> bool {
        let is_reply = self.asked.get().is_some() && REPLIES.contains(&touched);
        if is_reply || self.asked.get().is_none() {
            self.since.set(Date::now());
            self.asked.set(None);
        }
        is_reply
    }

    /// Returns what has changed by now.
    fn look(&self, now: f64) -> Option<Presence> {
        let silent = now - self.since.get();
        match self.asked.get() {
            Some(asked) if now - asked >= GRACE => Some(Presence::Gone),
            // A device that has slept wakes up in front of somebody else.
            None if silent > DOUBT + GRACE => Some(Presence::Gone),
            None if silent > DOUBT => {
                self.asked.set(Some(now));
                Some(Presence::Doubtful)
            }
            _ => None,
        }
    }
}

/// Opens a dialogue over the whole page while it is active; when it closes, the focus goes back to where it was.
#[hook]
pub fn use_dialog(is_active: bool, dialog: &NodeRef) {
    let dialog = dialog.clone();
    use_effect_with(is_active, move |&is_active| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>().filter(|dialog| dialog.open() != is_active) {
            if is_active {
                // It fails only for a dialogue that is open already, or in no page.
                let _ = dialog.show_modal();
            } else {
                dialog.close();
            }
        }
    });
}

/// Calls a method of an object, if it has one; what it promises is to be waited for.
fn call(target: &JsValue, name: &str, arguments: &Array) -> Result<Promise, JsValue> {
    let method: Function = Reflect::get(target, &name.into())?.dyn_into()?;
    Ok(Promise::resolve(&method.apply(target, arguments)?))
}

/// Returns what the browser has under this name, which web-sys knows only as unstable.
fn of_navigator(name: &str) -> Option<JsValue> {
    let found = Reflect::get(&web_sys::window()?.navigator(), &name.into()).ok()?;
    found.is_object().then_some(found)
}

/// What one window of this browser has at a time; dropping it lets the next one have it.
pub struct Lock {
    release: Function,
}

impl Lock {
    /// Waits for the lock of that name; `None` where the browser has no locks.
    pub async fn acquire(name: &str) -> Option<Lock> {
        let locks = of_navigator("locks")?;
        let granted = Promise::new(&mut |grant, _| {
            let tell = grant.clone();
            // It is held until what this returns is kept.
            let onlock = Closure::once_into_js(move || {
                Promise::new(&mut |release, _| {
                    // A function that a promise gives cannot throw.
                    let _ = tell.call1(&JsValue::NULL, &release);
                })
            });
            let asked = call(&locks, "request", &Array::of2(&name.into(), &onlock));
            // Where it is refused, the wait ends without a lock.
            let refused = asked.and_then(|asked| call(&asked, "catch", &Array::of1(&grant)));
            if refused.is_err() {
                let _ = grant.call0(&JsValue::NULL);
            }
        });
        Some(Lock { release: JsFuture::from(granted).await.ok()?.dyn_into().ok()? })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A function that a promise gives cannot throw.
        let _ = self.release.call0(&JsValue::NULL);
    }
}

/// Keeps the screen from going dark while it is active and the page is seen, where the browser can and may.
#[hook]
pub fn use_wake_lock(is_active: bool) {
    use_effect_with(is_active, move |&is_active| {
        let awake = is_active.then(Awake::new).flatten();
        move || drop(awake)
    });
}

/// A screen that stays on.
struct Awake {
    held: Rc<RefCell<Held>>,
    _listener: Listener,
}

/// What keeps it on: nothing, something, or nothing any more.
enum Held {
    Not,
    By(JsValue),
    Over,
}

impl Awake {
    fn new() -> Option<Awake> {
        let document = web_sys::window()?.document()?;
        let held = Rc::new(RefCell::new(Held::Not));
        let seen = document.clone();
        let hold = {
            let held = Rc::clone(&held);
            move || {
                // It ends by itself when the page is hidden.
                if !seen.hidden() {
                    spawn_local(Held::renew(Rc::clone(&held)));
                }
            }
        };
        hold();
        Some(Awake { held, _listener: Listener::new(&document, "visibilitychange", move |_| hold())? })
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.held.replace(Held::Over).end();
    }
}

impl Held {
    async fn renew(held: Rc<RefCell<Held>>) {
        let Some(wake_lock) = of_navigator("wakeLock") else { return };
        let Ok(asked) = call(&wake_lock, "request", &Array::of1(&"screen".into())) else { return };
        // A browser may refuse, for instance to save its battery: then the screen goes dark as always.
        let Ok(sentinel) = JsFuture::from(asked).await else { return };
        let is_over = matches!(*held.borrow(), Held::Over);
        let past = if is_over { Held::By(sentinel) } else { held.replace(Held::By(sentinel)) };
        past.end();
    }

    fn end(self) {
        if let Held::By(sentinel) = self {
            // One that has ended already stays so.
            let _ = call(&sentinel, "release", &Array::new());
        }
    }
}
