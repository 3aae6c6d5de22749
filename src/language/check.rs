//! Whether a language says all that the widget says: nothing less, nothing else, with the same values.
//!
//! The build asks this of each file, and refuses one with gaps: a respondent must not meet half a language.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::texts::{Declared, TEXTS};
use super::{Language, LanguageError, found};
use crate::instrument::{Instrument, Place};

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Such as `texts, start`.
    pub place: String,
    pub found: String,
    pub expected: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}; expected {}", self.place, self.found, self.expected)
    }
}

impl std::error::Error for Gap {}

fn gap(place: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Gap {
    Gap { place: place.into(), found: found.into(), expected: expected.into() }
}

/// The forms of a number that languages have, by Unicode's CLDR (48, `plurals.xml`), for whole numbers.
const FORMS: [(&[&str], &[&str]); 8] = [
    (&["id", "ja", "km", "ko", "lo", "ms", "my", "th", "vi", "yue", "zh"], &["other"]),
    (
        &[
            "af", "bg", "bn", "da", "de", "el", "en", "et", "eu", "fa", "fi", "gl", "gu", "hi", "hu", "hy",
            "is", "ka", "kk", "ml", "mr", "nb", "ne", "nl", "no", "pa", "ps", "sq", "sv", "sw", "ta", "te",
            "tr", "ur", "uz",
        ],
        &["one", "other"],
    ),
    (&["ca", "es", "fr", "it", "pt"], &["one", "many", "other"]),
    (&["he"], &["one", "two", "other"]),
    (&["bs", "hr", "ro", "sr"], &["one", "few", "other"]),
    (&["sl"], &["one", "two", "few", "other"]),
    (&["be", "cs", "lt", "pl", "ru", "sk", "uk"], &["one", "few", "many", "other"]),
    (&["ar"], &["zero", "one", "two", "few", "many", "other"]),
];

/// Forms that can be about a single number, and so may say it in a word: `two people` without `{count}`.
const WORDS_DO: [&str; 3] = ["zero", "one", "two"];

/// Returns all that is wrong in a file that should be a language.
pub fn check(json: &str, instruments: &[Instrument]) -> Vec<Gap> {
    let language = match Language::parse(json, "und") {
        Ok(language) => language,
        Err(LanguageError::Json { line, column, found }) => {
            return vec![gap(format!("line {line}, column {column}"), found, "JSON")];
        }
        Err(LanguageError::Field { name, expected }) => {
            return vec![gap(name, "nothing or another kind", expected)];
        }
    };
    let mut gaps = check_texts(&language);
    // It is an object: it was parsed as one.
    let document: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let known = ["language", "texts", "instruments"];
    gaps.extend(strangers(&document, &known, "the file"));
    let ids: Vec<&str> = instruments.iter().map(Instrument::id).collect();
    gaps.extend(strangers(&language.instruments, &ids, "instruments"));
    for instrument in instruments {
        match language.instruments.get(instrument.id()) {
            Some(wording) => gaps.extend(check_wording(wording, instrument)),
            None => gaps.push(gap("instruments", "nothing", instrument.id())),
        }
    }
    gaps
}

fn check_texts(language: &Language) -> Vec<Gap> {
    let primary = language.tag.split('-').next().unwrap_or_default();
    let Some((_, forms)) = FORMS.iter().find(|(languages, _)| languages.contains(&primary)) else {
        let expected = "one whose plural forms stand in src/language/check.rs, from Unicode's CLDR";
        return vec![gap("language", format!("{primary:?}"), expected)];
    };
    let names: Vec<&str> = TEXTS.iter().map(|text| text.name).collect();
    let mut gaps = strangers(&language.texts, &names, "texts");
    for text in TEXTS {
        let place = format!("texts, {}", text.name);
        match (language.texts.get(text.name), text.english) {
            (None, english) => gaps.push(gap(place, "nothing", format!("{:?} in this language", english[0]))),
            (Some(Value::String(said)), [_]) => gaps.extend(check_values(place, said, text, false)),
            (Some(Value::Object(said)), [_, _]) => {
                gaps.extend(strangers(said, forms, &place));
                for form in *forms {
                    let place = format!("{place}, {form}");
                    let may_leave_count = WORDS_DO.contains(form);
                    match said.get(*form) {
                        Some(Value::String(said)) => {
                            gaps.extend(check_values(place, said, text, may_leave_count));
                        }
                        _ => gaps.push(gap(place, "nothing", "the text for such numbers")),
                    }
                }
            }
            (Some(_), [_]) => gaps.push(gap(place, "another kind", "one text")),
            (Some(_), _) => gaps.push(gap(place, "another kind", format!("the forms {}", forms.join(", ")))),
        }
    }
    gaps
}

/// Checks that a text has the values of its English, each of them, and no others.
fn check_values(place: String, said: &str, text: &Declared, may_leave_count: bool) -> Option<Gap> {
    if said.trim().is_empty() {
        return Some(gap(place, "an empty text", "one that says something"));
    }
    let found = values(said);
    let mut expected: BTreeSet<&str> = text.values.iter().copied().collect();
    if may_leave_count && !found.contains(text.values[0]) {
        expected.remove(text.values[0]);
    }
    (found != expected).then(|| gap(place, listed(&found), listed(&expected)))
}

fn listed(values: &BTreeSet<&str>) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{{{value}}}")).collect();
    if values.is_empty() { "no value".to_owned() } else { values.join(" ") }
}

/// Returns the names of the values in a text.
pub fn values(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|piece| piece.split('}').next().unwrap_or_default()).collect()
}

/// Returns what is in an object and should not be.
fn strangers(found: &Map<String, Value>, known: &[&str], place: &str) -> Vec<Gap> {
    let unknown = found.keys().filter(|name| !known.contains(&name.as_str()));
    unknown.map(|name| gap(place, format!("{name:?}"), "nothing of that name")).collect()
}

/// Checks a translation of an instrument: each text of it once, and of nothing else.
fn check_wording(wording: &Value, instrument: &Instrument) -> Vec<Gap> {
    let whole = format!("instruments, {}", instrument.id());
    let (hash, of) = (instrument.hash().to_string(), wording.get("of").and_then(Value::as_str));
    let mut gaps = Vec::new();
    if of != Some(hash.as_str()) {
        let expected =
            format!("{hash}, the hash of the instrument: look whether the translation still fits it");
        gaps.push(gap(format!("{whole}, of"), of.unwrap_or("nothing"), expected));
    }
    let mut used = BTreeSet::from(["of".to_owned()]);
    // Called for each text that a respondent reads; what it returns does not matter here.
    let _ = instrument.reworded("und", |place| {
        let path = path(wording, place);
        match found(wording, place) {
            Some(Value::String(said)) if !said.trim().is_empty() => {}
            Some(_) => gaps.push(gap(format!("{whole}, {path}"), "another kind", "a text")),
            None => gaps.push(gap(format!("{whole}, {path}"), "nothing", "the text in this language")),
        }
        used.insert(path);
        None
    });
    for path in leaves(wording, "") {
        if !used.contains(&path) {
            gaps.push(gap(format!("{whole}, {path}"), "a text", "nothing: the instrument has no such text"));
        }
    }
    gaps.extend(check_shared(wording, instrument, &whole));
    gaps
}

/// What several items share must be the same thing in each.
fn check_shared(wording: &Value, instrument: &Instrument, whole: &str) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for code in wording.get("categories").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        let with_code = instrument.items().filter_map(|(_, item)| {
            let is_own = wording["items"][&item.id]["categories"].get(code).is_some();
            let category = item.find_category(code).filter(|_| !is_own)?;
            Some(item.category(category).label.as_str())
        });
        let labels: BTreeSet<&str> = with_code.collect();
        if labels.len() > 1 {
            let found = format!("one text for {labels:?}");
            gaps.push(gap(format!("{whole}, categories, {code}"), found, "a text under each item"));
        }
    }
    gaps
}

/// Returns where a text stands in a translation, as a path.
fn path(wording: &Value, place: Place<'_>) -> String {
    match place {
        Place::Title => "title".to_owned(),
        Place::About => "about".to_owned(),
        Place::Population => "population".to_owned(),
        Place::Origin => "origin".to_owned(),
        Place::Study => "study".to_owned(),
        Place::Section(id) => format!("sections, {id}"),
        Place::Label(item) => format!("items, {item}, label"),
        Place::Question(item) => format!("items, {item}, question"),
        Place::Hint(item) => format!("items, {item}, hint"),
        Place::Category(item, code) => {
            let is_own = wording["items"][item]["categories"].get(code).is_some();
            let is_shared = wording["categories"].get(code).is_some();
            match is_shared && !is_own {
                true => format!("categories, {code}"),
                false => format!("items, {item}, categories, {code}"),
            }
        }
    }
}

/// Returns the paths of all texts in an object.
fn leaves(value: &Value, path: &str) -> Vec<String> {
    let Value::Object(map) = value else { return vec![path.to_owned()] };
    let below = |(name, value): (&String, &Value)| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}, {name}") };
        leaves(value, &path)
    };
    map.iter().flat_map(below).collect()
}
