//! A JSON document as a tree whose values know their place in the text.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The largest number of fields of one object; an instrument has no object with more than twenty.
const MAX_FIELDS: usize = 100;

/// A JSON value, numbered from 0 in the order in which the values of the document begin.
#[derive(Clone)]
pub struct Node {
    pub number: usize,
    pub form: Form,
}

/// What a value is.
#[derive(Clone)]
pub enum Form {
    Null,
    Bool(bool),
    /// A whole number from 0 on.
    Whole(u64),
    /// Any other number.
    Fraction(f64),
    Text(String),
    List(Vec<Node>),
    /// Its fields in the order of the text; they are few, and a map would be larger.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Returns a field, if this is an object that has it.
    fn field(&self, name: &str) -> Option<&Node> {
        match &self.form {
            Form::Object(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Returns the ids of the items of a section, as far as they can be found.
    pub fn ids_of_items(&self) -> Vec<&str> {
        let Some(Node { form: Form::List(items), .. }) = self.field("items") else { return Vec::new() };
        let ids = items.iter().filter_map(|item| item.field("id"));
        ids.filter_map(|id| if let Form::Text(id) = &id.form { Some(id.as_str()) } else { None }).collect()
    }
}

/// Reads a document.
///
/// # Errors
///
/// If it is no JSON, or an object has a key twice, of which others would take the last in silence.
pub fn read(json: &str) -> Result<Node, serde_json::Error> {
    let mut source = serde_json::Deserializer::from_str(json);
    let root = Reader(&Cell::new(0)).deserialize(&mut source)?;
    source.end()?;
    Ok(root)
}

#[derive(Clone, Copy)]
struct Reader<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Node, D::Error> {
        let number = self.0.get();
        self.0.set(number + 1);
        Ok(Node { number, form: source.deserialize_any(self)? })
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Form, E> {
        Ok(Form::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Form, E> {
        Ok(Form::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Form, E> {
        Ok(Form::Whole(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Form, E> {
        Ok(Form::Fraction(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Form, E> {
        Ok(Form::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Form, E> {
        Ok(Form::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Form, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = source.next_element_seed(self)? {
            list.push(node);
        }
        Ok(Form::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Form, A::Error> {
        let mut object: Vec<(String, Node)> = Vec::new();
        while let Some(key) = source.next_key::<String>()? {
            if object.len() == MAX_FIELDS {
                return Err(A::Error::custom(
                    "an object with too many fields; expected those of an instrument",
                ));
            }
            if object.iter().any(|(field, _)| *field == key) {
                return Err(A::Error::custom(format_args!(
                    "the field {key:?} is there twice in one object; expected it once"
                )));
            }
            object.push((key, source.next_value_seed(self)?));
        }
        Ok(Form::Object(object))
    }
}
