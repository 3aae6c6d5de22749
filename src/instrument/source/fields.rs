//! The fields of a JSON object: each is read once, and what is wrong with one is noted and does not stop the others.

use std::cell::RefCell;

use super::error::{InstrumentError, Problem};
use super::tree::{Form, Node};
use crate::instrument::{MAX_PROBLEMS, Source};

/// What is wrong with a document, in the order in which it was found.
#[derive(Default)]
pub struct Notes(RefCell<Vec<InstrumentError>>);

impl Notes {
    /// Notes a problem, unless it is known: a scale is looked at for each item that uses it.
    fn note(&self, place: &str, value: usize, problem: Problem) {
        let mut errors = self.0.borrow_mut();
        // Words are compared, as comparing the values would need code of its own for each of their forms.
        let words = problem.to_string();
        let is_known = errors.iter().any(|error| match error {
            InstrumentError::At { value: known, problem: same, .. } => {
                *known == value && same.to_string() == words
            }
            _ => false,
        });
        if !is_known && errors.len() < MAX_PROBLEMS {
            errors.push(InstrumentError::At { place: place.to_owned(), value, problem });
        }
    }

    pub fn into_errors(self) -> Vec<InstrumentError> {
        self.0.into_inner()
    }
}

/// The fields of a JSON object that are still to be read, and where the object stands.
pub struct Fields<'a> {
    notes: &'a Notes,
    pub place: String,
    pub value: usize,
    unread: Vec<(String, Node)>,
}

impl<'a> Fields<'a> {
    pub fn new(notes: &'a Notes, place: impl Into<String>, node: Node) -> Option<Fields<'a>> {
        let place = place.into();
        match node.form {
            Form::Object(unread) => Some(Fields { notes, place, value: node.number, unread }),
            other => {
                notes.note(&place, node.number, form("it", &other, "an object"));
                None
            }
        }
    }

    /// Reads an object that is named by its id or code, such as `item "age"`.
    pub fn named(
        notes: &'a Notes,
        what: &str,
        key: &'static str,
        node: Node,
    ) -> Option<(String, Fields<'a>)> {
        let mut fields = Fields::new(notes, what, node)?;
        let value = fields.value_of(key);
        let id = fields.plain_text(key);
        if !id.is_empty() {
            fields.place = format!("{what} {id:?}");
            fields.check_id(value, &id);
        }
        Some((id, fields))
    }

    /// Reads an object in it that is named by its id or code.
    pub fn part(&self, what: &str, key: &'static str, node: Node) -> Option<(String, Fields<'a>)> {
        Fields::named(self.notes, &format!("{}, {what}", self.place), key, node)
    }

    /// Reads an object in it, at a place that is named like this.
    pub fn inner(&self, place: impl Into<String>, node: Node) -> Option<Fields<'a>> {
        Fields::new(self.notes, place, node)
    }

    /// Notes that something is wrong with the object.
    pub fn note(&self, problem: Problem) {
        self.note_at(self.value, problem);
    }

    /// Notes that something is wrong with a value in it.
    pub fn note_at(&self, value: usize, problem: Problem) {
        self.notes.note(&self.place, value, problem);
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.unread.iter().position(|(field, _)| field == name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Returns the number of a field's value, or that of the object where it is not there.
    pub fn value_of(&self, name: &str) -> usize {
        self.find(name).map_or(self.value, |place| self.unread[place].1.number)
    }

    pub fn take(&mut self, name: &str) -> Option<Node> {
        self.find(name).map(|place| self.unread.remove(place).1)
    }

    pub fn required(&mut self, name: &'static str) -> Option<Node> {
        let node = self.take(name);
        if node.is_none() {
            self.note(Problem::Absent(name));
        }
        node
    }

    /// Takes the one of several fields that is there.
    pub fn one_of(&mut self, names: &[&'static str], expected: &'static str) -> Option<(&'static str, Node)> {
        let found: Vec<&'static str> = names.iter().copied().filter(|name| self.has(name)).collect();
        let nodes: Vec<Node> = found.iter().filter_map(|name| self.take(name)).collect();
        if found.len() == 1 {
            return found.into_iter().zip(nodes).next();
        }
        self.note(Problem::OneOf { found, expected });
        None
    }

    /// Returns a text, which is empty where something is wrong with it.
    fn plain_text(&mut self, name: &'static str) -> String {
        self.required(name).and_then(|node| self.text_of(name, node)).unwrap_or_default()
    }

    pub fn text(&mut self, name: &'static str, limit: usize) -> String {
        let Some(node) = self.required(name) else { return String::new() };
        self.prose(name, limit, node).unwrap_or_default()
    }

    pub fn optional_text(&mut self, name: &'static str, limit: usize) -> Option<String> {
        self.take(name).and_then(|node| self.prose(name, limit, node))
    }

    fn prose(&self, name: &'static str, limit: usize, node: Node) -> Option<String> {
        let value = node.number;
        let text = self.text_of(name, node)?;
        let found = text.chars().count();
        if found > limit {
            self.note_at(value, Problem::TooLong { field: name.to_owned(), found, limit });
        }
        if text.chars().any(char::is_control) {
            self.note_at(value, Problem::Control(name.to_owned()));
        }
        Some(text)
    }

    fn text_of(&self, name: &str, node: Node) -> Option<String> {
        match node.form {
            Form::Text(text) if !text.trim().is_empty() => Some(text),
            other => {
                self.note_at(node.number, form(name, &other, "a text"));
                None
            }
        }
    }

    pub fn id(&mut self, name: &'static str) -> String {
        let value = self.value_of(name);
        let id = self.plain_text(name);
        if !id.is_empty() {
            self.check_id(value, &id);
        }
        id
    }

    /// Reads the id of something that is elsewhere; `None` where it is missing.
    pub fn reference(&mut self, name: &'static str) -> Option<(usize, String)> {
        let value = self.value_of(name);
        Some(self.plain_text(name)).filter(|id| !id.is_empty()).map(|id| (value, id))
    }

    pub fn optional_reference(&mut self, name: &'static str) -> Option<(usize, String)> {
        if self.has(name) { self.reference(name) } else { None }
    }

    fn check_id(&self, value: usize, id: &str) {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !(1..=64).contains(&id.len()) || !id.bytes().all(is_allowed) {
            self.note_at(value, Problem::BadId(id.to_owned()));
        }
    }

    pub fn optional_number(&mut self, name: &'static str) -> Option<u64> {
        self.take(name).and_then(|node| self.number_of(name, &node))
    }

    pub fn number(&mut self, name: &'static str) -> Option<u64> {
        self.required(name).and_then(|node| self.number_of(name, &node))
    }

    fn number_of(&self, name: &str, node: &Node) -> Option<u64> {
        match node.form {
            Form::Whole(number) => Some(number),
            _ => {
                self.note_at(node.number, form(name, &node.form, "a whole number from 0 on"));
                None
            }
        }
    }

    /// Reads a whole number from 1 to what a `u32` can hold; 1 where something is wrong with it.
    pub fn small_number(&mut self, name: &'static str) -> u32 {
        let value = self.value_of(name);
        let Some(number) = self.number(name) else { return 1 };
        let small = u32::try_from(number).ok().filter(|number| *number > 0);
        small.unwrap_or_else(|| {
            let found = if number == 0 { "0" } else { "too large" };
            let expected = "a whole number from 1 to 4294967295";
            self.note_at(value, Problem::Form { field: name.to_owned(), found, expected });
            1
        })
    }

    pub fn optional_fraction(&mut self, name: &'static str) -> Option<f64> {
        let node = self.take(name)?;
        match node.form {
            Form::Whole(number) => Some(number as f64),
            Form::Fraction(number) => Some(number),
            other => {
                self.note_at(node.number, form(name, &other, "a number"));
                None
            }
        }
    }

    pub fn flag(&mut self, name: &'static str) -> bool {
        match self.take(name) {
            None => false,
            Some(Node { form: Form::Bool(flag), .. }) => flag,
            Some(other) => {
                self.note_at(other.number, form(name, &other.form, "true or false"));
                false
            }
        }
    }

    /// Reads one of a few words; `None` where something is wrong with it, and the first where there is none.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let Some(node) = self.take(name) else { return Some(words[0].1) };
        let value = node.number;
        let found = self.text_of(name, node)?;
        let meant = words.iter().find(|(word, _)| *word == found);
        if meant.is_none() {
            let expected = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.note_at(value, Problem::Word { field: name, found, expected });
        }
        meant.map(|(_, meaning)| *meaning)
    }

    pub fn required_word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        if self.has(name) {
            return self.word(name, words);
        }
        self.note(Problem::Absent(name));
        None
    }

    pub fn source(&mut self) -> Source {
        self.word("source", &[("given", Source::Given), ("inferred", Source::Inferred)]).unwrap_or_default()
    }

    /// Reads a list of no more than `limit` values.
    pub fn optional_list(&mut self, name: &'static str, limit: usize) -> Vec<Node> {
        let Some(node) = self.take(name) else { return Vec::new() };
        match node.form {
            Form::List(mut list) => {
                self.limit(node.number, name, &mut list, 0, limit);
                list
            }
            other => {
                self.note_at(node.number, form(name, &other, "a list"));
                Vec::new()
            }
        }
    }

    pub fn filled_list(&mut self, name: &'static str, limit: usize) -> Vec<Node> {
        let value = self.value_of(name);
        let is_wrong =
            self.find(name).is_some_and(|place| !matches!(self.unread[place].1.form, Form::List(_)));
        let list = self.optional_list(name, limit);
        if list.is_empty() && !is_wrong {
            self.note_at(value, Problem::Empty(name));
        }
        list
    }

    /// Cuts off what is more than a limit, of which `before` are used up.
    pub fn limit<T>(&self, value: usize, what: &'static str, list: &mut Vec<T>, before: usize, limit: usize) {
        let found = before + list.len();
        if found > limit {
            self.note_at(value, Problem::TooMany { what, found, limit });
            list.truncate(limit.saturating_sub(before));
        }
    }

    /// Reads a list of ids or codes, each once, with the numbers of their values.
    pub fn references(&mut self, name: &'static str) -> Vec<(usize, String)> {
        let mut ids: Vec<(usize, String)> = Vec::new();
        for node in self.filled_list(name, usize::MAX) {
            let value = node.number;
            let Some(id) = self.text_of(name, node) else { continue };
            if ids.iter().any(|(_, earlier)| *earlier == id) {
                self.note_at(value, Problem::Duplicate(id));
                // One is enough to know: the rest of a list that repeats itself may be long.
                break;
            }
            ids.push((value, id));
        }
        ids
    }

    /// Reads pairs of a category's code and a number, each code once.
    pub fn pairs(&self, name: &'static str, nodes: Vec<Node>) -> Vec<(usize, String, u64)> {
        let mut pairs: Vec<(usize, String, u64)> = Vec::new();
        for node in nodes {
            let value = node.number;
            let pair = match node.form {
                Form::List(pair) => <[Node; 2]>::try_from(pair).ok(),
                _ => None,
            };
            let Some([Node { form: Form::Text(code), .. }, count]) = pair else {
                let expected = "pairs of a code and a number, such as [\"yes\", 12]";
                self.note_at(
                    value,
                    Problem::Form { field: name.to_owned(), found: "of another form", expected },
                );
                continue;
            };
            let Some(count) = self.number_of(name, &count) else { continue };
            if pairs.iter().any(|(_, earlier, _)| *earlier == code) {
                self.note_at(value, Problem::Duplicate(code));
                continue;
            }
            pairs.push((value, code, count));
        }
        pairs
    }

    /// Checks that every field was read.
    pub fn end(&self) {
        for (field, node) in &self.unread {
            self.note_at(node.number, Problem::UnknownField(field.clone()));
        }
    }
}

fn form(field: &str, found: &Form, expected: &'static str) -> Problem {
    let found = match found {
        Form::Null => "null",
        Form::Bool(_) => "true or false",
        Form::Fraction(_) if expected.starts_with("a whole") => "another number",
        Form::Whole(_) | Form::Fraction(_) => "a number",
        Form::Text(text) if text.trim().is_empty() => "empty",
        Form::Text(_) => "a text",
        Form::List(_) => "a list",
        Form::Object(_) => "an object",
    };
    Problem::Form { field: field.to_owned(), found, expected }
}
