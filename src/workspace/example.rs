//! The worked example: synthetic responses that match the tables of the published study.
//!
//! Nobody gave these answers; they were made by search so that every count and coefficient is the study's.

use crate::answers::Response;
use crate::answers::csv::Responses;
use crate::disclosure::{Collection, Policy, release};
use crate::instrument::Instrument;
use crate::tally::Tally;

use super::{Origin, Source};

/// One of the two surveys of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    ClassSurvey,
    BalintGroup,
}

impl Example {
    pub const ALL: [Example; 2] = [Example::ClassSurvey, Example::BalintGroup];

    /// Returns what a reader knows it by.
    pub fn label(self) -> &'static str {
        match self {
            Example::ClassSurvey => "Class survey",
            Example::BalintGroup => "Balint group",
        }
    }

    /// Returns the responses, their instrument, a name for the collection, and how many could have answered.
    fn parts(self) -> (&'static str, &'static str, &'static str, u64) {
        match self {
            Example::ClassSurvey => (
                include_str!("../../tests/data/stress_46.csv"),
                "stress-experience",
                "synthetic-class-survey",
                290,
            ),
            Example::BalintGroup => {
                (include_str!("../../tests/data/post_6.csv"), "post-program", "synthetic-balint-group", 10)
            }
        }
    }

    /// Returns the synthetic responses, with their instrument.
    pub fn responses(self) -> (Instrument, Vec<Response>) {
        let (responses, instrument, ..) = self.parts();
        // OK because a test makes both.
        let instrument = Instrument::find(instrument).expect("a built-in instrument");
        let parsed = Responses::new(responses.as_bytes(), &instrument).expect("a good header");
        let responses = parsed.map(|response| response.expect("good responses")).collect();
        (instrument, responses)
    }

    /// Returns the release of the synthetic responses, under the policy by which the study published.
    pub fn source(self) -> Source {
        let (.., name, eligible) = self.parts();
        let (instrument, responses) = self.responses();
        let mut tally = Tally::new(&instrument);
        for response in &responses {
            // OK because they are few.
            tally.record(&instrument, response).expect("few responses");
        }
        // OK because a test makes both.
        let policy = Policy::named("published").expect("a policy");
        let collection = Collection::new(name, Some(eligible)).expect("a good name");
        let release = release(tally, &instrument, &policy, &collection).expect("enough responses");
        Source { release, origin: Origin::Example }
    }
}
