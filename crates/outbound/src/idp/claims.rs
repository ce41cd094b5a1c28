//! The standard claims of OpenID Connect (Core 1.0 §5.1) among what a provider says.

use serde_json::{Map, Value};

const TEXTS: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];
const FLAGS: [&str; 2] = ["email_verified", "phone_number_verified"];
const ADDRESS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// Those that are there and of the right type; the empty text is not there.
pub(super) fn standard(claims: &Map<String, Value>) -> Map<String, Value> {
    let mut out = texts(claims, &TEXTS);
    for name in FLAGS {
        if let Some(flag) = claims.get(name).filter(|it| it.is_boolean()) {
            out.insert(name.to_owned(), flag.clone());
        }
    }
    if let Some(address) = claims.get("address").and_then(Value::as_object) {
        let address = texts(address, &ADDRESS);
        if !address.is_empty() {
            out.insert("address".to_owned(), address.into());
        }
    }
    out
}

/// Where nobody says a given name, the name stands in for it.
pub(super) fn with_given_name(mut standard: Map<String, Value>) -> Map<String, Value> {
    if let Some(name) = standard.get("name").cloned() {
        standard.entry("given_name").or_insert(name);
    }
    standard
}

/// The same under other names: `(ours, theirs)`.
pub(super) fn renamed(claims: &Map<String, Value>, names: &[(&str, &str)]) -> Map<String, Value> {
    let pairs = names.iter().filter_map(|(ours, theirs)| {
        let value = text(claims, theirs)?;
        Some(((*ours).to_owned(), value.into()))
    });
    pairs.collect()
}

/// A text that is there and not empty.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|it| !it.is_empty())
}

fn texts(claims: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let pairs: Vec<_> = names.iter().map(|name| (*name, *name)).collect();
    renamed(claims, &pairs)
}
