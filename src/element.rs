//! The JavaScript boundary: what the custom elements in `www/` call.
//!
//! Each element has a WebAssembly module of its own, so that a respondent does not load what only a
//! coordinator needs. The two are the same library, built with one of the features `survey` and `report`,
//! which decide what is exported, and thereby what the linker keeps.

#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "survey")]
pub mod survey;
#[cfg(feature = "tokens")]
pub mod tokens;
