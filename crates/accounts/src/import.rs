//! Importing people from elsewhere: many records, each written or refused by itself.
//!
//! A record is what upstream's user import takes: login ids, attributes, hashes of passwords,
//! second factors. One of the login ids says whether the person is here already; then the record is
//! skipped or, with `upsert`, changes what it names. No hook is called and no event is recorded.
//! Where the records come from, and who may hand them in, is the business of others.

mod insert;
mod record;
#[cfg(test)]
mod tests;
mod update;

use ctx::Ctx;
use domain::{Identity, LoginId, LoginIdType, OobTarget, UserId};
use serde_json::{Map, Value, json};
use store::{Store, Tx};

use crate::login_id::{self, CheckedLoginId, InvalidLoginId, Lists};
use crate::{AccountError, account, attributes};

use record::Record;

/// A record is a few hundred bytes and a request half a megabyte: nobody sends more than that.
pub const RECORDS_MAX: usize = 10_000;

/// A document of records.
#[derive(Clone, Debug)]
pub struct Import {
    /// The login id that says who a record is about.
    pub identifier: LoginIdType,
    /// Whether people who are here already are changed.
    pub upsert: bool,
    /// Checked one by one when their turn comes.
    pub records: Vec<Map<String, Value>>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    pub outcome: Outcome,
    pub user_id: Option<UserId>,
    /// What the record said that has no effect.
    pub warnings: Vec<String>,
    pub problem: Option<Problem>,
    /// The record, without what is secret.
    pub record: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Inserted,
    Updated,
    Skipped,
    Failed,
}

/// Why a record, or the whole document, is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub reason: &'static str,
    pub message: String,
    /// Where and how a value is not what it should be.
    pub causes: Vec<Cause>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// A JSON pointer.
    pub location: String,
    pub kind: &'static str,
    pub details: Value,
}

/// A record on its way: what it did, or why it may not.
enum Step<T> {
    Done(T),
    Refused(Problem),
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Updated => "updated",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

impl Problem {
    fn invalid(location: &str, kind: &'static str, details: Value) -> Self {
        let cause = Cause { location: location.to_owned(), kind, details };
        Self {
            reason: "ValidationFailed",
            message: "invalid value".to_owned(),
            causes: vec![cause],
        }
    }

    fn duplicate(existing: &Identity) -> Self {
        let what = match existing {
            Identity::LoginId(it) => it.r#type.claim(),
            _ => "identity",
        };
        Self {
            reason: "InvariantViolated",
            message: format!("another person has this {what}"),
            causes: Vec::new(),
        }
    }
}

impl Import {
    /// Reads a document; records are looked at when their turn comes.
    pub fn parse(document: &[u8]) -> Result<Self, Problem> {
        let document: Value = serde_json::from_slice(document)
            .map_err(|_| Problem::invalid("", "general", json!({ "msg": "this is not JSON" })))?;
        let Some(document) = document.as_object() else {
            return Err(Problem::invalid("", "type", json!({ "expected": ["object"] })));
        };
        if let Some(unknown) =
            document.keys().find(|it| !["upsert", "identifier", "records"].contains(&it.as_str()))
        {
            return Err(Problem::invalid(&format!("/{unknown}"), "general", json!({})));
        }
        let upsert = match document.get("upsert") {
            None => false,
            Some(Value::Bool(upsert)) => *upsert,
            Some(_) => {
                return Err(Problem::invalid(
                    "/upsert",
                    "type",
                    json!({ "expected": ["boolean"] }),
                ));
            }
        };
        let identifier = document.get("identifier").and_then(Value::as_str);
        let identifier = LoginIdType::ALL.into_iter().find(|it| Some(it.claim()) == identifier);
        let identifier = identifier.ok_or_else(|| {
            let known = LoginIdType::ALL.map(LoginIdType::claim);
            Problem::invalid("/identifier", "enum", json!({ "expected": known }))
        })?;
        let records = document.get("records").and_then(Value::as_array).filter(|it| !it.is_empty());
        let records = records
            .ok_or_else(|| Problem::invalid("/records", "minItems", json!({ "expected": 1 })))?;
        if records.len() > RECORDS_MAX {
            let details = json!({ "expected": RECORDS_MAX, "actual": records.len() });
            return Err(Problem::invalid("/records", "maxItems", details));
        }
        let objects = records.iter().enumerate().map(|(number, record)| {
            let not_an_object = || {
                let expected = json!({ "expected": ["object"] });
                Problem::invalid(&format!("/records/{number}"), "type", expected)
            };
            record.as_object().cloned().ok_or_else(not_an_object)
        });
        Ok(Self { identifier, upsert, records: objects.collect::<Result<_, _>>()? })
    }
}

/// Writes the records, each in a transaction of its own, in their order.
pub async fn run(
    ctx: &Ctx,
    store: &Store,
    lists: &Lists,
    import: &Import,
) -> Result<Vec<Detail>, AccountError> {
    let mut details = Vec::with_capacity(import.records.len());
    for record in &import.records {
        details.push(one(ctx, store, lists, import, record).await?);
    }
    Ok(details)
}

async fn one(
    ctx: &Ctx,
    store: &Store,
    lists: &Lists,
    import: &Import,
    record: &Map<String, Value>,
) -> Result<Detail, AccountError> {
    let mut detail = Detail {
        outcome: Outcome::Failed,
        user_id: None,
        warnings: Vec::new(),
        problem: None,
        record: record::redacted(record),
    };
    let record = match Record::parse(record, import.identifier) {
        Ok(record) => record,
        Err(problem) => {
            detail.problem = Some(problem);
            return Ok(detail);
        }
    };
    let mut tx = store.write(&ctx.app.id).await?;
    let warnings = &mut detail.warnings;
    let existing = find(ctx, &mut tx, &record, import.identifier).await?;
    let (outcome, step) = match existing {
        None => (Outcome::Inserted, insert::insert(ctx, &mut tx, lists, &record, warnings).await?),
        Some(existing) if import.upsert => {
            let user = existing.base.user_id;
            let change = update::Update { lists, record: &record, identifier: import.identifier };
            let step = change.apply(ctx, &mut tx, &user, warnings).await?;
            (Outcome::Updated, step.map(|()| user))
        }
        Some(existing) => {
            warnings.push("skipped: the person is here already, and upsert is off".to_owned());
            (Outcome::Skipped, Step::Done(existing.base.user_id))
        }
    };
    match step {
        Step::Done(user) => {
            tx.commit().await?;
            detail.outcome = outcome;
            detail.user_id = Some(user);
        }
        // Dropping the transaction takes back what the record had written.
        Step::Refused(problem) => detail.problem = Some(problem),
    }
    Ok(detail)
}

impl<T> Step<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Self::Done(it) => Step::Done(change(it)),
            Self::Refused(problem) => Step::Refused(problem),
        }
    }
}

/// Whoever the record is about, if they are here.
async fn find(
    ctx: &Ctx,
    tx: &mut Tx,
    record: &Record,
    identifier: LoginIdType,
) -> Result<Option<LoginId>, AccountError> {
    let Some(value) = record.login_id(identifier).value() else { return Ok(None) };
    match login_id::check_known(&ctx.app.config, identifier.as_str(), value) {
        Ok(checked) => account::find_by_login_id(tx, &checked).await,
        // What cannot be looked up is nobody's; adding it says what is wrong with it.
        Err(_) => Ok(None),
    }
}

/// Whether the value may be added. Lists of addresses bind people, not administrators.
fn check(
    ctx: &Ctx,
    lists: &Lists,
    r#type: LoginIdType,
    value: &str,
) -> Result<CheckedLoginId, Problem> {
    let (config, key) = (&ctx.app.config, r#type.as_str());
    let checked = match r#type {
        LoginIdType::Email => login_id::check_known(config, key, value),
        LoginIdType::Phone | LoginIdType::Username => {
            login_id::check_new(config, lists, key, value)
        }
    };
    checked.map_err(|invalid: InvalidLoginId| {
        let (kind, details) = invalid.cause();
        Problem::invalid(&format!("/{}", r#type.claim()), kind, details)
    })
}

/// A kind of place that codes go to.
type Target = fn(String) -> OobTarget;

/// Where the codes of a second factor go, if the value can be that.
fn second_target(target: Target, name: &str, value: &str) -> Result<OobTarget, Problem> {
    let value = value.trim();
    let (is_good, format) = match target(value.to_owned()) {
        OobTarget::Email(it) => (login_id::is_address(&it), "email"),
        OobTarget::Phone(it) => (attributes::is_phone_number(&it), "phone"),
    };
    let invalid =
        || Problem::invalid(&format!("/mfa/{name}"), "format", json!({ "format": format }));
    is_good.then(|| target(value.to_owned())).ok_or_else(invalid)
}

/// Whether the project has this kind of login id.
fn is_configured(ctx: &Ctx, r#type: LoginIdType) -> bool {
    ctx.app.config.identity.login_id.find_key(r#type.as_str()).is_some()
}

/// Writes the attributes that the record names, as an administrator may.
async fn write_attributes(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    record: &Record,
) -> Result<Step<()>, AccountError> {
    let party = attributes::Party::AdminApi;
    for updated in [
        attributes::update_standard(ctx, tx, party, user, &record.standard).await?,
        attributes::update_custom(ctx, tx, party, user, &record.custom).await?,
    ] {
        if let attributes::Updated::Refused(refusal) = updated {
            return Ok(Step::Refused(record::refused_attribute(&refusal)));
        }
    }
    Ok(Step::Done(()))
}
