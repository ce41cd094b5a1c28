//! Templates in configuration: text in which `{{.Name}}` stands for a value.
//!
//! The language is a small part of the one that files were written in: values, and
//! `{{if eq .Name "text"}}…{{else}}…{{end}}` (also `ne`, or a name alone). Whoever needs
//! more has hooks.

/// A template that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Node>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Text(String),
    /// A dotted name, without the leading dot.
    Value(String),
    If(Condition, Vec<Node>, Vec<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Present(String),
    Equals(String, String),
    Differs(String, String),
}

/// Conditions are nested this deep at most.
const DEPTH_MAX: usize = 16;

impl Template {
    /// Parses a template, or `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        match nodes(&mut rest, 0)? {
            (nodes, Close::Text) => Some(Self(nodes)),
            _ => None,
        }
    }

    /// The text, with `value` asked for each name. Absent values are empty.
    pub fn render<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> String {
        let mut text = String::new();
        render(&self.0, value, &mut text);
        text
    }

    /// Whether every name satisfies `is_known`.
    pub(crate) fn names_only(&self, is_known: &impl Fn(&str) -> bool) -> bool {
        names_only(&self.0, is_known)
    }
}

/// What ended a run of nodes.
enum Close {
    Text,
    Else,
    ElseIf(Condition),
    End,
}

fn nodes(rest: &mut &str, depth: usize) -> Option<(Vec<Node>, Close)> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut nodes = Vec::new();
    while let Some((before, tail)) = rest.split_once("{{") {
        let (action, after) = tail.split_once("}}")?;
        *rest = after;
        if !before.is_empty() {
            nodes.push(Node::Text(before.to_owned()));
        }
        match action.trim() {
            "end" => return Some((nodes, Close::End)),
            "else" => return Some((nodes, Close::Else)),
            action => {
                if let Some(condition) = action.strip_prefix("else if ") {
                    return Some((nodes, Close::ElseIf(self::condition(condition)?)));
                }
                nodes.push(match action.strip_prefix("if ") {
                    Some(condition) => branch(self::condition(condition)?, rest, depth)?,
                    None => Node::Value(name(action)?),
                });
            }
        }
    }
    nodes.push(Node::Text((*rest).to_owned()));
    Some((nodes, Close::Text))
}

/// The rest of a condition, up to its `{{end}}`.
fn branch(condition: Condition, rest: &mut &str, depth: usize) -> Option<Node> {
    let (then, close) = nodes(rest, depth + 1)?;
    let otherwise = match close {
        Close::End => Vec::new(),
        Close::Else => match nodes(rest, depth + 1)? {
            (otherwise, Close::End) => otherwise,
            _ => return None,
        },
        Close::ElseIf(condition) => vec![branch(condition, rest, depth + 1)?],
        Close::Text => return None,
    };
    Some(Node::If(condition, then, otherwise))
}

fn condition(text: &str) -> Option<Condition> {
    let text = text.trim();
    let compared = |rest: &str| {
        let (left, right) = rest.trim().split_once(' ')?;
        let right = right.trim().strip_prefix('"')?.strip_suffix('"')?;
        (!right.contains(['"', '\\'])).then_some((name(left)?, right.to_owned()))
    };
    if let Some(rest) = text.strip_prefix("eq ") {
        compared(rest).map(|(name, text)| Condition::Equals(name, text))
    } else if let Some(rest) = text.strip_prefix("ne ") {
        compared(rest).map(|(name, text)| Condition::Differs(name, text))
    } else {
        name(text).map(Condition::Present)
    }
}

fn name(text: &str) -> Option<String> {
    let name = text.trim().strip_prefix('.')?;
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.split('.').all(is_word).then(|| name.to_owned())
}

fn render<'v>(nodes: &[Node], value: &impl Fn(&str) -> Option<&'v str>, text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(literal) => text.push_str(literal),
            Node::Value(name) => text.push_str(value(name).unwrap_or_default()),
            Node::If(condition, then, otherwise) => {
                let holds = match condition {
                    Condition::Present(name) => value(name).is_some_and(|it| !it.is_empty()),
                    Condition::Equals(name, text) => value(name) == Some(text),
                    Condition::Differs(name, text) => value(name) != Some(text),
                };
                render(if holds { then } else { otherwise }, value, text);
            }
        }
    }
}

fn names_only(nodes: &[Node], is_known: &impl Fn(&str) -> bool) -> bool {
    nodes.iter().all(|node| match node {
        Node::Text(_) => true,
        Node::Value(name) => is_known(name),
        Node::If(condition, then, otherwise) => {
            let (Condition::Present(name)
            | Condition::Equals(name, _)
            | Condition::Differs(name, _)) = condition;
            is_known(name) && names_only(then, is_known) && names_only(otherwise, is_known)
        }
    })
}

#[cfg(test)]
mod tests;
