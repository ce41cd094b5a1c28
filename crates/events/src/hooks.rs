//! Calling a project's hooks: webhooks, and scripts of its own in the sandbox.
//!
//! [`Hooks::ask`] has the handlers of a blocking event decide, one after another;
//! [`Hooks::tell`] hands a handler an event that has happened; [`Hooks::send_sms`] sends a text
//! message through a gateway that may be a script as well. None of it may be called while a
//! transaction is open: a hook may take seconds.

mod ask;
mod response;
mod sink;

use std::time::{Duration, Instant};

use ctx::Ctx;
use futures_util::future::BoxFuture;
use outbound::{
    Fetch, HttpError, Outbound, Redirects, Sms, SmsError, SmsOutcome, SmsRefusal, SmsRefusalKind,
    WebhookError,
};
use script::{Console, FetchRequest, FetchResponse, Job, ScriptError, Scripts};
use serde_json::Value;

pub use ask::{Allowed, Blocking, Decision, Disallowed, HookRefusal};
pub use response::{BotProtectionOverride, Mutations};
pub(crate) use sink::sinks_of;

/// The scheme of a handler that is a script of the project.
const SCRIPT_SCHEME: &str = "authgeardeno://";
/// For an event that has happened nobody waits.
const TELL_TIMEOUT: Duration = Duration::from_mins(1);

/// The way to a project's hooks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hooks {
    outbound: Outbound,
    scripts: Scripts,
}

/// Why a hook has said nothing that counts.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the hook took too long")]
    Timeout,
    #[error("the hook answered with status {status}")]
    Status { status: u16, retry_after_seconds: Option<i64> },
    #[error("the hook's answer is not valid: {0}")]
    Response(String),
    #[error("the hook could not be reached")]
    Unreachable(#[source] WebhookError),
    #[error("there is no script {0}")]
    NoScript(String),
    #[error("the script failed: {error}")]
    Script { error: ScriptError, console: Console },
}

impl HookError {
    /// The stable word for it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Timeout => "HookDeliveryTimeout",
            Self::Status { .. } | Self::Response(_) => "HookInvalidResponse",
            Self::Unreachable(_) | Self::NoScript(_) => "HookDeliveryUnknownFailure",
            Self::Script { .. } => "DenoRunError",
        }
    }
}

impl Hooks {
    pub fn new(outbound: Outbound, scripts: Scripts) -> Self {
        Self { outbound, scripts }
    }

    /// Scripts run on threads of the test; with [`Outbound::recording`] nothing leaves.
    pub fn for_tests(outbound: Outbound) -> Self {
        Self::new(outbound, Scripts::for_tests())
    }

    /// Says what is wrong with a script, without running it.
    pub async fn check_script(&self, ctx: &Ctx, source: &str) -> Result<(), ScriptError> {
        self.scripts.check(ctx.app.id.as_str(), source).await
    }

    /// Hands `event` to the handler at `url`, and gives back what it returns.
    pub async fn call(
        &self,
        ctx: &Ctx,
        url: &str,
        event: &Value,
        timeout: Duration,
    ) -> Result<Value, HookError> {
        if let Some(path) = url.strip_prefix(SCRIPT_SCHEME) {
            return self.run(ctx, path.trim_start_matches('/'), event, timeout).await;
        }
        self.outbound.call_webhook(ctx, url, event, timeout).await.map_err(webhook_error)
    }

    /// Hands `event` to a handler whose answer does not matter.
    pub async fn tell(&self, ctx: &Ctx, url: &str, event: &Value) -> Result<(), HookError> {
        if let Some(path) = url.strip_prefix(SCRIPT_SCHEME) {
            let path = path.trim_start_matches('/');
            return self.run(ctx, path, event, TELL_TIMEOUT).await.map(|_| ());
        }
        let told = self.outbound.notify_webhook(ctx, url, event, TELL_TIMEOUT).await;
        told.map_err(webhook_error)
    }

    /// Sends a text message, by a script where the gateway is one.
    pub async fn send_sms(&self, ctx: &Ctx, sms: &Sms) -> Result<SmsOutcome, SmsError> {
        let call = match self.outbound.send_sms(ctx, sms).await? {
            SmsOutcome::Script(call) => call,
            outcome => return Ok(outcome),
        };
        match self.run(ctx, &call.path, &call.input, call.timeout).await {
            Ok(returned) => Ok(outbound::judge_sms_script(&returned)),
            Err(HookError::Timeout) => Ok(refused(SmsRefusalKind::Timeout, "")),
            Err(error) => Ok(refused(SmsRefusalKind::Unknown, &error.to_string())),
        }
    }

    async fn run(
        &self,
        ctx: &Ctx,
        path: &str,
        event: &Value,
        timeout: Duration,
    ) -> Result<Value, HookError> {
        let source = ctx.app.script(path);
        let source = source.ok_or_else(|| HookError::NoScript(path.to_owned()))?;
        let job = Job { project: ctx.app.id.as_str(), source, event, timeout };
        let began = Instant::now();
        let ran = self.scripts.run(job, |request| self.fetch(request)).await;
        tracing::info!(
            app = ctx.app.id.as_str(),
            script = path,
            request_id = ctx.request_id,
            milliseconds = began.elapsed().as_millis(),
            error = ran.result.as_ref().err().map(tracing::field::display),
            console = ran.console.text,
            "a script ran"
        );
        ran.result.map_err(|error| match error {
            ScriptError::Timeout => HookError::Timeout,
            error => HookError::Script { error, console: ran.console },
        })
    }

    /// `fetch` of a script, by the rules for whatever a project names.
    fn fetch(&self, request: FetchRequest) -> BoxFuture<'_, Result<FetchResponse, String>> {
        let redirects = match request.redirect.as_str() {
            "manual" => Redirects::Manual,
            "error" => Redirects::Error,
            _ => Redirects::Follow,
        };
        let FetchRequest { url, method, headers, body, .. } = request;
        Box::pin(async move {
            let fetched =
                self.outbound.fetch(Fetch { url, method, headers, body, redirects }).await;
            let fetched = fetched.map_err(|error| error.to_string())?;
            Ok(FetchResponse {
                url: fetched.url,
                status: fetched.status,
                headers: fetched.headers,
                body: fetched.body,
            })
        })
    }
}

fn webhook_error(error: WebhookError) -> HookError {
    match error {
        WebhookError::Status { status, retry_after_seconds } => {
            HookError::Status { status, retry_after_seconds }
        }
        WebhookError::NotJson => HookError::Response("it is not JSON".to_owned()),
        WebhookError::Http(HttpError::Timeout) => HookError::Timeout,
        error => HookError::Unreachable(error),
    }
}

fn refused(kind: SmsRefusalKind, description: &str) -> SmsOutcome {
    SmsOutcome::Refused(SmsRefusal {
        kind,
        provider: outbound::SmsProvider::Custom,
        code: String::new(),
        provider_name: String::new(),
        description: description.to_owned(),
    })
}

#[cfg(test)]
mod tests;
