//! The task that tests of the remote survey begin with.

use balint_survey::disclosure::Policy;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::dap09::HpkeConfig;
use balint_survey::remote::task::{Document, Operator, Terms};
use balint_survey::report::fieldwork::Day;

/// Returns a task for 290 people, from 2014-01-13 to 2014-02-23, with a minimum batch of 50.
pub fn document(instrument: &str, credentials: Credentials, collector: &HpkeConfig) -> Document {
    let day = |text: &str| Day::try_from(text.to_owned()).expect("a day");
    let operator = |name: &str, url: &str| Operator { name: name.to_owned(), url: url.to_owned() };
    Document::new(Terms {
        instrument: &Instrument::find(instrument).expect("built in"),
        policy: Policy::default(),
        collection: "class".to_owned(),
        eligible: 290,
        opens: day("2014-01-13"),
        closes: day("2014-02-23"),
        leader: operator("Faculty IT", "https://faculty.example/dap/"),
        helper: operator("Students’ union", "https://union.example/dap/"),
        minimum_batch: 50,
        credentials,
        collector,
    })
}
