//! Trying a code, and approving a link.

use ctx::Ctx;
use kv::Kv;
use serde_json::Value;
use stdx::{Secret, Timestamp};

use super::kept::{self, Kept};
use super::{Form, Otp, Purpose, room};
use crate::AccountError;

/// How often a swap is tried again when others keep being first. More than that are guessing.
const SWAPS_MAX: usize = 8;

/// What somebody shows.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    Code(&'a Secret<String>),
    /// That the link was followed and approved, for whoever waits in this room: nobody else's flow
    /// gains by it.
    Approval {
        room: &'a str,
    },
}

/// What became of a code that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    Right,
    Wrong,
    /// It was guessed at too often and is worth nothing now.
    WornOut,
}

/// What became of a link that was followed.
#[derive(Debug, PartialEq, Eq)]
pub enum Approved {
    /// Whoever waits in this room was told.
    Approved { room: Option<String> },
    /// No such link, or not any more.
    Unknown,
}

/// How a link stands, for the page that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStanding {
    /// It can be followed.
    Open,
    /// It was approved, and whoever asked for it has yet to go on.
    Approved,
    /// It has done its work.
    Used,
    /// A newer one went to the same address.
    Replaced,
    /// It is over, or there never was one.
    Unknown,
}

/// Tries a code. A right one is used up.
///
/// To be called after [`Otp::verify_limit`] was charged.
pub async fn verify(
    ctx: &Ctx,
    kv: &Kv,
    otp: Otp<'_>,
    proof: Proof<'_>,
) -> Result<Verified, AccountError> {
    for _ in 0..SWAPS_MAX {
        let Some((mut kept, current)) = Kept::find(ctx, kv, otp).await? else {
            return Ok(Verified::Wrong);
        };
        if otp.is_worn_out(ctx, kept.failed) {
            return Ok(Verified::WornOut);
        }
        if kept.consumed {
            return Ok(Verified::Wrong);
        }
        let is_right = match proof {
            Proof::Code(code) => {
                let digest = kept::digest(code.reveal());
                stdx::constant_time_eq(digest.as_bytes(), kept.digest.as_bytes())
            }
            Proof::Approval { room } => kept.is_approved_for(room),
        };
        if is_right {
            kept.consumed = true;
        } else {
            kept.failed += 1;
        }
        if kept.swap(ctx, kv, otp, &current).await? {
            return Ok(match is_right {
                true => Verified::Right,
                false if otp.is_worn_out(ctx, kept.failed) => Verified::WornOut,
                false => Verified::Wrong,
            });
        }
    }
    Ok(Verified::Wrong)
}

/// Approves the sign-in that a link stands for. Whoever asked for it still has to go on.
pub async fn approve_link(
    ctx: &Ctx,
    kv: &Kv,
    code: &Secret<String>,
) -> Result<Approved, AccountError> {
    let Some(lookup) = kept::find_lookup(ctx, kv, code.reveal()).await? else {
        return Ok(Approved::Unknown);
    };
    let otp = lookup.otp();
    if otp.purpose != Purpose::OobOtp || otp.form != Form::Link {
        return Ok(Approved::Unknown);
    }
    for _ in 0..SWAPS_MAX {
        let Some((mut kept, current)) = Kept::find(ctx, kv, otp).await? else {
            return Ok(Approved::Unknown);
        };
        let is_newest = kept.digest == kept::digest(code.reveal());
        if !is_newest || kept.consumed || Timestamp(kept.expires_at) <= ctx.now {
            return Ok(Approved::Unknown);
        }
        kept.approved = true;
        if kept.swap(ctx, kv, otp, &current).await? {
            if let Some(name) = &kept.room {
                let seconds = Timestamp(kept.expires_at).seconds_since(ctx.now).max(1);
                room::approve(ctx, kv, name, seconds).await?;
            }
            return Ok(Approved::Approved { room: kept.room });
        }
    }
    Ok(Approved::Unknown)
}

/// Where a link leads back to: what was kept when it was asked for. Nothing is used up.
pub async fn find_link(
    ctx: &Ctx,
    kv: &Kv,
    purpose: Purpose,
    code: &Secret<String>,
) -> Result<Option<Value>, AccountError> {
    let found = kept::find_lookup(ctx, kv, code.reveal()).await?;
    Ok(found.filter(|it| it.purpose == purpose).and_then(|it| it.resume))
}

/// How a link stands. Nothing changes: programs that scan mail look at links, too.
pub async fn inspect_link(
    ctx: &Ctx,
    kv: &Kv,
    purpose: Purpose,
    code: &Secret<String>,
) -> Result<LinkStanding, AccountError> {
    let found = kept::find_lookup(ctx, kv, code.reveal()).await?;
    let Some(lookup) = found.filter(|it| it.purpose == purpose) else {
        return Ok(LinkStanding::Unknown);
    };
    let Some((kept, _)) = Kept::find(ctx, kv, lookup.otp()).await? else {
        return Ok(LinkStanding::Unknown);
    };
    let is_newest = kept.digest == kept::digest(code.reveal());
    Ok(match (is_newest, kept.consumed, kept.approved) {
        (false, ..) => LinkStanding::Replaced,
        (true, true, _) => LinkStanding::Used,
        (true, false, true) => LinkStanding::Approved,
        (true, false, false) => LinkStanding::Open,
    })
}
