//! The secrets of every project under test, made afresh for each run.

use anyhow::{Context as _, Result};
use jose::SigningKeys;
use serde_json::{Value, json};
use stdx::{Rng, Timestamp, base64url};

use crate::certificate;

/// What goes into `authgear.secrets.yaml`, and the keys that ID tokens are signed with.
pub struct Secrets {
    pub file: String,
    pub keys: SigningKeys,
}

/// Providers that the cases name, by alias: the mock takes one secret for all.
const PROVIDERS: [&str; 7] =
    ["google", "facebook", "adfs", "github", "linkedin", "azureadv2", "apple"];

/// Confidential clients of the base configuration.
const CLIENTS: [&str; 3] = ["e2econfidential", "e2em2mclient", "e2ethirdparty"];

/// Service providers that the cases name.
const SERVICE_PROVIDERS: [&str; 4] = ["e2e", "e2e1", "e2e2", "e2e3"];

/// The id that the cases know the SAML signing key by.
const SAML_KEY_ID: &str = "-jeTn3EEV5bJUOMDQU04zLlkWFZK3BDODkfh40FX8K0";

/// Makes the secrets; where the server keeps its data goes in because upstream has it there.
pub fn generate(rng: &Rng, now: Timestamp, database: &str, redis: &str) -> Result<Secrets> {
    let oauth = json!({ "keys": [jose::generate_rs256_jwk(&rng.uuid(), now)] });
    let keys = SigningKeys::from_jwk_set(&oauth).context("the fresh signing key")?;
    let octets =
        |text: &str| json!([{ "kid": "key", "kty": "oct", "k": base64url(text.as_bytes()) }]);
    let random = || json!({ "keys": octets(&rng.token()) });
    let database = json!({ "database_url": database, "database_schema": "public" });
    let saml = certificate::for_saml(SAML_KEY_ID, now)?;
    let items = |items: Vec<Value>| json!({ "items": items });
    let entries = [
        ("mail.smtp", json!({
            "host": "127.0.0.1", "port": 2525, "mode": "normal", "username": "", "password": "",
            "sender": "e2e@authgear.com",
        })),
        ("db", database.clone()),
        ("audit.db", database),
        ("elasticsearch", json!({ "elasticsearch_url": "http://127.0.0.1:9200" })),
        ("redis", json!({ "redis_url": redis })),
        ("analytic.redis", json!({ "redis_url": redis })),
        ("oauth", oauth),
        ("csrf", random()),
        ("webhook", random()),
        ("admin-api.auth", json!({ "keys": [jose::generate_rs256_jwk(&rng.uuid(), now)] })),
        ("images", random()),
        ("sso.oauth.client", items(PROVIDERS.map(|alias| {
            json!({ "alias": alias, "client_secret": "mock" })
        }).into())),
        ("bot_protection.provider", json!({ "type": "cloudflare", "secret_key": "random" })),
        ("ldap", items(vec![json!({
            "name": "ldap-server-1",
            "dn": "cn=readonly,ou=bot,ou=service,dc=authgear,dc=com",
            "password": "readonly",
        })])),
        ("saml.idp.signing", json!({ "certificates": [saml] })),
        ("saml.service_providers.signing", SERVICE_PROVIDERS.iter().map(|id| {
            json!({ "service_provider_id": id, "certificates": [saml["certificate"]] })
        }).collect()),
        ("sso.oauth.demo_credentials", items(vec![json!({
            "provider_config": { "type": "facebook", "client_id": "facebooke2e" },
            "client_secret": "mock",
        })])),
        ("oauth.client_secrets", items(CLIENTS.map(|id| {
            json!({ "client_id": id, "keys": octets("e2esecret") })
        }).into())),
    ];
    let entries = entries.map(|(key, data)| json!({ "key": key, "data": data }));
    Ok(Secrets { file: json!({ "secrets": entries }).to_string(), keys })
}
