//! The templates of cases: the part of Go's `text/template` that the case format lists.
//!
//! Text with actions between delimiters. A name that is not defined, a function that is not in
//! the list, a construct that the format does not have: each is an error, never empty text. Only a
//! key that a map lacks writes `<no value>`, as Go does.

mod evaluate;
mod functions;
mod parse;
mod scan;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use functions::Outside;

/// The marks around actions in steps and fixtures.
pub const BRACES: (&str, &str) = ("{{", "}}");

/// The marks around actions in configuration overrides, where braces mean something else.
pub const BRACKETS: (&str, &str) = ("[[", "]]");

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("template: {0}")]
    Syntax(String),
    #[error("template: {0} is not a function of the case format")]
    UnknownFunction(String),
    #[error("template: {0}")]
    Evaluate(String),
    /// The database has to be asked before the text can be made; see [`Outside::link_codes`].
    #[error("template: linkOTPCode needs the person with {claim} {value}")]
    LinkCode { claim: String, value: String },
}

/// Makes the text that `source` describes, with `data` as its dot.
pub fn render(
    source: &str,
    delimiters: (&str, &str),
    data: &Value,
    outside: &Outside<'_>,
) -> Result<String, TemplateError> {
    let pieces = scan::pieces(source, delimiters)?;
    let nodes = parse::parse(&pieces)?;
    evaluate::evaluate(&nodes, data, outside)
}
