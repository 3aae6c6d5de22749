//! Hands in one response, as two sealed shares, through the leader.
//!
//! **Invariant:** what goes out is a [`SealedReport`], and a request for keys.

use std::cell::RefCell;
use std::fmt;

use js_sys::{Error, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::exchange::{Answer, Exchange, Unreachable};
use crate::remote::Role;
use crate::remote::credential::{Code, Credential, TokenPair};
use crate::remote::dap09::{self, HpkeConfig, SealedReport, Shares};
use crate::remote::task::{Document, Task};

/// One response on its way; trying again sends the same bytes, so that it counts once.
#[derive(Debug)]
pub struct Outgoing {
    shares: Shares,
    credential: Option<Credential>,
    sealed: Option<SealedReport>,
    signal: Option<AbortSignal>,
}

/// What lets a respondent take part.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    Anybody,
    Code(Code),
    /// The portal signs tokens at this address, for whoever is logged in.
    Tokens(String),
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Keys,
    Credential,
    Sealing,
    Sending,
}

/// Why a response is not handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadError {
    /// The portal cannot be reached, or gives no tokens.
    Tokens(Option<String>),
    /// An operator does not answer, or gives no key.
    NoKey(Role),
    /// The respondent has stopped it before anything was sent.
    Stopped,
    /// The page around the widget has forbidden it.
    Forbidden,
    /// The leader did not answer: the report may have arrived all the same.
    Unreachable,
    /// The leader refuses it: nothing of it is kept.
    Refused { status: u16, kind: Option<String>, reason: Option<String> },
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tokens(None) => f.write_str("the portal cannot be asked whether you can take part"),
            Self::Tokens(Some(reason)) => write!(f, "the portal does not let you take part: {reason}"),
            Self::NoKey(Role::Leader) => f.write_str("the first operator cannot be reached"),
            Self::NoKey(Role::Helper) => f.write_str("the second operator cannot be reached"),
            Self::Stopped => f.write_str("it was stopped"),
            Self::Forbidden => f.write_str("the page around this survey did not let it be sent"),
            Self::Unreachable => f.write_str("the connection was lost before an answer came"),
            Self::Refused { reason: Some(reason), .. } => write!(f, "the operator refused it: {reason}"),
            Self::Refused { status, reason: None, .. } => {
                write!(f, "the operator refused it with status {status}")
            }
        }
    }
}

impl std::error::Error for UploadError {}

impl Outgoing {
    pub fn new(shares: Shares) -> Outgoing {
        Outgoing { shares, credential: None, sealed: None, signal: None }
    }

    /// Lets the next try be stopped.
    pub fn listen_to(&mut self, signal: Option<AbortSignal>) {
        self.signal = signal;
    }

    fn is_stopped(&self) -> bool {
        self.signal.as_ref().is_some_and(AbortSignal::aborted)
    }

    /// Forgets the credential, after it was refused: the same shares can be sealed with another.
    pub fn change_credential(&mut self) {
        self.credential = None;
        self.sealed = None;
    }

    /// Sends the response, and returns it as it was sent, with the status of the answer.
    ///
    /// `onstep` is called before each step, `announce` before anything is sent; if it returns false, nothing is.
    ///
    /// # Errors
    ///
    /// If the leader does not say that it keeps it. What was sealed is kept for the next try.
    pub async fn upload(
        &mut self,
        task: &Task,
        access: &Access,
        now: u64,
        onstep: impl Fn(Step),
        announce: impl Fn(&SealedReport) -> bool,
    ) -> Result<(SealedReport, u16), UploadError> {
        let sealed = match self.sealed.clone() {
            Some(sealed) => sealed,
            None => {
                let sealed = self.seal(task, access, now, &onstep).await;
                if self.is_stopped() {
                    return Err(UploadError::Stopped);
                }
                sealed?
            }
        };
        if !announce(&sealed) {
            return Err(UploadError::Forbidden);
        }
        onstep(Step::Sending);
        let answer =
            put(task, &sealed, self.signal.as_ref()).await.map_err(|Unreachable| UploadError::Unreachable)?;
        if answer.is_ok() {
            return Ok((sealed, answer.status));
        }
        if matches!(answer.status, 408 | 429 | 500..) {
            // Something in between may have answered after the operator had kept it.
            return Err(UploadError::Unreachable);
        }
        let (kind, reason) = answer.problem();
        if kind.as_deref() == Some("outdatedConfig") {
            // The operator has another key by now, and has kept nothing: the same shares are sealed anew.
            self.sealed = None;
        }
        Err(UploadError::Refused { status: answer.status, kind, reason })
    }

    async fn seal(
        &mut self,
        task: &Task,
        access: &Access,
        now: u64,
        onstep: &impl Fn(Step),
    ) -> Result<SealedReport, UploadError> {
        onstep(Step::Keys);
        // Asked for each time: a report that is sealed with an old key of the helper's is accepted and lost. And
        // before a token is, so that none is used up while an operator is away.
        let configs = [self.config(task, Role::Leader).await?, self.config(task, Role::Helper).await?];
        if self.credential.is_none() {
            onstep(Step::Credential);
            self.credential = Some(credential(task, access).await?);
        }
        onstep(Step::Sealing);
        let credential = self.credential.clone().unwrap_or_else(Credential::none);
        let sealed = self.shares.seal(task, now, &configs, &credential);
        let sealed = sealed.map_err(|_| UploadError::NoKey(Role::Helper))?;
        self.sealed = Some(sealed.clone());
        Ok(sealed)
    }
}

impl Outgoing {
    /// Asks an operator for its key.
    async fn config(&self, task: &Task, role: Role) -> Result<HpkeConfig, UploadError> {
        let (url, signal) = (task.url(role, &dap09::hpke_config_path(task)), self.signal.as_ref());
        let exchange =
            Exchange { method: "GET", url: &url, headers: &[], body: None, with_login: false, signal };
        let answer = exchange.perform().await.ok().filter(Answer::is_ok);
        let config = answer.and_then(|answer| HpkeConfig::from_list(&answer.body));
        config.ok_or(UploadError::NoKey(role))
    }
}

async fn credential(task: &Task, access: &Access) -> Result<Credential, UploadError> {
    match access {
        Access::Anybody => Ok(Credential::none()),
        Access::Code(code) => Ok(code.credential(task.id())),
        Access::Tokens(url) => tokens(task, url).await,
    }
}

thread_local! {
    /// What loads the module that makes tokens, and asks it for two.
    static TOKENS: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Tells how tokens are had: a function of the task's credentials (JSON), its id and the portal's address, which
/// promises two tokens (JSON).
pub fn use_tokens(function: Function) {
    TOKENS.set(Some(function));
}

async fn tokens(task: &Task, url: &str) -> Result<Credential, UploadError> {
    let Document { credentials, task_id, .. } = task.document();
    // OK because texts always have a JSON form.
    let credentials = serde_json::to_string(credentials).expect("texts can be written");
    let function = TOKENS.with_borrow(Option::clone).ok_or(UploadError::Tokens(None))?;
    let promise = function.call3(&JsValue::NULL, &credentials.into(), &task_id.into(), &url.into());
    let made = match promise {
        Ok(promise) => JsFuture::from(Promise::from(promise)).await,
        Err(error) => Err(error),
    };
    let reason = |error: JsValue| error.dyn_into::<Error>().ok().map(|error| String::from(error.message()));
    let made = made.map_err(|error| UploadError::Tokens(reason(error)))?;
    let pair: Option<TokenPair> = made.as_string().and_then(|text| serde_json::from_str(&text).ok());
    pair.and_then(|pair| Credential::of_tokens(&pair)).ok_or(UploadError::Tokens(None))
}

async fn put(
    task: &Task,
    sealed: &SealedReport,
    signal: Option<&AbortSignal>,
) -> Result<Answer, Unreachable> {
    let url = task.url(Role::Leader, &dap09::reports_path(task));
    let headers = [("content-type", dap09::REPORT)];
    let body = Some(sealed.bytes());
    Exchange { method: "PUT", url: &url, headers: &headers, body, with_login: false, signal }.perform().await
}
