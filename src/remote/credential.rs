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

use std::fmt;

#[cfg(not(target_arch = "wasm32"))]
use blind_rsa_signatures::{BlindMessage, SecretKeySha384PSSRandomized};
use blind_rsa_signatures::{
    BlindSignature, BlindingResult, DefaultRng, MessageRandomizer, PublicKeySha384PSSRandomized, Signature,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Role, base64url, random};

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
    /// Checks the portal's keys.
    ///
    /// # Errors
    ///
    /// Names the operator whose key is none.
    pub fn check(&self) -> Result<(), Role> {
        let unreadable = |role: &Role| self.issuer(*role).is_some_and(|key| key.is_none());
        Role::BOTH.into_iter().find(unreadable).map_or(Ok(()), Err)
    }

    /// Returns the portal's key of the tokens for an operator, or none in it where it cannot be read;
    /// `None` where there are no tokens.
    fn issuer(&self, role: Role) -> Option<Option<PublicKeySha384PSSRandomized>> {
        let Credentials::Tokens { leader, helper } = self else { return None };
        let text = if role == Role::Leader { leader } else { helper };
        let bytes = base64url::decode(text);
        Some(bytes.and_then(|bytes| PublicKeySha384PSSRandomized::from_spki(&bytes).ok()))
    }

    /// Returns how many bytes an operator's credential has.
    pub fn len(&self) -> usize {
        match self {
            Credentials::None => 0,
            Credentials::Codes => PROOF,
            Credentials::Tokens { .. } => Token::LEN,
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Credentials::None
    }

    /// Returns what an operator keeps of a credential: by it, a second use is found. For codes it must be among
    /// those that were handed out; a token is checked here.
    ///
    /// # Errors
    ///
    /// If it is no credential of this task for this operator.
    pub fn fingerprint(
        &self,
        role: Role,
        task: &[u8; 32],
        credential: &[u8],
    ) -> Result<[u8; 32], NoCredential> {
        let is_good = match self {
            Credentials::None => credential.is_empty(),
            Credentials::Codes => credential.len() == PROOF,
            Credentials::Tokens { .. } => {
                let token = Token::from_bytes(credential).ok_or(NoCredential)?;
                let issuer = self.issuer(role).flatten().ok_or(NoCredential)?;
                token.is_signed(&issuer, role, task)
            }
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
    const LEN: usize = 20;

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

/// A token for one operator, as it is sent: nonce, randomizer, signature.
struct Token {
    nonce: [u8; 32],
    randomizer: [u8; 32],
    signature: Vec<u8>,
}

/// How many bits the portal's keys have.
pub const ISSUER_BITS: usize = 2048;

impl Token {
    const SIGNATURE: usize = ISSUER_BITS / 8;
    const LEN: usize = 64 + Token::SIGNATURE;

    fn from_bytes(bytes: &[u8]) -> Option<Token> {
        let (nonce, rest) = bytes.split_first_chunk()?;
        let (randomizer, signature) = rest.split_first_chunk()?;
        let has_length = signature.len() == Token::SIGNATURE;
        has_length.then(|| Token { nonce: *nonce, randomizer: *randomizer, signature: signature.to_vec() })
    }

    fn to_bytes(&self) -> Vec<u8> {
        [&self.nonce[..], &self.randomizer, &self.signature].concat()
    }

    fn is_signed(&self, issuer: &PublicKeySha384PSSRandomized, role: Role, task: &[u8; 32]) -> bool {
        let message = token_message(&self.nonce, role, task);
        let randomizer = Some(MessageRandomizer(self.randomizer));
        issuer.verify(&Signature(self.signature.clone()), randomizer, message).is_ok()
    }
}

fn token_message(nonce: &[u8; 32], role: Role, task: &[u8; 32]) -> Vec<u8> {
    [b"balint-survey token 1\0", &[role as u8][..], task, nonce].concat()
}

/// Two tokens before the portal has signed them.
pub struct Blinded {
    task: [u8; 32],
    parts: [BlindedToken; 2],
}

struct BlindedToken {
    issuer: PublicKeySha384PSSRandomized,
    nonce: [u8; 32],
    result: BlindingResult,
}

/// What goes to the portal, and comes back from it: base64url for each operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPair {
    pub leader: String,
    pub helper: String,
}

impl Blinded {
    /// Makes two tokens of a task and blinds them; `None` where the task asks for none.
    pub fn new(credentials: &Credentials, task: &[u8; 32]) -> Option<Blinded> {
        let part = |role: Role| {
            let issuer = credentials.issuer(role)??;
            let nonce = random();
            let result = issuer.blind(&mut DefaultRng, token_message(&nonce, role, task)).ok()?;
            Some(BlindedToken { issuer, nonce, result })
        };
        Some(Blinded { task: *task, parts: [part(Role::Leader)?, part(Role::Helper)?] })
    }

    /// Returns what the portal is asked to sign.
    pub fn request(&self) -> TokenPair {
        let [leader, helper] = &self.parts;
        let text = |part: &BlindedToken| base64url::encode(&part.result.blind_message.0);
        TokenPair { leader: text(leader), helper: text(helper) }
    }

    /// Takes what the portal has signed.
    ///
    /// # Errors
    ///
    /// If it is not signed with the task's keys.
    pub fn finish(&self, signed: &TokenPair) -> Result<Credential, NoCredential> {
        let finish = |place: usize, text: &str| {
            let BlindedToken { issuer, nonce, result } = &self.parts[place];
            let signature = BlindSignature(base64url::decode(text).ok_or(NoCredential)?);
            let message = token_message(nonce, Role::BOTH[place], &self.task);
            let signature = issuer.finalize(&signature, result, message).map_err(|_| NoCredential)?;
            let randomizer = result.msg_randomizer.as_ref().ok_or(NoCredential)?.0;
            Ok(Token { nonce: *nonce, randomizer, signature: signature.0 }.to_bytes())
        };
        Ok(Credential([finish(0, &signed.leader)?, finish(1, &signed.helper)?]))
    }
}

/// The portal's keys: it signs with them, and so decides who can answer.
#[cfg(not(target_arch = "wasm32"))]
pub struct Issuer([SecretKeySha384PSSRandomized; 2]);

#[cfg(not(target_arch = "wasm32"))]
impl Issuer {
    /// Makes new keys, which takes some seconds.
    pub fn new() -> Option<(Issuer, Credentials)> {
        let pair =
            || blind_rsa_signatures::KeyPairSha384PSSRandomized::generate(&mut DefaultRng, ISSUER_BITS).ok();
        let (leader, helper) = (pair()?, pair()?);
        let text = |key: &PublicKeySha384PSSRandomized| Some(base64url::encode(&key.to_spki().ok()?));
        let credentials = Credentials::Tokens { leader: text(&leader.pk)?, helper: text(&helper.pk)? };
        Some((Issuer([leader.sk, helper.sk]), credentials))
    }

    /// Reads keys that were written as PEM (PKCS #8), the leader's and the helper's.
    pub fn from_pem(pem: [&str; 2]) -> Option<Issuer> {
        let [leader, helper] = pem.map(|pem| SecretKeySha384PSSRandomized::from_pem(pem).ok());
        Some(Issuer([leader?, helper?]))
    }

    /// Writes the keys as PEM.
    pub fn to_pem(&self) -> Option<[String; 2]> {
        let [leader, helper] = &self.0;
        Some([leader.to_pem().ok()?, helper.to_pem().ok()?])
    }

    /// Signs two tokens without seeing them; `None` where the request is not of this length and form.
    pub fn sign(&self, request: &TokenPair) -> Option<TokenPair> {
        let sign = |key: &SecretKeySha384PSSRandomized, text: &str| {
            let message = BlindMessage(base64url::decode(text)?);
            Some(base64url::encode(&key.blind_sign(&message).ok()?.0))
        };
        let [leader, helper] = &self.0;
        Some(TokenPair { leader: sign(leader, &request.leader)?, helper: sign(helper, &request.helper)? })
    }
}
