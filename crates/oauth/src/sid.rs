//! The `sid` claim: which session a token belongs to, in upstream's spelling.

use stdx::{base64url, from_base64url};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionKind {
    /// A browser's session with the provider itself.
    Idp,
    /// A grant of an application.
    OfflineGrant,
}

impl SessionKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idp => "idp",
            Self::OfflineGrant => "offline_grant",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sid {
    pub kind: SessionKind,
    pub id: String,
}

impl Sid {
    pub fn encode(&self) -> String {
        base64url(format!("{}:{}", self.kind.as_str(), self.id).as_bytes())
    }

    pub fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(from_base64url(text)?).ok()?;
        let (kind, id) = text.split_once(':')?;
        let kind = match kind {
            "idp" => SessionKind::Idp,
            "offline_grant" => SessionKind::OfflineGrant,
            _ => return None,
        };
        (!id.is_empty() && !id.contains(':')).then(|| Self { kind, id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::{SessionKind, Sid};

    #[test]
    fn a_sid_survives_the_round_trip() {
        let sid = Sid { kind: SessionKind::OfflineGrant, id: "abc".into() };
        assert_eq!(sid.encode(), "b2ZmbGluZV9ncmFudDphYmM");
        assert_eq!(Sid::decode(&sid.encode()), Some(sid));
    }

    #[test]
    fn other_texts_are_no_sid() {
        for text in ["", "idp:abc", "aWRwOg", "aWRwOmE6Yg", "_w", "b3RoZXI6YQ"] {
            assert_eq!(Sid::decode(text), None, "{text}");
        }
    }
}
