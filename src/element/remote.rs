//! What `<balint-survey mode="remote">` calls: `www/balint-remote.js`.

use std::rc::Rc;

use js_sys::{Date, Function};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use super::survey::{Widget, show};
use crate::settings::Settings;
use crate::submit::upload::use_tokens;

/// Shows a survey at `place` that is answered from home, set up by the attributes of `host` and by the bytes of
/// the task file; `code` is the invitation code of the page's address, if there is one, and `tokens`
/// makes tokens: see [`use_tokens`].
///
/// # Errors
///
/// If an attribute or the task is wrong; the message says which, what was found and what was expected.
#[wasm_bindgen(js_name = mountRemote)]
pub fn mount_remote(
    host: HtmlElement,
    place: Element,
    task: &[u8],
    code: Option<String>,
    tokens: Function,
) -> Result<Widget, JsError> {
    let attribute = |name: &str| match (name, &code) {
        ("code", Some(code)) => Some(code.clone()),
        _ => host.get_attribute(name),
    };
    use_tokens(tokens);
    let settings = Rc::new(Settings::remote(attribute, task, (Date::now() / 1000.0) as u64)?);
    Ok(show(host, place, settings, yew::Callback::noop()))
}
