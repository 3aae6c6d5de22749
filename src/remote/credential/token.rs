//! Blind-signed tokens (RFC 9474, RSABSSA-SHA384-PSS-Randomized): the portal signs them without seeing them.

#[cfg(not(target_arch = "wasm32"))]
use blind_rsa_signatures::{BlindMessage, SecretKeySha384PSSRandomized};
use blind_rsa_signatures::{
    BlindSignature, BlindingResult, DefaultRng, MessageRandomizer, PublicKeySha384PSSRandomized, Signature,
};

use super::{Credential, Credentials, NoCredential, TokenPair};
use crate::remote::{Role, base64url, random};

/// Checks the portal's keys.
pub(super) fn check(credentials: &Credentials) -> Result<(), Role> {
    let Credentials::Tokens { .. } = credentials else { return Ok(()) };
    Role::BOTH.into_iter().find(|role| issuer(credentials, *role).is_none()).map_or(Ok(()), Err)
}

/// Returns whether bytes are a token of a task for an operator.
pub(super) fn is_signed(credentials: &Credentials, role: Role, task: &[u8; 32], token: &[u8]) -> bool {
    let token = Token::from_bytes(token).zip(issuer(credentials, role));
    token.is_some_and(|(token, issuer)| token.is_signed(&issuer, role, task))
}

/// Returns the portal's key of the tokens for an operator, where there is one that can be read and has the right
/// length: the signatures of another fit into no token.
fn issuer(credentials: &Credentials, role: Role) -> Option<PublicKeySha384PSSRandomized> {
    let Credentials::Tokens { leader, helper } = credentials else { return None };
    let text = if role == Role::Leader { leader } else { helper };
    let key = PublicKeySha384PSSRandomized::from_spki(&base64url::decode(text)?).ok();
    key.filter(|key| bits(key) == ISSUER_BITS)
}

/// Returns how many bits the modulus of a key has.
fn bits(key: &PublicKeySha384PSSRandomized) -> usize {
    let modulus = key.components().n();
    let zeros: u32 = match modulus.iter().position(|byte| *byte != 0) {
        Some(first) => 8 * first as u32 + modulus[first].leading_zeros(),
        None => return 0,
    };
    modulus.len() * 8 - zeros as usize
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

impl Blinded {
    /// Makes two tokens of a task and blinds them; `None` where the task asks for none.
    pub fn new(credentials: &Credentials, task: &[u8; 32]) -> Option<Blinded> {
        let part = |role: Role| {
            let issuer = issuer(credentials, role)?;
            let nonce = random();
            let result = issuer.blind(&mut DefaultRng, token_message(&nonce, role, task)).ok()?;
            Some(BlindedToken { issuer, nonce, result })
        };
        Some(Blinded { task: *task, parts: [part(Role::Leader)?, part(Role::Helper)?] })
    }

    /// Returns whether the tokens are for a task.
    pub fn is_of(&self, task: &[u8; 32]) -> bool {
        self.task == *task
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
