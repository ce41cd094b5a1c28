//! One-time passwords: codes to type in, and links to follow.
//!
//! A code is kept in `kv` under what it is for and where it went, so that there is one at a time
//! and the newest counts. What is kept is a digest. Wrong guesses are counted in the same
//! place, by compare-and-swap: guessing in parallel gains nothing. A code works once.

mod kept;
mod kind;
pub mod room;
#[cfg(test)]
mod tests;
mod verify;

use ctx::Ctx;
use domain::UserId;
use kv::Kv;
use limits::{Charged, Exhausted, Subject};
use md5::{Digest, Md5};
use serde_json::Value;
use stdx::{Secret, Timestamp};

use crate::AccountError;
use crate::recovery_code::random_text;
use kept::Kept;

pub use kind::{Form, Otp, Purpose};
pub use verify::{
    Approved, LinkStanding, Proof, Verified, approve_link, find_link, inspect_link, verify,
};

const CODE_LENGTH: usize = 6;
const LINK_LENGTH: usize = 32;

/// For whom a code is, and in what it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asking<'a> {
    pub user: Option<&'a UserId>,
    /// The flow, which has a cooldown of its own.
    pub session: Option<&'a str>,
    /// The channel on which a page waits for a link to be approved.
    pub room: Option<&'a str>,
    /// What a link leads back to, when it is followed where nothing else is known.
    pub resume: Option<&'a Value>,
}

/// What became of asking for a code.
#[derive(Debug)]
pub enum Generated {
    /// To be sent.
    Code(Secret<String>),
    /// One was sent a moment ago, or too many were.
    Refused(Exhausted),
}

/// How things stand with what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub can_resend_at: Timestamp,
    /// Whether the link was approved.
    pub can_check: bool,
    /// Whether too many guesses have made it worthless.
    pub too_many_attempts: bool,
    /// By this the gateway tells what became of the message, if it does.
    pub message_id: Option<String>,
}

/// Makes a code, in place of one that may be there. The caller sends it.
pub async fn generate(
    ctx: &Ctx,
    kv: &Kv,
    otp: Otp<'_>,
    asking: Asking<'_>,
) -> Result<Generated, AccountError> {
    let subject = Subject {
        user: asking.user,
        target: Some(otp.target),
        session: asking.session,
        client: None,
    };
    match limits::charge(ctx, kv, otp.send_limit(), subject).await? {
        // Sending is what costs: nothing is given back.
        Charged::Charged(_) => {}
        Charged::Exhausted(exhausted) => return Ok(Generated::Refused(exhausted)),
    }
    let code = match otp.form {
        Form::Code => new_code(ctx, otp.target),
        Form::Link => new_link(ctx, asking.user),
    };
    let kept = Kept::new(ctx, otp, asking, &code);
    kept.put(ctx, kv, otp).await?;
    if otp.form == Form::Link {
        kept::put_lookup(ctx, kv, otp, asking, &code).await?;
        if let Some(name) = asking.room {
            room::open(ctx, kv, name, otp.lifetime_seconds(ctx)).await?;
        }
    }
    Ok(Generated::Code(Secret::new(code)))
}

/// How things stand with the code for `otp`. Nothing changes.
pub async fn inspect(
    ctx: &Ctx,
    kv: &Kv,
    otp: Otp<'_>,
    asking: Asking<'_>,
) -> Result<Standing, AccountError> {
    let session = asking.session;
    let subject = Subject { target: Some(otp.target), session, ..Subject::default() };
    let can_resend_at = limits::cools_down_at(ctx, kv, otp.send_limit(), subject).await?;
    let kept = Kept::find(ctx, kv, otp).await?.map(|(kept, _)| kept);
    Ok(Standing {
        can_resend_at,
        can_check: kept.as_ref().is_some_and(|it| {
            !it.consumed && asking.room.is_some_and(|room| it.is_approved_for(room))
        }),
        too_many_attempts: kept.as_ref().is_some_and(|it| otp.is_worn_out(ctx, it.failed)),
        message_id: kept.and_then(|it| it.message_id),
    })
}

/// Notes the id under which a gateway took the message with the code.
///
/// When somebody tries the code at the same moment, theirs counts, and what the gateway tells is
/// asked of nobody.
pub async fn note_message(
    ctx: &Ctx,
    kv: &Kv,
    otp: Otp<'_>,
    message_id: &str,
) -> Result<(), AccountError> {
    if let Some((kept, current)) = Kept::find(ctx, kv, otp).await? {
        let noted = Kept { message_id: Some(message_id.to_owned()), ..kept };
        noted.swap(ctx, kv, otp, &current).await?;
    }
    Ok(())
}

/// A project may fix the codes of some addresses, an installation those of all.
fn new_code(ctx: &Ctx, target: &str) -> String {
    let rules = &ctx.app.config.test_mode.oob_otp;
    let of_all = &ctx.app.features.test_mode.fixed_oob_otp;
    let fixed = rules.matching(target).map(|rule| rule.fixed_code.as_deref());
    if let Some(Some(code)) = fixed
        && !code.is_empty()
    {
        return code.to_owned();
    }
    if of_all.enabled { of_all.code.clone() } else { ctx.rng.digits(CODE_LENGTH) }
}

/// An installation for tests can foresee links: they follow from the person.
fn new_link(ctx: &Ctx, user: Option<&UserId>) -> String {
    if ctx.app.features.test_mode.deterministic_link_otp.enabled {
        let user = user.map(UserId::as_str).unwrap_or_default();
        return stdx::hex(&Md5::digest(user.as_bytes()));
    }
    random_text(&ctx.rng, LINK_LENGTH)
}
