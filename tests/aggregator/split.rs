//! A student who wants the operators to disagree: with the student's code, and all there is to know of the protocol.

use balint_survey::remote::random;
use prio::codec::{Decode, Encode};
use prio::field::{Field128, FieldElement};
use prio::flp::gadgets::{Mul, ParallelSum};
use prio::flp::types::SumVec;
use prio::flp::{FlpError, Gadget, Type};
use prio::vdaf::Vdaf;
use prio::vdaf::xof::{IntoFieldVec, Seed, Xof, XofTurboShake128};

use crate::published::{Agreement, Shares};

type Plain = SumVec<Field128, ParallelSum<Field128, Mul<Field128>>>;

/// The length of a seed and of a field element.
const LENGTH: usize = 16;

/// A circuit that is satisfied by two verifiers who each compute with another joint randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Split {
    plain: Plain,
    chunk: usize,
    /// The joint randomness of the leader and of the helper.
    randomness: [Field128; 2],
    /// Their shares of the entries.
    shares: [Vec<Field128>; 2],
}

impl Type for Split {
    type Measurement = Vec<u128>;
    type AggregateResult = Vec<u128>;
    type Field = Field128;

    fn encode_measurement(&self, entries: &Vec<u128>) -> Result<Vec<Field128>, FlpError> {
        Ok(entries.iter().map(|entry| Field128::from(*entry)).collect())
    }

    fn decode_result(&self, data: &[Field128], count: usize) -> Result<Vec<u128>, FlpError> {
        self.plain.decode_result(data, count)
    }

    fn gadget(&self) -> Vec<Box<dyn Gadget<Field128>>> {
        self.plain.gadget()
    }

    fn valid(
        &self,
        gadgets: &mut Vec<Box<dyn Gadget<Field128>>>,
        entries: &[Field128],
        _randomness: &[Field128],
        _shares: usize,
    ) -> Result<Field128, FlpError> {
        let mut sum = Field128::zero();
        // The powers run on over the chunks.
        let mut powers = self.randomness;
        let [leader, helper] = &self.shares;
        let shares = leader.chunks(self.chunk).zip(helper.chunks(self.chunk));
        for (chunk, (leader, helper)) in entries.chunks(self.chunk).zip(shares) {
            let mut arguments = [Field128::zero(), -Field128::one()].repeat(self.chunk);
            for (place, entry) in chunk.iter().enumerate() {
                arguments[2 * place] = powers[0] * leader[place] + powers[1] * helper[place];
                arguments[2 * place + 1] = *entry - Field128::one();
                powers.iter_mut().zip(self.randomness).for_each(|(power, factor)| *power *= factor);
            }
            sum += gadgets[0].call(&arguments)?;
        }
        Ok(sum)
    }

    fn truncate(&self, input: Vec<Field128>) -> Result<Vec<Field128>, FlpError> {
        self.plain.truncate(input)
    }

    fn input_len(&self) -> usize {
        self.plain.input_len()
    }

    fn proof_len(&self) -> usize {
        self.plain.proof_len()
    }

    fn verifier_len(&self) -> usize {
        self.plain.verifier_len()
    }

    fn output_len(&self) -> usize {
        self.plain.output_len()
    }

    fn joint_rand_len(&self) -> usize {
        self.plain.joint_rand_len()
    }

    fn prove_rand_len(&self) -> usize {
        self.plain.prove_rand_len()
    }

    fn query_rand_len(&self) -> usize {
        self.plain.query_rand_len()
    }
}

fn elements(bytes: &[u8]) -> Vec<Field128> {
    bytes.chunks_exact(LENGTH).map(|bytes| Field128::get_decoded(bytes).expect("an element")).collect()
}

/// Returns what a seed stands for, by the number of its usage.
fn expand(agreement: &Agreement, seed: &[u8], usage: u16, binder: &[u8], length: usize) -> Vec<Field128> {
    let seed = Seed::<LENGTH>::get_decoded(seed).expect("a seed");
    let domain = agreement.vdaf.domain_separation_tag(usage);
    XofTurboShake128::seed_stream(&seed, &domain, binder).into_field_vec(length)
}

/// Returns the joint randomness of two parts.
fn joint_randomness(agreement: &Agreement, parts: [&[u8]; 2]) -> Field128 {
    let mut hash = XofTurboShake128::init(&[0; LENGTH], &agreement.vdaf.domain_separation_tag(6));
    parts.iter().for_each(|part| hash.update(part));
    let seed = hash.into_seed().get_encoded().expect("a seed");
    expand(agreement, &seed, 3, &[1], 1)[0]
}

/// Returns shares that are good for the helper, but not for the leader: the public share says something else of
/// the helper's part of the joint randomness than what the helper finds.
pub fn shard(agreement: &Agreement) -> Shares {
    let [bits, length, chunk] = agreement.parameters;
    let plain = Plain::new(bits, length, chunk).expect("parameters");
    let mut shares = agreement.shard(&vec![1; length]);
    let (leaders, helpers) = shares.public.split_at(LENGTH);
    let lie = random::<LENGTH>();
    let randomness = [&lie[..], helpers].map(|part| joint_randomness(agreement, [leaders, part]));
    let end = length * LENGTH;
    let leader = elements(&shares.inputs[0][..end]);
    let helper = expand(agreement, &shares.inputs[1][..LENGTH], 1, &[1], length);
    assert!(leader.iter().zip(&helper).all(|(leader, helper)| *leader + *helper == Field128::one()));

    let split = Split { plain: plain.clone(), chunk, randomness, shares: [leader, helper] };
    let prover = elements(&random::<{ 64 * LENGTH }>().map(|byte| byte & 0x7f));
    let prover: Vec<Field128> = prover.into_iter().cycle().take(plain.prove_rand_len()).collect();
    let proof = split.prove(&vec![Field128::one(); length], &prover, &randomness[..1]).expect("a proof");
    let helpers = expand(agreement, &shares.inputs[1][LENGTH..2 * LENGTH], 2, &[1, 1], plain.proof_len());
    let proof =
        proof.into_iter().zip(helpers).flat_map(|(all, helper)| (all - helper).get_encoded().expect("bytes"));
    let proof: Vec<u8> = proof.collect();
    shares.inputs[0][end..end + proof.len()].copy_from_slice(&proof);
    assert_eq!(shares.inputs[0].len(), end + proof.len() + LENGTH, "the leader's own seed comes last");
    shares.public = [leaders, &lie].concat();
    shares
}
