//! Proof Key for Code Exchange (RFC 7636), with S256 only.

use stdx::{base64url, constant_time_eq};

/// A SHA-256 in base64url without padding.
const CHALLENGE_CHARS: usize = 43;

/// A checked `code_challenge` of the method S256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// `None` when `text` cannot be the SHA-256 of anything.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == CHALLENGE_CHARS && stdx::from_base64url(text).is_some())
            .then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 7636 §4.6, for a verifier of the shape of §4.1.
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let unreserved = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return false;
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        constant_time_eq(base64url(digest.as_ref()).as_bytes(), self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::CodeChallenge;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_pair_of_the_rfc_matches() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.is_met_by(VERIFIER));
    }

    #[test]
    fn other_verifiers_do_not_match() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        for verifier in ["", "short", CHALLENGE, &VERIFIER.to_lowercase(), &"a".repeat(129)] {
            assert!(!challenge.is_met_by(verifier), "{verifier}");
        }
        assert!(!challenge.is_met_by(&format!("{VERIFIER} ")));
    }

    #[test]
    fn only_a_sha256_is_a_challenge() {
        for text in ["", VERIFIER.trim_end_matches('k'), &format!("{CHALLENGE}="), &"*".repeat(43)]
        {
            assert_eq!(CodeChallenge::parse(text), None, "{text}");
        }
    }
}
