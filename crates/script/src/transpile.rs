//! TypeScript to JavaScript: types are taken out, nothing is checked.
//!
//! It happens in the child, since a source can be nested deeply enough to overflow any stack.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{ModuleExportName, Program, Statement};
use oxc::codegen::Codegen;
use oxc::diagnostics::{LabeledSpan, OxcDiagnostic};
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::{SourceType, Span};
use oxc::transformer::{TransformOptions, Transformer};

use crate::{Problem, SOURCE_BYTES_MAX, ScriptError};

/// Turns a module into JavaScript without imports and with a default export.
pub(crate) fn transpile(source: &str) -> Result<String, ScriptError> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(ScriptError::SourceTooLarge);
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::ts()).parse();
    fail_on(source, parsed.diagnostics.iter().next())?;
    if parsed.panicked {
        return Err(problem(source, 0, "this is not a module"));
    }
    let mut program = parsed.program;
    let analysed =
        SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(&program);
    fail_on(source, analysed.diagnostics.iter().next())?;
    let scoping = analysed.semantic.into_scoping();
    let options = TransformOptions::default();
    let transformed = Transformer::new(&allocator, Path::new("hook.ts"), &options)
        .build_with_scoping(scoping, &mut program);
    fail_on(source, transformed.diagnostics.iter().next())?;
    if let Some(span) = imported(&program) {
        let message = "a script stands alone: only types can be imported";
        return Err(problem(source, span.start, message));
    }
    if !exports_default(&program) {
        return Err(ScriptError::NotAFunction);
    }
    Ok(Codegen::new().build(&program).code)
}

fn fail_on(source: &str, diagnostic: Option<&OxcDiagnostic>) -> Result<(), ScriptError> {
    let Some(diagnostic) = diagnostic else { return Ok(()) };
    let offset = diagnostic.labels.iter().next().map_or(0, LabeledSpan::offset);
    Err(problem(source, offset, &diagnostic.message))
}

/// The first import that is left once the types are gone.
fn imported(program: &Program<'_>) -> Option<Span> {
    program.body.iter().find_map(|statement| match statement {
        Statement::ImportDeclaration(import) => Some(import.span),
        Statement::ExportAllDeclaration(export) => Some(export.span),
        Statement::ExportFromDeclaration(export) => Some(export.span),
        _ => None,
    })
}

fn exports_default(program: &Program<'_>) -> bool {
    program.body.iter().any(|statement| match statement {
        Statement::ExportDefaultDeclaration(_) => true,
        Statement::ExportNamedDeclaration(export) => {
            export.specifiers.iter().any(|it| is_default(&it.exported))
        }
        _ => false,
    })
}

fn is_default(name: &ModuleExportName<'_>) -> bool {
    name.name() == "default"
}

fn problem(source: &str, offset: u32, message: &str) -> ScriptError {
    let offset = usize::try_from(offset).unwrap_or(0).min(source.len());
    let before = source.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX).saturating_add(1);
    ScriptError::Syntax(Problem {
        message: message.to_owned(),
        line: count(before.matches('\n').count()),
        column: count(before[line_start..].chars().count()),
    })
}

#[cfg(test)]
mod tests;
