//! Recovery codes: ten symbols of Crockford's base 32, sixteen of them, each good for once.

#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{RecoveryCode, UserId};
use stdx::{Rng, Secret};
use store::Tx;

use crate::AccountError;

const LENGTH: usize = 10;
/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Fresh codes, as many as the project gives out.
pub fn generate(ctx: &Ctx) -> Vec<String> {
    let count = ctx.app.config.authentication.recovery_code.count;
    (0..count).map(|_| random_text(&ctx.rng, LENGTH)).collect()
}

/// A random text that people can read to each other.
pub fn random_text(rng: &Rng, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let [byte] = rng.bytes::<1>();
        text.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    text
}

/// As it was generated, whatever case and separators somebody typed; `None` if it cannot be one.
pub fn normalise(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH);
    for symbol in typed.chars().filter(|it| !matches!(it, ' ' | '-')) {
        let symbol = match symbol.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        if !symbol.is_ascii() || !ALPHABET.contains(&(symbol as u8)) || code.len() == LENGTH {
            return None;
        }
        code.push(symbol);
    }
    (code.len() == LENGTH).then_some(code)
}

/// As people are shown it: two halves.
pub fn format(code: &str) -> String {
    let (left, right) = code.split_at(code.len() / 2);
    format!("{left}-{right}")
}

/// Puts these codes in the place of all that the person had.
pub async fn replace(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    codes: &[String],
) -> Result<(), AccountError> {
    let codes: Vec<RecoveryCode> = codes
        .iter()
        .map(|code| RecoveryCode {
            id: ctx.rng.uuid(),
            user_id: user.clone(),
            code: Secret::new(code.clone()),
            created_at: ctx.now,
            updated_at: ctx.now,
            is_consumed: false,
        })
        .collect();
    Ok(tx.authenticators().replace_recovery_codes(user, &codes).await?)
}

/// The person's unused code that `typed` is.
pub async fn find(
    tx: &mut Tx,
    user: &UserId,
    typed: &str,
) -> Result<Option<RecoveryCode>, AccountError> {
    let Some(wanted) = normalise(typed) else { return Ok(None) };
    let mut found = None;
    for code in tx.authenticators().list_recovery_codes(user).await? {
        if stdx::constant_time_eq(code.code.reveal().as_bytes(), wanted.as_bytes())
            && !code.is_consumed
        {
            found = Some(code);
        }
    }
    Ok(found)
}
