//! A survey that is answered from home: who gets the two shares, sealing and sending them, and the receipt.

use js_sys::Date;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::SurveyEvent;
use super::screens::{ScreenProps, compare_label, focus_in_form, lead, submit_button};
use super::session::{Action, FieldError, Phase, Screen, Session};
use super::words;
use crate::answers::Response;
use crate::remote::Role;
use crate::remote::base64url;
use crate::remote::credential::{Code, Credentials};
use crate::remote::dap09::{self, SealedReport, Shares};
use crate::remote::task::{Document, Moment, Task};
use crate::settings::{Remote, Settings};
use crate::submit::upload::{Access, Outgoing, Step, UploadError};
use crate::tally::indicators::Indicators;

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
    pub receipt: String,
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
            receipt: String::new(),
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
                Some(FieldError { field: CODE, text: "Enter the code from your invitation".into() })
            }
            Err(error) => Some(FieldError { field: CODE, text: format!("Check the code: {error}") }),
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
                self.remote.code.clear();
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
    let (instrument, document) = (session.instrument(), remote.task.document());
    let text = instrument.text();
    let codes = session.needs_code();
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Begin)}>
            { code_summary(props) }
            { props.heading(None, text.title.clone()) }
            { lead(text.about.clone()) }
            <p class="hint">{ format!("For {}. {}.", text.population, words::length(instrument)) }</p>
            if remote.task.is_demonstration() {
                <p class="promise" part="notice"><strong>{ "A demonstration: " }</strong>{ "both operators run on one machine, so whoever runs it could read the answers. Answer with something made up." }</p>
            }
            <div class="promise" part="promise">
                <h3>{ "What happens with your answers" }</h3>
                <ul>{ for promise(&remote.task).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </div>
            { operators(document) }
            <details>
                <summary>{ "What is shown of the sum" }</summary>
                <ul>{ for shown_of_the_sum(session).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </details>
            <details>
                <summary>{ "What this cannot protect from" }</summary>
                <ul>{ for residual_risks(document).into_iter().map(|sentence| html! { <li>{ sentence }</li> }) }</ul>
            </details>
            { begin_or_not(props, remote, codes) }
            <details class="about">
                <summary>{ "Where the questions come from" }</summary>
                <p>{ &text.origin }</p>
            </details>
        </form>
    }
}

fn begin_or_not(props: &ScreenProps, remote: &Remote, codes: bool) -> Html {
    let Document { opens, closes, .. } = remote.task.document();
    match props.session.moment {
        Moment::BeforeOpening => {
            html! { <p class="promise" part="notice">{ format!("This survey opens on {opens}. Please come back then.") }</p> }
        }
        Moment::AfterClosing => {
            html! { <p class="promise" part="notice">{ format!("This survey closed on {closes}. Thank you for coming.") }</p> }
        }
        Moment::Open => html! {
            <>
                if codes {
                    { code_field(props) }
                }
                <p class="hint">{ format!("You can leave out any question. What you write in your own words is never passed on. The survey can be answered until {closes}.") }</p>
                <div class="buttons">
                    { submit_button("Start") }
                </div>
            </>
        },
    }
}

/// Returns what a respondent may rely on.
fn promise(task: &Task) -> [String; 4] {
    let Document { leader, helper, minimum_batch, .. } = task.document();
    let (leader, helper) = (&leader.name, &helper.name);
    [
        format!(
            "At the end your answers are split on this device into two shares, each of them nothing but random numbers. One is sealed for {leader}, the other for {helper}; what is sent goes through {leader}."
        ),
        "Each of the two adds the shares of everybody. Neither can read an answer from what it has.".into(),
        format!(
            "Only the two sums together tell something: of at least {minimum_batch} people, once, to the person who runs the survey."
        ),
        "Until you send them, your answers are on this device only. They are not stored: if you close this page, they are gone.".into(),
    ]
}

/// Returns what the policy lets anybody know; the batch comes before its own threshold.
fn shown_of_the_sum(session: &Session) -> Vec<String> {
    let batch = session.remote_settings().map_or(0, |remote| remote.task.document().minimum_batch);
    let gate = format!(
        "Until {batch} people have answered, nothing can be opened. After that there is one result, made once."
    );
    let rules = words::policy(&session.settings.policy).into_iter().skip(1);
    [gate].into_iter().chain(rules).collect()
}

/// Says what the two operators can see, and what they cannot.
fn operators(document: &Document) -> Html {
    let (leader, helper) = (&document.leader.name, &document.helper.name);
    let credential = match document.credentials {
        Credentials::None => "",
        Credentials::Codes => ", and that an invitation code was used, but not whose",
        Credentials::Tokens { .. } => ", and that the portal let somebody take part, but not whom",
    };
    html! {
        <div class="operators">
            <h3>{ format!("The two operators: {leader} and {helper}") }</h3>
            <p>{ format!("Each sees the internet address of your device, and when you answer{credential}. Neither sees what you answer, or which questions you leave out.") }</p>
        </div>
    }
}

fn residual_risks(document: &Document) -> Vec<String> {
    let (leader, helper) = (&document.leader.name, &document.helper.name);
    let mut risks = vec![
        format!("If {leader} and {helper} put their shares together, they can read every answer."),
        "Whoever serves this page could change it. So could an extension of this browser.".to_owned(),
        "If everybody but you put their answers together, they can compute yours from an exact count."
            .to_owned(),
        "What nearly everybody in the class says is known of each of its members.".to_owned(),
    ];
    match document.credentials {
        Credentials::None => risks.push("Anybody can answer here, as often as they like.".into()),
        Credentials::Codes => risks.push("Whoever has the list of invitation codes can answer in the place of others, and find out whether a code was used. If they also open the sum, or work together with one operator, they can single out answers that way.".into()),
        Credentials::Tokens { .. } => {
            risks.push("The portal knows that you have opened the survey with your login, though not what you answer. If those who run it take part in the place of others, and also open the sum or work together with one operator, they can single out answers that way.".into());
        }
    }
    risks
}

fn code_field(props: &ScreenProps) -> Html {
    let remote = &props.session.remote;
    let error = remote.error.as_ref();
    let described_by = if error.is_some() { "code-hint code-error" } else { "code-hint" };
    let oninput = props.onact.reform(|event: InputEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        Action::Remote(RemoteAction::WriteCode { text: field.value() })
    });
    html! {
        <div class={classes!("question", error.map(|_| "has-error"))}>
            <label for={CODE}>{ "Your invitation code" }</label>
            <p id="code-hint" class="hint">{ "Twenty letters and digits, such as 7KQ4X-MMT2W-01ABC-9ZXY8. It opens one submission, and the operators do not know whose it is." }</p>
            if let Some(error) = error {
                <p id="code-error" class="error"><span class="visually-hidden">{ "Error: " }</span>{ &error.text }</p>
            }
            <input id={CODE} class="code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false"
                aria-describedby={described_by} value={remote.code.clone()} {oninput} />
        </div>
    }
}

/// Says at the top what is wrong with the code.
fn code_summary(props: &ScreenProps) -> Html {
    let Some(FieldError { text, .. }) = &props.session.remote.error else { return Html::default() };
    let focus_field = |event: MouseEvent| {
        event.prevent_default();
        focus_in_form(&event, CODE);
    };
    html! {
        <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
            aria-labelledby="error-title">
            <h2 id="error-title">{ "There is a problem" }</h2>
            <ul><li><a href={format!("#{CODE}")} onclick={focus_field}>{ text }</a></li></ul>
        </div>
    }
}

const STEPS: [(Step, &str); 4] = [
    (Step::Keys, "Asking both operators for their keys"),
    (Step::Credential, "Checking that you can take part"),
    (Step::Sealing, "Splitting and sealing your answers"),
    (Step::Sending, "Sending the sealed shares"),
];

/// Returns what is being done, for the live region.
pub fn status(session: &Session) -> String {
    match session.remote.upload {
        Upload::Working(step) if session.screen() == Screen::Sending => {
            STEPS.iter().find(|(known, _)| *known == step).map_or("", |(_, text)| text).to_owned()
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
    let place = STEPS.iter().position(|(known, _)| *known == step).unwrap_or_default();
    html! {
        <>
            { props.heading(None, "Sending your answers") }
            <progress class="progress" part="progress" max={STEPS.len().to_string()} value={(place + 1).to_string()}
                aria-label="Progress" />
            <p>{ STEPS[place].1 }{ " …" }</p>
        </>
    }
}

fn failed(props: &ScreenProps, error: &UploadError) -> Html {
    let is_refused = matches!(error, UploadError::Refused { .. });
    let asks_for_code = is_refused && props.session.needs_code();
    let give_up = props.on(Action::Remote(RemoteAction::GiveUp));
    html! {
        <form novalidate=true autocomplete="off" onsubmit={props.onsubmit(Action::Remote(RemoteAction::TryAgain))}>
            <div ref={props.summary.clone()} class="error-summary" part="error-summary" tabindex="-1" role="alert"
                aria-labelledby="error-title">
                <h2 id="error-title">{ "Your answers were not handed in" }</h2>
                <p>{ capitalised(&reason(&props.session, error)) }{ "." }</p>
                if let Some(error) = &props.session.remote.error {
                    <p>{ &error.text }</p>
                }
            </div>
            { props.heading(None, "Try again") }
            <p>{ advice(error) }</p>
            if asks_for_code {
                { code_field(props) }
            }
            <div class="buttons">
                { submit_button("Try again") }
                { super::screens::button("Give up and erase my answers", false, Some(give_up)) }
            </div>
        </form>
    }
}

/// Returns what went wrong, with the name of the operator that it is about.
fn reason(session: &Session, error: &UploadError) -> String {
    match (error, session.remote_settings()) {
        (UploadError::NoKey(role), Some(remote)) => {
            format!("{} cannot be reached", remote.task.operator(*role).name)
        }
        _ => error.to_string(),
    }
}

fn advice(error: &UploadError) -> &'static str {
    match error {
        UploadError::Refused { reason: Some(reason), .. } if reason.contains("used already") => {
            "If an earlier try was interrupted, your answers arrived then, and they count once. If you have not answered before, tell whoever invited you."
        }
        UploadError::Refused { .. } => "Nothing of this try was kept. Your answers are still on this page.",
        UploadError::Unreachable => {
            "They may have arrived all the same. Trying again sends the very same sealed shares, and they count once."
        }
        UploadError::Forbidden => "Nothing was sent. Your answers are still on this page.",
        UploadError::Tokens(_) | UploadError::NoKey(_) => {
            "Nothing was sent yet, and your answers are still on this page. Check your connection, or try again later."
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Thanks, and shows the receipt.
pub fn sent(props: &ScreenProps) -> Html {
    let session = &props.session;
    let Some(remote) = session.remote_settings() else { return Html::default() };
    let Document { leader, helper, closes, .. } = remote.task.document();
    let go_on = Action::Remote(RemoteAction::GoOn);
    html! {
        <>
            { props.heading(None, "Thank you: your answers were handed in") }
            { lead(format!("They left this device as two sealed shares, for {} and for {}. They cannot be changed or taken out any more.", leader.name, helper.name)) }
            <dl class="facts">
                <div><dt>{ "Receipt" }</dt><dd><code translate="no">{ &session.remote.receipt }</code></dd></div>
                <div><dt>{ "Results" }</dt><dd>{ format!("after {closes}, if enough people answer") }</dd></div>
            </dl>
            <p class="hint">{ "The receipt is a random number. It shows that something was handed in, and nothing of what it was. You do not need to keep it." }</p>
            <div class="buttons">
                { props.main_button(compare_label(session), go_on) }
            </div>
        </>
    }
}

/// The end: nothing is left.
pub fn done(props: &ScreenProps) -> Html {
    let text = match props.session.remote.upload {
        Upload::Failed(UploadError::Unreachable) => {
            "Your answers were erased from this device. It is not certain whether they were handed in before."
        }
        Upload::Failed(_) => "Your answers were erased from this device. They were not handed in.",
        Upload::None | Upload::Working(_) => "Your answers were handed in, and erased from this device.",
    };
    html! {
        <>
            { props.heading(None, "Thank you") }
            { lead(text) }
        </>
    }
}
