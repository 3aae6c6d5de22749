//! The release rules, against the vectors of `tests/data/sdc_cases.json` and against attackers.

use balint_survey::answers::{Answers, Response, Shown};
use balint_survey::disclosure::rules::{self, PairRelease, Side};
use balint_survey::disclosure::{
    Collection, Count, MergeError, POLICIES, Policy, Refusal, Release, ReleasedItem, Rules, release,
};
use balint_survey::instrument::Instrument;
use balint_survey::statistics::Histogram;
use balint_survey::tally::Tally;
use serde_json::{Value, json};

/// How many respondents gave which answers: item and category codes; what is not named is left out.
type Group<'a> = (u64, &'a [(&'a str, &'a str)]);

fn response(instrument: &Instrument, answers: &[(&str, &str)]) -> Response {
    let mut draft = Answers::new(instrument);
    for (item, code) in answers {
        let item = instrument.find_item(item).expect("an item");
        let category = instrument.item(item).find_category(code).expect("a category");
        draft.choose(instrument, item, category);
    }
    for section in instrument.sections() {
        draft.leave_out(instrument, section, Shown::OnPath);
    }
    draft.finish(instrument).expect("a valid response")
}

fn tally(instrument: &Instrument, groups: &[Group]) -> Tally {
    let mut tally = Tally::new(instrument);
    for (count, answers) in groups {
        let response = response(instrument, answers);
        (0..*count).for_each(|_| tally.record(instrument, &response).expect("no overflow"));
    }
    tally
}

fn released(instrument: &Instrument, policy: &str, groups: &[Group]) -> Result<Release, Refusal> {
    collected("a", None, instrument, policy, groups)
}

fn collected(
    name: &str,
    eligible: Option<u64>,
    instrument: &Instrument,
    policy: &str,
    groups: &[Group],
) -> Result<Release, Refusal> {
    let collection = Collection::new(name, eligible).expect("a good name");
    let policy = Policy::named(policy).expect("a policy");
    let release = release(tally(instrument, groups), instrument, &policy, &collection)?;
    let read = Release::from_json(release.to_json().as_bytes(), std::slice::from_ref(instrument));
    assert_eq!(read.as_ref(), Ok(&release), "what the rules make is what the checks accept");
    Ok(release)
}

fn stress() -> Instrument {
    Instrument::find("stress-experience").expect("a built-in instrument")
}

fn item<'a>(release: &'a Release, id: &str) -> &'a ReleasedItem {
    release.items().iter().find(|item| item.id == id).expect("an item")
}

/// The shown counts of an item, with the categories that each holds.
fn shown(item: &ReleasedItem) -> Vec<(String, String)> {
    let cells = item.cells.iter().flatten();
    cells.map(|cell| (cell.categories.join("+"), cell.count.to_string())).collect()
}

// The vectors.

fn vectors(function: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_str(include_str!("data/sdc_cases.json")).expect("JSON");
    let cases: Vec<Value> = all.into_iter().filter(|case| case["fn"] == function).collect();
    assert!(!cases.is_empty(), "no vector of {function}");
    cases
}

fn policy(args: &Value) -> Policy {
    let name = match args["pol"]["name"].as_str().expect("a name") {
        "default" => "standard",
        "small" => "small-group",
        other => other,
    };
    let policy = Policy::named(name).expect("a policy");
    assert_eq!(Some(policy.threshold()), args["pol"]["K"].as_u64(), "{name}");
    assert_eq!(Some(policy.cell()), args["pol"]["k"].as_u64(), "{name}");
    policy
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().expect("numbers").iter().map(|number| number.as_u64().expect("a number")).collect()
}

/// An instrument of one item `q` with categories `c0`, `c1` … and, for several choices, `none`.
fn one_item(kind: &str, is_demographic: bool, categories: usize, pools: &Value) -> Instrument {
    instrument("one item", json!([question(kind, is_demographic, categories, pools)]))
}

fn question(kind: &str, is_demographic: bool, categories: usize, pools: &Value) -> Value {
    let category = |i: usize| {
        let mut category = json!({"code": format!("c{i}"), "label": format!("Answer {i}")});
        if kind != "multi" {
            category["value"] = json!(i);
        }
        category
    };
    let mut all: Vec<Value> = (0..categories).map(category).collect();
    if kind == "multi" {
        all.push(json!({"code": "none", "label": "None", "means": "none"}));
    }
    let group = |places: &Value| {
        let codes: Vec<String> = numbers(places).iter().map(|i| format!("c{i}")).collect();
        json!({"label": codes.join(" or "), "categories": codes})
    };
    let pools = pools.as_array().map_or(&[][..], Vec::as_slice).iter();
    let poolings: Vec<Value> = pools
        .map(|groups| json!({"groups": groups.as_array().expect("groups").iter().map(group).collect::<Vec<_>>()}))
        .collect();
    let mut item = json!({"id": "q", "kind": kind, "label": "Q", "question": "Q?", "categories": all, "poolings": poolings});
    if is_demographic {
        item["role"] = json!("demographic");
    }
    item
}

fn instrument(title: &str, items: Value) -> Instrument {
    let document = json!({
        "id": "test", "version": 1, "language": "en", "title": title, "about": "-", "population": "-",
        "origin": "-", "minutes": 1, "sections": [{"id": "s", "title": "S", "items": items}],
    });
    Instrument::parse(&document.to_string()).expect("a well-formed instrument")
}

/// Answers to a multi-choice item: the first of `base` respondents tick, as many for each code as asked for.
fn ticking<'a>(codes: &'a [String], ticks: &[u64], base: u64) -> Vec<Vec<(&'a str, &'a str)>> {
    let answers = |place: u64| {
        let ticked = codes.iter().zip(ticks).filter(|(_, ticks)| place < **ticks);
        let ticked: Vec<_> = ticked.map(|(code, _)| ("q", code.as_str())).collect();
        if ticked.is_empty() { vec![("q", "none")] } else { ticked }
    };
    (0..base).map(answers).collect()
}

/// Releases counts of an item with one choice.
fn release_choices(case: &Value, kind: &str) -> Result<Release, Refusal> {
    let args = &case["args"];
    let cells = numbers(&args["cells"]);
    let instrument = one_item(kind, args["role"] == "demographic", cells.len(), &args["pools"]);
    let codes: Vec<String> = (0..cells.len()).map(|i| format!("c{i}")).collect();
    let answers: Vec<[(&str, &str); 1]> = codes.iter().map(|code| [("q", code.as_str())]).collect();
    let groups: Vec<Group> = cells.iter().zip(&answers).map(|(n, answer)| (*n, answer.as_slice())).collect();
    released(&instrument, policy(args).name(), &groups)
}

/// Checks a vector that expects nothing, or only the base; returns whether it was one.
#[track_caller]
fn check_withheld(case: &Value, release: &Result<Release, Refusal>) -> bool {
    let expect = &case["expect"];
    if expect["withheld"] != true {
        return false;
    }
    match release {
        Err(refusal) => assert!(
            matches!(refusal, Refusal::TooFew { .. }) && expect["n"].is_null(),
            "{}: {refusal}",
            case["id"]
        ),
        Ok(release) => {
            let item = item(release, "q");
            assert_eq!((&item.cells, item.base), (&None, expect["n"].as_u64()), "{}", case["id"]);
        }
    }
    true
}

#[test]
fn vectors_of_items_with_one_choice_hold() {
    for case in vectors("single") {
        let is_likert = case["id"].as_str().expect("an id").starts_with("likert");
        let release = release_choices(&case, if is_likert { "likert" } else { "single" });
        if check_withheld(&case, &release) {
            continue;
        }
        let (release, expect) = (release.expect("enough respondents"), &case["expect"]);
        let item = item(&release, "q");
        assert_eq!(item.base, expect["n"].as_u64(), "{}", case["id"]);
        assert_eq!(Some(item.is_full()), expect["full"].as_bool(), "{}", case["id"]);
        let groups = expect["groups"].as_array().expect("groups").iter();
        let codes = groups.map(|g| numbers(g).iter().map(|i| format!("c{i}")).collect::<Vec<_>>().join("+"));
        let limit = format!("<{}", policy(&case["args"]).cell());
        let counts = |i: usize| match &expect["counts"] {
            Value::Null => expect["band"][i.to_string()].as_str().map_or(limit.clone(), ToOwned::to_owned),
            counts => counts[i].to_string(),
        };
        let expected: Vec<_> = codes.enumerate().map(|(i, code)| (code, counts(i))).collect();
        assert_eq!(shown(item), expected, "{}", case["id"]);
    }
}

#[test]
fn vectors_of_items_with_several_choices_hold() {
    for case in vectors("multi") {
        let args = &case["args"];
        let ticks = numbers(&args["ticks"]);
        let codes: Vec<String> = (0..ticks.len()).map(|i| format!("c{i}")).collect();
        let instrument = one_item("multi", false, ticks.len(), &Value::Null);
        let base = args["n_valid"].as_u64().expect("a base");
        let mut respondents = ticking(&codes, &ticks, base);
        if case["rule"] == "R2" {
            // Enough respondents, but not to this item.
            respondents.resize(base as usize + 10, Vec::new());
        }
        let groups: Vec<Group> = respondents.iter().map(|answers| (1, answers.as_slice())).collect();
        let release = released(&instrument, policy(args).name(), &groups);
        if check_withheld(&case, &release) {
            continue;
        }
        let (release, expect) = (release.expect("enough respondents"), &case["expect"]);
        let item = item(&release, "q");
        assert_eq!(item.base, expect["n"].as_u64(), "{}", case["id"]);
        let options = expect["options"].as_array().expect("options").iter();
        let options =
            options.map(|count| count.as_str().map_or_else(|| count.to_string(), ToOwned::to_owned));
        let expected: Vec<_> = codes.iter().cloned().zip(options).collect();
        assert_eq!(shown(item)[..ticks.len()], expected, "{}", case["id"]);
    }
}

#[test]
fn vectors_of_likert_items_of_a_small_group_hold() {
    for mut case in vectors("likert_small") {
        case["args"]["pools"] = json!([[[0, 1], [2, 3]]]);
        let release = release_choices(&case, "likert");
        if check_withheld(&case, &release) {
            continue;
        }
        let (release, expect) = (release.expect("enough respondents"), &case["expect"]);
        let respondents = expect["n_band"].as_str().expect("a band").replace('-', "–");
        assert_eq!(release.respondents().to_string(), respondents, "{}", case["id"]);
        let agree = expect["agree"].as_str().expect("a band").to_owned();
        assert_eq!(shown(item(&release, "q")), [("c2+c3".to_owned(), agree)], "{}", case["id"]);
    }
}

/// The vectors give a pair's margins and Σxy, not a joint distribution: they are put to the rule itself.
#[test]
fn vectors_of_pairs_hold() {
    for case in vectors("pair") {
        let (args, expect) = (&case["args"], &case["expect"]);
        let side = |cells: &Value, base: &Value, highest: &Value, is_binary: bool| {
            let counts = numbers(cells);
            let highest = highest.as_u64().unwrap_or(counts.len() as u64 - 1) as u16;
            Side {
                pairs: Histogram { start: 0, counts },
                base: base.as_u64().expect("a base"),
                highest,
                is_binary,
                is_item: false,
            }
        };
        let sides = [
            side(&args["x_cells"], &args["nx"], &Value::Null, args["binary_x"] == true),
            side(&args["y_cells"], &args["ny"], &args["y_max"], false),
        ];
        assert_eq!(Some(sides[0].pairs.base()), args["n_pair"].as_u64(), "{}", case["id"]);
        match rules::pair(&sides, args["sxy"].as_u64().expect("a sum"), &policy(args)) {
            PairRelease::Withheld => assert_eq!(expect["withheld"], true, "{}", case["id"]),
            PairRelease::R { n, r, decimals } => {
                let expected = expect["r"].as_f64().expect("r");
                assert_eq!(Some(n), expect["n"].as_u64(), "{}", case["id"]);
                // Relative, as the oracle's r.
                assert!((r - expected).abs() <= 1e-13 * expected.abs(), "{}: {r}", case["id"]);
                let rounded = (expect["precision"] == "rounded").then_some(2);
                assert_eq!(decimals, rounded, "{}", case["id"]);
                assert_eq!(Some(true), expect["hide_distribution_of_partner"].as_bool(), "{}", case["id"]);
            }
            exact => panic!("{}: {exact:?}", case["id"]),
        }
    }
}

/// Real releases under `standard`: 20 and 26 respondents to an item with three ticks, as many as the vector says;
/// what it withholds (`null`) was ticked by three.
fn merge_side(side: &Value) -> Release {
    let counts = side["counts"].as_array().expect("counts");
    let ticks: Vec<u64> = counts.iter().map(|count| count.as_u64().unwrap_or(3)).collect();
    let item = question("multi", false, ticks.len(), &Value::Null);
    let instrument = instrument(side["codebook"].as_str().expect("a codebook"), json!([item]));
    let codes: Vec<String> = (0..ticks.len()).map(|i| format!("c{i}")).collect();
    let respondents = ticking(&codes, &ticks, side["n"].as_u64().expect("n"));
    let groups: Vec<Group> = respondents.iter().map(|answers| (1, answers.as_slice())).collect();
    let name = side["collections"][0].as_str().expect("a name");
    collected(name, None, &instrument, "standard", &groups).expect("enough respondents")
}

#[test]
fn vectors_of_merging_hold() {
    for case in vectors("merge") {
        let (a, b) = (merge_side(&case["args"]["a"]), merge_side(&case["args"]["b"]));
        let (merged, expect) = (a.merge(&b), &case["expect"]);
        match expect["error"].as_str() {
            Some("same collection twice") => {
                assert!(matches!(merged, Err(MergeError::SameCollection(name)) if name == "A"));
            }
            Some("codebook or policy differs") => {
                assert!(matches!(merged, Err(MergeError::Instrument(..))));
            }
            Some(other) => panic!("what is {other}?"),
            None => {
                let merged = merged.expect("two that go together");
                assert_eq!(merged.respondents().exact(), expect["n"].as_u64());
                assert_eq!(json!(merged.collections()), expect["collections"]);
                let cells = item(&merged, "q").cells.as_ref().expect("a table");
                let counts = cells[..3].iter().map(|cell| json!(cell.count.exact()));
                assert_eq!(Value::from_iter(counts), expect["counts"]);
            }
        }
    }
}

#[test]
fn releases_under_two_policies_are_not_merged() {
    let groups: [Group; 1] = [(20, &[("year", "third")])];
    let standard = collected("a", None, &stress(), "standard", &groups).expect("enough");
    let strict = collected("b", None, &stress(), "strict", &groups).expect("enough");
    assert!(matches!(standard.merge(&strict), Err(MergeError::Policy(..))));
}

/// A9: who has both the sum and a part learns the other part, which was released anyway, and nothing else.
#[test]
fn a_part_taken_from_a_merged_release_leaves_only_what_the_other_part_shows() {
    let part = |name: &str, third: u64, fourth: u64| {
        let groups: [Group; 2] = [(third, &[("year", "third")]), (fourth, &[("year", "fourth")])];
        collected(name, None, &stress(), "standard", &groups).expect("enough")
    };
    let (a, b) = (part("a", 12, 8), part("b", 3, 30));
    let merged = a.merge(&b).expect("two that go together");
    assert_eq!(item(&b, "year").cells, None);
    assert_eq!(item(&merged, "year").cells, None);
    assert_eq!(item(&merged, "year").base, Some(53));
}

// The gate.

#[test]
fn too_few_respondents_leave_no_trace_of_their_number() {
    for policy in POLICIES {
        let threshold = policy.threshold();
        let refusals: Vec<Refusal> = (0..threshold)
            .map(|n| released(&stress(), policy.name(), &[(n, &[("year", "third")])]).expect_err("too few"))
            .collect();
        let words: Vec<_> =
            refusals.iter().map(|refusal| (refusal.to_string(), format!("{refusal:?}"))).collect();
        assert!(words.iter().all(|said| *said == words[0]), "{words:?}");
        assert!(words[0].0.contains(&threshold.to_string()), "{words:?}");
        let enough = released(&stress(), policy.name(), &[(threshold, &[("year", "third")])]);
        assert!(enough.is_ok(), "{}", policy.name());
    }
}

#[test]
fn nine_respondents_release_nothing_under_standard() {
    let groups: [Group; 1] = [(9, &[("year", "third"), ("experiences", "gt8"), ("effects", "burnout")])];
    let refusal = released(&stress(), "standard", &groups).expect_err("too few");
    for said in [refusal.to_string(), format!("{refusal:?}")] {
        assert!(!said.contains('9') && !said.contains("nine"), "{said}");
    }
    assert_eq!(refusal.to_string(), "fewer than 10 respondents: nothing is released");
}

#[test]
fn more_respondents_than_were_eligible_release_nothing() {
    let groups: [Group; 1] = [(46, &[("year", "third")])];
    let refusal = collected("a", Some(45), &stress(), "standard", &groups).expect_err("one too many");
    assert_eq!(refusal, Refusal::MoreThanEligible { eligible: 45 });
    assert!(!refusal.to_string().contains("46"), "{refusal}");
}

/// Otherwise a wrong number of eligible respondents would count those who answered, one guess after another.
#[test]
fn below_the_threshold_the_number_of_eligible_respondents_tells_nothing() {
    let refuse = |n, eligible| {
        collected("a", Some(eligible), &stress(), "standard", &[(n, &[("year", "third")])]).expect_err("few")
    };
    for eligible in 1..10 {
        assert_eq!(refuse(9, eligible), refuse(0, eligible));
    }
}

#[test]
fn a_tally_of_another_instrument_releases_nothing() {
    let other = Instrument::find("post-program").expect("a built-in instrument");
    let tally = tally(&other, &[(46, &[])]);
    let collection = Collection::new("a", None).expect("a good name");
    let refusal = release(tally, &stress(), &Policy::default(), &collection);
    assert_eq!(refusal, Err(Refusal::OtherInstrument));
}

// Unanimity (A8, A10, A15).

/// Releases a four-point item, `dissenters` on one side and the others on the other.
fn likert(policy: &str, n: u64, dissenters: u64, is_agreement: bool, eligible: Option<u64>) -> String {
    let instrument = one_item("likert", false, 4, &json!([[[0, 1], [2, 3]]]));
    let (most, few) = if is_agreement { ("c3", "c1") } else { ("c0", "c2") };
    let groups: [Group; 2] = [(n - dissenters, &[("q", most)]), (dissenters, &[("q", few)])];
    collected("a", eligible, &instrument, policy, &groups).expect("enough respondents").to_json()
}

#[track_caller]
fn check_dissenters_do_not_show(policy: &str, n: u64, is_agreement: bool) {
    let cell = Policy::named(policy).expect("a policy").cell();
    let unanimous = likert(policy, n, 0, is_agreement, None);
    for dissenters in 1..cell {
        let found = likert(policy, n, dissenters, is_agreement, None);
        assert_eq!(found, unanimous, "{dissenters} of {n} under {policy}");
    }
}

#[test]
fn unanimity_one_dissenter_and_four_give_the_same_release() {
    check_dissenters_do_not_show("standard", 46, true);
    check_dissenters_do_not_show("standard", 46, false);
}

#[test]
fn dissenters_do_not_show_in_the_smallest_group_that_releases() {
    for n in 10..=12 {
        check_dissenters_do_not_show("standard", n, true);
        check_dissenters_do_not_show("standard", n, false);
    }
}

#[test]
fn dissenters_do_not_show_under_strict_where_its_cells_are_half_of_the_group() {
    for n in [11, 12, 20, 21, 22, 46] {
        check_dissenters_do_not_show("strict", n, true);
        check_dissenters_do_not_show("strict", n, false);
    }
}

#[test]
fn one_dissenter_does_not_show_in_a_small_group() {
    for n in 5..=9 {
        check_dissenters_do_not_show("small-group", n, true);
        check_dissenters_do_not_show("small-group", n, false);
    }
}

#[test]
fn bands_hold_when_everybody_who_was_eligible_has_answered() {
    let dissenters = |dissenters| likert("standard", 46, dissenters, true, Some(46));
    assert_eq!(dissenters(4), dissenters(0));
    assert!(!dissenters(0).contains("100"), "{}", dissenters(0));
}

/// Releases a multi-choice item that all but a few ticked, or only a few.
fn ticked(policy: &str, n: u64, ticks: u64) -> Vec<(String, String)> {
    let instrument = one_item("multi", false, 1, &Value::Null);
    let groups: [Group; 2] = [(ticks, &[("q", "c0")]), (n - ticks, &[("q", "none")])];
    shown(item(&released(&instrument, policy, &groups).expect("enough respondents"), "q"))
}

#[track_caller]
fn check_few_ticks_do_not_show(policy: &str, n: u64) {
    let cell = Policy::named(policy).expect("a policy").cell();
    for few in 1..cell.min(n) {
        assert_eq!(ticked(policy, n, few), ticked(policy, n, 0), "{few} of {n} under {policy}");
        assert_eq!(ticked(policy, n, n - few), ticked(policy, n, n), "all but {few} of {n} under {policy}");
    }
}

#[test]
fn a_few_who_ticked_or_did_not_do_not_show() {
    for n in [10, 11, 46] {
        check_few_ticks_do_not_show("standard", n);
    }
    for n in [5, 9] {
        check_few_ticks_do_not_show("small-group", n);
    }
}

#[test]
fn a_few_who_ticked_or_did_not_do_not_show_under_strict() {
    for n in [11, 12, 20, 21, 22, 46] {
        check_few_ticks_do_not_show("strict", n);
    }
}

#[test]
fn small_cells_and_unanimity_and_no_variance_read_the_same() {
    // Sex by few men, by nobody but women, and year without any variation.
    let sex = |men: u64| {
        let groups: [Group; 2] = [
            (men, &[("sex", "male"), ("year", "third"), ("effects", "burnout")]),
            (46 - men, &[("sex", "female"), ("year", "third"), ("effects", "burnout")]),
        ];
        released(&stress(), "standard", &groups).expect("enough").to_json()
    };
    assert_eq!(sex(0), sex(1));
    assert_eq!(sex(0), sex(4));
    assert_ne!(sex(0), sex(5));
}

// Small groups (R7).

/// Returns the numbers that stand in a JSON document, with their paths.
fn numbers_in(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path.to_owned()),
        Value::Array(values) => values.iter().for_each(|value| numbers_in(value, path, found)),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| numbers_in(value, &format!("{path}/{name}"), found));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn a_small_group_never_shows_how_many_it_is() {
    let instrument = Instrument::find("post-program").expect("a built-in instrument");
    let answers = [("q1_explore", "4"), ("q2_empathize", "1"), ("sex", "female"), ("o1_change", "change_1")];
    let release = |n| released(&instrument, "small-group", &[(n, &answers)]).expect("enough").to_json();
    for n in 6..=9 {
        assert_eq!(release(n), release(5), "{n}");
    }
    let mut numbers = Vec::new();
    numbers_in(&serde_json::from_str(&release(5)).expect("JSON"), "", &mut numbers);
    assert_eq!(numbers, ["/instrument/version", "/release"]);
    assert_eq!(release(10), release(46));
}

#[test]
fn a_small_group_shows_nothing_of_who_they_are() {
    let instrument = Instrument::find("post-program").expect("a built-in instrument");
    let groups: [Group; 2] = [(3, &[("sex", "female"), ("year", "third")]), (3, &[("sex", "male")])];
    let release = released(&instrument, "small-group", &groups).expect("enough");
    for id in ["sex", "year"] {
        assert_eq!((&item(&release, id).cells, item(&release, id).base), (&None, None), "{id}");
    }
    assert!(release.derived().iter().all(|variable| variable.counts.is_none()));
}

// Differences between tables.

const TALKED: [(&str, &str); 3] =
    [("experiences", "gt8"), ("discussed", "gt50"), ("reasons", "embarrassment")];
const LESS: [(&str, &str); 3] = [("experiences", "5-8"), ("discussed", "lt50"), ("reasons", "lack_of_time")];

/// Releases 40 who were asked what they did and `skipped` who had no experience to talk about.
fn with_skipped(skipped: u64) -> Release {
    let one = [&TALKED[..], &[("effects", "burnout")]].concat();
    let two =
        [&TALKED[..], &[("reasons", "lack_of_time"), ("effects", "burnout"), ("effects", "sleep")]].concat();
    let three = [&LESS[..], &[("effects", "depression"), ("effects", "sleep")]].concat();
    let four =
        [&LESS[..], &[("reasons", "embarrassment"), ("reasons", "fear_ridicule"), ("effects", "burnout")]];
    let four = four.concat();
    let nothing: [(&str, &str); 2] = [("experiences", "0"), ("effects", "burnout")];
    let groups: [Group; 5] = [(10, &one), (10, &two), (10, &three), (10, &four), (skipped, &nothing)];
    released(&stress(), "standard", &groups).expect("enough")
}

fn has_correlation(release: &Release, id: &str) -> bool {
    release.correlations().iter().find(|pair| pair.id == id).expect("a pair").result.is_some()
}

#[test]
fn a_conditional_item_that_a_few_were_not_asked_is_withheld() {
    for skipped in 1..5 {
        let release = with_skipped(skipped);
        for id in ["discussed", "reasons"] {
            let withheld = item(&release, id);
            assert_eq!((&withheld.cells, withheld.base, withheld.not_asked), (&None, None, None), "{id}");
        }
        assert_eq!(levels(&release, "n_reasons"), None);
        assert!(!has_correlation(&release, "c2") && !has_correlation(&release, "c3"));
    }
}

#[test]
fn a_conditional_item_is_shown_when_nobody_or_enough_were_not_asked() {
    for skipped in [0, 5, 6] {
        let release = with_skipped(skipped);
        assert!(has_correlation(&release, "c2") && has_correlation(&release, "c3"));
        let discussed = item(&release, "discussed");
        assert_eq!((discussed.base, discussed.not_asked), (Some(40), Some(skipped)));
    }
}

/// Fewer than 5 = 23; not asked = 20, who are those without any: three had 1 to 4, which the pooling hides.
#[test]
fn a_pooling_is_not_undone_by_how_many_were_not_asked_a_later_item() {
    let few = [("experiences", "1-4"), ("discussed", "gt50"), ("reasons", "embarrassment")];
    let groups: [Group; 4] = [(20, &[("experiences", "0")]), (3, &few), (12, &LESS), (12, &TALKED)];
    let release = released(&stress(), "standard", &groups).expect("enough");
    let pooled = [("0+1-4".to_owned(), "23".to_owned()), ("5-8+gt8".to_owned(), "24".to_owned())];
    assert_eq!(shown(item(&release, "experiences")), pooled);
    for id in ["discussed", "reasons"] {
        assert_eq!((item(&release, id).base, item(&release, id).not_asked), (None, None), "{id}");
    }
}

/// Two later items whose conditions differ by one small category would show it as a difference.
#[test]
fn two_conditions_do_not_show_a_small_category_as_their_difference() {
    let instrument = two_sections(
        question("single", false, 3, &Value::Null),
        json!([
            asked_of("x", json!({"item": "q", "is_not": ["c0"]})),
            asked_of("y", json!({"item": "q", "is": ["c2"]}))
        ]),
    );
    let groups: [Group; 4] = [
        (20, &[("q", "c0")]),
        (3, &[("q", "c1"), ("x", "yes")]),
        (12, &[("q", "c2"), ("x", "yes"), ("y", "yes")]),
        (12, &[("q", "c2"), ("x", "no"), ("y", "no")]),
    ];
    let release = released(&instrument, "standard", &groups).expect("enough");
    assert_eq!(item(&release, "q").cells, None);
    let bases = [item(&release, "x").not_asked, item(&release, "y").not_asked];
    assert!(bases.iter().flatten().count() < 2, "{bases:?} differ by the three who answered c1");
}

/// Ten and ten ticked, seventeen ticked either: three ticked both, which no table shows.
#[test]
fn a_condition_on_several_ticks_does_not_show_how_many_ticked_both() {
    let instrument = two_sections(
        question("multi", false, 3, &Value::Null),
        json!([
            asked_of("x", json!({"item": "q", "is": ["c0", "c1"]})),
            asked_of("y", json!({"item": "q", "is": ["c0"]}))
        ]),
    );
    let groups: [Group; 4] = [
        (7, &[("q", "c0"), ("x", "yes"), ("y", "yes")]),
        (7, &[("q", "c1"), ("q", "c2"), ("x", "no")]),
        (3, &[("q", "c0"), ("q", "c1"), ("x", "yes"), ("y", "no")]),
        (13, &[("q", "none")]),
    ];
    let release = released(&instrument, "standard", &groups).expect("enough");
    let counts = ["10", "10", "7", "13"].map(str::to_owned);
    assert_eq!(shown(item(&release, "q")).into_iter().map(|(_, count)| count).collect::<Vec<_>>(), counts);
    assert_eq!((item(&release, "x").base, item(&release, "x").not_asked), (None, None));
    // Who ticked one category is no more than that category's count.
    assert_eq!((item(&release, "y").base, item(&release, "y").not_asked), (Some(10), Some(20)));
}

fn asked_of(id: &str, condition: Value) -> Value {
    let categories = json!([{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}]);
    json!({"id": id, "kind": "single", "label": "-", "question": "-", "categories": categories, "condition": condition})
}

fn two_sections(first: Value, second: Value) -> Instrument {
    let document = json!({
        "id": "test", "version": 1, "language": "en", "title": "-", "about": "-", "population": "-",
        "origin": "-", "minutes": 1, "sections": [
            {"id": "s", "title": "S", "items": [first]}, {"id": "t", "title": "T", "items": second}],
    });
    Instrument::parse(&document.to_string()).expect("a well-formed instrument")
}

/// Bands cannot be added.
#[test]
fn releases_of_small_groups_are_not_merged() {
    let instrument = Instrument::find("post-program").expect("a built-in instrument");
    let groups: [Group; 1] = [(6, &[("q1_explore", "4"), ("o1_change", "change_1")])];
    let part = |name| collected(name, None, &instrument, "small-group", &groups).expect("enough");
    assert_eq!(part("a").merge(&part("b")), Err(MergeError::NoCounts("small-group".to_owned())));
}

// Derived counts and pairs (A3–A6).

/// A3: the sum over all ticks, and all tick counts but one, would give that one.
#[test]
fn the_mean_number_of_ticks_is_withheld_where_a_tick_is_banded() {
    let groups: [Group; 2] = [
        (20, &[("effects", "burnout"), ("effects", "sleep")]),
        (26, &[("effects", "burnout"), ("effects", "sleep"), ("effects", "depression")]),
    ];
    let release = released(&stress(), "standard", &groups).expect("enough");
    assert!(!item(&release, "effects").is_full());
    assert_eq!(levels(&release, "n_effects"), None);
}

fn levels(release: &Release, id: &str) -> Option<Vec<u64>> {
    release.derived().iter().find(|variable| variable.id == id).expect("a variable").counts.clone()
}

/// A5: the distribution over everybody less that of the pairs would be the few whose sex is not listed.
#[test]
fn the_distribution_of_a_pairs_partner_is_withheld_however_many_have_no_pair() {
    let effects: [&[&str]; 5] = [
        &["cynicism", "burnout"],
        &["decreased_motivation", "depression"],
        &["sleep", "unhealthy_coping", "cynicism"],
        &["none"],
        &["other", "burnout"],
    ];
    let answers = |sex: &'static str, effects: &[&'static str]| -> Vec<(&str, &str)> {
        [("sex", sex)].into_iter().chain(effects.iter().map(|effect| ("effects", *effect))).collect()
    };
    let release = |unlisted: u64| {
        let mut answers: Vec<(u64, Vec<(&str, &str)>)> = effects
            .iter()
            .flat_map(|effects| [(6, answers("male", effects)), (6, answers("female", effects))])
            .collect();
        answers.push((unlisted, answers_unlisted()));
        let groups: Vec<Group> =
            answers.iter().map(|(count, answers)| (*count, answers.as_slice())).collect();
        released(&stress(), "standard", &groups).expect("enough")
    };
    for unlisted in 0..=5 {
        let release = release(unlisted);
        assert!(item(&release, "effects").is_full());
        assert!(has_correlation(&release, "c1"));
        assert_eq!(levels(&release, "n_effects"), None, "{unlisted}");
    }
}

fn answers_unlisted() -> Vec<(&'static str, &'static str)> {
    vec![("sex", "not_listed"), ("effects", "burnout"), ("effects", "cynicism")]
}

/// The sum over several items is no function of their tables: a table of it could show one respondent's pattern.
#[test]
fn the_distribution_of_a_sum_of_items_is_withheld() {
    let instrument = Instrument::find("post-program").expect("a built-in instrument");
    let likert = instrument.items().filter(|(_, item)| item.id.starts_with('q')).map(|(_, item)| &*item.id);
    let ids: Vec<&str> = likert.collect();
    let [agree, strongly] = ["3", "4"].map(|code| ids.iter().map(|id| (*id, code)).collect::<Vec<_>>());
    let groups: [Group; 2] = [(10, &agree), (10, &strongly)];
    let release = released(&instrument, "standard", &groups).expect("enough");
    assert!(ids.iter().all(|id| item(&release, id).is_full()));
    assert_eq!(levels(&release, "likert_total"), None);
}

/// One side of a pair: a derived variable whose values begin at 0.
fn side(counts: &[u64], base: u64) -> Side {
    Side {
        pairs: Histogram { start: 0, counts: counts.to_vec() },
        base,
        highest: counts.len() as u16 - 1,
        is_binary: false,
        is_item: false,
    }
}

/// R6b for a variable of more than two levels: whoever is off its most frequent value must not be few.
#[test]
fn a_correlation_is_withheld_where_a_variable_hardly_varies() {
    let side = |counts: &[u64], is_binary| Side { is_binary, ..side(counts, 46) };
    // The others have the value 6, two 0 and these few 1.
    let found = |few: u64, sum: u64| {
        let sides = [side(&[20, 26], true), side(&[2, few, 0, 0, 0, 0, 44 - few], false)];
        rules::pair(&sides, sum, &Policy::default())
    };
    // By hand: Σxy is between 134 and 156, or between 129 and 156.
    assert_eq!(found(2, 145), PairRelease::Withheld);
    assert!(matches!(found(3, 142), PairRelease::R { n: 46, decimals: None, .. }));
}

/// A perfectly ordered table, or one that is nearly so, is known from its margins and r.
#[test]
fn a_correlation_near_its_extremes_is_withheld() {
    let side = |counts: &[u64], is_binary| Side { is_binary, ..side(counts, 43) };
    let sides = [side(&[18, 25], true), side(&[16, 0, 0, 27, 0, 0, 0], false)];
    let is_released = |sum| rules::pair(&sides, sum, &Policy::default()) != PairRelease::Withheld;
    // By hand: at most all 25 have the value 3, and at least 9 of them do, since only 16 have 0.
    // The sum changes by three, and five such steps are asked for.
    assert_eq!([60, 63, 75].map(is_released), [true, false, false]);
    assert_eq!([27, 39, 42].map(is_released), [false, false, true]);
}

/// With both, the joint table follows: here that one woman ticked none.
#[test]
fn a_distribution_is_never_released_beside_its_coefficient() {
    let groups: [Group; 5] = [
        (15, &[("sex", "male"), ("effects", "none")]),
        (8, &[("sex", "male"), ("effects", "sleep")]),
        (9, &[("sex", "female"), ("effects", "none")]),
        (12, &[("sex", "female"), ("effects", "burnout"), ("effects", "sleep")]),
        (12, &[("sex", "female"), ("effects", "burnout")]),
    ];
    let release = released(&stress(), "standard", &groups).expect("enough");
    assert!(has_correlation(&release, "c1"));
    assert_eq!(levels(&release, "n_effects"), None);
}

/// "None" excludes the others: the base less both would be the one who named effects, but not burnout.
#[test]
fn the_count_of_none_is_withheld_where_it_leaves_a_few() {
    let release = |without: u64| {
        let groups: [Group; 3] = [
            (10, &[("effects", "none")]),
            (19, &[("effects", "burnout")]),
            (without, &[("effects", "sleep"), ("effects", "cynicism")]),
        ];
        released(&stress(), "standard", &groups).expect("enough")
    };
    let count = |release: &Release, code: &str| {
        let cells = item(release, "effects").cells.as_ref().expect("counts");
        cells.iter().find(|cell| cell.categories == [code]).expect("a cell").count
    };
    for without in 1..5 {
        let release = release(without);
        assert_eq!(count(&release, "none"), Count::Withheld, "{without}");
        assert_eq!(count(&release, "burnout"), Count::Exact(19));
    }
    for without in [0, 5] {
        assert_eq!(count(&release(without), "none"), Count::Exact(10), "{without}");
    }
}

/// R6c: where the few can be subtracted from a table that is released as an item, r has one decimal.
#[test]
fn a_coefficient_with_an_item_has_one_decimal_where_a_few_have_no_pair() {
    let side = |counts: &[u64], base, is_item| Side { is_item, ..side(counts, base) };
    let decimals = |base, is_item| {
        let sides = [side(&[20, 10, 16], 46, false), side(&[10, 20, 16], base, is_item)];
        match rules::pair(&sides, 50, &Policy::default()) {
            PairRelease::R { decimals, .. } => decimals,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        [decimals(46, true), decimals(47, true), decimals(50, true), decimals(51, true)],
        [None, Some(1), Some(1), None]
    );
    assert_eq!([decimals(46, false), decimals(50, false), decimals(51, false)], [None, Some(2), None]);
}

/// A4: with one man among them, or four, his number of effects is a difference of sums.
#[test]
fn the_correlation_with_sex_is_withheld_where_men_are_few() {
    let c1 = |men: u64| {
        let groups: [Group; 4] = [
            (men, &[("sex", "male"), ("effects", "burnout")]),
            (20, &[("sex", "female"), ("effects", "burnout")]),
            (20, &[("sex", "female"), ("effects", "burnout"), ("effects", "sleep")]),
            (6, &[("sex", "male"), ("effects", "burnout"), ("effects", "sleep")]),
        ];
        let groups = &groups[..if men < 5 { 3 } else { 4 }];
        let release = released(&stress(), "standard", groups).expect("enough");
        release.correlations().iter().find(|pair| pair.id == "c1").expect("c1").result.clone()
    };
    for men in [1, 4] {
        assert_eq!(c1(men), None, "{men}");
    }
}

/// A5, A6: with three unlisted, r has two decimals, and p and the interval follow from the rounded r.
#[test]
fn a_rounded_coefficient_is_all_that_the_report_computes_from() {
    let instrument = stress();
    let mut tally = Tally::new(&instrument);
    let csv = include_str!("data/stress_46.csv");
    for response in
        balint_survey::answers::csv::Responses::new(csv.as_bytes(), &instrument).expect("a header")
    {
        tally.record(&instrument, &response.expect("a good line")).expect("no overflow");
    }
    let collection = Collection::new("a", Some(290)).expect("a good name");
    let release = release(tally, &instrument, &Policy::default(), &collection).expect("enough");
    let report = balint_survey::report::Report::new(&release, &instrument);
    let c1 = &report.correlations[0];
    assert_eq!((c1.r, c1.n, c1.decimals), (Some(0.31), Some(43), Some(2)));
    // The oracle's published/r0.31_n43.
    for (found, expected) in [(c1.p, 0.043_068_359_439_852_634), (c1.low, 0.010_647_490_756_956_15)] {
        let found = found.expect("a figure");
        assert!((found - expected).abs() <= 1e-11 * expected, "{found}, not {expected}");
    }
    assert!(report.derived.iter().all(|variable| variable.id != "n_effects" || variable.mean.is_none()));
}

// Policies.

#[test]
fn no_policy_goes_below_five_respondents() {
    for policy in POLICIES {
        assert!(policy.threshold() >= 5, "{}", policy.name());
        assert!(policy.cell() <= policy.threshold(), "{}", policy.name());
        assert!(policy.rules() != Rules::Cells || policy.cell() >= 5, "{}", policy.name());
    }
}

#[test]
fn the_default_policy_is_standard_and_unknown_ones_are_refused() {
    assert_eq!(Policy::default().name(), "standard");
    let message = Policy::named("Standard").expect_err("no such policy").to_string();
    assert_eq!(message, "unknown policy \"Standard\"; expected standard, strict, small-group, published");
}

#[test]
fn policies_differ_in_their_hashes() {
    for (i, policy) in POLICIES.iter().enumerate() {
        assert!(POLICIES[..i].iter().all(|other| other.hash() != policy.hash()), "{}", policy.name());
    }
}

#[test]
fn collections_have_plain_names_and_somebody_eligible() {
    for name in ["", ".", "..", ".hidden", "a/b", "a b", "é", &"x".repeat(65)] {
        assert!(Collection::new(name, None).is_err(), "{name:?}");
    }
    for name in ["a", "2026-spring_1.b", &"x".repeat(64)] {
        assert!(Collection::new(name, Some(1)).is_ok(), "{name:?}");
    }
    assert!(Collection::new("a", Some(0)).is_err());
}

#[test]
fn counts_read_as_they_are_shown() {
    let shown = [
        (Count::Exact(0), "0"),
        (Count::Below(5), "<5"),
        (Count::Above(41), ">41"),
        (Count::AtLeast(91), ">= 91%"),
        (Count::AtMost(20), "<= 20%"),
        (Count::Between, "between"),
        (Count::FiveToNine, "5–9"),
        (Count::TenOrMore, "10 or more"),
        (Count::Withheld, "withheld"),
    ];
    for (count, text) in shown {
        assert_eq!(count.to_string(), text);
    }
}
