//! Which file this is: people mistake the files of a survey for one another, and should be told which one they hold.

use std::fmt;

/// One of the files that a remote survey is made of, recognised by its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Task,
    LeaderKeys,
    HelperKeys,
    Collector,
    /// What the leader knows the codes by.
    LeaderCodes,
    /// What the helper knows the codes by.
    HelperCodes,
    /// What a portal signs tokens with.
    Issuer,
    /// The definition of a survey: what is asked.
    Instrument,
    /// The codes for the mail merge.
    Invitations,
    /// None of them, and no JSON either.
    NoJson,
}

impl FileKind {
    /// Recognises a file; `None` where it is JSON of another kind, or broken.
    pub fn of(bytes: &[u8]) -> Option<FileKind> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if matches!(text.lines().next(), Some("code" | "code,link")) {
            return Some(FileKind::Invitations);
        }
        if !text.is_empty() && !text.starts_with(['{', '[', '"']) {
            return Some(FileKind::NoJson);
        }
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        let has = |fields: &[&str]| fields.iter().all(|field| json.get(field).is_some());
        let is_helper = || json["role"].as_str() == Some("helper");
        let is_pem = |field: &str| json[field].as_str().is_some_and(|text| text.starts_with("-----BEGIN"));
        match () {
            () if has(&["task", "private_key"]) => Some(FileKind::Collector),
            () if has(&["task", "verify_key", "role"]) && is_helper() => Some(FileKind::HelperKeys),
            () if has(&["task", "verify_key", "role"]) => Some(FileKind::LeaderKeys),
            () if has(&["fingerprints", "role"]) && is_helper() => Some(FileKind::HelperCodes),
            () if has(&["fingerprints", "role"]) => Some(FileKind::LeaderCodes),
            () if has(&["protocol", "task_id", "vdaf"]) => Some(FileKind::Task),
            () if has(&["sections"]) && !has(&["protocol"]) => Some(FileKind::Instrument),
            () if is_pem("leader") && is_pem("helper") => Some(FileKind::Issuer),
            () => None,
        }
    }

    /// Returns what is expected where this file is.
    pub fn expected(self) -> &'static str {
        match self {
            Self::LeaderKeys | Self::HelperKeys => {
                "an operator's leader.json or helper.json, which `balint-survey task` has made"
            }
            Self::Collector => "the coordinator's collector.json, which `balint-survey task` has made",
            Self::LeaderCodes => "the leader's leader-codes.json, which `balint-survey invite` has made",
            Self::HelperCodes => "the helper's helper-codes.json, which `balint-survey invite` has made",
            Self::Task | Self::Issuer | Self::Instrument | Self::Invitations | Self::NoJson => {
                "a file that `balint-survey task` has made"
            }
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "this is the survey's task.json",
            Self::LeaderKeys => "this is the leader's leader.json",
            Self::HelperKeys => "this is the helper's helper.json",
            Self::Collector => "this is the coordinator's collector.json",
            Self::LeaderCodes => "this is the leader's leader-codes.json",
            Self::HelperCodes => "this is the helper's helper-codes.json",
            Self::Issuer => "this is the portal's issuer.json",
            Self::Instrument => "this is the definition of a survey",
            Self::Invitations => "this is no JSON, but the invitations.csv of the mail merge",
            Self::NoJson => "this is no JSON",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_is_known_by_its_sections() {
        for json in [include_str!("instrument/post-program.json"), "{\"id\": 7, \"sections\": null}"] {
            assert_eq!(FileKind::of(json.as_bytes()), Some(FileKind::Instrument));
        }
        assert_eq!(FileKind::of(b"{\"items\": []}"), None);
    }
}
