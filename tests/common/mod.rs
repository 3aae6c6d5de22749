//! What several tests begin with.

use balint_survey::answers::csv::Responses;
use balint_survey::disclosure::{Collection, Policy, Release, release};
use balint_survey::instrument::Instrument;
use balint_survey::tally::Tally;

/// Returns the release of the responses in a CSV text.
pub fn made(instrument: &Instrument, csv: &str, policy: &str, name: &str, eligible: Option<u64>) -> Release {
    let mut tally = Tally::new(instrument);
    for response in Responses::new(csv.as_bytes(), instrument).expect("a good header") {
        tally.record(instrument, &response.expect("a good line")).expect("no overflow");
    }
    let policy = Policy::named(policy).expect("a policy");
    let collection = Collection::new(name, eligible).expect("a good name");
    release(tally, instrument, &policy, &collection).expect("enough respondents")
}
