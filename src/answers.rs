//! One respondent: what they have answered so far, which items are on their path, and what is valid.
//!
//! [`Answers`] is a draft that may be incomplete and that may hold free text.
//! [`Answers::finish`] turns it into a [`Response`], which is valid and has no place for text.
//!
//! **Invariant:** neither type can be serialised, and neither prints a value through `Debug`.

pub mod csv;

use std::fmt;

use crate::instrument::{
    CategoryId, CategorySet, Definition, Instrument, Item, ItemId, Kind, Meaning, Section, Variable,
};

/// The draft of one respondent.
#[derive(Clone, PartialEq)]
pub struct Answers {
    drafts: Vec<Draft>,
    texts: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Draft {
    Untouched,
    /// The respondent said that they leave it out.
    LeftOut,
    Single(CategoryId),
    Several(CategorySet),
}

/// Which items a respondent is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Those on the path.
    OnPath,
    /// All, so that nobody who looks on can tell the path from what is shown; answers off the path do not count.
    Everything,
}

/// One respondent's valid answers.
#[derive(Clone, PartialEq)]
pub struct Response {
    values: Vec<Value>,
}

/// What a response says of one item.
#[derive(Clone, Copy, PartialEq)]
pub enum Value {
    Single(CategoryId),
    Several(CategorySet),
    Nonresponse(Nonresponse),
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonresponse {
    /// The item is off the respondent's path.
    NotAsked,
    /// "Prefer not to say".
    Declined,
    /// "Not applicable".
    NotApplicable,
    /// Left out.
    Missing,
}

/// What stands between a draft and a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemError {
    pub item: ItemId,
    pub problem: ItemProblem,
}

/// What is wrong with the answer to one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemProblem {
    /// Neither answered nor left out on purpose.
    Unanswered,
    /// "None of these" together with one of these.
    NoneAndOthers,
}

impl Answers {
    pub fn new(instrument: &Instrument) -> Answers {
        let items = instrument.items().len();
        Answers { drafts: vec![Draft::Untouched; items], texts: vec![String::new(); items] }
    }

    /// Chooses a category: the only one, or one more where several can be chosen.
    ///
    /// "None of these" unticks the others, and one of the others unticks "none of these".
    pub fn choose(&mut self, instrument: &Instrument, item: ItemId, category: CategoryId) {
        let asked = instrument.item(item);
        self.drafts[item.0] = if !asked.takes_several() {
            Draft::Single(category)
        } else if asked.category(category).meaning == Meaning::None {
            Draft::Several([category].into_iter().collect())
        } else {
            let kept = nones(asked).fold(self.chosen(item), CategorySet::without);
            Draft::Several(kept.with(category))
        };
    }

    /// Chooses a category as [`choose`](Self::choose) does, but unticks nothing: what contradicts is an error later.
    fn tick(&mut self, item: ItemId, is_one_of_several: bool, category: CategoryId) {
        self.drafts[item.0] = match is_one_of_several {
            true => Draft::Several(self.chosen(item).with(category)),
            false => Draft::Single(category),
        };
    }

    /// Takes back a chosen category; what is not chosen stays so.
    pub fn untick(&mut self, item: ItemId, category: CategoryId) {
        if !self.chosen(item).contains(category) {
            return;
        }
        self.drafts[item.0] = match self.chosen(item).without(category) {
            rest if rest.is_empty() => Draft::Untouched,
            rest => Draft::Several(rest),
        };
    }

    /// Keeps free text, for as long as the draft lives.
    pub fn write(&mut self, item: ItemId, text: String) {
        self.texts[item.0] = text;
    }

    /// Returns the free text of an item.
    pub fn text(&self, item: ItemId) -> &str {
        &self.texts[item.0]
    }

    /// Returns the categories chosen for an item.
    pub fn chosen(&self, item: ItemId) -> CategorySet {
        match self.drafts[item.0] {
            Draft::Untouched | Draft::LeftOut => CategorySet::default(),
            Draft::Single(category) => [category].into_iter().collect(),
            Draft::Several(categories) => categories,
        }
    }

    /// Returns whether the item is asked of this respondent.
    pub fn is_on_path(&self, instrument: &Instrument, item: ItemId) -> bool {
        let Some(condition) = &instrument.item(item).condition else { return true };
        let meets = !self.chosen(condition.item).and(condition.categories).is_empty();
        self.is_on_path(instrument, condition.item) && meets != condition.negated
    }

    /// Returns what is missing in a section, in item order.
    ///
    /// Where everything is shown, nobody has to answer what not everybody is asked: to ask for it would tell who is.
    pub fn check(&self, instrument: &Instrument, section: &Section, shown: Shown) -> Vec<ItemError> {
        let is_due = |error: &ItemError| {
            shown == Shown::OnPath
                || error.problem != ItemProblem::Unanswered
                || instrument.item(error.item).condition.is_none()
        };
        self.errors(instrument, section, shown).filter(is_due).collect()
    }

    fn errors<'a>(
        &'a self,
        instrument: &'a Instrument,
        section: &'a Section,
        shown: Shown,
    ) -> impl Iterator<Item = ItemError> + 'a {
        self.asked(instrument, section, shown).filter_map(|item| self.drafted(instrument, item).err())
    }

    /// Returns the items of a section that are shown.
    pub fn asked<'a>(
        &'a self,
        instrument: &'a Instrument,
        section: &'a Section,
        shown: Shown,
    ) -> impl Iterator<Item = ItemId> + 'a {
        let is_shown = move |item: &ItemId| shown == Shown::Everything || self.is_on_path(instrument, *item);
        section.items.iter().copied().filter(is_shown)
    }

    /// Leaves out what is shown and unanswered in a section.
    pub fn leave_out(&mut self, instrument: &Instrument, section: &Section, shown: Shown) {
        let errors: Vec<ItemError> = self.errors(instrument, section, shown).collect();
        for error in errors {
            if error.problem == ItemProblem::Unanswered {
                self.drafts[error.item.0] = Draft::LeftOut;
            }
        }
    }

    /// Forgets the answers to items that are off the path.
    pub fn prune(&mut self, instrument: &Instrument) {
        for (item, _) in instrument.items() {
            if !self.is_on_path(instrument, item) {
                self.drafts[item.0] = Draft::Untouched;
                self.texts[item.0].clear();
            }
        }
    }

    /// Returns the validated response.
    ///
    /// # Errors
    ///
    /// Every item that is on the path, not answered and not left out on purpose, in item order.
    pub fn finish(&self, instrument: &Instrument) -> Result<Response, Vec<ItemError>> {
        let mut values = Vec::with_capacity(self.drafts.len());
        let mut errors = Vec::new();
        for (item, _) in instrument.items() {
            match self.value(instrument, item) {
                Ok(value) => values.push(value),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Response { values }) } else { Err(errors) }
    }

    fn value(&self, instrument: &Instrument, item: ItemId) -> Result<Value, ItemError> {
        match self.is_on_path(instrument, item) {
            true => self.drafted(instrument, item),
            false => Ok(Value::Nonresponse(Nonresponse::NotAsked)),
        }
    }

    /// Returns what the draft says of an item, whether or not it is on the path.
    fn drafted(&self, instrument: &Instrument, item: ItemId) -> Result<Value, ItemError> {
        let asked = instrument.item(item);
        match self.drafts[item.0] {
            // An open question may always stay empty.
            Draft::Untouched if asked.kind == Kind::Open => Ok(Value::Nonresponse(Nonresponse::Missing)),
            Draft::Untouched => Err(ItemError { item, problem: ItemProblem::Unanswered }),
            Draft::LeftOut => Ok(Value::Nonresponse(Nonresponse::Missing)),
            Draft::Single(category) => Ok(match asked.category(category).meaning {
                Meaning::Declined => Value::Nonresponse(Nonresponse::Declined),
                Meaning::NotApplicable => Value::Nonresponse(Nonresponse::NotApplicable),
                _ => Value::Single(category),
            }),
            Draft::Several(categories) if has_none_and_others(asked, categories) => {
                Err(ItemError { item, problem: ItemProblem::NoneAndOthers })
            }
            Draft::Several(categories) => Ok(Value::Several(categories)),
        }
    }
}

fn nones(item: &Item) -> impl Iterator<Item = CategoryId> {
    item.categories().filter(|(_, category)| category.meaning == Meaning::None).map(|(id, _)| id)
}

fn has_none_and_others(item: &Item, categories: CategorySet) -> bool {
    categories.len() > 1 && nones(item).any(|none| categories.contains(none))
}

impl Response {
    /// Returns what the response says of an item.
    pub fn value(&self, item: ItemId) -> Value {
        self.values[item.0]
    }

    /// Returns a variable's value, or `None` where the response does not have it.
    pub fn derive(&self, instrument: &Instrument, variable: &Variable) -> Option<u16> {
        match &variable.definition {
            Definition::Item(item) => self.number(instrument, *item),
            Definition::Recode { item, values } => match self.value(*item) {
                Value::Single(category) => values[category.0].map(u16::from),
                _ => None,
            },
            Definition::Count(item) => match self.value(*item) {
                Value::Several(ticked) => Some(ticked.and(instrument.item(*item).counted()).len() as u16),
                _ => None,
            },
            Definition::Sum(items) => items.iter().map(|item| self.number(instrument, *item)).sum(),
        }
    }

    /// Returns the value of the category that was chosen for an item.
    pub fn number(&self, instrument: &Instrument, item: ItemId) -> Option<u16> {
        match self.value(item) {
            Value::Single(category) => instrument.item(item).category(category).value.map(u16::from),
            _ => None,
        }
    }
}

/// Prints no value.
impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers(..)")
    }
}

/// Prints no value.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response(..)")
    }
}

/// Prints no value.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}
