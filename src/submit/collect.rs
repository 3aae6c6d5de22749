//! Asks the leader of a remote survey for the sum. Nothing of the sum is sent: what is sent is the request.

use crate::browser;
use crate::remote::collecting::{Answer, Collecting, GatherError, Gathered, Inquiry, Next};

use super::exchange::{Exchange, Unreachable};

/// Why there is no release.
#[derive(Clone, Debug, PartialEq)]
pub enum CollectError {
    Gather(GatherError),
    Cancelled,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Asking,
    /// The leader is not ready, and is asked again soon; why, where that is known.
    Waiting {
        delay: Option<String>,
    },
    /// It cannot be reached, and is tried again soon.
    Retrying,
}

/// Asks until the leader has given the sum; `is_wanted` is told how far it is, and says whether to go on.
///
/// # Errors
///
/// If it does not give it, no release can be made of it, or it is not wanted any more.
pub async fn collect(
    mut collecting: Collecting,
    is_wanted: impl Fn(Progress) -> bool,
) -> Result<Gathered, CollectError> {
    loop {
        if !is_wanted(Progress::Asking) {
            return Err(CollectError::Cancelled);
        }
        let answer = perform(&collecting.inquiry()).await;
        let is_reached = answer.is_ok();
        let next = match answer {
            Ok(answer) => collecting.answer(&answer),
            Err(Unreachable) => collecting.unreachable(),
        };
        match next.map_err(CollectError::Gather)? {
            Next::Done(gathered) => return Ok(*gathered),
            Next::Wait(seconds) => {
                let waiting = || Progress::Waiting { delay: collecting.delay() };
                let pause = if is_reached { waiting() } else { Progress::Retrying };
                wait(seconds, &pause, &is_wanted).await?;
            }
        }
    }
}

/// Waits, and asks each second whether to go on.
async fn wait(
    seconds: u64,
    pause: &Progress,
    is_wanted: &impl Fn(Progress) -> bool,
) -> Result<(), CollectError> {
    for _ in 0..seconds {
        if !is_wanted(pause.clone()) {
            return Err(CollectError::Cancelled);
        }
        browser::sleep(1000).await;
    }
    Ok(())
}

async fn perform(inquiry: &Inquiry) -> Result<Answer, Unreachable> {
    let headers: Vec<(&'static str, &str)> =
        inquiry.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let exchange = Exchange {
        method: inquiry.method,
        url: &inquiry.url,
        headers: &headers,
        body: inquiry.body.as_deref(),
        with_login: false,
        signal: None,
    };
    let answer = exchange.perform().await?;
    Ok(Answer { status: answer.status, retry_after: answer.retry_after, body: answer.body })
}
