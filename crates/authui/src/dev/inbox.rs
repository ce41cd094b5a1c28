//! The page that shows the messages that development mode keeps instead of sending them.
//!
//! They are where [`outbound`] keeps them: in memory, so a restart empties the inbox.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, header};
use outbound::KeptMessage;
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::visit::Visit;

const PREVIEW_CHARS_MAX: usize = 90;

pub(super) async fn show(visit: Visit) -> Result<Response, Problem> {
    let messages = visit.platform.outbound.kept(&visit.ctx.app.id);
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
    let messages = visit.platform.outbound.kept(&visit.ctx.app.id);
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

fn line(it: &KeptMessage, wanted: Option<&str>) -> Value {
    let preview = it.text.lines().map(str::trim).find(|line| !line.is_empty());
    let preview: String = preview.unwrap_or_default().chars().take(PREVIEW_CHARS_MAX).collect();
    json!({
        "id": it.id,
        "channel": it.channel.as_str(),
        "subject": it.subject,
        "to": it.to,
        "preview": preview,
        "sent_at": it.sent_at.to_rfc3339(),
        "href": format!("/inbox?id={}", it.id),
        "current": wanted == Some(it.id.as_str()),
    })
}

fn whole(it: &KeptMessage) -> Value {
    json!({
        "id": it.id,
        "channel": it.channel.as_str(),
        "subject": it.subject,
        "sender": it.sender,
        "to": it.to,
        "text": it.text,
        "html_url": it.html.as_ref().map(|_| format!("/inbox/html?id={}", it.id)),
        "sent_at": it.sent_at.to_rfc3339(),
        "codes": codes(&it.text),
        "links": links(&it.text),
    })
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
