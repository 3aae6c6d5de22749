//! Instruments: the built-in ones are well-formed, and what is wrong with another is said with its place.

use std::process::Command;

use balint_survey::instrument::{Instrument, MAX_BYTES, MAX_CATEGORIES, MAX_ITEMS, MAX_PAIRS};
use serde_json::{Value, json};

const STRESS: &str = include_str!("../src/instrument/stress-experience.json");
const POST: &str = include_str!("../src/instrument/post-program.json");

fn stress() -> Value {
    serde_json::from_str(STRESS).expect("JSON")
}

fn post() -> Value {
    serde_json::from_str(POST).expect("JSON")
}

#[track_caller]
fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}"))
}

/// Returns a document with one value replaced or, for a new field of an object, added.
#[track_caller]
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    match at(&mut document, parent) {
        Value::Object(fields) => drop(fields.insert(field.to_owned(), value)),
        other => *at(other, &format!("/{field}")) = value,
    }
    document
}

#[track_caller]
fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let removed = at(&mut document, parent).as_object_mut().expect("an object").remove(field);
    assert!(removed.is_some(), "there is no {pointer}");
    document
}

#[track_caller]
fn pushing(mut document: Value, pointer: &str, value: Value) -> Value {
    at(&mut document, pointer).as_array_mut().expect("an array").push(value);
    document
}

#[track_caller]
fn check_ok(document: &Value) -> Instrument {
    Instrument::parse(&document.to_string()).expect("a well-formed instrument")
}

/// Checks that a document is refused with a message that begins with the place and says what is wrong.
#[track_caller]
fn check(document: &Value, place: &str, problem: &str) {
    check_text(&document.to_string(), place, problem);
}

#[track_caller]
fn check_text(document: &str, place: &str, problem: &str) {
    match Instrument::parse(document) {
        Ok(_) => panic!("accepted; expected to hear of {problem:?} at {place:?}"),
        Err(error) => {
            let message = error.to_string();
            let (before, after) = message.split_once(": ").expect("a place, a colon, a problem");
            assert!(before == place || place == "line" && before.starts_with("line 1, column "), "{message}");
            assert!(after.contains(problem), "{message:?} does not say {problem:?}");
        }
    }
}

// Places in the built-in documents.
const YEAR: &str = "/sections/0/items/0";
const SEX: &str = "/sections/0/items/1";
const AGE: &str = "/sections/0/items/2";
const EXPERIENCES: &str = "/sections/1/items/0";
const DISCUSSED: &str = "/sections/2/items/0";
const REASONS: &str = "/sections/2/items/1";

#[test]
fn the_built_in_instruments_are_well_formed() {
    let ids: Vec<String> = Instrument::built_in().iter().map(|found| found.id().to_owned()).collect();
    assert_eq!(ids, ["stress-experience", "post-program"]);
    check_ok(&stress());
    check_ok(&post());
    assert!(Instrument::find("elsewhere").is_none());
}

#[test]
fn an_instruments_hash_is_what_sha256sum_prints() {
    for (id, text) in [("stress-experience", STRESS), ("post-program", POST)] {
        let found = Instrument::find(id).expect("a built-in instrument");
        assert_eq!(*found.hash(), *Instrument::parse(text).expect("well-formed").hash());
        let file = format!("{}/src/instrument/{id}.json", env!("CARGO_MANIFEST_DIR"));
        // Where there is no such tool, the digest's own test stands in.
        if let Ok(output) = Command::new("sha256sum").arg(file).output() {
            let printed = String::from_utf8(output.stdout).expect("text");
            assert!(printed.starts_with(found.hash().as_str()), "{printed}");
        }
    }
}

#[test]
fn another_byte_makes_another_instrument() {
    let spaced = Instrument::parse(&format!("{STRESS} ")).expect("well-formed");
    assert_ne!(spaced, Instrument::find("stress-experience").expect("a built-in instrument"));
}

#[test]
fn a_pooling_keeps_unnamed_answers_as_groups_of_their_own() {
    let instrument = check_ok(&stress());
    let item = instrument.item(instrument.find_item("age").expect("an item"));
    let groups = |pooling: usize| -> Vec<Vec<&str>> {
        let codes = |group: &balint_survey::instrument::Group| {
            group.categories.iter().map(|id| item.category(*id).code.as_str()).collect()
        };
        item.poolings[pooling].groups.iter().map(codes).collect()
    };
    assert_eq!(groups(0), [vec!["21-25"], vec!["26-30"], vec!["31-35", "gt35"]]);
    assert_eq!(groups(1), [vec!["21-25"], vec!["26-30", "31-35", "gt35"]]);
}

// Form.

#[test]
fn what_is_no_json_of_an_instrument_is_refused() {
    check_text("", "line 1, column 0", "EOF");
    check_text("{\"id\": tru", "line", "EOF");
    check_text(&format!("{} 1", stress()), "line", "trailing characters");
    check_text("[]", "instrument", "it is a list; expected an object");
    check_text("null", "instrument", "expected an object");
    check_text("{}", "instrument", "id is not there");
}

#[test]
fn every_truncation_is_refused() {
    for text in [STRESS.trim_end(), POST.trim_end()] {
        for length in (0..text.len()).step_by(7).filter(|length| text.is_char_boundary(*length)) {
            assert!(Instrument::parse(&text[..length]).is_err(), "{length}");
        }
    }
}

#[test]
fn deep_and_huge_documents_are_refused_without_a_panic() {
    check_text(&"[".repeat(1_000_000), "line", "recursion limit");
    check_text(&"{\"sections\":[".repeat(70_000), "line", "recursion limit");
    let deep = format!("{{\"x\": {}{}}}", "[".repeat(500_000), "]".repeat(500_000));
    check_text(&deep, "line", "recursion limit");
    check(&with(stress(), "/id", json!("x".repeat(1_000_000))), "instrument", "is not an id");
    let many: Vec<Value> = (0..20_000).map(|i| json!({"code": format!("c{i}"), "label": "-"})).collect();
    check(&with(stress(), &format!("{YEAR}/categories"), json!(many)), "item \"year\"", "20000 categories");
    let huge = with(stress(), "/about", json!("x".repeat(MAX_BYTES))).to_string();
    let found = Instrument::parse(&huge).expect_err("a huge document").to_string();
    assert_eq!(found, format!("it has {} bytes; expected at most {MAX_BYTES}", huge.len()));
}

#[test]
fn the_version_is_a_small_whole_number() {
    for version in [json!(1e300), json!(-1), json!(1.5), json!("1"), json!(1_u64 << 32)] {
        check(&with(stress(), "/version", version), "instrument", "version");
    }
}

#[test]
fn fields_are_all_there_and_no_others() {
    for field in ["id", "version", "language", "title", "about", "population", "origin", "minutes"] {
        check(&without(stress(), &format!("/{field}")), "instrument", &format!("{field} is not there"));
    }
    check(&without(stress(), "/sections"), "instrument", "no sections");
    check(&without(stress(), &format!("{YEAR}/id")), "item", "id is not there");
    for field in ["kind", "label", "question"] {
        let document = without(stress(), &format!("{YEAR}/{field}"));
        check(&document, "item \"year\"", &format!("{field} is not there"));
    }
    let category = "item \"year\", category \"third\"";
    check(&without(stress(), &format!("{YEAR}/categories/0/label")), category, "label is not there");
    check(&with(stress(), &format!("{YEAR}/categories/0/x"), json!(1)), category, "unknown field \"x\"");
    check(&with(stress(), "/colour", json!(1)), "instrument", "unknown field \"colour\"");
    let item = with(stress(), &format!("{YEAR}/visibleIf"), json!("x"));
    check(&item, "item \"year\"", "unknown field \"visibleIf\"");
    let condition = with(stress(), &format!("{DISCUSSED}/condition/x"), json!(1));
    check(&condition, "item \"discussed\", condition", "unknown field \"x\"");
    check(&with(stress(), "/derived/0/x", json!(1)), "derived variable \"female\"", "unknown field \"x\"");
    check(&with(stress(), "/correlations/0/r", json!(1)), "correlation \"c1\"", "unknown field \"r\"");
}

#[test]
fn fields_are_of_their_kind() {
    check(&with(stress(), "/title", json!(1)), "instrument", "title");
    check(&with(stress(), "/sections", json!({})), "instrument", "expected a list");
    check(&with(stress(), "/sections/0", json!([])), "section", "expected an object");
    check(&with(stress(), &format!("{AGE}/ordinal"), json!("yes")), "item \"age\"", "expected true or false");
    check(&with(stress(), &format!("{AGE}/categories"), json!("x")), "item \"age\"", "expected a list");
    check(&with(stress(), &format!("{YEAR}/question"), json!(["?"])), "item \"year\"", "question");
}

#[test]
fn words_of_the_form_are_known_ones() {
    for (field, word) in [("kind", "slider"), ("role", "secret"), ("source", "rumour")] {
        let document = with(stress(), &format!("{YEAR}/{field}"), json!(word));
        check(&document, "item \"year\"", &format!("{field} is {word:?}; expected "));
    }
    let means = with(stress(), &format!("{YEAR}/categories/2/means"), json!("perhaps"));
    check(&means, "item \"year\", category \"not_listed\"", "means is \"perhaps\"; expected ");
    check_definition(json!({"mean": {"item": "sex"}}), "none of recode, count, sum is there; expected one");
}

// Ids.

#[test]
fn ids_and_codes_have_plain_characters() {
    for id in ["a b", "é", "a/b", "a.b", "a\n", &"x".repeat(65)] {
        let problem = format!("{id:?} is not an id; expected 1 to 64 of the characters A-Z a-z 0-9 _ -");
        check(&with(stress(), "/id", json!(id)), "instrument", &problem);
        check(&with(stress(), "/sections/0/id", json!(id)), &format!("section {id:?}"), &problem);
        check(&with(stress(), &format!("{YEAR}/id"), json!(id)), &format!("item {id:?}"), &problem);
        let category = with(stress(), &format!("{YEAR}/categories/0/code"), json!(id));
        check(&category, &format!("item \"year\", category {id:?}"), &problem);
        check(&with(stress(), "/derived/0/id", json!(id)), &format!("derived variable {id:?}"), &problem);
        check(&with(stress(), "/correlations/0/id", json!(id)), &format!("correlation {id:?}"), &problem);
    }
    for pointer in ["/id", "/sections/0/id", "/sections/0/items/0/id", "/derived/0/id", "/correlations/0/id"]
    {
        let message = Instrument::parse(&with(stress(), pointer, json!("")).to_string()).expect_err("no id");
        assert!(message.to_string().contains(": id is empty"), "{pointer}: {message}");
    }
}

#[test]
fn ids_and_codes_are_there_once() {
    let twice = |id: &str| format!("{id:?} is there twice; expected each id once");
    let section = with(stress(), "/sections/1/id", json!("about-you"));
    check(&section, "section \"about-you\"", &twice("about-you"));
    check(&with(stress(), &format!("{SEX}/id"), json!("year")), "item \"year\"", &twice("year"));
    check(&with(stress(), &format!("{REASONS}/id"), json!("year")), "item \"year\"", &twice("year"));
    let code = with(stress(), &format!("{YEAR}/categories/1/code"), json!("third"));
    check(&code, "item \"year\", category \"third\"", &twice("third"));
    let scale = with(post(), "/sections/0/items/4/categories/0/code", json!("4"));
    check(&scale, "item \"q5_felt_differently\", category \"4\"", &twice("4"));
    check(&with(stress(), "/derived/0/id", json!("sex")), "derived variable \"sex\"", &twice("sex"));
    let derived = with(stress(), "/derived/1/id", json!("female"));
    check(&derived, "derived variable \"female\"", &twice("female"));
    check(&with(stress(), "/correlations/1/id", json!("c1")), "correlation \"c1\"", &twice("c1"));
}

// Sections and items.

#[test]
fn nothing_is_empty() {
    check(&with(stress(), "/sections", json!([])), "instrument", "no sections");
    check(&with(stress(), "/sections/1/items", json!([])), "section \"experiences\"", "no items");
    check(&with(stress(), &format!("{SEX}/categories"), json!([])), "item \"sex\"", "no categories");
    let declined = json!([{"code": "a", "label": "-", "means": "declined"}]);
    check(&with(stress(), &format!("{SEX}/categories"), declined), "item \"sex\"", "no categories");
    let none =
        json!([{"code": "a", "label": "A", "means": "none"}, {"code": "b", "label": "B", "means": "other"}]);
    check(&with(stress(), &format!("{REASONS}/categories"), none), "item \"reasons\"", "no categories");
}

#[test]
fn items_and_categories_are_not_too_many() {
    let items = |count: usize| -> Value {
        let item = |i| {
            json!({"id": format!("i{i}"), "kind": "single", "label": "-", "question": "-",
            "categories": [{"code": "a", "label": "A"}, {"code": "b", "label": "B"}]})
        };
        with(
            stress(),
            "/sections",
            json!([{"id": "s", "title": "-", "items": (0..count).map(item).collect::<Vec<_>>()}]),
        )
    };
    let items = |count| with(with(items(count), "/derived", json!([])), "/correlations", json!([]));
    let items = |count| without(items(count), "/reference");
    check_ok(&items(MAX_ITEMS));
    check(&items(MAX_ITEMS + 1), "section \"s\"", "201 items; expected at most 200");
    let categories = |count: usize| -> Value {
        let category = |i| json!({"code": format!("c{i}"), "label": format!("C{i}")});
        with(stress(), &format!("{EXPERIENCES}/categories"), (0..count).map(category).collect())
    };
    check(&categories(MAX_CATEGORIES + 1), "item \"experiences\"", "65 categories; expected at most 64");
}

#[test]
fn a_category_in_the_last_place_is_counted() {
    let category = |i| json!({"code": format!("c{i}"), "label": format!("C{i}")});
    let categories: Value = (0..MAX_CATEGORIES).map(category).collect();
    let instrument =
        check_ok(&without(with(stress(), "/sections/2/items/2/categories", categories), "/reference"));
    let effects = instrument.item(instrument.find_item("effects").expect("an item"));
    assert_eq!(effects.counted().len(), 64);
    assert!(effects.counted().contains(effects.find_category("c63").expect("a category")));
}

#[test]
fn a_scale_is_declared() {
    let item = with(post(), "/sections/0/items/0/scale", json!("frequency"));
    check(&item, "item \"q1_explore\"", "there is no scale \"frequency\"");
    check(&without(post(), "/scales"), "item \"q1_explore\"", "there is no scale \"agreement\"");
}

#[test]
fn values_are_whole_numbers_up_to_100() {
    let value = |value: Value| with(stress(), &format!("{AGE}/categories/0/value"), value);
    let place = "item \"age\", category \"21-25\"";
    check_ok(&value(json!(100)));
    check(&value(json!(101)), place, "value 101; expected 0 to 100");
    check(&value(json!(u64::MAX)), place, "value 18446744073709551615; expected 0 to 100");
    for no_value in [json!(-1), json!(1.5), json!("1")] {
        check(&value(no_value), place, "value is ");
    }
}

#[test]
fn meanings_go_with_the_kind_of_item() {
    let single = with(stress(), &format!("{SEX}/categories/2/means"), json!("none"));
    check(&single, "item \"sex\", category \"not_listed\"", "category \"not_listed\" means \"none\"");
    for means in ["declined", "not-applicable"] {
        let problem = format!("category \"none\" means {means:?}");
        let multi = with(stress(), &format!("{REASONS}/categories/7/means"), json!(means));
        check(&multi, "item \"reasons\", category \"none\"", &problem);
        let open = with(post(), "/sections/2/items/0/categories/4/means", json!(means));
        check(&open, "item \"o1_change\", category \"change_none\"", &problem.replace("none", "change_none"));
    }
}

#[test]
fn answers_to_a_likert_item_have_values() {
    let scale = without(post(), "/scales/0/categories/2/value");
    check(&scale, "item \"q1_explore\"", "category \"3\" has no value; expected a number");
}

#[test]
fn poolings_are_of_the_items_answers() {
    let pool = |groups: Value| with(stress(), &format!("{AGE}/poolings/1/groups"), groups);
    let group = |codes: &[&str]| json!({"label": "-", "categories": codes});
    let place = "item \"age\", pooling 2";
    check(&pool(json!([group(&["31-35", "36-40"])])), place, "there is no category \"36-40\"");
    check(&pool(json!([group(&["21-25", "26-30", "31-35", "gt35"])])), place, "everything is in one group");
    check(&pool(json!([group(&["gt35", "gt35"])])), place, "\"gt35\" is there twice");
    check(
        &pool(json!([group(&["31-35", "gt35"]), group(&["gt35", "26-30"])])),
        place,
        "\"gt35\" is there twice",
    );
    check(&pool(json!([group(&[])])), place, "no categories");
    check(&pool(json!([group(&["gt35", "not_listed"])])), place, "there is no answer \"not_listed\"");
    let scale = with(post(), "/scales/0/poolings/0/groups/1/categories", json!(["1", "4"]));
    check(&scale, "item \"q1_explore\", pooling 1", "\"1\" is there twice");
}

#[test]
fn conditions_look_at_earlier_sections() {
    let condition = |condition: Value| with(stress(), &format!("{DISCUSSED}/condition"), condition);
    let place = "item \"discussed\", condition";
    check_ok(&condition(json!({"item": "year", "is": ["third"]})));
    check(&condition(json!({"item": "mood", "is": ["0"]})), place, "there is no item \"mood\"");
    for (later, code) in [("discussed", "0"), ("effects", "sleep")] {
        let problem = format!("looks at {later:?}; expected an item of an earlier section");
        check(&condition(json!({"item": later, "is": [code]})), place, &problem);
    }
    check(&condition(json!({"item": "experiences", "is": ["9"]})), place, "there is no category \"9\"");
    let same_section = json!({"item": "discussed", "is": ["0"]});
    let same_section = with(stress(), &format!("{REASONS}/condition"), same_section);
    check(&same_section, "item \"reasons\", condition", "expected an item of an earlier section");
}

#[test]
fn conditions_have_one_set_of_categories_and_it_is_not_empty() {
    let condition = |condition: Value| with(stress(), &format!("{DISCUSSED}/condition"), condition);
    let place = "item \"discussed\", condition";
    check(
        &condition(json!({"item": "experiences"})),
        place,
        "none of is, is_not is there; expected one of them",
    );
    let both = json!({"item": "experiences", "is": ["gt8"], "is_not": ["0"]});
    check(&condition(both), place, "is and is_not are there together; expected one of them");
    let nobody = json!({"item": "experiences", "is_not": ["0", "1-4", "5-8", "gt8"]});
    check(&condition(nobody), place, "nobody who answered is asked");
    check(&condition(json!({"item": "experiences", "is": []})), place, "no is");
    check(&condition(json!({"item": "experiences", "is_not": []})), place, "no is_not");
}

// Derived variables and planned correlations.

/// Returns a document whose first derived variable has another definition.
#[track_caller]
fn defined(document: Value, definition: Value) -> Value {
    let (name, value) = definition.as_object().and_then(|fields| fields.iter().next()).expect("a definition");
    with(without(document, "/derived/0/recode"), &format!("/derived/0/{name}"), value.clone())
}

#[track_caller]
fn check_definition(definition: Value, problem: &str) {
    let document = defined(stress(), definition);
    check(&document, "derived variable \"female\"", problem);
}

#[test]
fn derived_variables_fit_their_items() {
    check_definition(json!({"recode": {"item": "mood", "values": []}}), "there is no item \"mood\"");
    check_definition(json!({"recode": {"item": "effects", "values": []}}), "item \"effects\" does not fit");
    check_definition(json!({"recode": {"item": "sex", "values": []}}), "no values");
    check_definition(json!({"recode": {"item": "sex", "values": [["x", 1]]}}), "there is no category \"x\"");
    check_definition(json!({"recode": {"item": "sex", "values": [["male", 101]]}}), "value 101");
    check_definition(json!({"count": {"item": "mood"}}), "there is no item \"mood\"");
    check_definition(
        json!({"count": {"item": "sex"}}),
        "item \"sex\" does not fit; expected a multi-choice item",
    );
    check_definition(json!({"sum": {"items": []}}), "no items");
    check_definition(json!({"sum": {"items": ["effects", "age"]}}), "expected an item with one choice");
    check_definition(json!({"sum": {"items": ["age", "mood"]}}), "there is no item \"mood\"");
    let without_value = without(stress(), &format!("{AGE}/categories/3/value"));
    let sum = defined(without_value, json!({"sum": {"items": ["age", "sex"]}}));
    check(&sum, "derived variable \"female\"", "category \"gt35\" has no value");
}

#[test]
fn a_sum_has_each_item_once() {
    check_definition(json!({"sum": {"items": ["age", "sex", "age"]}}), "\"age\" is there twice");
    let many: Vec<&str> = std::iter::repeat_n("age", 70_000).collect();
    check_definition(json!({"sum": {"items": many}}), "\"age\" is there twice");
}

#[test]
fn planned_correlations_are_few_and_of_numbers() {
    let more = json!({"id": "c4", "x": "female", "y": "n_effects"});
    assert_eq!(MAX_PAIRS, 3);
    let four = pushing(stress(), "/correlations", more);
    check(&four, "instrument", "4 correlations; expected at most 3");
    let x = |x: &str| with(stress(), "/correlations/0/x", json!(x));
    check(&x("mood"), "correlation \"c1\"", "there is no item \"mood\"");
    check(&x("effects"), "correlation \"c1\"", "item \"effects\" does not fit");
    let without_value = without(x("age"), &format!("{AGE}/categories/0/value"));
    check(&without_value, "correlation \"c1\"", "category \"21-25\" has no value");
    let wide = with(x("female"), &format!("{AGE}/categories/3/value"), json!(100));
    let wide = defined(wide, json!({"sum": {"items": ["age", "sex", "experiences"]}}));
    check(&wide, "correlation \"c1\"", "104 levels; expected at most 101");
}

// The reference.

#[test]
fn the_reference_is_of_this_instrument() {
    let item = |field: &str, value: Value| with(stress(), &format!("/reference/items/0/{field}"), value);
    let refused = |document: &Value, problem: &str| {
        let message = Instrument::parse(&document.to_string()).expect_err("a bad reference").to_string();
        assert!(message.starts_with("reference") && message.contains(problem), "{message}");
    };
    refused(&item("id", json!("mood")), "there is no item \"mood\"");
    refused(&item("counts", json!([["fifth", 1]])), "there is no category \"fifth\"");
    refused(&item("counts", json!([["third", 44]])), "44 is a count above its base, 43");
    refused(&item("q", json!(1)), "unknown field \"q\"");
    refused(&with(stress(), "/reference/correlations/0/id", json!("c9")), "there is no correlation \"c9\"");
    refused(&with(stress(), "/reference/correlations/0/q", json!(1)), "unknown field \"q\"");
}

#[test]
fn pairs_of_codes_and_numbers_are_a_list_with_each_code_once() {
    for counts in [json!({"third": 20}), json!("20"), json!(20), json!([["third"]]), json!([["third", "20"]])]
    {
        let document = with(stress(), "/reference/items/0/counts", counts);
        let message = Instrument::parse(&document.to_string()).expect_err("no pairs").to_string();
        assert!(message.starts_with("reference") && message.contains("counts"), "{message}");
    }
    check_definition(json!({"recode": {"item": "sex", "values": {"male": 0}}}), "values");
    check_definition(json!({"recode": {"item": "sex", "values": [["male", 0], ["male", 1]]}}), "\"male\"");
}

#[test]
fn an_instrument_needs_no_reference_and_no_analyses() {
    let bare = without(without(without(stress(), "/reference"), "/derived"), "/correlations");
    let instrument = check_ok(&bare);
    assert!(instrument.reference().is_none() && instrument.pairs().is_empty());
}

// What an author reads.

const EXAMPLE: &str = include_str!("../www/example-survey.json");
const SCHEMA: &str = include_str!("../www/instrument.schema.json");

#[test]
fn everything_that_is_wrong_is_said_with_its_line() {
    let text = STRESS
        .replacen("\"kind\": \"single\"", "\"kind\": \"slider\"", 1)
        .replacen("\"label\": \"Age\"", "\"label\": 7", 1)
        .replacen("\"is_not\": [\"0\"]", "\"is_not\": [\"never\"]", 1)
        .replacen("\"id\": \"c3\"", "\"id\": \"c1\"", 1);
    let findings = Instrument::check(text.as_bytes()).expect_err("four mistakes");
    let lines: Vec<&str> = text.lines().collect();
    for (finding, (word, message)) in findings.iter().zip([
        ("slider", "item \"year\": kind is \"slider\"; expected single, likert, multi, open"),
        ("\"label\": 7", "item \"age\": label is a number; expected a text"),
        ("never", "item \"discussed\", condition: there is no category \"never\""),
        (
            "\"x\": \"discussed\", \"y\": \"n_effects\"",
            "correlation \"c1\": \"c1\" is there twice; expected each id once",
        ),
        ("\"r\": 0.37", "reference, correlation \"c3\": there is no correlation \"c3\""),
    ]) {
        assert_eq!(finding.error.to_string(), message);
        assert!(lines[finding.line.expect("a line") - 1].contains(word), "{finding}");
    }
    assert_eq!(findings.len(), 5, "{findings:?}");
}

/// Collects what a schema says of its fields, by name, and the descriptions that are absent.
fn fields(schema: &Value, names: &mut Vec<String>, undescribed: &mut Vec<String>) {
    let Value::Object(parts) = schema else { return };
    if let Some(Value::Object(properties)) = parts.get("properties")
        && parts.get("additionalProperties") == Some(&Value::Bool(false))
    {
        for (name, property) in properties {
            names.push(name.clone());
            if property.get("description").is_none_or(|text| text.as_str().is_none_or(str::is_empty)) {
                undescribed.push(name.clone());
            }
        }
    }
    parts.values().for_each(|part| fields(part, names, undescribed));
    if let Some(Value::Array(parts)) = parts.get("prefixItems") {
        parts.iter().for_each(|part| fields(part, names, undescribed));
    }
}

fn used(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(parts) => {
            names.extend(parts.keys().cloned());
            parts.values().for_each(|part| used(part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| used(part, names)),
        _ => {}
    }
}

#[test]
fn the_example_uses_every_field_and_every_word_of_the_format() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let (mut names, mut undescribed, mut found) = (Vec::new(), Vec::new(), Vec::new());
    fields(&schema, &mut names, &mut undescribed);
    assert!(names.len() > 40, "{names:?}");
    assert_eq!(undescribed, [""; 0], "an author reads the descriptions in an editor");
    let example: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    used(&example, &mut found);
    names.retain(|name| name != "$schema" && !found.contains(name));
    assert_eq!(names, [""; 0], "fields that the example does not use");
    for word in [
        "single",
        "likert",
        "multi",
        "open",
        "declined",
        "not-applicable",
        "none",
        "other",
        "demographic",
        "inferred",
    ] {
        assert!(EXAMPLE.contains(&format!("\"{word}\"")), "{word}");
    }
    let instrument = check_ok(&example);
    assert!(instrument.text().origin.contains("never validated"));
    assert_eq!((instrument.pairs().len(), instrument.derived().len()), (3, 3));
}

#[test]
fn the_schema_has_the_limits_of_the_code() {
    use balint_survey::instrument::{
        MAX_BYTES, MAX_DERIVED, MAX_LABEL, MAX_POOLINGS, MAX_SCALES, MAX_SECTIONS, MAX_TEXT, MAX_VALUE,
    };
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    for (pointer, limit) in [
        ("/properties/scales/maxItems", MAX_SCALES),
        ("/properties/sections/maxItems", MAX_SECTIONS),
        ("/properties/derived/maxItems", MAX_DERIVED),
        ("/properties/correlations/maxItems", MAX_PAIRS),
        ("/$defs/label/maxLength", MAX_LABEL),
        ("/$defs/text/maxLength", MAX_TEXT),
        ("/$defs/value/maximum", usize::from(MAX_VALUE)),
        ("/$defs/section/properties/items/maxItems", MAX_ITEMS),
        ("/$defs/item/properties/categories/maxItems", MAX_CATEGORIES),
        ("/$defs/item/properties/poolings/maxItems", MAX_POOLINGS),
        ("/$defs/scale/properties/categories/maxItems", MAX_CATEGORIES),
        ("/$defs/scale/properties/poolings/maxItems", MAX_POOLINGS),
        ("/$defs/reference/properties/items/maxItems", MAX_ITEMS),
        ("/$defs/reference/properties/correlations/maxItems", MAX_PAIRS),
    ] {
        assert_eq!(schema.pointer(pointer), Some(&json!(limit)), "{pointer}");
    }
    assert_eq!(MAX_BYTES, 1024 * 1024);
    assert!(schema["description"].as_str().is_some_and(|text| text.contains("1 MiB")));
}

#[test]
fn the_survey_in_the_readme_is_well_formed() {
    let readme = include_str!("../README.md");
    let section = readme
        .split("\n## ")
        .find(|section| section.starts_with("Ask questions of your own"))
        .expect("a section");
    let example =
        section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let instrument = Instrument::parse(example).expect("a well-formed instrument");
    assert_eq!(instrument.id(), "my-survey");
    for limit in [
        MAX_ITEMS,
        MAX_CATEGORIES,
        balint_survey::instrument::MAX_SECTIONS,
        balint_survey::instrument::MAX_LABEL,
        balint_survey::instrument::MAX_TEXT,
    ] {
        assert!(section.contains(&format!(" {limit} ")), "{limit} is not in {section}");
    }
}

/// Returns a document of the built-in ones with a text replaced once.
#[track_caller]
fn check_meaning(document: &Value, place: &str, problem: &str) {
    let findings = Instrument::check(document.to_string().as_bytes()).expect_err("nonsense");
    let said: Vec<String> = findings.iter().map(|finding| finding.error.to_string()).collect();
    assert!(said.contains(&format!("{place}: {problem}")), "{said:?}");
}

#[test]
fn what_the_form_allows_and_nobody_can_mean_is_refused() {
    let q1 = "item \"q1_explore\"";
    let value = |value: u8| with(post(), "/scales/0/categories/2/value", json!(value));
    let order =
        "the values of the scale go up and down; expected them to rise, or to fall, with each category";
    check_meaning(&value(1), q1, order);
    check_meaning(&value(9), q1, order);
    let sex = with(stress(), &format!("{SEX}/categories/1/means"), json!("declined"));
    check_meaning(
        &without(sex, &format!("{SEX}/categories/1/value")),
        "item \"sex\"",
        "too few categories that are answers, 1; expected at least 2",
    );
    let label = with(stress(), &format!("{AGE}/categories/1/label"), json!("21 – 25"));
    check_meaning(
        &label,
        "item \"age\", category \"26-30\"",
        "the label \"21 – 25\" is there twice; expected two that differ",
    );
    let ordinal = with(stress(), &format!("{REASONS}/ordinal"), json!(true));
    check_meaning(
        &ordinal,
        "item \"reasons\"",
        "ordinal has no effect here; expected it only on an item with one choice",
    );
    let same = with(stress(), "/correlations/0/y", json!("female"));
    check_meaning(&same, "correlation \"c1\"", "x and y are both \"female\"; expected two variables");
    let again =
        with(with(stress(), "/correlations/1/x", json!("n_effects")), "/correlations/1/y", json!("female"));
    check_meaning(
        &again,
        "correlation \"c2\"",
        "x and y are those of correlation \"c1\"; expected each pair once",
    );
    let mean = with(post(), "/reference/items/0/mean", json!(4.5));
    check_meaning(
        &mean,
        "reference, item \"q1_explore\"",
        "mean is another number; expected one from 1 to 4",
    );
    let column = with(
        with(stress(), &format!("{SEX}/id"), json!("effects___sleep")),
        "/derived/0/recode/item",
        json!("effects___sleep"),
    );
    check_meaning(
        &column,
        "instrument",
        "two columns of a CSV file would be called \"effects___sleep\"; expected another id or code",
    );
}
