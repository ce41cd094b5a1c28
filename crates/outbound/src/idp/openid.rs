//! Providers that speak OpenID Connect: Google, Apple, LinkedIn, Microsoft's three, and any other.
//!
//! Each has its way of saying where its endpoints are, who it is, and which claim is the account.

use std::sync::Arc;

use appconfig::identity::ProviderType;
use ctx::Ctx;
use http::{Method, header};
use jose::{Expected, Jwt};
use serde_json::{Map, Value};
use stdx::constant_time_eq;
use url::Url;

use super::authorize::{sends_nonce, takes_pkce};
use super::{
    Account, BOUNDS, Code, IdpError, IdpProfile, IdpRefusal, Stop, any, apple, claims, no,
};
use crate::Outbound;
use crate::documents::{Discovery, SignedElsewhere};
use crate::http::{Answer, HttpError, Route, exchange, form};

/// How far a provider's clock may be from ours.
const SKEW_SECONDS: i64 = 5 * 60;
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
const GOOGLE: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

impl Outbound {
    pub(super) async fn openid_endpoints(
        &self,
        ctx: &Ctx,
        account: &Account<'_>,
    ) -> Result<Arc<Discovery>, IdpError> {
        let Some(url) = discovery_url(account)? else { return Ok(Arc::new(apple_endpoints())) };
        match self.discover(ctx, Route::Idp, &url).await {
            Err(HttpError::Unreadable(404)) => {
                Err(IdpError::Configuration("there is no discovery document"))
            }
            found => Ok(found?),
        }
    }

    pub(super) async fn openid_profile(
        &self,
        ctx: &Ctx,
        account: &Account<'_>,
        code: Code<'_>,
        user: &str,
    ) -> Result<IdpProfile, Stop> {
        let endpoints = self.openid_endpoints(ctx, account).await?;
        let tokens = self.redeem(ctx, account, &endpoints.token_endpoint, code).await?;
        let id_token = claims::text(&tokens, "id_token");
        let id_token = id_token.ok_or(IdpRefusal::Protocol("there is no ID token"))?;
        let jwt = match self.verify_by(ctx, Route::Idp, &endpoints.jwks_uri, id_token).await? {
            SignedElsewhere::Genuine(jwt) => *jwt,
            SignedElsewhere::Refused(_) => {
                return Err(
                    IdpRefusal::Protocol("the ID token is not signed by the provider").into()
                );
            }
        };
        check(ctx, account, &endpoints, code, &jwt)?;
        let mut raw = jwt.claims;
        let subject_claim = if account.kind == ProviderType::AzureAdV2 { "oid" } else { "sub" };
        let subject = claims::text(&raw, subject_claim).map(str::to_owned);
        let subject = subject.ok_or(IdpRefusal::Protocol("the ID token names no account"))?;
        if account.kind == ProviderType::Linkedin {
            raw = self.userinfo(&endpoints.userinfo_endpoint, &tokens).await?;
        }
        if account.kind == ProviderType::AnyOpenId && !endpoints.userinfo_endpoint.is_empty() {
            raw = self.with_userinfo(&endpoints.userinfo_endpoint, &tokens, raw).await?;
        }
        if account.kind == ProviderType::Apple {
            apple::add_name(&mut raw, user)?;
        }
        let standard = standard(account, &raw)?;
        Ok(account.profile(&subject, raw, standard))
    }

    pub(super) async fn redeem(
        &self,
        ctx: &Ctx,
        account: &Account<'_>,
        token_endpoint: &str,
        code: Code<'_>,
    ) -> Result<Map<String, Value>, Stop> {
        let made;
        let secret = match account.kind {
            ProviderType::Apple => {
                made = apple::client_secret(ctx, account)?;
                &made
            }
            _ => account.secret,
        };
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.text),
            ("redirect_uri", code.redirect_uri),
        ];
        if takes_pkce(account.kind) {
            fields.push(("code_verifier", &code.handshake.code_verifier));
        }
        let endpoint = address(token_endpoint)?;
        let mut request = self.0.http.request(Route::Idp, Method::POST, &endpoint)?;
        if account.is_basic() {
            request =
                request.basic_auth(encoded(account.client_id()), Some(encoded(secret.reveal())));
        } else {
            fields.extend([("client_id", account.client_id()), ("client_secret", secret.reveal())]);
        }
        let request = form(request, &fields).header(header::ACCEPT, "application/json");
        read_tokens(&exchange(request, BOUNDS).await?)
    }

    /// What the userinfo endpoint says as well. It has to speak of the same person (OpenID Connect
    /// Core 1.0 §5.3.2), and where both say something the signed word counts.
    async fn with_userinfo(
        &self,
        endpoint: &str,
        tokens: &Map<String, Value>,
        signed: Map<String, Value>,
    ) -> Result<Map<String, Value>, Stop> {
        let mut said = self.userinfo(endpoint, tokens).await?;
        if said.get("sub") != signed.get("sub") {
            return Err(IdpRefusal::Protocol("the profile is of somebody else").into());
        }
        said.extend(signed);
        Ok(said)
    }

    /// What is said of the bearer of an access token.
    pub(super) async fn userinfo(
        &self,
        endpoint: &str,
        tokens: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Stop> {
        let token = claims::text(tokens, "access_token");
        let token = token.ok_or(IdpRefusal::Protocol("there is no access token"))?;
        let endpoint = address(endpoint)?;
        let request = self.0.http.request(Route::Idp, Method::GET, &endpoint)?.bearer_auth(token);
        let answer = exchange(request, BOUNDS).await?;
        if !answer.status.is_success() {
            return Err(answer.unreadable().into());
        }
        Ok(answer.json()?)
    }
}

/// A name or a secret as it stands in a Basic header (RFC 6749 §2.3.1).
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn address(endpoint: &str) -> Result<Url, IdpError> {
    Url::parse(endpoint).map_err(|_| IdpError::Configuration("an endpoint is no address"))
}

/// The tokens, or the provider's no, which some send with status 200.
pub(super) fn read_tokens(answer: &Answer) -> Result<Map<String, Value>, Stop> {
    let body: Map<String, Value> = answer.json()?;
    if let Some(error) = claims::text(&body, "error") {
        let word = |name| claims::text(&body, name).unwrap_or_default();
        return Err(no(error, word("error_description"), word("error_uri")).into());
    }
    if answer.status.is_success() { Ok(body) } else { Err(answer.unreadable().into()) }
}

/// Where the provider describes itself; Apple's endpoints are known.
fn discovery_url(account: &Account<'_>) -> Result<Option<String>, IdpError> {
    let provider = &account.provider;
    let tenant = provider.tenant.as_deref().unwrap_or_default();
    let policy = provider.policy.as_deref().unwrap_or_default();
    Ok(Some(match account.kind {
        ProviderType::Google => {
            "https://accounts.google.com/.well-known/openid-configuration".to_owned()
        }
        ProviderType::Linkedin => {
            "https://www.linkedin.com/oauth/.well-known/openid-configuration".to_owned()
        }
        ProviderType::AzureAdV2 => format!(
            "https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
        ),
        ProviderType::AzureAdB2c => format!(
            "https://{tenant}.b2clogin.com/{tenant}.onmicrosoft.com/{policy}/v2.0/.well-known/\
             openid-configuration"
        ),
        ProviderType::Adfs | ProviderType::AnyOpenId => provider
            .discovery_document_endpoint
            .clone()
            .ok_or(IdpError::Configuration("there is no discovery document"))?,
        ProviderType::Apple => return Ok(None),
        ProviderType::Facebook
        | ProviderType::Github
        | ProviderType::WeChat
        | ProviderType::AnyOAuth2 => {
            return Err(IdpError::Configuration("the provider does not speak OpenID Connect"));
        }
    }))
}

fn apple_endpoints() -> Discovery {
    Discovery {
        issuer: apple::ISSUER.to_owned(),
        authorization_endpoint: format!("{}/auth/authorize", apple::ISSUER),
        token_endpoint: format!("{}/auth/token", apple::ISSUER),
        userinfo_endpoint: String::new(),
        jwks_uri: format!("{}/auth/keys", apple::ISSUER),
    }
}

/// OpenID Connect Core 1.0 §3.1.3.7.
fn check(
    ctx: &Ctx,
    account: &Account<'_>,
    endpoints: &Discovery,
    code: Code<'_>,
    jwt: &Jwt,
) -> Result<(), IdpRefusal> {
    let expected = Expected {
        now: ctx.now,
        skew_seconds: SKEW_SECONDS,
        issuer: None,
        audience: Some(account.client_id()),
        expired_is_fine: false,
    };
    jwt.check(&expected)
        .map_err(|_| IdpRefusal::Protocol("the ID token is out of date, or for somebody else"))?;
    let issuer = jwt.text("iss").unwrap_or_default();
    if !is_issuer(account, endpoints, jwt, issuer) {
        return Err(IdpRefusal::Protocol("the ID token is by another issuer"));
    }
    if !sends_nonce(account.kind) {
        return Ok(());
    }
    match jwt.text("nonce") {
        Some(nonce) if constant_time_eq(nonce.as_bytes(), code.handshake.nonce.as_bytes()) => {
            Ok(())
        }
        // The challenge ties the code to our question as well (RFC 9700 §2.1.1).
        None if takes_pkce(account.kind) => Ok(()),
        _ => Err(IdpRefusal::Protocol("the ID token is the answer to another question")),
    }
}

fn is_issuer(account: &Account<'_>, endpoints: &Discovery, jwt: &Jwt, issuer: &str) -> bool {
    match account.kind {
        ProviderType::Google => GOOGLE.contains(&issuer),
        // Where one document is for many tenants, the issuer is that of the person's.
        ProviderType::AzureAdV2 => {
            let tenant = jwt.text("tid").unwrap_or_default();
            issuer == endpoints.issuer.replace("{tenantid}", tenant)
        }
        // AD FS may be told to call itself otherwise, but not to be another server.
        ProviderType::Adfs => issuer == endpoints.issuer || is_of_document(account, issuer),
        // The document is that of the issuer (OpenID Connect Discovery 1.0 §4.3).
        ProviderType::AnyOpenId => {
            let document = account.provider.discovery_document_endpoint.as_deref();
            let known = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'));
            issuer == endpoints.issuer && document == Some(known.as_str())
        }
        _ => issuer == endpoints.issuer,
    }
}

fn is_of_document(account: &Account<'_>, issuer: &str) -> bool {
    let document = account.provider.discovery_document_endpoint.as_deref().unwrap_or_default();
    match (Url::parse(document), Url::parse(issuer)) {
        (Ok(document), Ok(issuer)) => document.origin() == issuer.origin(),
        _ => false,
    }
}

fn standard(
    account: &Account<'_>,
    raw: &Map<String, Value>,
) -> Result<Map<String, Value>, IdpRefusal> {
    Ok(match account.kind {
        ProviderType::Apple => claims::with_given_name(claims::standard(raw)),
        ProviderType::AzureAdB2c => azure_b2c(raw),
        ProviderType::Adfs => {
            let name = claims::text(raw, "upn");
            let name = name.ok_or(IdpRefusal::Protocol("the ID token has no upn"))?;
            let mut standard = claims::standard(raw);
            standard.entry("preferred_username").or_insert_with(|| name.into());
            if name.parse::<lettre::Address>().is_ok() {
                standard.entry("email").or_insert_with(|| name.into());
            }
            standard
        }
        ProviderType::AnyOpenId => claims::standard(&any::renamed(account, raw)),
        _ => claims::standard(raw),
    })
}

/// The claims of B2C are what its owner makes them; these are the defaults.
fn azure_b2c(raw: &Map<String, Value>) -> Map<String, Value> {
    let names = [("name", "name"), ("given_name", "given_name"), ("family_name", "family_name")];
    let mut standard = claims::renamed(raw, &names);
    let listed = raw.get("emails").and_then(Value::as_array).into_iter().flatten();
    let listed = listed.rev().filter_map(Value::as_str).find(|it| !it.is_empty());
    if let Some(email) = listed.or_else(|| claims::text(raw, "signInNames.emailAddress")) {
        standard.insert("email".to_owned(), email.into());
    }
    standard
}
