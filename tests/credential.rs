//! What lets each invited person answer once: codes and tokens.

#[path = "common/task.rs"]
mod common;

use std::sync::LazyLock;

use balint_survey::answers::Answers;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::{
    Blinded, Code, CodeError, Credential, Credentials, Issuer, NoCredential, TokenPair,
};
use balint_survey::remote::dap09::{self, Ciphertext, HpkeConfig, Shares};
use balint_survey::remote::keys::{CodesFile, KeysError};
use balint_survey::remote::task::Task;
use balint_survey::remote::{Role, base64url};
use balint_survey::tally::indicators::Indicators;
use common::document;
use janus_messages::{InputShareAad, PlaintextInputShare, Report, TaskId};
use prio::codec::{Decode, Encode};

/// Keys take a moment to make.
static ISSUER: LazyLock<(Issuer, Credentials)> = LazyLock::new(|| Issuer::new().expect("keys"));

fn task(credentials: Credentials) -> Task {
    let document = document("post-program", credentials, &HpkeConfig::generate(1).0);
    Task::from_json(Task::write(&document).as_bytes(), &Instrument::built_in()).expect("a task")
}

/// Returns what each operator finds in a report that was sent with a credential.
fn delivered(task: &Task, credential: &Credential) -> [Vec<u8>; 2] {
    let instrument = task.instrument();
    let mut answers = Answers::new(instrument);
    for section in instrument.sections() {
        answers.leave_out(instrument, section, balint_survey::answers::Shown::OnPath);
    }
    let response = answers.finish(instrument).expect("a response");
    let keys = [HpkeConfig::generate(1), HpkeConfig::generate(2)];
    let configs = [keys[0].0.clone(), keys[1].0.clone()];
    let shares = Shares::new(task, &Indicators::of(instrument, &response));
    let sealed = shares.seal(task, task.window().0, &configs, credential).expect("good keys");
    let report = Report::get_decoded(sealed.bytes()).expect("a report");
    let aad = InputShareAad::new(
        TaskId::from(*task.id()),
        report.metadata().clone(),
        report.public_share().to_vec(),
    );
    let aad = aad.get_encoded().expect("associated data");
    let open = |place: usize, sealed: &janus_messages::HpkeCiphertext| {
        let sealed = Ciphertext {
            config_id: u8::from(*sealed.config_id()),
            encapsulated_key: sealed.encapsulated_key().to_vec(),
            payload: sealed.payload().to_vec(),
        };
        let info = dap09::input_share_info(Role::BOTH[place]);
        let plain = keys[place].1.open(&info, &aad, &sealed).expect("sealed for it");
        let share = PlaintextInputShare::get_decoded(&plain).expect("an input share");
        share.extensions().first().map(|extension| extension.extension_data().to_vec()).unwrap_or_default()
    };
    [open(0, report.leader_encrypted_input_share()), open(1, report.helper_encrypted_input_share())]
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let code = Code::new();
    let printed = code.to_string();
    assert_eq!(printed.len(), 23);
    assert!(printed.split('-').all(|group| group.len() == 5), "{printed}");
    for typed in [
        printed.clone(),
        printed.to_lowercase(),
        printed.replace('-', ""),
        printed.replace('-', " – "),
        printed.replace('0', "o").replace('1', "l"),
        printed.replace('0', "O").replace('1', "I"),
        format!("  {printed}\n"),
    ] {
        assert!(Code::parse(&typed) == Ok(code.clone()), "{typed}");
    }
}

#[test]
fn a_slip_is_told_from_a_code() {
    let letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let (mut found, mut tried) = (0, 0);
    for _ in 0..20 {
        let printed: Vec<char> = Code::new().to_string().chars().filter(|c| *c != '-').collect();
        for place in 0..printed.len() {
            for wrong in letters.chars().filter(|wrong| *wrong != printed[place]) {
                let mut typed = printed.clone();
                typed[place] = wrong;
                let parsed = Code::parse(&typed.iter().collect::<String>());
                found += usize::from(parsed == Err(CodeError::Slip));
                tried += 1;
            }
        }
    }
    // One in 32 is not told by one letter of five bits; a wrong last letter always is.
    assert!(found * 100 > tried * 95 && found < tried, "{found} of {tried}");
}

#[test]
fn what_is_wrong_with_a_code_is_said_exactly() {
    for (typed, expected) in [
        ("", "found 0 letters and digits; expected 20, such as 7KQ4X-…"),
        ("7KQ4X-7KQ4X", "found 10 letters and digits; expected 20, such as 7KQ4X-…"),
        ("7KQ4U", "found 'U'; expected letters without U, and digits"),
        ("7KQ4X_", "found '_'; expected letters without U, and digits"),
    ] {
        let error = Code::parse(typed).expect_err("no code");
        assert_eq!(error.to_string(), expected, "{typed:?}");
    }
    let slip = "a letter or a digit is not as in the invitation; expected the code as it is there";
    assert_eq!(CodeError::Slip.to_string(), slip);
}

#[test]
fn codes_do_not_repeat_and_are_not_printed_for_debugging() {
    let codes: std::collections::BTreeSet<String> = (0..1000).map(|_| Code::new().to_string()).collect();
    assert_eq!(codes.len(), 1000);
    assert_eq!(format!("{:?}", Code::new()), "Code(..)");
    assert_eq!(format!("{:?}", Code::new().credential(&[0; 32])), "Credential(..)");
}

#[test]
fn each_operator_knows_its_proof_of_a_code_by_what_it_was_given() {
    let task = task(Credentials::Codes);
    let code = Code::new();
    let proofs = delivered(&task, &code.credential(task.id()));
    for (place, role) in Role::BOTH.into_iter().enumerate() {
        let fingerprint = Credentials::Codes.fingerprint(role, task.id(), &proofs[place]);
        assert_eq!(fingerprint, Ok(code.fingerprint(role, task.id())), "{}", role.name());
    }
}

#[test]
fn a_proof_does_neither_for_the_other_operator_nor_for_another_task() {
    let (one, other) = (task(Credentials::Codes), task(Credentials::Codes));
    let code = Code::new();
    let proofs = delivered(&one, &code.credential(one.id()));
    assert_ne!(proofs[0], proofs[1]);
    let known = |role, task: &Task| code.fingerprint(role, task.id());
    let found = |proof: &[u8], role| Credentials::Codes.fingerprint(role, one.id(), proof).expect("32 bytes");
    assert_ne!(found(&proofs[0], Role::Helper), known(Role::Helper, &one));
    assert_ne!(found(&proofs[1], Role::Leader), known(Role::Leader, &one));
    for (place, role) in Role::BOTH.into_iter().enumerate() {
        assert_ne!(found(&proofs[place], role), known(role, &other));
    }
}

#[test]
fn what_has_not_the_length_of_a_credential_is_none() {
    let id = [0; 32];
    let check = |credentials: &Credentials, length: usize, is_good: bool| {
        let found = credentials.fingerprint(Role::Leader, &id, &vec![7; length]);
        assert_eq!(found.is_ok(), is_good, "{length}");
    };
    for (length, is_none, is_proof) in
        [(0, true, false), (31, false, false), (32, false, true), (33, false, false)]
    {
        check(&Credentials::None, length, is_none);
        check(&Credentials::Codes, length, is_proof);
        check(&ISSUER.1, length, false);
    }
    assert_eq!(
        NoCredential.to_string(),
        "found no valid credential; expected one that was handed out for this survey"
    );
}

#[test]
fn the_file_of_the_codes_is_sorted_and_for_one_operator_and_task() {
    let (one, other) = (task(Credentials::Codes), task(Credentials::Codes));
    let codes: Vec<Code> = (0..20).map(|_| Code::new()).collect();
    let file = |role| {
        CodesFile::new(&one, role, codes.iter().map(|code| code.fingerprint(role, one.id())).collect())
    };
    for role in Role::BOTH {
        let file = file(role);
        let json = serde_json::to_vec(&file).expect("a file");
        let read = CodesFile::from_json(&json, &one, role).expect("its file");
        assert!(read.len() == 20 && read.is_sorted());
        assert!(codes.iter().all(|code| read.contains(&code.fingerprint(role, one.id()))));
        let error = CodesFile::from_json(&json, &other, role).expect_err("another task").to_string();
        assert!(
            error.starts_with("task_id: found \"") && error.ends_with("the task that the codes are for"),
            "{error}"
        );
    }
    let mut file = file(Role::Leader);
    let check = |file: &CodesFile, role, expected: &str| {
        let json = serde_json::to_vec(file).expect("a file");
        let error: KeysError = CodesFile::from_json(&json, &one, role).expect_err("refused");
        assert_eq!(error.to_string(), expected);
    };
    check(&file, Role::Helper, "role: found codes for the leader; expected those for the helper");
    file.fingerprints[3].pop();
    check(&file, Role::Leader, "fingerprints[3]: expected 32 bytes in base64url");
}

/// Returns a credential of two tokens that the portal has signed.
fn tokens(task: &Task) -> Credential {
    let blinded = Blinded::new(&task.document().credentials, task.id()).expect("a task with tokens");
    let signed = ISSUER.0.sign(&blinded.request()).expect("a request");
    blinded.finish(&signed).expect("signed with the task's keys")
}

#[test]
fn tokens_are_blinded_signed_and_verified_by_the_operator_they_are_for() {
    let task = task(ISSUER.1.clone());
    let credentials = &task.document().credentials;
    let found = delivered(&task, &tokens(&task));
    // Nonce, randomizer, signature: as long for everybody.
    assert_eq!(found.each_ref().map(|token| token.len()), [32 + 32 + 256; 2]);
    let verify = |role, token: &[u8]| credentials.fingerprint(role, task.id(), token);
    let fingerprints = [verify(Role::Leader, &found[0]), verify(Role::Helper, &found[1])];
    assert!(fingerprints.iter().all(Result::is_ok));
    // The second use is found by the same fingerprint, and another person has another.
    assert_eq!(verify(Role::Leader, &found[0]), fingerprints[0]);
    let others = delivered(&task, &tokens(&task));
    assert_ne!(verify(Role::Leader, &others[0]), fingerprints[0]);
    // Each token is for one operator.
    assert_eq!(verify(Role::Helper, &found[0]), Err(NoCredential));
    assert_eq!(verify(Role::Leader, &found[1]), Err(NoCredential));
}

#[test]
fn the_portal_sees_nothing_of_what_the_operators_see() {
    let task = task(ISSUER.1.clone());
    let blinded = Blinded::new(&task.document().credentials, task.id()).expect("a task with tokens");
    let request = blinded.request();
    let signed = ISSUER.0.sign(&request).expect("a request");
    let found = delivered(&task, &blinded.finish(&signed).expect("signed"));
    for (seen, token) in [(&request.leader, &found[0]), (&request.helper, &found[1])] {
        let seen = base64url::decode(seen).expect("base64url");
        assert!(!token.windows(16).any(|part| seen.windows(16).any(|other| part == other)));
    }
    for (seen, token) in [(&signed.leader, &found[0]), (&signed.helper, &found[1])] {
        let seen = base64url::decode(seen).expect("base64url");
        assert!(!token.windows(16).any(|part| seen.windows(16).any(|other| part == other)));
    }
}

#[test]
fn a_token_that_was_changed_or_is_of_another_task_is_refused() {
    let (task, other) = (task(ISSUER.1.clone()), task(ISSUER.1.clone()));
    let credentials = &task.document().credentials;
    let [token, _] = delivered(&task, &tokens(&task));
    assert_eq!(credentials.fingerprint(Role::Leader, other.id(), &token), Err(NoCredential));
    // The nonce, the randomizer, the signature.
    for place in [0, 31, 32, 63, 64, token.len() - 1] {
        let mut changed = token.clone();
        changed[place] ^= 1;
        assert_eq!(credentials.fingerprint(Role::Leader, task.id(), &changed), Err(NoCredential), "{place}");
    }
}

#[test]
fn what_another_portal_signs_is_no_token() {
    let task = task(ISSUER.1.clone());
    let blinded = Blinded::new(&task.document().credentials, task.id()).expect("a task with tokens");
    let request = blinded.request();
    let (other, _) = Issuer::new().expect("keys");
    let swapped = TokenPair { leader: request.helper.clone(), helper: request.leader.clone() };
    for (signed, why) in [
        (other.sign(&request), "other keys"),
        (ISSUER.0.sign(&swapped), "the leader's for the helper"),
        (Some(request), "not signed"),
    ] {
        let finished = signed.map(|signed| blinded.finish(&signed).err());
        assert!(matches!(finished, None | Some(Some(NoCredential))), "{why}");
    }
}

#[test]
fn the_portal_signs_nothing_of_another_form() {
    for text in ["", "%", "AAAA"] {
        let request = TokenPair { leader: text.to_owned(), helper: text.to_owned() };
        assert_eq!(ISSUER.0.sign(&request), None, "{text:?}");
    }
}

#[test]
fn the_portals_keys_are_the_same_when_they_are_read_again() {
    let [leader, helper] = ISSUER.0.to_pem().expect("PEM");
    let read = Issuer::from_pem([&leader, &helper]).expect("its PEM");
    let task = task(ISSUER.1.clone());
    let blinded = Blinded::new(&task.document().credentials, task.id()).expect("a task with tokens");
    let signed = read.sign(&blinded.request()).expect("a request");
    assert!(blinded.finish(&signed).is_ok());
    assert!(Issuer::from_pem(["", ""]).is_none());
    assert!(Blinded::new(&Credentials::Codes, task.id()).is_none());
}

/// Returns a public key as a task has it, with a modulus that begins with a byte and has so many.
fn public_key(first: u8, length: usize) -> String {
    let mut modulus = vec![1; length];
    modulus[0] = first;
    let integer = |bytes: &[u8]| {
        let length = (bytes.len() as u16).to_be_bytes();
        [&[2, 0x82], &length[..], bytes].concat()
    };
    let exponent = [2, 3, 1, 0, 1];
    let body = [integer(&[&[0][..], &modulus].concat()), exponent.to_vec()].concat();
    // A positive number begins with a zero only where its first bit is set.
    let body = if first < 0x80 { [integer(&modulus), exponent.to_vec()].concat() } else { body };
    let der = [&[0x30, 0x82], &(body.len() as u16).to_be_bytes()[..], &body].concat();
    let key = blind_rsa_signatures::PublicKeySha384PSSRandomized::from_der(&der).expect("a key");
    base64url::encode(&key.to_spki().expect("a key"))
}

#[test]
fn the_portals_keys_have_2048_bits_exactly() {
    let good = || public_key(0x80, 256);
    let check = |leader: String, helper: String| Credentials::Tokens { leader, helper }.check();
    assert_eq!(check(good(), good()), Ok(()));
    // 2047, 3072 and 4096 bits.
    for other in [public_key(0x7f, 256), public_key(0x80, 384), public_key(0xff, 512)] {
        assert_eq!(check(other.clone(), good()), Err(Role::Leader));
        assert_eq!(check(good(), other), Err(Role::Helper));
    }
}
