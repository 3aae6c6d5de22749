//! What the sums of a remote survey tell and what is released of them, of honest respondents and of others.
//!
//! Tests that are here, and not in `tests/`, as one respondent's entries are for the secret-shared upload alone.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Collection, POLICIES, Release, release};
use crate::answers::{Answers, Response, Shown};
use crate::instrument::{CategoryId, Instrument, ItemId, Variable};
use crate::tally::Tally;
use crate::tally::indicators::{IndicatorError, Indicators};

/// A sequence of numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

/// Returns a respondent who answers most questions, somehow.
fn response(instrument: &Instrument, numbers: &mut Numbers) -> Response {
    let mut answers = Answers::new(instrument);
    for section in instrument.sections() {
        for item in section.items.iter().copied() {
            let ticks = [0, 1, 1, 1, 2, 3][numbers.below(6)];
            for _ in 0..ticks {
                answers.choose(
                    instrument,
                    item,
                    CategoryId(numbers.below(instrument.item(item).categories.len())),
                );
            }
        }
        answers.leave_out(instrument, section, Shown::OnPath);
    }
    answers.prune(instrument);
    answers.finish(instrument).expect("nothing is left unanswered")
}

/// Returns the plain tally of so many respondents, and the sums of their vectors.
fn counted(instrument: &Instrument, respondents: usize, seed: u64) -> (Tally, Vec<u128>) {
    let mut numbers = Numbers(seed);
    let mut tally = Tally::new(instrument);
    let mut sums = vec![0; Indicators::count(instrument)];
    for _ in 0..respondents {
        let response = response(instrument, &mut numbers);
        tally.record(instrument, &response).expect("no overflow");
        add(&mut sums, Indicators::of(instrument, &response).entries());
    }
    (tally, sums)
}

fn add(sums: &mut [u128], entries: &[bool]) {
    sums.iter_mut().zip(entries).for_each(|(sum, entry)| *sum += u128::from(*entry));
}

/// Returns where the entries of an item begin: after each item's categories come five reasons for no answer.
fn first_entry(instrument: &Instrument, item: ItemId) -> usize {
    instrument.items().take(item.0).map(|(_, item)| item.categories.len() + 5).sum()
}

/// Returns what depends on an item: itself, what is asked by it, what is derived from those, in the order of reading.
fn dependents(instrument: &Instrument, place: usize) -> Vec<String> {
    let mut items = BTreeSet::from([place]);
    for (id, item) in instrument.items() {
        if item.condition.as_ref().is_some_and(|condition| items.contains(&condition.item.0)) {
            items.insert(id.0);
        }
    }
    let has = |variable: &Variable| variable.definition.items().iter().any(|item| items.contains(&item.0));
    let found = instrument.items().filter(|(id, _)| items.contains(&id.0)).map(|(_, item)| item.id.clone());
    let derived = instrument.derived().iter().filter(|variable| has(variable)).map(|v| v.id.clone());
    let pairs = instrument.pairs().iter().filter(|pair| has(&pair.x) || has(&pair.y)).map(|p| p.id.clone());
    found.chain(derived).chain(pairs).collect()
}

/// Checks that under each policy either nothing is released or what everybody accepts.
#[track_caller]
fn check_releases(instrument: &Instrument, tally: &Tally) -> usize {
    let collection = Collection::new("class", Some(10_000)).expect("a name");
    let release = |policy| release(tally.clone(), instrument, policy, &collection).ok();
    let releases: Vec<Release> = POLICIES.iter().filter_map(release).collect();
    for release in &releases {
        let read = Release::from_json(release.to_json().as_bytes(), std::slice::from_ref(instrument));
        assert_eq!(read.err(), None, "{}", release.policy_name());
    }
    releases.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sums_of_any_respondents_give_the_plain_tally_back(seed: u64, respondents in 0..80usize) {
        for instrument in Instrument::built_in() {
            let (plain, sums) = counted(&instrument, respondents, seed);
            let found = Tally::from_indicator_sums(&instrument, respondents as u64, &sums).expect("their sums");
            prop_assert_eq!(&found.voided, &[""; 0]);
            prop_assert!(found.tally == plain);
        }
    }

    #[test]
    fn one_tick_too_many_in_an_item_voids_what_depends_on_it_and_nothing_else(seed: u64, chosen: prop::sample::Index) {
        for instrument in Instrument::built_in() {
            let (plain, mut sums) = counted(&instrument, 60, seed);
            let singles: Vec<ItemId> =
                instrument.items().filter(|(_, item)| !item.takes_several()).map(|(id, _)| id).collect();
            let item = *chosen.get(&singles);
            sums[first_entry(&instrument, item)] += 1;
            let found = Tally::from_indicator_sums(&instrument, 60, &sums).expect("possible sums");
            prop_assert_eq!(&found.voided, &dependents(&instrument, item.0));
            for (id, other) in instrument.items() {
                let is_void = found.voided.contains(&other.id);
                let counts = found.tally.item(id);
                prop_assert!(!is_void || counts.base() == 0 && counts.missing() == 60, "{}", other.id);
                let is_same = other.categories().all(|(category, _)| {
                    counts.category(category) == plain.item(id).category(category)
                });
                prop_assert!(is_void || is_same, "{}", other.id);
            }
            prop_assert!(check_releases(&instrument, &found.tally) > 0);
        }
    }

    #[test]
    fn whatever_some_respondents_send_the_rest_can_be_released(
        seed: u64, forgers in 1..12usize, density in 1..100usize,
    ) {
        for instrument in Instrument::built_in() {
            let (_, mut sums) = counted(&instrument, 60, seed);
            let mut numbers = Numbers(!seed);
            for _ in 0..forgers {
                let entries: Vec<bool> = sums.iter().map(|_| numbers.below(100) < density).collect();
                add(&mut sums, &entries);
            }
            let respondents = 60 + forgers as u64;
            let found = Tally::from_indicator_sums(&instrument, respondents, &sums).expect("possible sums");
            prop_assert_eq!(found.tally.respondents(), respondents);
            check_releases(&instrument, &found.tally);
        }
    }

    /// What is hardest to find: a vector that is almost one of an honest respondent.
    #[test]
    fn a_few_changed_entries_of_one_respondent_leave_a_release(
        seed: u64, changes in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        for instrument in Instrument::built_in() {
            let (_, mut sums) = counted(&instrument, 59, seed);
            let response = response(&instrument, &mut Numbers(!seed));
            let mut entries = Indicators::of(&instrument, &response).entries().to_vec();
            for change in &changes {
                let place = change.index(entries.len());
                entries[place] = !entries[place];
            }
            add(&mut sums, &entries);
            let found = Tally::from_indicator_sums(&instrument, 60, &sums).expect("possible sums");
            check_releases(&instrument, &found.tally);
        }
    }
}

#[test]
fn sums_larger_than_the_number_of_respondents_are_refused() {
    for instrument in Instrument::built_in() {
        let (_, mut sums) = counted(&instrument, 60, 1);
        for place in [0, sums.len() / 2, sums.len() - 1] {
            let before = std::mem::replace(&mut sums[place], 61);
            let error = Tally::from_indicator_sums(&instrument, 60, &sums).expect_err("too large");
            assert_eq!(error, IndicatorError::TooLarge { entry: place, respondents: 60 });
            // As a sum of two shares that do not belong together is: a random element of the field.
            sums[place] = u128::MAX;
            assert!(Tally::from_indicator_sums(&instrument, 60, &sums).is_err());
            sums[place] = before;
        }
    }
}

#[test]
fn sums_of_another_length_are_refused() {
    for instrument in Instrument::built_in() {
        let expected = Indicators::count(&instrument);
        for found in [0, expected - 1, expected + 1] {
            let error =
                Tally::from_indicator_sums(&instrument, 60, &vec![0; found]).expect_err("another length");
            assert_eq!(error, IndicatorError::Length { found, expected });
        }
    }
}

#[test]
fn errors_say_what_was_found_and_what_was_expected() {
    assert_eq!(
        IndicatorError::Length { found: 3, expected: 146 }.to_string(),
        "found 3 sums; expected 146, as the instrument has"
    );
    assert_eq!(
        IndicatorError::TooLarge { entry: 0, respondents: 60 }.to_string(),
        "sum 1 is larger than the number of respondents; expected at most 60: the two shares do not belong together"
    );
}
