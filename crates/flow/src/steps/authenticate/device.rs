//! Browsers that are spared the second factor.

use appconfig::flow::{Authentication, FlowStep};
use domain::UserId;
use limits::Limit;

use crate::{FlowCx, FlowError, guard};

/// The branch that a trusted browser takes.
pub fn branch(step: &FlowStep) -> Option<usize> {
    let is_device = |it: &Option<Authentication>| *it == Some(Authentication::DeviceToken);
    step.one_of.iter().position(|branch| is_device(&branch.authentication))
}

/// Whether this browser was trusted by this person, and still is.
pub async fn is_spared(cx: &FlowCx<'_>, user: &UserId) -> Result<bool, FlowError> {
    let Some(token) = cx.browser.device_token else { return Ok(false) };
    if cx.ctx.app.config.authentication.device_token.disabled {
        return Ok(false);
    }
    // Whoever has used up their guesses is asked for the second factor, like anybody else.
    let Ok(receipt) = guard::charge(cx, Limit::VerifyDeviceToken, Some(user)).await? else {
        return Ok(false);
    };
    let hash = stdx::sha256_hex(token.reveal());
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let is_live = tx.device_tokens().is_live(&hash, user, cx.ctx.now).await?;
    drop(tx);
    if is_live {
        guard::refund(cx, receipt).await?;
    }
    Ok(is_live)
}
