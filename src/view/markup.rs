//! Shows the elements of a report.

use yew::prelude::*;
use yew::virtual_dom::{VTag, VText};

use crate::report::markup::{Element, Node};

/// Renders an element as it is: nothing is parsed, which Trusted Types would forbid.
pub fn element(element: &Element) -> Html {
    let mut tag = VTag::new(element.name);
    for (name, value) in &element.attributes {
        tag.add_attribute(name, value.clone());
    }
    tag.add_children(element.children.iter().map(|child| match child {
        Node::Element(child) => self::element(child),
        Node::Text(text) => VText::new(text.clone()).into(),
    }));
    tag.into()
}
