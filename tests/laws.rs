//! Laws that hold for any answers whatever: of drafts, of tallies and of what is made from them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use balint_survey::answers::{Answers, ItemError, ItemProblem, Response, Shown};
use balint_survey::disclosure::{Collection, Policy, Release, release};
use balint_survey::instrument::{Instrument, Item, ItemId, Kind, Meaning};
use balint_survey::report::{Format, Report};
use balint_survey::statistics::wilson;
use balint_survey::tally::{Tally, TallyError};
use proptest::collection::vec;
use proptest::prelude::*;

static INSTRUMENTS: LazyLock<Vec<Instrument>> = LazyLock::new(Instrument::built_in);

fn stress() -> &'static Instrument {
    &INSTRUMENTS[0]
}

fn post() -> &'static Instrument {
    &INSTRUMENTS[1]
}

/// What a respondent may do; the numbers are taken modulo how many there are to choose from.
#[derive(Clone, Debug)]
enum Act {
    Choose(usize, usize),
    Untick(usize, usize),
    Write(usize),
    LeaveOut(usize),
    Prune,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (0..64usize, 0..64usize).prop_map(|(item, category)| Act::Choose(item, category)),
        4 => (0..64usize, 0..64usize).prop_map(|(item, category)| Act::Untick(item, category)),
        1 => (0..64usize).prop_map(Act::Write),
        1 => (0..64usize).prop_map(Act::LeaveOut),
        1 => Just(Act::Prune),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    vec(act(), 0..60)
}

/// A draft, with a model of it that a reader can check: codes and nothing else.
struct Model {
    instrument: &'static Instrument,
    answers: Answers,
    items: Vec<State>,
}

#[derive(Clone, PartialEq)]
enum State {
    Untouched,
    LeftOut,
    Chosen(BTreeSet<usize>),
}

impl Model {
    fn new(instrument: &'static Instrument) -> Model {
        let items = vec![State::Untouched; instrument.items().len()];
        Model { instrument, answers: Answers::new(instrument), items }
    }

    fn of(instrument: &'static Instrument, acts: &[Act]) -> Model {
        let mut model = Model::new(instrument);
        acts.iter().for_each(|act| model.act(act));
        model
    }

    fn item(&self, place: usize) -> (usize, ItemId, &'static Item) {
        let place = place % self.items.len();
        let (id, item) = self.instrument.items().nth(place).expect("an item");
        (place, id, item)
    }

    fn place(&self, item: ItemId) -> usize {
        self.instrument.items().position(|(id, _)| id == item).expect("an item")
    }

    fn chosen(&self, place: usize) -> BTreeSet<usize> {
        match &self.items[place] {
            State::Chosen(chosen) => chosen.clone(),
            State::Untouched | State::LeftOut => BTreeSet::new(),
        }
    }

    fn is_on_path(&self, item: &Item) -> bool {
        let Some(condition) = &item.condition else { return true };
        let (place, _, parent) = self.item(self.place(condition.item));
        let chosen = self.chosen(place);
        let in_set = |(i, (id, _))| chosen.contains(&i) && condition.categories.contains(id);
        let meets = parent.categories().enumerate().any(in_set);
        self.is_on_path(parent) && (meets ^ condition.negated)
    }

    /// The items that a respondent on this path still has to answer.
    fn unanswered(&self) -> Vec<ItemId> {
        let open = |item: &Item| item.kind == Kind::Open;
        let items = self.instrument.items().zip(&self.items);
        let missing = items
            .filter(|((_, item), state)| **state == State::Untouched && self.is_on_path(item) && !open(item));
        missing.map(|((id, _), _)| id).collect()
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Choose(item, category) => self.choose(item, category),
            Act::Untick(item, category) => self.untick(item, category),
            Act::Write(item) => {
                let (_, id, _) = self.item(item);
                self.answers.write(id, "Dr. Canary, room 7".into());
            }
            Act::LeaveOut(section) => {
                let sections = self.instrument.sections();
                let section = &sections[section % sections.len()];
                self.answers.leave_out(self.instrument, section, Shown::OnPath);
                for item in self.unanswered().into_iter().filter(|item| section.items.contains(item)) {
                    let place = self.place(item);
                    self.items[place] = State::LeftOut;
                }
            }
            Act::Prune => {
                self.answers.prune(self.instrument);
                for place in 0..self.items.len() {
                    if !self.is_on_path(self.item(place).2) {
                        self.items[place] = State::Untouched;
                    }
                }
            }
        }
    }

    fn choose(&mut self, item: usize, category: usize) {
        let (place, id, item) = self.item(item);
        let category = category % item.categories.len();
        let (category_id, chosen) = item.categories().nth(category).expect("a category");
        self.answers.choose(self.instrument, id, category_id);
        let is_none = |i: &usize| item.categories[*i].meaning == Meaning::None;
        let mut ticked = self.chosen(place);
        if !item.takes_several() || chosen.meaning == Meaning::None {
            ticked.clear();
        }
        ticked.retain(|i| !is_none(i));
        ticked.insert(category);
        self.items[place] = State::Chosen(ticked);
    }

    fn untick(&mut self, item: usize, category: usize) {
        let (place, id, item) = self.item(item);
        let category = category % item.categories.len();
        let (category_id, _) = item.categories().nth(category).expect("a category");
        self.answers.untick(id, category_id);
        let mut ticked = self.chosen(place);
        if ticked.remove(&category) {
            self.items[place] = if ticked.is_empty() { State::Untouched } else { State::Chosen(ticked) };
        }
    }

    fn response(mut self) -> Response {
        for section in self.instrument.sections() {
            self.answers.leave_out(self.instrument, section, Shown::OnPath);
        }
        self.answers.finish(self.instrument).expect("nothing is left unanswered")
    }
}

fn response(instrument: &'static Instrument, acts: &[Act]) -> Response {
    Model::of(instrument, acts).response()
}

fn recorded(instrument: &Instrument, responses: &[Response]) -> Tally {
    let mut tally = Tally::new(instrument);
    responses.iter().for_each(|response| tally.record(instrument, response).expect("no overflow"));
    tally
}

fn merged(mut a: Tally, b: &Tally) -> Tally {
    a.merge(b).expect("of one instrument");
    a
}

fn everybody() -> impl Strategy<Value = Vec<Vec<Act>>> {
    vec(acts(), 0..12)
}

fn responses(instrument: &'static Instrument, everybody: &[Vec<Act>]) -> Vec<Response> {
    everybody.iter().map(|acts| response(instrument, acts)).collect()
}

/// A respondent who answers everything: for each item a number that says which categories.
fn complete(instrument: &'static Instrument, choices: &[usize]) -> Response {
    let mut answers = Answers::new(instrument);
    for ((id, item), choice) in instrument.items().zip(choices) {
        // Nothing that makes a base smaller: neither declined, nor the skip of the class survey.
        let answer = |code: &str, meaning| {
            meaning == Meaning::Substantive && (item.id != "experiences" || code != "0")
        };
        let good: Vec<_> = item.categories().filter(|(_, c)| answer(&c.code, c.meaning)).collect();
        let ticked = good.iter().enumerate().filter(|(i, _)| match item.takes_several() {
            true => choice >> i & 1 == 1,
            false => choice % good.len() == *i,
        });
        ticked.for_each(|(_, (category, _))| answers.choose(instrument, id, *category));
        if answers.chosen(id).is_empty() {
            let none = item.categories().find(|(_, category)| category.meaning == Meaning::None);
            answers.choose(instrument, id, none.expect("a category for nothing").0);
        }
    }
    answers.finish(instrument).expect("everything is answered")
}

fn released(instrument: &Instrument, name: &str, eligible: u64, responses: &[Response]) -> Release {
    let policy = Policy::named("published").expect("a policy");
    let collection = Collection::new(name, Some(eligible)).expect("a good name");
    release(recorded(instrument, responses), instrument, &policy, &collection).expect("enough respondents")
}

/// Returns the report in every format, byte for byte, without the names of the collections.
fn written_without_names(release: &Release, instrument: &Instrument) -> Vec<String> {
    let report = Report { collections: Vec::new(), ..Report::new(release, instrument) };
    Format::ALL.iter().map(|format| format.write(&report, instrument)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    // Drafts.

    #[test]
    fn finishing_names_exactly_what_is_on_the_path_and_untouched(acts in acts(), which in 0..2usize) {
        let model = Model::of(&INSTRUMENTS[which], &acts);
        let expected: Vec<ItemError> = model.unanswered().into_iter()
            .map(|item| ItemError { item, problem: ItemProblem::Unanswered })
            .collect();
        let found = model.answers.finish(model.instrument).err().unwrap_or_default();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_draft_holds_what_was_chosen(acts in acts(), which in 0..2usize) {
        let model = Model::of(&INSTRUMENTS[which], &acts);
        for (place, (id, item)) in model.instrument.items().enumerate() {
            let chosen = model.answers.chosen(id);
            let found: BTreeSet<usize> = item.categories().enumerate()
                .filter(|(_, (category, _))| chosen.contains(*category))
                .map(|(i, _)| i)
                .collect();
            prop_assert!(found == model.chosen(place), "{}", item.id);
            prop_assert_eq!(model.answers.is_on_path(model.instrument, id), model.is_on_path(item));
        }
    }

    #[test]
    fn pruning_forgets_the_text_and_the_answers_off_the_path(acts in acts()) {
        let mut model = Model::of(stress(), &acts);
        model.act(&Act::Prune);
        for (id, item) in stress().items().filter(|(_, item)| !model.is_on_path(item)) {
            prop_assert_eq!(model.answers.text(id), "", "{}", item.id);
            prop_assert!(model.answers.chosen(id).is_empty(), "{}", item.id);
        }
    }

    #[test]
    fn nothing_of_a_respondent_is_printed(acts in acts(), which in 0..2usize) {
        let instrument = &INSTRUMENTS[which];
        let answers = Model::of(instrument, &acts).answers;
        let response = response(instrument, &acts);
        let tally = recorded(instrument, std::slice::from_ref(&response));
        let mut printed = vec![format!("{answers:?} {answers:#?} {response:?} {response:#?} {tally:?} {tally:#?}")];
        for (id, _) in instrument.items() {
            printed.push(format!("{:?} {:#?}", response.value(id), answers.chosen(id)));
        }
        for printed in printed {
            prop_assert!(!printed.contains(|c: char| c.is_ascii_digit()), "{}", printed);
            prop_assert!(!printed.contains("Canary"), "{}", printed);
            for (_, item) in instrument.items() {
                for (_, category) in item.categories() {
                    prop_assert!(!printed.contains(&*category.code), "{} in {}", category.code, printed);
                }
            }
        }
    }

    // Tallies.

    #[test]
    fn merging_is_commutative_and_associative(a in everybody(), b in everybody(), c in everybody()) {
        let tally = |everybody: &[Vec<Act>]| recorded(stress(), &responses(stress(), everybody));
        let (a, b, c) = (tally(&a), tally(&b), tally(&c));
        prop_assert!(merged(a.clone(), &b) == merged(b.clone(), &a));
        prop_assert!(merged(merged(a.clone(), &b), &c) == merged(a.clone(), &merged(b, &c)));
    }

    #[test]
    fn nobody_is_the_identity_of_merging(everybody in everybody(), which in 0..2usize) {
        let instrument = &INSTRUMENTS[which];
        let tally = recorded(instrument, &responses(instrument, &everybody));
        prop_assert!(merged(tally.clone(), &Tally::new(instrument)) == tally);
        prop_assert!(merged(Tally::new(instrument), &tally) == tally);
        prop_assert_eq!(tally == Tally::new(instrument), everybody.is_empty());
    }

    #[test]
    fn any_split_merges_to_what_recording_everybody_gives(
        everybody in vec((acts(), 0..4usize), 0..16),
        which in 0..2usize,
    ) {
        let instrument = &INSTRUMENTS[which];
        let all: Vec<Response> = everybody.iter().map(|(acts, _)| response(instrument, acts)).collect();
        let mut sum = Tally::new(instrument);
        for part in 0..4 {
            let here: Vec<Response> = all.iter().zip(&everybody)
                .filter(|(_, (_, place))| *place == part)
                .map(|(response, _)| response.clone())
                .collect();
            sum.merge(&recorded(instrument, &here)).expect("of one instrument");
        }
        prop_assert!(sum == recorded(instrument, &all));
    }

    #[test]
    fn a_failed_merge_leaves_the_tally(everybody in everybody()) {
        let mut tally = recorded(stress(), &responses(stress(), &everybody));
        let before = tally.clone();
        let other = recorded(post(), &responses(post(), &everybody));
        prop_assert_eq!(tally.merge(&other), Err(TallyError::OtherInstrument));
        prop_assert!(tally == before);
    }

    #[test]
    fn counts_of_an_item_add_up_to_its_base_and_bases_to_everybody(everybody in everybody(), which in 0..2usize) {
        let instrument = &INSTRUMENTS[which];
        let tally = recorded(instrument, &responses(instrument, &everybody));
        prop_assert_eq!(tally.respondents(), everybody.len() as u64);
        for (id, item) in instrument.items() {
            let counts = tally.item(id);
            prop_assert_eq!(counts.base() + counts.missing() + counts.not_asked(), tally.respondents());
            prop_assert!(item.condition.is_some() || counts.not_asked() == 0, "{}", item.id);
            let answers: Vec<u64> = item.answers().map(|(category, _)| counts.category(category)).collect();
            if item.takes_several() {
                prop_assert!(answers.iter().all(|count| *count <= counts.base()), "{}", item.id);
                prop_assert!(answers.iter().sum::<u64>() >= counts.base(), "{}", item.id);
            } else {
                prop_assert_eq!(answers.iter().sum::<u64>(), counts.base(), "{}", &item.id);
            }
        }
    }

    #[test]
    fn levels_add_up_to_those_who_have_the_variable(everybody in everybody(), which in 0..2usize) {
        let instrument = &INSTRUMENTS[which];
        let all = responses(instrument, &everybody);
        let tally = recorded(instrument, &all);
        for (place, variable) in instrument.derived().iter().enumerate() {
            let with_value = all.iter().filter(|response| response.derive(instrument, variable).is_some()).count();
            prop_assert_eq!(tally.derived(place).iter().sum::<u64>(), with_value as u64, "{}", &variable.id);
        }
        for (place, pair) in instrument.pairs().iter().enumerate() {
            let both = all.iter().filter_map(|response| {
                let x = response.derive(instrument, &pair.x)?;
                Some(u64::from(x) * u64::from(response.derive(instrument, &pair.y)?))
            });
            let products: Vec<u64> = both.collect();
            let counts = tally.pair(place);
            prop_assert_eq!(counts.x.iter().sum::<u64>(), products.len() as u64, "{}", &pair.id);
            prop_assert_eq!(counts.y.iter().sum::<u64>(), products.len() as u64, "{}", &pair.id);
            prop_assert_eq!(counts.sum_xy, products.iter().sum::<u64>(), "{}", &pair.id);
        }
    }

    // Releases and reports.

    /// Where no part withholds anything, that is: everybody answered everything, and there are five in each part.
    #[test]
    fn releases_of_a_split_merge_to_the_report_of_the_whole(
        a in vec(vec(0..1024usize, 20), 5..12),
        b in vec(vec(0..1024usize, 20), 5..12),
        which in 0..2usize,
    ) {
        let instrument = &INSTRUMENTS[which];
        let all = |choices: &[Vec<usize>]| -> Vec<Response> {
            choices.iter().map(|choices| complete(instrument, choices)).collect()
        };
        let (a, b) = (all(&a), all(&b));
        let whole = released(instrument, "whole", 60, &[a.clone(), b.clone()].concat());
        let (a, b) = (released(instrument, "a", 25, &a), released(instrument, "b", 35, &b));
        let merged = a.merge(&b).expect("two that go together");
        prop_assert_eq!(&merged, &b.merge(&a).expect("two that go together"));
        prop_assert_eq!(written_without_names(&merged, instrument), written_without_names(&whole, instrument));
    }

    /// However the respondents are dealt out, to be counted on several devices: also where a part is too small
    /// to release anything by itself.
    #[test]
    fn any_split_before_the_release_gives_the_report_of_the_whole_byte_for_byte(
        everybody in vec((vec(0..1024usize, 20), 0..4usize), 11..30),
        which in 0..2usize,
        policy in 0..4usize,
    ) {
        let instrument = &INSTRUMENTS[which];
        let part = |wanted: Option<usize>| -> Tally {
            let chosen = everybody.iter().filter(|(_, part)| wanted.is_none_or(|wanted| wanted == *part));
            let responses: Vec<Response> = chosen.map(|(choices, _)| complete(instrument, choices)).collect();
            recorded(instrument, &responses)
        };
        let policy = balint_survey::disclosure::POLICIES[policy];
        let collection = Collection::new("c", Some(100)).expect("a good name");
        let made = |tally: Tally| {
            let made = release(tally, instrument, &policy, &collection).expect("enough respondents");
            let report = Report::new(&made, instrument);
            let formats = Format::ALL.iter().map(|format| format.write(&report, instrument));
            [made.to_json()].into_iter().chain(formats).collect::<Vec<String>>()
        };
        let split = (1..4).fold(part(Some(0)), |sum, place| merged(sum, &part(Some(place))));
        prop_assert_eq!(made(split), made(part(None)));
    }

    #[test]
    fn every_percent_lies_in_its_interval(everybody in vec(vec(0..1024usize, 20), 10..30), policy in 0..4usize) {
        let all: Vec<Response> = everybody.iter().map(|choices| complete(stress(), choices)).collect();
        let policy = balint_survey::disclosure::POLICIES[policy];
        let collection = Collection::new("a", Some(100)).expect("a good name");
        // `strict` asks for one respondent more.
        let all = if all.len() < 11 { [all.clone(), all].concat() } else { all };
        let made = release(recorded(stress(), &all), stress(), &policy, &collection).expect("enough");
        let report = Report::new(&made, stress());
        for frequency in report.items.iter().flat_map(|item| item.categories.iter().flatten()) {
            prop_assert_eq!(frequency.percent.is_some(), frequency.count.exact().is_some());
            if let (Some(low), Some(percent), Some(high)) = (frequency.low, frequency.percent, frequency.high) {
                prop_assert!(0.0 <= low && low <= percent && percent <= high && high <= 100.0, "{:?}", frequency);
            }
        }
    }

    #[test]
    fn wilsons_interval_holds_the_rate(base in 1..10_000_000_000_u64, share in 0.0..=1.0_f64) {
        let successes = ((base as f64 * share) as u64).min(base);
        for successes in [successes, 0, 1, base - 1, base] {
            let interval = wilson(successes, base).expect("a base");
            let rate = successes as f64 / base as f64;
            prop_assert!(0.0 <= interval.low && interval.low <= rate, "{} of {}: {:?}", successes, base, interval);
            prop_assert!(rate <= interval.high && interval.high <= 1.0, "{} of {}: {:?}", successes, base, interval);
        }
    }
}

#[test]
fn a_merge_that_would_overflow_leaves_the_tally() {
    let mut tally = recorded(stress(), &[response(stress(), &[])]);
    for _ in 0..63 {
        tally = merged(tally.clone(), &tally);
    }
    assert!(tally.respondents() == 1 << 63);
    let before = tally.clone();
    assert_eq!(tally.merge(&before), Err(TallyError::Overflow));
    assert!(tally == before);
}

/// Sums of one respondent whose next recording overflows: as many as there can be, to the one.
fn full(respondent: &Tally) -> Tally {
    let mut doubled = vec![respondent.clone()];
    loop {
        let mut next = doubled[doubled.len() - 1].clone();
        if next.merge(&doubled[doubled.len() - 1]).is_err() {
            break;
        }
        doubled.push(next);
    }
    let mut sum = doubled.pop().expect("one at least");
    for part in doubled.iter().rev() {
        // What does not go in leaves the sum as it was.
        let _ = sum.merge(part);
    }
    sum
}

#[test]
fn a_recording_that_would_overflow_leaves_the_tally() {
    // Nobody's answer and somebody's: the respondents overflow first, and then a Σxy.
    for (response, is_sum) in [(response(stress(), &[]), false), (complete(stress(), &[3; 20]), true)] {
        let mut tally = full(&recorded(stress(), std::slice::from_ref(&response)));
        assert_eq!(tally.respondents() < u64::MAX, is_sum);
        let before = tally.clone();
        assert_eq!(tally.record(stress(), &response), Err(TallyError::Overflow));
        assert!(tally == before);
    }
}

#[test]
fn recording_is_merging_one_respondent_however_many_there_are() {
    let response = complete(stress(), &[3; 20]);
    let one = recorded(stress(), std::slice::from_ref(&response));
    let mut many = one.clone();
    for _ in 0..40 {
        let mut recorded = many.clone();
        recorded.record(stress(), &response).expect("no overflow");
        assert!(recorded == merged(many.clone(), &one));
        many = merged(many.clone(), &many);
    }
}

const CHAIN: &str = r#"{
  "id": "chain", "version": 1, "language": "en", "title": "-", "about": "-", "population": "-", "origin": "-",
  "minutes": 1,
  "sections": [
    {"id": "one", "title": "-", "items": [{"id": "a", "kind": "single", "label": "-", "question": "-",
      "categories": [{"code": "yes", "label": "yes"}, {"code": "no", "label": "no"}]}]},
    {"id": "two", "title": "-", "items": [{"id": "b", "kind": "single", "label": "-", "question": "-",
      "condition": {"item": "a", "is": ["yes"]},
      "categories": [{"code": "yes", "label": "yes"}, {"code": "no", "label": "no"}]}]},
    {"id": "three", "title": "-", "items": [{"id": "c", "kind": "single", "label": "-", "question": "-",
      "condition": {"item": "b", "is_not": ["no"]},
      "categories": [{"code": "yes", "label": "yes"}, {"code": "no", "label": "no"}]}]}
  ]
}"#;

/// Checks which of a, b and c are asked after answers to a and b.
#[track_caller]
fn check_path(a: &str, b: Option<&str>, expected: [bool; 3]) {
    let instrument = Instrument::parse(CHAIN).expect("a well-formed instrument");
    let mut answers = Answers::new(&instrument);
    for (item, code) in [("a", Some(a)), ("b", b)].into_iter().filter_map(|(item, code)| Some((item, code?)))
    {
        let item = instrument.find_item(item).expect("an item");
        let category = instrument.item(item).find_category(code).expect("a category");
        answers.choose(&instrument, item, category);
    }
    let found =
        ["a", "b", "c"].map(|id| answers.is_on_path(&instrument, instrument.find_item(id).expect("an item")));
    assert_eq!(found, expected, "a {a}, b {b:?}");
}

#[test]
fn an_item_behind_one_that_is_not_asked_is_not_asked() {
    check_path("no", None, [true, false, false]);
    // The answer to b is from before a was changed; whatever it was, it opens nothing.
    check_path("no", Some("yes"), [true, false, false]);
    check_path("no", Some("no"), [true, false, false]);
    check_path("yes", None, [true, true, true]);
    check_path("yes", Some("yes"), [true, true, true]);
    check_path("yes", Some("no"), [true, true, false]);
}

#[test]
fn a_tally_of_an_instrument_that_differs_by_a_word_is_not_merged() {
    let reworded = Instrument::parse(&CHAIN.replacen("\"title\": \"-\"", "\"title\": \"=\"", 1));
    let mut tally = Tally::new(&Instrument::parse(CHAIN).expect("a well-formed instrument"));
    let other = Tally::new(&reworded.expect("a well-formed instrument"));
    assert_eq!(tally.merge(&other), Err(TallyError::OtherInstrument));
}
