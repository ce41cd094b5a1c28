//! What the formats of [`crate::text`] mean.
//!
//! Files say what their reader is checked against: a URL here is one that our code can
//! use, a regular expression one that cannot run away.

mod ldap;
mod uri;

use std::net::IpAddr;

use jsonschema::ValidationOptions;
use regex::{Regex, RegexBuilder};

/// Compiles a project's regular expression. Matching is linear in the input; compiling is
/// limited in size, so that one expression cannot fill the memory of everyone's process.
pub(crate) fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(256 * 1024).dfa_size_limit(256 * 1024).build()
}

/// Teaches JSON Schema our formats.
pub(crate) fn register(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .with_format("uri", uri::is_uri)
        .with_format("http_origin", uri::is_http_origin)
        .with_format("http_origin_spec", uri::is_http_origin_spec)
        .with_format("x_hook_uri", uri::is_hook_uri)
        .with_format("x_public_https_url", uri::is_public_https_url)
        .with_format("ldap_url", uri::is_ldap_url)
        .with_format("ldap_dn", ldap::is_dn)
        .with_format("ldap_attribute_name", ldap::is_attribute_name)
        .with_format("ldap_search_filter_template", ldap::is_filter_template)
        .with_format("x_text_template", |text: &str| {
            crate::template::Template::parse(text).is_some()
        })
        .with_format("x_duration_string", is_duration)
        .with_format("x_re2_regex", |text: &str| regex(text).is_ok())
        .with_format("x_cidr", is_cidr)
        .with_format("x_custom_attribute_pointer", is_custom_attribute_pointer)
        .with_format("x_x509_certificate_pem", is_certificate)
        .with_format("x_web3_contract_id", |text: &str| web3_address(text).is_some())
        .with_format("x_web3_network_id", |text: &str| web3_address(text) == Some("0x0"))
        .with_format("google_tag_manager_container_id", |text: &str| text.starts_with("GTM-"))
        .with_format("wechat_account_id", |text: &str| text.starts_with("gh_"))
        .with_format("bcp47", is_bcp47)
        .with_format("email", is_email)
        .with_format("email-name-addr", is_mailbox)
        .with_format("json-pointer", is_json_pointer)
}

fn is_duration(text: &str) -> bool {
    crate::duration::parse(text).is_some_and(|span| !span.is_zero())
}

/// An address and the length of its prefix (RFC 4632 §3.1).
fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let length_max = if address.is_ipv4() { 32 } else { 128 };
    length.bytes().all(|byte| byte.is_ascii_digit())
        && length.parse::<u8>().is_ok_and(|length| length <= length_max)
}

/// RFC 6901 §3.
fn is_json_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/'))
        && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

/// One level, a name of lower-case letters, digits and inner underscores.
fn is_custom_attribute_pointer(text: &str) -> bool {
    let Some(name) = text.strip_prefix('/') else { return false };
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && name.bytes().next_back().is_some_and(word)
        && name.bytes().all(|byte| word(byte) || byte == b'_')
}

/// A language tag in the canonical form of RFC 5646 §4.5: `zh-Hant-HK`, not `zh-hant-hk`.
fn is_bcp47(text: &str) -> bool {
    let mut subtags = text.split('-');
    let is_language = |tag: &str| {
        (2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    if !subtags.next().is_some_and(is_language) {
        return false;
    }
    let mut seen = 0;
    for subtag in subtags {
        let Some(rank) = rank_of_subtag(subtag) else { return false };
        // Script, region, variants: in this order, and only variants more than once.
        if rank < seen || (rank == seen && rank < 3) {
            return false;
        }
        seen = rank;
    }
    true
}

fn rank_of_subtag(subtag: &str) -> Option<u8> {
    let bytes = subtag.as_bytes();
    let digits = bytes.iter().all(u8::is_ascii_digit);
    let alphanumeric = bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match bytes {
        [first, rest @ ..]
            if rest.len() == 3
                && first.is_ascii_uppercase()
                && rest.iter().all(u8::is_ascii_lowercase) =>
        {
            Some(1)
        }
        [_, _] if bytes.iter().all(u8::is_ascii_uppercase) => Some(2),
        [_, _, _] if digits => Some(2),
        [first, _, _, _] if alphanumeric && first.is_ascii_digit() => Some(3),
        _ if alphanumeric && (5..=8).contains(&bytes.len()) => Some(3),
        _ => None,
    }
}

/// An address without a display name: something before the last `@` and a host after it.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let legal = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
            && part.chars().all(|c| !c.is_control() && !" ()<>[]:;@\\,\"".contains(c))
    };
    text.len() <= 320 && legal(local) && legal(domain)
}

/// `Name <address>` or the address alone (RFC 5322 §3.4). No line ever breaks out of it.
fn is_mailbox(text: &str) -> bool {
    if text.chars().any(char::is_control) {
        return false;
    }
    match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((_, address)) => is_email(address),
        None => is_email(text),
    }
}

/// A PEM block of DER that begins like a certificate (RFC 7468 §5). What it says is for
/// whoever uses it to judge.
fn is_certificate(text: &str) -> bool {
    use base64::Engine as _;
    let Some((_, rest)) = text.split_once("-----BEGIN CERTIFICATE-----") else { return false };
    let Some((body, _)) = rest.split_once("-----END CERTIFICATE-----") else { return false };
    let body: String = body.split_whitespace().collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(body);
    // SEQUENCE with a length of two bytes: no certificate is shorter than 256 bytes.
    decoded.is_ok_and(|der| {
        matches!(der.as_slice(), [0x30, 0x82, high, low, body @ ..]
            if body.len() == usize::from(*high) << 8 | usize::from(*low))
    })
}

/// The address in `ethereum:<address>@<chain>` (ERC-681) on a chain we know.
fn web3_address(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("ethereum:")?;
    let (address, chain) = rest.strip_prefix("pay-").unwrap_or(rest).split_once('@')?;
    let chain = chain.split(['?', '/']).next()?;
    let digits = address.strip_prefix("0x")?;
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && chain.parse::<u64>().is_ok()).then_some(address)
}

#[cfg(test)]
mod tests;
