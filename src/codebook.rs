//! The codebook of an instrument: what is asked, how it is coded, what is computed, and what each policy would show.
//!
//! [`Codebook`] serialises to JSON; [`page()`] writes it as a web page that stands alone and prints well.
//! It is made from the instrument alone, and can be read before anybody has answered.

mod page;
mod policies;
mod sentences;

use serde::Serialize;

use crate::disclosure::POLICIES;
use crate::instrument::{
    Category, Group, Instrument, Item, ItemId, Kind, Meaning, Pair, Reference, Source, Variable,
};

pub use page::page;

/// Everything that an instrument defines, in the order of the survey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Codebook {
    pub instrument: String,
    pub version: u32,
    /// The SHA-256 of the document, as releases name it.
    pub hash: String,
    pub language: String,
    pub title: String,
    pub about: String,
    pub population: String,
    pub minutes: u32,
    pub origin: String,
    pub sections: Vec<SectionEntry>,
    pub derived: Vec<VariableEntry>,
    pub correlations: Vec<PairEntry>,
    pub policies: Vec<PolicyEntry>,
    /// The published study that reports can be compared with.
    pub reference: Option<ReferenceEntry>,
    /// The header of a file of responses.
    pub columns: Vec<String>,
}

/// One page of the survey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionEntry {
    pub id: String,
    pub title: String,
    pub items: Vec<ItemEntry>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemEntry {
    pub id: String,
    /// Counted from 1, across sections.
    pub number: usize,
    pub kind: &'static str,
    pub label: String,
    pub question: String,
    pub hint: Option<String>,
    pub note: Option<String>,
    pub demographic: bool,
    pub ordinal: bool,
    pub source: &'static str,
    /// Of whom it is asked, in words.
    pub asked_of: String,
    pub categories: Vec<CategoryEntry>,
    /// Each way to join categories: the codes of its groups, with their labels.
    pub poolings: Vec<Vec<GroupEntry>>,
    pub columns: Vec<String>,
    /// By policy, what a release would show of it.
    pub shown: Vec<ShownEntry>,
}

/// One category of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryEntry {
    pub code: String,
    pub label: String,
    pub value: Option<u8>,
    pub means: &'static str,
    /// Whether it is in the base of percents.
    pub in_base: bool,
    pub source: &'static str,
}

/// Categories that are joined, or a single one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupEntry {
    pub label: String,
    pub categories: Vec<String>,
}

/// A number that is derived from one response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableEntry {
    pub id: String,
    pub label: String,
    /// In words.
    pub definition: String,
    pub items: Vec<String>,
    pub low: u16,
    pub high: u16,
}

/// A planned correlation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairEntry {
    pub id: String,
    pub x: String,
    pub y: String,
    pub labels: [String; 2],
}

/// What a policy would show of an instrument.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyEntry {
    pub name: &'static str,
    /// The fewest respondents of whom anything is released.
    pub threshold: u64,
    /// In words.
    pub shows: String,
}

/// What a policy would show of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownEntry {
    pub policy: &'static str,
    /// In words.
    pub shows: String,
}

/// The published study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReferenceEntry {
    pub name: String,
    pub population: String,
    pub respondents: u64,
    pub eligible: u64,
    /// The ids of the items that it printed figures of.
    pub items: Vec<String>,
    /// The ids of the planned correlations that it printed.
    pub correlations: Vec<String>,
}

impl Codebook {
    /// Returns the codebook of an instrument.
    pub fn new(instrument: &Instrument) -> Codebook {
        let text = instrument.text();
        let sections: Vec<SectionEntry> = instrument
            .sections()
            .iter()
            .map(|section| SectionEntry {
                id: section.id.clone(),
                title: section.title.clone(),
                items: section.items.iter().map(|id| item_entry(instrument, *id)).collect(),
            })
            .collect();
        let columns =
            sections.iter().flat_map(|section| &section.items).flat_map(|item| item.columns.clone());
        Codebook {
            instrument: instrument.id().to_owned(),
            version: instrument.version(),
            hash: instrument.hash().as_str().to_owned(),
            language: text.language.clone(),
            title: text.title.clone(),
            about: text.about.clone(),
            population: text.population.clone(),
            minutes: text.minutes,
            origin: text.origin.clone(),
            derived: instrument.derived().iter().map(|found| variable_entry(instrument, found)).collect(),
            correlations: instrument.pairs().iter().map(pair_entry).collect(),
            policies: POLICIES.iter().map(policies::entry).collect(),
            reference: instrument.reference().map(|study| reference_entry(instrument, study)),
            columns: columns.collect(),
            sections,
        }
    }

    /// Returns it as JSON, with a line feed at the end.
    pub fn to_json(&self) -> String {
        // OK because every field has a JSON form.
        serde_json::to_string_pretty(self).expect("a codebook has a JSON form") + "\n"
    }
}

fn item_entry(instrument: &Instrument, id: ItemId) -> ItemEntry {
    let item = instrument.item(id);
    let group = |group: &Group| GroupEntry {
        label: group.label.clone(),
        categories: group.categories.iter().map(|id| item.category(*id).code.clone()).collect(),
    };
    ItemEntry {
        id: item.id.clone(),
        number: id.number(),
        kind: kind(item.kind),
        label: item.label.clone(),
        question: item.question.clone(),
        hint: item.hint.clone(),
        note: item.note.clone(),
        demographic: item.demographic,
        ordinal: item.ordinal,
        source: source(item.source),
        asked_of: sentences::asked_of(instrument, item),
        categories: item.categories.iter().map(category_entry).collect(),
        poolings: item.poolings.iter().map(|pooling| pooling.groups.iter().map(group).collect()).collect(),
        columns: item.columns().map(|(name, _)| name).collect(),
        shown: policies::shown(item),
    }
}

fn category_entry(category: &Category) -> CategoryEntry {
    CategoryEntry {
        code: category.code.clone(),
        label: category.label.clone(),
        value: category.value,
        means: meaning(category.meaning),
        in_base: category.meaning.is_answer(),
        source: source(category.source),
    }
}

fn variable_entry(instrument: &Instrument, variable: &Variable) -> VariableEntry {
    let items = variable.definition.items().iter().map(|id| instrument.item(*id).id.clone());
    VariableEntry {
        id: variable.id.clone(),
        label: variable.label.clone(),
        definition: sentences::definition(instrument, variable),
        items: items.collect(),
        low: *variable.levels.start(),
        high: *variable.levels.end(),
    }
}

fn pair_entry(pair: &Pair) -> PairEntry {
    PairEntry {
        id: pair.id.clone(),
        x: pair.x.id.clone(),
        y: pair.y.id.clone(),
        labels: [pair.x.label.clone(), pair.y.label.clone()],
    }
}

fn reference_entry(instrument: &Instrument, study: &Reference) -> ReferenceEntry {
    let items = instrument.items().filter(|(id, _)| study.of(*id).is_some());
    let pairs = instrument.pairs().iter().zip(&study.correlations).filter(|(_, printed)| printed.is_some());
    ReferenceEntry {
        name: study.name.clone(),
        population: study.population.clone(),
        respondents: study.respondents,
        eligible: study.eligible,
        items: items.map(|(_, item)| item.id.clone()).collect(),
        correlations: pairs.map(|(pair, _)| pair.id.clone()).collect(),
    }
}

/// Returns the word of the instrument's own form.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Single => "single",
        Kind::Likert => "likert",
        Kind::Multi => "multi",
        Kind::Open => "open",
    }
}

fn meaning(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Substantive => "answer",
        Meaning::Declined => "declined",
        Meaning::NotApplicable => "not-applicable",
        Meaning::None => "none",
        Meaning::Other => "other",
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Given => "given",
        Source::Inferred => "inferred",
    }
}

/// Returns whether an item has a pooling with two groups, by which a small group can be told in bands.
fn has_two_groups(item: &Item) -> bool {
    item.poolings.iter().any(|pooling| pooling.groups.len() == 2)
}
