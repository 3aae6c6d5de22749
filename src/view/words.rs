//! Sentences that are made from data: the policy in plain words, what is wrong with an answer.

use crate::answers::ItemProblem;
use crate::disclosure::{Policy, Rules};
use crate::instrument::{Instrument, Item, Kind};

/// Returns what is wrong with an answer, and what to do.
pub fn item_error(item: &Item, problem: ItemProblem) -> String {
    match (problem, item.kind) {
        (ItemProblem::NoneAndOthers, _) => "Choose either “none” or the others".to_owned(),
        (ItemProblem::Unanswered, Kind::Multi | Kind::Open) => {
            format!("{}: choose at least one answer", item.label)
        }
        (ItemProblem::Unanswered, _) => format!("{}: choose an answer", item.label),
    }
}

/// Returns what a policy lets anybody know, in sentences for the people whose answers it protects.
pub fn policy(policy: &Policy) -> Vec<String> {
    let (threshold, cell) = (policy.threshold(), policy.cell());
    let gate = format!(
        "Until {threshold} people have answered, there are no results at all. After that there is one result, made once."
    );
    let mut sentences = vec![gate];
    match policy.rules() {
        Rules::Cells => {
            sentences.push(format!(
                "An answer that only 1 to {} people gave is joined with others or not shown. So is one that nearly everybody gave.", cell - 1
            ));
            sentences.push(
                "No combination of two answers is shown, apart from the correlations that were planned beforehand.".into(),
            );
            sentences.push("How many left a question out, or preferred not to say, is shown.".into());
        }
        Rules::Bands => {
            sentences.push(
                "No numbers are shown; only whether 80% or more agreed, 20% or fewer, or something between."
                    .into(),
            );
            sentences.push("Nothing is shown about who you are: no year, no sex.".into());
        }
        Rules::Exact => {
            sentences.push(
                "Every count is shown as it is, small ones too. In a small group an answer that one person gave can be recognised as theirs.".into(),
            );
            sentences.push("This way of publishing needs the approval of an ethics board.".into());
        }
    }
    sentences
}

/// Returns what no rule of release can protect a respondent from.
pub fn residual_risks() -> [&'static str; 6] {
    [
        "Whoever serves this page could change it. So could an extension of this browser.",
        "The person who runs the group, and whoever is in the room, knows who takes part.",
        "Whoever has both this device and the passphrase can read the sums of those who have answered so far.",
        "If all but you put their answers together, they can compute yours from an exact count.",
        "What a group has in common is known of each of its members.",
        "Where the survey stands in a frame from another site, that site is trusted with it as well.",
    ]
}

/// Returns who can leave a question out because of an earlier answer, where there is such a rule.
pub fn condition(instrument: &Instrument, item: &Item) -> Option<String> {
    let condition = item.condition.as_ref()?;
    let (parent, labels) = (instrument.item(condition.item), condition.labels(instrument));
    Some(match condition.negated {
        true => format!("Leave this out if you answered {labels} to “{}”.", parent.label),
        false => format!("Leave this out unless you answered {labels} to “{}”.", parent.label),
    })
}

/// Returns how long the survey is: `7 questions, about 3 minutes`.
pub fn length(instrument: &Instrument) -> String {
    let questions = instrument.items().len();
    format!("{questions} questions, about {} minutes", instrument.text().minutes)
}

/// Returns where one is: `Part 2 of 3`.
pub fn part(place: usize, of: usize) -> String {
    format!("Part {} of {of}", place + 1)
}
