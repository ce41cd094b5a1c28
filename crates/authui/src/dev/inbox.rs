//! The messages that development mode keeps instead of sending them, and the page that shows
//! them.
//!
//! Whatever sends messages calls [`record`]. They are in `kv`, so a restart empties the inbox.

use axum::response::{Html, IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderValue, header};
use kv::{Key, Kv, KvError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stdx::Timestamp;

use crate::problem::Problem;
use crate::visit::Visit;

/// A day's work.
const LIFETIME_SECONDS: i64 = 24 * 60 * 60;
/// The oldest ones make room.
const MESSAGES_MAX: usize = 50;
/// A racing writer is given this many chances.
const ATTEMPTS_MAX: usize = 10;
const PREVIEW_CHARS_MAX: usize = 90;

/// By what way a message would have gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Sms,
    Whatsapp,
}

/// A message that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    pub channel: Channel,
    pub subject: Option<String>,
    pub sender: Option<String>,
    pub to: String,
    pub text: String,
    pub html: Option<String>,
    pub sent_at_micros: i64,
}

/// Keeps a message at the top of the inbox.
pub async fn record(ctx: &Ctx, kv: &Kv, message: Message) -> Result<(), KvError> {
    let key = key(ctx);
    for _ in 0..ATTEMPTS_MAX {
        let current = kv.get(&key, ctx.now).await?;
        let mut messages = current.as_deref().map(parse).transpose()?.unwrap_or_default();
        messages.insert(0, message.clone());
        messages.truncate(MESSAGES_MAX);
        let next = serde_json::to_vec(&messages).map_err(|_| KvError::Unreadable)?;
        if kv.swap(&key, current.as_deref(), &next, LIFETIME_SECONDS, ctx.now).await? {
            return Ok(());
        }
    }
    tracing::warn!("the inbox is too busy to keep a message");
    Ok(())
}

/// What is in the inbox, newest first.
pub async fn list(ctx: &Ctx, kv: &Kv) -> Result<Vec<Message>, KvError> {
    Ok(kv.get_json(&key(ctx), ctx.now).await?.unwrap_or_default())
}

fn parse(bytes: &[u8]) -> Result<Vec<Message>, KvError> {
    serde_json::from_slice(bytes).map_err(|_| KvError::Unreadable)
}

fn key(ctx: &Ctx) -> Key {
    Key::new(&ctx.app.id, "dev_inbox", "messages")
}

pub(super) async fn show(visit: Visit) -> Result<Response, Problem> {
    let messages = list(&visit.ctx, &visit.platform.kv).await?;
    let wanted = visit.query.get("id");
    let chosen = messages.iter().find(|it| Some(it.id.as_str()) == wanted);
    let context = json!({
        "inbox_url": "/inbox",
        "messages": messages.iter().map(|it| line(it, wanted)).collect::<Vec<_>>(),
        "message": chosen.map(whole),
    });
    Ok(visit.page("inbox").render(&visit.ctx, context))
}

/// The HTML of a mail, to stand in a sandboxed frame: it can run nothing and load nothing.
pub(super) async fn html(visit: Visit) -> Result<Response, Problem> {
    let messages = list(&visit.ctx, &visit.platform.kv).await?;
    let wanted = visit.query.get("id");
    let chosen = messages.into_iter().find(|it| Some(it.id.as_str()) == wanted);
    let html = chosen.and_then(|it| it.html).ok_or(Problem::NotFound)?;
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                  frame-ancestors 'self'";
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn line(it: &Message, wanted: Option<&str>) -> Value {
    let preview = it.text.lines().map(str::trim).find(|line| !line.is_empty());
    let preview: String = preview.unwrap_or_default().chars().take(PREVIEW_CHARS_MAX).collect();
    json!({
        "id": it.id,
        "channel": it.channel,
        "subject": it.subject,
        "to": it.to,
        "preview": preview,
        "sent_at": sent_at(it),
        "href": format!("/inbox?id={}", it.id),
        "current": wanted == Some(it.id.as_str()),
    })
}

fn whole(it: &Message) -> Value {
    json!({
        "id": it.id,
        "channel": it.channel,
        "subject": it.subject,
        "sender": it.sender,
        "to": it.to,
        "text": it.text,
        "html_url": it.html.as_ref().map(|_| format!("/inbox/html?id={}", it.id)),
        "sent_at": sent_at(it),
        "codes": codes(&it.text),
        "links": links(&it.text),
    })
}

fn sent_at(it: &Message) -> String {
    Timestamp(it.sent_at_micros).to_rfc3339()
}

/// Runs of six digits, which is what codes look like.
fn codes(text: &str) -> Vec<&str> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric());
    let mut codes: Vec<&str> =
        words.filter(|it| it.len() == 6 && it.bytes().all(|it| it.is_ascii_digit())).collect();
    codes.dedup();
    codes
}

fn links(text: &str) -> Vec<&str> {
    let is_link = |it: &&str| it.starts_with("https://") || it.starts_with("http://");
    text.split_whitespace().filter(is_link).collect()
}

#[cfg(test)]
mod tests;
