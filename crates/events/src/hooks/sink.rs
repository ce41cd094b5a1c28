//! Handlers that are told what has happened, through the outbox.

use appconfig::hook::{HookConfig, NonBlockingEvent};
use ctx::Ctx;
use domain::OutboxEntry;
use outbound::WebhookError;
use serde_json::Value;

use super::{HookError, Hooks};
use crate::Event;
use crate::carry::{Retry, Sink, Undelivered};
use crate::deliver::envelope;

/// Three days: whoever was down longer has to look into the audit log.
const LIFETIME_SECONDS: i64 = 3 * 86_400;

impl Sink for Hooks {
    const KIND: &'static str = "hook:";
    const LIFETIME_SECONDS: i64 = LIFETIME_SECONDS;

    async fn deliver(&self, ctx: &Ctx, entry: &OutboxEntry) -> Result<(), Undelivered> {
        let url = entry.sink.trim_start_matches(Self::KIND);
        let is_told = ctx.app.config.hook.non_blocking_handlers.iter().any(|it| it.url == url);
        if !is_told {
            let why = "the handler is no longer configured".to_owned();
            return Err(Undelivered { why, retry: Retry::Never });
        }
        let event = Value::Object(envelope(entry));
        self.tell(ctx, url, &event).await.map_err(|error| undelivered(&error))
    }
}

fn undelivered(error: &HookError) -> Undelivered {
    let retry = match error {
        HookError::Status { retry_after_seconds: Some(seconds), .. } => Retry::After(*seconds),
        _ => Retry::Later,
    };
    let why = match error {
        HookError::Unreachable(WebhookError::Http(cause)) => format!("{error}: {cause}"),
        error => error.to_string(),
    };
    Undelivered { why, retry }
}

/// The sinks of the handlers that are to be told of `event`, each once.
pub fn sinks_of(config: &HookConfig, event: &Event) -> Vec<String> {
    let mut sinks: Vec<String> = Vec::new();
    if config.non_blocking_handlers.is_empty() || !event.is_told() {
        return sinks;
    }
    let name = event.type_name();
    let is_wanted = |it: &NonBlockingEvent| *it == NonBlockingEvent::Any || it.as_str() == name;
    for handler in &config.non_blocking_handlers {
        let sink = format!("{}{}", Hooks::KIND, handler.url);
        if handler.events.iter().any(is_wanted) && !sinks.contains(&sink) {
            sinks.push(sink);
        }
    }
    sinks
}
