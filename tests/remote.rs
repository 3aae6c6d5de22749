//! The secret-shared upload against published implementations: `janus_messages` reads it, `prio` verifies it.

#[path = "common/remote.rs"]
mod common;

use std::io::Cursor;

use balint_survey::answers::csv::Responses;
use balint_survey::instrument::Instrument;
use balint_survey::remote::Role;
use balint_survey::remote::credential::{Code, Credentials};
use balint_survey::remote::dap09::{self, Ciphertext, HpkeConfig, Shares};
use balint_survey::report::fieldwork::Day;
use balint_survey::tally::Tally;
use balint_survey::tally::indicators::Indicators;
use common::{Setting, task};
use janus_messages::{HpkeCiphertext, InputShareAad, PlaintextInputShare, Report, TaskId};
use prio::codec::{Decode, Encode, ParameterizedDecode};
use prio::topology::ping_pong::{PingPongState, PingPongTopology};
use prio::vdaf::{Aggregator, Collector};

fn ciphertext(sealed: &HpkeCiphertext) -> Ciphertext {
    Ciphertext {
        config_id: u8::from(*sealed.config_id()),
        encapsulated_key: sealed.encapsulated_key().to_vec(),
        payload: sealed.payload().to_vec(),
    }
}

const VERIFY_KEY: [u8; 16] = [9; 16];

#[test]
fn uploads_are_read_by_janus_messages_and_verified_by_prio_and_sum_to_the_plain_tally() {
    for (id, csv) in [
        ("stress-experience", include_str!("data/stress_46.csv")),
        ("post-program", include_str!("data/post_6.csv")),
    ] {
        let instrument = Instrument::find(id).expect("built in");
        let urls = ["https://faculty.example/", "https://students.example/"].map(str::to_owned);
        let days = ["2014-01-13", "2014-02-23"].map(|text| Day::try_from(text.to_owned()).expect("a day"));
        let setting = Setting { instrument: &instrument, credentials: Credentials::Codes, urls, days };
        let (task, _, _) = task(setting);
        let vdaf = dap09::vdaf(&task);
        let keys = [HpkeConfig::generate(1), HpkeConfig::generate(2)];
        let configs = [keys[0].0.clone(), keys[1].0.clone()];
        let now = task.window().0 + 100_000;
        let mut outputs = [Vec::new(), Vec::new()];
        let mut plain = Tally::new(&instrument);
        let mut lengths = Vec::new();
        for response in Responses::new(csv.as_bytes(), &instrument).expect("a header") {
            let response = response.expect("a line");
            plain.record(&instrument, &response).expect("no overflow");
            let shares = Shares::new(&task, &Indicators::of(&instrument, &response));
            let credential = Code::new().credential(task.id());
            let sealed = shares.seal(&task, now, &configs, &credential).expect("good keys");
            lengths.push(sealed.bytes().len());

            let report = Report::decode(&mut Cursor::new(sealed.bytes())).expect("a report");
            assert_eq!(report.get_encoded().expect("a report"), sealed.bytes());
            assert_eq!(report.metadata().time().as_seconds_since_epoch(), task.window().0 + 86_400);
            let public = report.public_share();
            let aad =
                InputShareAad::new(TaskId::from(*task.id()), report.metadata().clone(), public.to_vec());
            let aad = aad.get_encoded().expect("associated data");
            let sealed = [report.leader_encrypted_input_share(), report.helper_encrypted_input_share()];
            let open = |place: usize| {
                let role = Role::BOTH[place];
                let info = dap09::input_share_info(role);
                let plain =
                    keys[place].1.open(&info, &aad, &ciphertext(sealed[place])).expect("sealed for it");
                let share =
                    PlaintextInputShare::decode(&mut Cursor::new(&plain[..])).expect("an input share");
                assert_eq!(share.extensions().len(), 1);
                let proof = share.extensions()[0].extension_data();
                let fingerprint = Credentials::Codes.fingerprint(role, task.id(), proof);
                assert!(fingerprint.is_ok());
                prio::vdaf::prio3::Prio3InputShare::get_decoded_with_param(&(&vdaf, place), share.payload())
                    .expect("a share of the task")
            };
            let public =
                prio::vdaf::prio3::Prio3PublicShare::get_decoded_with_param(&vdaf, public).expect("it");
            let nonce = report.metadata().id().as_ref();
            let (state, message) =
                vdaf.leader_initialized(&VERIFY_KEY, &(), nonce, &public, &open(0)).expect("a good share");
            let transition = vdaf
                .helper_initialized(&VERIFY_KEY, &(), nonce, &public, &open(1), &message)
                .expect("verified");
            let (helper, message) = transition.evaluate(&vdaf).expect("verified");
            let leader = vdaf.leader_continued(state, &(), &message).expect("verified");
            let PingPongState::Finished(helper) = helper else {
                panic!("the helper is ready after one message")
            };
            let prio::topology::ping_pong::PingPongContinuedValue::FinishedNoMessage { output_share: leader } =
                leader
            else {
                panic!("the leader is ready after one message")
            };
            outputs[0].push(leader);
            outputs[1].push(helper);
        }
        assert!(lengths.iter().all(|length| *length == lengths[0]), "all reports have one length");
        println!("{id}: {} entries, {} bytes a report", task.document().vdaf.length, lengths[0]);
        let count = outputs[0].len();
        let shares = outputs.map(|outputs| vdaf.aggregate(&(), outputs).expect("shares"));
        let sums = vdaf.unshard(&(), shares, count).expect("two shares");
        let found = Tally::from_indicator_sums(&instrument, count as u64, &sums).expect("sums of ours");
        assert_eq!(found.voided, [""; 0]);
        assert!(found.tally == plain, "the sums give the tally back");
    }
}
