//! JSON Web Tokens (RFC 7519): a verified payload read as claims, and what to check of them.

use serde_json::{Map, Value};
use stdx::Timestamp;

use crate::jws::{Header, JwsError, Unverified};
use crate::key::PublicKey;
use crate::parse_object;

/// The largest NumericDate we can mean: the end of the year 9999.
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// A token whose signature was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    pub header: Header,
    pub claims: Map<String, Value>,
}

/// What the verifier insists on. The time claims are always checked when they are there.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub now: Timestamp,
    /// How far two clocks may disagree.
    pub skew_seconds: i64,
    pub issuer: Option<&'a str>,
    pub audience: Option<&'a str>,
    /// Set for hints, which are useful after their end (OpenID Connect Core §3.1.2.1).
    pub expired_is_fine: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    #[error("the claim {0} is missing or malformed")]
    Malformed(&'static str),
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token comes from another issuer")]
    OtherIssuer,
    #[error("the token is for another audience")]
    OtherAudience,
}

impl Jwt {
    /// Verifies `token` with `key` and reads its claims.
    pub fn verify(token: &str, key: &PublicKey) -> Result<Self, JwsError> {
        Self::from_unverified(&Unverified::parse(token)?, key)
    }

    pub fn from_unverified(token: &Unverified<'_>, key: &PublicKey) -> Result<Self, JwsError> {
        let claims = parse_object(&token.verify(key)?).map_err(|_| JwsError::Malformed)?;
        Ok(Self { header: token.header.clone(), claims })
    }

    /// Who says to have issued a token, for finding the keys that can tell. It proves nothing.
    pub fn unverified_issuer(token: &str) -> Option<String> {
        let payload = Unverified::parse(token).ok()?.unverified_payload()?;
        let claims = parse_object(&payload).ok()?;
        claims.get("iss").and_then(Value::as_str).map(str::to_owned)
    }

    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A NumericDate (RFC 7519 §2), which may have a fraction.
    pub fn instant(&self, claim: &str) -> Option<Timestamp> {
        let seconds = self.claims.get(claim)?.as_f64()?;
        if !(0.0..=SECONDS_MAX).contains(&seconds) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "held to the calendar just above")]
        let whole = seconds.floor() as i64;
        Some(Timestamp::from_seconds(whole))
    }

    /// `aud` is one text or several (RFC 7519 §4.1.3).
    pub fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Checks the registered claims. `exp` is required, because a token without an end is
    /// a password.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), ClaimsError> {
        let latest = expected.now.plus_seconds(expected.skew_seconds);
        let earliest = expected.now.plus_seconds(-expected.skew_seconds);
        let exp = self.instant("exp").ok_or(ClaimsError::Malformed("exp"))?;
        if exp <= earliest && !expected.expired_is_fine {
            return Err(ClaimsError::Expired);
        }
        for name in ["nbf", "iat"] {
            if !self.claims.contains_key(name) {
                continue;
            }
            if self.instant(name).ok_or(ClaimsError::Malformed(name))? > latest {
                return Err(ClaimsError::NotYetValid);
            }
        }
        if expected.issuer.is_some_and(|issuer| self.text("iss") != Some(issuer)) {
            return Err(ClaimsError::OtherIssuer);
        }
        if expected.audience.is_some_and(|audience| !self.audiences().contains(&audience)) {
            return Err(ClaimsError::OtherAudience);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
