//! Sends a release to the portal.
//!
//! **Invariant:** the only thing that this module can send is a [`Release`]. This compiles:
//!
//! ```
//! use balint_survey::{disclosure::Release, submit::submit};
//! async fn send(release: &Release) { let _ = submit(release, "/api/releases", None).await; }
//! ```
//!
//! And this does not, nor with `Answers` or `Response`:
//!
//! ```compile_fail,E0308
//! use balint_survey::{tally::Tally, submit::submit};
//! async fn send(tally: &Tally) { let _ = submit(tally, "/api/releases", None).await; }
//! ```
//!
//! ```compile_fail,E0308
//! use balint_survey::{answers::Answers, submit::submit};
//! async fn send(answers: &Answers) { let _ = submit(answers, "/api/releases", None).await; }
//! ```
//!
//! ```compile_fail,E0308
//! use balint_survey::{answers::Response, submit::submit};
//! async fn send(response: &Response) { let _ = submit(response, "/api/releases", None).await; }
//! ```

#[cfg(feature = "collect")]
pub mod collect;
#[cfg(feature = "dap")]
mod exchange;
#[cfg(feature = "tokens")]
pub mod tokens;
#[cfg(feature = "remote")]
pub mod upload;

use std::fmt;

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, Request, RequestInit, Response};

use crate::disclosure::Release;

/// Why a release is not kept by the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// The endpoint cannot be reached, or is no address.
    Unreachable,
    /// The endpoint answered that it does not keep it.
    Refused { status: u16, reason: Option<String> },
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("the portal cannot be reached"),
            Self::Refused { status, reason: Some(reason) } => {
                write!(f, "the portal refused it with status {status}: {reason}")
            }
            Self::Refused { status, reason: None } => write!(f, "the portal refused it with status {status}"),
        }
    }
}

impl std::error::Error for SubmitError {}

/// Puts a release under its collection's name at the endpoint, and returns the status of the answer.
///
/// It can be repeated: the bytes are the same each time. `signal` breaks it off.
///
/// # Errors
///
/// If the endpoint does not say that it keeps the release.
pub async fn submit(
    release: &Release,
    endpoint: &str,
    signal: Option<&AbortSignal>,
) -> Result<u16, SubmitError> {
    let url = format!("{}/{}", endpoint.trim_end_matches('/'), release.collections()[0]);
    let response = put(&url, &release.to_json(), signal).await.map_err(|_| SubmitError::Unreachable)?;
    if response.ok() {
        return Ok(response.status());
    }
    Err(SubmitError::Refused { status: response.status(), reason: reason(&response).await })
}

async fn put(url: &str, body: &str, signal: Option<&AbortSignal>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    let init = RequestInit::new();
    init.set_method("PUT");
    init.set_headers(&headers);
    init.set_signal(signal);
    init.set_body(&JsValue::from_str(body));
    let request = Request::new_with_str_and_init(url, &init)?;
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()
}

/// Returns the `detail` of a problem document (RFC 9457).
async fn reason(response: &Response) -> Option<String> {
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let problem: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(problem.get("detail")?.as_str()?.to_owned())
}
