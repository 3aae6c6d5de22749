//! The state of the coordinator's page: what each thing that happens makes of it.

use std::rc::Rc;

use balint_survey::instrument::Instrument;
use balint_survey::view::desk::{
    About, Collected, Collecting, CollectingStep, Desk, DeskAction, Field, FieldworkForm, Job, Portal,
};
use balint_survey::workspace::example::Example;
use balint_survey::workspace::{Compare, Origin, Side, Workspace};
use yew::Reducible;

fn empty() -> Rc<Desk> {
    Rc::new(Desk::new(Workspace::new(Instrument::built_in())))
}

fn example(example: Example) -> DeskAction {
    DeskAction::Example { source: Box::new(example.source()), form: Box::new(FieldworkForm::default()) }
}

fn json(example: Example, collection: &str) -> Vec<u8> {
    let release = example.source().release;
    let name = format!("\"{}\"", release.collections()[0]);
    release.to_json().replace(&name, &format!("\"{collection}\"")).into_bytes()
}

fn read(name: &str, json: Vec<u8>) -> DeskAction {
    DeskAction::Read { name: name.to_owned(), json, origin: Origin::File(name.to_owned()), side: Side::Own }
}

fn fill(field: Field, text: &str) -> DeskAction {
    DeskAction::Fill { field, text: text.to_owned() }
}

fn respondents(desk: &Desk) -> Option<u64> {
    desk.workspace.report()?.respondents.exact()
}

#[test]
fn a_file_that_is_refused_is_named_and_leaves_the_report() {
    let desk = empty().reduce(read("a.json", json(Example::ClassSurvey, "a")));
    let before = desk.workspace.clone();
    for (name, bytes, reason) in [
        ("broken.json", b"{\"release\": 1".to_vec(), "line 1, column 13"),
        ("again.json", json(Example::ClassSurvey, "a"), "\"a\" is there twice"),
        ("other.json", json(Example::BalintGroup, "b"), "two instruments"),
    ] {
        let desk = desk.clone().reduce(read(name, bytes));
        assert!(desk.workspace == before, "{name}");
        let refused = desk.refusals.last().expect("a refusal");
        assert!(refused.name == name && refused.reason.contains(reason), "{refused:?}");
    }
}

#[test]
fn a_survey_of_ones_own_is_understood_from_then_on() {
    let own =
        include_str!("../src/instrument/stress-experience.json").replace("\"stress-experience\"", "\"ours\"");
    let own = Instrument::parse(&own).expect("a well-formed instrument");
    let built_in = Example::ClassSurvey.source().release;
    let hash = built_in.instrument_hash().to_string();
    let json =
        built_in.to_json().replace("\"stress-experience\"", "\"ours\"").replace(&hash, own.hash().as_str());
    let desk = empty().reduce(read("ours.json", json.clone().into_bytes()));
    assert!(desk.refusals[0].reason.contains("found \"ours\""), "{:?}", desk.refusals);
    let desk = desk.reduce(DeskAction::Know { instrument: Box::new(own.clone()) });
    let desk = desk.reduce(DeskAction::Know { instrument: Box::new(own) });
    assert_eq!(desk.workspace.brought().map(Instrument::id).collect::<Vec<_>>(), ["ours"], "once");
    let desk = desk.reduce(read("ours.json", json.into_bytes()));
    assert_eq!(respondents(&desk), Some(46));
    // It stays known when the report is cleared.
    assert_eq!(desk.reduce(DeskAction::Clear).workspace.brought().count(), 1);
}

#[test]
fn a_new_attempt_clears_what_was_refused_before() {
    let desk = empty().reduce(read("broken.json", Vec::new()));
    assert_eq!(desk.refusals.len(), 1);
    let job = |done: f64| Some(Job { name: "a.csv".to_owned(), done });
    let desk = desk.reduce(DeskAction::Progress { job: job(0.0) });
    assert!(desk.refusals.is_empty());
    // What is refused during the attempt stays until the next.
    let desk = desk.reduce(DeskAction::Refuse { name: "a.csv".to_owned(), reason: "no".to_owned() });
    let desk = desk.reduce(DeskAction::Progress { job: job(0.5) }).reduce(DeskAction::Progress { job: None });
    assert_eq!((desk.refusals.len(), &desk.job), (1, &None));
}

#[test]
fn two_collections_are_added_up_and_one_can_be_taken_out() {
    let desk = empty()
        .reduce(read("a.json", json(Example::ClassSurvey, "a")))
        .reduce(read("b.json", json(Example::ClassSurvey, "b")));
    assert_eq!((respondents(&desk), desk.additions), (Some(92), 2));
    let desk = desk.reduce(DeskAction::Remove { side: Side::Own, place: 0 });
    assert_eq!(respondents(&desk), Some(46));
    assert_eq!(desk.workspace.own[0].release.collections(), ["b"]);
}

#[test]
fn the_example_replaces_everything_and_starting_over_keeps_what_the_portal_has() {
    let desk = empty()
        .reduce(DeskAction::Portal { portal: Portal::Releases(Vec::new()) })
        .reduce(read("a.json", json(Example::ClassSurvey, "a")))
        .reduce(example(Example::BalintGroup));
    assert_eq!(respondents(&desk), Some(6));
    let desk = desk.reduce(DeskAction::Compare { compare: Compare::Study }).reduce(DeskAction::Clear);
    assert_eq!(respondents(&desk), None);
    assert_eq!(desk.workspace.compare, Compare::Nothing);
    assert_eq!(desk.portal, Portal::Releases(Vec::new()));
}

#[test]
fn a_wrong_fact_is_named_and_the_ones_before_it_stay() {
    let desk = empty().reduce(example(Example::BalintGroup)).reduce(fill(Field::Attendance, "7, 2, 5"));
    let attendance = |desk: &Desk| desk.workspace.fieldwork.attendance.clone();
    assert_eq!((attendance(&desk), &desk.form_error), (vec![7, 2, 5], &None));
    let desk = desk.reduce(fill(Field::Attendance, "7, many"));
    assert_eq!(attendance(&desk), [7, 2, 5]);
    let error = desk.form_error.clone().expect("an error");
    assert!(error.contains("\"many\""), "{error}");
    assert_eq!(desk.form.text(Field::Attendance), "7, many", "what was typed is not lost");
    let desk = desk.reduce(fill(Field::Attendance, ""));
    assert_eq!((attendance(&desk), &desk.form_error), (Vec::new(), &None));
}

#[test]
fn the_number_of_people_is_checked_when_responses_are_read() {
    let eligible = |text: &str| {
        let desk = empty().reduce(DeskAction::Eligible { text: text.to_owned() });
        desk.terms.eligible()
    };
    assert_eq!(eligible(" "), Ok(None));
    assert_eq!(eligible(" 290 "), Ok(Some(290)));
    for wrong in ["0", "-1", "many", "1.5"] {
        let error = eligible(wrong).expect_err("no number of people");
        assert!(error.contains(&format!("found {wrong:?}; expected a whole number from 1 on")), "{error}");
    }
}

#[test]
fn the_policy_of_responses_is_the_stricter_one_until_another_is_chosen() {
    let desk = empty();
    assert_eq!(desk.terms.policy.name(), "standard");
    let desk = desk.reduce(DeskAction::Policy { policy: "published".to_owned() });
    assert_eq!(desk.terms.policy.name(), "published");
}

fn key() -> DeskAction {
    let about = About {
        collection: "class".to_owned(),
        operators: "Faculty IT and Students’ union".to_owned(),
        confirmation: Some("Close it now.".to_owned()),
        ..About::default()
    };
    DeskAction::Key { collecting: Box::new(Collecting::new("{}".to_owned(), about)) }
}

fn collected(json: Vec<u8>) -> DeskAction {
    let release = String::from_utf8(json).expect("text");
    DeskAction::Collected { collected: Rc::new(Collected { release, voided: vec!["age".to_owned()] }) }
}

fn asking() -> DeskAction {
    DeskAction::Asking { sentence: "Asking …".to_owned() }
}

#[test]
fn a_survey_that_is_open_can_be_asked_for_only_when_it_is_to_be_closed() {
    let desk = empty().reduce(key());
    let can_ask = |desk: &Desk| desk.collecting.as_ref().is_some_and(|collecting| collecting.can_ask());
    assert!(!can_ask(&desk));
    let desk = desk.reduce(DeskAction::CloseNow { is_on: true });
    assert!(can_ask(&desk));
    let asked = desk.clone().reduce(asking());
    assert!(asked.is_asking() && !can_ask(&asked), "not twice at once");
    let again = asked.reduce(DeskAction::Unanswered { reason: "unreachable".to_owned() });
    assert!(can_ask(&again), "after an error it can be tried again");
    assert!(!can_ask(&desk.reduce(DeskAction::PutAway)));
}

#[test]
fn another_key_does_not_take_the_place_of_one_that_is_in_use() {
    let desk = empty().reduce(key()).reduce(asking()).reduce(key());
    assert!(desk.is_asking());
}

#[test]
fn what_was_collected_is_added_to_the_report_with_where_it_came_from() {
    let desk = empty().reduce(key()).reduce(asking()).reduce(collected(json(Example::ClassSurvey, "class")));
    assert_eq!((respondents(&desk), desk.additions), (Some(46), 1));
    let origin = &desk.workspace.own[0].origin;
    assert_eq!(*origin, Origin::Collected("Faculty IT and Students’ union".to_owned()));
    let step = desk.collecting.as_ref().map(|collecting| collecting.step.clone());
    let Some(CollectingStep::Done(done)) = step else { panic!("expected it to be done") };
    assert_eq!(done.voided, ["age"]);
}

#[test]
fn what_was_collected_can_be_saved_even_where_it_does_not_go_with_the_report() {
    let desk = empty().reduce(read("a.json", json(Example::ClassSurvey, "class"))).reduce(key());
    let desk = desk.reduce(collected(json(Example::ClassSurvey, "class")));
    assert_eq!(desk.refusals.len(), 1);
    let step = desk.collecting.as_ref().map(|collecting| collecting.step.clone());
    assert!(matches!(step, Some(CollectingStep::Done(_))));
}

#[test]
fn what_is_collected_after_starting_over_is_not_added() {
    let desk = empty().reduce(key()).reduce(asking()).reduce(DeskAction::Clear);
    assert!(desk.collecting.is_none());
    let desk = desk.reduce(collected(json(Example::ClassSurvey, "class")));
    assert_eq!((respondents(&desk), desk.additions), (None, 0));
}
