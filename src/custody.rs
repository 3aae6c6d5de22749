//! Keeps the running state of a group's collection on its device, sealed with the facilitator's passphrase.
//!
//! What is stored is the tally alone, enciphered by the browser: AES-GCM with a key that PBKDF2 derives from the
//! passphrase, bound to the collection, its instrument and its policy. Neither the passphrase nor the key is
//! stored, and the record is of the same length however many have answered.
//!
//! Two records of a running tally differ by what was added between them. So the state is stored when the collection
//! opens, with nobody in it, and then only after at least [`BATCH`] respondents more, never after one; a crash
//! loses the few since then. Whoever has both the device and the passphrase can read what is stored.
//!
//! The record names the window that goes on with the collection, so that two windows cannot both release it.
//!
//! A release, which may leave the browser, is kept as it is until it has: see [`outbox`].
//!
//! **Invariant:** nothing of a tally leaves this module but enciphered, into the storage of the device.

pub mod outbox;

use std::fmt;

use js_sys::{Array, Object, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, Storage, SubtleCrypto};

use crate::browser::object;
use crate::disclosure::Collection;
use crate::instrument::Instrument;
use crate::settings::Settings;
use crate::tally::Tally;

/// How many respondents are added before the state is stored again.
pub const BATCH: u64 = 5;
/// The fewest characters of a passphrase.
pub const MIN_PASSPHRASE: usize = 8;

/// Rounds of PBKDF2 with SHA-256: what OWASP recommends (Password Storage Cheat Sheet, 2023).
const ROUNDS: u32 = 600_000;
const SALT: usize = 16;
/// How many bytes name a window, so that two do not go on with one collection.
const WINDOW: usize = 8;
const NONCE: usize = 12;
/// The form of the record; another one is not read.
const FORM: &str = "1";

/// Why there is no state, or no key to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustodyError {
    /// The browser has no cryptography here: the page is neither on https nor on this machine.
    NoCrypto,
    /// The passphrase is another one, or the record is of another collection, instrument or policy.
    NotOpened,
    /// The browser keeps nothing for this page.
    NoStorage,
    /// Another window of this browser has gone on with the collection.
    Elsewhere,
}

impl fmt::Display for CustodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCrypto => {
                "This page is not served over https, so the browser cannot keep a passphrase safe"
            }
            Self::NotOpened => {
                "This is not the passphrase of this collection, or the survey was changed since"
            }
            Self::NoStorage => {
                "The browser keeps nothing for this page, as its storage is full or is not allowed. Free some space, or allow it, and try again"
            }
            Self::Elsewhere => "This collection was ended, or goes on in another window",
        })
    }
}

impl std::error::Error for CustodyError {}

/// What is kept of a running collection.
#[derive(Clone, PartialEq)]
pub struct State {
    pub eligible: u64,
    pub tally: Tally,
}

/// Which collection it is.
#[derive(Clone)]
pub struct Case {
    /// Under which name the record is stored.
    place: String,
    /// What the record is bound to: it opens for nothing else.
    bound_to: String,
}

impl Case {
    pub fn new(settings: &Settings) -> Case {
        let Settings { instrument, policy, collection, .. } = settings;
        Case {
            place: ["balint-survey ", instrument.id(), " ", collection].concat(),
            bound_to: [FORM, &instrument.hash().to_string(), &policy.hash().to_string(), collection]
                .join("\n"),
        }
    }

    /// Returns whether there is a record.
    pub fn is_stored(&self) -> bool {
        self.record().is_some()
    }

    /// Removes the record, if there is one.
    pub fn remove(&self) {
        remove(&self.place);
    }

    fn record(&self) -> Option<Vec<u8>> {
        let text = read(&self.place)?;
        from_hex(text.strip_prefix(FORM)?.strip_prefix(' ')?)
    }

    /// Returns the window that the record belongs to.
    fn window(&self) -> Option<Vec<u8>> {
        self.record().map(|record| record.into_iter().take(WINDOW).collect())
    }
}

/// The key to a collection's record.
#[derive(Clone)]
pub struct Custody {
    case: Case,
    key: CryptoKey,
    salt: [u8; SALT],
    window: [u8; WINDOW],
    /// Nothing, sealed: what a passphrase is tried on.
    probe: Vec<u8>,
}

impl Custody {
    /// Derives the key of a new collection.
    ///
    /// # Errors
    ///
    /// If the browser has no cryptography here.
    pub async fn new(case: Case, passphrase: &str) -> Result<Custody, CustodyError> {
        let mut salt = [0; SALT];
        fill(&mut salt)?;
        Custody::with(case, passphrase, salt).await
    }

    async fn with(case: Case, passphrase: &str, salt: [u8; SALT]) -> Result<Custody, CustodyError> {
        let mut window = [0; WINDOW];
        fill(&mut window)?;
        let key = derive(passphrase, &salt).await?;
        let probe = seal(&case, &key, &[]).await?;
        Ok(Custody { case, key, salt, window, probe })
    }

    /// Derives the key of a stored collection, and opens its record.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not open with this passphrase.
    pub async fn resume(
        case: Case,
        instrument: &Instrument,
        passphrase: &str,
    ) -> Result<(Custody, State), CustodyError> {
        let record = case.record().and_then(|record| record.get(WINDOW..).map(<[u8]>::to_vec));
        let record = record.filter(|record| record.len() > SALT).ok_or(CustodyError::NotOpened)?;
        let (salt, sealed) = record.split_at(SALT);
        let mut own = [0; SALT];
        own.copy_from_slice(salt);
        let custody = Custody::with(case, passphrase, own).await?;
        let bytes = open(&custody.case, &custody.key, sealed).await;
        let state =
            bytes.and_then(|bytes| State::from_bytes(&bytes, instrument)).ok_or(CustodyError::NotOpened)?;
        Ok((custody, state))
    }

    /// Returns whether this is the passphrase.
    pub async fn is_opened_by(&self, passphrase: &str) -> bool {
        match derive(passphrase, &self.salt).await {
            Ok(key) => open(&self.case, &key, &self.probe).await.is_some(),
            Err(_) => false,
        }
    }

    /// Returns whether the collection goes on in this window, and in no other.
    pub fn is_here(&self) -> bool {
        self.case.window().is_some_and(|window| window == self.window)
    }

    /// Stores the state in place of the last one, unless another window has gone on with the collection.
    ///
    /// # Errors
    ///
    /// If the collection goes on elsewhere, or the browser keeps nothing for this page.
    pub async fn store(&self, state: &State) -> Result<(), CustodyError> {
        if self.is_here() { self.take(state).await } else { Err(CustodyError::Elsewhere) }
    }

    /// Stores the state, and with it goes on with the collection in this window alone.
    ///
    /// # Errors
    ///
    /// If the browser keeps nothing for this page.
    pub async fn take(&self, state: &State) -> Result<(), CustodyError> {
        let sealed = seal(&self.case, &self.key, &state.to_bytes()).await?;
        let record = [self.window.as_slice(), &self.salt, &sealed].concat();
        let text = [FORM, " ", &to_hex(&record)].concat();
        if write(&self.case.place, &text) { Ok(()) } else { Err(CustodyError::NoStorage) }
    }

    /// Removes the record, if it is of this window.
    pub fn remove(&self) {
        if self.is_here() {
            self.case.remove();
        }
    }
}

impl State {
    fn to_bytes(&self) -> Vec<u8> {
        let cells = self.tally.cells().iter();
        [&self.eligible].into_iter().chain(cells).flat_map(|number| number.to_be_bytes()).collect()
    }

    fn from_bytes(bytes: &[u8], instrument: &Instrument) -> Option<State> {
        // OK because every piece has eight bytes.
        let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("eight bytes"));
        let mut numbers = bytes.chunks_exact(8).map(number);
        let eligible = numbers.next()?;
        Collection::new("stored", Some(eligible)).ok()?;
        Some(State { eligible, tally: Tally::from_cells(instrument, numbers.collect())? })
    }
}

fn crypto() -> Result<Crypto, CustodyError> {
    let window = web_sys::window().ok_or(CustodyError::NoCrypto)?;
    window.crypto().map_err(|_| CustodyError::NoCrypto)
}

/// Fills an array with random bytes.
fn fill(bytes: &mut [u8]) -> Result<(), CustodyError> {
    crypto()?.get_random_values_with_u8_array(bytes).map(|_| ()).map_err(|_| CustodyError::NoCrypto)
}

fn subtle() -> Result<SubtleCrypto, CustodyError> {
    let subtle = crypto()?.subtle();
    // It is missing on a page that is not secure, whatever its type says.
    if subtle.is_undefined() { Err(CustodyError::NoCrypto) } else { Ok(subtle) }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Returns what is stored at a place.
fn read(place: &str) -> Option<String> {
    storage()?.get_item(place).ok()?
}

/// Stores a text; returns whether the browser keeps it.
fn write(place: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(place, text).is_ok())
}

/// Removes what is stored at a place, if there is anything.
fn remove(place: &str) {
    if let Some(storage) = storage() {
        // It fails only for a storage that cannot be reached, and then there is nothing.
        let _ = storage.remove_item(place);
    }
}

/// Derives the key: PBKDF2 (RFC 8018) with SHA-256, for AES-GCM, not to be taken out of the browser.
async fn derive(passphrase: &str, salt: &[u8]) -> Result<CryptoKey, CustodyError> {
    let subtle = subtle()?;
    let no_crypto = |_| CustodyError::NoCrypto;
    let secret = Uint8Array::from(passphrase.as_bytes());
    let usages = Array::of1(&"deriveKey".into());
    let imported = subtle.import_key_with_str("raw", &secret, "PBKDF2", false, &usages).map_err(no_crypto)?;
    let imported: CryptoKey = JsFuture::from(imported).await.map_err(no_crypto)?.unchecked_into();
    let how = object(&[
        ("name", "PBKDF2".into()),
        ("hash", "SHA-256".into()),
        ("salt", Uint8Array::from(salt).into()),
        ("iterations", ROUNDS.into()),
    ]);
    let kind = object(&[("name", "AES-GCM".into()), ("length", 256.into())]);
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let key = subtle
        .derive_key_with_object_and_object(&how, &imported, &kind, false, &usages)
        .map_err(no_crypto)?;
    Ok(JsFuture::from(key).await.map_err(no_crypto)?.unchecked_into())
}

/// Returns a fresh nonce, then the bytes enciphered with it.
async fn seal(case: &Case, key: &CryptoKey, bytes: &[u8]) -> Result<Vec<u8>, CustodyError> {
    let mut nonce = [0; NONCE];
    fill(&mut nonce)?;
    let how = aes(case, &nonce);
    let sealed = subtle()?.encrypt_with_object_and_u8_array(&how, key, bytes);
    let sealed = JsFuture::from(sealed.map_err(|_| CustodyError::NoCrypto)?).await;
    let sealed = sealed.map_err(|_| CustodyError::NoCrypto)?;
    Ok([nonce.as_slice(), &Uint8Array::new(&sealed).to_vec()].concat())
}

/// Returns the bytes of a nonce and what was enciphered with it, if this is the key and the case.
async fn open(case: &Case, key: &CryptoKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let opened = subtle().ok()?.decrypt_with_object_and_u8_array(&aes(case, nonce), key, sealed).ok()?;
    Some(Uint8Array::new(&JsFuture::from(opened).await.ok()?).to_vec())
}

fn aes(case: &Case, nonce: &[u8]) -> Object {
    object(&[
        ("name", "AES-GCM".into()),
        ("iv", Uint8Array::from(nonce).into()),
        ("additionalData", Uint8Array::from(case.bound_to.as_bytes()).into()),
    ])
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect::<Option<_>>()?;
    digits
        .len()
        .is_multiple_of(2)
        .then(|| digits.chunks_exact(2).map(|pair| 16 * pair[0] + pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_and_its_length_tells_nothing() {
        let instrument = Instrument::find("post-program").expect("a built-in instrument");
        let nobody = State { eligible: 10, tally: Tally::new(&instrument) };
        let bytes = nobody.to_bytes();
        let cells: Vec<u64> = (0..nobody.tally.cells().len() as u64).map(|cell| u64::MAX - cell).collect();
        let many = State {
            eligible: u64::MAX,
            tally: Tally::from_cells(&instrument, cells).expect("as many cells"),
        };
        assert_eq!(many.to_bytes().len(), bytes.len());
        let read = State::from_bytes(&many.to_bytes(), &instrument).expect("a state");
        assert!(read.eligible == u64::MAX && read.tally == many.tally);
        assert!(State::from_bytes(&bytes[8..], &instrument).is_none(), "a cell too few");
        assert!(State::from_bytes(&[&bytes[..], &[0; 8]].concat(), &instrument).is_none(), "a cell too many");
        assert!(
            State::from_bytes(&[&[0; 8], &bytes[8..]].concat(), &instrument).is_none(),
            "nobody is eligible"
        );
    }

    #[test]
    fn hexadecimal_digits_are_read_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&to_hex(&bytes)), Some(bytes));
        for wrong in ["0", "0g", "+1", "é0"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }
}
