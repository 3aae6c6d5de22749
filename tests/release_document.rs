//! The release as a document: what is written is what is read, and nothing else is.

mod common;

use std::sync::LazyLock;

use balint_survey::disclosure::{POLICIES, Policy, Release};
use balint_survey::instrument::Instrument;
use balint_survey::report::Report;
use serde_json::{Value, json};

const STRESS: &str = include_str!("data/stress_46.csv");
const POST: &str = include_str!("data/post_6.csv");

fn made(instrument: &str, csv: &str, policy: &str, collection: &str, eligible: Option<u64>) -> Release {
    let instrument = Instrument::find(instrument).expect("a built-in instrument");
    common::made(&instrument, csv, policy, collection, eligible)
}

/// Parsed once: the tests read some thousand documents.
static INSTRUMENTS: LazyLock<Vec<Instrument>> = LazyLock::new(Instrument::built_in);

fn read(json: &str) -> Result<Release, String> {
    Release::from_json(json.as_bytes(), &INSTRUMENTS).map_err(|error| error.to_string())
}

fn value(release: &Release) -> Value {
    serde_json::from_str(&release.to_json()).expect("a release is JSON")
}

fn stress(policy: &str) -> Value {
    value(&made("stress-experience", STRESS, policy, "a", Some(290)))
}

fn post() -> Value {
    value(&made("post-program", POST, "small-group", "a", Some(10)))
}

fn published_post() -> Value {
    value(&made("post-program", POST, "published", "a", Some(10)))
}

/// 46 of whom all had more than eight experiences: a band.
fn banded() -> Value {
    let header = STRESS.lines().next().expect("a header");
    let rest = ",".repeat(header.matches(',').count() - 3);
    let lines: String = (0..46).map(|_| format!("third,female,21-25,gt8{rest}\n")).collect();
    value(&made("stress-experience", &format!("{header}\n{lines}"), "standard", "a", None))
}

// What is written is read.

#[track_caller]
fn check_identity(release: &Release) {
    let json = release.to_json();
    assert_eq!(read(&json).as_ref(), Ok(release));
    assert_eq!(read(&json).expect("a release").to_json(), json);
}

#[test]
fn what_is_written_is_read_back_under_every_policy() {
    for policy in POLICIES {
        check_identity(&made("stress-experience", STRESS, policy.name(), "a", Some(290)));
        check_identity(&made("stress-experience", STRESS, policy.name(), "b.2026_x-y", None));
    }
    for policy in ["small-group", "published"] {
        check_identity(&made("post-program", POST, policy, "a", Some(10)));
    }
    check_identity(&read(&banded().to_string()).expect("a release"));
}

#[test]
fn a_merged_release_is_read_back_under_every_policy_that_merges() {
    for policy in POLICIES.iter().filter(|policy| policy.name() != "small-group") {
        let part = |name| made("stress-experience", STRESS, policy.name(), name, Some(290));
        let merged = part("a").merge(&part("b")).expect("two that go together");
        check_identity(&merged);
        check_identity(&merged.merge(&part("c")).expect("three that go together"));
    }
}

#[test]
fn documents_of_untampered_releases_are_accepted() {
    // Each tampering below starts from one of these.
    for document in [stress("standard"), stress("strict"), stress("published"), post(), banded()] {
        assert_eq!(read(&document.to_string()).map(|_| ()), Ok(()));
    }
}

// What is not written so is refused.

/// Returns a document with one value replaced, at a JSON pointer.
#[track_caller]
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = value;
    document
}

/// Returns a document with a field more.
#[track_caller]
fn adding(mut document: Value, pointer: &str, field: &str, value: Value) -> Value {
    let object = document.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object");
    assert!(object.insert(field.to_owned(), value).is_none(), "{field} is there");
    document
}

/// Returns a document with a field less.
#[track_caller]
fn without(mut document: Value, pointer: &str, field: &str) -> Value {
    let object = document.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object");
    assert!(object.remove(field).is_some(), "{field} is not there");
    document
}

/// Returns a document with an array changed.
#[track_caller]
fn changing(mut document: Value, pointer: &str, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    change(document.pointer_mut(pointer).and_then(Value::as_array_mut).expect("an array"));
    document
}

/// Returns a document with the counts of an item's cells replaced.
#[track_caller]
fn counting(mut document: Value, item: usize, counts: &[Value]) -> Value {
    let cells = document["items"][item]["cells"].as_array_mut().expect("cells");
    assert_eq!(cells.len(), counts.len(), "{cells:?}");
    cells.iter_mut().zip(counts).for_each(|(cell, count)| cell["count"] = count.clone());
    document
}

/// Checks that a document is refused with a message that names the place and says a word of the reason.
#[track_caller]
fn check(document: &Value, place: &str, word: &str) {
    check_text(&document.to_string(), place, word);
}

#[track_caller]
fn check_text(document: &str, place: &str, word: &str) {
    match read(document) {
        Ok(_) => panic!("accepted; expected to hear of {word:?} at {place:?}"),
        Err(message) => {
            let (before, after) = message.split_once(": ").expect("a place, a colon, a reason");
            assert!(before.starts_with(place), "{message:?} is not about {place:?}");
            assert!(after.contains(word), "{message:?} does not say {word:?}");
        }
    }
}

// The items of the class survey, by their places in the document.
const YEAR: usize = 0;
const AGE: usize = 2;
const EXPERIENCES: usize = 3;
const REASONS: usize = 5;
const EFFECTS: usize = 6;

#[test]
fn every_truncation_is_refused() {
    let json = made("stress-experience", STRESS, "standard", "a", None).to_json();
    let whole = json.trim_end().len();
    for length in 1..whole {
        if let Some(part) = json.get(..length) {
            check_text(part, "line ", "EOF while parsing");
        }
    }
    assert!(read(&json[..whole]).is_ok());
}

#[test]
fn what_is_no_json_of_a_release_is_refused() {
    for empty in ["", " \n"] {
        assert_eq!(read(empty).unwrap_err(), "the file is empty; expected a release");
    }
    check_text("null", "line 1", "null");
    check_text("42", "line 1", "42");
    check_text("[]", "line 1", "expected a release");
    check_text("{}", "line 1", "missing field");
    check_text("{\"release\": 1,}", "line 1, column 15", "trailing comma");
    check_text(&format!("{} x", stress("standard")), "line 1", "trailing characters");
    check_text(&"[".repeat(100_000), "line 1", "expected a release");
    let not_utf8 = Release::from_json(b"{\"release\": 1, \"software\": \"\xff\"}", &Instrument::built_in());
    assert!(not_utf8.expect_err("no UTF-8").to_string().starts_with("line 1"), "names the place");
}

#[test]
fn unknown_fields_are_refused() {
    check(&adding(stress("standard"), "", "tally", json!([1])), "line 1", "unknown field `tally`");
    check(&adding(stress("standard"), "/instrument", "x", json!(1)), "line 1", "unknown field `x`");
    check(&adding(stress("standard"), "/policy", "cell", json!(1)), "line 1", "unknown field `cell`");
    check(&adding(stress("standard"), "/items/0", "mean", json!(1)), "line 1", "unknown field `mean`");
    check(&adding(stress("standard"), "/items/0/cells/0", "x", json!(1)), "line 1", "unknown field `x`");
    check(&adding(stress("standard"), "/correlations/0/result", "sum_xy", json!(1)), "line 1", "correlation");
}

#[test]
fn missing_fields_are_refused() {
    check(&without(stress("standard"), "", "respondents"), "line 1", "missing field `respondents`");
    check(&without(stress("standard"), "", "collections"), "line 1", "missing field `collections`");
    check(&without(stress("standard"), "/items/0", "id"), "line 1", "missing field `id`");
    check(&without(stress("standard"), "/policy", "hash"), "line 1", "missing field `hash`");
    check(&without(stress("standard"), "/items/0", "missing"), "item \"year\"", "a part of its base");
    check(&without(stress("standard"), "/items/0", "base"), "item \"year\"", "a part of its base");
}

#[test]
fn what_is_no_count_is_refused() {
    for count in [json!(-1), json!(43.5), json!(43.0), json!(1e30), json!([43]), json!(true)] {
        check(&with(stress("standard"), "/items/0/base", count.clone()), "line 1", "expected u64");
        check(&with(stress("standard"), "/items/0/cells/0/count", count.clone()), "line 1", "count");
        check(&with(stress("standard"), "/respondents", count), "line 1", "count");
    }
    for count in
        ["", "20", "many", "< 5", "<05", "<-5", "<5 ", ">=91%", ">= 091%", "5-9", "<18446744073709551616"]
    {
        check(&with(stress("standard"), "/items/0/cells/0/count", json!(count)), "line 1", "is not a count");
    }
}

#[test]
fn another_instrument_is_refused() {
    let hash = "0".repeat(64);
    check(&with(stress("standard"), "/instrument/id", json!("elsewhere")), "instrument", "elsewhere");
    check(&with(stress("standard"), "/instrument/id", json!("post-program")), "instrument", "hash");
    check(&with(stress("standard"), "/instrument/hash", json!(hash)), "instrument", &hash);
    check(&with(stress("standard"), "/instrument/version", json!(2)), "instrument", "version 1");
    check(&with(stress("standard"), "/instrument/hash", json!("abc")), "line 1", "64 lower-case hexadecimal");
    check(&with(stress("standard"), "/instrument/hash", json!("A".repeat(64))), "line 1", "lower-case");
}

#[test]
fn another_policy_is_refused() {
    let strict = Policy::named("strict").expect("a policy").hash();
    check(&with(stress("standard"), "/policy/name", json!("lenient")), "policy", "unknown policy");
    check(&with(stress("standard"), "/policy/name", json!("strict")), "policy", strict.as_str());
    check(&with(stress("standard"), "/policy/hash", json!(strict.as_str())), "policy", strict.as_str());
    // The exact counts of `published` under the name of `standard`, and the other way round.
    let standard = stress("standard");
    let exact = with(stress("published"), "/policy", standard["policy"].clone());
    check(&exact, "item \"age\", 31-35", "what standard can show");
    let safe = with(standard, "/policy", stress("published")["policy"].clone());
    check(&safe, "item \"reasons\", lack_of_time", "what published can show");
}

#[test]
fn another_form_is_refused() {
    check(&with(stress("standard"), "/release", json!(2)), "release", "found 2; expected 1");
}

#[test]
fn bad_collections_are_refused() {
    for names in
        [json!([]), json!(["a", "a"]), json!(["a", ""]), json!(["../a"]), json!([".a"]), json!(["a b"])]
    {
        check(&with(stress("standard"), "/collections", names), "collections", "expected");
    }
    check(
        &with(stress("standard"), "/collections", json!(["x".repeat(65)])),
        "collections",
        "different names",
    );
    check(&with(stress("standard"), "/collections", json!("a")), "line 1", "expected a sequence");
}

#[test]
fn fewer_eligible_than_respondents_are_refused() {
    check(&with(stress("standard"), "/eligible", json!(45)), "eligible", "46 or more");
    check(&with(stress("standard"), "/eligible", json!(0)), "eligible", "46 or more");
    // "5–9" are five or more.
    check(&with(post(), "/eligible", json!(4)), "eligible", "5 or more");
    let ten = with(post(), "/respondents", json!("10 or more"));
    check(&with(ten, "/eligible", json!(9)), "eligible", "10 or more");
}

#[test]
fn respondents_that_the_policy_does_not_show_are_refused() {
    check(&with(stress("standard"), "/respondents", json!(9)), "respondents", "10 or more");
    check(&with(stress("strict"), "/respondents", json!(10)), "respondents", "11 or more");
    check(&with(stress("published"), "/respondents", json!(4)), "respondents", "5 or more");
    for hidden in ["5–9", "10 or more", "withheld", "<10", ">41", ">= 91%", "between"] {
        check(&with(stress("standard"), "/respondents", json!(hidden)), "respondents", "what standard shows");
    }
    for shown in [json!(6), json!("withheld"), json!("<10"), json!("between")] {
        check(&with(post(), "/respondents", shown), "respondents", "what small-group shows");
    }
}

#[test]
fn bases_that_do_not_add_up_are_refused() {
    check(&with(stress("standard"), "/respondents", json!(47)), "item \"year\"", "as their sum");
    check(&with(stress("standard"), "/items/0/base", json!(42)), "item \"year\"", "as their sum");
    check(&with(stress("standard"), "/items/0/missing", json!(4)), "item \"year\"", "as their sum");
    let few = with(with(stress("standard"), "/items/0/base", json!(9)), "/items/0/missing", json!(37));
    check(&few, "item \"year\"", "a base of 10 or more");
    let skipped =
        with(with(stress("standard"), "/items/0/missing", json!(0)), "/items/0/not_asked", json!(3));
    check(&skipped, "item \"year\"", "everybody to be asked");
    check(
        &with(stress("standard"), "/items/0/not_asked", Value::Null),
        "item \"year\"",
        "a part of its base",
    );
    let no_base = ["base", "missing", "not_asked"];
    let no_base = no_base.iter().fold(stress("standard"), |document, field| {
        with(document, &format!("/items/0/{field}"), Value::Null)
    });
    check(&no_base, "item \"year\"", "a part of its base");
}

#[test]
fn a_few_who_were_not_asked_are_refused_as_a_count() {
    let base = with(stress("standard"), "/items/5/base", json!(43));
    let few = with(base, "/items/5/not_asked", json!(3));
    check(&few, "item \"reasons\"", "withheld");
}

#[test]
fn tables_that_do_not_add_up_are_refused() {
    let year = |third: u64, fourth: u64| counting(stress("standard"), YEAR, &[json!(third), json!(fourth)]);
    check(&year(21, 23), "item \"year\"", "a sum of 43");
    check(&year(20, 22), "item \"year\"", "a sum of 43");
    check(&year(44, 0), "item \"year\", third", "what standard can show");
    let age = [47, 0, 0, 0].map(|count| json!(count));
    check(&counting(stress("published"), AGE, &age), "item \"age\", 21-25", "what published can show");
    let age = [24, 19, 2, 2].map(|count| json!(count));
    check(&counting(stress("published"), AGE, &age), "item \"age\"", "a sum of 46");
}

#[test]
fn small_cells_are_refused() {
    let year = |third: u64, fourth: u64| counting(stress("standard"), YEAR, &[json!(third), json!(fourth)]);
    check(&year(3, 40), "item \"year\", third", "found 3");
    check(&year(39, 4), "item \"year\", fourth", "found 4");
    check(&with(stress("standard"), "/items/5/cells/0/count", json!(1)), "item \"reasons\", not", "found 1");
    check(&with(stress("standard"), "/items/5/cells/0/count", json!(0)), "item \"reasons\", not", "found 0");
    check(&with(stress("strict"), "/items/5/cells/0/count", json!(10)), "item \"reasons\", not", "found 10");
}

#[test]
fn unanimity_is_refused() {
    let year = |third: u64, fourth: u64| counting(stress("standard"), YEAR, &[json!(third), json!(fourth)]);
    check(&year(43, 0), "item \"year\"", "unanimity");
    check(&year(0, 43), "item \"year\"", "unanimity");
    check(&with(stress("standard"), "/items/6/cells/0/count", json!(46)), "item \"effects\", cynicism", "46");
    check(&with(stress("standard"), "/items/6/cells/0/count", json!(42)), "item \"effects\", cynicism", "42");
}

#[test]
fn wrong_bands_are_refused() {
    let cell = |count: &str| with(stress("standard"), "/items/6/cells/0/count", json!(count));
    for count in [">40", ">42", ">0", "<6", "<46", ">= 91%", "<= 20%", "between", "withheld", "5–9"] {
        check(&cell(count), "item \"effects\", cynicism", "what standard can show");
    }
    let cell = |count: &str| with(stress("published"), "/items/6/cells/0/count", json!(count));
    for count in [">41", "<5", "withheld"] {
        check(&cell(count), "item \"effects\", cynicism", "what published can show");
    }
    let cell = |count: &str| with(banded(), "/items/3/cells/1/count", json!(count));
    for count in [">= 90%", ">= 92%", ">= 100%", ">41", "<6"] {
        check(&cell(count), "item \"experiences\", 5-8+gt8", "what standard can show");
    }
}

#[test]
fn bands_that_the_rules_never_put_together_are_refused() {
    let band = json!(">= 91%");
    let both = counting(banded(), EXPERIENCES, &[band.clone(), band.clone()]);
    check(&both, "item \"experiences\"", "band");
    let neither = counting(banded(), EXPERIENCES, &[json!("<5"), json!("<5")]);
    check(&neither, "item \"experiences\"", "band");
    // 46 − 42 would be the count that "<5" hides.
    let leak = counting(banded(), EXPERIENCES, &[json!("<5"), json!(42)]);
    check(&leak, "item \"experiences\"", "band");
    let mixed = [json!(0), json!(22), json!(22), json!("<5")];
    check(&counting(stress("standard"), EXPERIENCES, &mixed), "item \"experiences\"", "band");
    // Demographic items are never banded.
    let sex = counting(stress("standard"), 1, &[json!("<5"), json!(">= 90%")]);
    check(&sex, "item \"sex\"", "band");
}

#[test]
fn other_items_than_the_instruments_are_refused() {
    check(&changing(stress("standard"), "/items", |items| items.swap(0, 1)), "items", "expected year, sex");
    check(&changing(stress("standard"), "/items", |items| drop(items.pop())), "items", "reasons, effects");
    let twice = |items: &mut Vec<Value>| items.push(items[0].clone());
    check(&changing(stress("standard"), "/items", twice), "items", "effects, year");
    check(&with(stress("standard"), "/items/0/id", json!("name")), "items", "name");
    check(&with(stress("standard"), "/items", json!([])), "items", "year");
}

#[test]
fn other_categories_than_the_items_are_refused() {
    let extra = json!({"categories": ["fifth"], "count": 5});
    check(
        &changing(stress("standard"), "/items/0/cells", |cells| cells.push(extra)),
        "item \"year\"",
        "fifth",
    );
    let twice = |cells: &mut Vec<Value>| cells.push(cells[0].clone());
    check(&changing(stress("standard"), "/items/0/cells", twice), "item \"year\"", "third, fourth, third");
    let fewer = |cells: &mut Vec<Value>| drop(cells.pop());
    check(&changing(stress("standard"), "/items/0/cells", fewer), "item \"year\"", "categories");
    let swapped = changing(stress("standard"), "/items/0/cells", |cells| cells.swap(0, 1));
    check(&swapped, "item \"year\"", "fourth, third");
    check(&with(stress("standard"), "/items/0/cells", json!([])), "item \"year\"", "categories");
    let declined = json!({"categories": ["not_listed"], "count": 0});
    check(
        &changing(stress("standard"), "/items/0/cells", |c| c.push(declined)),
        "item \"year\"",
        "not_listed",
    );
}

#[test]
fn poolings_that_were_not_declared_are_refused() {
    let one = json!([{"categories": ["third", "fourth"], "count": 43}]);
    check(&with(stress("standard"), "/items/0/cells", one), "item \"year\"", "a declared pooling");
    let ages = json!([
        {"categories": ["21-25", "26-30"], "count": 41}, {"categories": ["31-35", "gt35"], "count": 5}
    ]);
    check(&with(stress("standard"), "/items/2/cells", ages), "item \"age\"", "21-25+26-30, 31-35+gt35");
    let nothing = json!([{"categories": [], "count": 41}, {"categories": ["gt35"], "count": 5}]);
    check(&with(stress("standard"), "/items/2/cells", nothing), "item \"age\"", "a declared pooling");
    let joined = json!([
        {"categories": ["not_significant", "no_one_available"], "count": 30}
    ]);
    check(&with(stress("standard"), "/items/5/cells", joined), "item \"reasons\"", "a declared pooling");
}

#[test]
fn wrong_counts_of_derived_variables_are_refused() {
    let reasons = |counts: Value| with(stress("published"), "/derived/1/counts", counts);
    check(&reasons(json!([46])), "derived \"n_reasons\"", "8 counts");
    check(&reasons(json!([7, 16, 12, 10, 1, 0, 0, 0, 0])), "derived \"n_reasons\"", "8 counts");
    check(&reasons(json!([7, 16, 12, 10, 2, 0, 0, 0])), "derived \"n_reasons\"", "a sum of 5 to 46");
    check(&reasons(json!([4, 0, 0, 0, 0, 0, 0, 0])), "derived \"n_reasons\"", "a sum of 5 to 46");
    check(&changing(stress("standard"), "/derived", |all| all.swap(0, 1)), "derived", "female, n_reasons");
    check(&changing(stress("standard"), "/derived", |all| drop(all.pop())), "derived", "n_effects");
    let total = json!([6].into_iter().chain([0; 24]).collect::<Vec<u64>>());
    check(&with(post(), "/derived/0/counts", total), "derived \"likert_total\"", "none under this policy");
}

#[test]
fn parts_that_no_answers_to_the_items_of_a_sum_have_are_refused() {
    let whole = published_post();
    let part = |sum: u64, squares: u64| json!({"sum": sum, "squares": squares});
    let first = |part: Value| with(whole.clone(), "/derived/0/parts/0", part);
    let place = "derived \"likert_total\"";
    check(&with(whole.clone(), "/derived/0/parts", json!(null)), place, "one for each item");
    check(&changing(whole.clone(), "/derived/0/parts", |all| drop(all.pop())), place, "8 parts");
    check(&with(whole.clone(), "/derived/0/counts", json!(null)), place, "both or neither");
    // Of six answers from 1 to 4, all of them 4 here.
    check(&first(part(25, 104)), place, "what 6 values of 1 to 4 can have");
    check(&first(part(24, 95)), place, "what 6 values of 1 to 4 can have");
    check(&first(part(24, 97)), place, "what 6 values of 1 to 4 can have");
    check(&first(part(u64::MAX, u64::MAX)), place, "what 6 values of 1 to 4 can have");
    check(&first(part(23, 89)), place, "175");
    check(
        &with(stress("published"), "/derived/1/parts", json!([])),
        "derived \"n_reasons\"",
        "none for other",
    );
}

#[test]
fn small_levels_of_derived_variables_are_refused() {
    let reasons = |counts: Value| with(stress("standard"), "/derived/1/counts", counts);
    check(&reasons(json!([7, 16, 12, 10, 1, 0, 0, 0])), "derived \"n_reasons\"", "5 or more");
    check(&reasons(json!([46, 0, 0, 0, 0, 0, 0, 0])), "derived \"n_reasons\"", "5 or more");
}

#[test]
fn what_the_rules_cannot_have_put_side_by_side_is_refused() {
    let standard = stress("standard");
    let counts = json!([7, 16, 12, 11, 0, 0, 0, 0]);
    check(&with(standard.clone(), "/derived/1/counts", counts), "derived \"n_reasons\"", "not shown in full");
    let female = with(standard.clone(), "/derived/0/counts", json!([9, 34]));
    check(&female, "derived \"female\"", "a correlation with them is shown");
    check(&with(standard.clone(), "/derived/0/counts", json!([12, 34])), "derived \"female\"", "at most 43");
    let one = with(standard.clone(), "/correlations/0/result/r", json!("1.00"));
    check(&one, "correlation \"c1\"", "less than 1");
    let without_sex = with(
        standard.clone(),
        "/items/1",
        json!({"id": "sex", "base": null, "missing": null, "not_asked": null, "cells": null}),
    );
    check(&without_sex, "correlation \"c1\"", "10 to 0");
    // The answers that "discussed" depends on, as a band: its own base would say how many were below it.
    let band = json!([
        {"categories": ["0", "1-4"], "count": "<5"}, {"categories": ["5-8", "gt8"], "count": ">= 91%"}
    ]);
    check(&with(standard.clone(), "/items/3/cells", band), "item \"discussed\"", "withheld like the answers");
    let none = with(standard, "/items/6/cells/0/count", json!("withheld"));
    check(&none, "item \"effects\"", "what standard can show");
}

#[test]
fn impossible_coefficients_are_refused() {
    let c1 = |field: &str, value: Value| {
        with(stress("standard"), &format!("/correlations/0/result/{field}"), value)
    };
    let texts = [
        "2.00", "-1.01", "1.01", "0.306", "0.306308", "0", "1", "", ".31", "+0.31", "0.31 ", "NaN", "inf",
        "1e-1",
    ];
    for r in texts.into_iter().chain(["-0.00", "00.31", "0.3.1", "0.-1", "0,31"]) {
        check(&c1("r", json!(r)), "line 1", "correlation");
    }
    check(&c1("n", json!(47)), "correlation \"c1\"", "10 to 43");
    check(&c1("n", json!(9)), "correlation \"c1\"", "10 to 43");
    for r in [Value::Null, json!(0.31), json!(2), json!(["0.31"])] {
        check(&c1("r", r), "line 1", "correlation");
    }
}

#[test]
fn other_correlations_than_the_planned_are_refused() {
    let reversed = changing(stress("standard"), "/correlations", |pairs| pairs.reverse());
    check(&reversed, "correlations", "expected c1, c2, c3");
    let more = |pairs: &mut Vec<Value>| pairs.push(json!({"id": "c4", "result": null}));
    check(&changing(stress("standard"), "/correlations", more), "correlations", "c4");
}

#[test]
fn results_of_another_policys_kind_are_refused() {
    let exact = stress("published")["correlations"].clone();
    let rounded = stress("standard")["correlations"].clone();
    check(&with(stress("standard"), "/correlations", exact), "correlation \"c1\"", "what standard shows");
    check(&with(stress("published"), "/correlations", rounded), "correlation \"c1\"", "what published shows");
    let mut small = value(&made("stress-experience", STRESS, "small-group", "a", None));
    small["correlations"][0]["result"] = json!({"n": 43, "r": "0.31"});
    check(&small, "correlation \"c1\"", "what small-group shows");
}

#[test]
fn forged_sums_of_products_are_refused() {
    let c1 = |field: &str, value: Value| {
        with(stress("published"), &format!("/correlations/0/result/{field}"), value)
    };
    // The 43 named 179 effects. By hand: the fewest that nine of them can have named are 2 + 7·3 + 4 = 27, and the
    // most 2·6 + 7·5 = 47, so that the 34 women named 132 to 152.
    check(&c1("sum_xy", json!(153)), "correlation \"c1\"", "sum_xy 153");
    check(&c1("sum_xy", json!(131)), "correlation \"c1\"", "sum_xy 131");
    check(&c1("sum_xy", json!(0)), "correlation \"c1\"", "sum_xy 0");
    check(&c1("sum_xy", json!(u64::MAX)), "correlation \"c1\"", "sum_xy 18446744073709551615");
    for possible in [132, 146, 152] {
        assert!(read(&c1("sum_xy", json!(possible)).to_string()).is_ok(), "{possible}");
    }
    check(&c1("x", json!([9, 33])), "correlation \"c1\"", "as many of both");
    check(&c1("x", json!([9, 34, 0])), "correlation \"c1\"", "2 counts");
    check(&c1("x", json!([9, 340])), "correlation \"c1\"", "a sum of 5 to 46");
}

#[test]
fn numbers_of_a_small_group_are_refused() {
    let bases = with(with(post(), "/items/0/base", json!(6)), "/items/0/missing", json!(0));
    check(&with(bases, "/items/0/not_asked", json!(0)), "item \"q1_explore\"", "a part of its base");
    check(&with(post(), "/items/0/base", json!(6)), "item \"q1_explore\"", "a part of its base");
    let cell = |count: Value| with(post(), "/items/0/cells/0/count", count);
    for count in [json!(6), json!("<2"), json!(">4"), json!(">= 91%"), json!("<= 0%"), json!("withheld")] {
        check(&cell(count), "item \"q1_explore\", 3+4", "what small-group can show");
    }
    let table = json!([
        {"categories": ["1"], "count": "<= 20%"}, {"categories": ["2"], "count": "<= 20%"},
        {"categories": ["3"], "count": "<= 20%"}, {"categories": ["4"], "count": ">= 80%"}
    ]);
    check(&with(post(), "/items/0/cells", table), "item \"q1_explore\"", "a declared pooling");
}

#[test]
fn demographics_of_a_small_group_are_refused() {
    let sex = json!([
        {"categories": ["male"], "count": "<= 20%"}, {"categories": ["female"], "count": ">= 80%"}
    ]);
    check(&with(post(), "/items/8/cells", sex), "item \"sex\"", "withheld");
}

#[test]
fn numbers_beyond_any_collection_are_refused_without_a_panic() {
    let most = json!(u64::MAX);
    check(&with(stress("published"), "/respondents", most.clone()), "respondents", "at most");
    check(&with(stress("standard"), "/items/0/base", most.clone()), "item \"year\"", "as their sum");
    check(
        &counting(stress("published"), YEAR, &[most.clone(), most.clone()]),
        "item \"year\", third",
        "what",
    );
    let counts = json!([u64::MAX, u64::MAX, 0, 0, 0, 0, 0, 0]);
    check(&with(stress("published"), "/derived/1/counts", counts), "derived \"n_reasons\"", "a sum of");
    let text = stress("published").to_string().replacen(
        "\"respondents\":46",
        "\"respondents\":18446744073709551616",
        1,
    );
    check_text(&text, "line 1", "count");
}

/// Every number of the document multiplied, so that all sums still hold: i128 moments would overflow.
#[test]
fn a_consistent_release_of_far_too_many_is_refused_without_a_panic() {
    fn grow(value: &mut Value, factor: u64) {
        match value {
            Value::Number(number) => *value = json!(number.as_u64().expect("a count") * factor),
            Value::Array(values) => values.iter_mut().for_each(|value| grow(value, factor)),
            Value::Object(fields) => fields.values_mut().for_each(|value| grow(value, factor)),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    let mut document = stress("published");
    for part in ["respondents", "eligible", "items", "derived", "correlations"] {
        grow(&mut document[part], 1 << 55);
    }
    check(&document, "respondents", "at most");
    let mut document = stress("published");
    for part in ["respondents", "eligible", "items", "derived", "correlations"] {
        grow(&mut document[part], 1 << 20);
    }
    let instrument = Instrument::find("stress-experience").expect("a built-in instrument");
    let report = Report::new(&read(&document.to_string()).expect("48 million respondents"), &instrument);
    let printed: Vec<String> =
        report.correlations.iter().map(|c| format!("{:.3}", c.r.expect("r"))).collect();
    assert_eq!(printed, ["0.306", "-0.400", "0.370"]);
}

#[test]
fn several_tampered_values_never_panic() {
    // Each value of the document, one after another, replaced by each of these.
    let values = [
        json!(null),
        json!(0),
        json!(7),
        json!(u64::MAX),
        json!(-1),
        json!(0.5),
        json!("<5"),
        json!([]),
        json!({}),
    ];
    for document in [stress("standard"), stress("published"), post(), banded()] {
        let mut pointers = Vec::new();
        collect(&document, "", &mut pointers);
        for pointer in &pointers {
            for value in &values {
                let tampered = with(document.clone(), pointer, value.clone()).to_string();
                if let Ok(release) = read(&tampered) {
                    // What is accepted can be reported.
                    let mut known = INSTRUMENTS.iter();
                    let instrument = known.find(|known| known.id() == release.instrument_id());
                    let report = Report::new(&release, instrument.expect("an instrument")).to_json();
                    assert!(serde_json::from_str::<Value>(&report).is_ok());
                }
            }
        }
    }
}

fn collect(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    pointers.push(pointer.to_owned());
    match value {
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(i, v)| collect(v, &format!("{pointer}/{i}"), pointers));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(k, v)| collect(v, &format!("{pointer}/{k}"), pointers))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn places_in_these_tests_are_the_items_they_say() {
    let document = stress("standard");
    let id = |place: usize| document["items"][place]["id"].clone();
    let places = [YEAR, 1, AGE, EXPERIENCES, REASONS, EFFECTS].map(id);
    assert_eq!(Value::from_iter(places), json!(["year", "sex", "age", "experiences", "reasons", "effects"]));
    assert_eq!(post()["items"][8]["id"], "sex");
}
