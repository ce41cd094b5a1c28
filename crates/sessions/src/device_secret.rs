//! Device secrets (OpenID Connect Native SSO §3): what proves, beside an ID token, that it is the
//! device that signed in. A grant has one at a time, kept as its hash; ID tokens carry the hash as
//! `ds_hash`, so that the two belong together.

use ctx::Ctx;
use domain::Grant;
use stdx::{Secret, constant_time_eq, sha256_hex};
use store::Tx;

use crate::error::Result;

/// Gives the grant another secret in place of the one it was seen with. `None` when another
/// request did that since: of two, one goes on with the secret that both presented.
pub async fn renew(
    ctx: &Ctx,
    tx: &mut Tx,
    grant: &mut Grant,
    dpop_jkt: Option<&str>,
) -> Result<Option<Secret<String>>> {
    let secret = ctx.rng.token();
    let (current, next) = (grant.device_secret_hash.as_deref(), sha256_hex(&secret));
    if !tx.grants().set_device_secret(&grant.id, current, (&next, dpop_jkt)).await? {
        return Ok(None);
    }
    grant.device_secret_hash = Some(next);
    grant.device_secret_dpop_jkt = dpop_jkt.map(str::to_owned);
    Ok(Some(Secret::new(secret)))
}

/// Whether this is the secret of the grant.
pub fn is_of(grant: &Grant, presented: &str) -> bool {
    let hash = sha256_hex(presented);
    grant
        .device_secret_hash
        .as_ref()
        .is_some_and(|known| constant_time_eq(known.as_bytes(), hash.as_bytes()))
}
