//! What is kept of a change between its beginning and its end, under the hash of a token.

use ctx::Ctx;
use kv::{Key, Kv, KvError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use stdx::{Secret, sha256_hex};

/// As long as somebody may take to sign in, at a provider or with a code from a mail.
const LIFETIME_SECONDS: i64 = 20 * 60;

/// Keeps `value`; the token finds it again.
pub(crate) async fn put(
    ctx: &Ctx,
    kv: &Kv,
    kind: &'static str,
    value: &(impl Serialize + Sync),
) -> Result<Secret<String>, KvError> {
    let token = ctx.rng.token();
    kv.put_json(&key(ctx, kind, &token), value, LIFETIME_SECONDS, ctx.now).await?;
    Ok(Secret::new(token))
}

/// Reads without using up.
pub(crate) async fn find<T: DeserializeOwned>(
    ctx: &Ctx,
    kv: &Kv,
    kind: &'static str,
    token: &str,
) -> Result<Option<T>, KvError> {
    kv.get_json(&key(ctx, kind, token), ctx.now).await
}

/// Reads and uses up: of two requests, one gets it.
pub(crate) async fn take<T: DeserializeOwned>(
    ctx: &Ctx,
    kv: &Kv,
    kind: &'static str,
    token: &str,
) -> Result<Option<T>, KvError> {
    kv.take_json(&key(ctx, kind, token), ctx.now).await
}

/// Puts another value in the place of what a token finds.
pub(crate) async fn replace(
    ctx: &Ctx,
    kv: &Kv,
    kind: &'static str,
    (token, value): (&str, &(impl Serialize + Sync)),
) -> Result<(), KvError> {
    kv.put_json(&key(ctx, kind, token), value, LIFETIME_SECONDS, ctx.now).await
}

fn key(ctx: &Ctx, kind: &'static str, token: &str) -> Key {
    Key::new(&ctx.app.id, kind, &sha256_hex(token))
}
