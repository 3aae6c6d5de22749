//! Sentences that are made from data, in the language in use: the policy in plain words, what is wrong with an answer.

use super::session::FieldProblem;
use crate::answers::ItemProblem;
use crate::custody::{CustodyError, MIN_PASSPHRASE};
use crate::disclosure::{Policy, Refusal, Rules};
use crate::instrument::{Instrument, Item, Kind};
use crate::language::Language;
#[cfg(feature = "remote")]
use crate::remote::credential::{Code, CodeError};
use crate::submit::SubmitError;

/// Returns what is wrong with an answer, and what to do.
pub fn item_error(words: &Language, item: &Item, problem: ItemProblem) -> String {
    match (problem, item.kind) {
        (ItemProblem::NoneAndOthers, _) => words.none_and_others().to_owned(),
        (ItemProblem::Unanswered, Kind::Multi | Kind::Open) => words.choose_some(&item.label),
        (ItemProblem::Unanswered, _) => words.choose_one(&item.label),
    }
}

/// Returns what is wrong with a field, and what was expected.
pub fn field_error(words: &Language, problem: &FieldProblem) -> String {
    match problem {
        FieldProblem::Eligible { threshold } => words.eligible_error(&words.whole(*threshold)),
        FieldProblem::ShortPassphrase => words.passphrase_error(MIN_PASSPHRASE as u64),
        FieldProblem::Custody(error) => match error {
            CustodyError::NoCrypto => words.custody_no_crypto(),
            CustodyError::NotOpened => words.custody_not_opened(),
            CustodyError::NoStorage => words.custody_no_storage(),
            CustodyError::Elsewhere => words.custody_elsewhere(),
        }
        .to_owned(),
        #[cfg(feature = "remote")]
        FieldProblem::NoCode => words.code_missing().to_owned(),
        #[cfg(feature = "remote")]
        FieldProblem::Code(CodeError::Length(found)) => {
            words.code_length(&words.whole(*found as u64), &words.whole(Code::LEN as u64))
        }
        #[cfg(feature = "remote")]
        FieldProblem::Code(CodeError::Letter(found)) => words.code_letter(&format!("{found:?}")),
        #[cfg(feature = "remote")]
        FieldProblem::Code(CodeError::Slip) => words.code_slip().to_owned(),
    }
}

/// Returns why there are no results.
pub fn refusal(words: &Language, refusal: &Refusal) -> String {
    match refusal {
        Refusal::TooFew { threshold } => words.too_few(*threshold),
        Refusal::MoreThanEligible { eligible } => words.more_than_eligible(*eligible),
        Refusal::OtherInstrument => words.other_instrument().to_owned(),
    }
}

/// Returns why a release is not kept by the portal, as a part of a sentence.
pub fn submit_error(words: &Language, error: &SubmitError) -> String {
    match error {
        SubmitError::Unreachable => words.portal_unreachable().to_owned(),
        SubmitError::Refused { status, reason: None } => words.portal_refused(&status.to_string()),
        SubmitError::Refused { status, reason: Some(reason) } => {
            words.portal_refused_since(&status.to_string(), reason)
        }
    }
}

/// Returns what a policy lets anybody know, in sentences for the people whose answers it protects.
pub fn policy(words: &Language, policy: &Policy) -> Vec<String> {
    let mut sentences = vec![words.gate(policy.threshold())];
    sentences.extend(shown(words, policy));
    sentences
}

/// Returns what it shows once there are enough answers.
pub fn shown(words: &Language, policy: &Policy) -> Vec<String> {
    match policy.rules() {
        Rules::Cells => vec![
            words.few_are_joined(policy.cell() - 1),
            words.no_combinations().to_owned(),
            words.nonresponse_is_shown().to_owned(),
        ],
        Rules::Bands => vec![words.bands_only().to_owned(), words.nothing_about_you().to_owned()],
        Rules::Exact => vec![words.every_count().to_owned(), words.needs_approval().to_owned()],
    }
}

/// Returns what no rule of release can protect a respondent from.
pub fn residual_risks(words: &Language) -> [&str; 6] {
    [
        words.risk_page(),
        words.risk_room(),
        words.risk_passphrase(),
        words.risk_all_but_you(),
        words.risk_in_common(),
        words.risk_frame(),
    ]
}

/// Returns who can leave a question out because of an earlier answer, where there is such a rule.
pub fn condition(words: &Language, instrument: &Instrument, item: &Item) -> Option<String> {
    let condition = item.condition.as_ref()?;
    let parent = instrument.item(condition.item);
    let named = parent.categories().filter(|(id, _)| condition.categories.contains(*id));
    let answers = named.map(|(_, category)| words.quote(&category.label));
    let answers = answers.reduce(|first, second| words.either(&first, &second)).unwrap_or_default();
    let question = words.quote(&parent.label);
    Some(match condition.negated {
        true => words.leave_out_if(&answers, &question),
        false => words.leave_out_unless(&answers, &question),
    })
}

/// Returns how long the survey is: `7 questions, about 3 minutes`.
pub fn length(words: &Language, instrument: &Instrument) -> String {
    let questions = words.questions(instrument.items().len() as u64);
    words.length(&questions, &words.minutes(instrument.text().minutes.into()))
}

/// Returns where one is: `Part 2 of 3`.
pub fn part(words: &Language, place: usize, of: usize) -> String {
    words.part(&words.whole(place as u64 + 1), &words.whole(of as u64))
}
