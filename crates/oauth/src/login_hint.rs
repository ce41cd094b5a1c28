//! `login_hint`: a prefill for people, or upstream's instructions from an SDK.

use crate::Params;

const PREFIX: &str = "https://authgear.com/login_hint?";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginHint {
    /// Whatever the application knows of the person (OpenID Connect Core §3.1.2.1).
    Plain(String),
    /// Opens a page as the holder of a refresh token.
    AppSessionToken(String),
    /// An anonymous account to be promoted.
    Anonymous { promotion_code: Option<String>, jwt: Option<String> },
    LoginId {
        email: Option<String>,
        phone: Option<String>,
        username: Option<String>,
        enforce: bool,
    },
}

impl LoginHint {
    /// Anything that is not a hint of ours is a prefill; it is never an error.
    pub fn parse(text: &str) -> Self {
        let plain = || Self::Plain(text.to_owned());
        let Some(query) = text.strip_prefix(PREFIX) else { return plain() };
        let Ok(params) = Params::parse(query) else { return plain() };
        match params.get("type") {
            Some("app_session_token") => {
                Self::AppSessionToken(params.owned("app_session_token").unwrap_or_default())
            }
            Some("anonymous") => Self::Anonymous {
                promotion_code: params.owned("promotion_code"),
                jwt: params.owned("jwt"),
            },
            Some("login_id") => Self::LoginId {
                email: params.owned("email"),
                phone: params.owned("phone"),
                username: params.owned("username"),
                enforce: matches!(params.get("enforce"), Some("true" | "1")),
            },
            _ => plain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LoginHint;

    #[test]
    fn hints_of_sdks_are_understood() {
        let hint =
            |query: &str| LoginHint::parse(&format!("https://authgear.com/login_hint?{query}"));
        assert_eq!(
            hint("type=app_session_token&app_session_token=a%2Bb"),
            LoginHint::AppSessionToken("a+b".into())
        );
        assert_eq!(
            hint("type=anonymous&promotion_code=code"),
            LoginHint::Anonymous { promotion_code: Some("code".into()), jwt: None }
        );
        assert_eq!(
            hint("type=login_id&email=a%40b.c&enforce=true"),
            LoginHint::LoginId {
                email: Some("a@b.c".into()),
                phone: None,
                username: None,
                enforce: true
            }
        );
    }

    #[test]
    fn everything_else_is_a_prefill() {
        for text in ["a@b.c", "https://authgear.com/login_hint?type=other", "", "tel:+1"] {
            assert_eq!(LoginHint::parse(text), LoginHint::Plain(text.into()));
        }
    }
}
