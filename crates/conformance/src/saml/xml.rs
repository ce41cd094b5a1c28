//! XML as a tree of what was written: prefixes are part of names, and nobody resolves them.

use anyhow::{Context as _, Result, bail};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Empty when there is none.
    pub prefix: String,
    /// Without the prefix.
    pub name: String,
    /// By their names without prefixes; a namespace declaration is known by the prefix it declares.
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub inside: Vec<Element>,
}

/// Where a message is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub path: String,
    pub expected: String,
    pub actual: String,
}

impl Element {
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.inside.iter().filter(move |it| it.name == name)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    fn shown(&self) -> String {
        match self.prefix.as_str() {
            "" => self.name.clone(),
            prefix => format!("{prefix}:{}", self.name),
        }
    }
}

/// The root element of a document.
pub fn parse(text: &str) -> Result<Element> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event()? {
            Event::Start(start) => open.push(started(&start)?),
            Event::End(_) => {
                let done = open.pop().context("an end without a start")?;
                match open.last_mut() {
                    Some(parent) => parent.inside.push(done),
                    None if root.is_none() => root = Some(done),
                    None => bail!("a second root"),
                }
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(element) = open.last_mut() {
                    let reference = format!("&{};", &*reference);
                    element.text.push_str(&quick_xml::escape::unescape(&reference)?);
                }
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !open.is_empty() {
        bail!("an element is not closed");
    }
    root.context("no element")
}

fn started(start: &BytesStart<'_>) -> Result<Element> {
    let name = start.name().as_ref().to_owned();
    let (prefix, name) = name.split_once(':').map_or(("", name.as_str()), |it| it);
    let mut element =
        Element { prefix: prefix.to_owned(), name: name.to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute?;
        let name = attribute.key.local_name().as_ref().to_owned();
        let value = quick_xml::escape::unescape(&attribute.value)?.into_owned();
        element.attributes.push((name, value));
    }
    Ok(element)
}

/// Everything in which a message is not as expected, child by child.
pub fn compare(expected: &Element, actual: &Element) -> Vec<Mismatch> {
    let mut found = Vec::new();
    visit(expected, actual, "", &mut found);
    found
}

fn visit(expected: &Element, actual: &Element, path: &str, found: &mut Vec<Mismatch>) {
    let path = format!("{path}/{}", expected.shown());
    let mut differs = |path: String, expected: &str, actual: &str| {
        found.push(Mismatch { path, expected: expected.to_owned(), actual: actual.to_owned() });
    };
    if expected.name != "any" && expected.name != actual.name {
        differs(path, &expected.shown(), &actual.shown());
        return;
    }
    if !expected.prefix.is_empty() && expected.prefix != actual.prefix {
        differs(path.clone(), &expected.shown(), &actual.shown());
    }
    for (name, value) in &expected.attributes {
        let came = actual.attribute(name);
        if came != Some(value) {
            differs(format!("{path}/@{name}"), value, came.unwrap_or("nothing"));
        }
    }
    let text = expected.text.trim();
    if !text.is_empty() && text != actual.text.trim() {
        differs(path.clone(), text, actual.text.trim());
    }
    for (number, child) in expected.inside.iter().enumerate() {
        match actual.inside.get(number) {
            Some(came) => visit(child, came, &path, found),
            None => found.push(Mismatch {
                path: format!("{path}/{}", child.shown()),
                expected: child.shown(),
                actual: "nothing".to_owned(),
            }),
        }
    }
}
