//! Tokens with which a browser opens a page as somebody who is signed in to an app: five minutes,
//! once, for one client, and out of one grant.

use ctx::Ctx;
use domain::{ClientId, GrantId, Scopes};
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Secret, sha256_hex};

use crate::error::Result;

/// An app opens the browser as soon as it has the token.
pub const LIFETIME_SECONDS: i64 = 5 * 60;

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The client whose page it is.
    pub client_id: ClientId,
    /// The app's.
    pub grant_id: GrantId,
    pub scopes: Scopes,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    client_id: String,
    grant_id: String,
    scope: String,
}

pub async fn issue(ctx: &Ctx, kv: &Kv, opening: &Opening) -> Result<Secret<String>> {
    let token = ctx.rng.token();
    let kept = Kept {
        client_id: opening.client_id.as_str().to_owned(),
        grant_id: opening.grant_id.as_str().to_owned(),
        scope: opening.scopes.to_string(),
    };
    kv.put_json(&key(ctx, &token), &kept, LIFETIME_SECONDS, ctx.now).await?;
    Ok(Secret::new(token))
}

/// Uses a token up, for whomever it is; of any number of parties, one gets what it stands for.
pub async fn take(ctx: &Ctx, kv: &Kv, token: &str) -> Result<Option<Opening>> {
    let kept: Option<Kept> = kv.take_json(&key(ctx, token), ctx.now).await?;
    Ok(kept.map(|kept| Opening {
        client_id: ClientId::new(kept.client_id),
        grant_id: GrantId::new(kept.grant_id),
        scopes: Scopes::parse(&kept.scope),
    }))
}

fn key(ctx: &Ctx, token: &str) -> Key {
    Key::new(&ctx.app.id, "pre_authenticated_url", &sha256_hex(token))
}
