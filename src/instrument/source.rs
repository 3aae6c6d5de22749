//! The JSON form of an instrument, and its checks.
//!
//! It is read by hand and not by derived code, for two reasons: an error can name the item and not
//! just a line, and the widget is 15 KB smaller, a tenth of it.

use std::fmt;

use serde_json::{Map, Value};

use super::*;
use crate::json;

/// Why a document is not an instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum InstrumentError {
    /// Not JSON.
    Json { line: usize, column: usize, found: String },
    /// Something is wrong at a place such as `item "age"`.
    At { place: String, problem: Problem },
}

/// What is wrong at a place of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A field is not there.
    Absent(&'static str),
    /// A field is of another kind.
    Form {
        field: String,
        found: &'static str,
        expected: &'static str,
    },
    /// A word is none of those that the field can have.
    Word {
        field: &'static str,
        found: String,
        expected: String,
    },
    UnknownField(String),
    /// An id or code is empty, too long, or has other characters than `A-Z a-z 0-9 _ -`.
    BadId(String),
    /// The id or code is used before.
    Duplicate(String),
    Empty(&'static str),
    TooMany {
        what: &'static str,
        found: usize,
        limit: usize,
    },
    Unknown {
        what: &'static str,
        found: String,
    },
    /// A condition must look at an item of an earlier section: the one in view never changes.
    NotEarlier(String),
    WrongKind {
        item: String,
        expected: &'static str,
    },
    /// The category takes part in a calculation, but has no value.
    NoValue(String),
    BadValue {
        found: u64,
        limit: u8,
    },
    /// The meaning does not go with the kind of item.
    BadMeaning {
        code: String,
        found: &'static str,
    },
    /// A pooling must leave at least two groups.
    OneGroup,
    /// A count of the reference is above its base.
    AboveBase {
        found: u64,
        base: u64,
    },
}

impl fmt::Display for InstrumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found } => write!(f, "line {line}, column {column}: {found}"),
            Self::At { place, problem } => write!(f, "{place}: {problem}"),
        }
    }
}

impl std::error::Error for InstrumentError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(field) => write!(f, "{field} is not there"),
            Self::Form { field, found, expected } => write!(f, "{field} is {found}; expected {expected}"),
            Self::Word { field, found, expected } => write!(f, "{field} is {found:?}; expected {expected}"),
            Self::UnknownField(field) => write!(f, "unknown field {field:?}"),
            Self::BadId(id) => {
                write!(f, "{id:?} is not an id; expected 1 to 64 of the characters A-Z a-z 0-9 _ -")
            }
            Self::Duplicate(id) => write!(f, "{id:?} is there twice; expected each id once"),
            Self::Empty(what) => write!(f, "no {what}; expected at least one"),
            Self::TooMany { what, found, limit } => write!(f, "{found} {what}; expected at most {limit}"),
            Self::Unknown { what, found } => write!(f, "there is no {what} {found:?}"),
            Self::NotEarlier(item) => {
                write!(f, "the condition looks at {item:?}; expected an item of an earlier section")
            }
            Self::WrongKind { item, expected } => {
                write!(f, "item {item:?} does not fit; expected {expected}")
            }
            Self::NoValue(code) => write!(f, "category {code:?} has no value; expected a number"),
            Self::BadValue { found, limit } => write!(f, "value {found}; expected 0 to {limit}"),
            Self::BadMeaning { code, found } => {
                write!(f, "category {code:?} means {found:?}, which this kind of item cannot have")
            }
            Self::OneGroup => {
                f.write_str("everything is in one group; expected a pooling to leave at least two")
            }
            Self::AboveBase { found, base } => write!(f, "a count of {found} is above its base, {base}"),
        }
    }
}

/// What is read, or what is wrong; boxed, since every step passes it on and it is large.
type Checked<T> = Result<T, Box<InstrumentError>>;

pub(super) fn parse(json: &str) -> Result<Instrument, InstrumentError> {
    read(json).map_err(|error| *error)
}

fn read(json: &str) -> Checked<Instrument> {
    let document: Value = serde_json::from_str(json).map_err(json_error)?;
    let mut fields = Fields::new("instrument", document)?;
    let id = fields.id("id")?;
    let version = fields.small_number("version")?;
    let text = Texts {
        language: fields.text("language")?,
        title: fields.text("title")?,
        about: fields.text("about")?,
        population: fields.text("population")?,
        origin: fields.text("origin")?,
        minutes: fields.small_number("minutes")?,
    };
    let mut builder = Builder { scales: fields.optional_list("scales")?, ..Builder::default() };
    for section in fields.filled_list("sections")? {
        builder.section(section)?;
    }
    let derived = builder.derived(fields.optional_list("derived")?)?;
    let pairs = builder.pairs(fields.optional_list("correlations")?, &derived)?;
    let reference =
        fields.take("reference").map(|reference| builder.reference(reference, &pairs)).transpose()?;
    fields.end()?;
    let Builder { sections, items, .. } = builder;
    Ok(Instrument {
        id,
        version,
        hash: Digest::of(json.as_bytes()),
        text,
        sections,
        items,
        derived,
        pairs,
        reference,
    })
}

/// The fields of a JSON object that are still to be read, and where the object stands.
struct Fields {
    place: String,
    map: Map<String, Value>,
}

impl Fields {
    fn new(place: impl Into<String>, value: Value) -> Checked<Fields> {
        let place = place.into();
        match value {
            Value::Object(map) => Ok(Fields { place, map }),
            other => Err(at(place, form("it", &other, "an object"))),
        }
    }

    /// Reads an object that is named by its id or code, such as `item "age"`.
    fn named(what: &str, key: &'static str, value: Value) -> Checked<(String, Fields)> {
        let mut fields = Fields::new(what, value)?;
        let id = fields.text(key)?;
        fields.place = format!("{what} {id:?}");
        check_id(&fields.place, &id)?;
        Ok((id, fields))
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.map.get_mut(name).map(Value::take).filter(|value| !value.is_null())
    }

    fn required(&mut self, name: &'static str) -> Checked<Value> {
        self.take(name).ok_or_else(|| self.error(Problem::Absent(name)))
    }

    fn text(&mut self, name: &'static str) -> Checked<String> {
        let value = self.required(name)?;
        text(&self.place, name, value)
    }

    fn optional_text(&mut self, name: &'static str) -> Checked<Option<String>> {
        self.take(name).map(|value| text(&self.place, name, value)).transpose()
    }

    fn id(&mut self, name: &'static str) -> Checked<String> {
        let id = self.text(name)?;
        check_id(&self.place, &id)?;
        Ok(id)
    }

    fn number(&mut self, name: &'static str) -> Checked<u64> {
        let value = self.required(name)?;
        number(&self.place, name, &value)
    }

    fn small_number(&mut self, name: &'static str) -> Checked<u32> {
        let number = self.number(name)?;
        let expected = "a whole number below 4294967296";
        let problem = Problem::Form { field: name.to_owned(), found: "too large", expected };
        u32::try_from(number).map_err(|_| self.error(problem))
    }

    fn optional_number(&mut self, name: &'static str) -> Checked<Option<u64>> {
        self.take(name).map(|value| number(&self.place, name, &value)).transpose()
    }

    fn optional_fraction(&mut self, name: &'static str) -> Checked<Option<f64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        value.as_f64().map(Some).ok_or_else(|| self.error(form(name, &value, "a number")))
    }

    fn flag(&mut self, name: &'static str) -> Checked<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => Err(self.error(form(name, &other, "true or false"))),
        }
    }

    /// Reads one of a few words; where there is none, it is the first.
    fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Checked<T> {
        let Some(found) = self.optional_text(name)? else { return Ok(words[0].1) };
        let meant = words.iter().find(|(word, _)| *word == found);
        meant.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let expected = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.error(Problem::Word { field: name, found, expected })
        })
    }

    fn required_word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Checked<T> {
        if !self.map.contains_key(name) {
            return Err(self.error(Problem::Absent(name)));
        }
        self.word(name, words)
    }

    fn optional_list(&mut self, name: &'static str) -> Checked<Vec<Value>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => Ok(list),
            Some(other) => Err(self.error(form(name, &other, "a list"))),
        }
    }

    fn filled_list(&mut self, name: &'static str) -> Checked<Vec<Value>> {
        let list = self.optional_list(name)?;
        if list.is_empty() { Err(self.error(Problem::Empty(name))) } else { Ok(list) }
    }

    fn texts(&mut self, name: &'static str) -> Checked<Vec<String>> {
        let list = self.filled_list(name)?;
        list.into_iter().map(|value| text(&self.place, name, value)).collect()
    }

    /// Reads pairs of a category's code and a number, each code once.
    fn pairs(&mut self, name: &'static str) -> Checked<Vec<(String, u64)>> {
        let mut pairs: Vec<(String, u64)> = Vec::new();
        for value in self.optional_list(name)? {
            let Some([Value::String(code), count]) = value.as_array().map(Vec::as_slice) else {
                return Err(self.error(form(name, &value, "pairs of a code and a number")));
            };
            if pairs.iter().any(|(earlier, _)| earlier == code) {
                return Err(self.error(Problem::Duplicate(code.clone())));
            }
            pairs.push((code.clone(), number(&self.place, name, count)?));
        }
        Ok(pairs)
    }

    fn source(&mut self) -> Checked<Source> {
        self.word("source", &[("given", Source::Given), ("inferred", Source::Inferred)])
    }

    /// Checks that every field was read: what was read is null now.
    fn end(self) -> Checked<()> {
        match self.map.iter().find(|(_, value)| !value.is_null()) {
            None => Ok(()),
            Some((field, _)) => Err(self.error(Problem::UnknownField(field.clone()))),
        }
    }

    fn error(&self, problem: Problem) -> Box<InstrumentError> {
        at(&*self.place, problem)
    }
}

fn text(place: &str, field: &str, value: Value) -> Checked<String> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text),
        other => Err(at(place, form(field, &other, "a text"))),
    }
}

fn number(place: &str, field: &str, value: &Value) -> Checked<u64> {
    value.as_u64().ok_or_else(|| at(place, form(field, value, "a whole number from 0 on")))
}

fn form(field: &str, found: &Value, expected: &'static str) -> Problem {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "another number",
        Value::String(text) if text.is_empty() => "empty",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Problem::Form { field: field.to_owned(), found, expected }
}

#[derive(Default)]
struct Builder {
    scales: Vec<Value>,
    sections: Vec<Section>,
    items: Vec<Item>,
}

const KINDS: [(&str, Kind); 4] =
    [("single", Kind::Single), ("likert", Kind::Likert), ("multi", Kind::Multi), ("open", Kind::Open)];

const MEANINGS: [(&str, Meaning); 5] = [
    ("answer", Meaning::Substantive),
    ("declined", Meaning::Declined),
    ("not-applicable", Meaning::NotApplicable),
    ("none", Meaning::None),
    ("other", Meaning::Other),
];

impl Builder {
    fn section(&mut self, source: Value) -> Checked<()> {
        let (id, mut fields) = Fields::named("section", "id", source)?;
        if self.sections.iter().any(|section| section.id == id) {
            return Err(fields.error(Problem::Duplicate(id)));
        }
        let title = fields.text("title")?;
        let earlier = self.items.len();
        for item in fields.filled_list("items")? {
            let item = self.item(item, earlier)?;
            self.items.push(item);
        }
        check_limit(&fields.place, "items", self.items.len(), MAX_ITEMS)?;
        fields.end()?;
        let items = (earlier..self.items.len()).map(ItemId).collect();
        self.sections.push(Section { id, title, items });
        Ok(())
    }

    fn item(&self, source: Value, earlier: usize) -> Checked<Item> {
        let (id, mut fields) = Fields::named("item", "id", source)?;
        if self.items.iter().any(|item| item.id == id) {
            return Err(fields.error(Problem::Duplicate(id)));
        }
        let (mut offered, mut poolings) = (Vec::new(), Vec::new());
        if let Some(name) = fields.optional_text("scale")? {
            (offered, poolings) = self.scale(&fields.place, &name)?;
        }
        offered.extend(fields.optional_list("categories")?);
        poolings.extend(fields.optional_list("poolings")?);
        let kind = fields.required_word("kind", &KINDS)?;
        let mut item = Item {
            id,
            kind,
            demographic: fields.word("role", &[("substantive", false), ("demographic", true)])?,
            ordinal: fields.flag("ordinal")? || kind == Kind::Likert,
            label: fields.text("label")?,
            question: fields.text("question")?,
            hint: fields.optional_text("hint")?,
            note: fields.optional_text("note")?,
            source: fields.source()?,
            condition: None,
            categories: categories(&fields.place, kind, offered)?,
            poolings: Vec::new(),
        };
        check_values(&fields.place, &item)?;
        for (i, pooling) in poolings.into_iter().enumerate() {
            let pooling = pooled(&format!("{}, pooling {}", fields.place, i + 1), &item, pooling)?;
            item.poolings.push(pooling);
        }
        if let Some(condition) = fields.take("condition") {
            item.condition = Some(self.condition(&fields.place, condition, earlier)?);
        }
        fields.end()?;
        Ok(item)
    }

    /// Returns the categories and the poolings that several items share.
    fn scale(&self, place: &str, name: &str) -> Checked<(Vec<Value>, Vec<Value>)> {
        let found = self.scales.iter().find(|scale| scale.get("id").and_then(Value::as_str) == Some(name));
        let scale = found.ok_or_else(|| unknown(place, "scale", name))?;
        let mut fields = Fields::new(format!("scale {name:?}"), scale.clone())?;
        fields.id("id")?;
        let scale = (fields.filled_list("categories")?, fields.optional_list("poolings")?);
        fields.end()?;
        Ok(scale)
    }

    fn condition(&self, place: &str, source: Value, earlier: usize) -> Checked<Condition> {
        let mut fields = Fields::new(format!("{place}, condition"), source)?;
        let id = fields.text("item")?;
        let negated = fields.map.contains_key("is_not");
        let codes = fields.texts(if negated { "is_not" } else { "is" })?;
        let item = self.find(&fields.place, &id)?;
        if item.0 >= earlier {
            return Err(fields.error(Problem::NotEarlier(id)));
        }
        let categories = find_categories(&fields.place, &self.items[item.0], &codes)?.into_iter().collect();
        fields.end()?;
        Ok(Condition { item, categories, negated })
    }

    fn find(&self, place: &str, id: &str) -> Checked<ItemId> {
        let found = self.items.iter().position(|item| item.id == id);
        found.map(ItemId).ok_or_else(|| unknown(place, "item", id))
    }

    fn derived(&self, sources: Vec<Value>) -> Checked<Vec<Variable>> {
        let mut variables: Vec<Variable> = Vec::new();
        for source in sources {
            let (id, mut fields) = Fields::named("derived variable", "id", source)?;
            let is_taken = self.items.iter().any(|item| item.id == id)
                || variables.iter().any(|variable| variable.id == id);
            if is_taken {
                return Err(fields.error(Problem::Duplicate(id)));
            }
            let label = fields.text("label")?;
            fields.source()?;
            let definition = self.definition(&mut fields)?;
            variables.push(self.variable(&fields.place, id, label, definition)?);
            fields.end()?;
        }
        Ok(variables)
    }

    fn definition(&self, fields: &mut Fields) -> Checked<Definition> {
        let place = fields.place.clone();
        let part = |part| Fields::new(place.clone(), part);
        if let Some(recode) = fields.take("recode") {
            let mut fields = part(recode)?;
            let id = fields.text("item")?;
            let item = self.one_choice(&place, &id)?;
            let mut values = vec![None; self.items[item.0].categories.len()];
            for (code, value) in fields.pairs("values")? {
                let category = find_categories(&place, &self.items[item.0], &[code])?[0];
                values[category.0] = Some(check_value(&place, value)?);
            }
            fields.end()?;
            return Ok(Definition::Recode { item, values });
        }
        if let Some(count) = fields.take("count") {
            let mut fields = part(count)?;
            let id = fields.text("item")?;
            let item = self.find(&place, &id)?;
            if !self.items[item.0].takes_several() {
                return Err(fields.error(Problem::WrongKind { item: id, expected: "a multi-choice item" }));
            }
            fields.end()?;
            return Ok(Definition::Count(item));
        }
        let mut sum = part(fields.required("sum")?)?;
        let items = sum.texts("items")?;
        sum.end()?;
        let mut summed = Vec::new();
        for id in items {
            let item = self.one_choice(&place, &id)?;
            if summed.contains(&item) {
                return Err(at(place, Problem::Duplicate(id)));
            }
            summed.push(item);
        }
        Ok(Definition::Sum(summed))
    }

    fn one_choice(&self, place: &str, id: &str) -> Checked<ItemId> {
        let item = self.find(place, id)?;
        if self.items[item.0].takes_several() {
            let problem = Problem::WrongKind { item: id.to_owned(), expected: "an item with one choice" };
            return Err(at(place, problem));
        }
        Ok(item)
    }

    fn variable(&self, place: &str, id: String, label: String, definition: Definition) -> Checked<Variable> {
        let levels = match &definition {
            Definition::Count(item) => 0..=self.items[item.0].counted().len() as u16,
            Definition::Item(item) => self.levels(place, *item)?,
            Definition::Recode { values, .. } => {
                range(values.iter().flatten()).ok_or_else(|| at(place, Problem::Empty("values")))?
            }
            Definition::Sum(items) => {
                let (mut low, mut high) = (0, 0);
                for item in items {
                    let levels = self.levels(place, *item)?;
                    low += levels.start();
                    high += levels.end();
                }
                low..=high
            }
        };
        Ok(Variable { id, label, definition, levels })
    }

    fn levels(&self, place: &str, item: ItemId) -> Checked<RangeInclusive<u16>> {
        let mut values = Vec::new();
        for (_, category) in self.items[item.0].answers() {
            values.push(category.value.ok_or_else(|| at(place, Problem::NoValue(category.code.clone())))?);
        }
        range(values.iter()).ok_or_else(|| at(place, Problem::Empty("values")))
    }

    fn pairs(&self, sources: Vec<Value>, derived: &[Variable]) -> Checked<Vec<Pair>> {
        check_limit("instrument", "correlations", sources.len(), MAX_PAIRS)?;
        let mut pairs: Vec<Pair> = Vec::new();
        for source in sources {
            let (id, mut fields) = Fields::named("correlation", "id", source)?;
            if pairs.iter().any(|pair| pair.id == id) {
                return Err(fields.error(Problem::Duplicate(id)));
            }
            let [x, y] = [fields.text("x")?, fields.text("y")?];
            let x = self.side(&fields.place, &x, derived)?;
            let y = self.side(&fields.place, &y, derived)?;
            fields.end()?;
            pairs.push(Pair { id, x, y });
        }
        Ok(pairs)
    }

    /// Returns one side of a planned pair: a derived variable, or an item with values.
    fn side(&self, place: &str, id: &str, derived: &[Variable]) -> Checked<Variable> {
        let variable = match derived.iter().find(|variable| variable.id == id) {
            Some(variable) => variable.clone(),
            None => {
                let item = self.one_choice(place, id)?;
                let label = self.items[item.0].label.clone();
                self.variable(place, id.to_owned(), label, Definition::Item(item))?
            }
        };
        let levels = usize::from(variable.levels.end() - variable.levels.start()) + 1;
        check_limit(place, "levels", levels, usize::from(MAX_VALUE) + 1)?;
        Ok(variable)
    }

    fn reference(&self, source: Value, pairs: &[Pair]) -> Checked<Reference> {
        let mut fields = Fields::new("reference", source)?;
        let mut items = vec![None; self.items.len()];
        for printed in fields.optional_list("items")? {
            let (id, mut fields) = Fields::named("reference, item", "id", printed)?;
            let item = self.find(&fields.place, &id)?;
            items[item.0] = Some(reference_item(&self.items[item.0], &mut fields)?);
            fields.end()?;
        }
        let mut correlations = vec![None; pairs.len()];
        for printed in fields.optional_list("correlations")? {
            let (id, mut fields) = Fields::named("reference, correlation", "id", printed)?;
            let found = pairs.iter().position(|pair| pair.id == id);
            let pair = found.ok_or_else(|| unknown(&fields.place, "correlation", &id))?;
            let r = fields.optional_fraction("r")?.ok_or_else(|| fields.error(Problem::Absent("r")))?;
            correlations[pair] = Some(ReferenceCorrelation { r, p: fields.text("p")? });
            fields.end()?;
        }
        let reference = Reference {
            name: fields.text("name")?,
            population: fields.text("population")?,
            respondents: fields.number("respondents")?,
            eligible: fields.number("eligible")?,
            items,
            correlations,
        };
        fields.end()?;
        Ok(reference)
    }
}

fn reference_item(item: &Item, fields: &mut Fields) -> Checked<ReferenceItem> {
    let base = fields.number("base")?;
    let mut counts = vec![None; item.categories.len()];
    for (code, count) in fields.pairs("counts")? {
        if count > base {
            return Err(fields.error(Problem::AboveBase { found: count, base }));
        }
        counts[find_categories(&fields.place, item, &[code])?[0].0] = Some(count);
    }
    let missing = fields.optional_number("missing")?.unwrap_or(0);
    Ok(ReferenceItem { base, missing, counts, mean: fields.optional_fraction("mean")? })
}

fn categories(place: &str, kind: Kind, sources: Vec<Value>) -> Checked<Vec<Category>> {
    check_limit(place, "categories", sources.len(), MAX_CATEGORIES)?;
    let mut categories: Vec<Category> = Vec::new();
    for source in sources {
        let (code, mut fields) = Fields::named(&format!("{place}, category"), "code", source)?;
        if categories.iter().any(|category| category.code == code) {
            return Err(fields.error(Problem::Duplicate(code)));
        }
        let value = fields.optional_number("value")?;
        let category = Category {
            code,
            label: fields.text("label")?,
            value: value.map(|value| check_value(&fields.place, value)).transpose()?,
            meaning: fields.word("means", &MEANINGS)?,
            source: fields.source()?,
        };
        check_meaning(&fields.place, kind, &category)?;
        fields.end()?;
        categories.push(category);
    }
    if !categories.iter().any(|category| category.meaning == Meaning::Substantive) {
        return Err(at(place, Problem::Empty("categories")));
    }
    Ok(categories)
}

/// Checks that "none" is for items with several choices, and "declined" and "not applicable" for the others.
fn check_meaning(place: &str, kind: Kind, category: &Category) -> Checked<()> {
    let several = matches!(kind, Kind::Multi | Kind::Open);
    let misplaced = match category.meaning {
        Meaning::None if !several => "none",
        Meaning::Declined if several => "declined",
        Meaning::NotApplicable if several => "not-applicable",
        _ => return Ok(()),
    };
    Err(at(place, Problem::BadMeaning { code: category.code.clone(), found: misplaced }))
}

/// Checks that every answer to a Likert item has a value: its mean needs them.
fn check_values(place: &str, item: &Item) -> Checked<()> {
    let without = item.answers().find(|(_, category)| category.value.is_none());
    match without {
        Some((_, category)) if item.kind == Kind::Likert => {
            Err(at(place, Problem::NoValue(category.code.clone())))
        }
        _ => Ok(()),
    }
}

/// Completes a pooling: a category that it does not name stays a group of its own.
fn pooled(place: &str, item: &Item, source: Value) -> Checked<Pooling> {
    let mut fields = Fields::new(place, source)?;
    let mut declared: Vec<Group> = Vec::new();
    for group in fields.filled_list("groups")? {
        let mut fields = Fields::new(place, group)?;
        let label = fields.text("label")?;
        let categories = find_categories(place, item, &fields.texts("categories")?)?;
        fields.end()?;
        for (i, id) in categories.iter().enumerate() {
            let category = item.category(*id);
            let is_taken = declared.iter().any(|group| group.categories.contains(id));
            if is_taken || categories[..i].contains(id) {
                return Err(at(place, Problem::Duplicate(category.code.clone())));
            }
            if !category.meaning.is_answer() {
                return Err(unknown(place, "answer", &category.code));
            }
        }
        declared.push(Group { label, categories });
    }
    fields.end()?;
    let groups = in_item_order(item, declared);
    if groups.len() < 2 { Err(at(place, Problem::OneGroup)) } else { Ok(Pooling { groups }) }
}

/// Puts each group where its first category stands.
fn in_item_order(item: &Item, mut declared: Vec<Group>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (id, category) in item.answers() {
        if groups.iter().any(|group| group.categories.contains(&id)) {
            continue;
        }
        let found = declared.iter().position(|group| group.categories.contains(&id));
        groups.push(match found {
            Some(place) => declared.swap_remove(place),
            None => Group { label: category.label.clone(), categories: vec![id] },
        });
    }
    groups
}

fn find_categories(place: &str, item: &Item, codes: &[String]) -> Checked<Vec<CategoryId>> {
    let find = |code: &String| item.find_category(code).ok_or_else(|| unknown(place, "category", code));
    codes.iter().map(find).collect()
}

fn range<'a>(values: impl Iterator<Item = &'a u8>) -> Option<RangeInclusive<u16>> {
    let (low, high) =
        values.fold((u8::MAX, None), |(low, high), &value| (low.min(value), high.max(Some(value))));
    high.map(|high| u16::from(low)..=u16::from(high))
}

fn check_id(place: &str, id: &str) -> Checked<()> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=64).contains(&id.len()) && id.bytes().all(is_allowed) {
        Ok(())
    } else {
        Err(at(place, Problem::BadId(id.to_owned())))
    }
}

fn check_value(place: &str, value: u64) -> Checked<u8> {
    let small = u8::try_from(value).ok().filter(|value| *value <= MAX_VALUE);
    small.ok_or_else(|| at(place, Problem::BadValue { found: value, limit: MAX_VALUE }))
}

fn check_limit(place: &str, what: &'static str, found: usize, limit: usize) -> Checked<()> {
    if found > limit { Err(at(place, Problem::TooMany { what, found, limit })) } else { Ok(()) }
}

fn at(place: impl Into<String>, problem: Problem) -> Box<InstrumentError> {
    Box::new(InstrumentError::At { place: place.into(), problem })
}

fn unknown(place: &str, what: &'static str, found: &str) -> Box<InstrumentError> {
    at(place, Problem::Unknown { what, found: found.to_owned() })
}

fn json_error(error: serde_json::Error) -> Box<InstrumentError> {
    let (line, column, found) = json::place(&error);
    Box::new(InstrumentError::Json { line, column, found })
}
