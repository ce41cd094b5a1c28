//! Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, six digits,
//! thirty seconds.

use aws_lc_rs::hmac;
use stdx::Timestamp;

const STEP_SECONDS: i64 = 30;

/// The code of this moment; `None` when the secret is not base32.
pub fn code(secret: &str, now: Timestamp) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &from_base32(secret)?);
    let step = (now.seconds() / STEP_SECONDS).to_be_bytes();
    let digest = hmac::sign(&key, &step);
    let digest = digest.as_ref();
    // RFC 4226 §5.3: the last four bits say where to look.
    let at = usize::from(digest.last()? & 15);
    let number = u32::from_be_bytes(digest.get(at..at + 4)?.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

/// RFC 4648 §6; padding is optional.
fn from_base32(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|it| *it == digit.to_ascii_uppercase())?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_one_of_rfc_6238() {
        // Appendix B gives eight digits for the ASCII secret 12345678901234567890.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(code(secret, Timestamp::from_seconds(59)).unwrap(), "287082");
        assert_eq!(code(secret, Timestamp::from_seconds(1_111_111_109)).unwrap(), "081804");
    }

    #[test]
    fn what_is_not_base32_has_no_code() {
        assert_eq!(code("not base32!", Timestamp::EPOCH), None);
    }
}
