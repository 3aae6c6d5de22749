//! Microdata: who might have answered what, and what is observed of it.

use std::rc::Rc;

use balint_survey::answers::{Answers, Response, Shown};
use balint_survey::disclosure::{Collection, Policy, Refusal, Release, release};
use balint_survey::instrument::{CategoryId, Instrument, Item, ItemId, Meaning, Variable};
use balint_survey::tally::Tally;

/// The categories that a respondent chose for each item, as bits; none where it was left out or not asked.
pub type Row = Vec<u64>;

/// One respondent.
pub struct Person {
    pub row: Row,
    /// The derived variables' values.
    pub derived: Vec<Option<u16>>,
    /// Both values of each planned pair, where there are both.
    pub pairs: Vec<Option<(u16, u16)>>,
    response: Response,
}

/// Everybody who answered.
pub type World = Vec<Rc<Person>>;

/// Random numbers that are the same on every machine (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        if choices.is_empty() { None } else { Some(choices[self.below(choices.len())]) }
    }
}

/// An item as bits.
pub struct Shape {
    id: ItemId,
    categories: Vec<CategoryId>,
    pub takes_several: bool,
    /// The categories that are in the base, one bit each.
    pub answers: Vec<u64>,
    /// "None of these".
    pub none: u64,
    /// A category that is not in the base: "prefer not to say", "not applicable".
    pub outside: u64,
    /// All categories in the base.
    pub all: u64,
    condition: Option<Condition>,
}

/// Who is asked an item: those whose choices for another meet a set, or do not.
struct Condition {
    item: usize,
    set: u64,
    negated: bool,
}

/// An instrument, ready to be answered often.
pub struct Survey {
    pub instrument: Instrument,
    pub shapes: Vec<Shape>,
    /// For each planned pair the items that two respondents can swap so that no other pair changes.
    pub bundles: Vec<Vec<usize>>,
    collection: Collection,
}

fn place(item: ItemId) -> usize {
    item.number() - 1
}

/// Returns the places of the items that a variable is derived from.
pub fn sources(variable: &Variable) -> Vec<usize> {
    variable.definition.items().iter().map(|item| place(*item)).collect()
}

/// Returns the items that other planned pairs tie to one side of a pair.
fn bundle(instrument: &Instrument, pair: usize) -> Vec<usize> {
    let ends: Vec<[usize; 2]> =
        instrument.pairs().iter().map(|pair| [sources(&pair.x)[0], sources(&pair.y)[0]]).collect();
    let others = || ends.iter().enumerate().filter(|(other, _)| *other != pair).map(|(_, ends)| ends);
    let tied = |start: usize| {
        let mut tied = vec![start];
        for _ in others() {
            let more: Vec<usize> = others()
                .filter(|ends| tied.contains(&ends[0]) != tied.contains(&ends[1]))
                .flatten()
                .copied()
                .collect();
            tied.extend(more);
        }
        tied.sort_unstable();
        tied.dedup();
        tied
    };
    let [x, y] = ends[pair];
    if tied(x).len() < tied(y).len() { tied(x) } else { tied(y) }
}

impl Shape {
    fn new(instrument: &Instrument, id: ItemId, item: &Item) -> Shape {
        let bits = |keeps: &dyn Fn(Meaning) -> bool| -> Vec<u64> {
            let kept = item.categories().enumerate().filter(|(_, (_, category))| keeps(category.meaning));
            kept.map(|(i, _)| 1 << i).collect()
        };
        let answers = bits(&Meaning::is_answer);
        let condition = item.condition.as_ref().map(|condition| {
            let parent = instrument.item(condition.item).categories().enumerate();
            let among = parent.filter(|(_, (id, _))| condition.categories.contains(*id));
            Condition {
                item: place(condition.item),
                set: among.map(|(i, _)| 1 << i).sum(),
                negated: condition.negated,
            }
        });
        Shape {
            id,
            categories: item.categories().map(|(id, _)| id).collect(),
            takes_several: item.takes_several(),
            all: answers.iter().sum(),
            answers,
            none: bits(&|meaning| meaning == Meaning::None).iter().sum(),
            outside: bits(&|meaning| !meaning.is_answer()).iter().sum(),
            condition,
        }
    }

    /// Returns whether a choice is one that the page accepts.
    pub fn is_valid(&self, choice: u64) -> bool {
        match self.takes_several {
            true => choice & self.none == 0 || choice == self.none,
            false => choice.count_ones() <= 1,
        }
    }

    /// Returns the item that decides who is asked.
    pub fn asked_by(&self) -> Option<usize> {
        self.condition.as_ref().map(|condition| condition.item)
    }

    /// Returns whether a choice is in the base.
    pub fn is_answer(&self, choice: u64) -> bool {
        choice & self.all != 0
    }
}

impl Survey {
    pub fn new(id: &str) -> Survey {
        let instrument = Instrument::find(id).expect("a built-in instrument");
        let shapes = instrument.items().map(|(id, item)| Shape::new(&instrument, id, item)).collect();
        let collection = Collection::new("a", None).expect("a good name");
        let bundles = (0..instrument.pairs().len()).map(|pair| bundle(&instrument, pair)).collect();
        Survey { instrument, shapes, bundles, collection }
    }

    pub fn find(&self, item: &str) -> usize {
        place(self.instrument.find_item(item).expect("an item"))
    }

    /// Returns the bit of a category.
    pub fn bit(&self, item: &str, code: &str) -> u64 {
        let item = self.instrument.item(self.instrument.find_item(item).expect("an item"));
        1 << (item.find_category(code).expect("a category").number() - 1)
    }

    /// Returns whether an item is asked of a respondent.
    pub fn is_asked(&self, row: &[u64], item: usize) -> bool {
        let Some(condition) = &self.shapes[item].condition else { return true };
        let meets = row[condition.item] & condition.set != 0;
        self.is_asked(row, condition.item) && meets != condition.negated
    }

    /// Returns a respondent; what is chosen for items that are not asked is forgotten.
    pub fn person(&self, mut row: Row) -> Rc<Person> {
        let mut answers = Answers::new(&self.instrument);
        for (item, shape) in self.shapes.iter().enumerate() {
            if !self.is_asked(&row, item) {
                row[item] = 0;
            }
            assert!(shape.is_valid(row[item]), "the page accepts no such choice");
            let chosen = shape.categories.iter().enumerate().filter(|(bit, _)| row[item] >> bit & 1 == 1);
            chosen.for_each(|(_, category)| answers.choose(&self.instrument, shape.id, *category));
        }
        self.instrument
            .sections()
            .iter()
            .for_each(|section| answers.leave_out(&self.instrument, section, Shown::OnPath));
        let response = answers.finish(&self.instrument).expect("nothing is left unanswered");
        let derive = |variable: &Variable| response.derive(&self.instrument, variable);
        let derived = self.instrument.derived().iter().map(derive).collect();
        let pairs = self.instrument.pairs().iter().map(|pair| derive(&pair.x).zip(derive(&pair.y))).collect();
        Rc::new(Person { row, derived, pairs, response })
    }

    pub fn world(&self, rows: impl IntoIterator<Item = Row>) -> World {
        rows.into_iter().map(|row| self.person(row)).collect()
    }

    /// Returns a respondent who chose something else for an item.
    pub fn choosing(&self, person: &Person, item: usize, choice: u64) -> Rc<Person> {
        let mut row = person.row.clone();
        row[item] = choice;
        self.person(row)
    }

    pub fn release(&self, world: &[Rc<Person>], policy: &Policy) -> Result<Release, Refusal> {
        let mut tally = Tally::new(&self.instrument);
        for person in world {
            tally.record(&self.instrument, &person.response).expect("no overflow");
        }
        release(tally, &self.instrument, policy, &self.collection)
    }
}
