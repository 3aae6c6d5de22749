//! The language that the widget speaks.
//!
//! English is in the module, with the one declaration of each text: [`texts`]. Any other language is a JSON file of
//! its own, `language/*.json`, which the page loads only where it is wanted. It holds the texts by their names, and
//! for the built-in instruments another wording of what a respondent reads. The instrument itself stays what it is:
//! its hash, its codes and thereby every release are the same in all languages.
//!
//! There is no crate for it, as there would be Fluent: the texts need names, values and plural forms, and the
//! browser has the plural rules, the numbers and the dates already, which a crate would bring along once more.
//!
//! What a file lacks is said in English; that none of ours lacks anything, [`check`] sees to when the widget is built.

#[cfg(not(target_family = "wasm"))]
pub mod check;
pub mod texts;

use std::fmt;

use serde_json::{Map, Value};

use crate::browser;
use crate::instrument::{Instrument, Place};
use crate::json;
use crate::report::format::fixed;
use crate::window::Instant;

/// Which language it is, with its texts.
#[derive(Debug)]
pub struct Language {
    /// BCP 47 tag of the texts.
    tag: String,
    /// BCP 47 tag of the habits that numbers and dates are written after.
    locale: String,
    texts: Map<String, Value>,
    instruments: Map<String, Value>,
}

/// Why a file is no language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LanguageError {
    /// Not JSON.
    Json { line: usize, column: usize, found: String },
    /// A field is not there, or of another kind.
    Field { name: &'static str, expected: &'static str },
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found } => write!(f, "line {line}, column {column}: {found}"),
            Self::Field { name, expected } => {
                write!(f, "{name} is not there or of another kind; expected {expected}")
            }
        }
    }
}

impl std::error::Error for LanguageError {}

impl Default for Language {
    /// Returns English.
    fn default() -> Language {
        Language {
            tag: "en".to_owned(),
            locale: "en-GB".to_owned(),
            texts: Map::new(),
            instruments: Map::new(),
        }
    }
}

impl PartialEq for Language {
    /// Two languages are equal if they are named and written in the same way: a page loads each once.
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag && self.locale == other.locale
    }
}

impl Language {
    /// Reads a language; `locale` is a tag of the habits that its numbers and dates follow.
    ///
    /// # Errors
    ///
    /// If the document is none.
    pub fn parse(json: &str, locale: &str) -> Result<Language, LanguageError> {
        // As a value, whatever it is: what reads an object alone brings along how floating point is printed, 8 KB.
        let mut document: Value = serde_json::from_str(json).map_err(|error| {
            let (line, column, found) = json::place(&error);
            LanguageError::Json { line, column, found }
        })?;
        let mut take = |name| document.get_mut(name).map(Value::take);
        let Some(Value::String(tag)) = take("language") else {
            return Err(LanguageError::Field { name: "language", expected: "a tag such as \"es\"" });
        };
        let mut object = |name| match take(name) {
            Some(Value::Object(map)) => Ok(map),
            _ => Err(LanguageError::Field { name, expected: "an object" }),
        };
        let (texts, instruments) = (object("texts")?, object("instruments")?);
        Ok(Language { tag, locale: locale.to_owned(), texts, instruments })
    }

    /// Returns the BCP 47 tag of its texts.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns the direction that it is written in, as HTML names it.
    pub fn direction(&self) -> &'static str {
        direction(&self.tag)
    }

    fn is_english(&self) -> bool {
        self.tag == "en"
    }

    fn text<'a>(&'a self, name: &str, english: &'a str) -> &'a str {
        self.texts.get(name).and_then(Value::as_str).unwrap_or(english)
    }

    /// Returns the form of a text that goes with a number.
    fn form<'a>(&'a self, name: &str, one: &'a str, other: &'a str, count: u64) -> &'a str {
        let english = if count == 1 { one } else { other };
        let Some(forms) = self.texts.get(name) else { return english };
        let form = forms.get(&*browser::plural_form(count, &self.locale)).or_else(|| forms.get("other"));
        form.and_then(Value::as_str).unwrap_or(english)
    }

    /// Puts values in the places of their names.
    ///
    /// Where one reads from right to left, each is set apart, as a name or an address in it could be in other letters;
    /// a number alone need not be.
    fn fill(&self, text: &str, values: &[(&str, &str)]) -> String {
        let is_turned = self.direction() == "rtl";
        let mut filled = String::new();
        let mut pieces = text.split('{');
        filled.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (name, rest) = piece.split_once('}').unwrap_or_default();
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                let is_apart = is_turned && !value.bytes().all(|byte| byte.is_ascii_digit());
                let (before, after) = if is_apart { ("\u{2068}", "\u{2069}") } else { ("", "") };
                for part in [before, value, after, rest] {
                    filled.push_str(part);
                }
            }
        }
        filled
    }

    /// Returns a whole number as it is written.
    pub fn whole(&self, number: u64) -> String {
        if self.is_english() {
            number.to_string()
        } else {
            browser::number(number as f64, 0, false, &self.locale)
        }
    }

    /// Returns a number with a fixed number of decimals.
    pub fn decimal(&self, number: f64, decimals: u32) -> String {
        if self.is_english() {
            fixed(number, decimals)
        } else {
            browser::number(number, decimals, false, &self.locale)
        }
    }

    /// Returns a whole percentage, from 0 to 100.
    pub fn percent(&self, share: f64) -> String {
        // Rounded in one place, whatever the language.
        if self.is_english() {
            crate::report::format::percent(share)
        } else {
            browser::number(share.round() / 100.0, 0, true, &self.locale)
        }
    }

    /// Returns a moment as the reader's clock and calendar have it.
    pub fn moment(&self, instant: Instant) -> String {
        browser::date_and_time(instant, &self.locale)
    }

    /// Returns a day, given as the first of its seconds since 1970 (UTC); in English as it is written.
    pub fn day(&self, seconds: u64, written: &str) -> String {
        if self.is_english() { written.to_owned() } else { browser::day(seconds, written, &self.locale) }
    }

    /// Returns the wording of an instrument in this language, where there is one: of a built-in instrument, and not of
    /// another with the same id.
    pub fn wording(&self, instrument: &Instrument) -> Option<Instrument> {
        let wording = self.instruments.get(instrument.id())?;
        let is_its_own = wording.get("of")?.as_str()? == instrument.hash().to_string();
        is_its_own.then(|| {
            instrument
                .reworded(&self.tag, |place| found(wording, place).and_then(Value::as_str).map(str::to_owned))
        })
    }
}

/// Returns what stands in a wording for a text of the instrument.
fn found<'a>(wording: &'a Value, place: Place<'_>) -> Option<&'a Value> {
    let part = |part: &str, id: &str| wording.get(part)?.get(id);
    match place {
        Place::Title => wording.get("title"),
        Place::About => wording.get("about"),
        Place::Population => wording.get("population"),
        Place::Origin => wording.get("origin"),
        Place::Study => wording.get("study"),
        Place::Section(id) => part("sections", id),
        Place::Label(item) => part("items", item)?.get("label"),
        Place::Question(item) => part("items", item)?.get("question"),
        Place::Hint(item) => part("items", item)?.get("hint"),
        // What several items have in common need not be repeated.
        Place::Category(item, code) => {
            let own = part("items", item).and_then(|item| item.get("categories")?.get(code));
            own.or_else(|| part("categories", code))
        }
    }
}

/// Returns the direction that a language is written in, as HTML names it.
pub fn direction(tag: &str) -> &'static str {
    let language = tag.split('-').next().unwrap_or_default();
    let right_to_left = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
    if right_to_left.contains(&language) { "rtl" } else { "ltr" }
}
