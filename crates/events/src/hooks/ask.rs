//! Blocking events: the handlers decide, in the order of the configuration.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use appconfig::hook::BlockingEvent;
use ctx::Ctx;
use domain::UserId;
use serde_json::{Map, Value, json};

use super::response::{Answer, Response, parse};
use super::{BotProtectionOverride, HookError, Hooks, Mutations};
use crate::Source;
use crate::record::context;

/// What handlers are asked about.
#[derive(Debug, Clone)]
pub struct Blocking<'a> {
    pub event: BlockingEvent,
    pub user: Option<&'a UserId>,
    pub payload: Map<String, Value>,
}

/// What the handlers have decided.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Decision {
    Allowed(Box<Allowed>),
    Disallowed(Disallowed),
}

/// A yes of all of them, and what came with it: the last word on each thing counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allowed {
    /// Not validated yet.
    pub mutations: Mutations,
    /// Ways to authenticate of which all have to be used; absent when no handler spoke of it.
    pub amr: Option<Vec<String>>,
    pub bot_protection: Option<BotProtectionOverride>,
    /// Weights by the group of the rate limit.
    pub rate_limits: Option<BTreeMap<String, f64>>,
}

/// The no of the first that said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disallowed {
    pub event: BlockingEvent,
    pub title: String,
    pub reason: String,
}

/// Why what was asked about does not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookRefusal {
    Disallowed(Disallowed),
    /// Nobody said yes: a handler was silent, away, or not to be understood.
    Failed {
        event: BlockingEvent,
        /// The stable word for what went wrong.
        reason: &'static str,
    },
}

impl HookRefusal {
    /// The stable word for it.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Disallowed(_) => Disallowed::REASON,
            Self::Failed { reason, .. } => reason,
        }
    }

    /// For developers, in English.
    pub const fn message(&self) -> &'static str {
        match self {
            Self::Disallowed(_) => "disallowed by hook event handler",
            Self::Failed { .. } => "a hook event handler did not decide",
        }
    }

    /// The details that an API shows.
    pub fn info(&self) -> Value {
        match self {
            Self::Disallowed(disallowed) => disallowed.info(),
            Self::Failed { event, .. } => json!({ "event_type": event.as_str() }),
        }
    }
}

impl Disallowed {
    /// The stable word for it.
    pub const REASON: &'static str = "HookDisallowed";

    /// The details that an API shows.
    pub fn info(&self) -> Value {
        json!({
            "event_type": self.event.as_str(),
            "reasons": [{ "title": self.title, "reason": self.reason }],
        })
    }
}

impl Hooks {
    /// Whether anybody wants to be asked.
    pub fn is_asked(ctx: &Ctx, event: BlockingEvent) -> bool {
        ctx.app.config.hook.blocking_handlers.iter().any(|it| it.event == event)
    }

    /// Has the handlers of the event decide. What goes wrong is in the log, and a no.
    pub async fn decide(
        &self,
        ctx: &Ctx,
        source: &Source,
        question: Blocking<'_>,
    ) -> Result<Allowed, HookRefusal> {
        let event = question.event;
        match self.ask(ctx, source, question).await {
            Ok(Decision::Allowed(allowed)) => Ok(*allowed),
            Ok(Decision::Disallowed(disallowed)) => Err(HookRefusal::Disallowed(disallowed)),
            Err(error) => {
                tracing::warn!(
                    app = ctx.app.id.as_str(),
                    event = event.as_str(),
                    request_id = ctx.request_id,
                    error = &error as &dyn std::error::Error,
                    "a hook did not decide"
                );
                Err(HookRefusal::Failed { event, reason: error.reason() })
            }
        }
    }

    /// Asks every handler of the event. Each has its time, and all have theirs together.
    pub async fn ask(
        &self,
        ctx: &Ctx,
        source: &Source,
        question: Blocking<'_>,
    ) -> Result<Decision, HookError> {
        let config = &ctx.app.config.hook;
        let mut allowed = Allowed::default();
        let all = config.blocking_handlers.iter();
        let handlers: Vec<_> = all.filter(|it| it.event == question.event).collect();
        if handlers.is_empty() {
            return Ok(Decision::Allowed(Box::new(allowed)));
        }
        let mut envelope = envelope(ctx, source, &question);
        let mut payload = question.payload;
        let began = Instant::now();
        for handler in handlers {
            let left = seconds(config.sync_hook_total_timeout_seconds);
            let left = left.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(HookError::Timeout);
            }
            let timeout = seconds(config.sync_hook_timeout_seconds).min(left);
            envelope["payload"] = Value::Object(payload.clone());
            let returned = self.call(ctx, &handler.url, &envelope, timeout).await?;
            match parse(question.event, returned)? {
                Response::Disallowed { title, reason } => {
                    let event = question.event;
                    return Ok(Decision::Disallowed(Disallowed { event, title, reason }));
                }
                Response::Allowed(answer) => allowed.take(*answer, &mut payload),
            }
        }
        Ok(Decision::Allowed(Box::new(allowed)))
    }
}

impl Allowed {
    fn take(&mut self, answer: Answer, payload: &mut Map<String, Value>) {
        answer.mutations.apply(payload);
        self.mutations.then(answer.mutations);
        self.amr = answer.amr.or(self.amr.take());
        self.bot_protection = answer.bot_protection.or(self.bot_protection);
        self.rate_limits = answer.rate_limits.or(self.rate_limits.take());
    }
}

fn envelope(ctx: &Ctx, source: &Source, question: &Blocking<'_>) -> Value {
    json!({
        "id": ctx.rng.uuid(),
        // Only what is kept has a place in a sequence.
        "seq": 0,
        "type": question.event.as_str(),
        "payload": {},
        "context": context(ctx, source, question.user),
    })
}

fn seconds(configured: i64) -> Duration {
    Duration::from_secs(u64::try_from(configured).unwrap_or_default())
}
