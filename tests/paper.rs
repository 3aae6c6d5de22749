//! The figures of Atkinson & Rosenstock, from the microdata through to the report.
//!
//! Counts, percents, means and coefficients are typed from the paper's tables; t, p and intervals are the
//! oracle's (`tests/data/README.md`).

use balint_survey::answers::csv::Responses;
use balint_survey::disclosure::{Collection, Count, Policy, Release, release};
use balint_survey::instrument::{Definition, Instrument, Item, Kind, Meaning, Source, Variable};
use balint_survey::report::{Format, ItemReport, Report, format};
use balint_survey::tally::Tally;
use serde_json::{Value, json};

const STRESS: &str = include_str!("data/stress_46.csv");
const POST: &str = include_str!("data/post_6.csv");

fn report(instrument: &str, csv: &str, eligible: u64) -> Report {
    let instrument = Instrument::find(instrument).expect("a built-in instrument");
    let mut tally = Tally::new(&instrument);
    for response in Responses::new(csv.as_bytes(), &instrument).expect("a good header") {
        tally.record(&instrument, &response.expect("a good line")).expect("no overflow");
    }
    let policy = Policy::named("published").expect("a policy");
    let collection = Collection::new("paper", Some(eligible)).expect("a good name");
    let made = release(tally, &instrument, &policy, &collection).expect("enough respondents");
    let read =
        Release::from_json(made.to_json().as_bytes(), std::slice::from_ref(&instrument)).expect("a release");
    Report::new(&read, &instrument)
}

fn stress() -> Report {
    report("stress-experience", STRESS, 290)
}

fn post() -> Report {
    report("post-program", POST, 10)
}

fn item<'a>(report: &'a Report, id: &str) -> &'a ItemReport {
    report.items.iter().find(|item| item.id == id).expect("an item")
}

/// Checks an item's base, who is missing, and each printed row: code, count, whole percent.
#[track_caller]
fn check_table(report: &Report, id: &str, base: u64, missing: u64, rows: &[(&str, u64, &str)]) {
    let item = item(report, id);
    assert_eq!((item.base, item.missing, item.not_asked), (Some(base), Some(missing), Some(0)), "{id}");
    let found = item.categories.as_ref().expect("a table");
    for (code, count, percent) in rows {
        let row = found.iter().find(|row| row.code == *code).expect("a row");
        assert_eq!(row.count, Count::Exact(*count), "{id} {code}");
        assert_eq!(format::percent(row.percent.expect("a percent")), *percent, "{id} {code}");
    }
    let others: Vec<_> =
        found.iter().filter(|row| !rows.iter().any(|(code, ..)| row.code == *code)).collect();
    assert!(others.iter().all(|row| row.count == Count::Exact(0)), "{id}: {others:?} are not in the paper");
}

#[test]
fn table_1_of_the_class_survey_is_the_papers() {
    let report = stress();
    assert_eq!(report.respondents, Count::Exact(46));
    // The paper prints counts here; the percents are of those listed.
    check_table(&report, "year", 43, 3, &[("third", 20, "47%"), ("fourth", 23, "53%")]);
    check_table(&report, "sex", 43, 3, &[("male", 9, "21%"), ("female", 34, "79%")]);
    let ages = [("21-25", 24, "52%"), ("26-30", 19, "41%"), ("31-35", 2, "4%"), ("gt35", 1, "2%")];
    check_table(&report, "age", 46, 0, &ages);
}

#[test]
fn table_1_of_the_balint_group_is_the_papers() {
    let report = post();
    assert_eq!(report.respondents, Count::Exact(6));
    check_table(&report, "sex", 6, 0, &[("male", 1, "17%"), ("female", 5, "83%")]);
    check_table(&report, "year", 6, 0, &[("third", 3, "50%"), ("fourth", 3, "50%")]);
}

#[test]
fn table_2_is_the_papers() {
    let report = stress();
    let experiences = [("1-4", 22, "48%"), ("5-8", 14, "30%"), ("gt8", 10, "22%")];
    check_table(&report, "experiences", 46, 0, &experiences);
    check_table(&report, "discussed", 46, 0, &[("0", 2, "4%"), ("lt50", 17, "37%"), ("gt50", 27, "59%")]);
    let reasons = [
        ("not_significant", 23, "50%"),
        ("no_one_available", 14, "30%"),
        ("afraid_grade", 13, "28%"),
        ("embarrassment", 12, "26%"),
        ("fear_ridicule", 10, "22%"),
        ("lack_of_time", 1, "2%"),
        ("confidentiality", 1, "2%"),
    ];
    // The paper has no "none"; seven respondents named no reason.
    let with_none: Vec<_> = reasons.into_iter().chain([("none", 7, "15%")]).collect();
    check_table(&report, "reasons", 46, 0, &with_none);
    let effects = [
        ("cynicism", 44, "96%"),
        ("burnout", 40, "87%"),
        ("decreased_motivation", 39, "85%"),
        ("depression", 27, "59%"),
        ("sleep", 26, "57%"),
        ("unhealthy_coping", 17, "37%"),
    ];
    check_table(&report, "effects", 46, 0, &effects);
}

fn oracle() -> Vec<Value> {
    let oracle: Value = serde_json::from_str(include_str!("data/oracle.json")).expect("JSON");
    array(&oracle, "cases").to_vec()
}

/// Checks Wilson bounds, in percent, against the oracle's case of so many of so many.
#[track_caller]
fn check_interval(count: u64, base: u64, low: Option<f64>, high: Option<f64>) {
    let oracle = oracle();
    let is_case =
        |case: &&Value| case["stat"] == "proportion" && case["input"] == json!({"x": count, "n": base});
    let expected = &oracle.iter().find(is_case).expect("a case")["expected"];
    for (found, expected) in [(low, &expected["lo"]), (high, &expected["hi"])] {
        let (found, expected) = (found.expect("a bound"), 100.0 * expected.as_f64().expect("a bound"));
        assert!((found - expected).abs() <= 1e-12 * expected, "{count} of {base}: {found}, not {expected}");
    }
}

#[test]
fn intervals_of_percents_are_wilsons() {
    let report = stress();
    for id in ["experiences", "discussed", "reasons", "effects"] {
        for row in item(&report, id).categories.iter().flatten() {
            let count = row.count.exact().expect("a count");
            // The oracle has the counts that the paper prints.
            if ![0, 7].contains(&count) {
                check_interval(count, 46, row.low, row.high);
            }
        }
    }
    for (report, count, base) in [(stress(), 46, 290), (post(), 6, 10)] {
        let rate = report.response_rate.expect("a rate");
        check_interval(count, base, Some(100.0 * rate.low), Some(100.0 * rate.high));
    }
}

#[test]
fn the_response_rates_are_the_papers() {
    let rate = |report: Report| format::fixed(100.0 * report.response_rate.expect("a rate").value, 1);
    assert_eq!(rate(stress()), "15.9");
    assert_eq!(rate(post()), "60.0");
}

#[test]
fn table_3_has_the_papers_means() {
    let means = [
        ("q1_explore", "4.0"),
        ("q2_empathize", "3.8"),
        ("q3_not_only_one", "3.8"),
        ("q4_better_care", "3.5"),
        ("q5_felt_differently", "3.3"),
        ("q6_important_training", "3.5"),
        ("q7_not_addressed", "3.5"),
        ("q8_career_space", "3.7"),
    ];
    let report = post();
    for (id, mean) in means {
        assert_eq!(item(&report, id).base, Some(6), "{id}");
        assert_eq!(format::fixed(item(&report, id).mean.expect("a mean"), 1), mean, "{id}");
    }
}

#[test]
fn mean_numbers_of_reasons_and_effects_are_the_papers_ticks() {
    let report = stress();
    // 74 and 193 ticks of 46 respondents, from the printed counts.
    for (id, ticks) in [("n_reasons", 74.0), ("n_effects", 193.0)] {
        let variable = report.derived.iter().find(|variable| variable.id == id).expect("a variable");
        assert_eq!((variable.base, variable.mean), (Some(46), Some(ticks / 46.0)), "{id}");
    }
}

/// Checks a correlation as printed, and against a case of the oracle at its tolerances:
/// 1e-13 for r, 1e-12 for t and the interval, 1e-11 for p, all relative.
#[track_caller]
fn check_correlation(report: &Report, id: &str, r: &str, n: u64, case: &str) {
    let oracle = oracle();
    let expected = &oracle.iter().find(|found| found["id"] == case).expect("a case")["expected"];
    let found = report.correlations.iter().find(|found| found.id == id).expect("a correlation");
    assert_eq!(found.n, Some(n), "{id}");
    assert_eq!(found.df, Some(n - 2), "{id}");
    assert_eq!(format::fraction(found.r.expect("r"), 2), r, "{id}");
    assert_eq!(found.decimals, None, "{id}: computed, not rounded");
    let figures = [
        ("r", found.r, 1e-13),
        ("t", found.t, 1e-12),
        ("p", found.p, 1e-11),
        ("ci_lo", found.low, 1e-12),
        ("ci_hi", found.high, 1e-12),
    ];
    for (name, figure, tolerance) in figures {
        let (figure, expected) = (figure.expect(name), expected[name].as_f64().expect(name));
        assert!(
            (figure - expected).abs() <= tolerance * expected.abs(),
            "{id} {name}: {figure}, not {expected}"
        );
    }
}

#[test]
fn the_three_correlations_are_the_papers() {
    let report = stress();
    check_correlation(&report, "c1", ".31", 43, "stress_46/sex_x_effects");
    check_correlation(&report, "c2", "−.40", 46, "stress_46/reasons_x_discussed");
    check_correlation(&report, "c3", ".37", 46, "stress_46/discussed_x_effects");
}

#[test]
fn holms_adjustment_is_over_the_three_correlations() {
    // The oracle's p: .0457 (×1), .00585 (×3), .0115 (×2), none below its predecessor.
    let p = [0.045_747_756_088_584_75, 0.005_846_118_352_769_899, 0.011_487_356_040_808_312];
    let expected = [p[0], 3.0 * p[1], 2.0 * p[2]];
    for (found, expected) in stress().correlations.iter().zip(expected) {
        let found = found.p_holm.expect("an adjusted p");
        assert!((found - expected).abs() <= 1e-11 * expected, "{found}, not {expected}");
    }
}

#[test]
fn printed_figures_stand_in_the_text() {
    let instrument = Instrument::find("stress-experience").expect("a built-in instrument");
    let text = Format::Text.write(&stress(), &instrument);
    for printed in ["46 of 290 eligible", "15.9%", "r = .31, n = 43", "r = −.40, n = 46", "r = .37, n = 46"]
    {
        assert!(text.contains(printed), "{printed} is not in\n{text}");
    }
}

fn codebook(id: &str) -> Value {
    let codebook: Value = serde_json::from_str(include_str!("data/codebook.json")).expect("JSON");
    let instruments = codebook["instruments"].as_array().expect("instruments");
    instruments.iter().find(|instrument| instrument["id"] == id).expect("an instrument").clone()
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn codes(value: &Value) -> Vec<&str> {
    value.as_array().expect("codes").iter().map(|code| code.as_str().expect("a code")).collect()
}

/// Checks that one of our instruments is what the codebook says, item by item and in its order.
#[track_caller]
fn check_codebook(id: &str, ours: &str) {
    let (book, instrument) = (codebook(id), Instrument::find(ours).expect("a built-in instrument"));
    assert_eq!(instrument.text().title, book["title"].as_str().expect("a title"));
    let items = array(&book, "items").iter().chain(array(&book, "open_ended"));
    let expected: Vec<&str> = items.clone().map(|item| item["id"].as_str().expect("an id")).collect();
    let mut found: Vec<&str> = instrument.items().map(|(_, item)| item.id.as_str()).collect();
    assert_eq!(found.len(), expected.len(), "{ours} has {found:?}");
    found.sort_unstable_by_key(|id| expected.iter().position(|expected| expected == id));
    assert_eq!(found, expected);
    for printed in items {
        let id = printed["id"].as_str().expect("an id");
        let item = instrument.item(instrument.find_item(id).expect("an item"));
        check_item(&book, printed, item);
    }
    let derived: Vec<&str> = instrument.derived().iter().map(|variable| variable.id.as_str()).collect();
    for variable in array(&book, "derived") {
        assert!(derived.contains(&variable["id"].as_str().expect("an id")), "{variable} is not in {ours}");
    }
    let pairs: Vec<_> = instrument.pairs().iter().map(|pair| (&*pair.id, &*pair.x.id, &*pair.y.id)).collect();
    let field = |pair: &'static str| move |value: &Value| value[pair].as_str().expect(pair).to_owned();
    let planned = array(&book, "planned_correlations");
    let planned: Vec<_> = planned.iter().map(|p| (field("id")(p), field("x")(p), field("y")(p))).collect();
    assert_eq!(pairs, planned.iter().map(|(id, x, y)| (&**id, &**x, &**y)).collect::<Vec<_>>());
}

#[track_caller]
fn check_item(book: &Value, printed: &Value, item: &Item) {
    let (id, kind) = (&item.id, printed["type"].as_str().expect("a type"));
    let expected = match kind {
        "single" => Kind::Single,
        "multi" => Kind::Multi,
        "likert4" => Kind::Likert,
        "open_text_local+theme_selfcode" => Kind::Open,
        other => panic!("{id}: what is {other}?"),
    };
    assert_eq!(item.kind, expected, "{id}");
    assert_eq!(item.demographic, printed["role"] == "demographic", "{id}");
    if let Some(wording) = printed["question"].as_str().or(printed["wording"].as_str()) {
        assert_eq!((item.question.as_str(), item.source), (wording, Source::Given), "{id}");
    } else {
        assert_eq!(item.source, Source::Inferred, "{id}: its wording was not published");
    }
    if let Some(label) = printed["label"].as_str() {
        assert_eq!(item.label, label, "{id}");
    }
    if printed["ordinal"] == true {
        assert!(item.ordinal, "{id}");
    }
    check_categories(book, printed, item);
    check_poolings(printed, item);
    if let Some(coding) = printed.get("analysis_coding").and_then(|coding| coding["map"].as_object()) {
        for (code, value) in coding {
            let category = item.category(item.find_category(code).expect("a category"));
            assert_eq!(category.value.map(u64::from), value.as_u64(), "{id} {code}");
        }
    }
}

#[track_caller]
fn check_categories(book: &Value, printed: &Value, item: &Item) {
    let options = match item.kind {
        Kind::Likert => array(&book["scale"], "labels"),
        Kind::Open => array(printed, "themes"),
        Kind::Single | Kind::Multi => array(printed, "options"),
    };
    let mut count = options.len();
    for (option, (_, category)) in options.iter().zip(item.categories()) {
        let place = format!("{} {}", item.id, category.code);
        assert_eq!(category.code, option["code"].as_str().expect("a code"), "{place}");
        assert_eq!(category.label, option["label"].as_str().expect("a label"), "{place}");
        assert_eq!(category.value.map(u64::from), option["value"].as_u64(), "{place}");
        assert_eq!(category.source == Source::Given, option["source"] == "given", "{place}");
        let expected = match &category.code {
            _ if option["missing"] == true => Meaning::Declined,
            _ if option["exclusive"] == true => Meaning::None,
            code if code == "other" || code.ends_with("_other") => Meaning::Other,
            _ => Meaning::Substantive,
        };
        assert_eq!(category.meaning, expected, "{place}");
    }
    if printed["not_applicable_inferred"] == true {
        count += 1;
        let last = item.categories.last().expect("a category");
        assert_eq!((last.meaning, last.source), (Meaning::NotApplicable, Source::Inferred), "{}", item.id);
    }
    assert_eq!(item.categories.len(), count, "{}", item.id);
}

/// Checks the poolings; one that joins everything is left out, since nothing would be left to tell apart.
#[track_caller]
fn check_poolings(printed: &Value, item: &Item) {
    for pool in array(printed, "pool") {
        let pool = codes(pool);
        let is_everything = item.answers().all(|(_, category)| pool.contains(&&*category.code));
        let is_group = |group: &balint_survey::instrument::Group| {
            group.categories.iter().map(|id| &*item.category(*id).code).eq(pool.iter().copied())
        };
        let is_there = item.poolings.iter().any(|pooling| pooling.groups.iter().any(is_group));
        assert_eq!(is_there, !is_everything, "{}: {pool:?}", item.id);
    }
    let labels: Vec<&str> = item.poolings.iter().flat_map(|p| &p.groups).map(|g| &*g.label).collect();
    for label in array(printed, "pool_labels").iter().filter_map(Value::as_str) {
        assert!(
            labels.iter().any(|found| found.to_lowercase() == label.to_lowercase()),
            "{}: {label}",
            item.id
        );
    }
}

#[test]
fn the_class_survey_is_the_codebooks() {
    check_codebook("stress", "stress-experience");
}

#[test]
fn the_post_program_survey_is_the_codebooks() {
    check_codebook("post", "post-program");
}

#[test]
fn nobody_without_an_experience_is_asked_what_they_did_about_it() {
    let instrument = Instrument::find("stress-experience").expect("a built-in instrument");
    let experiences = instrument.find_item("experiences").expect("an item");
    for (_, item) in instrument.items() {
        let is_skipped = ["discussed", "reasons"].contains(&&*item.id);
        assert_eq!(item.condition.is_some(), is_skipped, "{}", item.id);
        if let Some(condition) = &item.condition {
            let none = instrument.item(experiences).find_category("0").expect("a category");
            assert_eq!((condition.item, condition.negated), (experiences, true), "{}", item.id);
            assert!(condition.categories.len() == 1 && condition.categories.contains(none), "{}", item.id);
        }
    }
}

#[track_caller]
fn check_variable(instrument: &str, id: &str, levels: std::ops::RangeInclusive<u16>) -> Variable {
    let instrument = Instrument::find(instrument).expect("a built-in instrument");
    let variable =
        instrument.derived().iter().find(|variable| variable.id == id).expect("a variable").clone();
    assert_eq!(variable.levels, levels, "{id}");
    variable
}

#[test]
fn derived_variables_have_the_codebooks_ranges() {
    let count = |variable: Variable| matches!(variable.definition, Definition::Count(_));
    assert!(count(check_variable("stress-experience", "n_reasons", 0..=7)));
    assert!(count(check_variable("stress-experience", "n_effects", 0..=6)));
    let female = check_variable("stress-experience", "female", 0..=1);
    assert!(
        matches!(&female.definition, Definition::Recode { values, .. } if values == &[Some(0), Some(1), None])
    );
    // Eight items of 1 to 4.
    let total = check_variable("post-program", "likert_total", 8..=32);
    assert!(matches!(&total.definition, Definition::Sum(items) if items.len() == 8));
}

/// Checks every figure that the study printed, kept with the instrument, against the codebook.
#[track_caller]
fn check_reference(id: &str, ours: &str, respondents: u64, eligible: u64) {
    let (book, instrument) = (codebook(id), Instrument::find(ours).expect("a built-in instrument"));
    let reference = instrument.reference().expect("a reference");
    assert_eq!((reference.respondents, reference.eligible), (respondents, eligible));
    for printed in array(&book, "items") {
        let item_id = instrument.find_item(printed["id"].as_str().expect("an id")).expect("an item");
        let item = instrument.item(item_id);
        let kept = reference.items.iter().zip(instrument.items()).find(|(_, (id, _))| *id == item_id);
        let kept = kept.expect("an item").0.as_ref().expect("printed figures");
        assert_eq!(kept.mean, printed["published_mean"].as_f64(), "{}", item.id);
        let options = array(printed, "options").iter().filter(|option| option.is_object());
        for (option, (count, category)) in options.zip(kept.counts.iter().zip(&item.categories)) {
            let published = option["published_count"].as_u64();
            match category.meaning {
                Meaning::Declined => assert_eq!(Some(kept.missing), published, "{}", item.id),
                // What the study did not offer, it printed no count of.
                _ if category.source == Source::Inferred => assert_eq!(*count, None, "{}", item.id),
                _ => assert_eq!(*count, published, "{} {}", item.id, category.code),
            }
        }
    }
    for (pair, kept) in array(&book, "planned_correlations").iter().zip(&reference.correlations) {
        let kept = kept.as_ref().expect("a printed correlation");
        assert_eq!((Some(kept.r), Some(&*kept.p)), (pair["r"].as_f64(), pair["p"].as_str()));
    }
}

#[test]
fn the_figures_kept_with_the_instruments_are_the_codebooks() {
    check_reference("stress", "stress-experience", 46, 290);
    check_reference("post", "post-program", 6, 10);
}
