//! DAP-09 with VDAF-08, as far as respondents and coordinators speak it.
//!
//! The messages are those of draft-ietf-ppm-dap-09, the proofs those of draft-irtf-cfrg-vdaf-08, sealed with HPKE
//! (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. Everything that is particular to these drafts
//! is in this file.

use std::fmt;

use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use prio::codec::{Encode, ParameterizedDecode};
use prio::field::Field128;
use prio::vdaf::prio3::{Prio3SumVec, optimal_chunk_length};
use prio::vdaf::{AggregateShare, Client, Collector as _};
use sha2::{Digest as _, Sha256};

use super::credential::Credential;
use super::task::Task;
use super::{Role, base64url, random};
use crate::tally::indicators::Indicators;

/// The media types of the messages.
pub const HPKE_CONFIG_LIST: &str = "application/dap-hpke-config-list";
pub const REPORT: &str = "application/dap-report";
pub const COLLECT_REQUEST: &str = "application/dap-collect-req";
pub const COLLECTION: &str = "application/dap-collection";

/// The protocol's roles, as they are bound to a ciphertext.
const TO_COLLECTOR: u8 = 0;
const FROM_CLIENT: u8 = 1;

/// The type of an extension that carries a credential: the only one that the draft has without a meaning of its own,
/// so that other implementations of it read the share.
pub const EXTENSION: u16 = 0;

/// The query by an interval of time.
const TIME_INTERVAL: u8 = 1;

/// Returns how many entries are proven at a time: the choice that makes the shortest report.
pub fn chunk_length(length: usize) -> usize {
    optimal_chunk_length(length)
}

/// Returns the number of an operator's role in the protocol.
pub fn role_number(role: Role) -> u8 {
    match role {
        Role::Leader => 2,
        Role::Helper => 3,
    }
}

/// Returns what the ciphertext of an input share is bound to.
pub fn input_share_info(role: Role) -> Vec<u8> {
    [b"dap-09 input share", &[FROM_CLIENT, role_number(role)][..]].concat()
}

/// Returns what the ciphertext of an aggregate share is bound to.
pub fn aggregate_share_info(role: Role) -> Vec<u8> {
    [b"dap-09 aggregate share", &[role_number(role), TO_COLLECTOR][..]].concat()
}

/// Returns the verifiable function of a task.
pub fn vdaf(task: &Task) -> Prio3SumVec {
    let parameters = &task.document().vdaf;
    // OK because a task is checked to have the parameters of its instrument, and a test makes all of those.
    Prio3SumVec::new_sum_vec(2, parameters.bits, parameters.length, parameters.chunk_length)
        .expect("the parameters of a checked task")
}

/// A public key, with its name at the party that has the private one.
#[derive(Clone, PartialEq, Eq)]
pub struct HpkeConfig {
    id: u8,
    key: [u8; 32],
}

impl fmt::Debug for HpkeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HpkeConfig({}, {})", self.id, base64url::encode(&self.key))
    }
}

/// A private key; it is never printed.
#[derive(Clone)]
pub struct PrivateKey([u8; 32]);

impl PrivateKey {
    pub fn from_bytes(bytes: [u8; 32]) -> PrivateKey {
        PrivateKey(bytes)
    }

    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Opens what was sealed for the key.
    ///
    /// # Errors
    ///
    /// If it was sealed for another, for another purpose, or changed.
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &Ciphertext) -> Result<Vec<u8>, OpenError> {
        let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.0).map_err(|_| OpenError)?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.encapsulated_key);
        let encapsulated = encapsulated.map_err(|_| OpenError)?;
        hpke::single_shot_open::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &key,
            &encapsulated,
            info,
            &sealed.payload,
            aad,
        )
        .map_err(|_| OpenError)
    }
}

/// What was sealed could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenError;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be opened with this key; expected what was sealed for it, unchanged")
    }
}

impl std::error::Error for OpenError {}

/// What is sealed for one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertext {
    pub config_id: u8,
    pub encapsulated_key: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Ciphertext {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.config_id);
        write_u16_bytes(out, &self.encapsulated_key);
        write_u32_bytes(out, &self.payload);
    }

    fn read(bytes: &mut Bytes) -> Option<Ciphertext> {
        let config_id = bytes.array::<1>()?[0];
        let encapsulated_key = bytes.u16_bytes()?.to_vec();
        Some(Ciphertext { config_id, encapsulated_key, payload: bytes.u32_bytes()?.to_vec() })
    }
}

/// The algorithms by their numbers in RFC 9180: KEM, KDF, AEAD.
const SUITE: [u16; 3] = [0x0020, 0x0001, 0x0001];

impl HpkeConfig {
    /// Returns a new pair of keys.
    pub fn generate(id: u8) -> (HpkeConfig, PrivateKey) {
        let (private, public) = X25519HkdfSha256::derive_keypair(&random::<32>());
        (HpkeConfig { id, key: public.to_bytes().into() }, PrivateKey(private.to_bytes().into()))
    }

    /// Returns whether a private key is the other half.
    pub fn belongs(&self, private: &PrivateKey) -> bool {
        let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&private.0);
        key.is_ok_and(|key| X25519HkdfSha256::sk_to_pk(&key).to_bytes().as_slice() == self.key)
    }

    pub fn id(&self) -> u8 {
        self.id
    }

    /// Returns the configuration as the protocol writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![self.id];
        for number in SUITE {
            out.extend(number.to_be_bytes());
        }
        write_u16_bytes(&mut out, &self.key);
        out
    }

    /// Reads one configuration; `None` where it is none, or of other algorithms.
    pub fn from_bytes(bytes: &[u8]) -> Option<HpkeConfig> {
        let mut bytes = Bytes(bytes);
        let config = HpkeConfig::read(&mut bytes)?;
        bytes.0.is_empty().then_some(config).flatten()
    }

    /// Reads the first configuration of a list that is of the algorithms of this project.
    pub fn from_list(bytes: &[u8]) -> Option<HpkeConfig> {
        let mut bytes = Bytes(bytes);
        let mut list = Bytes(bytes.u16_bytes()?);
        if !bytes.0.is_empty() {
            return None;
        }
        let mut first = None;
        while !list.0.is_empty() {
            first = first.or(HpkeConfig::read(&mut list)?);
        }
        first
    }

    /// Reads a configuration: `Some(None)` is one of other algorithms.
    fn read(bytes: &mut Bytes) -> Option<Option<HpkeConfig>> {
        let id = bytes.array::<1>()?[0];
        let suite = [bytes.u16()?, bytes.u16()?, bytes.u16()?];
        let key = bytes.u16_bytes()?;
        Some(key.try_into().ok().filter(|_| suite == SUITE).map(|key| HpkeConfig { id, key }))
    }

    /// Seals something for whoever has the private key.
    ///
    /// # Errors
    ///
    /// If the public key is none: not every 32 bytes are.
    pub fn seal(&self, info: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Ciphertext, OpenError> {
        let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&self.key).map_err(|_| OpenError)?;
        let (encapsulated, payload) = hpke::single_shot_seal::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &key,
            info,
            plaintext,
            aad,
        )
        .map_err(|_| OpenError)?;
        Ok(Ciphertext { config_id: self.id, encapsulated_key: encapsulated.to_bytes().to_vec(), payload })
    }
}

/// One respondent's entries in two shares, each of them random; sealing them is all that can be done with them.
#[derive(Clone)]
pub struct Shares {
    id: [u8; 16],
    public: Vec<u8>,
    /// For the leader and for the helper.
    inputs: [Vec<u8>; 2],
}

/// Prints no value.
impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shares(..)")
    }
}

/// A report as it is sent: two ciphertexts, and nothing that depends on the answers beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedReport {
    id: [u8; 16],
    bytes: Vec<u8>,
}

impl SealedReport {
    /// Returns the bytes that are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the random number of the report, as a receipt: it proves that something was sent, and not what.
    pub fn receipt(&self) -> String {
        base64url::encode(&self.id)
    }
}

impl Shares {
    /// Splits one respondent's entries.
    ///
    /// # Panics
    ///
    /// If the entries are of another instrument than the task.
    pub fn new(task: &Task, indicators: &Indicators) -> Shares {
        let id = random();
        let entries: Vec<u128> = indicators.entries().iter().map(|entry| u128::from(*entry)).collect();
        // OK because the entries are zeros and ones, as many as the task's instrument has.
        let (public, inputs) = vdaf(task).shard(&entries, &id).expect("entries of the task's instrument");
        let encoded = |share: &_| Encode::get_encoded(share).expect("a share can be written");
        let inputs = [encoded(&inputs[0]), encoded(&inputs[1])];
        Shares { id, public: public.get_encoded().expect("a share can be written"), inputs }
    }

    /// Seals the shares for the two operators; `now` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// If one of their keys is none.
    pub fn seal(
        &self,
        task: &Task,
        now: u64,
        configs: &[HpkeConfig; 2],
        credential: &Credential,
    ) -> Result<SealedReport, OpenError> {
        let mut head = self.id.to_vec();
        head.extend(task.rounded(now).to_be_bytes());
        write_u32_bytes(&mut head, &self.public);
        let aad = [&task.id()[..], &head].concat();
        let mut bytes = head;
        for (place, role) in Role::BOTH.into_iter().enumerate() {
            let plaintext = input_share(&credential.0[place], &self.inputs[place]);
            configs[place].seal(&input_share_info(role), &aad, &plaintext)?.write(&mut bytes);
        }
        Ok(SealedReport { id: self.id, bytes })
    }
}

/// Returns an input share with its extensions.
fn input_share(credential: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut extensions = Vec::new();
    if !credential.is_empty() {
        extensions.extend(EXTENSION.to_be_bytes());
        write_u16_bytes(&mut extensions, credential);
    }
    let mut out = Vec::new();
    write_u16_bytes(&mut out, &extensions);
    write_u32_bytes(&mut out, payload);
    out
}

/// Returns the path of the HPKE configurations at an operator.
pub fn hpke_config_path(task: &Task) -> String {
    format!("hpke_config?task_id={}", task.document().task_id)
}

/// Returns the path at the leader that reports are put to.
pub fn reports_path(task: &Task) -> String {
    format!("tasks/{}/reports", task.document().task_id)
}

/// Returns the id of the one collection job that a task has.
///
/// It follows from the task, so that a collection that was broken off goes on with the same job, from wherever.
pub fn collection_job(task: &Task) -> [u8; 16] {
    let hash = Sha256::new().chain_update(b"balint-survey collection 1\0").chain_update(task.id()).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    id
}

/// Returns the path at the leader of a collection job, by the job's id.
pub fn collection_job_path(task: &Task, job: &[u8; 16]) -> String {
    format!("tasks/{}/collection_jobs/{}", task.document().task_id, base64url::encode(job))
}

/// Returns the message that asks for the sum of the whole window.
pub fn collect_request(task: &Task) -> Vec<u8> {
    let mut out = batch_selector(task);
    write_u32_bytes(&mut out, &[]);
    out
}

/// Returns the whole window, as a query and as what a batch is selected by.
fn batch_selector(task: &Task) -> Vec<u8> {
    let (opens, closes) = task.window();
    let mut out = vec![TIME_INTERVAL];
    out.extend(opens.to_be_bytes());
    out.extend((closes - opens).to_be_bytes());
    out
}

/// The sum of all reports of a task: what only the coordinator sees, until the policy has made a release of it.
pub struct Sum {
    pub reports: u64,
    pub sums: Vec<u128>,
}

/// Prints no value.
impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sum(..)")
    }
}

/// Why a collection gives no sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionError {
    /// It is not the protocol's message.
    Malformed,
    /// An operator's part cannot be opened.
    Sealed(Role),
    /// An operator's part is no share of this task.
    Share(Role),
    /// There are fewer reports than the task opens.
    SmallBatch { found: u64, expected: u64 },
}

impl fmt::Display for CollectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("the leader's answer is no collection; expected the protocol's message")
            }
            Self::Sealed(role) => {
                write!(
                    f,
                    "the {}'s share cannot be opened; expected it sealed for this coordinator's key",
                    role.name()
                )
            }
            Self::Share(role) => write!(f, "the {}'s share is none of this task", role.name()),
            Self::SmallBatch { found, expected } => {
                write!(f, "the batch has {found} reports; expected {expected} or more")
            }
        }
    }
}

impl std::error::Error for CollectionError {}

/// Opens both shares of a collection and adds them.
///
/// # Errors
///
/// Says whose part is wrong.
pub fn open_collection(task: &Task, key: &PrivateKey, collection: &[u8]) -> Result<Sum, CollectionError> {
    let (reports, sealed) = read_collection(collection).ok_or(CollectionError::Malformed)?;
    let expected = task.document().minimum_batch;
    if reports < expected {
        return Err(CollectionError::SmallBatch { found: reports, expected });
    }
    let mut aad = task.id().to_vec();
    write_u32_bytes(&mut aad, &[]);
    aad.extend(batch_selector(task));
    let vdaf = vdaf(task);
    let mut shares = Vec::new();
    for (role, sealed) in Role::BOTH.into_iter().zip(&sealed) {
        let bytes =
            key.open(&aggregate_share_info(role), &aad, sealed).map_err(|_| CollectionError::Sealed(role))?;
        shares.push(decode_share(&vdaf, &bytes).ok_or(CollectionError::Share(role))?);
    }
    let sums = vdaf.unshard(&(), shares, reports as usize);
    Ok(Sum { reports, sums: sums.map_err(|_| CollectionError::Malformed)? })
}

fn decode_share(vdaf: &Prio3SumVec, bytes: &[u8]) -> Option<AggregateShare<Field128>> {
    let share = AggregateShare::get_decoded_with_param(&(vdaf, &()), bytes).ok()?;
    Some(share)
}

/// Reads how many reports there are, and the two shares of their sum.
fn read_collection(collection: &[u8]) -> Option<(u64, [Ciphertext; 2])> {
    let mut bytes = Bytes(collection);
    let [query] = bytes.array()?;
    let reports = u64::from_be_bytes(bytes.array()?);
    // The smallest interval of the reports, which tells nothing more than the window does.
    bytes.array::<16>()?;
    let sealed = [Ciphertext::read(&mut bytes)?, Ciphertext::read(&mut bytes)?];
    (query == TIME_INTERVAL && bytes.0.is_empty()).then_some((reports, sealed))
}

fn write_u16_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // OK because what has this prefix is a key or a credential, each of some hundred bytes.
    out.extend(u16::try_from(bytes.len()).expect("a few bytes").to_be_bytes());
    out.extend(bytes);
}

fn write_u32_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // OK because a share has some kilobytes.
    out.extend(u32::try_from(bytes.len()).expect("some kilobytes").to_be_bytes());
    out.extend(bytes);
}

/// What is left of a message.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn u16_bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(usize::from(len))
    }

    fn u32_bytes(&mut self) -> Option<&'a [u8]> {
        let len = u32::from_be_bytes(self.array()?);
        self.take(usize::try_from(len).ok()?)
    }
}
