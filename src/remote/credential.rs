//! What lets each invited person answer once, and keeps an operator from filling a batch with forgeries.
//!
//! Each operator checks a credential of its own, which travels sealed for it alone, in the report's share:
//! who has seen one of the two cannot make the other. Neither is tied to a name, and both are used up at once.
//!
//! - An invitation *code* is random; the proof for an operator is a hash of the code with the operator's role and
//!   the task, and an operator has the hashes of all proofs. Whoever sent the invitations knows whose code is whose,
//!   but sees no report; the operators see proofs, but know no code.
//! - A *token* is blind-signed by the portal (RFC 9474): it signs one for each operator when a person is logged in,
//!   without seeing what it signs.
//!
//! What neither can prevent: who hands the credentials out can also use those that nobody has used.

#[cfg(feature = "tokens")]
mod token;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Role, base64url, random};
#[cfg(feature = "tokens")]
pub use token::Blinded;
#[cfg(all(feature = "tokens", not(target_arch = "wasm32")))]
pub use token::{ISSUER_BITS, Issuer};

/// What a task asks of those who answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Credentials {
    /// Nothing: anybody can answer, as often as they like. What operators take that know no credentials.
    None,
    /// An invitation code.
    Codes,
    /// Two tokens of the portal, signed with these keys: DER of a SubjectPublicKeyInfo in base64url.
    Tokens { leader: String, helper: String },
}

impl Credentials {
    /// Checks the portal's keys, where there is what reads them.
    ///
    /// # Errors
    ///
    /// Names the operator whose key is none.
    pub fn check(&self) -> Result<(), Role> {
        #[cfg(feature = "tokens")]
        token::check(self)?;
        Ok(())
    }

    /// Returns what an operator keeps of a credential: by it, a second use is found. For codes it must be among
    /// those that were handed out; a token is checked here.
    ///
    /// # Errors
    ///
    /// If it is no credential of this task for this operator.
    #[cfg(feature = "tokens")]
    pub fn fingerprint(
        &self,
        role: Role,
        task: &[u8; 32],
        credential: &[u8],
    ) -> Result<[u8; 32], NoCredential> {
        let is_good = match self {
            Credentials::None => credential.is_empty(),
            Credentials::Codes => credential.len() == PROOF,
            Credentials::Tokens { .. } => token::is_signed(self, role, task, credential),
        };
        is_good.then(|| Sha256::digest(credential).into()).ok_or(NoCredential)
    }
}

/// It is not a credential of this task for this operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCredential;

impl fmt::Display for NoCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("found no valid credential; expected one that was handed out for this survey")
    }
}

impl std::error::Error for NoCredential {}

/// What a respondent has for both operators: for the leader, and for the helper.
#[derive(Clone)]
pub struct Credential(pub(crate) [Vec<u8>; 2]);

/// Prints no value.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

impl Credential {
    /// Returns what is sent where a task asks for nothing.
    pub fn none() -> Credential {
        Credential([Vec::new(), Vec::new()])
    }

    /// Returns the credential of two finished tokens, or `None` where they are no base64url.
    pub fn of_tokens(tokens: &TokenPair) -> Option<Credential> {
        Some(Credential([base64url::decode(&tokens.leader)?, base64url::decode(&tokens.helper)?]))
    }

    /// Returns two finished tokens as texts.
    pub fn to_tokens(&self) -> TokenPair {
        let [leader, helper] = &self.0;
        TokenPair { leader: base64url::encode(leader), helper: base64url::encode(helper) }
    }
}

/// How many bytes the proof of a code has.
const PROOF: usize = 32;

/// An invitation code: 95 random bits and 5 that tell a slip of the pen, in Crockford's base 32.
#[derive(Clone, PartialEq, Eq)]
pub struct Code([u8; Code::LEN]);

/// A text that is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// How many letters and digits there are.
    Length(usize),
    Letter(char),
    /// One letter or two are not those of the code.
    Slip,
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => {
                write!(f, "found {found} letters and digits; expected {}, such as 7KQ4X-…", Code::LEN)
            }
            Self::Letter(found) => write!(f, "found {found:?}; expected letters without U, and digits"),
            Self::Slip => f.write_str(
                "a letter or a digit is not as in the invitation; expected the code as it is there",
            ),
        }
    }
}

impl std::error::Error for CodeError {}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Code {
    /// How many characters it has, without the hyphens between them.
    pub(crate) const LEN: usize = 20;

    /// Returns a new code.
    pub fn new() -> Code {
        let mut letters = random::<{ Code::LEN }>().map(|byte| byte % 32);
        letters[Code::LEN - 1] = check_letter(&letters[..Code::LEN - 1]);
        Code(letters)
    }

    /// Reads a code as it was typed: in any case, with O for 0 and I or L for 1, with or without dashes.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, where it was not typed as it was printed.
    pub fn parse(text: &str) -> Result<Code, CodeError> {
        let mut letters = Vec::new();
        for found in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '\u{2011}')) {
            let letter = match found.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let place = ALPHABET.iter().position(|known| char::from(*known) == letter);
            letters.push(place.ok_or(CodeError::Letter(found))? as u8);
        }
        let letters: [u8; Code::LEN] =
            letters.try_into().map_err(|found: Vec<u8>| CodeError::Length(found.len()))?;
        match letters[Code::LEN - 1] == check_letter(&letters[..Code::LEN - 1]) {
            true => Ok(Code(letters)),
            false => Err(CodeError::Slip),
        }
    }

    /// Returns what is sent to both operators.
    pub fn credential(&self, task: &[u8; 32]) -> Credential {
        Credential(Role::BOTH.map(|role| self.proof(role, task).to_vec()))
    }

    /// Returns what an operator is given of the code beforehand: it knows the proof when it sees it.
    pub fn fingerprint(&self, role: Role, task: &[u8; 32]) -> [u8; 32] {
        Sha256::digest(self.proof(role, task)).into()
    }

    fn proof(&self, role: Role, task: &[u8; 32]) -> [u8; PROOF] {
        let hash = Sha256::new().chain_update(b"balint-survey code 1\0").chain_update([role as u8]);
        hash.chain_update(task).chain_update(self.0).finalize().into()
    }
}

impl Default for Code {
    fn default() -> Self {
        Code::new()
    }
}

fn check_letter(letters: &[u8]) -> u8 {
    Sha256::digest(letters)[0] % 32
}

/// Writes the code as it is printed: `XXXXX-XXXXX-XXXXX-XXXXX`.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.iter().enumerate() {
            if place > 0 && place % 5 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET[usize::from(*letter)]))?;
        }
        Ok(())
    }
}

/// Prints no value.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// Two texts in base64url, one for each operator: what the portal is asked to sign, what it has signed, or two tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPair {
    pub leader: String,
    pub helper: String,
}
