//! Forged releases: whatever is changed in one, it is refused with a reason, or it is one that the rules can have
//! made. Nothing panics.

mod common;

use std::sync::LazyLock;

use balint_survey::disclosure::{POLICIES, Policy, Release};
use balint_survey::instrument::Instrument;
use balint_survey::workspace::{Origin, Side, Workspace};
use proptest::prelude::*;
use serde_json::{Value, json};

const STRESS: &str = include_str!("data/stress_46.csv");
const POST: &str = include_str!("data/post_6.csv");

fn made(id: &str, csv: &str, policy: &Policy) -> Release {
    let instrument = Instrument::find(id).expect("a built-in instrument");
    common::made(&instrument, csv, policy.name(), "a", Some(1000))
}

/// Returns all places of a document, as JSON pointers.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| places(value, &format!("{place}/{name}"), found));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(i, value)| places(value, &format!("{place}/{i}"), found));
        }
        _ => {}
    }
}

/// What a forger puts in the place of something.
fn forged(original: &Value, which: usize) -> Value {
    let number = original.as_u64().unwrap_or(7);
    let all = [
        json!(number.wrapping_add(1)),
        json!(number.wrapping_sub(1)),
        json!(0),
        json!(1_u64 << 63),
        json!(u64::MAX),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!("<5"),
        json!(">= 91%"),
        json!("0.99"),
        json!("withheld"),
        json!(""),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!([[[[]]]]),
    ];
    all[which % all.len()].clone()
}

static INSTRUMENTS: LazyLock<Vec<Instrument>> = LazyLock::new(Instrument::built_in);
static ORIGINALS: LazyLock<Vec<Value>> = LazyLock::new(originals);

fn originals() -> Vec<Value> {
    let small = |policy: &&Policy| policy.threshold() <= 6;
    let stress = POLICIES.iter().map(|policy| made("stress-experience", STRESS, policy));
    let post = POLICIES.iter().filter(small).map(|policy| made("post-program", POST, policy));
    let json = |release: Release| serde_json::from_str(&release.to_json()).expect("JSON");
    stress.chain(post).map(json).collect()
}

/// Checks that a document is refused with a reason, or is a release that reads as it was written.
fn check(document: &str) -> Result<(), TestCaseError> {
    let instruments: &[Instrument] = &INSTRUMENTS;
    match Release::from_json(document.as_bytes(), instruments) {
        Err(error) => prop_assert!(error.to_string().contains("expected"), "{error}"),
        Ok(release) => {
            let again = Release::from_json(release.to_json().as_bytes(), instruments);
            prop_assert_eq!(again.as_ref(), Ok(&release));
            // Whatever is accepted can be shown.
            let mut workspace = Workspace::new(instruments.to_vec());
            let added = workspace.read(document.as_bytes(), Origin::Portal, Side::Own);
            prop_assert!(added.is_ok() && workspace.report().is_some());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_forged_is_refused_with_a_reason_or_possible(
        which in 0..64usize,
        changes in proptest::collection::vec((any::<usize>(), any::<usize>()), 1..4),
    ) {
        let mut document = ORIGINALS[which % ORIGINALS.len()].clone();
        for (place, what) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            let place = &all[place % all.len()];
            let value = document.pointer_mut(place).expect("a place of the document");
            *value = forged(value, what);
        }
        check(&document.to_string())?;
    }

    #[test]
    fn whatever_bytes_are_changed_nothing_panics(
        which in 0..64usize,
        changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = ORIGINALS[which % ORIGINALS.len()].to_string().into_bytes();
        for (place, byte) in changes {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        check(&String::from_utf8_lossy(&bytes))?;
    }
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    let original = ORIGINALS[3].to_string();
    for field in ["\"respondents\":46", "\"eligible\":1000", "\"base\":43", "\"count\":20"] {
        let twice = original.replacen(field, &format!("{field},{field}"), 1);
        assert_ne!(twice, original, "{field}");
        let error = Release::from_json(twice.as_bytes(), &INSTRUMENTS).expect_err(field);
        assert!(error.to_string().contains("duplicate field"), "{error}");
    }
}
