//! One item, as native form controls.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::screens::passage;
use super::session::{Action, Session};
use super::words;
use crate::answers::Shown;
use crate::instrument::{Category, CategoryId, Item, ItemId, Kind, Meaning};

/// Returns the id of an item's first control, from which its other ids are derived: `q3`, `q3-hint`, `q3-error`.
pub fn item_id(item: ItemId) -> String {
    format!("q{}", item.number())
}

/// Renders an item as a `fieldset` of radios or checkboxes, with its hint and its error.
pub fn question(session: &Session, id: ItemId, onact: &Callback<Action>) -> Html {
    let (words, item) = (session.words(), session.wording().item(id));
    let asked = Asked { id, item, session, onact };
    let error = session.errors.iter().find(|error| error.item == id);
    let hint = match (session.shown(), words::condition(words, session.wording(), item)) {
        // Whoever looks on sees the same questions, whatever was answered: the words say whom they are for.
        (Shown::Everything, Some(condition)) => Some(match hint(session, item) {
            Some(hint) => html! { <>{ condition }{ " " }{ hint }</> },
            None => condition.into(),
        }),
        _ => hint(session, item),
    };
    let id = item_id(id);
    let described_by = match (&hint, error) {
        (Some(_), Some(_)) => Some(format!("{id}-hint {id}-error")),
        (Some(_), None) => Some(format!("{id}-hint")),
        (None, Some(_)) => Some(format!("{id}-error")),
        (None, None) => None,
    };
    html! {
        <fieldset
            key={id.clone()}
            class={classes!("question", kind_class(item), error.map(|_| "has-error"))}
            part="question"
            aria-describedby={described_by}
        >
            <legend part="legend">{ passage(session, &item.question) }</legend>
            if let Some(hint) = hint {
                <p id={format!("{id}-hint")} class="hint">{ hint }</p>
            }
            if let Some(error) = error {
                <p id={format!("{id}-error")} class="error">
                    <span class="visually-hidden">{ words.error_prefix() }</span>{ words::item_error(words, item, error.problem) }
                </p>
            }
            { if item.kind == Kind::Open { asked.open() } else { asked.choices() } }
        </fieldset>
    }
}

/// An item, its answer so far, and where a change goes.
struct Asked<'a> {
    id: ItemId,
    item: &'a Item,
    session: &'a Session,
    onact: &'a Callback<Action>,
}

fn kind_class(item: &Item) -> &'static str {
    match item.kind {
        Kind::Single => "single",
        Kind::Likert => "likert",
        Kind::Multi => "multi",
        Kind::Open => "open",
    }
}

fn hint(session: &Session, item: &Item) -> Option<Html> {
    match (&item.hint, item.kind) {
        (Some(hint), _) => Some(passage(session, hint)),
        (None, Kind::Multi) => Some(session.words().all_that_apply().into()),
        (None, Kind::Open) => Some(session.words().may_be_empty().into()),
        (None, _) => None,
    }
}

impl Asked<'_> {
    fn choices(&self) -> Html {
        html! {
            <div class="choices">
                { for self.item.categories().map(|(id, category)| self.choice(id, category)) }
                if self.item.categories.iter().any(|category| category.meaning == Meaning::Other) {
                    { self.words("other", self.session.words().other_words(), "2") }
                }
            </div>
        }
    }

    fn choice(&self, category_id: CategoryId, category: &Category) -> Html {
        let name = item_id(self.id);
        let id =
            if category_id.number() == 1 { name.clone() } else { format!("{name}-{}", category_id.number()) };
        let (item, onact) = (self.id, self.onact.clone());
        let onchange = move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            onact.emit(match input.checked() {
                true => Action::Choose { item, category: category_id },
                false => Action::Untick { item, category: category_id },
            });
        };
        // "None of these" and "prefer not to say" stand a little apart from the answers.
        let is_apart = matches!(category.meaning, Meaning::None | Meaning::Declined | Meaning::NotApplicable);
        html! {
            <div key={category.code.clone()} class={classes!("choice", is_apart.then_some("apart"))} part="choice">
                <input
                    type={if self.item.takes_several() { "checkbox" } else { "radio" }}
                    id={id.clone()}
                    {name}
                    value={category.code.clone()}
                    checked={self.session.answers.chosen(self.id).contains(category_id)}
                    {onchange}
                />
                <label for={id}>{ passage(self.session, &category.label) }</label>
            </div>
        }
    }

    fn open(&self) -> Html {
        let words = self.session.words();
        html! {
            <>
                { self.words("words", words.own_words(), "3") }
                <fieldset class="themes">
                    <legend>{ words.which_themes() }</legend>
                    <div class="choices">
                        { for self.item.categories().map(|(id, category)| self.choice(id, category)) }
                    </div>
                </fieldset>
            </>
        }
    }

    /// Renders a text field without anything that would carry its text elsewhere: browsers keep what is
    /// filled in for autocompletion, and some send it away for spell checking.
    fn words(&self, suffix: &str, label: &str, rows: &'static str) -> Html {
        let id = format!("{}-{suffix}", item_id(self.id));
        let (item, onact) = (self.id, self.onact.clone());
        let oninput = move |event: InputEvent| {
            let field: HtmlTextAreaElement = event.target_unchecked_into();
            onact.emit(Action::Write { item, text: field.value() });
        };
        html! {
            <div class="words">
                <label for={id.clone()}>{ label }</label>
                <textarea
                    {id}
                    {rows}
                    maxlength="2000"
                    autocomplete="off"
                    spellcheck="false"
                    autocorrect="off"
                    autocapitalize="off"
                    writingsuggestions="false"
                    dir="auto"
                    value={self.session.answers.text(self.id).to_owned()}
                    {oninput}
                />
            </div>
        }
    }
}
