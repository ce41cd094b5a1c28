//! LDAP: names of entries and attributes, and filters made from templates.

use crate::template::Template;

/// A distinguished name (RFC 4514 §2) of at least one part.
pub(super) fn is_dn(text: &str) -> bool {
    let mut escaped = false;
    let mut part = String::new();
    let mut parts = Vec::new();
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' | ';' | '+' => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    !escaped
        && parts.iter().all(|part| {
            part.split_once('=').is_some_and(|(kind, value)| {
                is_attribute_type(kind.trim()) && !value.trim().is_empty()
            })
        })
}

/// A name or an object identifier (RFC 4512 §1.4).
fn is_attribute_type(text: &str) -> bool {
    let is_oid = !text.is_empty()
        && text.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|it| it.is_ascii_digit()));
    is_oid || is_attribute_name(text)
}

pub(super) fn is_attribute_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A template whose only variable is the username, and that gives a filter for each of
/// the shapes a username can have.
pub(super) fn is_filter_template(text: &str) -> bool {
    let Some(template) = Template::parse(text).filter(|it| it.names_only(&|it| it == "Username"))
    else {
        return false;
    };
    ["+85298765432", "someone", "someone@acme.io"].iter().all(|username| {
        let filter = template.render(&|_| Some(*username));
        let mut rest = filter.trim();
        take_filter(&mut rest, 0) && rest.is_empty()
    })
}

/// Filters are nested this deep at most: deeper ones are mistakes or attacks.
const DEPTH_MAX: usize = 32;

/// Takes one parenthesised filter (RFC 4515 §3) from the front of `rest`.
fn take_filter(rest: &mut &str, depth: usize) -> bool {
    let Some(inner) = rest.strip_prefix('(').filter(|_| depth < DEPTH_MAX) else { return false };
    let mut inner = inner;
    let legal = match inner.as_bytes().first() {
        Some(b'&' | b'|') => {
            inner = &inner[1..];
            let mut legal = true;
            while legal && inner.starts_with('(') {
                legal = take_filter(&mut inner, depth + 1);
            }
            legal
        }
        Some(b'!') => {
            inner = &inner[1..];
            take_filter(&mut inner, depth + 1)
        }
        _ => {
            let (item, tail) = inner.split_at(inner.find([')', '(']).unwrap_or(inner.len()));
            inner = tail;
            is_item(item)
        }
    };
    let Some(tail) = inner.strip_prefix(')').filter(|_| legal) else { return false };
    *rest = tail;
    true
}

/// `attribute=value`, with `~=`, `>=`, `<=` and the extensible `:rule:=` as well.
fn is_item(item: &str) -> bool {
    let Some((left, value)) = item.split_once('=') else { return false };
    let left = left.strip_suffix(['~', '>', '<', ':']).unwrap_or(left);
    let names = left.split([':', ';']);
    let escapes = value
        .split('\\')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    escapes && !left.is_empty() && names.into_iter().all(is_attribute_type)
}
