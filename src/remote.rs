//! A survey that is answered from home: nobody ever sees one respondent's tally, not even enciphered by one key.
//!
//! ```text
//!  Response ─► Indicators ─► two shares ─► SealedReport ══► operator 1 ─┐  each adds its shares of everybody,
//!   one person   0s and 1s    of each,      sealed for      operator 2 ─┤  and gives its sum away once
//!                             random        one each                    ▼
//!                                                            coordinator: sum + sum ─► Tally ─► Release
//! ```
//!
//! The protocol is the IETF's Distributed Aggregation Protocol with Prio3SumVec, in the draft that [`dap09`] names:
//! another draft would be a second file beside it. A [`Task`](task::Task) is what all parties have agreed on;
//! a [`credential`] lets each invited person answer once; [`keys`] are what each party keeps for itself;
//! [`collecting`] is how the coordinator gets the sum, and makes the release of it.
//!
//! **Invariants:** a single respondent's entries leave this module as a [`SealedReport`](dap09::SealedReport) only;
//! what is not sealed can neither be serialised nor printed. Each operator's share alone is uniformly random.

pub mod task;
pub mod credential;
pub mod keys;
pub mod dap09;
pub mod collecting;

/// One of the two operators, in the protocol's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes the reports, and passes each helper's share on unopened.
    Leader,
    Helper,
}

impl Role {
    pub const BOTH: [Role; 2] = [Role::Leader, Role::Helper];

    pub fn name(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Helper => "helper",
        }
    }
}

/// Why our operators do not take a report: in words, which the widget knows in the language of its reader.
pub mod refused {
    /// The survey has all the reports that it can have.
    pub const FULL: &str = "as many have answered as were invited";
    /// The survey is over, or the coordinator has closed it.
    pub const CLOSED: &str = "the survey is closed: no more answers are taken";
    /// The code is none of those of the invitations.
    pub const UNKNOWN_CODE: &str = "this code is not known; expected one that was handed out for this survey";
    /// Another report came with the same code.
    pub const USED_CODE: &str = "this code was used already";
    /// Another report came with the same tokens.
    pub const USED_LOGIN: &str = "this login was used already";
}

/// Bytes as base64url without padding, as the protocol writes them in addresses and we do in files.
pub mod base64url {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns the bytes of a text, or `None` where it is no base64url.
    pub fn decode(text: &str) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(text).ok()
    }

    /// Returns the bytes of a text, if there are as many as expected.
    pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
        decode(text)?.try_into().ok()
    }
}

/// Returns the last word of the type of a problem document (RFC 9457), and its `detail`.
pub fn problem(document: &[u8]) -> (Option<String>, Option<String>) {
    let problem: Option<serde_json::Value> = serde_json::from_slice(document).ok();
    let text = |name: &str| Some(problem.as_ref()?.get(name)?.as_str()?.to_owned());
    let kind = text("type").and_then(|kind| Some(kind.rsplit(':').next()?.to_owned()));
    (kind, text("detail"))
}

/// Returns random bytes.
///
/// # Panics
///
/// If the system or the browser has none; nothing here is safe without.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}
