//! What tests of the remote survey begin with.

use balint_survey::disclosure::Policy;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::dap09::{HpkeConfig, PrivateKey};
use balint_survey::remote::task::{Document, Operator, Parameters, Task};
use balint_survey::remote::{base64url, random};
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
    let policy = Policy::default();
    let operator = |name: &str, url: String| Operator { name: name.to_owned(), url };
    let document = Document {
        protocol: "DAP-09".into(),
        task_id: base64url::encode(&random::<32>()),
        collection: "class".into(),
        instrument: instrument.id().into(),
        instrument_hash: instrument.hash().clone(),
        policy: policy.name().into(),
        policy_hash: policy.hash(),
        eligible: 290,
        opens,
        closes,
        leader: operator("faculty", leader),
        helper: operator("students", helper),
        minimum_batch: 50,
        time_precision: 86_400,
        vdaf: Parameters::of(instrument),
        credentials,
        collector_hpke_config: base64url::encode(&collector.to_bytes()),
    };
    let text = Task::write(&document);
    let task = Task::from_json(text.as_bytes(), &Instrument::built_in()).expect("a task");
    (task, text, key)
}
