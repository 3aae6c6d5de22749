//! Asks the portal to sign two tokens that it cannot see.

use std::cell::Cell;
use std::fmt;

use super::exchange::{Exchange, Unreachable};
use crate::remote::credential::{Blinded, Credentials, TokenPair};

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The task has no keys that tokens could be made for.
    NoKeys,
    Unreachable,
    /// The portal does not sign: nobody is logged in, or they have had their tokens.
    Refused {
        status: u16,
        reason: Option<String>,
    },
    /// What the portal has signed is not signed with the task's keys.
    Unsigned,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKeys => f.write_str("the task has no keys of the portal"),
            Self::Unreachable => f.write_str("it cannot be reached"),
            Self::Refused { reason: Some(reason), .. } => f.write_str(reason),
            Self::Refused { status, reason: None } => write!(f, "it answers with status {status}"),
            Self::Unsigned => f.write_str("what it has signed is not valid"),
        }
    }
}

impl std::error::Error for TokenError {}

/// Returns two tokens of a task, one for each operator.
///
/// # Errors
///
/// If the portal signs none.
pub async fn tokens(credentials: &Credentials, task: &[u8; 32], url: &str) -> Result<TokenPair, TokenError> {
    // What was asked for before is asked for again: the portal may have signed it, and its answer was lost.
    let begun = BEGUN.take().filter(|begun| begun.is_of(task));
    let blinded = begun.or_else(|| Blinded::new(credentials, task)).ok_or(TokenError::NoKeys)?;
    let answer = sign(&blinded, url).await;
    let finished = answer.and_then(|signed| blinded.finish(&signed).map_err(|_| TokenError::Unsigned));
    if finished.is_err() {
        BEGUN.set(Some(blinded));
    }
    Ok(finished?.to_tokens())
}

thread_local! {
    /// What the portal was asked to sign, until it has.
    static BEGUN: Cell<Option<Blinded>> = const { Cell::new(None) };
}

/// Asks the portal to sign two tokens; the same request again gives the same signatures.
async fn sign(blinded: &Blinded, url: &str) -> Result<TokenPair, TokenError> {
    // OK because two texts always have a JSON form.
    let body = serde_json::to_vec(&blinded.request()).expect("two texts can be written");
    let headers = [("content-type", "application/json")];
    let exchange = Exchange {
        method: "POST",
        url,
        headers: &headers,
        body: Some(&body),
        with_login: true,
        signal: None,
    };
    let answer = exchange.perform().await.map_err(|Unreachable| TokenError::Unreachable)?;
    if !answer.is_ok() {
        return Err(TokenError::Refused { status: answer.status, reason: answer.problem().1 });
    }
    serde_json::from_slice(&answer.body).map_err(|_| TokenError::Unsigned)
}
