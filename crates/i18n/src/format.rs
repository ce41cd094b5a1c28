//! Walks a parsed message and writes it out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fixed_decimal::Decimal;
use formatjs_icu_messageformat_parser::types::{PluralOrSelectOption, ValidPluralRule};
use formatjs_icu_messageformat_parser::{MessageFormatElement, PluralElement};
use icu_datetime::input::{Date, DateTime, Time};
use icu_datetime::{DateTimeFormatter, fieldsets};
use icu_plurals::{PluralCategory, PluralRules};
use stdx::Timestamp;

/// Values by the names that messages call them.
pub type Args = BTreeMap<String, Value>;

/// A value to write into a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Number(i64),
    Time(Timestamp),
}

/// What is done to arguments on their way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    None,
    Html,
}

impl Escape {
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        if self == Self::None || !text.contains(['&', '<', '>', '"', '\'']) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len() + 8);
        for letter in text.chars() {
            match letter {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                other => out.push(other),
            }
        }
        Cow::Owned(out)
    }
}

/// What stays the same through one message.
pub(crate) struct Scope<'a> {
    pub locale: &'a str,
    pub plurals: &'a PluralRules,
    pub args: &'a Args,
    pub escape: Escape,
}

/// Writes `elements`; `pound` is the number that `#` stands for inside a plural.
pub(crate) fn write_elements(
    out: &mut String,
    elements: &[MessageFormatElement],
    scope: &Scope<'_>,
    pound: Option<i64>,
) {
    for element in elements {
        match element {
            MessageFormatElement::Literal(it) => out.push_str(&it.value),
            MessageFormatElement::Argument(it) => write_argument(out, &it.value, scope),
            MessageFormatElement::Number(it) => write_argument(out, &it.value, scope),
            MessageFormatElement::Date(it) => write_time(out, &it.value, scope, false),
            MessageFormatElement::Time(it) => write_time(out, &it.value, scope, true),
            MessageFormatElement::Select(it) => {
                let chosen = scope.args.get(&it.value).map(Value::to_text).unwrap_or_default();
                let option = it.options.get(chosen.as_ref()).or_else(|| it.options.get("other"));
                write_option(out, option, scope, pound);
            }
            MessageFormatElement::Plural(it) => write_plural(out, it, scope),
            MessageFormatElement::Pound(_) => {
                if let Some(number) = pound {
                    out.push_str(&number.to_string());
                }
            }
            MessageFormatElement::Tag(it) => write_elements(out, &it.children, scope, pound),
        }
    }
}

fn write_option(
    out: &mut String,
    option: Option<&PluralOrSelectOption>,
    scope: &Scope<'_>,
    pound: Option<i64>,
) {
    if let Some(option) = option {
        write_elements(out, &option.value, scope, pound);
    }
}

fn write_plural(out: &mut String, plural: &PluralElement, scope: &Scope<'_>) {
    let number = match scope.args.get(&plural.value) {
        Some(Value::Number(number)) => *number,
        _ => 0,
    };
    let shown = number - i64::from(plural.offset);
    let exact = ValidPluralRule::from_str(&format!("={number}"));
    let category = scope.plurals.category_for(&Decimal::from(shown));
    let option = plural
        .options
        .get(&exact)
        .or_else(|| plural.options.get(&ValidPluralRule::from_str(category_name(category))))
        .or_else(|| plural.options.get(&ValidPluralRule::from_str("other")));
    write_option(out, option, scope, Some(shown));
}

const fn category_name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

fn write_argument(out: &mut String, name: &str, scope: &Scope<'_>) {
    match scope.args.get(name) {
        Some(value) => out.push_str(&scope.escape.apply(&value.to_text())),
        // A missing argument shows itself instead of failing the page.
        None => out.push_str(&scope.escape.apply(&format!("{{{name}}}"))),
    }
}

fn write_time(out: &mut String, name: &str, scope: &Scope<'_>, with_time: bool) {
    let Some(Value::Time(at)) = scope.args.get(name) else {
        return write_argument(out, name, scope);
    };
    let written = format_time(*at, scope.locale, with_time);
    out.push_str(&scope.escape.apply(&written.unwrap_or_else(|| at.to_rfc3339())));
}

fn format_time(at: Timestamp, locale: &str, with_time: bool) -> Option<String> {
    let at = at.date_time();
    let date = Date::try_new_iso(at.year(), at.month().into(), at.day()).ok()?;
    let locale: icu_locale_core::Locale = locale.parse().ok()?;
    if !with_time {
        let formatter = DateTimeFormatter::try_new(locale.into(), fieldsets::YMD::long()).ok()?;
        return Some(formatter.format(&date).to_string());
    }
    let time = Time::try_new(at.hour(), at.minute(), at.second(), 0).ok()?;
    let fields =
        fieldsets::YMDT::medium().with_time_precision(icu_datetime::options::TimePrecision::Minute);
    let formatter = DateTimeFormatter::try_new(locale.into(), fields).ok()?;
    Some(format!("{} UTC", formatter.format(&DateTime { date, time })))
}

impl Value {
    fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Time(at) => Cow::Owned(at.to_rfc3339()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
