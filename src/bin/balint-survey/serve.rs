//! Serves the demo portal and keeps the releases that are sent to it.
//!
//! **Invariant:** nothing is logged about a request.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{self, DefaultBodyLimit, Query, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use balint_survey::disclosure::Release;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::TokenPair;
use balint_survey::remote::task::MIN_BATCH;
use balint_survey::report::Report;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::bundle::{self, BundleError, Project};
use crate::demo::{Demo, DemoError};
use crate::signal::serve_until_told;
use crate::store::{Kept, Store, StoreError, Stored};

/// The largest release that is accepted, in bytes.
const RELEASE_LIMIT: usize = 256 * 1024;

/// How many synthetic responses are handed in at a time: one less than a batch, so that somebody's own is needed.
const SYNTHETIC: usize = MIN_BATCH as usize - 1;

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What every response carries.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Returns the Content-Security-Policy of a page that also asks these other origins, and may be framed by those.
///
/// With Trusted Types, and one policy that makes any: the addresses of the service worker's two scripts. No other text
/// of a page is ever taken for markup or a script.
fn content_security_policy(others: &str, ancestors: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; font-src 'self'; connect-src 'self'{}{others}; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}; \
         require-trusted-types-for 'script'; trusted-types portal-worker",
        if others.is_empty() { "" } else { " " },
    );
    // OK because addresses of this machine and checked origins have nothing that a header cannot hold.
    HeaderValue::from_str(&policy).expect("a policy of ASCII")
}

/// Who may frame a page, but for [`embed_page`]: only this server's own.
const NOBODY_ELSE: &str = "'self'";

/// Parses an origin as a browser writes it: scheme, host and perhaps a port, and nothing after them.
pub fn parse_origin(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, "1"));
    let is_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    match !host.is_empty() && host.chars().all(is_host) && port.parse::<u16>().is_ok() {
        true => Ok(text.to_owned()),
        false => Err("expected an origin, such as https://portal.example".to_owned()),
    }
}

/// Why the server does not run.
#[derive(Debug)]
pub enum ServeError {
    Bind { address: SocketAddr, source: io::Error },
    Store(StoreError),
    Bundle(BundleError),
    Run(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Bind { address, source } => write!(
                f,
                "cannot listen on {address} ({source}); expected a free port of this machine: \
                 choose one with --address IP:PORT, where port 0 takes any"
            ),
            ServeError::Store(error) => error.fmt(f),
            ServeError::Bundle(error) => error.fmt(f),
            ServeError::Run(source) => {
                write!(f, "the server stopped ({source}); expected to run until a signal")
            }
        }
    }
}

impl std::error::Error for ServeError {}

/// Serves until ctrl-c or SIGTERM.
///
/// What can fail at once (the port, the store) is tried before the widget is built.
///
/// # Errors
///
/// Returns [`ServeError`] when the port is taken or the store or the widget cannot be had.
pub fn run(address: SocketAddr, store: &Path, ancestors: &[String]) -> Result<(), ServeError> {
    let listener = TcpListener::bind(address).map_err(|source| ServeError::Bind { address, source })?;
    let project = Project::find().map_err(ServeError::Bundle)?;
    let store = Store::open(store).map_err(ServeError::Store)?;
    bundle::refresh(&project).map_err(ServeError::Bundle)?;
    serve_until_told(listener, app(store, project.www(), ancestors), announce).map_err(ServeError::Run)
}

fn announce(address: SocketAddr) -> io::Result<()> {
    if !address.ip().is_loopback() {
        eprintln!("there is no login: whoever reaches {address} can add releases and read them");
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "Serving on http://{address}/")?;
    stdout.flush()
}

/// Returns the whole server: the releases below `/api/`, and the folder `www`, whose page for frames these other
/// origins may frame.
pub fn app(store: Store, www: PathBuf, ancestors: &[String]) -> Router {
    let api = Api { store, instruments: Instrument::built_in().into(), demo: Arc::default() };
    let pages = Router::new()
        .route("/remote.html", get(remote_page))
        .route("/report.html", get(report_page))
        .with_state((api.clone(), www.clone()))
        .route("/embed.html", get(embed_page).with_state((www.clone(), ancestors.join(" ").into())));
    let mut router = Router::new().merge(pages).nest("/api", self::api(api)).fallback_service(files(www));
    let policy = content_security_policy("", NOBODY_ELSE);
    router = router.layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy));
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    router
}

/// Returns the files that a browser gets; those whose name begins with a dot are not there.
fn files(www: PathBuf) -> Router {
    Router::new()
        .fallback_service(ServeDir::new(www).precompressed_br())
        .layer(middleware::from_fn(hide_dot_files))
        .layer(middleware::map_response(name_scripts))
        // These are few and small; what is large was compressed when it was built.
        .layer(CompressionLayer::new().quality(CompressionLevel::Best))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, NO_CACHE))
}

async fn hide_dot_files(request: Request, next: Next) -> Response {
    if is_hidden(request.uri().path()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// Gives every script the type of RFC 9239; `ServeDir` has the obsolete one for `.mjs`.
async fn name_scripts(mut response: Response) -> Response {
    if let Some(kind) = response.headers_mut().get_mut(header::CONTENT_TYPE)
        && kind == "application/javascript"
    {
        *kind = HeaderValue::from_static("text/javascript");
    }
    response
}

/// Returns whether a part of `path` begins with a dot, or hides a dot or a separator by escaping
/// it, for which our own names give no reason.
fn is_hidden(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["/.", "%2e", "%2f", "%5c"].iter().any(|part| path.contains(part))
}

/// Returns the page of the remote survey, which begins its demonstration and may ask its operators.
async fn remote_page(state: State<(Api, PathBuf)>) -> Result<Response, Problem> {
    let State((api, www)) = state;
    blocking(move || {
        let origins = api.demo(|demo| Ok(demo.origins()))?;
        page(&www.join("remote.html"), &origins, NOBODY_ELSE)
    })
    .await
}

/// Returns the coordinator's page, which may ask the operators of a demonstration that has begun.
async fn report_page(state: State<(Api, PathBuf)>) -> Result<Response, Problem> {
    let State((api, www)) = state;
    blocking(move || {
        let origins = api.begun_demo().as_ref().map(Demo::origins).unwrap_or_default();
        page(&www.join("report.html"), &origins, NOBODY_ELSE)
    })
    .await
}

/// Returns the page that other portals put into a frame.
async fn embed_page(state: State<(PathBuf, Arc<str>)>) -> Result<Response, Problem> {
    let State((www, ancestors)) = state;
    blocking(move || page(&www.join("embed.html"), "", &format!("{NOBODY_ELSE} {ancestors}"))).await
}

/// Returns a page that may also ask these other origins, and may be framed by those.
fn page(path: &Path, origins: &str, ancestors: &str) -> Result<Response, Problem> {
    let text = fs::read(path).map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, content_security_policy(origins, ancestors.trim_end())),
        (header::CACHE_CONTROL, NO_CACHE),
    ];
    Ok((headers, text).into_response())
}

fn api(api: Api) -> Router {
    Router::new()
        .route("/demo", get(get_demo))
        .route("/demo/task.json", get(get_demo_task))
        .route("/demo/collector.json", get(get_demo_collector))
        .route("/demo/tokens", post(sign_tokens))
        .route("/demo/synthetic", post(add_synthetic))
        .route("/releases", get(list_releases))
        .route("/releases/{collection}", get(get_release).put(put_release))
        .route("/report", get(get_report))
        .fallback(no_such_resource)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(RELEASE_LIMIT))
        .layer(CompressionLayer::new())
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, NO_STORE))
        .with_state(api)
}

/// What the handlers share.
#[derive(Clone)]
struct Api {
    store: Store,
    instruments: Arc<[Instrument]>,
    /// The remote survey, once somebody has opened its page.
    demo: Arc<Mutex<Option<Demo>>>,
}

impl Api {
    /// Returns the demonstration, if it has begun.
    fn begun_demo(&self) -> MutexGuard<'_, Option<Demo>> {
        // A panic elsewhere leaves it usable: it is only ever replaced as a whole.
        self.demo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the demonstration where it has not begun, and does something with it.
    fn demo<T>(&self, act: impl FnOnce(&Demo) -> Result<T, Problem>) -> Result<T, Problem> {
        let mut demo = self.begun_demo();
        let begun = match demo.take() {
            Some(demo) => demo,
            None => Demo::start().map_err(Problem::internal)?,
        };
        act(demo.insert(begun))
    }
}

/// An answer that says why a request was not fulfilled (RFC 9457).
#[derive(Debug)]
struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl fmt::Display) -> Problem {
        Problem { status, detail: detail.to_string() }
    }

    /// A failure that no request can avoid.
    fn internal(detail: impl fmt::Display) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let headers = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, headers, body.to_string()).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Problem::internal(error)
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Problem::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Problem::new(rejection.status(), rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = format!("found a larger body; expected at most {RELEASE_LIMIT} bytes");
                Problem::new(status, detail)
            }
            status => Problem::new(status, rejection.body_text()),
        }
    }
}

async fn no_such_resource(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format_args!("nothing is at {}", uri.path()))
}

async fn no_such_method() -> Problem {
    let detail = "this method is not for this resource; expected one of those in Allow";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// Keeps the request's exact bytes as the collection's release.
async fn put_release(
    State(api): State<Api>,
    collection: Result<extract::Path<String>, PathRejection>,
    headers: HeaderMap,
    document: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    refuse_other_origin(&headers)?;
    let extract::Path(collection) = collection?;
    let document = document?;
    blocking(move || keep(&api, &collection, &document)).await
}

fn keep(api: &Api, collection: &str, document: &[u8]) -> Result<StatusCode, Problem> {
    let unprocessable = |reason| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason);
    let release =
        Release::from_json(document, &api.instruments).map_err(|error| unprocessable(error.to_string()))?;
    if release.collections() != [collection] {
        let found = release.collections().join(", ");
        let reason = format!("the address says {collection}, the release {found}; expected the same name");
        return Err(unprocessable(reason));
    }
    match api.store.keep(collection, release.instrument_id(), document)? {
        Kept::New => Ok(StatusCode::CREATED),
        Kept::Same => Ok(StatusCode::OK),
        Kept::Other => {
            let detail = format!("{collection} has another release; expected the same bytes");
            Err(Problem::new(StatusCode::CONFLICT, detail))
        }
    }
}

/// Refuses a write that a page of another origin makes through its visitor's browser.
///
/// The server has no login, so being asked by a browser on the right network proves nothing.
fn refuse_other_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let origin = text(origin);
    let host = headers.get(header::HOST).map(text).unwrap_or_default();
    match origin.split_once("://") {
        Some((_, authority)) if authority == host => Ok(()),
        _ => {
            let detail = format!("found a page of {origin}; expected one of {host}");
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
    }
}

/// What the page of the remote survey needs to know.
#[derive(Serialize)]
struct DemoEntry {
    task: &'static str,
    task_hash: String,
    tokens: &'static str,
    collector: &'static str,
}

async fn get_demo(State(api): State<Api>) -> Result<Json<DemoEntry>, Problem> {
    let hash = move || api.demo(|demo| Ok(demo.task().hash().to_string()));
    let task_hash = blocking(hash).await?;
    let (task, tokens) = ("api/demo/task.json", "api/demo/tokens");
    Ok(Json(DemoEntry { task, task_hash, tokens, collector: "api/demo/collector.json" }))
}

async fn get_demo_task(State(api): State<Api>) -> Result<Response, Problem> {
    demo_file(api, "task.json").await
}

/// Returns the coordinator's key: this is a demonstration, and nobody's answers are worth anything.
async fn get_demo_collector(State(api): State<Api>) -> Result<Response, Problem> {
    demo_file(api, "collector.json").await
}

async fn demo_file(api: Api, name: &'static str) -> Result<Response, Problem> {
    let file = blocking(move || api.demo(|demo| demo.file(name).map_err(Problem::internal))).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], file).into_response())
}

async fn sign_tokens(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<TokenPair>, Problem> {
    refuse_other_origin(&headers)?;
    let unprocessable = |reason: &dyn fmt::Display| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason);
    let request: TokenPair = serde_json::from_slice(&body?).map_err(|error| unprocessable(&error))?;
    let sign = move || {
        api.demo(|demo| {
            demo.sign(&request).map_err(|error| match error {
                DemoError::NoTokens => Problem::new(StatusCode::FORBIDDEN, error),
                _ => unprocessable(&error),
            })
        })
    };
    Ok(Json(blocking(sign).await?))
}

/// Lets people who do not exist answer, so that there is something to collect.
async fn add_synthetic(State(api): State<Api>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    refuse_other_origin(&headers)?;
    let refused = |error| Problem::new(StatusCode::CONFLICT, error);
    blocking(move || api.demo(|demo| demo.add_synthetic(SYNTHETIC).map_err(refused))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One line of the list of releases.
#[derive(Serialize)]
struct Entry {
    collection: String,
    release: Box<RawValue>,
}

impl TryFrom<Stored> for Entry {
    type Error = Problem;

    fn try_from(stored: Stored) -> Result<Entry, Problem> {
        let damaged = |error| damaged(&stored.collection, error);
        let release = serde_json::from_slice(&stored.document).map_err(damaged)?;
        Ok(Entry { collection: stored.collection, release })
    }
}

/// Returns every document as it was stored, in order of arrival.
async fn list_releases(State(api): State<Api>) -> Result<Json<Vec<Entry>>, Problem> {
    blocking(move || {
        let stored = api.store.documents(None)?.into_iter();
        Ok(Json(stored.map(Entry::try_from).collect::<Result<_, _>>()?))
    })
    .await
}

/// Returns the bytes that were put there.
async fn get_release(
    State(api): State<Api>,
    collection: Result<extract::Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let extract::Path(collection) = collection?;
    blocking(move || match api.store.document(&collection)? {
        Some(document) => Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response()),
        None => {
            let detail = format!("no release of {collection} is kept");
            Err(Problem::new(StatusCode::NOT_FOUND, detail))
        }
    })
    .await
}

#[derive(Deserialize)]
struct ReportQuery {
    instrument: Option<String>,
    policy: Option<String>,
}

/// Returns the report of the instrument's releases, merged.
async fn get_report(
    State(api): State<Api>,
    query: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Json<Report>, Problem> {
    let Query(query) = query?;
    blocking(move || {
        let ReportQuery { instrument: Some(id), policy } = query else {
            let known: Vec<&str> = api.instruments.iter().map(Instrument::id).collect();
            let detail = format!("instrument: not there; expected {}", known.join(" or "));
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        };
        let known = api.instruments.iter().find(|one| one.id() == id);
        let instrument = known.ok_or_else(|| {
            let detail = format!("no instrument is called {id:?}");
            Problem::new(StatusCode::NOT_FOUND, detail)
        })?;
        Ok(Json(Report::new(&merged_release(&api, &id, policy.as_deref())?, instrument)))
    })
    .await
}

fn merged_release(api: &Api, instrument: &str, policy: Option<&str>) -> Result<Release, Problem> {
    let mut releases = kept_releases(api, instrument)?;
    if let Some(policy) = policy {
        releases.retain(|release| release.policy_name() == policy);
    }
    let Some((first, others)) = releases.split_first() else {
        let detail = format!("no release of {instrument} is kept that could be reported");
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    let merged = others.iter().try_fold(first.clone(), |sum, next| sum.merge(next));
    merged.map_err(|error| {
        let hint = match policy {
            Some(_) => "",
            None => "; `&policy=NAME` picks the releases of one policy",
        };
        Problem::new(StatusCode::CONFLICT, format!("the releases cannot be merged: {error}{hint}"))
    })
}

fn kept_releases(api: &Api, instrument: &str) -> Result<Vec<Release>, Problem> {
    let stored = api.store.documents(Some(instrument))?;
    stored
        .iter()
        .map(|one| {
            Release::from_json(&one.document, &api.instruments)
                .map_err(|error| damaged(&one.collection, error))
        })
        .collect()
}

/// Says that what was checked when it came is not valid any more.
fn damaged(collection: &str, error: impl fmt::Display) -> Problem {
    Problem::internal(format!("the stored release of {collection} is not valid: {error}"))
}

/// Runs `work` where it may wait for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Problem::internal("the request could not be worked on")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Method;
    use balint_survey::answers::csv::Responses;
    use balint_survey::disclosure::{self, Collection, Policy};
    use balint_survey::tally::Tally;
    use std::fs;
    use tempfile::TempDir;
    use tower::ServiceExt;

    const STRESS: &str = "stress-experience";

    /// A release of one collection, as a browser sends it.
    fn release(collection: &str, policy: &str) -> String {
        let responses = include_bytes!("../../../tests/data/stress_46.csv").as_slice();
        let instrument = Instrument::find(STRESS).unwrap();
        let mut tally = Tally::new(&instrument);
        for response in Responses::new(responses, &instrument).unwrap() {
            tally.record(&instrument, &response.unwrap()).unwrap();
        }
        let policy = Policy::named(policy).unwrap();
        let collection = Collection::new(collection, Some(290)).unwrap();
        let release = disclosure::release(tally, &instrument, &policy, &collection).unwrap();
        release.to_json().trim_end().to_owned()
    }

    /// A server with an empty store and a few files.
    fn server() -> (TempDir, Router) {
        let folder = tempfile::tempdir().unwrap();
        let www = folder.path().join("www");
        fs::create_dir_all(www.join("pkg")).unwrap();
        for (name, content) in [
            ("index.html", "<!doctype html><title>School</title>"),
            ("embed.html", "<!doctype html><title>Survey</title>"),
            ("report.html", "<!doctype html><title>Reports</title>"),
            ("balint-survey.js", "export {};"),
            ("balint-survey.css", ":host { display: block; }"),
            ("long.mjs", &"export {};".repeat(1000)),
            ("manifest.webmanifest", "{}"),
            ("service-worker.js", "export {};"),
            ("icon-192.png", "an icon"),
            (".secret", "a"),
            ("pkg/.stamp", "b"),
            ("pkg/a_bg.wasm", "plain"),
            ("pkg/a_bg.wasm.br", "compressed"),
        ] {
            fs::write(www.join(name), content).unwrap();
        }
        let store = Store::open(&folder.path().join("store.sqlite")).unwrap();
        (folder, app(store, www, &["https://portal.example".to_owned()]))
    }

    async fn send(app: &Router, request: Request) -> Response {
        app.clone().oneshot(request).await.unwrap()
    }

    async fn fetch(app: &Router, path: &str) -> Response {
        send(app, Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn put(app: &Router, collection: &str, document: impl Into<Body>) -> Response {
        let path = format!("/api/releases/{collection}");
        send(app, Request::put(path).body(document.into()).unwrap()).await
    }

    async fn body(response: Response) -> Vec<u8> {
        to_bytes(response.into_body(), usize::MAX).await.unwrap().into()
    }

    async fn json(response: Response) -> serde_json::Value {
        serde_json::from_slice(&body(response).await).unwrap()
    }

    fn header(response: &Response, name: HeaderName) -> &str {
        let value = response.headers().get(&name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that the response is a problem of this status whose detail contains `part`.
    #[track_caller]
    fn check_problem(response: Response, status: StatusCode, part: &'static str) -> impl Future<Output = ()> {
        assert_eq!(response.status(), status, "{part}");
        assert_eq!(header(&response, header::CONTENT_TYPE), "application/problem+json");
        assert_eq!(header(&response, header::CACHE_CONTROL), "no-store");
        async move {
            let problem = json(response).await;
            assert_eq!(problem["status"], status.as_u16());
            assert_eq!(problem["title"], status.canonical_reason().unwrap());
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(part), "{detail}");
        }
    }

    #[tokio::test]
    async fn first_release_of_a_collection_is_created_and_stays() {
        let (_folder, app) = server();
        let first = release("a", "standard");
        assert_eq!(put(&app, "a", first.clone()).await.status(), StatusCode::CREATED);
        assert_eq!(put(&app, "a", first.clone()).await.status(), StatusCode::OK);

        let other = put(&app, "a", first.clone() + "\n").await;
        check_problem(other, StatusCode::CONFLICT, "another release").await;

        let kept = fetch(&app, "/api/releases/a").await;
        assert_eq!(header(&kept, header::CONTENT_TYPE), "application/json");
        assert_eq!(header(&kept, header::CACHE_CONTROL), "no-store");
        assert_eq!(body(kept).await, first.as_bytes());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_of_two_simultaneous_releases_is_created() {
        let (_folder, app) = server();
        for round in 0..20 {
            let collection = format!("c{round}");
            let [first, second] = ["standard", "published"].map(|policy| {
                let (app, collection) = (app.clone(), collection.clone());
                let document = release(&collection, policy);
                tokio::spawn(async move { put(&app, &collection, document).await.status() })
            });
            let mut found = [first.await.unwrap(), second.await.unwrap()];
            found.sort();
            assert_eq!(found, [StatusCode::CREATED, StatusCode::CONFLICT]);
        }
    }

    #[tokio::test]
    async fn what_is_no_release_of_this_collection_is_refused_and_not_kept() {
        let (_folder, app) = server();
        let two = release("a", "standard").replacen("\"a\"", "\"a\", \"b\"", 1);
        let unknown = release("a", "standard").replace(STRESS, "another-survey");
        let whole = release("a", "standard");
        let half = whole[..whole.len() / 2].to_owned();
        for (document, reason) in [
            (String::new(), "the file is empty; expected a release"),
            (half, "EOF"),
            (unknown, "another-survey"),
            (two, "the address says a, the release a, b; expected the same name"),
            (release("b", "standard"), "the address says a, the release b; expected the same name"),
        ] {
            let response = put(&app, "a", document).await;
            check_problem(response, StatusCode::UNPROCESSABLE_ENTITY, reason).await;
        }
        assert_eq!(json(fetch(&app, "/api/releases").await).await, serde_json::json!([]));
    }

    #[tokio::test]
    async fn body_over_the_limit_is_too_large() {
        let (_folder, app) = server();
        let padded = |length: usize| {
            let document = release("a", "standard");
            document.clone() + &" ".repeat(length - document.len())
        };
        let over = put(&app, "a", padded(262_145)).await;
        check_problem(over, StatusCode::PAYLOAD_TOO_LARGE, "at most 262144 bytes").await;
        let fits = put(&app, "a", padded(262_144)).await;
        assert_eq!(fits.status(), StatusCode::CREATED);
    }

    #[tokio::test]
    async fn page_of_another_origin_cannot_write() {
        let (_folder, app) = server();
        let check = async |origin: Option<&str>, expected: StatusCode| {
            let mut request = Request::put("/api/releases/a").header(header::HOST, "127.0.0.1:8080");
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            let document = Body::from(release("a", "standard"));
            let response = send(&app, request.body(document).unwrap()).await;
            assert_eq!(response.status(), expected, "{origin:?}");
        };
        let forbidden = StatusCode::FORBIDDEN;
        check(Some("http://evil.example"), forbidden).await;
        check(Some("http://127.0.0.1:8081"), forbidden).await;
        check(Some("null"), forbidden).await;
        check(Some(""), forbidden).await;
        check(Some("http://127.0.0.1:8080"), StatusCode::CREATED).await;
        check(None, StatusCode::OK).await;
    }

    #[tokio::test]
    async fn list_holds_the_documents_as_stored_in_order_of_arrival() {
        let (_folder, app) = server();
        let (first, second) = (release("z", "standard"), release("a", "published"));
        put(&app, "z", first.clone()).await;
        put(&app, "a", second.clone()).await;
        let list = String::from_utf8(body(fetch(&app, "/api/releases").await).await).unwrap();
        let expected =
            format!(r#"[{{"collection":"z","release":{first}}},{{"collection":"a","release":{second}}}]"#);
        assert_eq!(list, expected);
    }

    #[tokio::test]
    async fn name_that_is_no_plain_path_segment_is_refused() {
        let (_folder, app) = server();
        let document = release("a", "standard").replacen("\"a\"", "\"L\u{fc}beck 1/2\"", 1);
        let response = put(&app, "L%C3%BCbeck%201%2F2", document).await;
        check_problem(response, StatusCode::UNPROCESSABLE_ENTITY, "collections: found").await;
    }

    #[tokio::test]
    async fn report_sums_the_releases_of_one_instrument() {
        let (_folder, app) = server();
        for collection in ["a", "b"] {
            put(&app, collection, release(collection, "standard")).await;
        }
        let report = fetch(&app, &format!("/api/report?instrument={STRESS}")).await;
        assert_eq!(report.status(), StatusCode::OK);
        assert_eq!(header(&report, header::CONTENT_TYPE), "application/json");
        let report = json(report).await;
        assert_eq!(report["collections"], serde_json::json!(["a", "b"]));
        assert_eq!(report["respondents"], 92);
        assert_eq!(report["items"][0]["categories"][1]["count"], 46);
    }

    #[tokio::test]
    async fn report_of_two_policies_is_a_conflict_until_one_is_picked() {
        let (_folder, app) = server();
        put(&app, "a", release("a", "standard")).await;
        put(&app, "b", release("b", "published")).await;
        let path = format!("/api/report?instrument={STRESS}");
        let both = fetch(&app, &path).await;
        check_problem(both, StatusCode::CONFLICT, "`&policy=NAME` picks").await;

        let one = fetch(&app, &format!("{path}&policy=published")).await;
        assert_eq!(json(one).await["collections"], serde_json::json!(["b"]));
        let none = fetch(&app, &format!("{path}&policy=strict")).await;
        check_problem(none, StatusCode::NOT_FOUND, "no release").await;
    }

    #[tokio::test]
    async fn report_without_a_release_or_an_instrument_says_so() {
        let (_folder, app) = server();
        let missing = StatusCode::NOT_FOUND;
        let empty = fetch(&app, &format!("/api/report?instrument={STRESS}")).await;
        check_problem(empty, missing, "no release of stress-experience").await;
        let unnamed = fetch(&app, "/api/report").await;
        let expected = "instrument: not there; expected stress-experience or post-program";
        check_problem(unnamed, StatusCode::BAD_REQUEST, expected).await;
        let unknown = fetch(&app, "/api/report?instrument=x").await;
        check_problem(unknown, missing, "no instrument is called \"x\"").await;
    }

    #[tokio::test]
    async fn other_paths_and_methods_of_the_api_are_problems_too() {
        let (_folder, app) = server();
        let absent = fetch(&app, "/api/releases/a").await;
        check_problem(absent, StatusCode::NOT_FOUND, "no release of a").await;
        let nowhere = fetch(&app, "/api/nowhere").await;
        check_problem(nowhere, StatusCode::NOT_FOUND, "nothing is at").await;
        let not_text = fetch(&app, "/api/releases/%FF").await;
        check_problem(not_text, StatusCode::BAD_REQUEST, "UTF-8").await;

        let delete = Request::delete("/api/releases/a").body(Body::empty()).unwrap();
        let refused = send(&app, delete).await;
        assert_eq!(header(&refused, header::ALLOW), "GET,HEAD,PUT");
        check_problem(refused, StatusCode::METHOD_NOT_ALLOWED, "not for this resource").await;
    }

    #[tokio::test]
    async fn files_have_the_type_that_browsers_insist_on() {
        let (_folder, app) = server();
        for (path, expected) in [
            ("/", "text/html"),
            ("/balint-survey.js", "text/javascript"),
            ("/long.mjs", "text/javascript"),
            ("/balint-survey.css", "text/css"),
            ("/pkg/a_bg.wasm", "application/wasm"),
            ("/manifest.webmanifest", "application/manifest+json"),
            ("/service-worker.js", "text/javascript"),
            ("/icon-192.png", "image/png"),
        ] {
            let response = fetch(&app, path).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, header::CONTENT_TYPE), expected, "{path}");
            assert_eq!(header(&response, header::CACHE_CONTROL), "no-cache", "{path}");
        }
    }

    #[tokio::test]
    async fn every_response_carries_the_security_headers() {
        let (_folder, app) = server();
        for path in ["/", "/pkg/a_bg.wasm", "/absent", "/.secret", "/api/releases", "/api/report"] {
            let response = fetch(&app, path).await;
            for (name, value) in HEADERS {
                assert_eq!(response.headers().get(&name), Some(&value), "{path}: {name}");
            }
        }
    }

    #[tokio::test]
    async fn no_inline_script_or_style_is_allowed() {
        let (_folder, app) = server();
        let response = fetch(&app, "/").await;
        let policy = header(&response, header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(policy.contains("style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    }

    #[tokio::test]
    async fn no_text_is_taken_for_markup() {
        let (_folder, app) = server();
        let response = fetch(&app, "/").await;
        let policy = header(&response, header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.ends_with("; require-trusted-types-for 'script'; trusted-types portal-worker"),
            "{policy}"
        );
    }

    #[tokio::test]
    async fn only_the_page_for_frames_can_be_framed_by_the_origins_that_are_named() {
        let (_folder, app) = server();
        let check = async |path: &str, expected: &str| {
            let response = fetch(&app, path).await;
            let policy = header(&response, header::CONTENT_SECURITY_POLICY);
            assert!(policy.contains(&format!("; frame-ancestors {expected};")), "{path}: {policy}");
        };
        check("/embed.html", "'self' https://portal.example").await;
        for path in ["/", "/report.html", "/api/releases", "/absent"] {
            check(path, "'self'").await;
        }
    }

    #[test]
    fn an_origin_is_a_scheme_a_host_and_perhaps_a_port() {
        for text in ["https://portal.example", "http://127.0.0.1:8081", "https://a-b.example:443"] {
            assert_eq!(parse_origin(text).as_deref(), Ok(text));
        }
        for text in [
            "",
            "*",
            "portal.example",
            "https://",
            "https://portal.example/",
            "https://*.example",
            "https://portal.example; script-src *",
            "https://portal.example:port",
            "ftp://portal.example",
            "HTTPS://portal.example",
            "https://portal.example\n",
        ] {
            assert!(parse_origin(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn browser_gets_what_it_can_decompress() {
        let (_folder, app) = server();
        let check = async |path: &str, accept: &str, expected: &str| {
            let request = Request::get(path).header(header::ACCEPT_ENCODING, accept);
            let response = send(&app, request.body(Body::empty()).unwrap()).await;
            assert_eq!(header(&response, header::CONTENT_ENCODING), expected, "{path} {accept}");
            assert_eq!(header(&response, header::VARY), "accept-encoding", "{path} {accept}");
            body(response).await
        };
        let precompressed = check("/pkg/a_bg.wasm", "gzip, br", "br").await;
        assert_eq!(precompressed, b"compressed");
        assert_eq!(check("/pkg/a_bg.wasm", "identity", "").await, b"plain");
        assert!(check("/long.mjs", "gzip, br", "br").await.len() < 1000);
        assert!(check("/long.mjs", "gzip", "gzip").await.len() < 1000);
    }

    #[tokio::test]
    async fn hidden_files_and_files_outside_are_not_served() {
        let (_folder, app) = server();
        for path in [
            "/.secret",
            "/%2Esecret",
            "/pkg/.stamp",
            "/pkg/%2e%73tamp",
            "/pkg%2F.stamp",
            "/pkg/../.secret",
            "/../store.sqlite",
            "/%2e%2e/store.sqlite",
            "/..%2fstore.sqlite",
            "/..%5cstore.sqlite",
        ] {
            assert_eq!(fetch(&app, path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn files_can_only_be_read() {
        let (_folder, app) = server();
        for method in [Method::PUT, Method::POST, Method::DELETE] {
            let request = Request::builder().method(method.clone()).uri("/index.html");
            let response = send(&app, request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
    }

    #[test]
    fn taken_port_is_one_clear_line() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = run(address, Path::new(":memory:"), &[]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on {address} (")), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}
