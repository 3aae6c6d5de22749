//! What is derived from the answers, which correlations are planned, and what a study has printed.

use std::ops::RangeInclusive;

use super::choices::check_value;
use super::fields::Fields;
use super::tree::Node;
use super::{
    Definition, Item, ItemId, MAX_CATEGORIES, MAX_DERIVED, MAX_ITEMS, MAX_LABEL, MAX_PAIRS, MAX_TEXT,
    MAX_VALUE, Pair, Problem, Reading, Reference, ReferenceCorrelation, ReferenceItem, Variable,
};

/// Something by its id; `None` where something is wrong with it.
type Named<T> = (String, Option<T>);

const ONE_CHOICE: &str = "an item with one choice";

impl<'a> Reading<'a> {
    pub fn derived(&self, fields: &mut Fields) -> Vec<Named<Variable>> {
        let mut variables: Vec<Named<Variable>> = Vec::new();
        for node in fields.optional_list("derived", MAX_DERIVED) {
            let Some((id, mut fields)) = Fields::named(self.notes, "derived variable", "id", node) else {
                continue;
            };
            let is_taken = self.items.iter().any(|item| item.id == id)
                || variables.iter().any(|(earlier, _)| *earlier == id);
            if is_taken && !id.is_empty() {
                fields.note(Problem::Duplicate(id.clone()));
            }
            let label = fields.text("label", MAX_LABEL);
            fields.source();
            let definition = self.definition(&mut fields);
            let variable = definition.and_then(|found| self.variable(&fields, id.clone(), label, found));
            fields.end();
            variables.push((id, variable));
        }
        variables
    }

    fn definition(&self, fields: &mut Fields) -> Option<Definition> {
        let (name, node) = fields.one_of(&["recode", "count", "sum"], "recode, count, sum")?;
        let mut fields = fields.inner(fields.place.clone(), node)?;
        let definition = match name {
            "recode" => self.recode(&mut fields),
            "count" => self.count(&mut fields),
            _ => self.sum(&mut fields),
        };
        fields.end();
        definition
    }

    fn recode(&self, fields: &mut Fields) -> Option<Definition> {
        let item = fields.reference("item").and_then(|(value, id)| self.one_choice(fields, value, &id));
        let pairs = fields.filled_list("values", MAX_CATEGORIES);
        let pairs = fields.pairs("values", pairs);
        let item = item?;
        let mut values = vec![None; self.items[item.0].categories.len()];
        for (at, code, value) in pairs {
            let value = check_value(fields, at, value);
            for category in self.find_categories(fields, item, vec![(at, code)]) {
                values[category.0] = Some(value);
            }
        }
        Some(Definition::Recode { item, values })
    }

    fn count(&self, fields: &mut Fields) -> Option<Definition> {
        let (value, id) = fields.reference("item")?;
        let item = self.find(fields, value, &id)?;
        if self.unclear.contains(&item) {
            return None;
        }
        if !self.items[item.0].takes_several() {
            fields.note_at(value, Problem::WrongKind { item: id, expected: "a multi-choice item" });
            return None;
        }
        Some(Definition::Count(item))
    }

    fn sum(&self, fields: &mut Fields) -> Option<Definition> {
        let ids = fields.references("items");
        let (found, is_filled) = (ids.len(), !ids.is_empty());
        let items: Vec<Option<ItemId>> =
            ids.into_iter().map(|(value, id)| self.one_choice(fields, value, &id)).collect();
        if is_filled && found < 2 {
            fields.note(Problem::TooFew { what: "items to add up", found, least: 2 });
        }
        let items: Vec<ItemId> = items.into_iter().collect::<Option<_>>()?;
        (!items.is_empty()).then_some(Definition::Sum(items))
    }

    fn one_choice(&self, fields: &Fields, value: usize, id: &str) -> Option<ItemId> {
        let item = self.find(fields, value, id)?;
        if self.unclear.contains(&item) {
            return None;
        }
        if self.items[item.0].takes_several() {
            fields.note_at(value, Problem::WrongKind { item: id.to_owned(), expected: ONE_CHOICE });
            return None;
        }
        Some(item)
    }

    fn variable(
        &self,
        fields: &Fields,
        id: String,
        label: String,
        definition: Definition,
    ) -> Option<Variable> {
        let levels = match &definition {
            Definition::Count(item) => 0..=self.items[item.0].counted().len() as u16,
            Definition::Item(item) => self.levels(fields, *item)?,
            Definition::Recode { values, .. } => range(values.iter().flatten())?,
            Definition::Sum(items) => {
                let (mut low, mut high) = (0, 0);
                for item in items {
                    let levels = self.levels(fields, *item)?;
                    low += levels.start();
                    high += levels.end();
                }
                low..=high
            }
        };
        Some(Variable { id, label, definition, levels })
    }

    fn levels(&self, fields: &Fields, item: ItemId) -> Option<RangeInclusive<u16>> {
        if self.unclear.contains(&item) {
            return None;
        }
        let item = &self.items[item.0];
        if let Some((_, category)) = item.answers().find(|(_, category)| category.value.is_none()) {
            fields.note(Problem::NoValue(category.code.clone()));
            return None;
        }
        values(item)
    }

    pub fn pairs(&self, fields: &mut Fields, derived: &[Named<Variable>]) -> Vec<Named<Pair>> {
        let mut pairs: Vec<Named<Pair>> = Vec::new();
        for node in fields.optional_list("correlations", MAX_PAIRS) {
            let Some((id, mut fields)) = Fields::named(self.notes, "correlation", "id", node) else {
                continue;
            };
            if pairs.iter().any(|(earlier, _)| *earlier == id && !id.is_empty()) {
                fields.note(Problem::Duplicate(id.clone()));
            }
            let x = self.side(&mut fields, "x", derived);
            let y = self.side(&mut fields, "y", derived);
            fields.end();
            let pair = x.zip(y).map(|(x, y)| Pair { id: id.clone(), x, y });
            if let Some(pair) = &pair {
                check_pair(&fields, pair, &pairs);
            }
            pairs.push((id, pair));
        }
        pairs
    }

    /// Returns one side of a planned pair: a derived variable, or an item with values.
    fn side(&self, fields: &mut Fields, name: &'static str, derived: &[Named<Variable>]) -> Option<Variable> {
        let (value, id) = fields.reference(name)?;
        let variable = match derived.iter().find(|(variable, _)| *variable == id) {
            Some((_, variable)) => variable.clone()?,
            None => {
                let item = self.one_choice(fields, value, &id)?;
                let label = self.items[item.0].label.clone();
                self.variable(fields, id.clone(), label, Definition::Item(item))?
            }
        };
        let found = usize::from(variable.levels.end() - variable.levels.start()) + 1;
        let limit = usize::from(MAX_VALUE) + 1;
        if found > limit {
            fields.note_at(value, Problem::TooMany { what: "levels", found, limit });
        }
        if found == 1 {
            fields.note_at(value, Problem::Constant(id));
        }
        Some(variable)
    }

    pub fn reference(&self, node: Node, pairs: &[Named<Pair>]) -> Option<Reference> {
        let mut fields = Fields::new(self.notes, "reference", node)?;
        let at_respondents = fields.value_of("respondents");
        let name = fields.text("name", MAX_LABEL);
        let population = fields.text("population", MAX_TEXT);
        let respondents = fields.number("respondents");
        let eligible = fields.number("eligible");
        if let (Some(found), Some(limit)) = (respondents, eligible)
            && found > limit
        {
            let what = "respondents are more than were eligible";
            fields.note_at(at_respondents, Problem::Above { what, found, limit });
        }
        let items = self.printed_items(&mut fields, respondents);
        let correlations = self.printed_correlations(&mut fields, pairs);
        fields.end();
        let (respondents, eligible) = (respondents.unwrap_or(0), eligible.unwrap_or(0));
        Some(Reference { name, population, respondents, eligible, items, correlations })
    }

    fn printed_items(&self, fields: &mut Fields, respondents: Option<u64>) -> Vec<Option<ReferenceItem>> {
        let mut items = vec![None; self.items.len()];
        for node in fields.optional_list("items", MAX_ITEMS) {
            let Some((id, mut fields)) = Fields::named(self.notes, "reference, item", "id", node) else {
                continue;
            };
            let item =
                Some(&id).filter(|id| !id.is_empty()).and_then(|id| self.find(&fields, fields.value, id));
            let printed = self.printed_item(&mut fields, item, respondents);
            fields.end();
            let Some(item) = item else { continue };
            if items[item.0].is_some() {
                fields.note(Problem::Duplicate(id));
            }
            items[item.0] = Some(printed);
        }
        items
    }

    fn printed_item(
        &self,
        fields: &mut Fields,
        item: Option<ItemId>,
        respondents: Option<u64>,
    ) -> ReferenceItem {
        let base = fields.number("base");
        let missing = fields.optional_number("missing").unwrap_or(0);
        let at_mean = fields.value_of("mean");
        let mean = fields.optional_fraction("mean");
        let pairs = fields.optional_list("counts", MAX_CATEGORIES);
        let pairs = fields.pairs("counts", pairs);
        let mut counts = item.map_or(Vec::new(), |item| vec![None; self.items[item.0].categories.len()]);
        let mut sum: u64 = 0;
        for (at, code, found) in pairs {
            if let Some(limit) = base.filter(|base| found > *base) {
                fields.note_at(at, Problem::Above { what: "is a count above its base", found, limit });
            }
            sum = sum.saturating_add(found);
            let Some(item) = item else { continue };
            for category in self.find_categories(fields, item, vec![(at, code)]) {
                counts[category.0] = Some(found);
            }
        }
        let clear = item.filter(|item| !self.unclear.contains(item));
        if let (Some(item), Some(base)) = (clear.map(|item| &self.items[item.0]), base) {
            let answered = base.saturating_add(missing);
            if let Some(limit) = respondents.filter(|limit| answered > *limit) {
                let what = "in the base or missing are more than the respondents";
                fields.note(Problem::Above { what, found: answered, limit });
            }
            let is_alone = counts.iter().zip(&item.categories).all(|(count, category)| {
                count.is_none_or(|count| count <= base) && (count.is_none() || category.meaning.is_answer())
            });
            if !item.takes_several() && is_alone && sum > base {
                fields.note(Problem::Above {
                    what: "is the sum of the counts, above the base",
                    found: sum,
                    limit: base,
                });
            }
            Self::check_mean(fields, item, at_mean, mean);
        }
        ReferenceItem { base: base.unwrap_or(0), missing, counts, mean }
    }

    /// Checks that a mean lies between the item's values.
    fn check_mean(fields: &Fields, item: &Item, at: usize, mean: Option<f64>) {
        let Some(found) = mean else { return };
        let values = values(item);
        if let Some(values) = values.filter(|_| !item.takes_several()) {
            let (low, high) = (i32::from(*values.start()), i32::from(*values.end()));
            check_between(fields, at, "mean", found, low, high);
        } else {
            let expected = "an item with one choice whose categories have values";
            fields.note_at(at, Problem::Misplaced { field: "mean", expected });
        }
    }

    fn printed_correlations(
        &self,
        fields: &mut Fields,
        pairs: &[Named<Pair>],
    ) -> Vec<Option<ReferenceCorrelation>> {
        let mut correlations = vec![None; pairs.len()];
        for node in fields.optional_list("correlations", MAX_PAIRS) {
            let Some((id, mut fields)) = Fields::named(self.notes, "reference, correlation", "id", node)
            else {
                continue;
            };
            let at = fields.value_of("r");
            let has_r = fields.has("r");
            let r = fields.optional_fraction("r");
            if !has_r {
                fields.note(Problem::Absent("r"));
            }
            let p = fields.text("p", MAX_LABEL);
            fields.end();
            if let Some(r) = r {
                check_between(&fields, at, "r", r, -1, 1);
            }
            match pairs.iter().position(|(pair, _)| *pair == id) {
                _ if id.is_empty() => {}
                None => fields.note(Problem::Unknown { what: "correlation", found: id }),
                Some(place) if correlations[place].is_some() => fields.note(Problem::Duplicate(id)),
                Some(place) => correlations[place] = Some(ReferenceCorrelation { r: r.unwrap_or(0.0), p }),
            }
        }
        correlations
    }
}

/// Checks that a pair is of two variables, and no earlier one.
fn check_pair(fields: &Fields, pair: &Pair, earlier: &[Named<Pair>]) {
    if pair.x.id == pair.y.id {
        return fields.note(Problem::SameSides(pair.x.id.clone()));
    }
    let same = earlier
        .iter()
        .filter_map(|(_, other)| other.as_ref())
        .find(|other| other.has(&pair.x) && other.has(&pair.y));
    if let Some(same) = same {
        fields.note(Problem::SamePair(same.id.clone()));
    }
}

fn check_between(fields: &Fields, at: usize, field: &'static str, found: f64, low: i32, high: i32) {
    if !(f64::from(low)..=f64::from(high)).contains(&found) {
        fields.note_at(at, Problem::Outside { field, low, high });
    }
}

/// Returns the smallest and the largest value of an item's answers.
fn values(item: &Item) -> Option<RangeInclusive<u16>> {
    range(item.answers().filter_map(|(_, category)| category.value.as_ref()))
}

fn range<'a>(values: impl Iterator<Item = &'a u8>) -> Option<RangeInclusive<u16>> {
    let (low, high) =
        values.fold((u8::MAX, None), |(low, high), &value| (low.min(value), high.max(Some(value))));
    high.map(|high| u16::from(low)..=u16::from(high))
}
