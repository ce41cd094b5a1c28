//! The client side of OAuth: asking for a code, following providers, trading the code for tokens.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};
use stdx::Timestamp;
use url::Url;

use super::http::encoded;
use super::{Made, Run, address, project_address};
use crate::case::{ApproveConsent, ExchangeCode, OAuthRedirect, OAuthSetup};
use crate::client::{Request, authority};
use crate::failure::Failure;
use crate::through_proxy;

const CLIENT: &str = "e2e";
const REDIRECT_URI: &str = "http://localhost:4000";
const SCOPE: [&str; 3] = ["openid", "offline_access", "https://authgear.com/scopes/full-access"];

/// Claims that are instants (RFC 7519 §4.1, OpenID Connect Core §2), shown as RFC 3339.
const INSTANTS: [&str; 3] = ["exp", "iat", "nbf"];

const FORM: &str = "application/x-www-form-urlencoded";

/// As many as a provider may need; a circle ends too.
const HOPS_MAX: usize = 20;

impl Run<'_> {
    /// Starts an authorization request, and gives what the pages are opened with.
    pub(super) async fn oauth_setup(&mut self, step: &OAuthSetup) -> Result<Made, Failure> {
        let (verifier, challenge) = self.pkce();
        let scope = step.oauth_setup_scope.as_ref().map(|it| it.join(" "));
        let mut url = project_address("/oauth2/authorize")?;
        let mut query = BTreeMap::from([
            ("client_id", step.oauth_setup_client_id.clone().unwrap_or_else(|| CLIENT.into())),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("response_type", "code".to_owned()),
            ("code_challenge_method", "S256".to_owned()),
            ("code_challenge", challenge),
            ("scope", scope.unwrap_or_else(|| SCOPE.join(" "))),
        ]);
        if !step.oauth_setup_sso_enabled_omitted {
            query.insert("x_sso_enabled", step.oauth_setup_sso_enabled.to_string());
        }
        url.query_pairs_mut().extend_pairs(query);
        let request = Request { follows: false, ..Request::new(Method::GET, url) };
        let answer = self.send(request).await?;
        let location = answer.location();
        let location = location
            .ok_or_else(|| Failure::new("a redirect to the pages", "").with_answer(&answer))?;
        let query = location.query().unwrap_or_default();
        Ok(made(json!({ "query": query, "code_verifier": verifier })))
    }

    /// Goes to a provider and back, as a browser of its own that trusts the proxy.
    pub(super) async fn oauth_redirect(&mut self, step: &OAuthRedirect) -> Result<Made, Failure> {
        let to = self.render(&step.to).await?;
        let mut at = address(to.trim())?;
        let ca = self.world.proxy_ca.as_deref();
        for _ in 0..HOPS_MAX {
            let answer = through_proxy::get(&at, self.world.proxy, ca).await?;
            if answer.status != 302 {
                let differs = Failure::differs("oauth_redirect: the status", &302, answer.status);
                return Err(differs.with_answer(&answer));
            }
            let location = answer.header("location").unwrap_or_default().to_owned();
            let next = answer.location().ok_or_else(|| Failure::new("an address", &location))?;
            if location.starts_with(&step.redirect_uri) {
                return Ok(made(json!({ "query": next.query().unwrap_or_default() })));
            }
            at = next;
        }
        Err(Failure::new("oauth_redirect: an end", format!("still redirected at {at}")))
    }

    pub(super) async fn exchange_code(&mut self, step: &ExchangeCode) -> Result<Made, Failure> {
        let uri = self.render(&step.oauth_exchange_code_redirect_uri).await?;
        let verifier = self.render(&step.oauth_exchange_code_code_verifier).await?;
        let code = self.code(address(uri.trim())?).await?;
        let client = step.oauth_exchange_code_client_id.as_deref().unwrap_or(CLIENT);
        let mut form = BTreeMap::from([
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("client_id".to_owned(), client.to_owned()),
            ("code".to_owned(), code),
            ("redirect_uri".to_owned(), REDIRECT_URI.to_owned()),
            ("code_verifier".to_owned(), verifier.trim().to_owned()),
        ]);
        if let Some(secret) = &step.oauth_exchange_code_client_secret {
            form.insert("client_secret".to_owned(), secret.clone());
        }
        let request = Request::new(Method::POST, project_address("/oauth2/token")?)
            .header("Content-Type", FORM);
        let answer = self.send(Request { body: encoded(&form).into_bytes(), ..request }).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Some(id_token) = body["id_token"].as_str() else {
            return Err(Failure::new("an ID token", "").with_answer(&answer));
        };
        let result = json!({
            "id_token": claims(id_token)?,
            "access_token": body["access_token"],
            "raw_id_token": id_token,
            "refresh_token": body["refresh_token"],
        });
        let made = made(result);
        if let Some(output) = &step.output {
            self.check_output(output, &made)?;
        }
        Ok(made)
    }

    /// The code in an address, or in the one that it redirects to.
    async fn code(&mut self, uri: Url) -> Result<String, Failure> {
        let host = authority(&uri);
        let is_ours = ["", "127.0.0.1:4000"].contains(&host.as_str())
            || self.origin() == format!("http://{host}");
        if let Some(code) = code_of(&uri).filter(|_| !is_ours) {
            return Ok(code);
        }
        let request = Request { follows: false, ..Request::new(Method::GET, uri) };
        let answer = self.send(request).await?;
        let code = answer.location().as_ref().and_then(code_of);
        code.ok_or_else(|| Failure::new("a redirect with a code", "").with_answer(&answer))
    }

    /// Opens the consent page and says yes.
    pub(super) async fn approve_consent(&mut self, step: &ApproveConsent) -> Result<Made, Failure> {
        let uri = self.render(&step.oauth_approve_consent_redirect_uri).await?;
        let page = self.send(Request::new(Method::GET, address(uri.trim())?)).await?;
        let request = Request::new(Method::POST, page.url).header("Content-Type", FORM);
        let request = Request { body: b"x_action=consent".to_vec(), follows: false, ..request };
        let answer = self.send(request).await?;
        let location = answer.header("location").map(str::to_owned);
        let location = location
            .ok_or_else(|| Failure::new("a redirect to the client", "").with_answer(&answer))?;
        Ok(made(json!({ "redirect_uri": location })))
    }

    pub(super) fn generate_pkce(&self) -> Made {
        let (verifier, challenge) = self.pkce();
        made(json!({ "code_verifier": verifier, "code_challenge": challenge }))
    }

    /// RFC 7636 §4.1 and §4.2.
    fn pkce(&self) -> (String, String) {
        let verifier = self.world.rng.token();
        let challenge = stdx::base64url(&stdx::sha256(verifier.as_bytes()));
        (verifier, challenge)
    }
}

fn code_of(url: &Url) -> Option<String> {
    let mut pairs = url.query_pairs().filter(|(name, _)| name == "code");
    pairs.next().map(|(_, code)| code.into_owned())
}

/// What an ID token says, whoever signed it: instants as text, the audience as a list.
fn claims(token: &str) -> Result<Value, Failure> {
    let not_a_token = || Failure::new("a JSON Web Token", token);
    let payload = token.split('.').nth(1).and_then(stdx::from_base64url);
    let payload = payload.ok_or_else(not_a_token)?;
    let mut claims: Map<String, Value> =
        serde_json::from_slice(&payload).map_err(|_| not_a_token())?;
    for name in INSTANTS {
        if let Some(seconds) = claims.get(name).and_then(Value::as_i64) {
            let at = Timestamp::from_seconds(seconds).to_rfc3339();
            claims.insert(name.to_owned(), at.into());
        }
    }
    if let Some(aud) = claims.get_mut("aud")
        && aud.is_string()
    {
        *aud = json!([aud.clone()]);
    }
    Ok(claims.into())
}

fn made(result: Value) -> Made {
    Made { result, ..Made::default() }
}
