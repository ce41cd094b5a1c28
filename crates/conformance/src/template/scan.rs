//! From text to pieces, and from an action to its words.

use super::TemplateError;

/// Text, or what stands between delimiters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Action(Vec<Word>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A function or a keyword.
    Name(String),
    /// `.name`; `attached` when it follows its receiver without a space.
    Field {
        name: String,
        attached: bool,
    },
    /// A dot by itself.
    Dot,
    /// `$name`, without the dollar.
    Variable(String),
    Text(String),
    Number(i64),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
}

/// Splits `source` at its actions; `{{-` and `-}}` take the space beside them away.
pub fn pieces(source: &str, (open, close): (&str, &str)) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut trims_next = false;
    while let Some((before, after)) = rest.split_once(open) {
        let (inside, after) = after
            .split_once(close)
            .ok_or_else(|| TemplateError::Syntax(format!("an action has no {close}")))?;
        let trims_before = inside.starts_with("- ");
        push_text(&mut pieces, before, trims_next, trims_before);
        let inside = inside.strip_prefix('-').filter(|_| trims_before).unwrap_or(inside);
        trims_next = inside.ends_with(" -");
        let inside = inside.strip_suffix('-').filter(|_| trims_next).unwrap_or(inside);
        pieces.push(Piece::Action(words(inside)?));
        rest = after;
    }
    push_text(&mut pieces, rest, trims_next, false);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str, trims_start: bool, trims_end: bool) {
    let text = if trims_start { text.trim_start() } else { text };
    let text = if trims_end { text.trim_end() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn words(inside: &str) -> Result<Vec<Word>, TemplateError> {
    let mut words = Vec::new();
    let mut rest = inside;
    loop {
        let trimmed = rest.trim_start();
        let attached = trimmed.len() == rest.len() && !words.is_empty();
        let Some(first) = trimmed.chars().next() else { return Ok(words) };
        let (word, after) = word(trimmed, first, attached)?;
        words.push(word);
        rest = after;
    }
}

fn word(text: &str, first: char, attached: bool) -> Result<(Word, &str), TemplateError> {
    let one = &text[first.len_utf8()..];
    Ok(match first {
        '(' => (Word::Open, one),
        ')' => (Word::Close, one),
        '|' => (Word::Pipe, one),
        ',' => (Word::Comma, one),
        ':' if one.starts_with('=') => (Word::Declare, &one[1..]),
        '"' => quoted(one)?,
        '`' => {
            let (raw, after) = one.split_once('`').ok_or_else(|| open_text(text))?;
            (Word::Text(raw.to_owned()), after)
        }
        '.' => match name(one) {
            ("", after) => (Word::Dot, after),
            (name, after) => (Word::Field { name: name.to_owned(), attached }, after),
        },
        '$' => {
            let (name, after) = name(one);
            (Word::Variable(name.to_owned()), after)
        }
        '-' | '0'..='9' => {
            let after = text[1..].find(|it: char| !it.is_ascii_digit());
            let (number, after) = text.split_at(after.map_or(text.len(), |at| at + 1));
            (Word::Number(number.parse().map_err(|_| unknown(text))?), after)
        }
        _ => match name(text) {
            ("", _) => return Err(unknown(text)),
            (name, after) => (Word::Name(name.to_owned()), after),
        },
    })
}

/// A text in double quotes, which JSON and Go write alike as far as cases go.
fn quoted(text: &str) -> Result<(Word, &str), TemplateError> {
    let mut escaped = false;
    for (at, it) in text.char_indices() {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let literal = format!("\"{}\"", &text[..at]);
                let value = serde_json::from_str(&literal).map_err(|_| unknown(&literal))?;
                return Ok((Word::Text(value), &text[at + 1..]));
            }
            _ => {}
        }
    }
    Err(open_text(text))
}

fn name(text: &str) -> (&str, &str) {
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    text.split_at(text.find(|it: char| !is_part(it)).unwrap_or(text.len()))
}

fn unknown(text: &str) -> TemplateError {
    TemplateError::Syntax(format!("`{text}` is not understood"))
}

fn open_text(text: &str) -> TemplateError {
    TemplateError::Syntax(format!("a text has no end: `{text}`"))
}
