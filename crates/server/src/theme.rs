//! `theme.json`: a project's colours, corners and logo.
//!
//! Its values go into a style block, where escaping for HTML is not enough: each is checked to
//! be exactly a colour, a length or an https address, and nothing else gets through.

use serde_json::{Map, Value, json};
use web::THEME;

/// What is wrong with a theme.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ThemeError {
    #[error("theme.json is not a JSON object")]
    NotAnObject,
    #[error("theme.json: /{0} is not known")]
    Unknown(String),
    #[error("theme.json: /{0} is not {1}")]
    Value(String, &'static str),
}

/// Reads a theme; without a file everything is ours.
pub fn read(file: Option<&[u8]>) -> Result<Value, ThemeError> {
    let Some(bytes) = file else { return Ok(json!({})) };
    let Ok(Value::Object(theme)) = serde_json::from_slice(bytes) else {
        return Err(ThemeError::NotAnObject);
    };
    for (name, value) in &theme {
        check(name, value)?;
    }
    Ok(Value::Object(complete(theme)))
}

fn check(name: &str, value: &Value) -> Result<(), ThemeError> {
    if !THEME.contains(&name) {
        return Err(ThemeError::Unknown(name.to_owned()));
    }
    let text = value.as_str().unwrap_or_default();
    let (is_good, what) = if name.ends_with("_url") {
        (is_address(text), "an https address or a path")
    } else if name == "radius" {
        (is_length(text), "a length such as 0.5rem or 8px")
    } else {
        (is_colour(text), "a colour such as #5b2bd1")
    };
    if is_good { Ok(()) } else { Err(ThemeError::Value(name.to_owned(), what)) }
}

/// Whoever chooses a colour for buttons and none for their text gets one that can be read.
fn complete(mut theme: Map<String, Value>) -> Map<String, Value> {
    for scheme in ["", "_dark"] {
        let Some(primary) = theme.get(&format!("primary_color{scheme}")).cloned() else { continue };
        let colour = primary.as_str().unwrap_or_default();
        let on = if luminance(colour) > 0.179 { "#000000" } else { "#ffffff" };
        theme.entry(format!("primary_text_color{scheme}")).or_insert_with(|| json!(on));
        theme.entry(format!("link_color{scheme}")).or_insert(primary);
    }
    theme
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|it| it.is_ascii_hexdigit())
}

fn is_length(text: &str) -> bool {
    let number = text.strip_suffix("rem").or_else(|| text.strip_suffix("px")).unwrap_or_default();
    !number.is_empty()
        && number.len() <= 6
        && number.bytes().all(|it| it.is_ascii_digit() || it == b'.')
}

fn is_address(text: &str) -> bool {
    let is_plain = text.bytes().all(|it| it.is_ascii_graphic() && !b"\"'()<>\\".contains(&it));
    let is_path = text.starts_with('/') && !text.starts_with("//");
    is_plain && (is_path || text.starts_with("https://"))
}

/// Relative luminance (WCAG 2.2); above 0.179 black text has the better contrast.
fn luminance(colour: &str) -> f64 {
    let digits: String = match colour.trim_start_matches('#') {
        short if short.len() == 3 => short.chars().flat_map(|it| [it, it]).collect(),
        long => long.to_owned(),
    };
    let channel = |at: usize| {
        let value = digits.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok());
        let value = f64::from(value.unwrap_or_default()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[cfg(test)]
mod tests;
