//! Pages, as far as cases look into them: whether an element is there, in which others, with which
//! attributes.
//!
//! The reader forgives what browsers forgive: tags that are not closed, attributes without quotes, a
//! body that nobody wrote. Of XPath there are the shapes that the cases use, `/html/body//form` and
//! `//button[@name='x'][@value='y']`; anything else is an error.

#[cfg(test)]
mod tests;

/// Elements that hold nothing (HTML, "Void elements").
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Elements whose text is not markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// An element with the names of those around it, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub around: Vec<String>,
}

/// One step of a path: how far below the step before, its name, its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    is_direct: bool,
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a page has an element at `path`; an error when the path cannot be understood.
pub fn has(page: &str, path: &str) -> Result<bool, String> {
    let steps = steps(path).ok_or_else(|| format!("`{path}` is not a path that is known here"))?;
    Ok(elements(page).iter().any(|element| fits(element, &steps)))
}

fn fits(element: &Element, steps: &[Step]) -> bool {
    let Some((last, before)) = steps.split_last() else { return false };
    let has_all =
        last.attributes.iter().all(|(name, value)| element.attribute(name) == Some(value));
    element.name == last.name && has_all && leads(&element.around, before, last.is_direct)
}

/// Whether the elements around lead down the steps, ending right above when `ends_here`.
fn leads(around: &[String], steps: &[Step], ends_here: bool) -> bool {
    let Some((last, before)) = steps.split_last() else {
        return !ends_here || around.is_empty();
    };
    let deepest = if ends_here { around.len().checked_sub(1) } else { None };
    let candidates = match (ends_here, deepest) {
        (true, None) => return false,
        (true, Some(at)) => at..at + 1,
        (false, _) => 0..around.len(),
    };
    candidates.rev().any(|at| {
        around.get(at) == Some(&last.name) && leads(&around[..at], before, last.is_direct)
    })
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let is_direct = !rest.starts_with("//");
        rest = rest.strip_prefix("//").or_else(|| rest.strip_prefix('/'))?;
        let end = rest.find(['/', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() || !name.chars().all(|it| it.is_ascii_alphanumeric()) {
            return None;
        }
        let mut attributes = Vec::new();
        rest = after;
        while let Some(inside) = rest.strip_prefix("[@") {
            let (condition, after) = inside.split_once(']')?;
            let (attribute, value) = condition.split_once('=')?;
            let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
            attributes.push((attribute.to_owned(), value.to_owned()));
            rest = after;
        }
        steps.push(Step { is_direct, name: name.to_owned(), attributes });
    }
    // Only the last step may ask for attributes: the cases do not use more.
    let (_, before) = steps.split_last()?;
    before.iter().all(|it| it.attributes.is_empty()).then_some(steps)
}

/// Every element of a page, in order.
pub fn elements(page: &str) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some((tag, after)) = tag(after) else { break };
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let name = name.trim().to_ascii_lowercase();
            if let Some(at) = open.iter().rposition(|it| *it == name) {
                open.truncate(at);
            }
            continue;
        }
        let (name, attributes) = named(tag);
        if name.is_empty() || name.starts_with(['!', '?']) {
            continue;
        }
        imply(&mut open, &name);
        elements.push(Element { name: name.clone(), attributes, around: open.clone() });
        if RAW.contains(&name.as_str()) {
            let end = format!("</{name}");
            rest = rest.find(&end).map_or("", |at| &rest[at..]);
        }
        if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    elements
}

/// What is written without a document around it is in a body all the same.
fn imply(open: &mut Vec<String>, name: &str) {
    if open.is_empty() && name != "html" {
        open.push("html".to_owned());
    }
    let belongs_in_body = !["html", "head", "body"].contains(&name);
    if open.len() == 1 && belongs_in_body {
        open.push("body".to_owned());
    }
}

/// What stands in a tag, and what follows it. A `>` inside quotes is part of it.
fn tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, it) in text.char_indices() {
        match (quote, it) {
            (Some(open), it) if it == open => quote = None,
            (None, '"' | '\'') => quote = Some(it),
            (None, '>') => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn named(tag: &str) -> (String, Vec<(String, String)>) {
    let tag = tag.strip_suffix('/').unwrap_or(tag);
    let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let (name, mut rest) = tag.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (name.to_ascii_lowercase(), attributes);
        }
        let end = rest.find(|it: char| it == '=' || it.is_whitespace()).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let (value, after) = match after.trim_start().strip_prefix('=') {
            None => ("", after),
            Some(value) => {
                let value = value.trim_start();
                match value.chars().next() {
                    Some(quote @ ('"' | '\'')) => {
                        value[1..].split_once(quote).unwrap_or((&value[1..], ""))
                    }
                    _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
                }
            }
        };
        attributes.push((attribute.to_ascii_lowercase(), unescaped(value)));
        rest = if after.len() < rest.len() { after } else { "" };
    }
}

/// The character references that templates write.
fn unescaped(value: &str) -> String {
    let named = [("&quot;", "\""), ("&#34;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&lt;", "<")];
    let more = [("&gt;", ">"), ("&#x2f;", "/"), ("&#43;", "+"), ("&#61;", "="), ("&amp;", "&")];
    named.iter().chain(&more).fold(value.to_owned(), |value, (from, to)| value.replace(from, to))
}
