//! Both operators, a respondent and a coordinator, made of published crates alone: `janus_messages`, `prio`, `hpke`.

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShare, AggregateShareAad, AggregateShareReq, AggregationJobInitializeReq, AggregationJobResp,
    BatchSelector, Extension, HpkeAeadId, HpkeCiphertext, HpkeConfig, HpkeConfigId, HpkeConfigList,
    HpkeKdfId, HpkeKemId, HpkePublicKey, InputShareAad, Interval, PartialBatchSelector, PlaintextInputShare,
    PrepareError, PrepareInit, PrepareResp, PrepareStepResult, Report, ReportId, ReportIdChecksum,
    ReportMetadata, ReportShare, TaskId, Time,
};
use prio::codec::{Decode, Encode, ParameterizedDecode};
use prio::field::Field128;
use prio::flp::gadgets::{Mul, ParallelSum};
use prio::flp::types::SumVec;
use prio::flp::{FlpError, Gadget, Type};
use prio::topology::ping_pong::{PingPongContinuedValue, PingPongState, PingPongTopology};
use prio::vdaf::prio3::{Prio3, Prio3InputShare, Prio3PublicShare, Prio3SumVec};
use prio::vdaf::xof::XofTurboShake128;
use prio::vdaf::{AggregateShare as Sum, Aggregator, Client, OutputShare};
use sha2::{Digest as _, Sha256};

pub type Output = OutputShare<Field128>;
type Gadgets = ParallelSum<Field128, Mul<Field128>>;

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("random numbers");
    bytes
}

/// Returns what a share is bound to, by the number of the aggregator's role: 2 or 3.
pub fn input_info(role: u8) -> Vec<u8> {
    [b"dap-09 input share".as_slice(), &[1, role]].concat()
}

fn aggregate_info(role: u8) -> Vec<u8> {
    [b"dap-09 aggregate share".as_slice(), &[role, 0]].concat()
}

/// A pair of keys.
#[derive(Clone)]
pub struct Key {
    pub config: HpkeConfig,
    pub private: [u8; 32],
}

impl Key {
    pub fn new(id: u8) -> Key {
        let (private, public) = X25519HkdfSha256::derive_keypair(&random::<32>());
        let config = HpkeConfig::new(
            HpkeConfigId::from(id),
            HpkeKemId::X25519HkdfSha256,
            HpkeKdfId::HkdfSha256,
            HpkeAeadId::Aes128Gcm,
            HpkePublicKey::from(public.to_bytes().to_vec()),
        );
        Key { config, private: private.to_bytes().into() }
    }

    /// Returns a pair of keys that was made elsewhere.
    pub fn of(config: &HpkeConfig, private: [u8; 32]) -> Key {
        Key { config: config.clone(), private }
    }

    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &HpkeCiphertext) -> Option<Vec<u8>> {
        let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.private).ok()?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(sealed.encapsulated_key());
        hpke::single_shot_open::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &key,
            &encapsulated.ok()?,
            info,
            sealed.payload(),
            aad,
        )
        .ok()
    }
}

pub fn seal(config: &HpkeConfig, info: &[u8], aad: &[u8], plain: &[u8]) -> HpkeCiphertext {
    let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(config.public_key().as_ref()).expect("a key");
    let (encapsulated, payload) = hpke::single_shot_seal::<AesGcm128, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key,
        info,
        plain,
        aad,
    )
    .expect("sealed");
    HpkeCiphertext::new(*config.id(), encapsulated.to_bytes().to_vec(), payload)
}

/// What all parties have agreed on.
#[derive(Clone)]
pub struct Agreement {
    pub task: TaskId,
    pub vdaf: Prio3SumVec,
    pub parameters: [usize; 3],
    pub verify_key: [u8; 16],
    pub window: Interval,
    pub token: String,
    pub collector: HpkeConfig,
}

/// Two shares before they are sealed.
pub struct Shares {
    pub id: ReportId,
    pub public: Vec<u8>,
    pub inputs: [Vec<u8>; 2],
}

impl Agreement {
    pub fn shard(&self, entries: &[u128]) -> Shares {
        let nonce = random();
        let (public, inputs) = self.vdaf.shard(&entries.to_vec(), &nonce).expect("entries");
        encode_shares(nonce, &public, &inputs)
    }

    /// Splits entries of any size, with an honestly made proof of what is not so.
    pub fn shard_out_of_range(&self, entries: &[u128]) -> Shares {
        let [bits, length, chunk] = self.parameters;
        let kind = Careless(SumVec::new(bits, length, chunk).expect("parameters"));
        let vdaf: Prio3<Careless, XofTurboShake128, 16> = Prio3::new(2, 1, 2, kind).expect("parameters");
        let nonce = random();
        let (public, inputs) = vdaf.shard(&entries.to_vec(), &nonce).expect("entries");
        encode_shares(nonce, &public, &inputs)
    }

    pub fn seal(
        &self,
        shares: &Shares,
        time: u64,
        configs: [&HpkeConfig; 2],
        extensions: [Vec<Extension>; 2],
    ) -> Report {
        let metadata = ReportMetadata::new(shares.id, Time::from_seconds_since_epoch(time));
        let aad = self.aad(&metadata, &shares.public);
        let [first, second] = extensions;
        let sealed = |place: usize, extensions| {
            let plain = PlaintextInputShare::new(extensions, shares.inputs[place].clone());
            let plain = plain.get_encoded().expect("a share");
            seal(configs[place], &input_info(2 + place as u8), &aad, &plain)
        };
        let (leader, helper) = (sealed(0, first), sealed(1, second));
        Report::new(metadata, shares.public.clone(), leader, helper)
    }

    pub fn aad(&self, metadata: &ReportMetadata, public: &[u8]) -> Vec<u8> {
        InputShareAad::new(self.task, metadata.clone(), public.to_vec()).get_encoded().expect("data")
    }

    fn aggregate_aad(&self) -> Vec<u8> {
        let batch = BatchSelector::new_time_interval(self.window);
        AggregateShareAad::new(self.task, Vec::new(), batch).get_encoded().expect("data")
    }

    fn public(&self, bytes: &[u8]) -> Option<Prio3PublicShare<16>> {
        Prio3PublicShare::get_decoded_with_param(&self.vdaf, bytes).ok()
    }

    fn input(&self, place: usize, plain: &[u8]) -> Option<Prio3InputShare<Field128, 16>> {
        let share = PlaintextInputShare::get_decoded(plain).ok()?;
        Prio3InputShare::get_decoded_with_param(&(&self.vdaf, place), share.payload()).ok()
    }

    /// Returns the helper's part of a batch.
    fn seal_sum(&self, role: u8, outputs: Vec<Output>) -> HpkeCiphertext {
        let sum = self.vdaf.aggregate(&(), outputs).expect("shares").get_encoded().expect("a sum");
        seal(&self.collector, &aggregate_info(role), &self.aggregate_aad(), &sum)
    }

    /// Returns the sum in an aggregate share.
    pub fn open_sum(&self, key: &Key, role: u8, sealed: &HpkeCiphertext) -> Sum<Field128> {
        let sum = key.open(&aggregate_info(role), &self.aggregate_aad(), sealed).expect("for this key");
        Sum::get_decoded_with_param(&(&self.vdaf, &()), &sum).expect("a sum")
    }
}

fn encode_shares(
    nonce: [u8; 16],
    public: &Prio3PublicShare<16>,
    inputs: &[Prio3InputShare<Field128, 16>],
) -> Shares {
    let inputs = [0, 1].map(|place: usize| inputs[place].get_encoded().expect("a share"));
    Shares { id: ReportId::from(nonce), public: public.get_encoded().expect("a share"), inputs }
}

/// Returns the checksum of some reports.
pub fn checksum(ids: impl IntoIterator<Item = ReportId>) -> ReportIdChecksum {
    let mut sum = [0; 32];
    for id in ids {
        let digest: [u8; 32] = Sha256::digest(id.as_ref()).into();
        sum.iter_mut().zip(digest).for_each(|(sum, one)| *sum ^= one);
    }
    ReportIdChecksum::from(sum)
}

/// The leader's side of some reports.
pub struct Leader<'a> {
    pub agreement: &'a Agreement,
    pub key: &'a Key,
}

pub type States = HashMap<ReportId, PingPongState<16, 16, Prio3SumVec>>;

impl Leader<'_> {
    /// Makes the request for a job.
    pub fn begin(&self, reports: &[Report]) -> (States, AggregationJobInitializeReq<TimeInterval>) {
        let mut states = HashMap::new();
        let inits = reports.iter().map(|report| {
            let (id, public) = (*report.metadata().id(), report.public_share());
            let aad = self.agreement.aad(report.metadata(), public);
            let sealed = report.leader_encrypted_input_share();
            let plain = self.key.open(&input_info(2), &aad, sealed).expect("for the leader");
            let input = self.agreement.input(0, &plain).expect("a share");
            let shared = self.agreement.public(public).expect("a share");
            let key = &self.agreement.verify_key;
            let begun = self.agreement.vdaf.leader_initialized(key, &(), id.as_ref(), &shared, &input);
            let (state, message) = begun.expect("a share");
            states.insert(id, state);
            let helpers = report.helper_encrypted_input_share().clone();
            PrepareInit::new(ReportShare::new(report.metadata().clone(), public.to_vec(), helpers), message)
        });
        let inits = inits.collect();
        let batch = PartialBatchSelector::new_time_interval();
        (states, AggregationJobInitializeReq::new(Vec::new(), batch, inits))
    }

    /// Returns the leader's output shares, or why the helper has none.
    pub fn finish(
        &self,
        mut states: States,
        answer: &AggregationJobResp,
    ) -> Vec<(ReportId, Result<Output, PrepareError>)> {
        let finish = |one: &PrepareResp| {
            let id = *one.report_id();
            let message = match one.result() {
                PrepareStepResult::Continue { message } => message,
                PrepareStepResult::Reject(error) => return (id, Err(*error)),
                PrepareStepResult::Finished => panic!("the leader needs a message"),
            };
            let state = states.remove(&id).expect("a report of the job, once");
            match self.agreement.vdaf.leader_continued(state, &(), message).expect("verified") {
                PingPongContinuedValue::FinishedNoMessage { output_share } => (id, Ok(output_share)),
                _ => panic!("one round is all there is"),
            }
        };
        answer.prepare_resps().iter().map(finish).collect()
    }
}

/// A helper that serves until the test ends.
#[derive(Clone)]
pub struct Helper {
    agreement: Arc<Agreement>,
    key: Arc<Key>,
    state: Arc<Mutex<HelperState>>,
}

#[derive(Default)]
struct HelperState {
    outputs: Vec<(ReportId, Output)>,
    seen: HashSet<[u8; 16]>,
    jobs: usize,
    /// What was answered to requests, by their paths.
    answers: HashMap<String, (Bytes, Vec<u8>)>,
    /// How many answers are lost on their way, after all was done.
    losing: usize,
}

impl HelperState {
    /// Returns what was answered to a request before, which must have been the same.
    fn answer_again(&mut self, path: &str, body: &Bytes) -> Option<Result<Vec<u8>, StatusCode>> {
        let (known, answer) = self.answers.get(path)?.clone();
        assert!(known == *body, "a request that is repeated is the same, to the letter");
        Some(self.lose(answer))
    }

    fn keep(&mut self, path: String, body: Bytes, answer: Vec<u8>) -> Result<Vec<u8>, StatusCode> {
        self.answers.insert(path, (body, answer.clone()));
        self.lose(answer)
    }

    fn lose(&mut self, answer: Vec<u8>) -> Result<Vec<u8>, StatusCode> {
        match self.losing.checked_sub(1) {
            None => Ok(answer),
            Some(left) => {
                self.losing = left;
                Err(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }
}

impl Helper {
    /// Starts it on a port of its own.
    pub fn start(agreement: Agreement, port: u16) -> Helper {
        let helper =
            Helper { agreement: Arc::new(agreement), key: Arc::new(Key::new(33)), state: Arc::default() };
        let app = Router::new()
            .route("/hpke_config", get(hpke_config))
            .route("/tasks/{task}/aggregation_jobs/{job}", put(aggregation_job))
            .route("/tasks/{task}/aggregate_shares", post(aggregate_share))
            .with_state(helper.clone());
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        listener.set_nonblocking(true).expect("a port");
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a port");
                axum::serve(listener, app).await
            })
        });
        helper
    }

    /// Returns how many jobs it has answered.
    pub fn jobs(&self) -> usize {
        self.state.lock().expect("nobody panics").jobs
    }

    /// Lets some answers get lost.
    pub fn lose(&self, answers: usize) {
        self.state.lock().expect("nobody panics").losing = answers;
    }

    /// Returns how many answers will still be lost.
    pub fn losing(&self) -> usize {
        self.state.lock().expect("nobody panics").losing
    }

    fn is_right(&self, headers: &HeaderMap, kind: &str) -> bool {
        let bearer = format!("Bearer {}", self.agreement.token);
        headers.get(header::AUTHORIZATION).is_some_and(|found| *found == bearer)
            && headers.get(header::CONTENT_TYPE).is_some_and(|found| *found == kind)
    }

    fn prepare(&self, init: &PrepareInit) -> Result<(Output, PrepareStepResult), PrepareError> {
        let (report, agreement) = (init.report_share(), &self.agreement);
        let aad = agreement.aad(report.metadata(), report.public_share());
        let plain = self.key.open(&input_info(3), &aad, report.encrypted_input_share());
        let input = agreement.input(1, &plain.ok_or(PrepareError::HpkeDecryptError)?);
        let public = agreement.public(report.public_share());
        let (input, public) = input.zip(public).ok_or(PrepareError::InvalidMessage)?;
        let nonce = report.metadata().id().as_ref();
        let transition = agreement
            .vdaf
            .helper_initialized(&agreement.verify_key, &(), nonce, &public, &input, init.message())
            .and_then(|transition| transition.evaluate(&agreement.vdaf));
        match transition {
            Ok((PingPongState::Finished(output), message)) => {
                Ok((output, PrepareStepResult::Continue { message }))
            }
            _ => Err(PrepareError::VdafPrepError),
        }
    }
}

async fn hpke_config(State(helper): State<Helper>) -> Response {
    let list = HpkeConfigList::new(vec![helper.key.config.clone()]).get_encoded().expect("a list");
    ([(header::CONTENT_TYPE, HpkeConfigList::MEDIA_TYPE)], list).into_response()
}

async fn aggregation_job(
    State(helper): State<Helper>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = AggregationJobInitializeReq::<TimeInterval>::get_decoded(&body);
    let is_right = helper.is_right(&headers, AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE);
    let (true, Ok(request)) = (is_right, request) else { return StatusCode::BAD_REQUEST.into_response() };
    let mut state = helper.state.lock().expect("nobody panics");
    if let Some(again) = state.answer_again(uri.path(), &body) {
        return respond(AggregationJobResp::MEDIA_TYPE, again);
    }
    state.jobs += 1;
    let answers = request.prepare_inits().iter().map(|init| {
        let id = *init.report_share().metadata().id();
        let result = match helper.prepare(init) {
            Ok(_) if !state.seen.insert(*id.as_ref()) => {
                PrepareStepResult::Reject(PrepareError::ReportReplayed)
            }
            Ok((output, answer)) => {
                state.outputs.push((id, output));
                answer
            }
            Err(error) => PrepareStepResult::Reject(error),
        };
        PrepareResp::new(id, result)
    });
    let answer = AggregationJobResp::new(answers.collect()).get_encoded().expect("an answer");
    respond(AggregationJobResp::MEDIA_TYPE, state.keep(uri.path().to_owned(), body, answer))
}

fn respond(kind: &'static str, answer: Result<Vec<u8>, StatusCode>) -> Response {
    answer.map(|answer| ([(header::CONTENT_TYPE, kind)], answer)).into_response()
}

async fn aggregate_share(
    State(helper): State<Helper>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = AggregateShareReq::<TimeInterval>::get_decoded(&body);
    let is_right = helper.is_right(&headers, AggregateShareReq::<TimeInterval>::MEDIA_TYPE);
    let (true, Ok(request)) = (is_right, request) else { return StatusCode::BAD_REQUEST.into_response() };
    let mut state = helper.state.lock().expect("nobody panics");
    if let Some(again) = state.answer_again(uri.path(), &body) {
        return respond(AggregateShare::MEDIA_TYPE, again);
    }
    let outputs = state.outputs.clone();
    let (count, sum) = (outputs.len() as u64, checksum(outputs.iter().map(|(id, _)| *id)));
    let is_same = request.batch_selector().batch_interval() == &helper.agreement.window
        && (request.report_count(), request.checksum()) == (count, &sum)
        && request.aggregation_parameter().is_empty();
    if !is_same {
        return StatusCode::CONFLICT.into_response();
    }
    let sealed = helper.agreement.seal_sum(3, outputs.into_iter().map(|(_, output)| output).collect());
    let answer = AggregateShare::new(sealed).get_encoded().expect("an answer");
    respond(AggregateShare::MEDIA_TYPE, state.keep(uri.path().to_owned(), body, answer))
}

/// The function of the task, with a client that does not look at what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Careless(SumVec<Field128, Gadgets>);

impl Type for Careless {
    type Measurement = Vec<u128>;
    type AggregateResult = Vec<u128>;
    type Field = Field128;

    fn encode_measurement(&self, measurement: &Vec<u128>) -> Result<Vec<Field128>, FlpError> {
        Ok(measurement.iter().map(|entry| Field128::from(*entry)).collect())
    }

    fn decode_result(&self, data: &[Field128], count: usize) -> Result<Vec<u128>, FlpError> {
        self.0.decode_result(data, count)
    }

    fn gadget(&self) -> Vec<Box<dyn Gadget<Field128>>> {
        self.0.gadget()
    }

    fn valid(
        &self,
        gadgets: &mut Vec<Box<dyn Gadget<Field128>>>,
        input: &[Field128],
        joint_rand: &[Field128],
        shares: usize,
    ) -> Result<Field128, FlpError> {
        self.0.valid(gadgets, input, joint_rand, shares)
    }

    fn truncate(&self, input: Vec<Field128>) -> Result<Vec<Field128>, FlpError> {
        self.0.truncate(input)
    }

    fn input_len(&self) -> usize {
        self.0.input_len()
    }

    fn proof_len(&self) -> usize {
        self.0.proof_len()
    }

    fn verifier_len(&self) -> usize {
        self.0.verifier_len()
    }

    fn output_len(&self) -> usize {
        self.0.output_len()
    }

    fn joint_rand_len(&self) -> usize {
        self.0.joint_rand_len()
    }

    fn prove_rand_len(&self) -> usize {
        self.0.prove_rand_len()
    }

    fn query_rand_len(&self) -> usize {
        self.0.query_rand_len()
    }
}
