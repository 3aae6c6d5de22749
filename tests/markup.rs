//! The markup of each screen, rendered without a browser.

use std::rc::Rc;

use balint_survey::instrument::ItemId;
use balint_survey::settings::Settings;
use balint_survey::view::screens::{ScreenProps, current};
use balint_survey::view::session::{Action, Session};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
struct ScreenAfterProps {
    attributes: Vec<(&'static str, &'static str)>,
    /// The JSON of an instrument that the page brings.
    definition: Option<String>,
    actions: Vec<Step>,
}

/// An action, with items and categories by their codes.
#[derive(Clone, PartialEq)]
enum Step {
    Do(Action),
    Choose(&'static str, &'static str),
    Write(&'static str, &'static str),
}

/// Renders the screen that a list of actions leads to.
#[component]
fn ScreenAfter(props: &ScreenAfterProps) -> Html {
    let find = |name: &str| props.attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let settings = Settings::from_attributes(find, props.definition.as_deref().map(str::as_bytes), || {
        "unnamed".to_owned()
    });
    let settings = settings.expect("good attributes");
    let session = Rc::new(Session::new(Rc::new(settings), false));
    let session = props.actions.iter().fold(session, |session, step| {
        let action = step.action(&session);
        session.reduce(action)
    });
    current(&ScreenProps {
        session,
        heading: NodeRef::default(),
        summary: NodeRef::default(),
        onact: Callback::noop(),
    })
}

impl Step {
    fn action(&self, session: &Session) -> Action {
        let item = |id: &str| -> ItemId { session.instrument().find_item(id).expect("the item is there") };
        match self {
            Step::Do(action) => action.clone(),
            Step::Choose(id, code) => {
                let category = session.instrument().item(item(id)).find_category(code);
                Action::Choose { item: item(id), category: category.expect("the category is there") }
            }
            Step::Write(id, text) => Action::Write { item: item(id), text: (*text).to_owned() },
        }
    }
}

async fn render(attributes: &[(&'static str, &'static str)], actions: &[Step]) -> String {
    render_survey(attributes, None, actions).await
}

async fn render_survey(
    attributes: &[(&'static str, &'static str)],
    definition: Option<String>,
    actions: &[Step],
) -> String {
    let (attributes, actions) = (attributes.to_vec(), actions.to_vec());
    let props = move || ScreenAfterProps { attributes, definition, actions };
    let renderer = yew::ServerRenderer::<ScreenAfter>::with_props(props);
    renderer.hydratable(false).render().await
}

const STRESS: (&str, &str) = ("instrument", "stress-experience");
const POST: (&str, &str) = ("instrument", "post-program");
const GROUP: (&str, &str) = ("mode", "group");

/// Opens a collection; that the browser derives a key in between is left out.
fn open() -> [Action; 3] {
    let passphrase = Action::WritePassphrase { text: "correct horse".to_owned() };
    [passphrase, Action::Open, Action::Opened]
}

/// Asks to close a collection with the right passphrase.
const ASK_TO_CLOSE: [Action; 3] = [Action::AskToClose, Action::Unlock, Action::Unlocked];

fn go(actions: &[Action]) -> Vec<Step> {
    actions.iter().cloned().map(Step::Do).collect()
}

#[track_caller]
fn check_contains(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "no {part}\nin {html}");
    }
}

#[track_caller]
fn check_lacks(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(!html.contains(part), "{part}\nin {html}");
    }
}

fn count(html: &str, part: &str) -> usize {
    html.matches(part).count()
}

#[tokio::test]
async fn policy_stands_before_the_first_question() {
    for (policy, sentence) in [
        ("standard", "Until 10 people have answered"),
        ("strict", "only 1 to 10 people gave"),
        ("small-group", "No numbers are shown"),
        ("published", "needs the approval of an ethics board"),
    ] {
        let attributes = [STRESS, GROUP, ("policy", policy), ("eligible", "30")];
        let set_up = render(&attributes, &[]).await;
        check_contains(&set_up, &[sentence, policy]);
        let intro = render(&attributes, &go(&open())).await;
        check_contains(&intro, &[sentence, "Start"]);
    }
    let personal = render(&[STRESS], &[]).await;
    check_contains(&personal, &["Nothing is sent to the school or to anybody else"]);
}

#[tokio::test]
async fn a_survey_without_a_study_promises_no_figures_to_compare_with() {
    let mut own: serde_json::Value =
        serde_json::from_str(include_str!("../src/instrument/post-program.json")).expect("JSON");
    own["id"] = "ours".into();
    own.as_object_mut().expect("an object").remove("reference").expect("a study");
    let to_the_check = [Action::Begin, Action::LeaveOut, Action::LeaveOut, Action::LeaveOut];
    let to_the_end = [&to_the_check[..], &[Action::Finish]].concat();
    for (actions, said) in [
        (&[][..], "you see them once more, alone"),
        (&to_the_check, "See my answers once more"),
        (&to_the_end, ">Your answers</h2>"),
    ] {
        let html = render_survey(&[], Some(own.to_string()), &go(actions)).await;
        check_contains(&html, &[said]);
        check_lacks(
            &html,
            &["the published study", "See how you compare", "You and the study", "Study, mean"],
        );
    }
}

#[tokio::test]
async fn intro_says_where_the_questions_come_from() {
    for instrument in [STRESS, POST] {
        let html = render(&[instrument], &[]).await;
        check_contains(
            &html,
            &["Atkinson D, Rosenstock J.", "with permission", "may need the same permissions"],
        );
    }
}

#[tokio::test]
async fn each_question_is_a_fieldset_with_its_legend_and_labelled_controls() {
    let html = render(&[STRESS], &go(&[Action::Begin])).await;
    assert_eq!((count(&html, "<fieldset"), count(&html, "<legend")), (3, 3));
    assert_eq!(count(&html, "type=\"radio\""), 3 + 3 + 5);
    check_contains(&html, &["id=\"q1\"", "name=\"q1\"", "for=\"q1\"", "id=\"q1-2\"", "for=\"q1-2\""]);
    check_contains(&html, &["Part 1 of 3", "<progress", "novalidate", "autocomplete=\"off\""]);
    check_lacks(&html, &["role=\"radio", "aria-checked", "style="]);
}

#[tokio::test]
async fn missing_answer_is_named_in_the_summary_and_at_the_question() {
    let html = render(&[STRESS], &go(&[Action::Begin, Action::Continue])).await;
    check_contains(
        &html,
        &["role=\"alert\"", "href=\"#q1\"", "id=\"q1-error\"", "aria-describedby=\"q1-error\""],
    );
    assert_eq!(count(&html, "Year in school: choose an answer"), 2);
    check_contains(&html, &["Leave them out and continue"]);
}

#[tokio::test]
async fn question_with_hint_and_error_is_described_by_both() {
    let steps = [go(&[Action::Begin, Action::LeaveOut]), vec![Step::Choose("experiences", "gt8")]];
    let html = render(&[STRESS], &[steps.concat(), go(&[Action::Continue, Action::Continue])].concat()).await;
    check_contains(&html, &["aria-describedby=\"q5-hint q5-error\"", "id=\"q5-hint\"", "id=\"q5-error\""]);
}

#[tokio::test]
async fn questions_off_the_path_are_not_there() {
    let path =
        |code| [go(&[Action::Begin, Action::LeaveOut]), vec![Step::Choose("experiences", code)]].concat();
    let none = render(&[STRESS], &[path("0"), go(&[Action::Continue])].concat()).await;
    check_lacks(&none, &["What proportion of these", "reasons for not discussing"]);
    check_contains(&none, &["What are potential effects"]);
    let some = render(&[STRESS], &[path("1-4"), go(&[Action::Continue])].concat()).await;
    check_contains(
        &some,
        &["What proportion of these", "reasons for not discussing", "What are potential effects"],
    );
    // The section in view does not change.
    let before = render(&[STRESS], &go(&[Action::Begin, Action::LeaveOut])).await;
    let after = render(&[STRESS], &path("0")).await;
    assert_eq!(before.replace(" checked", ""), after.replace(" checked", "").replace("checked=\"\"", ""));
}

#[tokio::test]
async fn text_fields_keep_nothing_outside_the_page() {
    let steps = go(&[Action::Begin, Action::LeaveOut, Action::LeaveOut]);
    let html = render(&[POST], &steps).await;
    assert_eq!(count(&html, "<textarea"), 5);
    assert_eq!(count(&html, "spellcheck=\"false\""), 5);
    // One for each field, and one for the form.
    assert_eq!(count(&html, "autocomplete=\"off\""), 6);
    check_contains(&html, &["they never leave this page", "only these are counted"]);
}

#[tokio::test]
async fn check_shows_the_answers_on_a_personal_device_only() {
    let begin = |first: &[Action]| [go(first), vec![Step::Choose("year", "third")]].concat();
    let rest = go(&[Action::LeaveOut, Action::LeaveOut, Action::LeaveOut]);
    let personal = render(&[STRESS], &[begin(&[Action::Begin]), rest.clone()].concat()).await;
    check_contains(&personal, &["Check your answers", "Third", "Not answered", "Change"]);
    let attributes = [STRESS, GROUP, ("eligible", "30")];
    let group = render(&attributes, &[begin(&[&open()[..], &[Action::Begin]].concat()), rest].concat()).await;
    check_contains(&group, &["Add my answers"]);
    check_lacks(&group, &["Third", "Year in school"]);
}

#[tokio::test]
async fn preview_sets_the_answers_beside_the_published_figures() {
    let mut steps = go(&[Action::Begin]);
    steps.extend([
        Step::Choose("sex", "female"),
        Step::Do(Action::LeaveOut),
        Step::Choose("experiences", "1-4"),
    ]);
    steps.extend(go(&[Action::Continue]));
    steps.extend([Step::Choose("effects", "burnout"), Step::Write("effects", "my own words")]);
    steps.extend(go(&[Action::LeaveOut, Action::Finish]));
    let html = render(&[STRESS], &steps).await;
    // Typed from Table 2; "None" was no answer there.
    for percent in
        ["48%", "30%", "22%", "4%", "37%", "59%", "50%", "28%", "26%", "2%", "96%", "87%", "85%", "57%"]
    {
        check_contains(&html, &[&format!("<td>{percent}<svg")]);
    }
    assert_eq!(count(&html, "your answer</span>"), 3);
    check_contains(&html, &["46 of 290 answered", "not in the study", "my own words"]);
    // In sentences, and for whoever left a question out, what most of the others answered.
    check_contains(
        &html,
        &[
            "About half of those in the study gave this answer (22 of 46).",
            "About nine in ten of those in the study gave this answer (40 of 46).",
            "About half of those in the study answered “Fourth”, the most frequent answer (23 of 43).",
            "<slot name=\"support\"></slot>",
        ],
    );
    check_lacks(&html, &["style="]);
}

#[tokio::test]
async fn preview_of_the_post_program_survey_shows_the_published_means() {
    let mut steps = go(&[Action::Begin]);
    steps.push(Step::Choose("q1_explore", "2"));
    steps.extend(go(&[Action::LeaveOut, Action::LeaveOut, Action::Continue, Action::Finish]));
    let html = render(&[POST], &steps).await;
    check_contains(&html, &["1 = Strongly Disagree to 4 = Strongly Agree", "<td>2<svg"]);
    check_contains(&html, &["In the study, the average was nearest to “Strongly Agree” (4.0)."]);
    // Typed from Table 3.
    for (mean, times) in [("4.0", 1), ("3.8", 2), ("3.5", 3), ("3.3", 1), ("3.7", 1)] {
        assert_eq!(count(&html, &format!("<td>{mean}<svg")), times, "{mean}");
    }
}

#[tokio::test]
async fn thanks_in_a_group_are_the_same_whatever_was_answered() {
    let attributes = [STRESS, GROUP, ("eligible", "30")];
    let turn = |code| {
        let mut steps = go(&[&open()[..], &[Action::Begin]].concat());
        steps.extend([
            Step::Choose("sex", "female"),
            Step::Do(Action::LeaveOut),
            Step::Choose("experiences", code),
        ]);
        steps.extend(go(&[Action::Continue, Action::LeaveOut, Action::Finish]));
        steps
    };
    let none = render(&attributes, &turn("0")).await;
    assert_eq!(none, render(&attributes, &turn("gt8")).await);
    check_contains(&none, &["Thank you", "I am the next person", "<slot name=\"support\"></slot>"]);
    let stopped = go(&[&open()[..], &[Action::Begin, Action::Stop]].concat());
    assert_eq!(none, render(&attributes, &stopped).await, "nor whether it was handed in");
}

#[tokio::test]
async fn too_few_respondents_leave_no_figure_on_the_closing_screen() {
    let attributes = [STRESS, GROUP, ("eligible", "30")];
    let turn = go(&[Action::Begin, Action::LeaveOut, Action::LeaveOut, Action::LeaveOut, Action::Finish]);
    let closing = |times: usize| {
        let mut steps = go(&open());
        for _ in 0..times {
            steps.extend(turn.clone());
            steps.push(Step::Do(Action::Next));
        }
        steps.extend(go(&ASK_TO_CLOSE));
        steps
    };
    let one = render(&attributes, &closing(1)).await;
    check_contains(&one, &["fewer than 10 people have answered", "End without results"]);
    assert_eq!(one, render(&attributes, &closing(9)).await, "the count stays unsaid");
    let ten = render(&attributes, &closing(10)).await;
    check_contains(&ten, &["Enough people have answered", "Close and make the results"]);
}

#[tokio::test]
async fn results_show_the_report_and_the_exact_bytes() {
    let attributes = [STRESS, GROUP, ("eligible", "30"), ("collection", "c"), ("endpoint", "/releases")];
    let mut steps = go(&open());
    for time in 0..11 {
        steps.extend([
            Step::Do(Action::Begin),
            Step::Choose("year", if time < 5 { "third" } else { "fourth" }),
        ]);
        steps.extend(go(&[
            Action::LeaveOut,
            Action::LeaveOut,
            Action::LeaveOut,
            Action::Finish,
            Action::Next,
        ]));
    }
    steps.extend(go(&[&ASK_TO_CLOSE[..], &[Action::Close]].concat()));
    let html = render(&attributes, &steps).await;
    check_contains(
        &html,
        &[
            "Nothing was sent yet. Look at what will be sent, to /releases and nowhere else",
            "Send the release",
            "\"respondents\": 11",
        ],
    );
    // The tables are another element's, which gets the same bytes.
    check_contains(
        &html,
        &["<balint-report exportparts=\"report\" release=\"{\n  ", "The tables cannot be shown just now"],
    );
}

#[tokio::test]
async fn support_is_shown_at_the_end_whatever_was_answered_and_not_before() {
    let slot = "<slot name=\"support\"></slot>";
    let turn = |code| {
        let mut steps = go(&[Action::Begin, Action::LeaveOut]);
        steps.push(Step::Choose("experiences", code));
        steps.extend(go(&[Action::Continue, Action::LeaveOut]));
        steps
    };
    let mut ends = Vec::new();
    for code in ["0", "gt8"] {
        let steps = turn(code);
        for before in 0..=steps.len() {
            check_lacks(&render(&[STRESS], &steps[..before]).await, &[slot]);
        }
        let preview = [steps.clone(), go(&[Action::Finish])].concat();
        assert_eq!(count(&render(&[STRESS], &preview).await, slot), 1);
        ends.push(render(&[STRESS], &[preview, go(&[Action::End])].concat()).await);
    }
    assert_eq!(ends[0], ends[1]);
    check_contains(&ends[0], &[slot]);
}
