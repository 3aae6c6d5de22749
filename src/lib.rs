//! An anonymous survey widget for school portals.
//!
//! The widget runs two surveys from Atkinson & Rosenstock, *A Role for Balint Groups in Medical Student
//! Training*, entirely in the browser. It counts the answers there, and lets only aggregates leave.
//!
//! # Bird's-eye view
//!
//! ```text
//! Instrument ─► Answers ─► Response ─► Tally ─(merge)─► Tally ─(policy)─► Release ─► Report ─► view
//!  what is       one        the same,   exact            sums of            what may    every     tables,
//!  asked         draft      validated   integers         many               leave       figure    submit
//! ```
//!
//! The modules below stand in that order, and each uses only those above it.
//!
//! # Invariants
//!
//! Each is kept true by a test.
//!
//! 1. No path leads from `Answers`, `Response` or `Tally` to the network, to a log or to `Debug` output:
//!    [`submit`] takes a [`Release`](disclosure::Release) and nothing else. The one exception is a type of its own,
//!    the [`SealedReport`](remote::dap09::SealedReport) of a survey that is answered from home: two shares, random
//!    each, sealed for two operators. A running tally reaches the storage of its device enciphered, through
//!    [`custody`] alone.
//! 2. Nothing in [`tally`] knows floating point; nothing before [`browser`] knows the browser.
//! 3. Every percentage carries its base.
//! 4. Free text never enters a response, a tally, an event or a release.
//! 5. Suppression happens after merging, never before; a collection is released once, and not below its
//!    policy's threshold.
//!
//! # Where to look
//!
//! | For | see |
//! |---|---|
//! | the two built-in surveys, and the form of others | `instrument/*.json`, [`instrument`], `www/instrument.schema.json` |
//! | what an author is told of a mistake | [`instrument::Finding`], `tests/data/malformed/` |
//! | the page on which a survey is written | [`element`], `www/try.js` |
//! | when a survey can be answered | [`window`] |
//! | skip logic, validation, responses from CSV | [`answers`] |
//! | what may be shown of small groups | [`disclosure`], [`disclosure::rules`] |
//! | a formula | [`statistics`] |
//! | the JSON that other programs read | [`report`], `www/report.schema.json` |
//! | a table or a sentence of the report | [`report::layout`], [`report::method`], [`report::cherries`] |
//! | how a report is written | [`report::markup`], [`report::text`], [`report::markdown`], [`report::html`], [`report::csv`] |
//! | the documentation of an instrument | [`codebook`] |
//! | what the coordinator's page holds | [`workspace`], [`view::coordinator`] |
//! | the calendar, the invitation and the reminders | [`planning`] |
//! | a sentence that the widget says, in any language | [`language::texts`], `language/*.json` |
//! | what a device keeps of a running collection | [`custody`] |
//! | a survey that is answered from home: shares, task, credentials | [`remote`], [`view::remote`] |
//! | its files and its operators' processes | `src/bin/balint-survey/`: `task`, `invite`, `issuer`, `aggregator/` |
//! | how its sum becomes a release | [`remote::collecting`] |
//! | an attack on anonymity | `tests/attacks.rs` |
//! | a screen | [`view::screens`], [`view::group`] |
//! | a survey in another portal's frame | `www/balint-embed.js`, `www/balint-frame.js` |
//! | what a portal gets of the build | `src/bin/balint-survey/package.rs`, `www/*.d.ts` |
//! | what a device keeps of the demo portal | `src/bin/balint-survey/precache.rs`, `www/service-worker.js` |
//! | the JavaScript boundary | [`element`], `www/balint-survey.js` |
//! | the server and the command line | `src/bin/balint-survey/` |

pub mod digest;
pub mod json;
pub mod file_kind;
pub mod window;
pub mod instrument;
pub mod answers;
pub mod tally;
pub mod statistics;
pub mod disclosure;
pub mod report;
pub mod codebook;
#[cfg(feature = "dap")]
pub mod remote;
pub mod settings;
pub mod workspace;
pub mod browser;
pub mod language;
pub mod submit;
pub mod custody;
pub mod view;
#[cfg(feature = "plan")]
pub mod planning;
pub mod element;
