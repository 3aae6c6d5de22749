//! What tests of the remote survey's wire begin with.

#[path = "task.rs"]
mod task;

use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::dap09::{HpkeConfig, PrivateKey};
use balint_survey::remote::task::Task;
use balint_survey::report::fieldwork::Day;

/// What differs from task to task.
pub struct Setting<'a> {
    pub instrument: &'a Instrument,
    pub credentials: Credentials,
    /// The addresses of the leader and of the helper.
    pub urls: [String; 2],
    /// The first day and the last.
    pub days: [Day; 2],
}

/// Returns a task with a minimum batch of 50, its text, and the coordinator's key.
pub fn task(setting: Setting) -> (Task, String, PrivateKey) {
    let Setting { instrument, credentials, urls: [leader, helper], days: [opens, closes] } = setting;
    let (collector, key) = HpkeConfig::generate(7);
    let mut document = task::document(instrument.id(), credentials, &collector);
    (document.leader.url, document.helper.url) = (leader, helper);
    (document.opens, document.closes) = (opens, closes);
    let text = Task::write(&document);
    let task = Task::from_json(text.as_bytes(), &Instrument::built_in()).expect("a task");
    (task, text, key)
}
