//! A survey that is answered from home: who gets the two shares, sealing and sending them, and the receipt.

use std::rc::Rc;

use js_sys::Date;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, HtmlInputElement};
use yew::prelude::*;

use super::SurveyEvent;
use super::screens::{
    ScreenProps, compare_label, focus_in_form, lead, passage, submit_button, support, unreviewed,
};
use super::session::{Action, FieldError, FieldProblem, Phase, Screen, Session};
use super::words;
use crate::answers::Response;
use crate::language::Language;
use crate::remote::Role;
use crate::remote::base64url;
use crate::remote::credential::{Code, Credentials};
use crate::remote::dap09::{self, SealedReport, Shares};
use crate::remote::refused;
use crate::remote::task::{Document, Moment, Task};
use crate::report::fieldwork::{Day, SECONDS};
use crate::settings::{Remote, Settings};
use crate::submit::upload::{Access, Outgoing, Step, UploadError};
use crate::tally::indicators::Indicators;
use crate::window::Instant;

/// The id of the field for an invitation code.
pub const CODE: &str = "code";

/// What a session knows of handing in; without a task it is never used.
#[derive(Clone, PartialEq)]
pub struct RemoteSession {
    is_on: bool,
    /// The invitation code as it was typed.
    pub code: String,
    pub error: Option<FieldError>,
    /// What is handed in, from the overview until it is kept.
    response: Option<Response>,
    pub upload: Upload,
    /// How often sending was begun.
    attempts: u32,
    /// Whether the respondent does not wait for it any longer.
    is_stopped: bool,
    pub receipt: String,
    /// The code that was handed in with.
    spent: Option<String>,
}

/// Where a response is on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Upload {
    None,
    Working(Step),
    Failed(UploadError),
}

/// What happens in the mode `remote` only.
#[derive(Clone, PartialEq)]
pub enum RemoteAction {
    WriteCode {
        text: String,
    },
    Step {
        step: Step,
    },
    Failed {
        error: UploadError,
    },
    Kept {
        receipt: String,
    },
    TryAgain,
    /// Does not wait any longer.
    Stop,
    /// Erases everything, though it was not handed in.
    GiveUp,
    /// Goes on from the receipt.
    GoOn,
}

impl RemoteSession {
    pub fn new(settings: &Settings) -> RemoteSession {
        let code = settings.remote.as_ref().and_then(|remote| remote.code.clone());
        RemoteSession {
            is_on: settings.remote.is_some(),
            code: code.unwrap_or_default(),
            error: None,
            response: None,
            upload: Upload::None,
            attempts: 0,
            is_stopped: false,
            receipt: String::new(),
            spent: None,
        }
    }

    /// Takes over which code was used: the next one at this device is not shown it.
    pub fn forget_what_was_spent(&mut self, before: &RemoteSession) {
        self.spent.clone_from(&before.spent);
        let typed = Code::parse(&self.code).ok().map(|code| code.to_string());
        if typed.is_some() && typed == self.spent {
            self.code.clear();
        }
    }

    /// Returns whether the survey is answered from home.
    pub fn is_on(&self) -> bool {
        self.is_on
    }
}

impl Session {
    fn remote_settings(&self) -> Option<&Remote> {
        self.settings.remote.as_ref()
    }

    fn needs_code(&self) -> bool {
        self.remote_settings().is_some_and(|remote| remote.task.document().credentials == Credentials::Codes)
    }

    /// Reads the code, or says what is wrong with it; where none is needed, there is nothing to do.
    fn code_is_good(&mut self) -> bool {
        if !self.needs_code() {
            return true;
        }
        self.remote.error = match Code::parse(&self.remote.code) {
            Ok(code) => {
                // As it is printed, so that the same code typed in another way is the same.
                self.remote.code = code.to_string();
                None
            }
            Err(_) if self.remote.code.trim().is_empty() => {
                Some(FieldError { field: CODE, problem: FieldProblem::NoCode })
            }
            Err(error) => Some(FieldError { field: CODE, problem: FieldProblem::Code(error) }),
        };
        self.failures += u32::from(self.remote.error.is_some());
        self.remote.error.is_none()
    }

    /// Returns whether the first question may be shown.
    pub(super) fn may_begin(&mut self) -> bool {
        self.remote_settings().is_none() || self.code_is_good()
    }

    /// Begins to send a response.
    pub(super) fn hand_in(&mut self, response: Response) {
        self.remote.response = Some(response);
        self.send_again();
        self.go(Phase::Sending);
    }

    fn send_again(&mut self) {
        self.remote.upload = Upload::Working(Step::Keys);
        self.remote.attempts += 1;
        self.remote.is_stopped = false;
    }

    pub(super) fn take_remote(&mut self, action: &RemoteAction) {
        match (action, self.screen()) {
            (RemoteAction::WriteCode { text }, Screen::Intro | Screen::Sending) => {
                self.remote.code.clone_from(text);
            }
            (RemoteAction::Step { step }, Screen::Sending) => self.remote.upload = Upload::Working(*step),
            (RemoteAction::Failed { error }, Screen::Sending) => {
                self.remote.upload = Upload::Failed(error.clone());
                self.failures += 1;
            }
            (RemoteAction::Kept { receipt }, Screen::Sending) => {
                self.remote.response = None;
                self.remote.upload = Upload::None;
                self.remote.receipt.clone_from(receipt);
                self.remote.spent = Some(std::mem::take(&mut self.remote.code));
                self.go(Phase::Sent);
            }
            (RemoteAction::TryAgain, Screen::Sending)
                if matches!(self.remote.upload, Upload::Failed(_)) && self.code_is_good() =>
            {
                self.send_again();
            }
            (RemoteAction::GiveUp, Screen::Sending) if matches!(self.remote.upload, Upload::Failed(_)) => {
                self.remote.response = None;
                self.end();
            }
            (RemoteAction::Stop, Screen::Sending) if matches!(self.remote.upload, Upload::Working(_)) => {
                self.remote.is_stopped = true;
            }
            (RemoteAction::GoOn, Screen::Sent) => self.compare(),
            _ => {}
        }
    }
}

/// What was sealed, and the code with which.
type Sealed = (Outgoing, String);

/// Seals and sends a response when there is one, and again when the respondent asks for it.
#[hook]
pub fn use_sending(session: &UseReducerHandle<Session>, onevent: &Callback<SurveyEvent, bool>) {
    let sealed = use_mut_ref(|| None::<Sealed>);
    let breaker = use_mut_ref(|| None::<AbortController>);
    let stopped = Rc::clone(&breaker);
    use_effect_with(session.remote.is_stopped, move |is_stopped| {
        if let Some(breaker) = stopped.borrow().as_ref().filter(|_| *is_stopped) {
            breaker.abort();
        }
    });
    let (state, onevent) = (session.clone(), onevent.clone());
    let now = (session.remote.attempts, session.screen() == Screen::Sending);
    use_effect_with(now, move |&(_, is_sending)| {
        let before = sealed.take();
        if !is_sending {
            // Handed in or given up: nothing is kept.
            return;
        }
        let begun = before.or_else(|| begin(&state));
        let Some((mut outgoing, code)) = begun else { return };
        if code != state.remote.code {
            outgoing.change_credential();
        }
        // A browser that cannot break a request off lets it end.
        let made = AbortController::new().ok();
        outgoing.listen_to(made.as_ref().map(AbortController::signal));
        breaker.replace(made);
        spawn_local(async move {
            let action = send(&mut outgoing, &state, &onevent).await;
            // Kept for the next try, which must send the same bytes.
            sealed.replace(Some((outgoing, state.remote.code.clone())));
            state.dispatch(Action::Remote(action));
        });
    });
}

/// Splits the response, once.
fn begin(state: &Session) -> Option<Sealed> {
    let task = &state.remote_settings()?.task;
    let indicators = Indicators::of(task.instrument(), state.remote.response.as_ref()?);
    Some((Outgoing::new(Shares::new(task, &indicators)), state.remote.code.clone()))
}

async fn send(
    outgoing: &mut Outgoing,
    state: &UseReducerHandle<Session>,
    onevent: &Callback<SurveyEvent, bool>,
) -> RemoteAction {
    // OK because sending is only begun where there is a task.
    let remote = state.remote_settings().expect("a task");
    let (task, access) = (&remote.task, access(remote, &state.remote.code));
    let onstep = |step| state.dispatch(Action::Remote(RemoteAction::Step { step }));
    let announce = |sealed: &SealedReport| onevent.emit(announcement(task, sealed));
    // Whoever has begun in time has answered in time, though midnight may pass before it is sent.
    let seconds = ((Date::now() / 1000.0) as u64).min(task.window().1 - 1);
    match outgoing.upload(task, &access, seconds, onstep, announce).await {
        Ok((sealed, status)) => {
            let collection = task.document().collection.clone();
            onevent.emit(SurveyEvent::Submitted { collection, status });
            RemoteAction::Kept { receipt: sealed.receipt() }
        }
        Err(error) => {
            onevent.emit(SurveyEvent::Error { message: error.to_string() });
            RemoteAction::Failed { error }
        }
    }
}

fn access(remote: &Remote, code: &str) -> Access {
    match (&remote.task.document().credentials, &remote.tokens) {
        (Credentials::Tokens { .. }, Some(url)) => Access::Tokens(url.clone()),
        (Credentials::Codes, _) => Code::parse(code).map_or(Access::Anybody, Access::Code),
        _ => Access::Anybody,
    }
}

/// Returns what is announced to the page: exactly what will leave, which is sealed.
fn announcement(task: &Task, sealed: &SealedReport) -> SurveyEvent {
    SurveyEvent::Submit {
        collection: task.document().collection.clone(),
        endpoint: task.url(Role::Leader, &dap09::reports_path(task)),
        body: base64url::encode(sealed.bytes()),
    }
}

/// What every respondent reads before the first question.
pub fn intro(props: &ScreenProps) -> Html {
    let session = &props.session;
    let Some(remote) = session.remote_settings() else { return Html::default() };
    let (w, document) = (session.words(), remote.task.document());
    let text = session.wording().text();
    let codes = session.needs_code();
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Begin)}>
            { code_summary(props) }
            { props.heading(None, passage(session, &text.title)) }
            { lead(passage(session, &text.about)) }
            <p class="hint">{ w.meant_for(&text.population, &words::length(w, session.wording())) }</p>
            { unreviewed(session) }
            if remote.task.is_demonstration() {
                <p class="promise" part="notice"><strong>{ w.demonstration() }</strong>{ w.demonstration_text() }</p>
            }
            <div class="promise" part="promise">
                <h3>{ w.what_happens() }</h3>
                <ul>{ for promise(w, &remote.task).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </div>
            { operators(w, document) }
            <details>
                <summary>{ w.shown_of_sum() }</summary>
                <ul>{ for shown_of_the_sum(session).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </details>
            <details>
                <summary>{ w.no_protection() }</summary>
                <ul>{ for residual_risks(w, document).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </details>
            { begin_or_not(props, remote, codes) }
            <details class="about">
                <summary>{ w.where_from() }</summary>
                <p>{ passage(session, &text.origin) }</p>
            </details>
        </form>
    }
}

fn begin_or_not(props: &ScreenProps, remote: &Remote, codes: bool) -> Html {
    let Document { opens, closes, .. } = remote.task.document();
    let w = props.session.words();
    match props.session.moment {
        Moment::BeforeOpening => {
            html! { <p class="promise" part="notice">{ w.opens_on(&day(w, *opens)) }</p> }
        }
        Moment::AfterClosing => {
            html! { <p class="promise" part="notice">{ w.closed_on(&day(w, *closes)) }</p> }
        }
        Moment::Open => html! {
            <>
                if codes {
                    { code_field(props) }
                }
                <p class="hint">{ w.all_is_optional_until(&end_of(w, *closes)) }</p>
                <div class="buttons">
                    { submit_button(w.start()) }
                </div>
            </>
        },
    }
}

/// Returns the end of a day (UTC) as the reader's clock and calendar have it.
fn end_of(words: &Language, day: Day) -> String {
    let end = day.unix().and_then(|start| Instant::new((start + SECONDS).cast_signed(), 0));
    end.map_or_else(|| day.to_string(), |end| words.moment(end))
}

/// Returns a day as the reader's calendar has it.
fn day(words: &Language, day: Day) -> String {
    // A task opens and closes after 1970 began.
    words.day(day.unix().unwrap_or_default(), &day.to_string())
}

/// Returns what a respondent may rely on.
fn promise(words: &Language, task: &Task) -> [String; 4] {
    let Document { leader, helper, minimum_batch, .. } = task.document();
    let (leader, helper) = (&leader.name, &helper.name);
    [
        words.split_in_two(leader, helper),
        words.neither_can_read().to_owned(),
        words.only_both_sums(*minimum_batch),
        words.here_until_sent().to_owned(),
    ]
}

/// Returns what the policy lets anybody know; the batch comes before its own threshold.
fn shown_of_the_sum(session: &Session) -> Vec<String> {
    let batch = session.remote_settings().map_or(0, |remote| remote.task.document().minimum_batch);
    let w = session.words();
    let rules = words::shown(w, &session.settings.policy);
    [w.gate_of_sum(batch)].into_iter().chain(rules).collect()
}

/// Says what the two operators can see, and what they cannot.
fn operators(words: &Language, document: &Document) -> Html {
    let sees = match document.credentials {
        Credentials::None => words.operators_see(),
        Credentials::Codes => words.operators_see_code(),
        Credentials::Tokens { .. } => words.operators_see_login(),
    };
    html! {
        <div class="operators">
            <h3>{ words.operators(&document.leader.name, &document.helper.name) }</h3>
            <p>{ sees }</p>
        </div>
    }
}

fn residual_risks(words: &Language, document: &Document) -> [String; 5] {
    let of_credentials = match document.credentials {
        Credentials::None => words.risk_anybody(),
        Credentials::Codes => words.risk_codes(),
        Credentials::Tokens { .. } => words.risk_login(),
    };
    [
        words.risk_together(&document.leader.name, &document.helper.name),
        words.risk_page().to_owned(),
        words.risk_everybody_but_you().to_owned(),
        words.risk_nearly_everybody().to_owned(),
        of_credentials.to_owned(),
    ]
}

fn code_field(props: &ScreenProps) -> Html {
    let (w, remote) = (props.session.words(), &props.session.remote);
    let error = remote.error.as_ref();
    let described_by = if error.is_some() { "code-hint code-error" } else { "code-hint" };
    let oninput = props.onact.reform(|event: InputEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        Action::Remote(RemoteAction::WriteCode { text: field.value() })
    });
    html! {
        <div class={classes!("question", error.map(|_| "has-error"))}>
            <label for={CODE}>{ w.code_label() }</label>
            <p id="code-hint" class="hint">{ w.code_hint() }</p>
            if let Some(error) = error {
                <p id="code-error" class="error"><span class="visually-hidden">{ w.error_prefix() }</span>{ words::field_error(w, &error.problem) }</p>
            }
            <input id={CODE} class="code" type="text" dir="ltr" autocomplete="off" autocapitalize="characters" spellcheck="false"
                aria-describedby={described_by} value={remote.code.clone()} {oninput} />
        </div>
    }
}

/// Says at the top what is wrong with the code.
fn code_summary(props: &ScreenProps) -> Html {
    let Some(FieldError { problem, .. }) = &props.session.remote.error else { return Html::default() };
    let w = props.session.words();
    let focus_field = |event: MouseEvent| {
        event.prevent_default();
        focus_in_form(&event, CODE);
    };
    html! {
        <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
            aria-labelledby="error-title">
            <h2 id="error-title">{ w.problem() }</h2>
            <ul><li><a href={format!("#{CODE}")} onclick={focus_field}>{ words::field_error(w, problem) }</a></li></ul>
        </div>
    }
}

const STEPS: [Step; 4] = [Step::Keys, Step::Credential, Step::Sealing, Step::Sending];

fn step_text(words: &Language, step: Step) -> &str {
    match step {
        Step::Keys => words.step_keys(),
        Step::Credential => words.step_credential(),
        Step::Sealing => words.step_sealing(),
        Step::Sending => words.step_sending(),
    }
}

/// Returns what is being done, for the live region.
pub fn status(session: &Session) -> String {
    match session.remote.upload {
        Upload::Working(step) if session.screen() == Screen::Sending => {
            step_text(session.words(), step).to_owned()
        }
        _ => String::new(),
    }
}

/// Shows where the response is on its way, or why it is not.
pub fn sending(props: &ScreenProps) -> Html {
    match &props.session.remote.upload {
        Upload::Failed(error) => failed(props, error),
        Upload::Working(step) => working(props, *step),
        Upload::None => Html::default(),
    }
}

fn working(props: &ScreenProps, step: Step) -> Html {
    let w = props.session.words();
    let place = STEPS.iter().position(|known| *known == step).unwrap_or_default();
    html! {
        <>
            { props.heading(None, w.sending_answers()) }
            <progress class="progress" part="progress" max={STEPS.len().to_string()} value={(place + 1).to_string()}
                aria-label={w.progress().to_owned()} />
            <p>{ w.and_so_on(step_text(w, step)) }</p>
            <div class="buttons">{ props.button(w.stop_sending(), Action::Remote(RemoteAction::Stop)) }</div>
        </>
    }
}

fn failed(props: &ScreenProps, error: &UploadError) -> Html {
    let w = props.session.words();
    let is_refused = matches!(error, UploadError::Refused { .. });
    let asks_for_code = is_refused && props.session.needs_code();
    let give_up = props.on(Action::Remote(RemoteAction::GiveUp));
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Remote(RemoteAction::TryAgain))}>
            <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
                aria-labelledby="error-title">
                <h2 id="error-title">{ w.not_handed_in() }</h2>
                <p>{ reason(&props.session, error) }</p>
                if let Some(error) = &props.session.remote.error {
                    <p>{ words::field_error(w, &error.problem) }</p>
                }
            </div>
            { props.heading(None, w.try_again()) }
            <p>{ advice(w, error) }</p>
            if asks_for_code {
                { code_field(props) }
            }
            <div class="buttons">
                { submit_button(w.try_again()) }
                { super::screens::button(w.give_up(), false, Some(give_up)) }
            </div>
        </form>
    }
}

/// Returns what went wrong, with the name of the operator that it is about.
fn reason(session: &Session, error: &UploadError) -> String {
    let w = session.words();
    match error {
        UploadError::Tokens(None) => w.failed_tokens().to_owned(),
        UploadError::Tokens(Some(reason)) => w.failed_tokens_since(reason),
        UploadError::NoKey(role) => {
            let operator = session.remote_settings().map(|remote| &remote.task.operator(*role).name);
            w.failed_operator(operator.map_or("", |name| name))
        }
        UploadError::Stopped => w.failed_stopped().to_owned(),
        UploadError::Forbidden => w.failed_forbidden().to_owned(),
        UploadError::Unreachable => w.failed_unreachable().to_owned(),
        UploadError::Refused { status, reason: None, .. } => w.failed_refused(&status.to_string()),
        UploadError::Refused { reason: Some(reason), .. } => {
            w.failed_refused_since(operators_reason(w, reason))
        }
    }
}

/// Returns why an operator does not take a report, in the words of the language in use where it is one of our
/// operators; another's own words stay as they are.
fn operators_reason<'a>(words: &'a Language, reason: &'a str) -> &'a str {
    match reason {
        refused::FULL => words.reason_full(),
        refused::CLOSED => words.reason_closed(),
        refused::UNKNOWN_CODE => words.reason_unknown_code(),
        refused::USED_CODE => words.reason_used_code(),
        refused::USED_LOGIN => words.reason_used_login(),
        other => other,
    }
}

fn advice<'a>(words: &'a Language, error: &UploadError) -> &'a str {
    match error {
        UploadError::Refused { reason: Some(reason), .. } if reason.contains("used already") => {
            words.advice_used()
        }
        UploadError::Refused { .. } => words.advice_refused(),
        UploadError::Unreachable => words.advice_unreachable(),
        UploadError::Stopped | UploadError::Forbidden => words.advice_forbidden(),
        UploadError::Tokens(_) | UploadError::NoKey(_) => words.advice_later(),
    }
}

/// Thanks, and shows the receipt.
pub fn sent(props: &ScreenProps) -> Html {
    let session = &props.session;
    let Some(remote) = session.remote_settings() else { return Html::default() };
    let Document { leader, helper, closes, .. } = remote.task.document();
    let (w, closes) = (session.words(), day(session.words(), *closes));
    let go_on = Action::Remote(RemoteAction::GoOn);
    html! {
        <>
            { props.heading(None, w.handed_in()) }
            { lead(w.left_as_shares(&leader.name, &helper.name)) }
            <dl class="facts">
                <div><dt>{ w.receipt() }</dt><dd><code translate="no">{ &session.remote.receipt }</code></dd></div>
                <div><dt>{ w.results() }</dt><dd>{ w.results_after(&closes) }</dd></div>
            </dl>
            <p class="hint">{ w.about_receipt() }</p>
            <div class="buttons">
                { props.main_button(compare_label(session), go_on) }
            </div>
            { support() }
        </>
    }
}

/// The end: nothing is left.
pub fn done(props: &ScreenProps) -> Html {
    let w = props.session.words();
    let text = match props.session.remote.upload {
        Upload::Failed(UploadError::Unreachable) => w.erased_uncertain(),
        Upload::Failed(_) => w.erased_not_handed_in(),
        Upload::None | Upload::Working(_) => w.erased_handed_in(),
    };
    html! {
        <>
            { props.heading(None, w.thank_you()) }
            { lead(text) }
            { support() }
        </>
    }
}
