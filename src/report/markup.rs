//! A report's elements as a tree, before they are written or shown.
//!
//! A page takes the tree as it is, so that no text is ever parsed as HTML there: a Content-Security-Policy with
//! Trusted Types forbids that. A file takes what [`Display`](fmt::Display) writes, which is HTML and XML alike.

use std::fmt::{self, Write};

/// An element with its attributes and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    pub name: &'static str,
    pub attributes: Vec<(&'static str, String)>,
    pub children: Vec<Node>,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// Returns an element with nothing in it.
    pub fn new(name: &'static str) -> Element {
        Element { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// Returns an element that holds a text.
    pub fn of_text(name: &'static str, text: impl Into<String>) -> Element {
        Element::new(name).text(text)
    }

    /// Adds an attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Element {
        self.attributes.push((name, value.into()));
        self
    }

    /// Adds a text.
    pub fn text(mut self, text: impl Into<String>) -> Element {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// Adds an element.
    pub fn child(mut self, child: Element) -> Element {
        self.children.push(Node::Element(child));
        self
    }

    /// Adds elements.
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Element {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }
}

impl fmt::Display for Element {
    /// Writes it, with an element on each line; a text has no line breaks around it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"{}\"", Escaped(value))?;
        }
        f.write_char('>')?;
        for child in &self.children {
            match child {
                Node::Element(element) => write!(f, "\n{element}")?,
                Node::Text(text) => Escaped(text).fmt(f)?,
            }
        }
        if let Some(Node::Element(_)) = self.children.last() {
            f.write_char('\n')?;
        }
        // Never `<name/>`: HTML takes that for a start tag.
        write!(f, "</{}>", self.name)
    }
}

/// A text as it stands in an element or in a quoted attribute, without the control characters that XML cannot hold.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;"),
                '<' => f.write_str("&lt;"),
                '>' => f.write_str("&gt;"),
                '"' => f.write_str("&quot;"),
                '\'' => f.write_str("&#39;"),
                '\u{fffe}' | '\u{ffff}' => Ok(()),
                character if character.is_control() => f.write_char(' '),
                character => f.write_char(character),
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_or_an_attribute_is_text() {
        let escaped = |text| Escaped(text).to_string();
        assert_eq!(escaped("<50% & \"more\" 'or' >"), "&lt;50% &amp; &quot;more&quot; &#39;or&#39; &gt;");
        assert_eq!(escaped("a\u{0}\n\u{ffff}b"), "a  b");
        let element = Element::of_text("b", "<i>").with("title", "\"");
        assert_eq!(element.to_string(), "<b title=\"&quot;\">&lt;i&gt;</b>");
    }

    #[test]
    fn elements_stand_on_lines_and_texts_in_them() {
        let cells = ["1", ""].map(|text| Element::of_text("td", text));
        let row = Element::new("tr").child(Element::of_text("th", "A")).children(cells);
        assert_eq!(row.to_string(), "<tr>\n<th>A</th>\n<td>1</td>\n<td></td>\n</tr>");
    }
}
