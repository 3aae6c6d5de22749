//! What the page for authors calls, `www/try.js`: it checks an instrument and writes its codebook.

use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

use crate::codebook::{self, Codebook};
use crate::instrument::{Finding, Instrument};

/// Returns what is to be said of an instrument, as JSON, with no problems where it is well-formed:
/// `{"instrument": {"id": …, "title": …} | null, "problems": [{"line": … | null, "message": …}]}`.
#[wasm_bindgen]
pub fn check(json: &[u8]) -> String {
    let (instrument, problems) = match Instrument::check(json) {
        Ok(instrument) => (json!({"id": instrument.id(), "title": instrument.text().title}), Vec::new()),
        Err(findings) => {
            let problem = |finding: &Finding| json!({"line": finding.line, "message": finding.message()});
            (Value::Null, findings.iter().map(problem).collect())
        }
    };
    json!({"instrument": instrument, "problems": problems}).to_string()
}

/// Returns the codebook of an instrument as a web page of its own.
///
/// # Errors
///
/// If it is none; the message is that of its first problem.
#[wasm_bindgen]
pub fn codebook_html(json: &[u8]) -> Result<String, JsError> {
    Ok(codebook::page(&codebook(json)?))
}

/// Returns the codebook of an instrument as JSON.
///
/// # Errors
///
/// If it is none; the message is that of its first problem.
#[wasm_bindgen]
pub fn codebook_json(json: &[u8]) -> Result<String, JsError> {
    Ok(codebook(json)?.to_json())
}

/// Returns the JSON of a built-in instrument; nothing where there is none of that id.
#[wasm_bindgen]
pub fn built_in(id: &str) -> Option<String> {
    Instrument::built_in_source(id).map(str::to_owned)
}

fn codebook(json: &[u8]) -> Result<Codebook, JsError> {
    Ok(Codebook::new(&Instrument::from_bytes(json)?))
}
