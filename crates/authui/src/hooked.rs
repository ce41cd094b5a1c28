//! What a page says when a project's hook said no: its own title and reason, as plain text.

use events::hooks::HookRefusal;
use serde_json::{Value, json};

use crate::wrong::Wrong;

/// The texts for a refusal.
pub struct Said {
    pub title_key: Option<&'static str>,
    pub message_key: &'static str,
    pub args: Value,
}

impl Said {
    pub fn of(refusal: &HookRefusal) -> Self {
        let by_us = |message_key| Self { title_key: None, message_key, args: json!({}) };
        match refusal {
            HookRefusal::Disallowed(it) => {
                let (title, reason) = (it.title.trim(), it.reason.trim());
                Self {
                    title_key: (!title.is_empty()).then_some("aw-hook-title"),
                    message_key: if reason.is_empty() {
                        "v2.error.hook-disallowed"
                    } else {
                        "aw-hook-reason"
                    },
                    args: json!({ "title": title, "reason": reason }),
                }
            }
            HookRefusal::Failed { reason: "HookDeliveryTimeout", .. } => {
                by_us("v2.error.hook-delivery-timeout")
            }
            HookRefusal::Failed { reason: "HookInvalidResponse", .. } => {
                by_us("v2.error.hook-invalid-response")
            }
            HookRefusal::Failed { .. } => by_us("v2.error.hook-delivery-failed"),
        }
    }

    /// The variables of the template `error`.
    pub fn page(refusal: &HookRefusal) -> Value {
        let said = Self::of(refusal);
        json!({
            "error": {
                "reason": refusal.reason(),
                "title_key": said.title_key,
                "message_key": said.message_key,
                "args": said.args,
                "advice_key": null,
            },
            "actions": [],
        })
    }

    /// The same above a form.
    pub fn wrong(refusal: &HookRefusal) -> Wrong {
        let said = Self::of(refusal);
        Wrong::form(refusal.reason(), said.message_key).with(said.args)
    }
}
