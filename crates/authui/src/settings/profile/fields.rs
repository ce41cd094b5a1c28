//! The fields of the profile: which there are, what kind each is, and who may write it.

use accounts::attributes::{Party, shown_custom, shown_standard};
use appconfig::user_profile::{AccessLevel, CustomAttribute, CustomAttributeType};
use ctx::App;
use domain::{Attributes, UserOverview};
use serde::Serialize;
use serde_json::{Value, json};
use web::Fields;

use super::super::choices::{self, Choice};

/// Fields under one title.
#[derive(Debug, Serialize)]
pub struct Group {
    pub title_key: &'static str,
    pub fields: Vec<Field>,
}

/// One field, as the template reads it. `name` is a JSON pointer.
#[derive(Debug, Default, Serialize)]
pub struct Field {
    pub name: String,
    pub kind: &'static str,
    pub label_key: Option<String>,
    pub label: Option<String>,
    pub value: Option<String>,
    pub display: Option<String>,
    pub readonly: bool,
    pub autocomplete: Option<&'static str>,
    pub options: Vec<Choice>,
    /// The person's own words for what is usually a choice.
    pub custom: Option<String>,
    pub hint_key: Option<&'static str>,
    pub hint_args: Value,
    /// Whether it is the project's own attribute.
    #[serde(skip)]
    pub is_custom: bool,
}

/// A standard attribute: pointer, kind, label, autofill.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>);

macro_rules! label {
    ($page:literal, $name:literal) => {
        concat!("v2.page.settings-profile", $page, ".default.", $name)
    };
}

const NAME: &[Row] = &[
    ("/name", "text", label!("-edit-name", "fullname-input-label"), Some("name")),
    ("/given_name", "text", label!("-edit-name", "given-name-input-label"), Some("given-name")),
    (
        "/middle_name",
        "text",
        label!("-edit-name", "middle-name-input-label"),
        Some("additional-name"),
    ),
    ("/family_name", "text", label!("-edit-name", "family-name-input-label"), Some("family-name")),
    ("/nickname", "text", label!("-edit-name", "nickname-input-label"), Some("nickname")),
];

const ABOUT: &[Row] = &[
    ("/picture", "url", "aw-attribute-picture", Some("photo")),
    ("/birthdate", "date", label!("", "birthdate-title"), Some("bday")),
    ("/gender", "gender", label!("", "gender-title"), Some("sex")),
    ("/locale", "select", label!("", "language-title"), Some("language")),
    ("/zoneinfo", "select", label!("", "zoneinfo-title"), None),
    ("/profile", "url", "aw-attribute-profile", None),
    ("/website", "url", "aw-attribute-website", Some("url")),
];

const ADDRESS: &[Row] = &[
    (
        "/address/street_address",
        "textarea",
        label!("-edit-address", "street-label"),
        Some("street-address"),
    ),
    (
        "/address/locality",
        "text",
        label!("-edit-address", "locality-label"),
        Some("address-level2"),
    ),
    ("/address/region", "text", label!("-edit-address", "region-label"), Some("address-level1")),
    (
        "/address/postal_code",
        "text",
        label!("-edit-address", "postal-code-label"),
        Some("postal-code"),
    ),
    ("/address/country", "select", label!("-edit-address", "country-label"), Some("country")),
];

/// What the person may see, in groups. What was `posted` and refused stands in for what is there.
pub fn groups(
    app: &App,
    locale: &str,
    overview: &UserOverview,
    posted: Option<&Fields>,
) -> Vec<Group> {
    let config = &app.config.user_profile;
    let standard = shown_standard(config, Party::EndUser, overview);
    let custom = shown_custom(config, Party::EndUser, &overview.user.custom_attributes);
    let of = |rows: &[Row]| {
        let fields = rows.iter().filter_map(|row| standard_field(app, locale, &standard, row));
        fields.collect::<Vec<_>>()
    };
    let more = config.custom_attributes.attributes.iter();
    let more = more.filter_map(|it| custom_field(app, locale, &custom, it)).collect();
    let mut groups = vec![
        Group { title_key: "aw-group-name", fields: of(NAME) },
        Group { title_key: "aw-group-about", fields: of(ABOUT) },
        Group { title_key: "aw-group-address", fields: of(ADDRESS) },
        Group { title_key: "aw-group-more", fields: more },
    ];
    groups.retain(|it| !it.fields.is_empty());
    let fields = groups.iter_mut().flat_map(|it| &mut it.fields).filter(|it| !it.readonly);
    for field in fields {
        field.take_posted(posted);
    }
    groups
}

fn standard_field(app: &App, locale: &str, shown: &Attributes, row: &Row) -> Option<Field> {
    let (name, kind, label_key, autocomplete) = *row;
    let access = &app.config.user_profile.standard_attributes.access_control;
    let top = name.strip_prefix("/address").map_or(name, |_| "/address");
    let access = access.iter().find(|it| it.pointer.as_str() == top)?;
    let level = access.access_control.end_user();
    let value = Value::Object(shown.clone()).pointer(name).and_then(to_text);
    let options = match name {
        "/gender" => choices::genders(),
        "/locale" => choices::languages(app, value.as_deref()),
        "/zoneinfo" => choices::zones(value.as_deref()),
        "/address/country" => choices::countries(app, locale),
        _ => Vec::new(),
    };
    let is_own_words =
        kind == "gender" && !options.iter().any(|it| Some(&it.value) == value.as_ref());
    Field {
        name: name.to_owned(),
        kind,
        label_key: Some(label_key.to_owned()),
        custom: value.clone().filter(|_| is_own_words),
        value,
        autocomplete,
        options,
        ..Field::default()
    }
    .with_access(app, locale, level)
}

fn custom_field(
    app: &App,
    locale: &str,
    shown: &Attributes,
    attribute: &CustomAttribute,
) -> Option<Field> {
    let name = &attribute.pointer;
    let key = format!("custom-attribute-label-{name}");
    let is_named =
        app.catalogue.has(locale, &key) || app.catalogue.has(app.catalogue.fallback(), &key);
    let (hint_key, hint_args) = hint(attribute);
    Field {
        name: name.clone(),
        kind: kind_of(attribute.kind),
        label: (!is_named).then(|| choices::words(name)),
        label_key: is_named.then_some(key),
        value: shown.get(name.trim_start_matches('/')).and_then(to_text),
        options: match attribute.kind {
            CustomAttributeType::Enum => choices::of_words(&attribute.choices),
            CustomAttributeType::CountryCode => choices::countries(app, locale),
            _ => Vec::new(),
        },
        hint_key,
        hint_args,
        is_custom: true,
        ..Field::default()
    }
    .with_access(app, locale, attribute.access_control.end_user())
}

fn kind_of(kind: CustomAttributeType) -> &'static str {
    match kind {
        CustomAttributeType::String => "text",
        CustomAttributeType::Number => "number",
        CustomAttributeType::Integer => "integer",
        CustomAttributeType::Enum | CustomAttributeType::CountryCode => "select",
        CustomAttributeType::PhoneNumber => "phone",
        CustomAttributeType::Email => "email",
        CustomAttributeType::Url => "url",
    }
}

fn hint(attribute: &CustomAttribute) -> (Option<&'static str>, Value) {
    macro_rules! key {
        ($end:literal) => {
            Some(concat!(
                "v2.page.settings-edit-custom-attribute.default.custom-attribute-numeric-hint-",
                $end
            ))
        };
    }
    let key = match (attribute.minimum, attribute.maximum) {
        (Some(_), Some(_)) => key!("minimum-maximum"),
        (Some(_), None) => key!("minimum"),
        (None, Some(_)) => key!("maximum"),
        (None, None) => return (None, json!({})),
    };
    let number = |bound: Option<f64>| bound.map(|it| it.to_string()).unwrap_or_default();
    (key, json!({ "minimum": number(attribute.minimum), "maximum": number(attribute.maximum) }))
}

impl Field {
    /// The field as the person may see it; none when they may not.
    fn with_access(mut self, app: &App, locale: &str, level: AccessLevel) -> Option<Self> {
        self.readonly = match level {
            AccessLevel::Hidden => return None,
            AccessLevel::ReadOnly => true,
            AccessLevel::ReadWrite => false,
        };
        if self.hint_args.is_null() {
            self.hint_args = json!({});
        }
        let chosen = self.options.iter().find(|it| Some(&it.value) == self.value.as_ref());
        self.display = chosen.filter(|_| self.readonly).map(|it| it.text(app, locale));
        Some(self)
    }

    fn take_posted(&mut self, posted: Option<&Fields>) {
        let Some(text) = posted.and_then(|it| it.raw(&self.name)) else { return };
        self.value = Some(text.to_owned());
        let own_words = posted.and_then(|it| it.get(&format!("{}.custom", self.name)));
        self.custom = own_words.filter(|_| text == "custom").map(str::to_owned);
    }
}

/// A value as a form shows it.
fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
