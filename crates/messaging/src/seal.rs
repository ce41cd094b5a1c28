//! Messages at rest: what waits in the outbox holds a code, so it is sealed.
//!
//! AES-256-GCM under a key that follows from the project's `csrf` secret, with the id of the project
//! bound to it. Whoever reads the database, or a copy of it, reads no codes. A project that changes
//! the secret loses what was waiting; the person asks for another code.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use ctx::Ctx;
use stdx::{base64url, from_base64url};

/// Keeps this key apart from whatever else follows from the secret.
const LABEL: &[u8] = b"authwarden: messages in the outbox";

/// Seals `plain`; nothing comes out when the project has no secret to do it with.
pub fn seal(ctx: &Ctx, mut plain: Vec<u8>) -> Option<String> {
    let nonce: [u8; NONCE_LEN] = ctx.rng.bytes();
    let sealing = Nonce::assume_unique_for_key(nonce);
    key(ctx)?.seal_in_place_append_tag(sealing, aad(ctx), &mut plain).ok()?;
    Some(base64url(&[nonce.as_slice(), &plain].concat()))
}

/// What was sealed, if it was sealed for this project under its secret of today.
pub fn open(ctx: &Ctx, sealed: &str) -> Option<Vec<u8>> {
    let mut bytes = from_base64url(sealed)?;
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key(ctx)?.open_in_place(nonce, aad(ctx), sealed).ok().map(|plain| plain.to_vec())
}

fn key(ctx: &Ctx) -> Option<LessSafeKey> {
    let secret = ctx.app.secrets.csrf.as_ref()?.octets().into_iter().next()?;
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal());
    let derived = hmac::sign(&secret, LABEL);
    UnboundKey::new(&AES_256_GCM, derived.as_ref()).ok().map(LessSafeKey::new)
}

fn aad(ctx: &Ctx) -> Aad<&[u8]> {
    Aad::from(ctx.app.id.as_str().as_bytes())
}
