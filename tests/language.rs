//! What the widget says in other languages: that nothing is missing, and that it is the same survey.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use balint_survey::instrument::Instrument;
use balint_survey::language::check::{check, values};
use balint_survey::language::texts::TEXTS;
use balint_survey::language::{Language, direction};
use balint_survey::settings::Settings;
use balint_survey::view::screens::{ScreenProps, current};
use balint_survey::view::session::{Action, Closed, Phase, Session};
use serde_json::{Value, json};
use yew::prelude::*;
use yew::{Reducible, ServerRenderer};

/// Returns the languages, by the names of their files.
fn languages() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/language");
    let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    files.map(|path| (name(&path), fs::read_to_string(&path).expect("a text"))).collect()
}

fn language(name: &str) -> Language {
    Language::parse(&languages()[name], name).expect("a language")
}

/// Returns Spanish after a change.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(&languages()["es"]).expect("JSON");
    change(&mut document);
    document.to_string()
}

#[track_caller]
fn check_gaps(json: &str, expected: &[&str]) {
    let found: Vec<String> = check(json, &Instrument::built_in()).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn no_language_lacks_a_text_or_has_one_too_many() {
    let languages = languages();
    assert_eq!(languages.keys().collect::<Vec<_>>(), ["ar", "de", "es", "fr", "zh"]);
    for (name, json) in languages {
        let gaps: Vec<String> =
            check(&json, &Instrument::built_in()).iter().map(ToString::to_string).collect();
        assert!(gaps.is_empty(), "{name}.json:\n{}", gaps.join("\n"));
    }
}

/// Before any language is loaded, the element's script says two texts of each.
#[test]
fn the_script_of_the_element_lists_every_language() {
    let script = include_str!("../www/balint-survey.js");
    let check = |name: &str, language: &Language| {
        let said = [language.loading(), language.cannot_be_shown(), language.too_old()];
        let address = match name {
            "en" => "undefined".to_owned(),
            _ => format!("new URL(\"./pkg/balint_{name}.json\", import.meta.url)"),
        };
        let line = format!("  {name}: [{address}, {}],", said.map(|text| format!("\"{text}\"")).join(", "));
        assert!(script.lines().any(|listed| listed == line), "expected the line {line}");
    };
    for (name, json) in languages() {
        check(&name, &Language::parse(&json, &name).expect("a language"));
    }
    check("en", &Language::default());
}

#[test]
fn what_is_missing_or_too_much_is_named_with_its_place() {
    check_gaps(
        &changed(|es| drop(es["texts"].as_object_mut().expect("texts").remove("start"))),
        &["texts, start: found nothing; expected \"Start\" in this language"],
    );
    check_gaps(
        &changed(|es| es["texts"]["begin"] = json!("Empezar")),
        &["texts: found \"begin\"; expected nothing of that name"],
    );
    check_gaps(
        &changed(|es| es["texts"]["start"] = json!(" ")),
        &["texts, start: found an empty text; expected one that says something"],
    );
    check_gaps(
        &changed(|es| es["texts"]["questions"] = json!("{count} preguntas")),
        &["texts, questions: found another kind; expected the forms one, many, other"],
    );
    check_gaps(
        &changed(|es| es["more"] = json!({})),
        &["the file: found \"more\"; expected nothing of that name"],
    );
}

#[test]
fn a_text_with_other_values_is_named() {
    check_gaps(
        &changed(|es| es["texts"]["part"] = json!("Parte {parte} de {of}")),
        &["texts, part: found {of} {parte}; expected {of} {part}"],
    );
    check_gaps(
        &changed(|es| es["texts"]["start"] = json!("Empezar {now}")),
        &["texts, start: found {now}; expected no value"],
    );
    check_gaps(
        &changed(|es| es["texts"]["questions"]["other"] = json!("preguntas")),
        &["texts, questions, other: found no value; expected {count}"],
    );
    // One can be said in a word.
    check_gaps(&changed(|es| es["texts"]["questions"]["one"] = json!("una pregunta")), &[]);
}

#[test]
fn each_form_that_a_language_has_for_numbers_is_asked_for() {
    check_gaps(
        &changed(|es| drop(es["texts"]["questions"].as_object_mut().expect("forms").remove("many"))),
        &["texts, questions, many: found nothing; expected the text for such numbers"],
    );
    check_gaps(
        &changed(|es| es["texts"]["questions"]["few"] = json!("{count} preguntas")),
        &["texts, questions: found \"few\"; expected nothing of that name"],
    );
    let gaps = check(&languages()["es"].replace("\"language\": \"es\"", "\"language\": \"ar\""), &[]);
    let places: Vec<&str> = gaps.iter().map(|gap| gap.place.as_str()).collect();
    for form in ["zero", "two", "few"] {
        assert!(places.contains(&format!("texts, minutes, {form}").as_str()), "{places:?}");
    }
    let gaps = check(&languages()["es"].replace("\"language\": \"es\"", "\"language\": \"tlh\""), &[]);
    assert!(
        gaps[0].to_string().contains("found \"tlh\"; expected one whose plural forms stand in"),
        "{}",
        gaps[0]
    );
}

#[test]
fn a_translation_of_an_instrument_is_of_all_of_it_and_of_nothing_else() {
    let post = |es: &mut Value, change: fn(&mut Value)| change(&mut es["instruments"]["post-program"]);
    let remove =
        |object: &mut Value, name: &str| drop(object.as_object_mut().expect("an object").remove(name));
    check_gaps(
        &changed(|es| remove(&mut es["instruments"]["post-program"]["items"]["sex"], "question")),
        &[
            "instruments, post-program, items, sex, question: found nothing; expected the text in this language",
        ],
    );
    check_gaps(
        &changed(|es| {
            remove(&mut es["instruments"]["post-program"]["items"]["o1_change"]["categories"], "change_2")
        }),
        &[
            "instruments, post-program, items, o1_change, categories, change_2: found nothing; expected the text in this language",
        ],
    );
    check_gaps(
        &changed(|es| post(es, |post| post["items"]["sex"]["categories"]["divers"] = json!("Otro"))),
        &[
            "instruments, post-program, items, sex, categories, divers: found a text; expected nothing: the instrument has no such text",
        ],
    );
    check_gaps(
        &changed(|es| remove(&mut es["instruments"], "post-program")),
        &["instruments: found nothing; expected post-program"],
    );
    check_gaps(
        &changed(|es| post(es, |post| post["of"] = json!("00"))),
        &[&format!(
            "instruments, post-program, of: found 00; expected {}, the hash of the instrument: look whether the translation still fits it",
            Instrument::find("post-program").expect("built in").hash()
        )],
    );
    // "0" is none of the experiences in one item, and none of them discussed in another.
    check_gaps(
        &changed(|es| {
            let stress = &mut es["instruments"]["stress-experience"];
            remove(&mut stress["items"]["experiences"]["categories"], "0");
            remove(&mut stress["items"]["discussed"]["categories"], "0");
            stress["categories"]["0"] = json!("0");
        }),
        &[
            "instruments, stress-experience, categories, 0: found one text for {\"0\", \"None\"}; expected a text under each item",
        ],
    );
}

#[test]
fn what_is_no_language_is_refused_with_a_reason() {
    let refused = |json: &str| Language::parse(json, "es").unwrap_err().to_string();
    assert_eq!(refused("{"), "line 1, column 1: EOF while parsing an object");
    assert_eq!(refused("[]"), "language is not there or of another kind; expected a tag such as \"es\"");
    assert_eq!(
        refused("{\"language\": \"es\", \"texts\": []}"),
        "texts is not there or of another kind; expected an object"
    );
    check_gaps("{", &["line 1, column 1: found EOF while parsing an object; expected JSON"]);
}

#[test]
fn every_declared_text_has_the_values_of_its_name() {
    for text in TEXTS {
        for english in text.english {
            let declared = text.values.iter().copied().collect();
            assert_eq!(values(english), declared, "{}", text.name);
        }
    }
    let mut names: Vec<&str> = TEXTS.iter().map(|text| text.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TEXTS.len());
}

#[test]
fn values_stand_in_the_places_of_their_names() {
    assert_eq!(Language::default().part("2", "3"), "Part 2 of 3");
    assert_eq!(language("es").part("2", "3"), "Parte 2 de 3");
    assert_eq!(Language::default().questions(1), "1 question");
    assert_eq!(language("de").questions(7), "7 Fragen");
    // Set apart, since a name in other letters would turn the sentence around.
    assert_eq!(language("ar").failed_operator("Faculty IT"), "لا يمكن الوصول إلى \u{2068}Faculty IT\u{2069}.");
}

#[test]
fn a_value_with_braces_is_no_place() {
    assert_eq!(Language::default().quote("{text}"), "“{text}”");
}

#[test]
fn what_a_file_lacks_is_said_in_english() {
    let empty = Language::parse("{\"language\": \"es\", \"texts\": {}, \"instruments\": {}}", "es")
        .expect("a language");
    assert_eq!(empty.start(), "Start");
    assert_eq!(empty.questions(7), "7 questions");
    assert!(empty.wording(&Instrument::find("post-program").expect("built in")).is_none());
}

#[test]
fn arabic_is_written_from_right_to_left() {
    assert_eq!(language("ar").direction(), "rtl");
    for (tag, expected) in
        [("he-IL", "rtl"), ("fa", "rtl"), ("en", "ltr"), ("zh-Hans", "ltr"), ("arn", "ltr")]
    {
        assert_eq!(direction(tag), expected, "{tag}");
    }
}

#[test]
fn another_wording_is_the_same_instrument() {
    for name in languages().keys() {
        let language = language(name);
        for instrument in Instrument::built_in() {
            let wording = language.wording(&instrument).expect("a translation");
            assert!(wording == instrument && wording.hash() == instrument.hash());
            assert_eq!(wording.text().language, language.tag());
            assert_ne!(wording.text().title, instrument.text().title, "{name}");
            for ((_, other), (_, item)) in wording.items().zip(instrument.items()) {
                assert_ne!(other.question, item.question, "{name}, {}", item.id);
                assert_eq!((&other.id, other.kind, &other.poolings), (&item.id, item.kind, &item.poolings));
                let codes = |item: &balint_survey::instrument::Item| -> Vec<(String, Option<u8>)> {
                    item.categories.iter().map(|category| (category.code.clone(), category.value)).collect()
                };
                assert_eq!(codes(other), codes(item));
            }
        }
    }
}

#[test]
fn an_instrument_of_the_same_name_but_another_text_keeps_its_own_words() {
    let json = include_str!("../src/instrument/post-program.json").replace("Your Balint group", "Your group");
    let own = Instrument::parse(&json).expect("an instrument");
    assert!(language("es").wording(&own).is_none());
}

/// Returns a group after its collection was closed, in which every other person answers differently.
fn closed_group(language: Option<Language>) -> Rc<Session> {
    let attributes =
        [("instrument", "stress-experience"), ("mode", "group"), ("eligible", "30"), ("collection", "c")];
    let find = |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let settings = Settings::from_attributes(find, None, || "unnamed".to_owned()).expect("good attributes");
    let session = Session::new(Rc::new(settings), false).speaking(Arc::new(language.unwrap_or_default()));
    let act = |session: Rc<Session>, action: Action| session.reduce(action);
    let write = Action::WritePassphrase { text: "correct horse".to_owned() };
    let mut session = [write, Action::Open, Action::Opened].into_iter().fold(Rc::new(session), act);
    for person in 0..12 {
        session = act(session, Action::Begin);
        // By the words that the person reads, as they would.
        let code = if person % 2 == 0 { "third" } else { "fourth" };
        let item = session.wording().find_item("year").expect("the item");
        let category = session.wording().item(item).find_category(code).expect("the category");
        session = act(session, Action::Choose { item, category });
        let rest = [Action::LeaveOut, Action::LeaveOut, Action::LeaveOut, Action::Finish, Action::Next];
        session = rest.into_iter().fold(session, act);
    }
    [Action::AskToClose, Action::Unlock, Action::Unlocked, Action::Close].into_iter().fold(session, act)
}

#[test]
fn a_group_in_any_language_gives_the_same_release_byte_for_byte() {
    let release = |language: Option<Language>| match &closed_group(language).phase {
        Phase::Closed(closed) => match closed.as_ref() {
            Closed::Released(release) => release.to_json(),
            Closed::Refused(refusal) => panic!("{refusal}"),
        },
        _ => panic!("expected the end"),
    };
    let english = release(None);
    assert!(english.contains("\"third\""), "{english}");
    for name in languages().keys() {
        assert_eq!(release(Some(language(name))), english, "{name}");
    }
}

#[derive(Properties, PartialEq)]
struct ScreenInProps {
    name: Option<String>,
    attributes: Vec<(&'static str, &'static str)>,
    actions: Vec<Action>,
}

/// Renders the screen that a list of actions leads to, in a language.
#[component]
fn ScreenIn(props: &ScreenInProps) -> Html {
    let find = |name: &str| props.attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let own = include_str!("../src/instrument/post-program.json").replace("Your Balint group", "Your group");
    let definition = find("own").map(|_| own.as_bytes());
    let settings =
        Settings::from_attributes(find, definition, || "unnamed".to_owned()).expect("good attributes");
    let language = props.name.as_deref().map(language).unwrap_or_default();
    let session = Rc::new(Session::new(Rc::new(settings), false).speaking(Arc::new(language)));
    let session = props.actions.iter().cloned().fold(session, |session, action| session.reduce(action));
    let (heading, summary) = (NodeRef::default(), NodeRef::default());
    current(&ScreenProps { session, heading, summary, onact: Callback::noop() })
}

async fn render(
    name: Option<&str>,
    attributes: &[(&'static str, &'static str)],
    actions: &[Action],
) -> String {
    let (name, attributes, actions) = (name.map(str::to_owned), attributes.to_vec(), actions.to_vec());
    let props = move || ScreenInProps { name, attributes, actions };
    ServerRenderer::<ScreenIn>::with_props(props).hydratable(false).render().await
}

const STRESS: (&str, &str) = ("instrument", "stress-experience");

#[tokio::test]
async fn whoever_reads_a_translation_is_told_that_it_is_one() {
    for name in languages().keys() {
        let html = render(Some(name), &[STRESS], &[]).await;
        assert!(html.contains(language(name).unreviewed()), "{html}");
    }
    let html = render(None, &[STRESS], &[]).await;
    assert!(!html.contains("Unreviewed"), "{html}");
}

#[tokio::test]
async fn an_own_instrument_says_its_language_in_a_widget_of_another() {
    let own = [("own", "")];
    let html = render(Some("ar"), &own, &[Action::Begin]).await;
    assert!(html.contains("<span lang=\"en\" dir=\"ltr\">Your group</span>"), "{html}");
    assert!(html.contains(language("ar").proceed()) && !html.contains("Continue"), "{html}");
    let html = render(Some("ar"), &own, &[]).await;
    assert!(!html.contains(language("ar").unreviewed()), "nothing of it is translated: {html}");
    let html = render(None, &own, &[Action::Begin]).await;
    assert!(!html.contains("lang="), "{html}");
}

#[test]
fn another_language_changes_no_answer_and_no_screen() {
    let session = closed_group(None);
    let spoken = session.clone().reduce(Action::Speak { language: Arc::new(language("ar")) });
    assert!(spoken.phase == session.phase && spoken.words().tag() == "ar");

    let find = |name: &str| (name == "instrument").then(|| "post-program".to_owned());
    let settings =
        Rc::new(Settings::from_attributes(find, None, || "unnamed".to_owned()).expect("good attributes"));
    let session = Rc::new(Session::new(settings, false)).reduce(Action::Begin);
    let item = session.instrument().find_item("q1_explore").expect("the item");
    let category = session.instrument().item(item).find_category("4").expect("the category");
    let answered = session.reduce(Action::Choose { item, category });
    let spoken = answered.clone().reduce(Action::Speak { language: Arc::new(language("de")) });
    assert!(spoken.answers == answered.answers && spoken.screen() == answered.screen());
    assert_eq!(spoken.wording().item(item).category(category).label, "Stimme voll und ganz zu");
    let english = spoken.reduce(Action::Speak { language: Arc::default() });
    assert!(english == answered, "and back again");
}
