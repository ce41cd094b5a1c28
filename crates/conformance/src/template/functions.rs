//! The functions of the case format. There are no others.

use std::collections::HashMap;

use base64::Engine as _;
use jose::SigningKeys;
use serde_json::{Map, Value, json};
use stdx::{Rng, Timestamp};

use super::TemplateError;
use super::evaluate::{failed, number};
use crate::totp;

/// What functions need that is not in the template.
pub struct Outside<'a> {
    pub rng: &'a Rng,
    pub now: Timestamp,
    /// Signs ID tokens as the project under test does.
    pub keys: &'a SigningKeys,
    /// Codes of recovery links, by claim and value. A missing one is looked up by the caller,
    /// who then renders again.
    pub link_codes: &'a HashMap<(String, String), String>,
}

pub fn call(
    name: &str,
    arguments: &[Value],
    outside: &Outside<'_>,
) -> Result<Value, TemplateError> {
    match (name, arguments) {
        ("index", [start, path @ ..]) => index(start, path),
        ("nodeID", [kind, id]) => {
            let id = format!("{}:{}", text(kind)?, text(id)?);
            Ok(stdx::base64url(id.as_bytes()).into())
        }
        ("printf", [format, rest @ ..]) => printf(text(format)?, rest).map(Value::from),
        ("b64enc", [it]) => Ok(base64::prelude::BASE64_STANDARD.encode(text(it)?).into()),
        ("trimPrefix", [prefix, it]) => {
            let it = text(it)?;
            Ok(it.strip_prefix(text(prefix)?).unwrap_or(it).into())
        }
        ("regexFind", [pattern, it]) => {
            let pattern = regex::Regex::new(text(pattern)?)
                .map_err(|_| failed("regexFind has no regular expression"))?;
            Ok(pattern.find(text(it)?).map_or("", |it| it.as_str()).into())
        }
        ("urlParse", [it]) => url_parse(text(it)?),
        ("until", [Value::Number(count)]) => {
            let count = count.as_u64().filter(|it| *it <= COUNT_MAX);
            let count = count.ok_or_else(|| failed("until counts to ten thousand at most"))?;
            Ok((0..count).collect())
        }
        ("uuidv4", []) => Ok(outside.rng.uuid().into()),
        ("generateTOTPCode", [secret]) => {
            let code = totp::code(text(secret)?, outside.now);
            code.map(Value::from).ok_or_else(|| failed("the TOTP secret is not base32"))
        }
        ("generateIDToken", [user]) => Ok(id_token(text(user)?, outside).into()),
        ("linkOTPCode", [claim, value]) => {
            let key = (text(claim)?.to_owned(), text(value)?.to_owned());
            match outside.link_codes.get(&key) {
                Some(code) => Ok(code.as_str().into()),
                None => Err(TemplateError::LinkCode { claim: key.0, value: key.1 }),
            }
        }
        _ if KNOWN.contains(&name) => {
            Err(failed(&format!("{name} does not take {} arguments like these", arguments.len())))
        }
        _ => Err(TemplateError::UnknownFunction(name.to_owned())),
    }
}

const KNOWN: [&str; 12] = [
    "index",
    "nodeID",
    "printf",
    "b64enc",
    "trimPrefix",
    "regexFind",
    "urlParse",
    "until",
    "uuidv4",
    "generateTOTPCode",
    "generateIDToken",
    "linkOTPCode",
];

/// A fixture makes a hundred rows or so; a slip should not make a million.
const COUNT_MAX: u64 = 10_000;

fn text(value: &Value) -> Result<&str, TemplateError> {
    value.as_str().ok_or_else(|| failed(&format!("{value} is not text")))
}

/// Goes down by keys and positions.
fn index(start: &Value, path: &[Value]) -> Result<Value, TemplateError> {
    let mut at = start;
    for key in path {
        at = match (at, key) {
            (Value::Array(items), Value::Number(number)) => {
                let found = number.as_u64().and_then(|it| items.get(usize::try_from(it).ok()?));
                found.ok_or_else(|| failed(&format!("index {number} is out of range")))?
            }
            (Value::Object(object), Value::String(key)) => object.get(key).unwrap_or(&Value::Null),
            _ => return Err(failed(&format!("cannot index with {key}"))),
        };
    }
    Ok(at.clone())
}

/// `%s`, `%d` and `%v`.
fn printf(format: &str, arguments: &[Value]) -> Result<String, TemplateError> {
    let mut made = String::new();
    let mut arguments = arguments.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        let verb = after.chars().next();
        if verb == Some('%') {
            made.push('%');
        } else {
            let argument = arguments.next().ok_or_else(|| failed("printf lacks an argument"))?;
            match (verb, argument) {
                (Some('s' | 'v'), Value::String(it)) => made.push_str(it),
                (Some('d' | 'v'), Value::Number(it)) => made.push_str(&number(it)),
                _ => return Err(failed(&format!("printf cannot write {argument} so"))),
            }
        }
        rest = &after[1..];
    }
    if arguments.next().is_some() {
        return Err(failed("printf has an argument too many"));
    }
    Ok(made + rest)
}

/// Query and host are what the cases ask for.
fn url_parse(address: &str) -> Result<Value, TemplateError> {
    let parsed = url::Url::parse(address).map_err(|_| failed("urlParse has no address"))?;
    let host = match (parsed.host_str(), parsed.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    Ok(json!({ "query": parsed.query().unwrap_or_default(), "host": host }))
}

/// A token that says who somebody is, and nothing else: what the cases hand in as a hint.
fn id_token(user: &str, outside: &Outside<'_>) -> String {
    let claims: Map<String, Value> = [("sub".to_owned(), user.into())].into_iter().collect();
    outside.keys.sign("JWT", &claims)
}
