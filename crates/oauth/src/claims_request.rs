//! The parameters `claims` (OpenID Connect Core §5.5) and `acr_values` (§3.1.2.1), as far as they
//! are heeded.
//!
//! Claims that are asked for in the ID token come there if the scopes open them; nothing is opened by
//! asking. UserInfo tells everything that the scopes open anyway. Values are not negotiated, but for
//! that of `sub`: it says who must come back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{OAuthError, Params};

/// There are some twenty standard claims.
const NAMES_MAX: usize = 64;

/// The claim that says how surely somebody was authenticated.
pub const ACR: &str = "acr";
/// One factor, and two of different kinds (`amr` says `mfa`).
pub const ACR_VALUES: [&str; 2] = ["urn:authwarden:acr:one-factor", "urn:authwarden:acr:mfa"];

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Names of claims for the ID token.
    #[serde(default)]
    pub id_token: Vec<String>,
    /// The only person who may come back, as the client knows them.
    #[serde(default)]
    pub subject: Option<String>,
}

impl ClaimsRequest {
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let mut request = Self::default();
        if let Some(text) = params.get("claims") {
            let malformed = || OAuthError::invalid_request("claims is malformed");
            let asked: Value = serde_json::from_str(text).map_err(|_| malformed())?;
            let asked = asked.as_object().ok_or_else(malformed)?;
            for member in ["id_token", "userinfo"] {
                let Some(claims) = asked.get(member).filter(|it| !it.is_null()) else { continue };
                let claims = claims.as_object().ok_or_else(malformed)?;
                if claims.len() > NAMES_MAX {
                    return Err(OAuthError::invalid_request("claims asks for too much"));
                }
                if member == "id_token" {
                    request.id_token = claims.keys().cloned().collect();
                }
                let subject = claims.get("sub").and_then(|it| it.get("value"));
                if let Some(subject) = subject.and_then(Value::as_str) {
                    request.subject = Some(subject.to_owned());
                }
            }
        }
        if params.get("acr_values").is_some() && !request.wants(ACR) {
            request.id_token.push(ACR.to_owned());
        }
        Ok(request)
    }

    /// Whether a claim is to stand in the ID token.
    pub fn wants(&self, claim: &str) -> bool {
        self.id_token.iter().any(|it| it == claim)
    }
}

/// What methods of authentication come to. Which of them was asked for changes nothing: the claim
/// is voluntary (OpenID Connect Core §5.5.1.1).
pub fn acr_of(amr: &[String]) -> &'static str {
    let [one, two] = ACR_VALUES;
    if amr.iter().any(|it| it == "mfa") { two } else { one }
}

#[cfg(test)]
mod tests {
    use super::{ClaimsRequest, acr_of};
    use crate::Params;

    #[track_caller]
    fn check(query: &str, expected: Result<(&[&str], Option<&str>), &str>) {
        let read = ClaimsRequest::parse(&Params::parse(query).unwrap());
        let read = read.map_err(|it| it.description.into_owned());
        let expected = expected.map(|(names, subject)| ClaimsRequest {
            id_token: names.iter().map(|it| (*it).to_owned()).collect(),
            subject: subject.map(str::to_owned),
        });
        assert_eq!(read, expected.map_err(str::to_owned), "{query}");
    }

    #[test]
    fn claims_are_asked_for_by_name() {
        check("", Ok((&[], None)));
        check(
            r#"claims={"id_token":{"email":null,"acr":{"essential":true}}}"#,
            Ok((&["email", "acr"], None)),
        );
        check(r#"claims={"userinfo":{"email":null}}"#, Ok((&[], None)));
        check(r#"claims={"id_token":{"sub":{"value":"alice"}}}"#, Ok((&["sub"], Some("alice"))));
        check(r#"claims={"id_token":null,"other":1}"#, Ok((&[], None)));
        check("acr_values=anything", Ok((&["acr"], None)));
        for broken in ["claims=x", "claims=[]", r#"claims={"id_token":["email"]}"#] {
            check(broken, Err("claims is malformed"));
        }
    }

    #[test]
    fn nobody_asks_for_more_than_there_is() {
        let names: Vec<_> = (0..65).map(|it| format!("\"c{it}\":null")).collect();
        let query = format!("claims={{\"id_token\":{{{}}}}}", names.join(","));
        check(&query, Err("claims asks for too much"));
    }

    #[test]
    fn two_factors_are_more_than_one() {
        let acr = |amr: &[&str]| acr_of(&amr.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(acr(&["pwd"]), "urn:authwarden:acr:one-factor");
        assert_eq!(acr(&["pwd", "otp", "mfa"]), "urn:authwarden:acr:mfa");
    }
}
