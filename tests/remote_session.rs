//! What happens in a widget that is answered from home, action by action, and what its screens say.

#[path = "common/remote.rs"]
mod common;

use std::rc::Rc;

use balint_survey::instrument::Instrument;
use balint_survey::language::Language;
use balint_survey::remote::Role;
use balint_survey::remote::credential::{Code, Credentials};
use balint_survey::report::fieldwork::{Day, SECONDS};
use balint_survey::settings::Settings;
use balint_survey::submit::upload::{Step, UploadError};
use balint_survey::view::remote::{RemoteAction, Upload};
use balint_survey::view::screens::{ScreenProps, current};
use balint_survey::view::session::{Action, Screen, Session};
use balint_survey::view::words;
use common::{Setting, task};
use yew::prelude::*;
use yew::{Reducible, ServerRenderer};

const OPENS: u64 = 1_389_571_200;

/// Returns a task's text and hash, open from 2014-01-13 to 2014-02-23.
fn text(credentials: Credentials, urls: [&str; 2]) -> (String, String) {
    let instrument = Instrument::find("stress-experience").expect("built in");
    let days = ["2014-01-13", "2014-02-23"].map(|day| Day::try_from(day.to_owned()).expect("a day"));
    let setting = Setting { instrument: &instrument, credentials, urls: urls.map(str::to_owned), days };
    let (task, text, _) = task(setting);
    (text, task.hash().to_string())
}

const TWO_HOSTS: [&str; 2] = ["https://faculty.example/", "https://students.example/"];

fn settings(credentials: Credentials, attributes: &[(&str, &str)]) -> Rc<Settings> {
    let (text, hash) = text(credentials, TWO_HOSTS);
    let find = |name: &str| match attributes.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => Some((*value).to_owned()),
        None => (name == "task-hash").then(|| hash.clone()),
    };
    Rc::new(Settings::remote(find, text.as_bytes()).expect("good attributes"))
}

fn session(credentials: Credentials, attributes: &[(&str, &str)]) -> Rc<Session> {
    Rc::new(Session::new(settings(credentials, attributes), false))
}

fn act(session: Rc<Session>, actions: impl IntoIterator<Item = Action>) -> Rc<Session> {
    actions.into_iter().fold(session, |session, action| session.reduce(action))
}

fn remote(action: RemoteAction) -> Action {
    Action::Remote(action)
}

/// Goes through the survey without an answer, up to the moment in which it is sent.
fn answer() -> Vec<Action> {
    let leave = [Action::LeaveOut, Action::LeaveOut, Action::LeaveOut];
    [Action::Begin].into_iter().chain(leave).chain([Action::Finish]).collect()
}

fn unreachable() -> Action {
    remote(RemoteAction::Failed { error: UploadError::Unreachable })
}

#[test]
fn a_response_is_sent_and_the_receipt_leads_to_the_preview_and_to_the_end() {
    let sending = act(session(Credentials::None, &[]), answer());
    assert_eq!(sending.screen(), Screen::Sending);
    assert!(sending.would_lose());
    assert_eq!(sending.remote.upload, Upload::Working(Step::Keys));
    let sent = act(sending, [remote(RemoteAction::Kept { receipt: "r".into() })]);
    assert_eq!((sent.screen(), sent.would_lose()), (Screen::Sent, false));
    let preview = act(sent, [remote(RemoteAction::GoOn)]);
    assert_eq!(preview.screen(), Screen::Preview);
    assert_eq!(act(preview, [Action::End]).screen(), Screen::Done);
}

#[test]
fn without_a_preview_the_answers_are_erased_after_the_receipt() {
    let sent = act(session(Credentials::None, &[("no-preview", "")]), answer());
    let sent = act(sent, [remote(RemoteAction::Kept { receipt: "r".into() })]);
    assert_eq!(act(sent, [remote(RemoteAction::GoOn)]).screen(), Screen::Done);
}

#[test]
fn what_is_on_its_way_can_be_sent_again_or_given_up_but_not_changed() {
    let sending = act(session(Credentials::None, &[]), answer());
    let failed = act(sending, [unreachable()]);
    assert_eq!(failed.remote.upload, Upload::Failed(UploadError::Unreachable));
    assert_eq!(failed.screen(), Screen::Sending);
    // The answers could be in the sum already: nothing leads back to them.
    let stuck =
        act(failed.clone(), [Action::Back, Action::Change { section: 0 }, Action::Begin, Action::Finish]);
    assert_eq!(stuck.screen(), Screen::Sending);
    let again = act(failed.clone(), [remote(RemoteAction::TryAgain)]);
    assert_eq!(again.remote.upload, Upload::Working(Step::Keys));
    let given_up = act(failed, [remote(RemoteAction::GiveUp)]);
    assert_eq!((given_up.screen(), given_up.would_lose()), (Screen::Done, false));
}

#[test]
fn while_it_is_being_sent_nothing_else_happens() {
    let sending = act(session(Credentials::None, &[]), answer());
    let before = sending.remote.clone();
    let after = act(
        sending,
        [remote(RemoteAction::TryAgain), remote(RemoteAction::GiveUp), remote(RemoteAction::GoOn)],
    );
    assert!(after.remote == before);
    assert_eq!(after.screen(), Screen::Sending);
}

#[test]
fn a_code_is_asked_for_before_the_first_question() {
    let begin = |code: &str| {
        let write = remote(RemoteAction::WriteCode { text: code.to_owned() });
        act(session(Credentials::Codes, &[]), [write, Action::Begin])
    };
    let code = Code::new().to_string();
    assert_eq!(begin(&code).screen(), Screen::Section(0));
    for (typed, expected) in [
        ("", "Enter the code from your invitation"),
        ("7KQ4X", "Check the code: found 5 letters and digits; expected 20, such as 7KQ4X-…"),
        ("7KQ4X-U", "Check the code: found 'U'; expected letters without U, and digits"),
    ] {
        let refused = begin(typed);
        assert_eq!((refused.screen(), refused.failures), (Screen::Intro, 1), "{typed}");
        let error = refused.remote.error.as_ref().expect("an error");
        assert_eq!(words::field_error(&Language::default(), &error.problem), expected);
    }
    let given = act(session(Credentials::Codes, &[("code", &code)]), [Action::Begin]);
    assert_eq!(given.screen(), Screen::Section(0));
}

#[test]
fn outside_its_window_the_survey_does_not_begin() {
    for (now, is_open) in
        [(OPENS - 1, false), (OPENS, true), (OPENS + 42 * SECONDS - 1, true), (OPENS + 42 * SECONDS, false)]
    {
        let settings = settings(Credentials::None, &[]);
        let tick = Action::Tick { moment: settings.moment(now) };
        let screen = act(Rc::new(Session::new(settings, false)), [tick, Action::Begin]).screen();
        assert_eq!(screen == Screen::Section(0), is_open, "{now}");
    }
}

#[test]
fn a_wrong_attribute_is_named_with_what_was_expected() {
    let (text, hash) = text(Credentials::None, TWO_HOSTS);
    let check = |attributes: &[(&str, &str)], expected: &str| {
        let find = |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let error = Settings::remote(find, text.as_bytes()).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    let pin = ("task-hash", hash.as_str());
    check(&[], "attribute task-hash: not there; expected the hash");
    check(&[("task-hash", "abc")], "attribute task-hash: found \"abc\"; expected 64 hexadecimal digits");
    let other = "0".repeat(64);
    let expected = format!("attribute task: the task has the hash {hash}; expected {other},");
    check(&[("task-hash", other.as_str())], &expected);
    check(
        &[pin, ("instrument", "post-program")],
        "attribute instrument: found \"post-program\"; expected \"stress-experience\"",
    );
    check(&[pin, ("eligible", "12")], "attribute eligible: found \"12\"; expected \"290\"");
    check(&[pin, ("endpoint", "/api")], "attribute endpoint: found \"/api\"; expected");
}

#[derive(Properties, PartialEq)]
struct ScreenAfterProps {
    settings: Rc<Settings>,
    actions: Vec<Action>,
}

#[component]
fn ScreenAfter(props: &ScreenAfterProps) -> Html {
    let session = act(Rc::new(Session::new(Rc::clone(&props.settings), false)), props.actions.clone());
    let (heading, summary) = (NodeRef::default(), NodeRef::default());
    current(&ScreenProps { session, heading, summary, onact: Callback::noop() })
}

#[track_caller]
fn check(settings: Rc<Settings>, actions: Vec<Action>, parts: &[&str], not: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let settings = settings.as_ref().clone();
    let html = runtime.block_on(
        ServerRenderer::<ScreenAfter>::with_props(move || ScreenAfterProps {
            settings: Rc::new(settings),
            actions,
        })
        .hydratable(false)
        .render(),
    );
    for part in parts {
        assert!(html.contains(part), "no {part}\nin {html}");
    }
    for part in not {
        assert!(!html.contains(part), "{part}\nin {html}");
    }
}

#[test]
fn the_introduction_names_both_operators_and_says_what_each_sees_and_does_not() {
    let parts = [
        "The two operators: Faculty IT and Students’ union",
        "the internet address of your device",
        "Neither sees what you answer",
        "of at least 50 people",
        "What this cannot protect from",
        "If Faculty IT and Students’ union put their shares together, they can read every answer.",
        "Until 50 people have answered",
        "Start",
    ];
    check(settings(Credentials::None, &[]), vec![], &parts, &["A demonstration", "invitation code was used"]);
    let with_code = ["an invitation code was used, but not whose", "Your invitation code"];
    check(settings(Credentials::Codes, &[]), vec![], &with_code, &[]);
}

#[test]
fn two_operators_on_one_machine_are_called_a_demonstration() {
    let (text, hash) = text(Credentials::None, ["http://127.0.0.1:1/", "http://127.0.0.1:2/"]);
    let find = |name: &str| (name == "task-hash").then(|| hash.clone());
    let settings = Settings::remote(find, text.as_bytes()).expect("good attributes");
    check(Rc::new(settings), vec![], &["A demonstration", "Answer with something made up"], &[]);
}

#[test]
fn before_and_after_its_window_the_introduction_says_when() {
    let settings = settings(Credentials::Codes, &[]);
    let at = |now: u64| vec![Action::Tick { moment: settings.moment(now) }];
    check(
        Rc::clone(&settings),
        at(OPENS - 1),
        &["opens on 2014-01-13"],
        &["Start", "invitation code</label>"],
    );
    check(Rc::clone(&settings), at(OPENS + 42 * SECONDS), &["closed on 2014-02-23"], &["Start"]);
}

#[test]
fn each_failure_says_what_happened_and_what_trying_again_does() {
    let refused = |reason: &str| UploadError::Refused {
        status: 400,
        kind: Some("reportRejected".into()),
        reason: Some(reason.into()),
    };
    for (error, parts) in [
        (
            UploadError::Unreachable,
            ["The connection was lost before an answer came.", "the very same sealed shares"],
        ),
        (UploadError::NoKey(Role::Helper), ["Students’ union cannot be reached.", "Nothing was sent yet"]),
        (UploadError::Tokens(Some("please log in".into())), ["please log in", "Nothing was sent yet"]),
        (
            refused("this code was used already"),
            ["this code was used already", "If you have not answered before"],
        ),
    ] {
        let actions = [answer(), vec![remote(RemoteAction::Failed { error })]].concat();
        check(
            settings(Credentials::None, &[]),
            actions,
            &[&parts[..], &["role=\"alert\"", "Try again", "Give up"]].concat(),
            &[],
        );
    }
}

#[test]
fn the_receipt_tells_nothing_of_the_answers() {
    let actions = [answer(), vec![remote(RemoteAction::Kept { receipt: "Zm9v".into() })]].concat();
    let parts = ["<code translate=\"no\">Zm9v</code>", "a random number", "after 2014-02-23"];
    check(settings(Credentials::None, &[]), actions, &parts, &["Third", "Left out"]);
}

#[test]
fn a_code_that_was_handed_in_with_is_not_shown_to_the_next_person() {
    let code = Code::new().to_string();
    let in_field = format!("value=\"{code}\"");
    let reset = Action::Reset { is_stored: false };
    let with_code = || settings(Credentials::Codes, &[("code", &code)]);
    check(with_code(), vec![Action::Begin, reset.clone()], &[&in_field], &[]);
    let handed_in = [answer(), vec![remote(RemoteAction::Kept { receipt: "Zm9v".into() }), reset]].concat();
    check(with_code(), handed_in, &["Your invitation code"], &[&in_field]);
}
