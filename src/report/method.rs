//! Sentences on how the figures were made, to be pasted into a paper.

use super::cherries::has_open;
use super::fieldwork::Fieldwork;
use super::{Report, format};
use crate::disclosure::{Policy, Rules};
use crate::instrument::{Instrument, Kind};

/// Returns the method in a few sentences, with versions and hashes.
pub fn sentences(report: &Report, instrument: &Instrument) -> String {
    let mut sentences = vec![format!(
        "Responses were tallied with {} (instrument {} version {}, SHA-256 {}), which adds up answers where they are given or read and releases only aggregates.",
        report.software,
        report.instrument,
        report.instrument_version,
        short(&report.instrument_hash),
    )];
    if let Ok(policy) = Policy::named(&report.policy) {
        sentences.push(format!("The release policy was “{}”: {}", policy.name(), rules(&policy)));
    }
    sentences.extend(collected(&report.fieldwork));
    sentences.extend(report.fieldwork.reminders.map(reminders));
    if report.eligible.is_some() {
        sentences.push("The response rate is AAPOR’s RR2: everybody who handed in the survey, with questions left out or not, over all who were eligible.".to_owned());
    }
    sentences
        .push("Percentages are of those who answered the question, with Wilson’s 95% intervals.".to_owned());
    if instrument.items().any(|(_, item)| item.kind == Kind::Likert) {
        sentences.push(
            "Likert items are reported as counts first, then as mean, standard deviation (n − 1) and median."
                .to_owned(),
        );
    }
    if !report.correlations.is_empty() {
        sentences.push(format!(
            "Associations are Pearson correlations, {} and planned beforehand, with Student’s t test, the exact permutation test where the counts are released, Fisher’s 95% intervals{}.",
            format::number_word(report.correlations.len()),
            if is_adjusted(report) { " and Holm’s adjustment" } else { ", and no adjustment, since not all of them are released" }
        ));
    }
    if let Some(comparison) = &report.comparison {
        sentences.push(comparison.method());
    }
    if has_open(instrument) {
        sentences.push("Themes of the open questions were marked by the respondents themselves from a list; their words were not collected.".to_owned());
    }
    sentences.join(" ")
}

/// Returns whether the p-values of the correlations are adjusted.
pub(super) fn is_adjusted(report: &Report) -> bool {
    report.correlations.iter().all(|found| found.withheld.is_none())
}

/// Returns the rules of a policy in one sentence.
pub(crate) fn rules(policy: &Policy) -> String {
    let (threshold, cell) = (policy.threshold(), policy.cell());
    match policy.rules() {
        Rules::Cells => format!(
            "nothing is released of fewer than {threshold} respondents, nor of a question that fewer answered, and counts of 1 to {} people are joined, banded or withheld.",
            cell - 1
        ),
        Rules::Bands => format!(
            "nothing is released of fewer than {threshold} respondents, and no counts, only whether 80% or more, 20% or fewer or something between agreed."
        ),
        Rules::Exact => format!(
            "nothing is released of fewer than {threshold} respondents, nor of a question that fewer answered; every other count is released as it is, small ones too."
        ),
    }
}

/// Returns when answers were collected, in a sentence.
pub(super) fn collected(fieldwork: &Fieldwork) -> Option<String> {
    match (fieldwork.opened, fieldwork.closed) {
        (Some(opened), Some(closed)) => {
            let days = fieldwork.days().unwrap_or(1);
            let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            Some(format!("The survey was open from {opened} to {closed} ({days})."))
        }
        (Some(opened), None) => Some(format!("The survey was open from {opened} on.")),
        (None, Some(closed)) => Some(format!("The survey was open until {closed}.")),
        (None, None) => None,
    }
}

/// Returns how often people were reminded, in a sentence.
pub(super) fn reminders(count: u32) -> String {
    match count {
        0 => "Nobody was reminded.".to_owned(),
        1 => "There was one reminder.".to_owned(),
        n => format!("There were {} reminders.", format::number_word(n as usize)),
    }
}

/// Returns the beginning of a hash: enough to tell versions apart.
pub(super) fn short(hash: &str) -> String {
    format!("{}…", hash.chars().take(12).collect::<String>())
}
