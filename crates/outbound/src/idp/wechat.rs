//! WeChat: OAuth 2.0 with names of its own, and errors with status 200.

use serde_json::{Map, Value};

use super::{Account, Code, IdpError, IdpProfile, Stop, claims, no};
use crate::Outbound;

pub(super) const AUTHORIZE: &str = "https://open.weixin.qq.com/connect/qrconnect";
const TOKEN: &str = "https://api.weixin.qq.com/sns/oauth2/access_token";
const PROFILE: &str = "https://api.weixin.qq.com/sns/userinfo";

impl Outbound {
    pub(super) async fn wechat_profile(
        &self,
        account: &Account<'_>,
        code: Code<'_>,
    ) -> Result<IdpProfile, Stop> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.text),
            ("appid", account.client_id()),
            ("secret", account.secret.reveal()),
        ];
        let tokens = self.ask_wechat(TOKEN, &fields, "access_token").await?;
        let word = |name: &str| claims::text(&tokens, name).unwrap_or_default();
        let fields =
            [("openid", word("openid")), ("access_token", word("access_token")), ("lang", "en")];
        let raw = self.ask_wechat(PROFILE, &fields, "openid").await?;
        let subject = subject(account, word("openid"), word("unionid"))?.to_owned();
        let mut standard = claims::renamed(&raw, &[("name", "nickname"), ("locale", "language")]);
        let gender = match raw.get("sex").and_then(Value::as_u64) {
            Some(1) => Some("male"),
            Some(2) => Some("female"),
            _ => None,
        };
        if let Some(gender) = gender {
            standard.insert("gender".to_owned(), gender.into());
        }
        Ok(account.profile(&subject, raw, claims::with_given_name(standard)))
    }

    /// What is without `expected` is an error in WeChat's own form.
    async fn ask_wechat(
        &self,
        endpoint: &str,
        fields: &[(&str, &str)],
        expected: &str,
    ) -> Result<Map<String, Value>, Stop> {
        let answer = self.redeem_plainly(endpoint, fields).await?;
        if claims::text(&answer, expected).is_some() {
            return Ok(answer);
        }
        let code = answer.get("errcode").map(ToString::to_string).unwrap_or_default();
        Err(no(&code, claims::text(&answer, "errmsg").unwrap_or_default(), "").into())
    }
}

/// Sandbox accounts have no union id, and all others do.
fn subject<'a>(
    account: &Account<'_>,
    open_id: &'a str,
    union_id: &'a str,
) -> Result<&'a str, IdpError> {
    match (account.provider.is_sandbox_account, open_id, union_id) {
        (true, id, "") | (false, _, id) if !id.is_empty() => Ok(id),
        _ => Err(IdpError::Configuration("is_sandbox_account does not fit the account")),
    }
}
