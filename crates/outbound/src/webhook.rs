//! JSON that is posted to an address of a project's choice, signed with the project's key.

use std::time::Duration;

use aws_lc_rs::hmac;
use ctx::Ctx;
use http::{Method, header};
use serde_json::Value;
use url::Url;

use crate::Outbound;
use crate::http::{Answer, Bounds, HttpError, Route, exchange};

const SIGNATURE: &str = "x-authgear-body-signature";
/// A hook answers with a decision or a changed user, which is far smaller.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Why a hook has given no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("the project has no key to sign hooks with")]
    NoKey,
    #[error("the address of the hook is not one")]
    BadUrl,
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the hook answered with status {status}")]
    Status {
        status: u16,
        /// For how long it does not want to be called (RFC 9110 §10.2.3, in seconds).
        retry_after_seconds: Option<i64>,
    },
    #[error("the hook's answer is not JSON")]
    NotJson,
}

impl Outbound {
    /// Posts `body` to `url` and reads the JSON that comes back.
    pub async fn call_webhook(
        &self,
        ctx: &Ctx,
        url: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<Value, WebhookError> {
        let answer = self.post_signed(ctx, url, body, timeout).await?;
        if !answer.status.is_success() {
            return Err(status_error(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(|_| WebhookError::NotJson)
    }

    /// Posts `body` to `url` for whoever listens; what it answers does not matter, that it took
    /// it does.
    pub async fn notify_webhook(
        &self,
        ctx: &Ctx,
        url: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<(), WebhookError> {
        let answer = self.post_signed(ctx, url, body, timeout).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(status_error(&answer))
    }

    pub(crate) async fn post_signed(
        &self,
        ctx: &Ctx,
        url: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<Answer, WebhookError> {
        let keys = ctx.app.secrets.webhook.as_ref().map(appconfig::secrets::KeySet::octets);
        let key = keys.into_iter().flatten().next().ok_or(WebhookError::NoKey)?;
        let url = Url::parse(url).map_err(|_| WebhookError::BadUrl)?;
        let body = body.to_string();
        let request = self
            .0
            .http
            .request(Route::Guarded, Method::POST, &url)?
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE, sign(key.reveal(), body.as_bytes()))
            .body(body);
        let bounds = Bounds { timeout, answer_bytes_max: ANSWER_BYTES_MAX };
        Ok(exchange(request, bounds).await?)
    }
}

fn status_error(answer: &Answer) -> WebhookError {
    let retry_after = answer.headers.get(header::RETRY_AFTER).and_then(|it| it.to_str().ok());
    WebhookError::Status {
        status: answer.status.as_u16(),
        retry_after_seconds: retry_after.and_then(|it| it.trim().parse().ok()),
    }
}

/// HMAC-SHA256 in lower-case hexadecimal.
pub(crate) fn sign(key: &[u8], body: &[u8]) -> String {
    stdx::hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), body).as_ref())
}

#[cfg(test)]
mod tests;
