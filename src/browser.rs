//! The few things that components need of the browser itself.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Event, HtmlAnchorElement, Response, Url, Window};
use yew::prelude::*;

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

/// Asks before the page is left, while that would lose something.
#[hook]
pub fn use_unload_guard(is_active: bool) {
    use_effect_with(is_active, |&is_active| {
        let guard = is_active.then(UnloadGuard::new).flatten();
        move || drop(guard)
    });
}

struct UnloadGuard {
    window: Window,
    listener: Closure<dyn Fn(Event)>,
}

impl UnloadGuard {
    fn new() -> Option<UnloadGuard> {
        let window = web_sys::window()?;
        let listener = Closure::<dyn Fn(Event)>::new(|event: Event| event.prevent_default());
        window.add_event_listener_with_callback("beforeunload", listener.as_ref().unchecked_ref()).ok()?;
        Some(UnloadGuard { window, listener })
    }
}

impl Drop for UnloadGuard {
    fn drop(&mut self) {
        // It cannot fail for a listener that was added.
        let _ = self
            .window
            .remove_event_listener_with_callback("beforeunload", self.listener.as_ref().unchecked_ref());
    }
}
