//! From pieces to a tree: what is printed, what is bound, what is repeated.

use super::TemplateError;
use super::scan::{Piece, Word};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Text(String),
    Print(Pipeline),
    Let {
        name: String,
        value: Pipeline,
    },
    /// `range $index, $element := …`; either name may be missing.
    Range {
        index: Option<String>,
        element: Option<String>,
        over: Pipeline,
        body: Vec<Node>,
    },
}

/// Commands, each of which hands its value to the next as its last argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline(pub Vec<Vec<Operand>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The dot and the fields behind it.
    Data(Vec<String>),
    Variable(String, Vec<String>),
    Text(String),
    Number(i64),
    Function(String),
    Group(Pipeline, Vec<String>),
}

pub fn parse(pieces: &[Piece]) -> Result<Vec<Node>, TemplateError> {
    block(&mut pieces.iter(), false)
}

fn block(
    pieces: &mut std::slice::Iter<'_, Piece>,
    is_inner: bool,
) -> Result<Vec<Node>, TemplateError> {
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let words = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text.clone()));
                continue;
            }
            Piece::Action(words) => words.as_slice(),
        };
        match words {
            [Word::Name(end)] if end == "end" && is_inner => return Ok(nodes),
            [Word::Name(range), rest @ ..] if range == "range" => {
                let (index, element, over) = range_head(rest)?;
                nodes.push(Node::Range { index, element, over, body: block(pieces, true)? });
            }
            [Word::Variable(name), Word::Declare, rest @ ..] if !name.is_empty() => {
                nodes.push(Node::Let { name: name.clone(), value: whole(rest)? });
            }
            _ => nodes.push(Node::Print(whole(words)?)),
        }
    }
    if is_inner {
        return Err(TemplateError::Syntax("a range has no end".to_owned()));
    }
    Ok(nodes)
}

type RangeHead = (Option<String>, Option<String>, Pipeline);

fn range_head(words: &[Word]) -> Result<RangeHead, TemplateError> {
    Ok(match words {
        [Word::Variable(index), Word::Comma, Word::Variable(element), Word::Declare, rest @ ..] => {
            (Some(index.clone()), Some(element.clone()), whole(rest)?)
        }
        [Word::Variable(element), Word::Declare, rest @ ..] => {
            (None, Some(element.clone()), whole(rest)?)
        }
        rest => (None, None, whole(rest)?),
    })
}

fn whole(words: &[Word]) -> Result<Pipeline, TemplateError> {
    let (pipeline, rest) = pipeline(words)?;
    match rest {
        [] => Ok(pipeline),
        [first, ..] => Err(TemplateError::Syntax(format!("{first:?} is not expected here"))),
    }
}

fn pipeline(words: &[Word]) -> Result<(Pipeline, &[Word]), TemplateError> {
    let mut commands = Vec::new();
    let mut rest = words;
    loop {
        let (command, after) = command(rest)?;
        commands.push(command);
        match after {
            [Word::Pipe, after @ ..] => rest = after,
            _ => return Ok((Pipeline(commands), after)),
        }
    }
}

fn command(words: &[Word]) -> Result<(Vec<Operand>, &[Word]), TemplateError> {
    let mut operands = Vec::new();
    let mut rest = words;
    loop {
        let (operand, after) = match rest {
            [Word::Name(name), after @ ..] => (Operand::Function(name.clone()), after),
            [Word::Text(text), after @ ..] => (Operand::Text(text.clone()), after),
            [Word::Number(number), after @ ..] => (Operand::Number(*number), after),
            [Word::Dot, after @ ..] => (Operand::Data(Vec::new()), after),
            [Word::Field { name, .. }, after @ ..] => {
                let (mut path, after) = fields(after);
                path.insert(0, name.clone());
                (Operand::Data(path), after)
            }
            [Word::Variable(name), after @ ..] => {
                let (path, after) = fields(after);
                (Operand::Variable(name.clone(), path), after)
            }
            [Word::Open, after @ ..] => {
                let (inner, after) = pipeline(after)?;
                let [Word::Close, after @ ..] = after else {
                    return Err(TemplateError::Syntax("a parenthesis is not closed".to_owned()));
                };
                let (path, after) = fields(after);
                (Operand::Group(inner, path), after)
            }
            _ => break,
        };
        operands.push(operand);
        rest = after;
    }
    if operands.is_empty() {
        return Err(TemplateError::Syntax("an action says nothing".to_owned()));
    }
    Ok((operands, rest))
}

/// The fields that follow a receiver without a space.
fn fields(words: &[Word]) -> (Vec<String>, &[Word]) {
    let mut path = Vec::new();
    let mut rest = words;
    while let [Word::Field { name, attached: true }, after @ ..] = rest {
        path.push(name.clone());
        rest = after;
    }
    (path, rest)
}
