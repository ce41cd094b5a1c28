//! The name by which a client knows a person (OpenID Connect Core §8).
//!
//! Most clients are told the person's id. A client with pairwise subjects is told a name that only
//! clients of the same site are told, so that two sites cannot find out that they know the same
//! person. It follows from the id by a key of the project's, and nothing leads back.

use appconfig::ClientConfig;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use ctx::Ctx;
use domain::UserId;
use stdx::base64url;

/// The `sub` of a person in what is told to a client; of no client in particular, their id.
pub fn subject(ctx: &Ctx, client_id: Option<&str>, user: &UserId) -> String {
    let client = client_id.and_then(|id| ctx.app.config.oauth.find_client(id));
    let sector = client.filter(|it| it.has_pairwise_subjects()).and_then(ClientConfig::sector);
    let Some(sector) = sector else { return user.as_str().to_owned() };
    let keys = ctx.app.secrets.pairwise.iter().flat_map(appconfig::secrets::KeySet::octets);
    let key = keys.into_iter().next().expect("secrets without this key are refused");
    // A host has no line break in it, so no two pairs are read as the same text.
    let text = format!("{sector}\n{user}");
    base64url(sign(&Key::new(HMAC_SHA256, key.reveal()), text.as_bytes()).as_ref())
}
