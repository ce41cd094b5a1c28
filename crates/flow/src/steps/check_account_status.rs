//! `check_account_status`: refuses whoever may not sign in, and says why.

use domain::AccountStatus;

use super::{Taken, Turn};
use crate::facts::Facts;
use crate::refusal::Refusal;
use crate::{FlowCx, FlowError};

pub async fn turn(cx: &FlowCx<'_>, facts: &Facts) -> Result<Turn, FlowError> {
    let user = facts.known_user("check_account_status")?;
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let Some(user) = tx.users().find(&user).await? else {
        // Deleted since the flow began.
        return Ok(Turn::Settled(Taken::Refused(Refusal::FlowNotFound)));
    };
    let refusal = refusal_of(user.status(cx.ctx.now));
    Ok(Turn::Settled(refusal.map_or(Taken::Done, Taken::Refused)))
}

/// Why somebody of this status may not sign in; `None` when they may.
pub fn refusal_of(status: AccountStatus) -> Option<Refusal> {
    Some(match status {
        AccountStatus::Normal => return None,
        AccountStatus::Disabled { reason } => Refusal::DisabledUser { reason },
        AccountStatus::Deactivated => Refusal::DeactivatedUser,
        AccountStatus::ScheduledDeletion { at, by_the_person } => {
            Refusal::ScheduledDeletion { at, by_the_person }
        }
        AccountStatus::Anonymized => Refusal::AnonymizedUser,
        AccountStatus::ScheduledAnonymization { at } => Refusal::ScheduledAnonymization { at },
        AccountStatus::OutsideValidPeriod => Refusal::OutsideValidPeriod,
    })
}
