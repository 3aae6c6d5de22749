//! What `<balint-report>` calls when it is given a coordinator's key: it opens the sum of a remote survey.

use js_sys::Function;
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::browser;
use crate::instrument::Instrument;
use crate::remote::Role;
use crate::remote::collecting::describe::Description;
use crate::remote::collecting::{Collecting, GatherError};
use crate::remote::keys::{Collector, CollectorFile};
use crate::remote::task::Task;
use crate::submit::collect::{self as submit, CollectError, Progress};

/// Returns what a coordinator is told of the survey that a key is for, as JSON: see [`Description`].
///
/// # Errors
///
/// If it is no key; the message says what was found and what was expected.
#[wasm_bindgen]
pub fn describe(collector_json: &str) -> Result<String, JsError> {
    let description = Description::new(&read(collector_json)?.task, browser::now());
    // OK because strings always have a JSON form.
    Ok(serde_json::to_string(&description).expect("strings can be written"))
}

/// Asks for the sum, and returns `{"release": …, "voided": […]}` as JSON, where the release is a string of its own.
///
/// `closes_now` says that the survey is to be closed before its last day is over. `onprogress` is called with
/// a sentence from time to time, and says whether to go on.
///
/// # Errors
///
/// If there is no release; the message says why.
#[wasm_bindgen]
pub async fn collect(
    collector_json: String,
    closes_now: bool,
    onprogress: Function,
) -> Result<String, JsError> {
    let collecting = Collecting::new(read(&collector_json)?, browser::now(), closes_now)?;
    let task = collecting.task().clone();
    let is_wanted = |progress: Progress| {
        let sentence = JsValue::from_str(&in_words(progress, &task));
        onprogress.call1(&JsValue::NULL, &sentence).is_ok_and(|goes_on| goes_on.is_truthy())
    };
    let gathered = submit::collect(collecting, is_wanted).await.map_err(|error| match error {
        CollectError::Gather(error @ GatherError::Unreachable { .. }) => {
            JsError::new(&format!("{error} – {}", or_not_allowed(&task)))
        }
        CollectError::Gather(error) => error.into(),
        CollectError::Cancelled => JsError::new("stopped; ask again, and it goes on where it stopped"),
    })?;
    Ok(json!({ "release": gathered.release.to_json(), "voided": gathered.voided }).to_string())
}

fn read(collector_json: &str) -> Result<Collector, JsError> {
    Ok(CollectorFile::from_json(collector_json.as_bytes(), &Instrument::built_in())?)
}

/// Returns the other reason for which a browser reaches nobody: it tells neither from the other.
fn or_not_allowed(task: &Task) -> String {
    let origin = task.origin(Role::Leader);
    format!("or this page’s Content-Security-Policy does not allow it: connect-src must name {origin}")
}

fn in_words(progress: Progress, task: &Task) -> String {
    let leader = &task.operator(Role::Leader).name;
    match progress {
        Progress::Asking => format!("Asking {leader} for the sum …"),
        Progress::Waiting { delay: Some(delay) } => format!("{delay}. Asking again in a moment …"),
        Progress::Waiting { delay: None } => format!("{leader} adds up; asking again in a moment …"),
        Progress::Retrying => {
            format!("{leader} cannot be reached, {}. Asking again in a moment …", or_not_allowed(task))
        }
    }
}
