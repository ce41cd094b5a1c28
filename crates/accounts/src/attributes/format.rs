//! The types of attributes that are text.

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};
use serde_json::{Value, json};
use time::Date;
use time::macros::format_description;
use url::Url;

use crate::login_id::is_address;

/// Nobody's name is longer, and a profile is read on every request.
const TEXT_BYTES_MAX: usize = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Email,
    Phone,
    Url,
    /// A URL that a page may show an image from.
    Picture,
    Date,
    TimeZone,
    Language,
    Country,
}

/// The keyword of JSON Schema that a value breaks, and with what.
pub(super) type Broken = (&'static str, Value);

pub(super) fn check(format: Format, value: &Value) -> Result<(), Broken> {
    let Some(text) = value.as_str() else {
        return Err(("type", json!({ "expected": ["string"] })));
    };
    if text.len() > TEXT_BYTES_MAX {
        return Err(("maxLength", json!({ "expected": TEXT_BYTES_MAX, "actual": text.len() })));
    }
    if format == Format::Text {
        let broken = ("minLength", json!({ "expected": 1, "actual": 0 }));
        return if text.is_empty() { Err(broken) } else { Ok(()) };
    }
    if format.accepts(text) { Ok(()) } else { Err(("format", json!({ "format": format.name() }))) }
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "uri",
            Self::Picture => "x_picture",
            Self::Date => "birthdate",
            Self::TimeZone => "timezone",
            Self::Language => "bcp47",
            Self::Country => "iso3166-1-alpha-2",
        }
    }

    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Email => is_address(text),
            Self::Phone => is_phone_number(text),
            Self::Url => Url::parse(text).is_ok(),
            Self::Picture => is_picture(text),
            Self::Date => Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok(),
            Self::TimeZone => is_time_zone(text),
            Self::Language => is_language(text),
            Self::Country => is_country(text),
        }
    }
}

/// In E.164, exactly as it will be dialled.
pub(crate) fn is_phone_number(text: &str) -> bool {
    let Ok(number) = PhoneNumber::parse(text, None) else { return false };
    number.is_possible_with_reason().is_ok() && number.format_as(PhoneNumberFormat::E164) == text
}

/// On the web, or an image that was uploaded to us. Never a script or a local file.
fn is_picture(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| match url.scheme() {
        "http" | "https" => true,
        "authgearimages" => url.host().is_none() && url.path().starts_with('/'),
        _ => false,
    })
}

/// A name of the time zone database, by its shape: the database itself changes every year.
fn is_time_zone(text: &str) -> bool {
    let legal = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'+');
    let is_word = |word: &str| {
        !word.is_empty()
            && word.len() <= 32
            && word.starts_with(|it: char| it.is_ascii_uppercase())
            && word.bytes().all(legal)
    };
    let words: Vec<_> = text.split('/').collect();
    words == ["UTC"] || (2..=3).contains(&words.len()) && words.into_iter().all(is_word)
}

/// A language tag (RFC 5646 §2.1), by its shape.
fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let is_primary =
        |it: &str| matches!(it.len(), 2 | 3) && it.bytes().all(|it| it.is_ascii_lowercase());
    subtags.next().is_some_and(is_primary)
        && subtags.all(|it| {
            (1..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric())
        })
}

/// ISO 3166-1 alpha-2, without the codes that anybody may give a meaning of their own.
fn is_country(text: &str) -> bool {
    let is_private = text.starts_with('X') || matches!(text, "AA" | "QO" | "ZZ");
    text.len() == 2 && !is_private && text.parse::<Region>().is_ok()
}
