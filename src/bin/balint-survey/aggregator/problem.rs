//! Why a request is not fulfilled, in the protocol's words (RFC 9457, with the types of DAP).

use std::fmt;

use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use janus_messages::problem_type::DapProblemType;

use super::journal::complain;
use super::store::StoreError;

/// A document of a problem, about the process's one task.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Option<DapProblemType>,
    status: StatusCode,
    detail: String,
    /// The id of the task, where the problem is about it.
    task: Option<String>,
}

impl Problem {
    /// Returns a problem that the protocol has a type for.
    pub fn dap(kind: DapProblemType, detail: impl fmt::Display) -> Problem {
        // As Janus does: the draft asks for 400 in general, and leaves this one open.
        let status = match kind {
            DapProblemType::UnauthorizedRequest => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        Problem { kind: Some(kind), status, detail: detail.to_string(), task: None }
    }

    /// Returns a problem that the status says enough of.
    pub fn plain(status: StatusCode, detail: impl fmt::Display) -> Problem {
        Problem { kind: None, status, detail: detail.to_string(), task: None }
    }

    /// Returns that a message is not one.
    pub fn invalid_message(detail: impl fmt::Display) -> Problem {
        Problem::dap(DapProblemType::InvalidMessage, detail)
    }

    /// Returns that a report is not taken.
    pub fn rejected(detail: impl fmt::Display) -> Problem {
        Problem::dap(DapProblemType::ReportRejected, detail)
    }

    pub fn kind(&self) -> Option<DapProblemType> {
        self.kind
    }

    /// Names the task that the problem is about.
    pub fn about(self, task: &str) -> Problem {
        Problem { task: Some(task.to_owned()), ..self }
    }

    /// Changes the status.
    pub fn with_status(self, status: StatusCode) -> Problem {
        Problem { status, ..self }
    }

    /// Returns the type and the detail, to be kept.
    pub fn parts(&self) -> (&'static str, &str) {
        (self.kind.map_or("about:blank", |kind| kind.type_uri()), &self.detail)
    }

    /// Returns the problem of parts that were kept.
    pub fn from_parts(kind: &str, detail: &str) -> Problem {
        match kind.parse() {
            Ok(kind) => Problem::dap(kind, detail),
            Err(_) => Problem::plain(StatusCode::BAD_REQUEST, detail),
        }
    }
}

/// Returns that a batch is too small to be opened.
///
/// How many there are is not told: who asks from time to time could watch them come.
pub fn few_reports(minimum: u64) -> Problem {
    let detail = format!("found fewer reports; expected {minimum} or more: the survey stays open");
    Problem::dap(DapProblemType::InvalidBatchSize, detail)
}

/// Returns that a batch has turned out to be too small, once all its reports were looked at.
pub fn few_good_reports(minimum: u64, are_some_refused: bool) -> Problem {
    let mut detail = format!(
        "found fewer reports that both operators accept; expected {minimum} or more: the survey stays open"
    );
    if are_some_refused {
        detail += " (the helper refuses some: compare the code lists and the logs)";
    }
    Problem::dap(DapProblemType::InvalidBatchSize, detail)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({
            "type": self.parts().0,
            "title": self.kind.map(|kind| kind.description()).or(self.status.canonical_reason()),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(task) = self.task {
            body["taskid"] = task.into();
        }
        let headers = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, headers, body.to_string()).into_response()
    }
}

/// The store's own words are for the operator, not for whoever asks.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        complain(error);
        Problem::plain(StatusCode::INTERNAL_SERVER_ERROR, "the operator's store failed; expected it to work")
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::plain(status, "found a larger body; expected a message of the protocol")
            }
            status => Problem::plain(status, rejection.body_text()),
        }
    }
}
