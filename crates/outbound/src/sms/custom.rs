//! A gateway of the project's own: a webhook, or a script.

use std::time::Duration;

use appconfig::messaging::SmsProvider;
use appconfig::secrets::CustomSmsCredentials;
use ctx::Ctx;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Sms, SmsError, SmsOutcome, SmsRefusal, SmsRefusalKind};
use crate::Outbound;

/// Upstream's default, and the most that a project can ask for.
const TIMEOUT_SECONDS_MAX: u64 = 60;
/// What goes into events and logs of what a gateway says of itself.
const WORDS_CHARS_MAX: usize = 500;
const SCRIPT_SCHEME: &str = "authgeardeno://";

/// A script of the project that sends the message.
#[derive(Clone, PartialEq)]
pub struct ScriptCall {
    /// Where it is among the project's files, such as `deno/sms.ts`.
    pub path: String,
    /// Its argument.
    pub input: Value,
    pub timeout: Duration,
}

impl std::fmt::Debug for ScriptCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptCall").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What webhooks and scripts answer.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    code: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    info: Value,
}

impl Outbound {
    pub(super) async fn send_by_custom(
        &self,
        ctx: &Ctx,
        gateway: &CustomSmsCredentials,
        sms: &Sms,
    ) -> Result<SmsOutcome, SmsError> {
        let seconds = gateway.timeout.and_then(|it| u64::try_from(it).ok()).filter(|it| *it > 0);
        let seconds = seconds.unwrap_or(TIMEOUT_SECONDS_MAX).min(TIMEOUT_SECONDS_MAX);
        let timeout = Duration::from_secs(seconds);
        let input = payload(ctx, sms);
        let url = gateway.url.reveal();
        if let Some(path) = url.strip_prefix(SCRIPT_SCHEME) {
            let path = path.trim_start_matches('/').to_owned();
            return Ok(SmsOutcome::Script(ScriptCall { path, input, timeout }));
        }
        let answer = self.post_signed(ctx, url, &input, timeout).await?;
        let returned = serde_json::from_slice(&answer.body).ok();
        match returned.as_ref().and_then(read) {
            Some(reply) => Ok(outcome(&reply)),
            // Gateways that are older than the answers.
            None if answer.status.is_success() => Ok(SmsOutcome::Sent),
            None => Ok(SmsOutcome::Refused(SmsRefusal::new(
                SmsProvider::Custom,
                SmsRefusalKind::Unknown,
                answer.status.as_str(),
            ))),
        }
    }
}

/// Reads what a script returned: one that says nothing has sent the message.
pub fn judge(returned: &Value) -> SmsOutcome {
    read(returned).map_or(SmsOutcome::Sent, |reply| outcome(&reply))
}

/// Only an object can be a reply; serde would make one of a list as well.
fn read(returned: &Value) -> Option<Reply> {
    returned.is_object().then(|| Reply::deserialize(returned).ok()).flatten()
}

fn payload(ctx: &Ctx, sms: &Sms) -> Value {
    json!({
        "to": sms.to,
        "body": sms.text,
        "app_id": ctx.app.id.as_str(),
        "template_name": sms.template_name,
        "language_tag": sms.language,
        "template_variables": sms.variables,
    })
}

fn outcome(reply: &Reply) -> SmsOutcome {
    let kind = match reply.code.as_str() {
        "ok" => return SmsOutcome::Sent,
        "invalid_phone_number" => SmsRefusalKind::InvalidPhoneNumber,
        "rate_limited" => SmsRefusalKind::RateLimited,
        "authentication_failed" => SmsRefusalKind::AuthenticationFailed,
        "delivery_rejected" => SmsRefusalKind::DeliveryRejected,
        "unsupported_request" => SmsRefusalKind::UnsupportedRequest,
        "timeout" => SmsRefusalKind::Timeout,
        _ => SmsRefusalKind::Unknown,
    };
    let said = |name: &str| cut(reply.info[name].as_str().unwrap_or_default());
    SmsOutcome::Refused(SmsRefusal {
        kind,
        provider: SmsProvider::Custom,
        code: said("provider_error_code"),
        provider_name: said("provider_name"),
        description: cut(&reply.description),
    })
}

fn cut(words: &str) -> String {
    words.chars().take(WORDS_CHARS_MAX).collect()
}
