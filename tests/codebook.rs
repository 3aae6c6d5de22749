//! The codebook says all that an instrument holds, and of each policy what its releases show.

use balint_survey::answers::csv::Responses;
use balint_survey::codebook::{self, Codebook};
use balint_survey::disclosure::{Collection, POLICIES, Policy, release};
use balint_survey::instrument::Instrument;
use balint_survey::tally::Tally;
use serde_json::Value;

const EXAMPLE: &str = include_str!("../www/example-survey.json");

fn all() -> Vec<Instrument> {
    let example = Instrument::parse(EXAMPLE).expect("a well-formed instrument");
    Instrument::built_in().into_iter().chain([example]).collect()
}

fn json(instrument: &Instrument) -> Value {
    serde_json::from_str(&Codebook::new(instrument).to_json()).expect("JSON")
}

#[track_caller]
fn at<'a>(codebook: &'a Value, pointer: &str) -> &'a Value {
    codebook.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}"))
}

#[test]
fn every_item_and_category_is_in_the_json_with_its_code_value_and_meaning() {
    for instrument in all() {
        let codebook = json(&instrument);
        let items: Vec<&Value> = at(&codebook, "/sections")
            .as_array()
            .expect("sections")
            .iter()
            .flat_map(|section| section["items"].as_array().expect("items"))
            .collect();
        assert_eq!(items.len(), instrument.items().len());
        for ((id, item), found) in instrument.items().zip(items) {
            assert_eq!((&found["id"], &found["number"]), (&item.id.as_str().into(), &id.number().into()));
            assert_eq!(found["question"], item.question.as_str());
            let categories = found["categories"].as_array().expect("categories");
            assert_eq!(categories.len(), item.categories.len());
            for (category, found) in item.categories.iter().zip(categories) {
                assert_eq!(
                    (&found["code"], &found["label"]),
                    (&category.code.as_str().into(), &category.label.as_str().into())
                );
                assert_eq!(found["value"], category.value.map_or(Value::Null, Value::from));
                assert_eq!(found["in_base"], category.meaning.is_answer());
            }
            assert_eq!(found["poolings"].as_array().map(Vec::len), Some(item.poolings.len()));
        }
    }
}

/// The names of the fields are what programs rely on.
#[test]
fn the_json_has_these_fields_and_no_others() {
    let codebook = json(&all()[2]);
    let keys = |pointer: &str| -> Vec<String> {
        at(&codebook, pointer).as_object().expect("an object").keys().cloned().collect()
    };
    let check = |pointer: &str, expected: &str| assert_eq!(keys(pointer).join(" "), expected, "{pointer}");
    check(
        "",
        "about columns correlations derived hash instrument language minutes origin policies population reference sections title version",
    );
    check("/sections/0", "id items title");
    check(
        "/sections/0/items/0",
        "asked_of categories columns demographic hint id kind label note number ordinal poolings question shown source",
    );
    check("/sections/0/items/0/categories/0", "code in_base label means source value");
    check("/sections/0/items/1/poolings/0/0", "categories label");
    check("/sections/0/items/0/shown/0", "policy shows");
    check("/derived/0", "definition high id items label low");
    check("/correlations/0", "id labels x y");
    check("/policies/0", "name shows threshold");
    check("/reference", "correlations eligible items name population respondents");
}

#[test]
fn conditions_and_definitions_are_in_words() {
    let codebook = json(&all()[2]);
    let asked = |place: usize| {
        at(&codebook, &format!("/sections/1/items/{place}/asked_of")).as_str().expect("a text")
    };
    assert_eq!(asked(0), "everybody");
    assert_eq!(
        asked(3),
        "everybody but those who chose “Five times or more” at “Bedside teaching per week” (sessions)"
    );
    assert_eq!(
        asked(4),
        "those who chose “Once or twice” or “Three or four times” or “Five times or more” at “Bedside teaching per week” (sessions)"
    );
    let definition =
        |place: usize| at(&codebook, &format!("/derived/{place}/definition")).as_str().expect("a text");
    assert_eq!(
        definition(0),
        "the sum of the values of “Questions were welcome” (questions), “Useful feedback” (feedback), “Could examine patients” (examined), for those who answered all of them"
    );
    assert_eq!(
        definition(1),
        "from “Rotation” (specialty): 0 for “Internal medicine”, 1 for “Surgery”, 0 for “Paediatrics”; everything else is missing"
    );
    assert_eq!(
        definition(2),
        "how many categories of “What kept teaching from happening” (reasons) were ticked, without “none” and “other”"
    );
    assert_eq!((at(&codebook, "/derived/0/low"), at(&codebook, "/derived/0/high")), (&3.into(), &12.into()));
}

#[test]
fn the_columns_are_those_that_responses_are_read_with() {
    for instrument in all() {
        let columns: Vec<String> = Codebook::new(&instrument).columns;
        let header = format!("{}\n", columns.join(","));
        let responses = Responses::new(header.as_bytes(), &instrument).expect("these columns");
        assert_eq!(responses.count(), 0);
        let header = columns[1..].join(",");
        assert!(Responses::new(header.as_bytes(), &instrument).is_err(), "every column is needed");
    }
}

/// Whatever is released of a small group: nothing is what the codebook calls nothing.
#[test]
fn what_a_small_group_shows_is_what_its_release_shows() {
    let policy = Policy::named("small-group").expect("a policy");
    let files = [include_str!("data/stress_46.csv"), include_str!("data/post_6.csv")];
    for (instrument, csv) in Instrument::built_in().into_iter().zip(files) {
        let mut tally = Tally::new(&instrument);
        for response in Responses::new(csv.as_bytes(), &instrument).expect("responses") {
            tally.record(&instrument, &response.expect("a response")).expect("room");
        }
        let collection = Collection::new("c", None).expect("a name");
        let release = release(tally, &instrument, &policy, &collection).expect("enough");
        let released: Value = serde_json::from_str(&release.to_json()).expect("JSON");
        let codebook = Codebook::new(&instrument);
        let items = codebook.sections.iter().flat_map(|section| &section.items);
        for (item, found) in items.zip(released["items"].as_array().expect("items")) {
            let shown = item.shown.iter().find(|shown| shown.policy == "small-group").expect("a policy");
            let is_nothing = found["cells"].as_array().is_none_or(Vec::is_empty);
            assert_eq!(shown.shows == "Nothing.", is_nothing, "{}: {} {found}", item.id, shown.shows);
        }
    }
}

#[test]
fn every_policy_is_explained_for_the_survey_and_for_each_item() {
    for instrument in all() {
        let codebook = Codebook::new(&instrument);
        let names: Vec<&str> = POLICIES.iter().map(Policy::name).collect();
        assert_eq!(codebook.policies.iter().map(|policy| policy.name).collect::<Vec<_>>(), names);
        for item in codebook.sections.iter().flat_map(|section| &section.items) {
            assert_eq!(item.shown.iter().map(|shown| shown.policy).collect::<Vec<_>>(), names);
            assert!(item.shown.iter().all(|shown| shown.shows.ends_with('.')), "{:?}", item.shown);
        }
    }
}

#[test]
fn the_page_stands_alone_and_holds_every_text() {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    };
    for instrument in all() {
        let page = codebook::page(&Codebook::new(&instrument));
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert!(
            !page.contains("src=") && !page.contains("href=") && !page.contains("<script"),
            "it asks nobody"
        );
        for (_, item) in instrument.items() {
            let texts =
                [&item.id, &item.label, &item.question].into_iter().chain(&item.hint).chain(&item.note);
            for text in texts.chain(item.categories.iter().map(|category| &category.label)) {
                assert!(page.contains(&escape(text)), "{text}");
            }
        }
        for variable in instrument.derived() {
            assert!(page.contains(&escape(&variable.label)), "{}", variable.label);
        }
        assert!(page.contains(instrument.hash().as_str()));
    }
}
