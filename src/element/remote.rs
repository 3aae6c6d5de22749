//! What `<balint-survey mode="remote">` calls: `www/balint-remote.js`.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::survey::Widget;
use crate::settings::Settings;
use crate::submit::upload::use_tokens;

#[wasm_bindgen]
impl Widget {
    /// Shows a survey that is answered from home, set up by the attributes of `host` and by the bytes of
    /// the task file; `code` is the invitation code of the page's address, if there is one, and `tokens`
    /// makes tokens: see [`use_tokens`].
    ///
    /// # Errors
    ///
    /// If an attribute or the task is wrong; the message says which, what was found and what was expected.
    #[wasm_bindgen(js_name = showRemote)]
    pub fn show_remote(
        &mut self,
        host: HtmlElement,
        task: &[u8],
        code: Option<String>,
        tokens: Function,
    ) -> Result<(), JsError> {
        let attribute = |name: &str| match (name, &code) {
            ("code", Some(code)) => Some(code.clone()),
            _ => host.get_attribute(name),
        };
        let settings = Settings::remote(attribute, task)?;
        use_tokens(tokens);
        self.set_up(host, settings, yew::Callback::noop());
        Ok(())
    }
}
