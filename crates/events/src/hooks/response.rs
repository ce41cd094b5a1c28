//! What a handler of a blocking event may answer. What an event does not take is refused, not
//! passed over.

use std::collections::{BTreeMap, BTreeSet};

use appconfig::hook::BlockingEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::HookError;

/// Ways to authenticate that a handler can insist on.
const AMR: [&str; 12] = [
    "mfa",
    "otp",
    "pwd",
    "sms",
    "x_primary_oob_otp_email",
    "x_primary_oob_otp_sms",
    "x_primary_password",
    "x_recovery_code",
    "x_secondary_oob_otp_email",
    "x_secondary_oob_otp_sms",
    "x_secondary_password",
    "x_secondary_totp",
];
/// Groups of rate limits whose weight a handler can set.
const RATE_LIMITS: [&str; 2] = ["authentication.general", "authentication.account_enumeration"];

/// More of a title or a reason is no sentence for people; both are kept in the audit log.
const TEXT_CHARS_MAX: usize = 1_000;

/// What a handler says.
pub(super) enum Response {
    Allowed(Box<Answer>),
    Disallowed { title: String, reason: String },
}

/// A yes, and what comes with it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub mutations: Mutations,
    pub amr: Option<Vec<String>>,
    pub bot_protection: Option<BotProtectionOverride>,
    pub rate_limits: Option<BTreeMap<String, f64>>,
}

/// What handlers have put in the place of what there was. Absent is as it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mutations {
    pub standard_attributes: Option<Map<String, Value>>,
    pub custom_attributes: Option<Map<String, Value>>,
    pub roles: Option<Vec<String>>,
    pub groups: Option<Vec<String>>,
    pub jwt_payload: Option<Map<String, Value>>,
    pub id_token_payload: Option<Map<String, Value>>,
}

/// Whether bot protection is asked for, whatever the configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotProtectionOverride {
    Never,
    Always,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAllowed {
    #[serde(rename = "is_allowed")]
    _is_allowed: bool,
    #[serde(default)]
    mutations: Option<RawMutations>,
    #[serde(default)]
    constraints: Option<RawConstraints>,
    #[serde(default)]
    bot_protection: Option<RawBotProtection>,
    #[serde(default)]
    rate_limits: Option<BTreeMap<String, RawWeight>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisallowed {
    #[serde(rename = "is_allowed")]
    _is_allowed: bool,
    #[serde(default)]
    title: String,
    #[serde(default)]
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMutations {
    #[serde(default)]
    user: RawUser,
    #[serde(default)]
    jwt: RawToken,
    #[serde(default)]
    id_token: RawToken,
}

#[derive(Default, Deserialize)]
struct RawUser {
    #[serde(default)]
    standard_attributes: Option<Map<String, Value>>,
    #[serde(default)]
    custom_attributes: Option<Map<String, Value>>,
    #[serde(default)]
    roles: Option<Vec<String>>,
    #[serde(default)]
    groups: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
struct RawToken {
    #[serde(default)]
    payload: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConstraints {
    #[serde(default)]
    amr: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBotProtection {
    #[serde(default)]
    mode: Option<BotProtectionOverride>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeight {
    #[serde(default)]
    weight: f64,
}

/// The keys that an event takes beside `is_allowed`.
fn keys(event: BlockingEvent) -> &'static [&'static str] {
    match event {
        BlockingEvent::UserPreCreate
        | BlockingEvent::UserProfilePreUpdate
        | BlockingEvent::UserPreScheduleDeletion
        | BlockingEvent::UserPreScheduleAnonymization
        | BlockingEvent::OidcJwtPreCreate
        | BlockingEvent::OidcIdTokenPreCreate => &["mutations"],
        BlockingEvent::AuthenticationPreInitialize
        | BlockingEvent::AuthenticationPostIdentified => {
            &["constraints", "bot_protection", "rate_limits"]
        }
        BlockingEvent::AuthenticationPreAuthenticated => &["constraints", "rate_limits"],
    }
}

pub(super) fn parse(event: BlockingEvent, value: Value) -> Result<Response, HookError> {
    let wrong = |what: &str| HookError::Response(what.to_owned());
    let unreadable = |error: serde_json::Error| HookError::Response(error.to_string());
    let object = value.as_object().ok_or_else(|| wrong("it is not an object"))?;
    let allowed = object.get("is_allowed").and_then(Value::as_bool);
    if !allowed.ok_or_else(|| wrong("is_allowed is not there, or not a boolean"))? {
        let no: RawDisallowed = serde_json::from_value(value).map_err(unreadable)?;
        let (title, reason) = (shortened(&no.title), shortened(&no.reason));
        return Ok(Response::Disallowed { title, reason });
    }
    let known = keys(event);
    let unknown = object.keys().find(|it| *it != "is_allowed" && !known.contains(&it.as_str()));
    if let Some(unknown) = unknown {
        return Err(wrong(&format!("{event} does not take {unknown}")));
    }
    let yes: RawAllowed = serde_json::from_value(value).map_err(unreadable)?;
    let amr = yes.constraints.map(|it| it.amr.into_iter().collect::<BTreeSet<_>>());
    if let Some(odd) = amr.iter().flatten().find(|it| !AMR.contains(&it.as_str())) {
        return Err(wrong(&format!("{odd} cannot be insisted on")));
    }
    let rate_limits = yes.rate_limits.map(|limits| -> BTreeMap<_, _> {
        limits.into_iter().map(|(name, it)| (name, it.weight)).collect()
    });
    for (name, weight) in rate_limits.iter().flatten() {
        if !RATE_LIMITS.contains(&name.as_str()) || *weight < 0.0 {
            return Err(wrong(&format!("the weight of {name} cannot be {weight}")));
        }
    }
    Ok(Response::Allowed(Box::new(Answer {
        mutations: yes.mutations.unwrap_or_default().into(),
        amr: amr.map(|it| it.into_iter().collect()),
        bot_protection: yes.bot_protection.and_then(|it| it.mode),
        rate_limits,
    })))
}

fn shortened(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

impl From<RawMutations> for Mutations {
    fn from(raw: RawMutations) -> Self {
        Self {
            standard_attributes: raw.user.standard_attributes,
            custom_attributes: raw.user.custom_attributes,
            roles: raw.user.roles,
            groups: raw.user.groups,
            jwt_payload: raw.jwt.payload,
            id_token_payload: raw.id_token.payload,
        }
    }
}

impl Mutations {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes over what `later` has put in place of what there was.
    pub(super) fn then(&mut self, later: Self) {
        self.standard_attributes = later.standard_attributes.or(self.standard_attributes.take());
        self.custom_attributes = later.custom_attributes.or(self.custom_attributes.take());
        self.roles = later.roles.or(self.roles.take());
        self.groups = later.groups.or(self.groups.take());
        self.jwt_payload = later.jwt_payload.or(self.jwt_payload.take());
        self.id_token_payload = later.id_token_payload.or(self.id_token_payload.take());
    }

    /// Shows the next handler what the ones before it made of the payload.
    pub(super) fn apply(&self, payload: &mut Map<String, Value>) {
        let mut put = |whole: &str, part: &str, value: Option<Value>| {
            if let (Some(value), Some(Value::Object(whole))) = (value, payload.get_mut(whole)) {
                whole.insert(part.to_owned(), value);
            }
        };
        let object = |it: &Option<Map<String, Value>>| it.clone().map(Value::Object);
        let list = |it: &Option<Vec<String>>| it.clone().map(Value::from);
        put("user", "standard_attributes", object(&self.standard_attributes));
        put("user", "custom_attributes", object(&self.custom_attributes));
        put("user", "roles", list(&self.roles));
        put("user", "groups", list(&self.groups));
        put("jwt", "payload", object(&self.jwt_payload));
        put("id_token", "payload", object(&self.id_token_payload));
    }
}
