//! `authwarden schema`.

use anyhow::Result;
use serde_json::Value;

use crate::arguments::Document;
use crate::say;

pub fn run(document: Document) -> Result<()> {
    say::line(&serde_json::to_string_pretty(&of(document))?);
    Ok(())
}

/// The JSON Schema of a document.
pub fn of(document: Document) -> Value {
    match document {
        Document::AppConfig => appconfig::schema().clone(),
        Document::Features => appconfig::FeatureConfig::schema(),
        Document::Secrets => appconfig::secrets::schema().clone(),
    }
}
