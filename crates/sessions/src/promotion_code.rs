//! Promotion codes: an app that has signed somebody in without a name hands them to the pages,
//! where they say who they are and keep their account.

use ctx::Ctx;
use domain::{AnonymousIdentity, IdentityId, UserId};
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Secret, Timestamp, sha256_hex};

use crate::error::Result;
use crate::held;

/// From the app to the pages in one redirect.
const LIFETIME_SECONDS: i64 = 5 * 60;

/// Whom a code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    user_id: String,
    identity_id: String,
}

/// A code on its way to the pages.
#[derive(Debug)]
pub struct Issued {
    pub code: Secret<String>,
    pub expires_at: Timestamp,
}

/// A person that a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promoted {
    pub user_id: UserId,
    pub identity_id: IdentityId,
}

pub async fn issue(ctx: &Ctx, kv: &Kv, identity: &AnonymousIdentity) -> Result<Issued> {
    let code = ctx.rng.token();
    let kept = Kept {
        user_id: identity.base.user_id.as_str().to_owned(),
        identity_id: identity.base.id.as_str().to_owned(),
    };
    held::keep(ctx, kv, &key(ctx, &code), kept, LIFETIME_SECONDS).await?;
    let expires_at = ctx.now.plus_seconds(LIFETIME_SECONDS);
    Ok(Issued { code: Secret::new(code), expires_at })
}

/// Whom the code stands for, if nobody but `holder` has presented it.
pub async fn present(ctx: &Ctx, kv: &Kv, code: &str, holder: &str) -> Result<Option<Promoted>> {
    let kept: Option<Kept> = held::hold(ctx, kv, &key(ctx, code), holder).await?;
    Ok(kept.map(|it| Promoted {
        user_id: UserId::new(it.user_id),
        identity_id: IdentityId::new(it.identity_id),
    }))
}

fn key(ctx: &Ctx, code: &str) -> Key {
    Key::new(&ctx.app.id, "promotion_code", &sha256_hex(code))
}
