//! An entry of a directory, as far as it is kept.

use appconfig::identity::LdapServer;
use ldap3::SearchEntry;
use serde_json::{Map, Value};

/// Never kept, whatever the directory gives away.
const PASSWORD: &str = "userPassword";
/// Claims, and the attributes they are read from (RFC 4524 §2.16, §2.18; RFC 4519 §2.39).
const CLAIMS: [(&str, &str); 3] =
    [("email", "mail"), ("phone_number", "mobile"), ("preferred_username", "uid")];

/// Whoever signed in.
#[derive(Debug, Clone, PartialEq)]
pub struct LdapEntry {
    pub dn: String,
    /// The value of the attribute that the configuration names, byte for byte.
    pub user_id: Vec<u8>,
    /// `email`, `phone_number` and `preferred_username`, not yet normalised.
    pub claims: Map<String, Value>,
    /// The whole entry: `dn`, and for each attribute its values in base64.
    pub raw: Map<String, Value>,
}

impl LdapEntry {
    /// Reads what was found; `None` when it has no id.
    pub(super) fn read(server: &LdapServer, found: &SearchEntry) -> Option<Self> {
        let user_id = values(found, &server.user_id_attribute_name).into_iter().next()?;
        let user_id = Some(user_id).filter(|it| !it.is_empty())?;
        let claim = |(claim, attribute): &(&str, &str)| {
            let value = values(found, attribute).into_iter().next()?;
            let value = String::from_utf8(value).ok().filter(|it| !it.is_empty())?;
            Some(((*claim).to_owned(), Value::from(value)))
        };
        Some(Self {
            dn: found.dn.clone(),
            user_id,
            claims: CLAIMS.iter().filter_map(claim).collect(),
            raw: raw(found),
        })
    }
}

fn raw(found: &SearchEntry) -> Map<String, Value> {
    let mut names: Vec<_> = found.attrs.keys().chain(found.bin_attrs.keys()).collect();
    names.sort();
    names.dedup();
    let mut raw = Map::new();
    raw.insert("dn".to_owned(), found.dn.as_str().into());
    for name in names.into_iter().filter(|it| !it.eq_ignore_ascii_case(PASSWORD)) {
        let values = values(found, name);
        let values: Vec<Value> = values.iter().map(|it| stdx::base64(it).into()).collect();
        raw.insert(name.clone(), values.into());
    }
    raw
}

/// The values of an attribute, whose name is in any case (RFC 4512 §2.5).
fn values(found: &SearchEntry, name: &str) -> Vec<Vec<u8>> {
    let texts = found.attrs.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
    let texts = texts.flat_map(|(_, values)| values.iter().map(|it| it.clone().into_bytes()));
    let bytes = found.bin_attrs.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
    texts.chain(bytes.flat_map(|(_, values)| values.iter().cloned())).collect()
}
