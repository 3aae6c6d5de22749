//! What a coordinator gets for a survey that is planned: letters, moments, the tag; and what is refused.

use std::rc::Rc;

use balint_survey::planning::{Plan, Request};
use balint_survey::settings::Settings;
use balint_survey::view::screens::{ScreenProps, current};
use balint_survey::view::session::{Action, Session};
use balint_survey::window::Instant;
use yew::prelude::*;

/// The study's window and its two reminders, in a year of today.
fn study() -> Request {
    Request {
        instrument: text("stress-experience"),
        opens: text("2026-01-12T08:00:00+01:00"),
        closes: text("2026-02-23T08:00:00+01:00"),
        link: text("https://school.example/survey"),
        contact: text("Ada Lovelace, ada@school.example"),
        ..Request::default()
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn plan(request: &Request) -> Plan {
    Plan::new(request).unwrap_or_else(|error| panic!("{error}"))
}

fn moments(request: &Request) -> Vec<String> {
    plan(request).reminders().iter().map(|letter| letter.at.to_string()).collect()
}

const TASK: &str = r#"{
  "protocol": "DAP-09",
  "instrument": "stress-experience", "opens": "2026-01-13", "closes": "2026-02-23",
  "leader": { "name": "Faculty IT", "url": "https://a.example" },
  "helper": { "name": "Students’ union", "url": "https://b.example" },
  "minimum_batch": 60, "credentials": { "kind": "codes" }
}"#;

fn remote() -> Request {
    Request { instrument: None, opens: None, closes: None, task: text(TASK), ..study() }
}

fn group() -> Request {
    Request { mode: text("group"), policy: text("strict"), collection: text("spring"), ..study() }
}

#[track_caller]
fn check_refused(request: &Request, expected: &str) {
    match Plan::new(request) {
        Ok(plan) => panic!("expected {expected:?}, found {plan:?}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

#[test]
fn two_reminders_divide_the_six_weeks_of_the_study() {
    assert_eq!(moments(&study()), ["2026-01-26T08:00:00+01:00", "2026-02-09T08:00:00+01:00"]);
}

#[test]
fn reminders_are_whole_days_after_the_opening() {
    let window = |closes: &str, reminders| Request { closes: text(closes), reminders, ..study() };
    let three = window("2026-01-22T23:59:00+01:00", Some(3));
    assert_eq!(
        moments(&three),
        ["2026-01-14T08:00:00+01:00", "2026-01-17T08:00:00+01:00", "2026-01-19T08:00:00+01:00"]
    );
    assert!(moments(&window("2026-01-12T09:00:00+01:00", Some(0))).is_empty());
    check_refused(
        &window("2026-01-14T08:00:00+01:00", None),
        "reminders: found 2 in a window of 2 days; expected a day or more for each",
    );
    check_refused(
        &window("2027-01-12T08:00:00+01:00", Some(13)),
        "reminders: found 13; expected 12 or fewer",
    );
}

#[test]
fn reminders_can_be_at_any_moment_of_the_window() {
    let at = |moments: &[&str]| Request {
        remind_at: moments.iter().map(|moment| (*moment).to_owned()).collect(),
        ..study()
    };
    let chosen = at(&["2026-02-20T12:00:00Z", " 2026-01-20T12:00:00+01:00 ", ""]);
    assert_eq!(moments(&chosen), ["2026-01-20T12:00:00+01:00", "2026-02-20T12:00:00Z"]);
    for moment in ["2026-01-12T08:00:00+01:00", "2026-02-23T07:00:00Z", "2025-01-12T08:00:00Z"] {
        check_refused(
            &at(&[moment]),
            &format!(
                "reminder: found {moment}; expected a moment after 2026-01-12T08:00:00+01:00 and before 2026-02-23T08:00:00+01:00"
            ),
        );
    }
    check_refused(
        &at(&["2026-01-20"]),
        "reminder: found \"2026-01-20\"; expected the time of the day and the offset from UTC as well, such as 2026-01-12T08:00:00+01:00",
    );
}

#[test]
fn the_tag_sets_the_survey_up_as_it_was_planned() {
    let window = "opens=\"2026-01-12T08:00:00+01:00\" closes=\"2026-02-23T08:00:00+01:00\"";
    let check = |request: &Request, attributes: &str| {
        let expected = format!("<balint-survey {attributes}></balint-survey>");
        assert_eq!(plan(request).tag(), expected);
    };
    check(&study(), &format!("instrument=\"stress-experience\" {window}"));
    let own = Request { instrument: None, src: text("a.json?b=\"&c"), title: text("Ours"), ..study() };
    check(&own, &format!("src=\"a.json?b=&quot;&amp;c\" {window}"));
    check(
        &group(),
        &format!(
            "instrument=\"stress-experience\" mode=\"group\" policy=\"strict\" collection=\"spring\" {window}"
        ),
    );
    // `sha256sum` of the file, and no window: the task has its own.
    let hash = balint_survey::digest::Digest::of(TASK.as_bytes());
    check(&remote(), &format!("mode=\"remote\" task=\"task.json\" task-hash=\"{hash}\""));
}

#[test]
fn a_planned_tag_is_taken_by_the_widget() {
    for request in [study(), group()] {
        let tag = plan(&request).tag().to_owned();
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let settings = Settings::from_attributes(attribute, None, || "unnamed".to_owned()).unwrap();
        assert_eq!(settings.window.opens(), Instant::parse("2026-01-12T08:00:00+01:00").ok());
        assert_eq!(settings.window.closes(), Instant::parse("2026-02-23T08:00:00+01:00").ok());
    }
}

#[derive(Properties, PartialEq)]
struct FirstScreenProps {
    settings: Settings,
    is_open: bool,
}

/// Renders what a respondent sees first.
#[component]
fn FirstScreen(props: &FirstScreenProps) -> Html {
    let mut session = Rc::new(Session::new(Rc::new(props.settings.clone()), false));
    if props.is_open {
        let passphrase = Action::WritePassphrase { text: "correct horse".to_owned() };
        for action in [passphrase, Action::Open, Action::Opened] {
            session = session.reduce(action);
        }
    }
    current(&ScreenProps {
        session,
        heading: NodeRef::default(),
        summary: NodeRef::default(),
        onact: Callback::noop(),
    })
}

/// Returns the first screen of a survey, as text.
async fn first_screen(settings: Settings, is_open: bool) -> String {
    let props = move || FirstScreenProps { settings, is_open };
    let html = yew::ServerRenderer::<FirstScreen>::with_props(props).hydratable(false).render().await;
    html.replace("&quot;", "\"").replace("&#x27;", "'").replace("&lt;", "<").replace("&amp;", "&")
}

fn settings(attributes: &[(&str, &str)]) -> Settings {
    let find = |name: &str| {
        attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
    };
    Settings::from_attributes(find, None, || "unnamed".to_owned()).unwrap()
}

/// Checks that a letter says of the answers only what the survey itself says.
#[track_caller]
fn check_promise(plan: &Plan, screen: &str) {
    let promise = plan.promise();
    assert!(promise.len() >= 2, "{promise:?}");
    for sentence in promise {
        assert!(screen.contains(&sentence), "{sentence:?} is not in {screen}");
        for letter in [plan.invitation()].into_iter().chain(plan.reminders()) {
            assert!(letter.body.contains(&sentence), "{sentence:?} is not in {}", letter.body);
        }
    }
}

#[tokio::test]
async fn letters_promise_what_the_first_screen_says_in_the_same_words() {
    let instrument = ("instrument", "stress-experience");
    check_promise(&plan(&study()), &first_screen(settings(&[instrument]), false).await);
    for policy in ["standard", "strict", "small-group", "published"] {
        for name in [None, Some("spring")] {
            let mut attributes = vec![instrument, ("mode", "group"), ("policy", policy), ("eligible", "30")];
            attributes.extend(name.map(|name| ("collection", name)));
            let request = Request { policy: text(policy), collection: name.map(str::to_owned), ..group() };
            check_promise(&plan(&request), &first_screen(settings(&attributes), true).await);
        }
    }
}

#[test]
fn letters_from_home_name_the_operators_and_the_risk() {
    let plan = plan(&remote());
    let body = plan.invitation().body;
    for part in [
        "One is sealed for Faculty IT, the other for Students’ union; what is sent goes through Faculty IT.",
        "of at least 60 people, once, to the person who runs the survey",
        "If Faculty IT and Students’ union put their shares together, they can read every answer.",
        "from Tuesday, 13 January 2026, 00:00 (UTC) until Tuesday, 24 February 2026, 00:00 (UTC)",
        // A mail merge puts everybody's own link there.
        "\n\n{link}\n\n",
    ] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    assert!(!body.contains("https://school.example/survey"), "the bare page has no code: {body}");
}

#[test]
fn reminders_go_to_everybody_and_say_when_the_survey_closes() {
    let letters = plan(&study()).reminders();
    let subjects: Vec<&str> = letters.iter().map(|letter| letter.subject.as_str()).collect();
    let title = "Class-wide stress-experience survey";
    assert_eq!(subjects, [format!("Reminder: {title}"), format!("Last reminder: {title}")]);
    for letter in letters {
        for part in [
            "goes to everybody who was invited",
            "closes on Monday, 23 February 2026, 08:00 (UTC+01:00)",
            "https://school.example/survey",
            "Questions: Ada Lovelace, ada@school.example",
        ] {
            assert!(letter.body.contains(part), "no {part:?} in {}", letter.body);
        }
    }
}

#[test]
fn what_is_missing_or_contradicts_itself_is_named() {
    check_refused(
        &Request { link: None, ..study() },
        "link: not there; expected the address of the page with the survey",
    );
    check_refused(
        &Request { link: text("school.example"), ..study() },
        "link: found \"school.example\"; expected the page’s address, such as https://school.example/survey",
    );
    check_refused(
        &Request { contact: text(" "), ..study() },
        "contact: not there; expected a name with an address, for questions",
    );
    check_refused(
        &Request { contact: text("Ada\r\nBEGIN:VEVENT"), ..study() },
        "contact: found several lines; expected one",
    );
    check_refused(
        &Request { opens: None, ..study() },
        "opens: not there; expected a moment, such as 2026-01-12T08:00:00+01:00",
    );
    check_refused(
        &Request { closes: text("2026-01-01T00:00:00Z"), ..study() },
        "closes: found 2026-01-01T00:00:00Z; expected a moment after 2026-01-12T08:00:00+01:00, when it opens",
    );
    check_refused(
        &Request { instrument: text("stres"), ..study() },
        "instrument: unknown instrument \"stres\"; expected stress-experience or post-program",
    );
    check_refused(
        &Request { src: text("a.json"), ..study() },
        "src: found it beside instrument; expected one of the two",
    );
    check_refused(
        &Request { instrument: None, src: text("a.json"), ..study() },
        "title: not there; expected the survey’s name",
    );
    check_refused(
        &Request { mode: text("kiosk"), ..study() },
        "mode: unknown mode \"kiosk\"; expected personal or group, or a task for one that is answered from home",
    );
    check_refused(
        &Request { opens: text("2026-01-12T08:00:00+01:00"), ..remote() },
        "opens: found it beside a task; expected none, as the task decides on it",
    );
    let error = Plan::new(&Request { task: text("{}"), ..remote() }).unwrap_err().to_string();
    assert!(error.starts_with("task: missing field `instrument`"), "{error}");
}
