//! What an item offers: its categories, and the ways to join them.

use super::fields::{Fields, Notes};
use super::tree::Node;
use super::{
    Category, CategoryId, Group, Item, Kind, MAX_CATEGORIES, MAX_LABEL, MAX_VALUE, MEANINGS, Meaning,
    Pooling, Problem,
};

/// Reads categories; the flag says whether all of them are known.
pub fn categories(
    item: &Fields,
    kind: Option<Kind>,
    nodes: Vec<Node>,
    is_known: bool,
) -> (Vec<Category>, bool) {
    let mut categories: Vec<Category> = Vec::new();
    let mut is_whole = is_known;
    for node in nodes {
        match category(item, kind, &categories, node) {
            Some((category, is_good)) => {
                categories.push(category);
                is_whole &= is_good;
            }
            None => is_whole = false,
        }
    }
    if is_whole && !categories.iter().any(|category| category.meaning == Meaning::Substantive) {
        item.note(Problem::Empty("categories"));
        is_whole = false;
    }
    (categories, is_whole)
}

/// Reads a category; the flag says whether its value and meaning are known.
fn category(item: &Fields, kind: Option<Kind>, earlier: &[Category], node: Node) -> Option<(Category, bool)> {
    let (code, mut fields) = item.part("category", "code", node)?;
    if earlier.iter().any(|category| category.code == code && !code.is_empty()) {
        fields.note(Problem::Duplicate(code.clone()));
    }
    let at_value = fields.value_of("value");
    let has_value = fields.has("value");
    let value = fields.optional_number("value");
    let label = fields.text("label", MAX_LABEL);
    if earlier.iter().any(|category| category.label == label && !label.is_empty()) {
        fields.note(Problem::SameLabel(label.clone()));
    }
    let meaning = fields.word("means", &MEANINGS);
    let mut is_good = meaning.is_some() && has_value == value.is_some();
    if let (Some(kind), Some(meaning)) = (kind, meaning) {
        is_good &= check_meaning(&fields, kind, &code, meaning, value.is_some().then_some(at_value));
    }
    let source = fields.source();
    fields.end();
    is_good &= value.is_none_or(|value| value <= u64::from(MAX_VALUE));
    let value = value.map(|value| check_value(&fields, at_value, value));
    let meaning = meaning.unwrap_or_default();
    (!code.is_empty()).then_some((Category { code, label, value, meaning, source }, is_good))
}

/// Checks that a category's meaning and value have an effect in an item of that kind, and returns whether they do.
fn check_meaning(fields: &Fields, kind: Kind, code: &str, meaning: Meaning, value: Option<usize>) -> bool {
    let several = matches!(kind, Kind::Multi | Kind::Open);
    let misplaced = match meaning {
        Meaning::None if !several => Some("none"),
        Meaning::Declined if several => Some("declined"),
        Meaning::NotApplicable if several => Some("not-applicable"),
        Meaning::Other if kind == Kind::Likert => Some("other"),
        _ => None,
    };
    if let Some(found) = misplaced {
        fields.note(Problem::BadMeaning { code: code.to_owned(), found });
    } else if let Some(value) = value.filter(|_| several || !meaning.is_answer()) {
        let expected = "an answer of an item with one choice";
        fields.note_at(value, Problem::Misplaced { field: "value", expected });
    }
    misplaced.is_none()
}

/// Checks what an item is as a whole; `ordinal` is the number of that field's value, and what it says.
pub fn check_item(fields: &Fields, item: &Item, ordinal: (usize, bool), poolings: &[Node]) {
    let expected = "an item with one choice";
    if item.takes_several() {
        if ordinal.1 {
            fields.note_at(ordinal.0, Problem::Misplaced { field: "ordinal", expected });
        }
        if let Some(pooling) = poolings.first() {
            fields.note_at(pooling.number, Problem::Misplaced { field: "poolings", expected });
        }
        return;
    }
    let found = item.answers().count();
    if found < 2 {
        fields.note(Problem::TooFew { what: "categories that are answers", found, least: 2 });
    }
    if item.kind == Kind::Likert {
        check_values(fields, item);
    }
}

/// Checks that every answer to a Likert item has a value, in order: its mean needs them.
fn check_values(fields: &Fields, item: &Item) {
    if let Some((_, category)) = item.answers().find(|(_, category)| category.value.is_none()) {
        return fields.note(Problem::NoValue(category.code.clone()));
    }
    let values: Vec<Option<u8>> = item.answers().map(|(_, category)| category.value).collect();
    let rises = values.windows(2).all(|pair| pair[0] < pair[1]);
    let falls = values.windows(2).all(|pair| pair[0] > pair[1]);
    if !rises && !falls {
        fields.note(Problem::ValueOrder);
    }
}

/// Completes a pooling: a category that it does not name stays a group of its own.
pub fn pooled(notes: &Notes, place: String, item: &Item, is_whole: bool, node: Node) -> Option<Pooling> {
    let mut fields = Fields::new(notes, place, node)?;
    let mut declared: Vec<Group> = Vec::new();
    let mut is_good = is_whole;
    for node in fields.filled_list("groups", MAX_CATEGORIES) {
        let found = group(&fields, item, is_whole, &declared, node);
        is_good &= found.is_some();
        declared.extend(found);
    }
    fields.end();
    if !is_good || declared.is_empty() {
        return None;
    }
    if declared.iter().all(|group| group.categories.len() == 1) {
        fields.note(Problem::JoinsNothing);
    }
    let groups = in_item_order(item, declared);
    if groups.len() < 2 {
        fields.note(Problem::OneGroup);
    }
    for (place, group) in groups.iter().enumerate() {
        if groups[..place].iter().any(|earlier| earlier.label == group.label) {
            fields.note(Problem::SameLabel(group.label.clone()));
        }
    }
    Some(Pooling { groups })
}

/// Reads a group; `None` where something is wrong with its categories.
fn group(pooling: &Fields, item: &Item, is_whole: bool, earlier: &[Group], node: Node) -> Option<Group> {
    let mut fields = pooling.inner(pooling.place.clone(), node)?;
    let label = fields.text("label", MAX_LABEL);
    let codes = fields.references("categories");
    let count = codes.len();
    let categories = find_categories(&fields, item, is_whole, codes);
    fields.end();
    let mut is_good = !categories.is_empty() && categories.len() == count;
    for id in &categories {
        let category = item.category(*id);
        if earlier.iter().any(|group| group.categories.contains(id)) {
            fields.note(Problem::Duplicate(category.code.clone()));
            is_good = false;
        }
        if !category.meaning.is_answer() {
            fields.note(Problem::Unknown { what: "answer", found: category.code.clone() });
            is_good = false;
        }
    }
    let group = Group { label, categories };
    if is_good && item.ordinal {
        check_gap(&fields, item, &group);
    }
    is_good.then_some(group)
}

/// Checks that a group of an ordinal item joins neighbours: a median must not fall between its parts.
fn check_gap(fields: &Fields, item: &Item, group: &Group) {
    let has = |id: &CategoryId| group.categories.contains(id);
    let answers: Vec<CategoryId> = item.answers().map(|(id, _)| id).collect();
    let (first, last) = (answers.iter().position(has), answers.iter().rposition(has));
    let (Some(first), Some(last)) = (first, last) else { return };
    if let Some(between) = answers[first..=last].iter().find(|id| !has(id)) {
        let between = item.category(*between).code.clone();
        fields.note(Problem::Gap { label: group.label.clone(), between });
    }
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

/// Returns the categories of these codes; of an item that is not whole, an unknown one is passed over.
pub fn find_categories(
    fields: &Fields,
    item: &Item,
    is_whole: bool,
    codes: Vec<(usize, String)>,
) -> Vec<CategoryId> {
    let mut found = Vec::new();
    for (value, code) in codes {
        match item.find_category(&code) {
            Some(id) => found.push(id),
            None if is_whole => fields.note_at(value, Problem::Unknown { what: "category", found: code }),
            None => {}
        }
    }
    found
}

/// Returns a category's value, which is 0 where it is too large.
pub fn check_value(fields: &Fields, at: usize, value: u64) -> u8 {
    match u8::try_from(value) {
        Ok(small) if small <= MAX_VALUE => small,
        _ => {
            fields.note_at(at, Problem::BadValue { found: value, limit: MAX_VALUE });
            0
        }
    }
}
