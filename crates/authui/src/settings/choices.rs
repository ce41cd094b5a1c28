//! The values among which a field lets one choose.

use ctx::App;
use serde::Serialize;

/// IANA time zones, one for each place whose clocks have agreed since 1970 (`zone1970.tab` of the
/// time zone database, which is in the public domain).
const ZONES: &str = include_str!("profile/zones.txt");

/// One value. Its label is a text, or the words themselves.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label_key: Option<String>,
    pub label: Option<String>,
}

impl Choice {
    fn of_key(value: &str, label_key: String) -> Self {
        Self { value: value.to_owned(), label_key: Some(label_key), label: None }
    }

    fn of_words(value: &str, label: String) -> Self {
        Self { value: value.to_owned(), label_key: None, label: Some(label) }
    }

    /// The label in a language.
    pub fn text(&self, app: &App, locale: &str) -> String {
        match (&self.label_key, &self.label) {
            (Some(key), _) => app.catalogue.text(locale, key, &i18n::Args::new()),
            (None, Some(label)) => label.clone(),
            (None, None) => self.value.clone(),
        }
    }
}

pub fn genders() -> Vec<Choice> {
    let key = |it| format!("v2.page.settings-profile-edit-gender.default.gender-label-{it}");
    ["female", "male"].map(|it| Choice::of_key(it, key(it))).to_vec()
}

/// The languages of the project, and the one that the person has.
pub fn languages(app: &App, current: Option<&str>) -> Vec<Choice> {
    let fallback = app.catalogue.fallback();
    let label = |tag: &str| {
        let key = format!("language-{tag}");
        if app.catalogue.has(fallback, &key) {
            Choice::of_key(tag, key)
        } else {
            Choice::of_words(tag, tag.to_owned())
        }
    };
    let configured = &app.config.localization.supported_languages;
    let other = current.filter(|tag| configured.iter().all(|it| it != tag));
    configured.iter().map(String::as_str).chain(other).map(label).collect()
}

/// Time zones, and the one that the person has, which may go by an older name.
pub fn zones(current: Option<&str>) -> Vec<Choice> {
    let other = current.filter(|zone| ZONES.lines().all(|it| it != *zone));
    let label = |zone: &str| Choice::of_words(zone, zone.replace('_', " "));
    ZONES.lines().chain(other).map(label).collect()
}

/// Countries, by their names in the language of the page.
pub fn countries(app: &App, locale: &str) -> Vec<Choice> {
    let keys = app.catalogue.keys(app.catalogue.fallback());
    let codes = keys.iter().filter_map(|key| key.strip_prefix("territory-"));
    let codes = codes.filter(|code| code.len() == 2);
    let mut countries: Vec<(String, Choice)> = codes
        .map(|code| Choice::of_key(code, format!("territory-{code}")))
        .map(|choice| (choice.text(app, locale), choice))
        .collect();
    countries.sort_by(|(one, _), (other, _)| one.cmp(other));
    countries.into_iter().map(|(_, choice)| choice).collect()
}

/// The words of an attribute of the project's own.
pub fn of_words(values: &[String]) -> Vec<Choice> {
    values.iter().map(|it| Choice::of_words(it, words(it))).collect()
}

/// `/hourly_wage` as `Hourly wage`.
pub fn words(name: &str) -> String {
    let text = name.trim_start_matches('/').replace('_', " ");
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => text,
    }
}
