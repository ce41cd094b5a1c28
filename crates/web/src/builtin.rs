//! What is built into the binary: our templates, our texts, our assets.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use i18n::{Args, Catalogue, Value as Arg};
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State};
use stdx::Timestamp;

mod embedded {
    //! Written by `build.rs`.
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// What a page may cost to render: an endless loop in an overridden template ends here.
const FUEL: u64 = 500_000;

/// Our texts in every language that we speak.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let mut catalogue = Catalogue::new("en");
        for (file, json) in embedded::MESSAGES {
            let locale = file.trim_end_matches(".json");
            let texts: BTreeMap<String, String> =
                serde_json::from_str(json).expect("a test reads every catalogue");
            catalogue.add(locale, &texts).expect("a test reads every catalogue");
        }
        catalogue
    });
    &CATALOGUE
}

/// Our pages and messages, speaking from `catalogue`.
pub fn templates(catalogue: Arc<Catalogue>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(escaping);
    environment.add_function("asset", |name: &str| asset_url(name));
    environment.add_function(
        "t",
        move |state: &State<'_, '_>, key: &str, kwargs: Kwargs| -> Result<Value, Error> {
            let lang = state.lookup("lang");
            let lang = lang.as_ref().and_then(Value::as_str).unwrap_or("en");
            let args = arguments(&kwargs)?;
            Ok(match escaping(state.name()) {
                AutoEscape::None => Value::from(catalogue.text(lang, key, &args)),
                _ => Value::from_safe_string(catalogue.html(lang, key, &args)),
            })
        },
    );
    for (name, source) in embedded::TEMPLATES {
        environment.add_template(name, source).expect("a test renders every template");
    }
    for (name, source) in embedded::MAILS {
        let name = format!("messages/{name}");
        environment.add_template_owned(name, *source).expect("a test renders every message");
    }
    environment
}

/// Pages and mails are markup; a text message or the plain part of a mail is not.
fn escaping(name: &str) -> AutoEscape {
    let extension = std::path::Path::new(name).extension();
    if extension.is_some_and(|it| it == "txt") { AutoEscape::None } else { AutoEscape::Html }
}

/// Names of our templates.
pub fn template_names() -> impl Iterator<Item = &'static str> {
    embedded::TEMPLATES.iter().map(|(name, _)| *name)
}

/// `t("key", time=…)`: numbers stay numbers, and RFC 3339 in an argument called `time`, `date`,
/// `at` or `…_at` becomes an instant, so that the message can write it as the language does.
fn arguments(kwargs: &Kwargs) -> Result<Args, Error> {
    let mut args = Args::new();
    for name in kwargs.args() {
        let value: Value = kwargs.get(name)?;
        let is_instant = matches!(name, "time" | "date" | "at") || name.ends_with("_at");
        let instant = value.as_str().filter(|_| is_instant).and_then(Timestamp::parse_rfc3339);
        let arg = match (instant, value.as_i64()) {
            // Messages select `true`, whatever the template language calls it.
            _ if value.kind() == ValueKind::Bool => {
                Arg::from(if value.is_true() { "true" } else { "false" })
            }
            (Some(at), _) => Arg::Time(at),
            (None, Some(number)) if value.is_number() => Arg::Number(number),
            // The engine writes booleans as Python does, messages as ICU does.
            (None, _) if value.kind() == ValueKind::Bool => {
                Arg::from(if value.is_true() { "true" } else { "false" })
            }
            (None, _) if value.is_undefined() || value.is_none() => Arg::from(""),
            (None, _) => Arg::from(value.to_string()),
        };
        args.insert(name.to_owned(), arg);
    }
    kwargs
        .assert_all_used()
        .map_err(|it| Error::new(ErrorKind::TooManyArguments, it.to_string()))?;
    Ok(args)
}

/// An asset: its bytes, and the hash that its address carries.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub bytes: &'static [u8],
    pub content_type: &'static str,
}

/// Where `name` is served; the hash lets browsers keep it for ever.
pub fn asset_url(name: &str) -> String {
    match asset_hashes().get(name) {
        Some(hash) => format!("/assets/{hash}/{name}"),
        None => format!("/assets/none/{name}"),
    }
}

/// The asset called `name`, if `hash` is its hash.
pub fn asset(hash: &str, name: &str) -> Option<Asset> {
    let known = asset_hashes().get(name)?;
    if known != hash {
        return None;
    }
    let bytes = embedded::ASSETS.iter().find(|(file, _)| *file == name)?.1;
    Some(Asset { bytes, content_type: content_type(name) })
}

fn asset_hashes() -> &'static HashMap<&'static str, String> {
    static HASHES: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
        let hash = |bytes: &[u8]| stdx::hex(&stdx::sha256(bytes)[..8]);
        embedded::ASSETS.iter().map(|(name, bytes)| (*name, hash(bytes))).collect()
    });
    &HASHES
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
