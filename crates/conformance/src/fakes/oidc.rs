//! Identity providers: every sign-in succeeds, as the same person.
//!
//! They sign with a key of their own, made for the run. Their key set also has the public key with
//! which the tokens inside the cases were signed, so that those verify.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::extract::{Form, Path as Segments, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jose::SigningKeys;
use serde_json::{Map, Value, json};
use stdx::{Rng, Timestamp};

/// What each of them calls itself.
const ISSUERS: [(&str, &str); 5] = [
    ("google", "https://accounts.google.com"),
    ("facebook", "https://www.facebook.com"),
    ("github", "https://github.com"),
    ("linkedin", "https://www.linkedin.com"),
    ("adfs", "https://adfs.example.com"),
];

const LIFETIME_SECONDS: i64 = 600;

type Fields = HashMap<String, String>;

#[derive(Clone)]
pub(super) struct Provider(Arc<Inner>);

struct Inner {
    keys: SigningKeys,
    jwks: Value,
}

impl Provider {
    pub(super) fn new(public_key: &Path) -> Result<Self> {
        let rng = Rng::system();
        let own = jose::generate_rs256_jwk(&rng.uuid(), Timestamp::from_clock());
        let keys = SigningKeys::from_jwk_set(&json!({ "keys": [own] }))?;
        let mut jwks: Value = serde_json::from_str(keys.jwks())?;
        if public_key.exists() {
            let text = std::fs::read_to_string(public_key)
                .with_context(|| format!("cannot read {}", public_key.display()))?;
            let known: Value =
                serde_json::from_str(&text).context("the provider's key is no JWK")?;
            jwks["keys"].as_array_mut().into_iter().for_each(|list| list.push(known.clone()));
        }
        Ok(Self(Arc::new(Inner { keys, jwks })))
    }

    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/{provider}/authorize", get(authorize))
            .route("/{provider}/token", post(token))
            .route("/{provider}/userinfo", get(userinfo).post(userinfo))
            .route("/{provider}/.well-known/jwks.json", get(jwks))
            .route("/{provider}/.well-known/openid-configuration", get(discovery))
            .with_state(self.clone())
    }

    fn token(&self, provider: &str, issuer: &str) -> String {
        let now = Timestamp::from_clock().seconds();
        let claims = json!({
            "upn": "mock",
            "aud": [provider],
            "exp": now + LIFETIME_SECONDS,
            "jti": provider,
            "iat": now,
            "nbf": now,
            "iss": issuer,
            "sub": "mock",
            "email": "mock@example.com",
            "preferred_username": "mock",
            "phone_number": "+85295000001",
        });
        let claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
        self.0.keys.sign("JWT", &claims)
    }
}

fn issuer(provider: &str) -> Option<&'static str> {
    ISSUERS.into_iter().find(|(name, _)| *name == provider).map(|(_, issuer)| issuer)
}

/// Sends the browser back with a code, which is the provider's name.
async fn authorize(Segments(provider): Segments<String>, Query(query): Query<Fields>) -> Response {
    let field = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let first = if provider == "facebook" { "public_profile" } else { "openid" };
    let known = [first, "profile", "email"];
    let scopes_are_known =
        field("scope").split([' ', ',']).filter(|it| !it.is_empty()).all(|it| known.contains(&it));
    if issuer(&provider).is_none()
        || field("client_id") != provider
        || field("response_type") != "code"
        || field("scope").is_empty()
        || !scopes_are_known
    {
        return refused("this request is not one of the cases'");
    }
    let Ok(mut back) = url::Url::parse(field("redirect_uri")) else {
        return refused("redirect_uri is no address");
    };
    back.query_pairs_mut().append_pair("code", &provider).append_pair("state", field("state"));
    (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
}

async fn token(
    State(mock): State<Provider>,
    Segments(provider): Segments<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let Some(issuer) = issuer(&provider) else { return refused("there is no such provider") };
    let is_good = field("client_id") == provider || field("client_id") == "facebooke2e";
    if !is_good || field("client_secret") != "mock" || field("grant_type") != "authorization_code" {
        return refused("client or grant is not the cases'");
    }
    if field("code") != provider {
        return refused("the code is not one that was given");
    }
    let token = mock.token(&provider, issuer);
    let mut answer =
        json!({ "access_token": token, "token_type": "bearer", "expires_in": LIFETIME_SECONDS });
    if provider != "facebook" {
        answer["id_token"] = token.into();
    }
    Json(answer).into_response()
}

/// No subject: what these providers know people by is an address.
async fn userinfo() -> Response {
    Json(json!({
        "email": "mock@example.com",
        "preferred_username": "mock",
        "phone_number": "+85295000001",
    }))
    .into_response()
}

async fn jwks(State(mock): State<Provider>) -> Response {
    Json(mock.0.jwks.clone()).into_response()
}

async fn discovery(Segments(provider): Segments<String>) -> Response {
    let Some(issuer) = issuer(&provider) else { return refused("there is no such provider") };
    let at = |path: &str| format!("http://127.0.0.1:8081/{provider}/{path}");
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at(".well-known/jwks.json"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "claims_supported": ["sub", "email", "preferred_username", "phone_number"],
    }))
    .into_response()
}

fn refused(why: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": why });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
