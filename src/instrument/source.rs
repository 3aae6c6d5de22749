//! The JSON form of an instrument, and its checks.
//!
//! It is read by hand and not by derived code, for two reasons: an error can name the item and not
//! just a line, and the widget is 15 KB smaller, a tenth of it.
//! What is wrong with one field is noted, and the reading goes on, so that an author hears of everything
//! at once. What depends on something that is wrong is passed over: it would only repeat the problem.

mod analyses;
mod choices;
mod error;
mod fields;
mod tree;

use super::*;
use crate::json;

use self::choices::{categories, check_item, find_categories, pooled};
pub use self::error::{InstrumentError, Problem};
use self::fields::{Fields, Notes};
use self::tree::Node;

/// Reads an instrument, or everything that is wrong with it: at least one problem.
pub(super) fn read(bytes: &[u8]) -> Result<Instrument, Vec<InstrumentError>> {
    let root = tree(bytes).map_err(|error| vec![error])?;
    let notes = Notes::default();
    let instrument = Reading::new(&notes).instrument(bytes, root);
    match (notes.into_errors(), instrument) {
        (errors, Some(instrument)) if errors.is_empty() => Ok(instrument),
        (errors, _) => Err(errors),
    }
}

fn tree(bytes: &[u8]) -> Result<Node, InstrumentError> {
    if bytes.len() > MAX_BYTES {
        return Err(InstrumentError::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(InstrumentError::Mark);
    }
    let json = str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        InstrumentError::NotUtf8 { line, column }
    })?;
    tree::read(json).map_err(|error| {
        let (line, column, found) = json::place(&error);
        InstrumentError::Json { line, column, found }
    })
}

/// What has been read so far.
struct Reading<'a> {
    notes: &'a Notes,
    scales: Vec<Scale>,
    /// The ids of all items, those that are still to be read among them.
    declared: Vec<String>,
    sections: Vec<Section>,
    items: Vec<Item>,
    /// Items whose kind or categories are not known, as something is wrong with them.
    unclear: Vec<ItemId>,
    /// Whether there are items that were not read, as there are too many, or no sections.
    is_cut: bool,
}

/// Categories and poolings that several items share, not yet read: how depends on the kind of the item.
struct Scale {
    id: String,
    value: usize,
    categories: Vec<Node>,
    poolings: Vec<Node>,
    is_used: bool,
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

impl<'a> Reading<'a> {
    fn new(notes: &'a Notes) -> Reading<'a> {
        Reading {
            notes,
            scales: Vec::new(),
            declared: Vec::new(),
            sections: Vec::new(),
            items: Vec::new(),
            unclear: Vec::new(),
            is_cut: false,
        }
    }

    fn instrument(mut self, bytes: &[u8], root: Node) -> Option<Instrument> {
        let mut fields = Fields::new(self.notes, "instrument", root)?;
        // For an author's editor.
        fields.optional_text("$schema", MAX_TEXT);
        let id = fields.id("id");
        let version = fields.small_number("version");
        let text = texts(&mut fields);
        self.scales(&mut fields);
        let value = fields.value_of("sections");
        let mut sections = fields.filled_list("sections", usize::MAX);
        self.is_cut = sections.is_empty() || sections.len() > MAX_SECTIONS;
        fields.limit(value, "sections", &mut sections, 0, MAX_SECTIONS);
        self.declared = sections.iter().flat_map(Node::ids_of_items).map(str::to_owned).collect();
        for section in sections {
            self.section(section);
        }
        self.check_scales(&fields);
        self.check_columns(&fields);
        let derived = self.derived(&mut fields);
        let pairs = self.pairs(&mut fields, &derived);
        let reference = fields.take("reference").and_then(|node| self.reference(node, &pairs));
        fields.end();
        Some(Instrument {
            id,
            version,
            hash: Digest::of(bytes),
            text,
            sections: self.sections,
            items: self.items,
            derived: derived.into_iter().filter_map(|(_, variable)| variable).collect(),
            pairs: pairs.into_iter().filter_map(|(_, pair)| pair).collect(),
            reference,
        })
    }

    fn scales(&mut self, fields: &mut Fields) {
        for node in fields.optional_list("scales", MAX_SCALES) {
            let Some((id, mut fields)) = Fields::named(self.notes, "scale", "id", node) else { continue };
            if self.scales.iter().any(|scale| scale.id == id && !id.is_empty()) {
                fields.note(Problem::Duplicate(id.clone()));
            }
            let categories = fields.filled_list("categories", MAX_CATEGORIES);
            let poolings = fields.optional_list("poolings", MAX_POOLINGS);
            self.scales.push(Scale { id, value: fields.value, categories, poolings, is_used: false });
            fields.end();
        }
    }

    fn check_scales(&self, fields: &Fields) {
        let unused = |scale: &&Scale| !scale.is_used && !scale.id.is_empty() && !self.is_cut;
        for scale in self.scales.iter().filter(unused) {
            fields.note_at(scale.value, Problem::Unused(format!("scale {:?}", scale.id)));
        }
    }

    /// Checks that no two columns of a file of responses have one name.
    fn check_columns(&self, fields: &Fields) {
        for a in self.items.iter().filter(|item| item.takes_several()) {
            // Only a name that goes on where the other ends can give the same.
            let longer = self.items.iter().filter(|b| b.id.len() > a.id.len() && b.id.starts_with(&a.id));
            let same =
                longer.flat_map(Item::columns).find(|(name, _)| a.columns().any(|(own, _)| own == *name));
            if let Some((name, _)) = same {
                return fields.note(Problem::SameColumn(name));
            }
        }
    }

    fn section(&mut self, node: Node) {
        let Some((id, mut fields)) = Fields::named(self.notes, "section", "id", node) else { return };
        if self.sections.iter().any(|section| section.id == id && !id.is_empty()) {
            fields.note(Problem::Duplicate(id.clone()));
        }
        let title = fields.text("title", MAX_LABEL);
        let earlier = self.items.len();
        let value = fields.value_of("items");
        let mut items = fields.filled_list("items", usize::MAX);
        self.is_cut |= items.is_empty() || earlier + items.len() > MAX_ITEMS;
        fields.limit(value, "items", &mut items, earlier, MAX_ITEMS);
        for item in items {
            self.item(item, earlier);
        }
        fields.end();
        let items = (earlier..self.items.len()).map(ItemId).collect();
        self.sections.push(Section { id, title, items });
    }

    fn item(&mut self, node: Node, earlier: usize) {
        let Some((id, mut fields)) = Fields::named(self.notes, "item", "id", node) else { return };
        if self.items.iter().any(|item| item.id == id && !id.is_empty()) {
            fields.note(Problem::Duplicate(id.clone()));
        }
        let offered = self.offered(&mut fields);
        let kind = fields.required_word("kind", &KINDS);
        let is_ordinal = (fields.value_of("ordinal"), fields.flag("ordinal"));
        let (categories, is_whole) = categories(&fields, kind, offered.categories, offered.is_known);
        let mut item = Item {
            id,
            kind: kind.unwrap_or(Kind::Single),
            demographic: fields
                .word("role", &[("substantive", false), ("demographic", true)])
                .unwrap_or_default(),
            ordinal: is_ordinal.1 || kind == Some(Kind::Likert),
            label: fields.text("label", MAX_LABEL),
            question: fields.text("question", MAX_TEXT),
            hint: fields.optional_text("hint", MAX_TEXT),
            note: fields.optional_text("note", MAX_TEXT),
            source: fields.source(),
            condition: None,
            categories,
            poolings: Vec::new(),
        };
        if !is_whole || kind.is_none() {
            self.unclear.push(ItemId(self.items.len()));
        } else {
            check_item(&fields, &item, is_ordinal, &offered.poolings);
        }
        for (i, pooling) in offered.poolings.into_iter().enumerate() {
            let place = format!("{}, pooling {}", fields.place, i + 1);
            item.poolings.extend(pooled(self.notes, place, &item, is_whole, pooling));
        }
        if let Some(node) = fields.take("condition") {
            item.condition = self.condition(&fields, node, earlier);
        }
        fields.end();
        self.items.push(item);
    }

    /// Takes the categories and poolings of an item: those of its scale, then its own.
    fn offered(&mut self, fields: &mut Fields) -> Offered {
        let mut offered = Offered { categories: Vec::new(), poolings: Vec::new(), is_known: true };
        let is_scale = fields.has("scale");
        if let Some((value, name)) = fields.optional_reference("scale") {
            match self.scales.iter_mut().find(|scale| scale.id == name) {
                Some(scale) => {
                    scale.is_used = true;
                    offered.categories.clone_from(&scale.categories);
                    offered.poolings.clone_from(&scale.poolings);
                }
                None => fields.note_at(value, Problem::Unknown { what: "scale", found: name }),
            }
        }
        // Of a scale that is unknown or empty, something has been said already.
        offered.is_known = !is_scale || !offered.categories.is_empty();
        let value = fields.value_of("categories");
        offered.categories.extend(fields.optional_list("categories", usize::MAX));
        fields.limit(value, "categories", &mut offered.categories, 0, MAX_CATEGORIES);
        let value = fields.value_of("poolings");
        offered.poolings.extend(fields.optional_list("poolings", usize::MAX));
        fields.limit(value, "poolings", &mut offered.poolings, 0, MAX_POOLINGS);
        offered
    }

    fn condition(&self, item: &Fields, node: Node, earlier: usize) -> Option<Condition> {
        let mut fields = Fields::new(self.notes, format!("{}, condition", item.place), node)?;
        let (value, id) = fields.reference("item")?;
        let found = self.items[..earlier].iter().position(|item| item.id == id).map(ItemId);
        if found.is_none() {
            let is_later = self.declared.contains(&id);
            let unknown = Problem::Unknown { what: "item", found: id.clone() };
            fields.note_at(value, if is_later { Problem::NotEarlier(id) } else { unknown });
        }
        let (has_is, has_is_not) = (fields.has("is"), fields.has("is_not"));
        if has_is == has_is_not {
            let found = if has_is { vec!["is", "is_not"] } else { Vec::new() };
            fields.note(Problem::OneOf { found, expected: "is, is_not" });
            return None;
        }
        let value = fields.value_of("is_not");
        let codes = fields.references(if has_is_not { "is_not" } else { "is" });
        let categories: CategorySet = self.find_categories(&fields, found?, codes).into_iter().collect();
        if has_is_not && categories.len() as usize == self.items[found?.0].categories.len() {
            fields.note_at(value, Problem::NobodyAsked);
        }
        fields.end();
        Some(Condition { item: found?, categories, negated: has_is_not })
    }

    fn find(&self, fields: &Fields, value: usize, id: &str) -> Option<ItemId> {
        let found = self.items.iter().position(|item| item.id == id).map(ItemId);
        if found.is_none() && !self.is_cut {
            fields.note_at(value, Problem::Unknown { what: "item", found: id.to_owned() });
        }
        found
    }

    fn find_categories(&self, fields: &Fields, item: ItemId, codes: Vec<(usize, String)>) -> Vec<CategoryId> {
        find_categories(fields, &self.items[item.0], !self.unclear.contains(&item), codes)
    }
}

/// What an item offers, still to be read.
struct Offered {
    categories: Vec<Node>,
    poolings: Vec<Node>,
    /// Whether the item's scale, if it names one, was found.
    is_known: bool,
}

fn texts(fields: &mut Fields) -> Texts {
    let value = fields.value_of("language");
    let language = fields.text("language", MAX_LABEL);
    if !language.is_empty() && !is_language(&language) {
        fields.note_at(value, Problem::BadLanguage(language.clone()));
    }
    Texts {
        language,
        title: fields.text("title", MAX_LABEL),
        about: fields.text("about", MAX_TEXT),
        population: fields.text("population", MAX_LABEL),
        origin: fields.text("origin", MAX_TEXT),
        minutes: fields.small_number("minutes"),
    }
}

/// Returns whether a text has the form of a BCP 47 tag: letters, then parts of letters and digits.
fn is_language(tag: &str) -> bool {
    tag.split('-').enumerate().all(|(place, part)| {
        let is_allowed = |byte: u8| byte.is_ascii_alphabetic() || place > 0 && byte.is_ascii_digit();
        let least = if place == 0 { 2 } else { 1 };
        (least..=8).contains(&part.len()) && part.bytes().all(is_allowed)
    })
}
