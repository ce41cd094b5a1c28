//! Writing events down.

use ctx::Ctx;
use domain::{Attributes, ClientId, OutboxEntry, UserId};
use serde_json::{Value, json};
use store::{Result, Tx};

use crate::Event;
use crate::deliver::AUDIT_LOG;

/// Through what an event came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TriggeredBy {
    /// Something that end-users face.
    #[default]
    User,
    AdminApi,
    /// A job of ours.
    System,
    Portal,
    SiteAdmin,
}

/// What is known of how an event came about, besides the request itself.
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub triggered_by: TriggeredBy,
    pub client_id: Option<ClientId>,
    /// Of the authorization request that is being answered (RFC 6749 §4.1.1).
    pub state: Option<String>,
    pub x_state: Option<String>,
    /// As the browser said them.
    pub preferred_languages: Vec<String>,
    /// The one that was chosen; the project's fallback when nobody chose.
    pub language: Option<String>,
    pub http_url: String,
}

impl TriggeredBy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::AdminApi => "admin_api",
            Self::System => "system",
            Self::Portal => "portal",
            Self::SiteAdmin => "site_admin",
        }
    }
}

/// Puts an event into the outbox of the transaction that made it happen.
///
/// If that is rolled back, it did not happen. Refusals are events too: commit them.
pub async fn record(ctx: &Ctx, tx: &mut Tx, source: &Source, event: Event) -> Result<()> {
    let context = context(ctx, source, event.user().map(|user| &user.id));
    insert_event(ctx, tx, context, &event).await
}

/// Puts an event into the outbox that follows from one of its entries: it came about in the way in
/// which that did.
pub async fn record_outcome(
    ctx: &Ctx,
    tx: &mut Tx,
    entry: &OutboxEntry,
    event: Event,
) -> Result<()> {
    let mut context = entry.context.clone();
    context.insert("timestamp".to_owned(), json!(ctx.now.seconds()));
    insert_event(ctx, tx, context, &event).await
}

/// Puts into the outbox what is carried as events are and is none: for one sink, under a type.
pub async fn enqueue(
    ctx: &Ctx,
    tx: &mut Tx,
    source: &Source,
    (sink, r#type): (&str, &str),
    payload: Attributes,
) -> Result<()> {
    let context = context(ctx, source, None);
    let entry = entry(ctx, tx, r#type.to_owned(), payload, context);
    tx.outbox().insert(&entry, &[sink]).await
}

async fn insert_event(ctx: &Ctx, tx: &mut Tx, context: Attributes, event: &Event) -> Result<()> {
    let told = crate::hooks::sinks_of(&ctx.app.config.hook, event);
    let sinks: Vec<&str> = [AUDIT_LOG].into_iter().chain(told.iter().map(String::as_str)).collect();
    let entry = entry(ctx, tx, event.type_name(), event.payload(), context);
    tx.outbox().insert(&entry, &sinks).await
}

fn entry(
    ctx: &Ctx,
    tx: &Tx,
    r#type: String,
    payload: Attributes,
    context: Attributes,
) -> OutboxEntry {
    OutboxEntry {
        seq: 0,
        app_id: tx.app().clone(),
        id: ctx.rng.uuid(),
        sink: String::new(),
        r#type,
        payload,
        context,
        created_at: ctx.now,
        attempts: 0,
    }
}

pub(crate) fn context(ctx: &Ctx, source: &Source, user: Option<&UserId>) -> Attributes {
    let fallback = || ctx.app.config.localization.fallback_language.clone();
    let language = source.language.clone().unwrap_or_else(fallback);
    let always = [
        ("timestamp", json!(ctx.now.seconds())),
        ("user_id", json!(user.map(UserId::as_str))),
        ("triggered_by", json!(source.triggered_by.as_str())),
        ("audit_context", json!({ "http_url": source.http_url })),
        ("preferred_languages", json!(source.preferred_languages)),
        ("language", json!(language)),
        ("geo_location_code", Value::Null),
        ("app_id", json!(ctx.app.id.as_str())),
    ];
    let known = [
        ("ip_address", ctx.caller.ip.as_str()),
        ("user_agent", ctx.caller.user_agent.as_str()),
        ("client_id", source.client_id.as_ref().map_or("", ClientId::as_str)),
        ("tracking_id", ctx.request_id.as_str()),
    ];
    let mut context: Attributes = always.into_iter().map(|it| (it.0.to_owned(), it.1)).collect();
    let known = known.into_iter().filter(|(_, value)| !value.is_empty());
    context.extend(known.map(|(name, value)| (name.to_owned(), json!(value))));
    let oauth: Attributes = [("state", &source.state), ("x_state", &source.x_state)]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
        .collect();
    if !oauth.is_empty() {
        context.insert("oauth".to_owned(), Value::Object(oauth));
    }
    context
}
