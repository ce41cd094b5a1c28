//! Walking the tree with data in hand.

use serde_json::Value;

use super::TemplateError;
use super::functions::{self, Outside};
use super::parse::{Node, Operand, Pipeline};

/// What Go writes for a key that a map does not have.
const NO_VALUE: &str = "<no value>";

struct Walk<'a> {
    data: &'a Value,
    outside: &'a Outside<'a>,
    variables: Vec<(String, Value)>,
}

pub fn evaluate(
    nodes: &[Node],
    data: &Value,
    outside: &Outside<'_>,
) -> Result<String, TemplateError> {
    let mut text = String::new();
    // `$` is the data with which everything began.
    let variables = vec![(String::new(), data.clone())];
    Walk { data, outside, variables }.write(nodes, &mut text)?;
    Ok(text)
}

impl Walk<'_> {
    fn write(&mut self, nodes: &[Node], text: &mut String) -> Result<(), TemplateError> {
        for node in nodes {
            match node {
                Node::Text(it) => text.push_str(it),
                Node::Print(pipeline) => text.push_str(&printed(&self.pipeline(pipeline)?)?),
                Node::Let { name, value } => {
                    let value = self.pipeline(value)?;
                    self.variables.push((name.clone(), value));
                }
                Node::Range { index, element, over, body } => {
                    let Value::Array(items) = self.pipeline(over)? else {
                        return Err(failed("range needs a list"));
                    };
                    for (number, item) in items.into_iter().enumerate() {
                        let depth = self.variables.len();
                        for (name, value) in [(index, Value::from(number)), (element, item)] {
                            self.variables.extend(name.clone().map(|name| (name, value)));
                        }
                        self.write(body, text)?;
                        self.variables.truncate(depth);
                    }
                }
            }
        }
        Ok(())
    }

    fn pipeline(&self, Pipeline(commands): &Pipeline) -> Result<Value, TemplateError> {
        let mut handed: Option<Value> = None;
        for command in commands {
            handed = Some(self.command(command, handed.take())?);
        }
        handed.ok_or_else(|| failed("an action says nothing"))
    }

    fn command(&self, operands: &[Operand], handed: Option<Value>) -> Result<Value, TemplateError> {
        let Some((Operand::Function(name), arguments)) = operands.split_first() else {
            return match (operands, handed) {
                ([one], None) => self.operand(one),
                _ => Err(failed("a value that is no function cannot be given arguments")),
            };
        };
        let values: Result<Vec<Value>, _> = arguments.iter().map(|it| self.operand(it)).collect();
        let mut values = values?;
        values.extend(handed);
        functions::call(name, &values, self.outside)
    }

    fn operand(&self, operand: &Operand) -> Result<Value, TemplateError> {
        match operand {
            Operand::Data(path) => follow(self.data.clone(), path),
            Operand::Variable(name, path) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                let (_, value) = found.ok_or_else(|| failed(&format!("${name} is not defined")))?;
                follow(value.clone(), path)
            }
            Operand::Text(text) => Ok(Value::from(text.as_str())),
            Operand::Number(number) => Ok(Value::from(*number)),
            Operand::Function(name) => functions::call(name, &[], self.outside),
            Operand::Group(pipeline, path) => follow(self.pipeline(pipeline)?, path),
        }
    }
}

/// A key that a map lacks is null; a field of null is a mistake of the case.
fn follow(start: Value, path: &[String]) -> Result<Value, TemplateError> {
    path.iter().try_fold(start, |value, name| match value {
        Value::Object(mut object) => Ok(object.remove(name).unwrap_or(Value::Null)),
        _ => Err(failed(&format!("there is no .{name} in something that is not an object"))),
    })
}

fn printed(value: &Value) -> Result<String, TemplateError> {
    Ok(match value {
        Value::Null => NO_VALUE.to_owned(),
        Value::String(it) => it.clone(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => number(it),
        Value::Array(_) | Value::Object(_) => {
            return Err(failed("a list or an object cannot be written as text"));
        }
    })
}

/// A whole number is written without a fraction, however JSON had it.
pub fn number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(it) if it.fract() == 0.0 && it.abs() < 1e21 => format!("{it:.0}"),
        _ => number.to_string(),
    }
}

pub fn failed(what: &str) -> TemplateError {
    TemplateError::Evaluate(what.to_owned())
}
