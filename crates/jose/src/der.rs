//! Just enough DER (X.690) to read the numbers out of an RSA key that we generated ourselves.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;

/// The nine integers of an RSAPrivateKey (RFC 8017 §A.1.2) inside PKCS#8 (RFC 5208 §5):
/// version, n, e, d, p, q, dP, dQ, qInv, without leading zeros.
pub(crate) fn rsa_private_key(pkcs8: &[u8]) -> Option<[&[u8]; 9]> {
    let (mut info, _) = take(SEQUENCE, pkcs8)?;
    (_, info) = take(INTEGER, info)?;
    (_, info) = take(SEQUENCE, info)?;
    let (key, _) = take(OCTET_STRING, info)?;
    let (mut numbers, _) = take(SEQUENCE, key)?;
    let mut read = [&[][..]; 9];
    for number in &mut read {
        let (value, rest) = take(INTEGER, numbers)?;
        *number = value.strip_prefix(&[0]).unwrap_or(value);
        numbers = rest;
    }
    Some(read)
}

/// One element of the given type: its content and what follows it.
fn take(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, input) = input.split_first()?;
    let (&first, input) = input.split_first()?;
    if found != tag {
        return None;
    }
    if first < 0x80 {
        return input.split_at_checked(usize::from(first));
    }
    let (length, input) = input.split_at_checked(usize::from(first & 0x7f))?;
    let length = length
        .iter()
        .try_fold(0_usize, |sum, byte| sum.checked_mul(256).map(|sum| sum + usize::from(*byte)))?;
    input.split_at_checked(length)
}
