//! One request to an operator or to the portal, and its answer, as bytes.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, Request, RequestCache, RequestCredentials, RequestInit, Response};

/// What is asked.
pub(super) struct Exchange<'a> {
    pub method: &'static str,
    pub url: &'a str,
    /// By name.
    pub headers: &'a [(&'static str, &'a str)],
    pub body: Option<&'a [u8]>,
    /// Whether the browser sends the cookies of the page's own origin; others get none in any case.
    pub with_login: bool,
    /// What breaks it off.
    pub signal: Option<&'a AbortSignal>,
}

/// What was answered.
pub(super) struct Answer {
    pub status: u16,
    /// For how many seconds one is asked to wait, where the page may see that.
    #[cfg(feature = "collect")]
    pub retry_after: Option<u64>,
    pub body: Vec<u8>,
}

#[cfg(any(feature = "remote", feature = "tokens"))]
impl Answer {
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the last word of the type of a problem document (RFC 9457), and its `detail`.
    pub fn problem(&self) -> (Option<String>, Option<String>) {
        crate::remote::problem(&self.body)
    }
}

/// Nobody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreachable;

impl Exchange<'_> {
    /// Asks, once.
    ///
    /// # Errors
    ///
    /// If nobody answers, or the page's policy does not let it ask.
    pub async fn perform(&self) -> Result<Answer, Unreachable> {
        self.try_perform().await.map_err(|_| Unreachable)
    }

    async fn try_perform(&self) -> Result<Answer, JsValue> {
        let headers = Headers::new()?;
        for (name, value) in self.headers {
            headers.set(name, value)?;
        }
        let init = RequestInit::new();
        init.set_method(self.method);
        init.set_headers(&headers);
        init.set_cache(RequestCache::NoStore);
        init.set_signal(self.signal);
        init.set_credentials(if self.with_login {
            RequestCredentials::SameOrigin
        } else {
            RequestCredentials::Omit
        });
        if let Some(body) = self.body {
            init.set_body(&Uint8Array::from(body));
        }
        let request = Request::new_with_str_and_init(self.url, &init)?;
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let response: Response = JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
        let body = JsFuture::from(response.array_buffer()?).await?;
        #[cfg(feature = "collect")]
        let retry_after = response.headers().get("retry-after")?.and_then(|seconds| seconds.parse().ok());
        Ok(Answer {
            status: response.status(),
            #[cfg(feature = "collect")]
            retry_after,
            body: Uint8Array::new(&body).to_vec(),
        })
    }
}
