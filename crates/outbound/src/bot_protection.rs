//! Cloudflare Turnstile and reCAPTCHA v2: whether a token shows that a person passed.

use appconfig::bot_protection::BotProtectionProviderType;
use ctx::Ctx;
use http::Method;
use serde::Deserialize;

use crate::Outbound;
use crate::http::{Bounds, exchange, form};

/// People wait for this one, and a verdict is a few hundred bytes.
const BOUNDS: Bounds = Bounds::new(10, 16 * 1024);
/// More of them say nothing more.
const CODES_MAX: usize = 10;
/// How Turnstile says that the failure is its own.
const CLOUDFLARE_UNAVAILABLE: &str = "internal-error";

/// What the provider says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// With the provider's words for why.
    Failed {
        codes: Vec<String>,
    },
    /// There is no verdict. Whether the person may go on is not for us to say: they may not.
    Unavailable {
        why: String,
    },
}

/// Why no provider could be asked.
#[derive(Debug, thiserror::Error)]
pub enum BotProtectionError {
    #[error("the project has no bot protection, or no secret key for it")]
    NotConfigured,
}

#[derive(Deserialize)]
struct Reply {
    success: Option<bool>,
    #[serde(rename = "error-codes", default)]
    error_codes: Vec<String>,
}

impl Outbound {
    /// Asks the project's provider about the token that a page got for passing its challenge.
    pub async fn verify_bot_protection(
        &self,
        ctx: &Ctx,
        token: &str,
    ) -> Result<Verdict, BotProtectionError> {
        let provider = ctx.app.config.bot_protection.active_provider();
        let provider = provider.ok_or(BotProtectionError::NotConfigured)?.kind;
        let secret = ctx.app.secrets.bot_protection.as_ref();
        let secret = secret.filter(|it| it.kind == Some(provider));
        let secret = secret.and_then(|it| it.secret_key.as_ref());
        let secret = secret.ok_or(BotProtectionError::NotConfigured)?;
        let endpoints = &self.0.settings.endpoints;
        let endpoint = match provider {
            BotProtectionProviderType::Cloudflare => &endpoints.cloudflare,
            BotProtectionProviderType::RecaptchaV2 => &endpoints.recaptcha_v2,
        };
        let mut fields = vec![("secret", secret.reveal().as_str()), ("response", token)];
        if !ctx.caller.ip.is_empty() {
            fields.push(("remoteip", &ctx.caller.ip));
        }
        let request = form(self.0.http.fixed.request(Method::POST, endpoint), &fields);
        let reply = match exchange(request, BOUNDS).await {
            Ok(answer) => answer.json::<Reply>(),
            Err(error) => Err(error),
        };
        Ok(match reply {
            Ok(reply) => verdict(provider, reply),
            Err(error) => Verdict::Unavailable { why: error.to_string() },
        })
    }
}

fn verdict(provider: BotProtectionProviderType, reply: Reply) -> Verdict {
    let mut codes = reply.error_codes;
    codes.truncate(CODES_MAX);
    let is_theirs = provider == BotProtectionProviderType::Cloudflare
        && codes.iter().any(|code| code == CLOUDFLARE_UNAVAILABLE);
    match reply.success {
        Some(true) => Verdict::Passed,
        Some(false) if is_theirs => Verdict::Unavailable { why: codes.join(", ") },
        Some(false) if !codes.is_empty() => Verdict::Failed { codes },
        _ => Verdict::Unavailable { why: "the answer is no verdict".to_owned() },
    }
}

#[cfg(test)]
mod tests;
