//! The report: what it computes beyond the paper's tables, how it is compared, merged and written.

mod common;

use std::fmt::Write;
use std::slice;

use balint_survey::disclosure::Release;
use balint_survey::instrument::Instrument;
use balint_survey::report::comparison::{Test, TestKind};
use balint_survey::report::fieldwork::Fieldwork;
use balint_survey::report::{ALPHA_BASE, Cohort, Format, Report};
use balint_survey::workspace::example::Example;
use balint_survey::workspace::{Compare, Origin, Side, Source, Workspace};
use serde_json::Value;

const STRESS: &str = include_str!("data/stress_46.csv");
const POST: &str = include_str!("data/post_6.csv");

fn instrument(id: &str) -> Instrument {
    Instrument::find(id).expect("a built-in instrument")
}

fn made(instrument: &Instrument, csv: &str, policy: &str, name: &str) -> Release {
    common::made(instrument, csv, policy, name, Some(1000))
}

fn stress(policy: &str, name: &str) -> Release {
    made(&instrument("stress-experience"), STRESS, policy, name)
}

fn post(policy: &str, name: &str) -> Release {
    made(&instrument("post-program"), POST, policy, name)
}

fn report(release: &Release) -> Report {
    Report::new(release, &instrument(release.instrument_id()))
}

/// Returns a class survey of these answers: how many experiences, what part of them was discussed.
///
/// Everybody is alike in the rest, and thinks of burnout alone.
fn class(answers: &[(&str, &str, usize)]) -> String {
    let header = STRESS.lines().next().expect("a header");
    let mut csv = format!("{header}\n");
    let rest = header.split(',').skip(5).map(|name| if name == "effects___burnout" { ",1" } else { ",0" });
    let rest: String = rest.collect();
    for (experiences, discussed, count) in answers {
        for _ in 0..*count {
            writeln!(csv, "third,female,21-25,{experiences},{discussed}{rest}")
                .expect("memory takes any text");
        }
    }
    csv
}

// Statistics in the report.

#[test]
fn permutation_p_stands_beside_students() {
    let report = report(&stress("published", "a"));
    let c1 = &report.correlations[0];
    // The oracle's stress_46/sex_x_effects and stress_46/perm_sex_x_effects.
    assert!((c1.p.expect("p") - 0.045_747_756_088_584_75).abs() < 1e-12);
    assert!((c1.p_permutation.expect("p") - 0.072_773_799_149_295_47).abs() < 1e-12);
    let text = Format::Text.write(&report, &instrument("stress-experience"));
    assert!(text.contains("p = .046, permutation p = .073"), "{text}");
}

#[test]
fn permutation_p_needs_counts_that_a_stricter_policy_withholds() {
    let report = report(&stress("standard", "a"));
    assert!(report.correlations.iter().all(|found| found.p.is_some() && found.p_permutation.is_none()));
    let text = Format::Text.write(&report, &instrument("stress-experience")).replace('\n', " ");
    assert!(text.contains("the permutation test needs the counts"), "{text}");
    assert!(!text.contains("trust the latter"), "{text}");
}

/// Returns responses of the Balint group, over and over again.
fn groups(times: usize) -> String {
    let (header, rows) = POST.split_once('\n').expect("a header");
    format!("{header}\n{}", rows.repeat(times))
}

#[test]
fn alpha_is_reported_from_thirty_respondents_on() {
    let of = |csv: &str| report(&made(&instrument("post-program"), csv, "published", "a")).derived[0].alpha;
    assert_eq!(of(POST), None);
    let thirty = groups(5);
    let last = thirty.trim_end().rfind('\n').expect("lines");
    assert_eq!(of(&thirty[..last]), None, "{} respondents", ALPHA_BASE - 1);
    // Five times the same answers have the same α: the oracle's post_6/alpha8.
    let alpha = of(&thirty).expect("α of thirty respondents");
    assert!((alpha - -2.420_168_067_226_890_6).abs() < 1e-12, "{alpha}");
    let shown = report(&made(&instrument("post-program"), &thirty, "published", "a"));
    assert!(Format::Text.write(&shown, &instrument("post-program")).contains("−2.42"));
}

/// Returns five times the Balint group, and some more who left the first statement out.
fn with_left_out(count: usize) -> String {
    assert!(POST.starts_with("q1_explore,"), "the first column is the first statement");
    let row = POST.lines().nth(1).expect("a row");
    let (_, others) = row.split_once(',').expect("cells");
    format!("{}\n{}", groups(5).trim_end(), format!(",{others}\n").repeat(count))
}

#[test]
fn alpha_is_over_those_who_answered_every_item() {
    let csv = with_left_out(5);
    let report = report(&made(&instrument("post-program"), &csv, "published", "a"));
    assert_eq!((report.items[0].base, report.items[1].base), (Some(30), Some(35)));
    assert_eq!(report.derived[0].base, Some(30));
    let alpha = report.derived[0].alpha.expect("α of thirty respondents");
    assert!((alpha - -2.420_168_067_226_890_6).abs() < 1e-12, "{alpha}");
}

#[test]
fn the_row_of_one_who_left_a_statement_out_is_no_difference_of_sums() {
    for left_out in 1..5 {
        let made = made(&instrument("post-program"), &with_left_out(left_out), "published", "a");
        assert_eq!(made.derived()[0].parts, None, "{left_out}");
        assert_eq!(report(&made).derived[0].alpha, None, "{left_out}");
    }
    assert!(post("published", "a").derived()[0].parts.is_some(), "nobody has left anything out");
}

#[test]
fn a_variable_that_does_not_vary_has_no_correlation_and_the_reason_is_given() {
    let csv = class(&[("gt8", "lt50", 12)]);
    let made = made(&instrument("stress-experience"), &csv, "published", "a");
    let c3 = &report(&made).correlations[2];
    assert_eq!((c3.n, c3.withheld), (Some(12), None));
    assert_eq!((c3.r, c3.t, c3.p, c3.low, c3.p_permutation), (None, None, None, None, None));
    assert_eq!(c3.reason, Some("a variable that does not vary has no correlation"));
    // Without anybody's reasons there are no pairs of c2 at all.
    assert!(report(&made).correlations[1].withheld.is_some());
    let c1 = report(&stress("published", "a")).correlations[0].clone();
    assert_eq!((c1.withheld, c1.reason), (None, None));
}

#[test]
fn an_item_that_nobody_answered_has_no_percent() {
    let csv = class(&[("gt8", "", 12)]);
    let report = report(&made(&instrument("stress-experience"), &csv, "published", "a"));
    let discussed = report.item("discussed").expect("an item");
    assert!(discussed.base.is_none() && discussed.categories.is_none() && discussed.withheld.is_some());
}

#[test]
fn complete_responses_are_bounded_by_what_is_missing() {
    // Counted in the file: a response is complete without an empty cell and without "not_listed".
    let lines: Vec<&str> = STRESS.lines().skip(1).collect();
    let complete = lines
        .iter()
        .filter(|line| !line.split(',').any(|cell| cell.is_empty() || cell == "not_listed"))
        .count() as u64;
    let report = report(&stress("published", "a"));
    let found = report.complete.expect("bounds");
    assert!((found.at_least..=found.at_most).contains(&complete), "{complete} in {found:?}");
    // Three prefer not to say their year, and three their sex; nobody has left anything out.
    assert_eq!((found.at_least, found.at_most), (40, 46));
    let rate = report.complete_rate.expect("bounds of the rate");
    assert_eq!((rate.at_least, rate.at_most), (0.040, 0.046));
}

#[test]
fn a_small_groups_report_bounds_no_response() {
    let report = report(&post("small-group", "a"));
    assert_eq!((report.complete, report.complete_rate, report.response_rate), (None, None, None));
}

// Comparisons.

fn compared(ours: &Release, theirs: &Release) -> Vec<Test> {
    let instrument = instrument(ours.instrument_id());
    let report = Report::new(ours, &instrument).compared_with(Cohort::of(&report(theirs)), &instrument);
    report.comparison.expect("a comparison").tests
}

#[track_caller]
fn find<'a>(tests: &'a [Test], id: &str) -> &'a Test {
    tests.iter().find(|test| test.id == id).unwrap_or_else(|| panic!("no test of {id}: {tests:?}"))
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs()
}

#[test]
fn the_reconstruction_does_not_differ_from_the_study() {
    let instrument = instrument("stress-experience");
    let study = Cohort::published(instrument.reference().expect("a study"), &instrument);
    let report = report(&stress("published", "a")).compared_with(study, &instrument);
    let tests = report.comparison.expect("a comparison").tests;
    assert!(tests.iter().all(|test| test.p > 0.999_999 && test.p_holm > 0.999_999), "{tests:?}");
    // The items of one choice, and each reason and effect that the study prints.
    assert_eq!(tests.len(), 5 + 7 + 6);
}

#[test]
fn tables_are_compared_by_chi_squared_and_small_ones_exactly() {
    let instrument = instrument("stress-experience");
    let ours = class(&[("1-4", "lt50", 20), ("gt8", "gt50", 30)]);
    let theirs = class(&[("1-4", "lt50", 35), ("gt8", "gt50", 15)]);
    let release = |csv: &str, name: &str| made(&instrument, csv, "published", name);
    let tests = compared(&release(&ours, "a"), &release(&theirs, "b"));
    // 20, 30 against 35, 15: χ² = 100·(20·15 − 30·35)² / (55·45·50·50) = 9.0909…
    let found = find(&tests, "experiences");
    assert_eq!((found.kind, found.df), (TestKind::ChiSquared, Some(1.0)));
    assert!(close(found.statistic.expect("χ²"), 100.0 / 11.0), "{found:?}");
    assert!(close(found.v.expect("V"), (1.0_f64 / 11.0).sqrt()), "{found:?}");
    // R: pchisq(100/11, 1, lower.tail = FALSE)
    assert!((found.p - 0.002_568_7).abs() < 1e-6, "{found:?}");

    let ours = class(&[("1-4", "lt50", 3), ("gt8", "gt50", 7)]);
    let theirs = class(&[("1-4", "lt50", 7), ("gt8", "gt50", 3)]);
    let tests = compared(&release(&ours, "a"), &release(&theirs, "b"));
    let found = find(&tests, "experiences");
    assert_eq!(found.kind, TestKind::ChiSquared, "expected counts are 5");
    let ours = class(&[("1-4", "lt50", 2), ("gt8", "gt50", 8)]);
    let tests = compared(&release(&ours, "a"), &release(&theirs, "b"));
    let found = find(&tests, "experiences");
    // By hand: 2·Σ_{k ≤ 2} C(10, k)·C(10, 9 − k) / C(20, 9) = 2·(10 + 450 + 5400) / 167960
    assert_eq!((found.kind, found.statistic), (TestKind::FisherExact, None));
    assert!(close(found.p, 2.0 * 5860.0 / 167_960.0), "{found:?}");
}

#[test]
fn likert_means_are_compared_by_welch_and_adjusted_together() {
    let instrument = instrument("post-program");
    let ours = made(&instrument, &groups(3), "published", "a");
    let theirs = groups(3).replace("\n4,", "\n3,");
    let theirs = made(&instrument, &theirs, "published", "b");
    let tests = compared(&ours, &theirs);
    // Everybody chose 4 on one side and 3 on the other: without any spread there is no test.
    assert!(tests.iter().all(|test| test.id != "q1_explore"), "{tests:?}");
    let q2 = find(&tests, "q2_empathize");
    assert_eq!((q2.kind, q2.difference), (TestKind::Welch, Some(0.0)));
    assert!(q2.low.expect("an interval") < 0.0 && q2.high.expect("an interval") > 0.0);
    let total = find(&tests, "likert_total");
    assert_eq!((total.kind, total.difference), (TestKind::Welch, Some(1.0)));
    assert!(tests.iter().all(|test| test.p_holm >= test.p && test.p_holm <= 1.0));
}

#[test]
fn counts_that_one_side_joins_are_compared_joined_or_not_at_all() {
    let tests = compared(&stress("standard", "a"), &stress("published", "b"));
    // `standard` joins three groups of age into one; the other side's add up to it.
    assert!(find(&tests, "age").p > 0.999_999);
    assert!(
        tests.iter().all(|test| test.category.as_deref() != Some("lack_of_time")),
        "fewer than five people"
    );
    // The other way round, the parts of a sum are not known.
    let tests = compared(&stress("published", "a"), &stress("standard", "b"));
    assert!(tests.iter().all(|test| test.id != "age"), "{tests:?}");
}

// The workspace.

fn workspace() -> Workspace {
    Workspace::new(Instrument::built_in())
}

fn source(release: &Release) -> Source {
    Source { release: release.clone(), origin: Origin::File("a.json".to_owned()) }
}

#[track_caller]
fn check_refused(workspace: &mut Workspace, release: &Release, side: Side, expected: &str) {
    let before = workspace.clone();
    let error = workspace.add(source(release), side).expect_err("it does not fit").to_string();
    assert!(error.contains(expected), "{error}");
    assert!(*workspace == before, "what was there is as it was");
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason_and_changes_nothing() {
    let mut workspace = workspace();
    workspace.add(source(&stress("published", "a")), Side::Own).expect("the first");
    workspace.add(source(&stress("published", "b")), Side::Own).expect("another collection");
    assert_eq!(workspace.report().expect("a report").respondents.exact(), Some(92));
    check_refused(&mut workspace, &stress("published", "a"), Side::Own, "\"a\" is there twice");
    check_refused(&mut workspace, &stress("standard", "c"), Side::Own, "two policies");
    check_refused(&mut workspace, &post("published", "c"), Side::Own, "two instruments");
    check_refused(&mut workspace, &post("published", "c"), Side::Others, "expected one of stress-experience");
    check_refused(&mut workspace, &stress("published", "b"), Side::Others, "\"b\" is there twice");
    let broken = workspace.read(b"{", Origin::Portal, Side::Own).expect_err("no release").to_string();
    assert!(broken.contains("line 1, column 1"), "{broken}");
    assert_eq!(workspace.report().expect("a report").respondents.exact(), Some(92));
}

#[test]
fn bands_of_small_groups_are_shown_one_at_a_time() {
    let mut workspace = workspace();
    workspace.add(source(&post("small-group", "a")), Side::Own).expect("the first");
    check_refused(&mut workspace, &post("small-group", "b"), Side::Own, "no counts that could be added");
    workspace.add(source(&post("small-group", "b")), Side::Others).expect("the other side");
    workspace.compare = Compare::Releases;
    let report = workspace.report().expect("a report");
    assert!(report.comparison.expect("a comparison").tests.is_empty());
}

#[test]
fn with_the_last_release_the_comparison_goes_too() {
    let mut workspace = workspace();
    workspace.add(source(&stress("published", "a")), Side::Own).expect("the first");
    workspace.add(source(&stress("standard", "b")), Side::Others).expect("the other side");
    workspace.compare = Compare::Releases;
    assert!(workspace.report().expect("a report").comparison.is_some());
    workspace.remove(Side::Own, 0);
    assert!(workspace.report().is_none() && workspace.others.is_empty());
    workspace.remove(Side::Own, 0);
    workspace.add(source(&post("published", "c")), Side::Own).expect("a new beginning");
}

#[test]
fn the_worked_example_is_the_papers() {
    for example in Example::ALL {
        let mut workspace = workspace();
        workspace.add(example.source(), Side::Own).expect("an example");
        let report = workspace.report().expect("a report");
        let rate = report.response_rate.expect("a rate").value;
        let expected = if example == Example::ClassSurvey { 46.0 / 290.0 } else { 6.0 / 10.0 };
        assert_eq!(rate, expected);
        assert!(report.collections[0].starts_with("synthetic-"));
    }
}

// Formats.

fn everything() -> (Report, Instrument) {
    let instrument = instrument("stress-experience");
    let json = br#"{
        "note": "Synthetic <data>",
        "opened": "2014-01-13", "closed": "2014-02-23", "reminders": 2,
        "attendance": [7, 2, 5, 6, 2, 3, 2, 7],
        "ethics": "Exempt", "design": "All students", "consent": "Verbal", "pilot": "Two students",
        "contact": "E-mail", "announcement": "Lecture", "context": "School", "incentives": "None"
    }"#;
    let fieldwork = Fieldwork::from_json(json).expect("good facts");
    let study = Cohort::published(instrument.reference().expect("a study"), &instrument);
    let report = report(&stress("published", "a")).with_fieldwork(fieldwork, &instrument);
    (report.compared_with(study, &instrument), instrument)
}

#[test]
fn every_format_has_the_papers_counts_and_what_the_investigators_added() {
    let (report, instrument) = everything();
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let written = format.write(&report, &instrument);
        let flat = written.split_whitespace().collect::<Vec<_>>().join(" ");
        for expected in [
            "Afraid it would negatively affect my grade",
            "46 of 1000",
            ".31",
            "−.40",
            ".37",
            ".073",
            "2014-01-13",
            "42 days",
            "median 4.0, range 2–7",
            "Exempt",
            "RR2",
            "RR1",
            "Holm",
            instrument.hash().to_string().as_str(),
            report.policy_hash.as_str(),
        ] {
            assert!(flat.contains(expected), "no {expected} in {format:?}: {written}");
        }
    }
    let html = Format::Html.write(&report, &instrument);
    assert!(html.contains("Synthetic &lt;data&gt;") && !html.contains("<data>"));
    assert!(html.starts_with("<!doctype html>") && !html.contains("http-equiv"));
    for loaded in [" src=", "<link", "@import", "url("] {
        assert!(!html.contains(loaded), "a page of its own loads nothing: {loaded}");
    }
}

#[test]
fn tags_of_the_page_of_its_own_are_closed_in_order() {
    let (report, instrument) = everything();
    let html = Format::Html.write(&report, &instrument);
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(2).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if name != "meta" && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn csv_has_a_line_for_every_figure_and_as_many_cells_in_each() {
    let (report, instrument) = everything();
    let written = Format::Csv.write(&report, &instrument);
    let mut reader = csv::Reader::from_reader(written.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|found| found == name).expect("a column");
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("as many cells");
    let find = |id: &str, category: &str| {
        let is_it = |record: &&csv::StringRecord| {
            &record[column("id")] == id && &record[column("category")] == category
        };
        records.iter().find(is_it).unwrap_or_else(|| panic!("no line for {id} {category}"))
    };
    let grade = find("reasons", "afraid_grade");
    assert_eq!((&grade[column("count")], &grade[column("base")]), ("13", "46"));
    assert_eq!(&grade[column("compared")], "28.26086956521739");
    let c1 = find("c1", "");
    assert!(c1[column("r")].starts_with("0.3063"), "{c1:?}");
    assert!(c1[column("p_permutation")].starts_with("0.0727"), "{c1:?}");
    let all = find("stress-experience", "");
    assert_eq!((&all[column("count")], &all[column("base")]), ("46", "1000"));
}

#[test]
fn withheld_counts_read_the_same_in_every_format() {
    let made = stress("standard", "a");
    let (report, instrument) = (report(&made), instrument("stress-experience"));
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let written = format.write(&report, &instrument);
        assert!(written.contains("fewer than 5 people"), "{format:?}");
        assert!(written.contains("more than 41 people"), "{format:?}");
    }
    assert!(Format::Csv.write(&report, &instrument).contains(",<5,"));
    assert!(Format::Json.write(&report, &instrument).contains("\"count\": \"<5\""));
}

#[test]
fn small_groups_show_bands_and_no_number_of_people_in_every_format() {
    let made = post("small-group", "a");
    let (report, instrument) = (report(&made), instrument("post-program"));
    for format in Format::ALL {
        let written = format.write(&report, &instrument);
        assert!(!written.contains("n = 6") && !written.contains("n\u{a0}=\u{a0}6"), "{format:?}");
    }
    assert!(Format::Text.write(&report, &instrument).contains("80% or more"));
}

// The checklist.

#[test]
fn the_checklist_is_cherries_item_by_item() {
    let cherries: Value = serde_json::from_str(include_str!("data/cherries.json")).expect("JSON");
    let items = cherries["items"].as_array().expect("items");
    let bare = report(&stress("published", "a"));
    let (filled, _) = everything();
    assert_eq!((bare.cherries.len(), items.len()), (30, 30));
    for (item, (bare, filled)) in items.iter().zip(bare.cherries.iter().zip(&filled.cherries)) {
        // The data set shortens two names of the checklist.
        let name = item["item"].as_str().expect("a name");
        let found = bare.item;
        assert!(found == name || found.to_lowercase().contains(&name.to_lowercase()), "{found}, not {name}");
        assert_eq!(item["category"], bare.category, "{name}");
        let is_manual = item["fill"] == "manual" && name != "Describe survey design";
        let is_theirs = is_manual || name == "Time/Date";
        assert_eq!(bare.text.is_none(), is_theirs, "{name}: {:?}", bare.text);
        assert!(filled.text.is_some(), "{name} is filled in by the investigators");
    }
}

#[test]
fn the_method_names_versions_and_only_what_was_done() {
    let (full, _) = everything();
    for expected in [
        concat!("balint-survey ", env!("CARGO_PKG_VERSION")),
        "stress-experience version 1",
        "“published”",
        "AAPOR’s RR2",
        "Wilson",
        "Holm",
        "Atkinson & Rosenstock (n\u{a0}=\u{a0}46)",
        "from 2014-01-13 to 2014-02-23 (42 days)",
        "two reminders",
    ] {
        assert!(full.method.contains(expected), "no {expected} in {}", full.method);
    }
    let bare = report(&post("published", "a"));
    assert!(!bare.method.contains("Pearson") && bare.method.contains("Likert"), "{}", bare.method);
    let both = [bare.method.as_str(), &full.method];
    assert!(both.iter().all(|method| !method.contains("  ") && method.ends_with('.')), "{both:?}");
}

#[test]
fn the_synthetic_headcounts_have_the_papers_median_and_range() {
    let data: Value = serde_json::from_str(include_str!("data/attendance.json")).expect("JSON");
    let json = format!("{{\"attendance\": {}}}", data["session_headcounts"]);
    let found = Fieldwork::from_json(json.as_bytes()).expect("good facts").attendance().expect("sessions");
    assert_eq!((found.sessions, found.median, found.least, found.most), (8, 4.0, 2, 7));
}

#[test]
fn an_instrument_of_ones_own_has_a_report_too() {
    let json = include_str!("../src/instrument/post-program.json").replace("\"post-program\"", "\"our-own\"");
    let own = Instrument::parse(&json).expect("an instrument");
    let made = made(&own, POST, "published", "a");
    let read = Release::from_json(made.to_json().as_bytes(), slice::from_ref(&own)).expect("a release");
    let mut workspace = Workspace::new(vec![own]);
    workspace.add(source(&read), Side::Own).expect("a release");
    assert_eq!(workspace.report().expect("a report").instrument, "our-own");
}
