//! Bot protection: a challenge that a branch may ask for before it is taken.
//!
//! It is passed once for a flow, whatever happens then: a wrong password after it does not ask
//! for another. That it was passed is kept beside the states, under the flow's id. A hook may ask
//! for it everywhere, or nowhere, whatever is declared.

use appconfig::bot_protection::BotProtectionMode;
use appconfig::flow::FlowBranch;
use events::hooks::BotProtectionOverride;
use kv::Key;
use outbound::Verdict;
use serde_json::{Value, json};

use crate::engine::Input;
use crate::refusal::Refusal;
use crate::shape::Member;
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

/// As long as a flow waits for its next input.
const LIFETIME_SECONDS: i64 = 20 * 60;

/// What a branch asks for before it may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    None,
    /// Of this provider, and still to be passed.
    Of(&'static str),
    /// Of this provider, passed already.
    Passed(&'static str),
}

impl Challenge {
    /// What an option of the branch says about it.
    pub fn describe(self, option: &mut Value) {
        if let Self::Of(provider) | Self::Passed(provider) = self {
            option["bot_protection"] = json!({ "enabled": true, "provider": { "type": provider } });
        }
    }

    /// The member that an input must have for it.
    pub fn member(self) -> Option<Member> {
        match self {
            Self::None | Self::Passed(_) => None,
            Self::Of(provider) => Some(Member::BotProtection(provider)),
        }
    }
}

/// What `branch` asks for, in this flow and of this caller.
pub async fn challenge(
    cx: &FlowCx<'_>,
    state: &FlowState,
    branch: &FlowBranch,
) -> Result<Challenge, FlowError> {
    let config = &cx.ctx.app.config.bot_protection;
    let declared = branch.bot_protection.as_ref();
    let asks = match state.hooked.bot_protection {
        Some(BotProtectionOverride::Always) => true,
        Some(BotProtectionOverride::Never) => false,
        None => declared.is_some_and(|it| it.mode != BotProtectionMode::Never),
    };
    let Some(provider) = config.active_provider().filter(|_| asks) else {
        return Ok(Challenge::None);
    };
    let provider = provider.kind.as_str();
    let is_passed = has_passed(cx, state).await?;
    Ok(if is_passed { Challenge::Passed(provider) } else { Challenge::Of(provider) })
}

/// Has the answer to the challenge of `branch` judged, if it has one.
pub async fn pass(
    cx: &FlowCx<'_>,
    state: &FlowState,
    branch: &FlowBranch,
    input: &Input,
) -> Result<Option<Refusal>, FlowError> {
    match challenge(cx, state, branch).await? {
        Challenge::Of(_) => {}
        Challenge::None | Challenge::Passed(_) => return Ok(None),
    }
    let response = input.get("bot_protection").and_then(|it| it.get("response"));
    let response = response.and_then(Value::as_str).unwrap_or_default();
    match cx.outbound.verify_bot_protection(cx.ctx, response).await {
        Ok(Verdict::Passed) => {}
        Ok(Verdict::Failed { .. }) => return Ok(Some(Refusal::BotProtectionFailed)),
        Ok(Verdict::Unavailable { why }) => {
            tracing::warn!(why, "bot protection gave no verdict");
            return Ok(Some(Refusal::BotProtectionUnavailable));
        }
        Err(error) => {
            tracing::error!(%error, "bot protection cannot be asked");
            return Ok(Some(Refusal::BotProtectionUnavailable));
        }
    }
    cx.kv.put(&key(cx, state), b"1", LIFETIME_SECONDS, cx.ctx.now).await?;
    Ok(None)
}

async fn has_passed(cx: &FlowCx<'_>, state: &FlowState) -> Result<bool, FlowError> {
    Ok(cx.kv.get(&key(cx, state), cx.ctx.now).await?.is_some())
}

fn key(cx: &FlowCx<'_>, state: &FlowState) -> Key {
    Key::new(&cx.ctx.app.id, "authflow_bot_protection", &state.flow_id)
}
