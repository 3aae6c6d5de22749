//! What each policy would show, in words: the rules themselves are in [`crate::disclosure`].

use super::{PolicyEntry, ShownEntry, has_two_groups};
use crate::disclosure::{POLICIES, Policy, Rules};
use crate::instrument::{Item, Kind};
use crate::report::method;

pub fn entry(policy: &Policy) -> PolicyEntry {
    let rules = method::rules(policy);
    let mut letters = rules.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    PolicyEntry { name: policy.name(), threshold: policy.threshold(), shows: first + letters.as_str() }
}

pub fn shown(item: &Item) -> Vec<ShownEntry> {
    let entry = |policy: &Policy| ShownEntry { policy: policy.name(), shows: shows(item, policy) };
    POLICIES.iter().map(entry).collect()
}

fn shows(item: &Item, policy: &Policy) -> String {
    let (threshold, cell) = (policy.threshold(), policy.cell());
    let from = format!("From {threshold} answers on:");
    match policy.rules() {
        Rules::Exact => format!("{from} the count of every category{}.", mean(item)),
        Rules::Bands if !has_bands(item) => "Nothing.".to_owned(),
        Rules::Bands if item.takes_several() => {
            format!(
                "{from} of each category, whether 80% or more, 20% or fewer or something between chose it."
            )
        }
        Rules::Bands => format!(
            "{from} whether 80% or more, 20% or fewer or something between are in the second group of the pooling with two."
        ),
        Rules::Cells if item.takes_several() => format!(
            "{from} each count of {cell} or more, where as many did not choose it, as long as the counts together tell of no fewer."
        ),
        Rules::Cells => {
            format!("{from} every count, if each is 0 or at least {cell}{}{}", mean(item), otherwise(item))
        }
    }
}

fn mean(item: &Item) -> &'static str {
    if item.kind == Kind::Likert { ", and the mean" } else { "" }
}

/// Returns what is shown where a count is too small.
fn otherwise(item: &Item) -> String {
    let pooling = match item.poolings.len() {
        0 => "",
        1 => "; else the categories as the pooling joins them",
        _ => "; else the categories as the first pooling joins them for which that holds",
    };
    let band = if has_two_groups(item) && !item.demographic {
        "; else which of two groups nearly all are in"
    } else {
        ""
    };
    format!("{pooling}{band}; else how many answered.")
}

/// Returns whether the answers of a small group can be told in bands.
///
/// Demographic items would describe somebody, and whether a conditional one is shown would tell of a dissenter.
fn has_bands(item: &Item) -> bool {
    let can_agree = item.takes_several() || item.kind == Kind::Likert && has_two_groups(item);
    can_agree && !item.demographic && item.condition.is_none()
}
