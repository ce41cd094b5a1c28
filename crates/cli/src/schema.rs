//! `authwarden schema`.

use anyhow::Result;

use crate::arguments::Document;
use crate::say;

pub fn run(document: Document) -> Result<()> {
    let schema = match document {
        Document::AppConfig => appconfig::schema(),
        Document::Features => &appconfig::FeatureConfig::schema(),
        Document::Secrets => appconfig::secrets::schema(),
    };
    say::line(&serde_json::to_string_pretty(&schema)?);
    Ok(())
}
