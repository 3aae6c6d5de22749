//! Students with the widget, and with bad connections.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use balint_survey::answers::Response;
use balint_survey::answers::csv::Responses;
use balint_survey::instrument::Instrument;
use balint_survey::remote::Role;
use balint_survey::remote::credential::{Code, Credential};
use balint_survey::remote::dap09::{self, SealedReport, Shares};
use balint_survey::tally::Tally;
use balint_survey::tally::indicators::Indicators;
use sha2::{Digest as _, Sha256};

use crate::pair::{Pair, now};

/// Returns as many students as asked for, and their tally.
pub fn class(instrument: &Instrument, count: usize) -> (Vec<Response>, Tally) {
    let csv = match instrument.id() {
        "post-program" => include_str!("../data/post_6.csv"),
        _ => include_str!("../data/stress_46.csv"),
    };
    let rows = Responses::new(csv.as_bytes(), instrument).expect("a header");
    let rows: Vec<Response> = rows.collect::<Result<_, _>>().expect("good lines");
    let class: Vec<Response> = rows.into_iter().cycle().take(count).collect();
    let mut tally = Tally::new(instrument);
    class.iter().for_each(|one| tally.record(instrument, one).expect("no overflow"));
    (class, tally)
}

/// Seals a response with the operators' keys of this moment.
pub fn seal(pair: &Pair, response: &Response, credential: &Credential) -> Result<SealedReport, ureq::Error> {
    let shares = Shares::new(&pair.task, &Indicators::of(pair.task.instrument(), response));
    let configs = [pair.config(Role::Leader)?, pair.config(Role::Helper)?];
    Ok(shares.seal(&pair.task, now(), &configs, credential).expect("good keys"))
}

/// Returns the credential of a student, by number.
pub fn credential(pair: &Pair, number: usize) -> Credential {
    match pair.codes.get(number) {
        Some(code) => code.credential(pair.task.id()),
        None => Credential::none(),
    }
}

/// Uploads a response until it is acknowledged.
pub fn submit(pair: &Pair, response: &Response, number: usize) -> SealedReport {
    let credential = credential(pair, number);
    let sealed = until(|| seal(pair, response, &credential));
    until(|| {
        let answer = pair.put_report(sealed.bytes())?;
        match answer.status {
            200 | 201 => Ok(()),
            status => panic!("{status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    });
    sealed
}

/// Tries until it works: the operators may be away for a while.
pub fn until<T>(mut work: impl FnMut() -> Result<T, ureq::Error>) -> T {
    for _ in 0..400 {
        match work() {
            Ok(done) => return done,
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
    panic!("the operators were away for too long");
}

/// Sends a part of a report and goes away.
pub fn drop_midway(pair: &Pair, bytes: &[u8], part: usize) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", pair.ports[0])) else { return };
    let head = format!(
        "PUT /tasks/{}/reports HTTP/1.1\r\nhost: leader\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        pair.task.document().task_id,
        dap09::REPORT,
        bytes.len()
    );
    // It is the leader's affair that it is not read.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bytes[..part]));
}

/// Lets the whole class answer, four at a time; one in twenty is cut off, answers again and again.
pub fn answer_all(pair: &Pair, class: &[Response]) {
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(response) = class.get(number) else { return };
            if number % 20 != 7 {
                submit(pair, response, number);
                continue;
            }
            let sealed = until(|| seal(pair, response, &credential(pair, number)));
            let part = sealed.bytes().len() * (number % 11) / 10;
            drop_midway(pair, sealed.bytes(), part.min(sealed.bytes().len()));
            for _ in 0..3 {
                let answer = until(|| pair.put_report(sealed.bytes()));
                assert!(matches!(answer.status, 200 | 201), "{}", String::from_utf8_lossy(&answer.body));
            }
        }
    };
    thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(work)));
    });
}

/// Returns what an operator is shown of a code, computed as it is defined.
pub fn proof(code: &Code, role: Role, task: &[u8; 32]) -> Vec<u8> {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let printed = code.to_string();
    let letters = printed.chars().filter(|letter| *letter != '-');
    let places: Vec<u8> = letters.map(|letter| ALPHABET.find(letter).expect("a letter") as u8).collect();
    let message = [b"balint-survey code 1\0".as_slice(), &[role as u8], task, &places].concat();
    Sha256::digest(message).to_vec()
}
