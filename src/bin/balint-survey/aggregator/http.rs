//! The resources of DAP-09, at the paths that it gives them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, RawPathParams, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use balint_survey::remote::base64url;
use balint_survey::remote::dap09::{COLLECT_REQUEST, COLLECTION, HPKE_CONFIG_LIST, REPORT};
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShare, AggregateShareReq, AggregationJobContinueReq, AggregationJobInitializeReq,
    AggregationJobResp,
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tower_http::set_header::SetResponseHeaderLayer;

use super::Operator;
use super::leader::{Leader, Progress};
use super::problem::Problem;

/// The largest report, in bytes: some times as large as that of the longest instrument.
const REPORT_LIMIT: usize = 64 * 1024;

/// The largest aggregation job, in bytes: ours have 100 reports, Janus' some more.
const JOB_LIMIT: usize = 16 * 1024 * 1024;

/// After how many seconds to ask for a collection again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Where the token was in older drafts.
const DAP_AUTH_TOKEN: HeaderName = HeaderName::from_static("dap-auth-token");

/// What a page of another origin may send.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, authorization, dap-auth-token"),
    ),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, PUT, POST, DELETE")),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
];

/// What every response carries. Reports come from the portal's pages, and collections are asked for by the
/// coordinator's: of which origin does not matter, as no cookie is ever looked at.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Returns the leader's resources.
pub fn leader(leader: Leader) -> Router {
    let operator = leader.operator.clone();
    let reports = Router::new()
        .route("/tasks/{task}/reports", put(put_report).options(preflight))
        .layer(DefaultBodyLimit::max(REPORT_LIMIT));
    let collections = Router::new()
        .route(
            "/tasks/{task}/collection_jobs/{job}",
            put(put_collection).post(post_collection).delete(delete_collection).options(preflight),
        )
        .route_layer(middleware::from_fn_with_state(operator.clone(), from_collector));
    let routes = reports.merge(collections);
    app(operator, routes.with_state(leader))
}

/// Returns the helper's resources.
pub fn helper(operator: Arc<Operator>) -> Router {
    let routes = Router::new()
        .route("/tasks/{task}/aggregation_jobs/{job}", put(put_job).post(post_job).delete(delete_job))
        .route("/tasks/{task}/aggregate_shares", post(post_aggregate_share))
        .layer(DefaultBodyLimit::max(JOB_LIMIT))
        .route_layer(middleware::from_fn_with_state(operator.clone(), from_leader));
    app(operator.clone(), routes.with_state(operator))
}

fn app(operator: Arc<Operator>, routes: Router) -> Router {
    let routes = routes.route_layer(middleware::from_fn_with_state(operator.clone(), of_this_task));
    let config = Router::new().route("/hpke_config", get(get_hpke_config).options(preflight));
    let mut router = routes.merge(config.with_state(operator));
    router = router.fallback(no_such_resource).method_not_allowed_fallback(no_such_method);
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    router
}

async fn no_such_resource(uri: Uri) -> Problem {
    Problem::plain(StatusCode::NOT_FOUND, format_args!("nothing is at {}", uri.path()))
}

async fn no_such_method() -> Problem {
    let detail = "this method is not for this resource; expected one of those in Allow";
    Problem::plain(StatusCode::METHOD_NOT_ALLOWED, detail)
}

async fn preflight() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, PREFLIGHT)
}

/// Refuses what is for another task.
async fn of_this_task(
    State(operator): State<Arc<Operator>>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let found = params.iter().find(|(name, _)| *name == "task").map(|(_, task)| task);
    operator.check_task(found.unwrap_or_default())?;
    Ok(next.run(request).await)
}

/// Refuses what does not come from the coordinator.
async fn from_collector(
    State(operator): State<Arc<Operator>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if request.method() != Method::OPTIONS {
        operator.check_token(request.headers(), operator.collector_token.as_deref())?;
    }
    Ok(next.run(request).await)
}

/// Refuses what does not come from the leader.
async fn from_leader(
    State(operator): State<Arc<Operator>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    operator.check_token(request.headers(), Some(&operator.aggregator_token))?;
    Ok(next.run(request).await)
}

impl Operator {
    fn check_task(&self, found: &str) -> Result<(), Problem> {
        match found == self.task.document().task_id {
            true => Ok(()),
            false => {
                let detail = "found another task; expected the one that this operator serves";
                Err(Problem::dap(DapProblemType::UnrecognizedTask, detail).about(found))
            }
        }
    }

    fn check_token(&self, headers: &HeaderMap, expected: Option<&str>) -> Result<(), Problem> {
        // That hashes are compared, and not tokens, keeps the time it takes from telling how much was right.
        let digest = |token: &[u8]| Sha256::digest(token);
        let is_good = |found: &[u8]| expected.is_some_and(|one| digest(one.as_bytes()) == digest(found));
        match token(headers).is_some_and(is_good) {
            true => Ok(()),
            false => {
                let detail = "found another token or none; expected the one that was agreed on for this";
                Err(self.about(Problem::dap(DapProblemType::UnauthorizedRequest, detail)))
            }
        }
    }

    fn about(&self, problem: Problem) -> Problem {
        problem.about(&self.task.document().task_id)
    }
}

/// Returns the token of a request, where the draft has it or where older ones had it.
fn token(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
    });
    bearer.or_else(|| headers.get(DAP_AUTH_TOKEN).map(HeaderValue::as_bytes))
}

/// Checks what a message is said to be, and returns it.
fn message(
    headers: &HeaderMap,
    expected: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bytes, Problem> {
    let found = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = found.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(expected) {
        return Err(Problem::invalid_message(format_args!("found the type {kind:?}; expected {expected}")));
    }
    Ok(body?)
}

/// Returns the id of a job in a path.
fn job_id(text: &str) -> Result<[u8; 16], Problem> {
    let id = base64url::decode_array(text);
    id.ok_or_else(|| Problem::invalid_message("the job's id could not be decoded; expected 16 bytes"))
}

/// Runs `work` where it may wait for the disk; its problems are about the operator's task.
async fn blocking<T: Send + 'static>(
    operator: &Arc<Operator>,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    let failed = |_| Problem::plain(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be worked on");
    done.map_err(failed).flatten().map_err(|problem| operator.about(problem))
}

fn answer(status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}

#[derive(Deserialize)]
struct ConfigQuery {
    task_id: Option<String>,
}

/// Returns the key that reports are sealed for. It is asked for with each report, so nobody keeps it.
async fn get_hpke_config(
    State(operator): State<Arc<Operator>>,
    query: Result<Query<ConfigQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = query.map_err(|rejection| Problem::invalid_message(rejection.body_text()))?;
    if let Some(task) = &query.task_id {
        operator.check_task(task)?;
    }
    let config = operator.keys.config.to_bytes();
    // OK because a configuration has 41 bytes.
    let length = u16::try_from(config.len()).expect("a few bytes");
    let list = [&length.to_be_bytes()[..], &config].concat();
    Ok(answer(StatusCode::OK, HPKE_CONFIG_LIST, list))
}

async fn put_report(
    State(leader): State<Leader>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let operator = leader.operator.clone();
    blocking(&operator, move || leader.upload(&message(&headers, REPORT, body)?)).await
}

async fn put_collection(
    State(leader): State<Leader>,
    Path((_, job)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let operator = leader.operator.clone();
    blocking(&operator, move || {
        leader.begin_collection(&job_id(&job)?, &message(&headers, COLLECT_REQUEST, body)?)
    })
    .await?;
    Ok(StatusCode::CREATED)
}

async fn post_collection(
    State(leader): State<Leader>,
    Path((_, job)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let operator = leader.operator.clone();
    let progress = blocking(&operator, move || leader.collection(&job_id(&job)?)).await?;
    let not_yet = (StatusCode::ACCEPTED, [(header::RETRY_AFTER, RETRY_AFTER)]);
    Ok(match progress {
        Progress::NotYet { is_helper_away: false } => not_yet.into_response(),
        Progress::NotYet { is_helper_away: true } => {
            let (status, later) = not_yet;
            let reason = json!({ "detail": "waiting for the helper, which cannot be reached" });
            (status, later, Json(reason)).into_response()
        }
        Progress::Ready(bytes) => answer(StatusCode::OK, COLLECTION, bytes),
        Progress::Deleted => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn delete_collection(
    State(leader): State<Leader>,
    Path((_, job)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let operator = leader.operator.clone();
    blocking(&operator, move || leader.delete_collection(&job_id(&job)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put_job(
    State(operator): State<Arc<Operator>>,
    Path((_, job)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let worker = operator.clone();
    let done = blocking(&operator, move || {
        let kind = AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE;
        worker.answer_job(&job_id(&job)?, &message(&headers, kind, body)?)
    });
    // 200 and not 201, as Janus 0.7 has it.
    Ok(answer(StatusCode::OK, AggregationJobResp::MEDIA_TYPE, done.await?))
}

async fn post_job(
    State(operator): State<Arc<Operator>>,
    Path((_, job)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let worker = operator.clone();
    let done = blocking(&operator, move || {
        let kind = AggregationJobContinueReq::MEDIA_TYPE;
        worker.continue_job(&job_id(&job)?, &message(&headers, kind, body)?)
    });
    Ok(answer(StatusCode::OK, AggregationJobResp::MEDIA_TYPE, done.await?))
}

async fn delete_job(
    State(operator): State<Arc<Operator>>,
    Path((_, job)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let worker = operator.clone();
    blocking(&operator, move || worker.delete_job(&job_id(&job)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn post_aggregate_share(
    State(operator): State<Arc<Operator>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let worker = operator.clone();
    let done = blocking(&operator, move || {
        let kind = AggregateShareReq::<TimeInterval>::MEDIA_TYPE;
        worker.answer_collection(&message(&headers, kind, body)?)
    });
    Ok(answer(StatusCode::OK, AggregateShare::MEDIA_TYPE, done.await?))
}
