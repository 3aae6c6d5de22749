//! Conditions and definitions in words.

use crate::instrument::{Category, Condition, Definition, Instrument, Item, Variable};

/// Returns of whom an item is asked: `those who chose “Yes” at “Smoker” (smoker)`.
pub fn asked_of(instrument: &Instrument, item: &Item) -> String {
    let Some(condition) = &item.condition else { return "everybody".to_owned() };
    let found = instrument.item(condition.item);
    let name = format!("“{}” ({})", found.label, found.id);
    let labels = condition.labels(instrument);
    let own = if condition.negated {
        format!("everybody but those who chose {labels} at {name}")
    } else {
        format!("those who chose {labels} at {name}")
    };
    match &found.condition {
        Some(earlier) => format!("{own}, if they were asked that{}", because(instrument, earlier)),
        None => own,
    }
}

/// Returns the item on which it depends that another one was asked.
fn because(instrument: &Instrument, condition: &Condition) -> String {
    format!(", which depends on “{}”", instrument.item(condition.item).label)
}

/// Returns how a variable is derived.
pub fn definition(instrument: &Instrument, variable: &Variable) -> String {
    let name = |id| {
        let item = instrument.item(id);
        format!("“{}” ({})", item.label, item.id)
    };
    match &variable.definition {
        Definition::Item(item) => format!("the values of {}", name(*item)),
        Definition::Recode { item, values } => {
            let found = instrument.item(*item);
            let (known, missing): (Vec<_>, Vec<_>) =
                found.categories.iter().zip(values).partition(|(_, value)| value.is_some());
            let pair = |(category, value): &(&Category, &Option<u8>)| {
                value.map(|value| format!("{value} for “{}”", category.label))
            };
            let known: Vec<String> = known.iter().filter_map(pair).collect();
            let rest = if missing.is_empty() { "" } else { "; everything else is missing" };
            format!("from {}: {}{rest}", name(*item), known.join(", "))
        }
        Definition::Count(item) => {
            format!("how many categories of {} were ticked, without “none” and “other”", name(*item))
        }
        Definition::Sum(items) => {
            let names: Vec<String> = items.iter().map(|item| name(*item)).collect();
            format!("the sum of the values of {}, for those who answered all of them", names.join(", "))
        }
    }
}
