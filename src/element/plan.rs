//! What the page for planning calls: `www/plan.js`.

use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::browser;
use crate::planning::{Letter, Plan, Request};
use crate::window::Instant;

/// Returns the calendar, the letters and the tag of a plan as JSON; the plan is [`Request`] as JSON.
///
/// # Errors
///
/// If a field is wrong; the message says which, what was found and what was expected.
#[wasm_bindgen]
pub fn plan(request: &str) -> Result<String, JsError> {
    let request: Request = serde_json::from_str(request)?;
    let plan = Plan::new(&request)?;
    // OK because the clock of a browser shows a year with four digits.
    let now = Instant::new(browser::now().cast_signed(), 0).expect("a date");
    let letter = |letter: &Letter| json!({ "at": letter.at.in_words(), "subject": letter.subject, "body": letter.body });
    let reminders: Vec<_> = plan.reminders().iter().map(letter).collect();
    Ok(json!({
        "title": plan.title(),
        "calendar": plan.calendar(now),
        "invitation": letter(&plan.invitation()),
        "reminders": reminders,
        "tag": plan.tag(),
    })
    .to_string())
}
