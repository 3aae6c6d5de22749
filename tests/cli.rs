//! The command line: `release` and `report`, what they print and how they fail.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Labels, counts and percents of one item.
type Rows = &'static [(&'static str, &'static str, &'static str)];

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

/// Runs the program with some standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_balint-survey"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // It may end before it has read everything; that is no failure of the test.
    let _ = child.stdin.take().expect("its input is open").write_all(input);
    child.wait_with_output().expect("the program ends")
}

/// Returns what the program prints, which must succeed.
#[track_caller]
fn output(arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    assert_eq!(errors, "", "{arguments:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Checks that the program prints one line of error, which ends as expected, and nothing else.
#[track_caller]
fn check_fails(arguments: &[&str], input: &[u8], expected: &str) {
    let output = run(arguments, input);
    let errors = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    assert!(errors.starts_with("balint-survey: ") && errors.lines().count() == 1, "{errors}");
    assert!(errors.contains(expected), "found    {errors}expected {expected}");
}

fn data(name: &str) -> String {
    format!("{DATA}/{name}")
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).expect("a file can be written");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn published(instrument: &str, eligible: &str, responses: &str) -> String {
    let arguments = ["release", "--instrument", instrument, "--policy", "published", "--eligible", eligible];
    output(&[&arguments[..], &[&data(responses)]].concat(), b"")
}

fn stress() -> String {
    published("stress-experience", "290", "stress_46.csv")
}

fn post() -> String {
    published("post-program", "10", "post_6.csv")
}

/// Returns the figures after a label, at its first place behind another text.
#[track_caller]
fn figures_after(report: &str, question: &str, label: &str) -> Vec<String> {
    let block = report.split_once(question).unwrap_or_else(|| panic!("no {question:?}")).1;
    let line = block.lines().find(|line| line.trim_start().starts_with(label));
    let line = line.unwrap_or_else(|| panic!("no {label:?} after {question:?}"));
    line.trim_start()[label.len()..].split_whitespace().map(str::to_owned).collect()
}

#[test]
fn report_of_the_class_survey_prints_tables_1_and_2_as_in_the_paper() {
    let report = output(&["report", "/dev/stdin"], stress().as_bytes());
    assert!(report.contains("Respondents: 46 of 290 eligible; response rate 15.9%"), "{report}");
    // Typed from Tables 1 and 2.
    let table_1: [(&str, &[(&str, &str)]); 3] = [
        ("year of medical school", &[("Third", "20"), ("Fourth", "23"), ("Not listed", "3")]),
        ("your sex", &[("Male", "9"), ("Female", "34"), ("Not listed", "3")]),
        ("old are you", &[("21 – 25", "24"), ("26 – 30", "19"), ("31 – 35", "2"), ("> 35", "1")]),
    ];
    for (question, rows) in table_1 {
        for (label, count) in rows {
            assert_eq!(figures_after(&report, question, label)[0], *count, "{label}");
        }
    }
    let table_2: [(&str, Rows); 4] = [
        ("How many clinically", &[("1 – 4", "22", "48%"), ("5 – 8", "14", "30%"), (">8", "10", "22%")]),
        ("What proportion", &[("0 ", "2", "4%"), ("<50%", "17", "37%"), (">50%", "27", "59%")]),
        (
            "For experiences not discussed",
            &[
                ("Issue not significant", "23", "50%"),
                ("No one available", "14", "30%"),
                ("Afraid it would negatively affect my grade", "13", "28%"),
                ("Embarrassment", "12", "26%"),
                ("Fear of ridicule or negative reaction", "10", "22%"),
                ("Lack of time", "1", "2%"),
                ("Patient confidentiality", "1", "2%"),
            ],
        ),
        (
            "What are potential effects",
            &[
                ("Cynicism about health care", "44", "96%"),
                ("Burnout", "40", "87%"),
                ("Decreased motivation", "39", "85%"),
                ("Depression", "27", "59%"),
                ("Change in sleep", "26", "57%"),
                ("Use of unhealthy coping strategies", "17", "37%"),
            ],
        ),
    ];
    for (question, rows) in table_2 {
        for (label, count, percent) in rows {
            assert_eq!(figures_after(&report, question, label)[..2], [*count, *percent], "{label}");
        }
    }
    for coefficient in ["r = .31, n = 43, ", "r = −.40, n = 46, ", "r = .37, n = 46, "] {
        let line = report.lines().find(|line| line.contains(coefficient));
        assert!(line.is_some_and(|line| line.contains("p = .0")), "{coefficient}: {report}");
    }
}

#[test]
fn report_of_the_post_program_survey_prints_the_means_of_table_3() {
    let report = output(&["report", "-"], post().as_bytes());
    let table = report.split_once("Table 3.").expect("table 3").1;
    let table = table.split_once("1 = Strongly Disagree").expect("the scale").0;
    // The last lines of the statements end in: counts of 1 to 4, n, mean, SD, median.
    let figures = table.lines().map(|line| line.split_whitespace().rev().collect::<Vec<_>>());
    let rows = figures.filter(|figures| figures.len() > 8 && figures[3] == "6");
    let means: Vec<String> = rows.map(|figures| figures[2].to_owned()).collect();
    assert_eq!(means, ["4.0", "3.8", "3.8", "3.5", "3.3", "3.5", "3.5", "3.7"]);
}

#[test]
fn report_as_json_has_the_documented_fields() {
    let report = output(&["report", "--format", "json", "-"], stress().as_bytes());
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["instrument"], "stress-experience");
    assert_eq!(report["policy"], "published");
    assert_eq!((&report["respondents"], &report["eligible"]), (&46.into(), &290.into()));
    let has = |value: &Value, fields: &[&str]| {
        for field in fields {
            assert!(value.get(field).is_some(), "no {field} in {value}");
        }
    };
    has(&report["response_rate"], &["value", "low", "high"]);
    has(&report["items"][3], &["id", "base", "missing", "categories", "mean", "sd", "median"]);
    has(&report["items"][3]["categories"][1], &["code", "count", "percent", "low", "high"]);
    has(
        &report["correlations"][0],
        &["id", "x", "y", "n", "r", "t", "df", "p", "p_holm", "low", "high", "p_permutation"],
    );
    assert!(report["themes"].is_array() && report["withheld"].is_array());
}

#[test]
fn report_is_written_in_five_formats() {
    for (format, start) in [
        ("text", "Class-wide stress-experience survey\n"),
        ("json", "{\n  \"instrument\": \"stress-experience\""),
        ("csv", "part,id,category,label,base,count,percent"),
        ("markdown", "# Class-wide stress-experience survey\n"),
        ("html", "<!doctype html>\n<html lang=\"en\">"),
    ] {
        let report = output(&["report", "--format", format, "-"], stress().as_bytes());
        assert!(report.starts_with(start), "{format}: {report}");
        assert!(report.ends_with('\n'), "{format} ends with a line end");
    }
}

#[test]
fn report_is_compared_with_the_study_or_with_another_release() {
    let folder = tempfile::tempdir().expect("a folder");
    let ours = file(&folder, "ours.json", stress());
    let json = |compare: &str| -> Value {
        let report = output(&["report", "--format", "json", "--compare", compare, text(&ours)], b"");
        serde_json::from_str(&report).expect("JSON")
    };
    let study = json("study");
    assert_eq!(study["comparison"]["with"]["name"], "Atkinson & Rosenstock");
    assert_eq!(study["comparison"]["tests"][0]["kind"], "chi-squared");
    let theirs = file(&folder, "theirs.json", stress().replace("\"stress_46\"", "\"school-b\""));
    assert_eq!(json(text(&theirs))["comparison"]["with"]["name"], "school-b");
    let same = ["report", "--compare", text(&ours), text(&ours)];
    check_fails(&same, b"", "ours.json: collection \"stress_46\" is there twice");
    let post = file(&folder, "post.json", post());
    let other = ["report", "--compare", text(&post), text(&ours)];
    check_fails(&other, b"", "post.json: found a release of post-program; expected one of stress-experience");
}

#[test]
fn what_the_investigators_know_comes_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = r#"{"opened": "2014-01-13", "closed": "2014-02-23", "reminders": 2}"#;
    let facts = file(&folder, "facts.json", facts);
    let report = output(&["report", "--fieldwork", text(&facts), "-"], stress().as_bytes());
    assert!(report.contains("open from 2014-01-13 to 2014-02-23 (42 days)"), "{report}");
    let wrong = file(&folder, "wrong.json", "{\n  \"reminder\": 2}");
    let arguments = ["report", "--fieldwork", text(&wrong), "-"];
    check_fails(&arguments, stress().as_bytes(), "wrong.json: line 2, column 12: unknown field `reminder`");
}

#[test]
fn same_responses_give_the_same_bytes() {
    assert_eq!(stress(), stress());
}

#[test]
fn collection_is_named_after_the_file_or_as_asked() {
    let name = |arguments: &[&str], input: &[u8]| {
        let release: Value = serde_json::from_str(&output(arguments, input)).expect("JSON");
        release["collections"].clone()
    };
    let responses = fs::read(data("stress_46.csv")).expect("the data are there");
    let common = ["release", "--instrument", "stress-experience", "--policy", "standard"];
    assert_eq!(
        name(&[&common[..], &[&data("stress_46.csv")]].concat(), b""),
        serde_json::json!(["stress_46"])
    );
    let asked = [&common[..], &["--collection", "wave-1", "-"]].concat();
    assert_eq!(name(&asked, &responses), serde_json::json!(["wave-1"]));
    check_fails(&[&common[..], &["--collection", "a/b", "-"]].concat(), &responses, "collection \"a/b\"");
}

#[test]
fn releases_of_several_collections_are_merged() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = file(&folder, "one.json", stress());
    let other = file(&folder, "other.json", stress().replace("\"stress_46\"", "\"stress_b\""));
    let report = output(&["report", "--format", "json", text(&one), text(&other)], b"");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!((&report["respondents"], &report["eligible"]), (&92.into(), &580.into()));
    assert_eq!(report["correlations"][0]["n"], 86);
    check_fails(&["report", text(&one), text(&one)], b"", "\"stress_46\" is there twice");

    let standard = ["release", "--instrument", "stress-experience", "--policy", "standard"];
    let standard = output(&[&standard[..], &["--collection", "c", &data("stress_46.csv")]].concat(), b"");
    let standard = file(&folder, "standard.json", standard);
    check_fails(&["report", text(&one), text(&standard)], b"", "two policies");
    let post = file(&folder, "post.json", post());
    check_fails(&["report", text(&one), text(&post)], b"", "two instruments");
}

#[test]
fn nine_responses_under_standard_give_no_figure() {
    let all = fs::read_to_string(data("stress_46.csv")).expect("the data are there");
    let lines = |count: usize| all.lines().take(1 + count).collect::<Vec<_>>().join("\n");
    let common =
        ["release", "--instrument", "stress-experience", "--policy", "standard", "--collection", "c", "-"];
    let expected = "balint-survey: fewer than 10 respondents: nothing is released\n";
    for count in [0, 1, 9] {
        let found = run(&common, lines(count).as_bytes());
        assert_eq!(found.status.code(), Some(1));
        assert_eq!((found.stdout.as_slice(), found.stderr.as_slice()), (&b""[..], expected.as_bytes()));
    }
    assert!(output(&common, lines(10).as_bytes()).contains("\"respondents\": 10"));
}

#[test]
fn more_respondents_than_eligible_are_refused() {
    let arguments =
        ["release", "--instrument", "stress-experience", "--policy", "published", "--eligible", "45"];
    let expected = "more respondents than the 45 who were eligible";
    check_fails(&[&arguments[..], &[&data("stress_46.csv")]].concat(), b"", expected);
}

#[test]
fn bad_responses_are_refused_with_file_line_and_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = fs::read_to_string(data("stress_46.csv")).expect("the data are there");
    let header = good.lines().next().expect("a header");
    let check = |content: &[u8], expected: &str| {
        let path = file(&folder, "bad.csv", content);
        let common = ["release", "--instrument", "stress-experience", "--policy", "published"];
        check_fails(&[&common[..], &[text(&path)]].concat(), b"", expected);
    };
    check(b"", "bad.csv: line 1: the file is empty");
    check(good.replacen("age", "height", 1).as_bytes(), "line 1, column \"height\": unknown column");
    check(good.replacen("age", "sex", 1).as_bytes(), "line 1, column \"sex\": the column is there twice");
    check(
        good.replacen(",male,", ",man,", 1).as_bytes(),
        "column \"sex\": unknown code \"man\"; expected male, female",
    );
    check(format!("{header}\nthird,male\n").as_bytes(), "line 2: 2 cells; expected 22");
    check(&[header.as_bytes(), b"\nthird,\xff,"].concat(), "line 2");
    check(&[0xff, 0xfe, b'y', 0], "not UTF-8");
}

#[test]
fn what_is_no_release_is_refused_with_place_and_reason() {
    let whole = stress();
    check_fails(&["report", "-"], b"", "-: the file is empty; expected a release");
    check_fails(&["report", "-"], b"not json", "-: line 1, column");
    check_fails(&["report", "-"], b"{}", "missing field");
    check_fails(&["report", "-"], &whole.as_bytes()[..whole.len() / 2], "EOF");
    let other = whole.replace("\"stress-experience\"", "\"another\"");
    check_fails(&["report", "-"], other.as_bytes(), "instrument: found \"another\"");
    let forged = whole.replacen("\"count\": 22", "\"count\": 23", 1);
    check_fails(&["report", "-"], forged.as_bytes(), "item \"experiences\": found counts");
}

#[test]
fn what_is_given_in_the_place_of_a_release_is_recognised() {
    let responses = data("stress_46.csv");
    let expected =
        "stress_46.csv: this is a CSV of responses; make its release first: `balint-survey release`";
    check_fails(&["report", &responses], b"", expected);
    let folder = tempfile::tempdir().expect("a folder");
    let other = file(&folder, "other.csv", "a,b\n");
    check_fails(&["report", text(&other)], b"", "other.csv: this is a CSV of responses");
    let facts = "-: these are facts for --fieldwork; expected a release";
    check_fails(&["report", "-"], b"{\"reminders\": 2}", facts);
    let ours = file(&folder, "ours.json", stress());
    let study = ["report", "--compare", "Study", text(&ours)];
    check_fails(&study, b"", "--compare: found \"Study\"; expected study, or a release's file");
}

#[test]
fn what_is_not_there_is_named() {
    check_fails(&["report", "nowhere.json"], b"", "nowhere.json cannot be read");
    let arguments =
        |instrument| ["release", "--instrument", instrument, "--policy", "standard", "nowhere.csv"];
    check_fails(&arguments("stress-experience"), b"", "nowhere.csv cannot be read");
    check_fails(
        &arguments("stress"),
        b"",
        "no instrument and no file \"stress\"; expected stress-experience, post-program",
    );
}

#[test]
fn an_instrument_may_come_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/instrument/post-program.json"));
    let own = json.expect("the instrument is there").replace("\"post-program\"", "\"our-own\"");
    let own = file(&folder, "own.json", own);
    let arguments = ["release", "--instrument", text(&own), "--policy", "published", &data("post_6.csv")];
    let release = output(&arguments, b"");
    let report = output(&["report", "--instrument", text(&own), "-"], release.as_bytes());
    assert!(report.contains("our-own version 1"), "{report}");
    let hint = "instrument: found \"our-own\"; expected stress-experience or post-program; for a survey of your own, give its file: --instrument FILE";
    check_fails(&["report", "-"], release.as_bytes(), hint);
    let broken = file(&folder, "broken.json", "{\"id\": 7}");
    let arguments = ["release", "--instrument", text(&broken), "--policy", "published", &data("post_6.csv")];
    let found = run(&arguments, b"");
    let said = String::from_utf8(found.stderr).expect("text");
    assert!(!found.status.success() && found.stdout.is_empty());
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].starts_with("balint-survey: ") && lines[0].ends_with("broken.json is no instrument:"),
        "{said}"
    );
    assert_eq!(lines[1], "line 1: instrument: version is not there");
    assert_eq!(lines[9], "line 1: instrument: id is a number; expected a text");
    assert_eq!(lines.len(), 10, "everything that is wrong is said: {said}");
}

#[test]
fn a_plan_names_its_flags_and_warns_of_days_that_are_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("plan");
    let plan = |instrument: &str, year: &str| {
        let (opens, closes) = (format!("{year}-01-14T08:00:00Z"), format!("{year}-02-25T08:00:00Z"));
        let link = "https://school.example/survey";
        let given = ["--instrument", instrument, "--opens", &opens, "--closes", &closes, "--link", link];
        let given = [&["plan", "--out", text(&out), "--contact", "Ada"][..], &given].concat();
        given.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let own = plan("my-survey.json", "2030");
    let expected = "balint-survey: --instrument: unknown instrument \"my-survey.json\"; expected stress-experience or post-program; for a survey of your own, give its address, --src URL, and --title TEXT";
    check_fails(&own.iter().map(String::as_str).collect::<Vec<_>>(), b"", expected);
    check_fails(&["plan", "--src", "my-survey.json", "--opens", "soon"], b"", "--opens: found \"soon\"");
    let over = plan("post-program", "2014");
    let said = output(&over.iter().map(String::as_str).collect::<Vec<_>>(), b"");
    assert!(said.starts_with("Take days that lie ahead: this survey has closed already, on "), "{said}");
}

#[test]
fn usage_errors_exit_with_2_and_name_the_argument() {
    for (arguments, expected) in [
        (&["release", "--policy", "standard", "a.csv"][..], "--instrument"),
        (
            &["release", "--instrument", "post-program", "--policy", "none", "a.csv"],
            "unknown policy \"none\"",
        ),
        (
            &["release", "--instrument", "post-program", "--policy", "strict", "--eligible", "ten", "a.csv"],
            "invalid value 'ten' for '--eligible <N>': expected a whole number",
        ),
        (&["invite", "--task", "a", "--count", "0"], "'--count <N>': expected a whole number from 1 on"),
        (&["plan", "--reminders", "two"], "'--reminders <N>': expected a whole number"),
        (&["build", "--out", "a", "--served-at", "cdn.example/survey"], "https://cdn.example/survey/"),
        (&["report"], "RELEASE.json"),
        (&["report", "--format", "pdf", "-"], "pdf"),
        (&["publish"], "publish"),
    ] {
        let found = run(arguments, b"");
        let errors = String::from_utf8_lossy(&found.stderr);
        assert_eq!(found.status.code(), Some(2), "{arguments:?}");
        assert!(errors.contains(expected), "{errors}");
    }
}

#[test]
fn a_codebook_is_a_page_or_json() {
    let page = output(&["codebook", "stress-experience"], b"");
    assert!(
        page.starts_with("<!doctype html>") && page.contains("Codebook: Class-wide stress-experience survey")
    );
    let json = output(
        &["codebook", "--format", "json", concat!(env!("CARGO_MANIFEST_DIR"), "/www/example-survey.json")],
        b"",
    );
    let codebook: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(codebook["instrument"], "teaching-on-the-wards");
    check_fails(&["codebook", "nothing"], b"", "no instrument and no file \"nothing\"");
}
