//! Codes made of a shared secret and the time (RFC 6238): SHA-1, six digits, every 30 seconds.

#[cfg(test)]
mod tests;

use aws_lc_rs::hmac;
use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};
use stdx::{Rng, Secret, Timestamp};

const PERIOD_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// 160 bits, as RFC 4226 §4 asks for.
const SECRET_BYTES: usize = 20;
/// A clock may be off by one step either way (RFC 6238 §5.2).
const DRIFT_STEPS: i64 = 1;
/// A fresh secret, in base32 without padding.
pub fn new_secret(rng: &Rng) -> Secret<String> {
    Secret::new(BASE32_NOPAD.encode(&rng.bytes::<SECRET_BYTES>()))
}

/// The time step at which `code` is right, within the allowed drift.
pub fn matching_step(secret: &Secret<String>, code: &str, now: Timestamp) -> Option<i64> {
    let key = decode(secret.reveal())?;
    let current = now.seconds().div_euclid(PERIOD_SECONDS);
    // All are looked at, so that how long it takes tells nothing.
    let mut found = None;
    for step in (current - DRIFT_STEPS)..=(current + DRIFT_STEPS) {
        if stdx::constant_time_eq(code_at(&key, step).as_bytes(), code.as_bytes()) {
            found = Some(step);
        }
    }
    found
}

/// What an authenticator app with this secret shows; empty when it is not a secret.
pub fn current_code(secret: &Secret<String>, now: Timestamp) -> String {
    let step = now.seconds().div_euclid(PERIOD_SECONDS);
    decode(secret.reveal()).map(|key| code_at(&key, step)).unwrap_or_default()
}

/// What a QR code says to an authenticator app.
pub fn otpauth_uri(secret: &Secret<String>, issuer: &str, account: &str) -> String {
    let mut uri = url::Url::parse("otpauth://totp/").expect("a constant that parses");
    if let Ok(mut path) = uri.path_segments_mut() {
        path.pop_if_empty().push(account);
    }
    uri.query_pairs_mut()
        .append_pair("algorithm", "SHA1")
        .append_pair("digits", "6")
        .append_pair("issuer", issuer)
        .append_pair("period", "30")
        .append_pair("secret", secret.reveal());
    uri.into()
}

/// Whether a text can be a secret: base32 that is not empty.
pub fn is_secret(text: &str) -> bool {
    decode(text).is_some_and(|key| !key.is_empty())
}

/// RFC 4226 §5.3.
fn code_at(key: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    let word = u32::from_be_bytes([tag[offset], tag[offset + 1], tag[offset + 2], tag[offset + 3]]);
    format!("{:0width$}", (word & 0x7fff_ffff) % 1_000_000, width = DIGITS)
}

/// Case and padding are forgiven, as authenticator apps forgive them.
fn decode(secret: &str) -> Option<Vec<u8>> {
    BASE32_NOPAD_NOCASE.decode(secret.trim_end_matches('=').as_bytes()).ok()
}
