//! The JavaScript boundary: what the custom elements in `www/` call.
//!
//! Each element has a WebAssembly module of its own, so that a respondent does not load what only a
//! coordinator needs; and what opens the sum of a remote survey is one that the page for reports loads
//! when it is given the key. They are the same library, built with one of the features `survey`, `report`,
//! `collect`, `author` and so on, which decide what is exported, and thereby what the linker keeps.

#[cfg(feature = "author")]
pub mod author;
#[cfg(feature = "collect")]
pub mod collect;
#[cfg(feature = "plan")]
pub mod plan;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "survey")]
pub mod survey;
#[cfg(feature = "tokens")]
pub mod tokens;
