//! Keeps the release of a group's collection on its device until it has arrived, or was downloaded.
//!
//! A release may leave the browser, so it is kept as it is; what it was made from is gone.

use super::{read, remove, write};
use crate::disclosure::Release;
use crate::settings::Settings;

/// What comes before the endpoint that the facilitator has asked a release to be sent to; a line, and then the release.
const WANTED: &str = "send ";
/// What comes before one that the facilitator has not looked at yet.
const READY: &str = "keep ";

/// Where one collection's release waits.
#[derive(Clone, Debug)]
pub struct Outbox {
    place: String,
}

/// A release that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub release: Release,
    /// Whether the facilitator has asked for it to be sent.
    pub is_wanted: bool,
}

impl Outbox {
    /// Returns the outbox of a collection; one that the portal has not named could not be found again.
    pub fn new(settings: &Settings) -> Option<Outbox> {
        let Settings { instrument, collection, .. } = settings;
        let place = ["balint-survey release ", instrument.id(), " ", collection].concat();
        settings.is_named.then_some(Outbox { place })
    }

    /// Keeps a release, with the endpoint that the facilitator has asked it to be sent to; returns whether the browser
    /// does.
    pub fn keep(&self, release: &Release, endpoint: Option<&str>) -> bool {
        let json = release.to_json();
        let text = match endpoint {
            Some(endpoint) => [WANTED, endpoint, "\n", &json].concat(),
            None => [READY, &json].concat(),
        };
        write(&self.place, &text)
    }

    /// Returns the release that waits, if there is one of this survey.
    pub fn waiting(&self, settings: &Settings) -> Option<Waiting> {
        let text = read(&self.place)?;
        let (is_wanted, json) = match text.strip_prefix(WANTED) {
            // To another endpoint than the facilitator was told of, nothing goes by itself.
            Some(wanted) => {
                let (endpoint, json) = wanted.split_once('\n')?;
                (settings.endpoint.as_deref() == Some(endpoint), json)
            }
            None => (false, text.strip_prefix(READY)?),
        };
        let release = Release::from_json(json.as_bytes(), std::slice::from_ref(&settings.instrument)).ok()?;
        let is_ours = release.collections() == [settings.collection.clone()];
        is_ours.then_some(Waiting { release, is_wanted })
    }

    /// Returns what the windows of one browser call it.
    pub fn name(&self) -> &str {
        &self.place
    }

    /// Returns whether a release still waits: another window may have settled it.
    pub fn is_full(&self) -> bool {
        read(&self.place).is_some()
    }

    /// Keeps nothing any more.
    pub fn clear(&self) {
        remove(&self.place);
    }

    /// Keeps nothing any more after a download, unless the facilitator has asked for it to be sent, in another window.
    pub fn clear_unless_wanted(&self) {
        if !read(&self.place).is_some_and(|text| text.starts_with(WANTED)) {
            self.clear();
        }
    }
}
