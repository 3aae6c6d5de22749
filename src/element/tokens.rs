//! What `www/balint-remote.js` calls where a portal's login lets people take part.

use wasm_bindgen::prelude::*;

use crate::remote::base64url;
use crate::remote::credential::Credentials;
use crate::submit::tokens::tokens;

/// Returns two tokens, as JSON, that the portal has signed at `url` without seeing them; `credentials` are those of
/// the task, as JSON.
///
/// # Errors
///
/// Says why there are none.
#[wasm_bindgen(js_name = makeTokens)]
pub async fn make_tokens(credentials: String, task_id: String, url: String) -> Result<String, JsError> {
    let credentials: Credentials = serde_json::from_str(&credentials)?;
    let task = base64url::decode_array(&task_id).ok_or_else(|| JsError::new("the task has no id"))?;
    let pair = tokens(&credentials, &task, &url).await?;
    Ok(serde_json::to_string(&pair)?)
}
