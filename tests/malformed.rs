//! What is no instrument: each file of `tests/data/malformed/` gives exactly the messages of the text beside it.
//!
//! After a change, `REWRITE=1 cargo test --test malformed` writes the texts anew; read what `git diff` shows of them.

use std::fs;
use std::path::{Path, PathBuf};

use balint_survey::instrument::{Instrument, MAX_PROBLEMS};
use proptest::prelude::*;
use serde_json::Value;

const STRESS: &str = include_str!("../src/instrument/stress-experience.json");
const POST: &str = include_str!("../src/instrument/post-program.json");
const EXAMPLE: &str = include_str!("../www/example-survey.json");
const WELL_FORMED: &str = include_str!("data/malformed/well-formed.json");

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed");
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.retain(|path| !path.ends_with("well-formed.json"));
    files.sort();
    files
}

/// Returns all that is said of a document, one message a line; one of them is what the widget says.
fn messages(json: &[u8]) -> String {
    let Err(findings) = Instrument::check(json) else { return String::new() };
    assert!((1..=MAX_PROBLEMS).contains(&findings.len()), "{findings:?}");
    let first = Instrument::from_bytes(json).expect_err("the same");
    assert!(findings.iter().any(|finding| finding.error == first), "{first}");
    let lines = json.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(findings.iter().all(|finding| finding.line.is_none_or(|line| (1..=lines).contains(&line))));
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn every_malformed_file_gives_its_messages() {
    let files = files();
    assert!(files.len() > 60, "{}", files.len());
    let mut wrong = Vec::new();
    for path in &files {
        let (found, expected) = (messages(&fs::read(path).expect("a file")), path.with_extension("txt"));
        assert!(!found.is_empty(), "{} is an instrument", path.display());
        if std::env::var_os("REWRITE").is_some() {
            fs::write(&expected, &found).expect("a file that can be written");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}\nfound:\n{found}expected:\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each file is this one with a mistake in it, but for those that are something else altogether.
#[test]
fn the_file_that_the_mistakes_were_made_in_is_well_formed() {
    assert_eq!(messages(WELL_FORMED.as_bytes()), "");
}

/// Returns the pointers of all values of a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{at}/{i}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

fn document() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![STRESS, POST, EXAMPLE, WELL_FORMED])
}

/// Values that stand where others belong.
fn stray() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!([[["x"]]])),
    ]
}

proptest! {
    #[test]
    fn other_bytes_never_panic(text in document(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            let place = at.index(bytes.len());
            bytes[place] = byte;
        }
        messages(&bytes);
    }

    #[test]
    fn other_values_never_panic(
        text in document(),
        strays in prop::collection::vec((any::<prop::sample::Index>(), stray()), 1..12),
        swap in any::<[prop::sample::Index; 2]>(),
    ) {
        let mut value: Value = serde_json::from_str(text).expect("JSON");
        for (at, stray) in strays {
            let mut all = Vec::new();
            pointers(&value, "", &mut all);
            *value.pointer_mut(&all[at.index(all.len())]).expect("a value") = stray;
        }
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        // What is right in one place is strange in another.
        let [from, to] = swap.map(|at| all[at.index(all.len())].clone());
        let moved = value.pointer(&from).expect("a value").clone();
        *value.pointer_mut(&to).expect("a value") = moved;
        messages(serde_json::to_string_pretty(&value).expect("JSON").as_bytes());
    }

    #[test]
    fn a_document_cut_off_and_glued_never_panics(a in document(), b in document(), at in any::<[prop::sample::Index; 2]>()) {
        let [end, start] = [at[0].index(a.len()), at[1].index(b.len())];
        messages(&[&a.as_bytes()[..end], &b.as_bytes()[start..]].concat());
    }
}
