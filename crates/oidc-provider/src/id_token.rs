//! ID tokens (OpenID Connect Core §2) and access tokens as JWTs (RFC 9068 §2.2).

use accounts::claims::claims;
use appconfig::{ClientConfig, SigningAlgorithm};
use ctx::Ctx;
use domain::{Scopes, UserOverview};
use jose::Algorithm;
use oauth::{ACR, acr_of, scope};
use serde_json::{Map, Value, json};
use sessions::access_token::{self, Issued};
use stdx::Timestamp;

/// Short, because a hint is good after its end.
const LIFETIME_SECONDS: i64 = 5 * 60;

/// Whom a token speaks of, and how they proved it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub overview: &'a UserOverview,
    pub amr: &'a [String],
    pub authenticated_at: Timestamp,
    pub sid: &'a str,
    /// The hash of the device secret that goes with it (OpenID Connect Native SSO §3.3).
    pub ds_hash: Option<&'a str>,
}

/// What an ID token for `client` says. With no scopes it says nothing personal, whatever is asked
/// for.
pub fn id_token_claims(
    ctx: &Ctx,
    client: &ClientConfig,
    scopes: &Scopes,
    subject: &Subject<'_>,
    (nonce, asked): (Option<&str>, &[String]),
) -> Map<String, Value> {
    let mut token = object(json!({
        "iss": ctx.app.origin(),
        "aud": client.client_id,
        "iat": ctx.now.seconds(),
        "exp": ctx.now.seconds() + LIFETIME_SECONDS,
        "auth_time": subject.authenticated_at.seconds(),
        "sid": subject.sid,
    }));
    if let Some(nonce) = nonce {
        token.insert("nonce".to_owned(), json!(nonce));
    }
    if let Some(ds_hash) = subject.ds_hash {
        token.insert("ds_hash".to_owned(), json!(ds_hash));
    }
    if asked.iter().any(|it| it == ACR) {
        token.insert(ACR.to_owned(), json!(acr_of(subject.amr)));
    }
    add_person(ctx, client, (scopes, asked), subject, &mut token);
    token
}

/// What the JWT form of an access token says: known by its `jti`, for resource servers to verify.
pub fn access_token_claims(
    ctx: &Ctx,
    client: &ClientConfig,
    issued: &Issued,
    scopes: &Scopes,
    subject: &Subject<'_>,
) -> Map<String, Value> {
    let mut token = object(json!({
        "iss": ctx.app.origin(),
        "aud": ctx.app.origin(),
        "iat": ctx.now.seconds(),
        "exp": issued.expires_at.seconds(),
        "jti": issued.hash,
        "client_id": client.client_id,
        "scope": scopes.to_string(),
        "auth_time": subject.authenticated_at.seconds(),
    }));
    add_person(ctx, client, (scopes, &[]), subject, &mut token);
    token
}

/// What the token of a client says that acts for itself. Its subject cannot be taken for a person
/// (RFC 9068 §5).
pub fn client_token_claims(
    ctx: &Ctx,
    client: &ClientConfig,
    issued: &Issued,
    resource: &str,
    scopes: &Scopes,
) -> Map<String, Value> {
    let scope = scopes.to_string();
    object(json!({
        "iss": ctx.app.origin(),
        "aud": [resource],
        "sub": format!("client_id_{}", client.client_id),
        "iat": ctx.now.seconds(),
        "exp": issued.expires_at.seconds(),
        "jti": issued.hash,
        "client_id": client.client_id,
        "scope": scope,
        "https://authgear.com/claims/scope_by_aud": [{ "aud": resource, "scope": scope }],
    }))
}

/// Makes a token of what an ID token says.
pub fn sign_id_token(ctx: &Ctx, client: &ClientConfig, claims: &Map<String, Value>) -> String {
    sign_for(ctx, client, "JWT", claims)
}

/// Makes a token that the client verifies as it does its ID tokens: in the algorithm that it wants.
pub fn sign_for(
    ctx: &Ctx,
    client: &ClientConfig,
    r#type: &str,
    claims: &Map<String, Value>,
) -> String {
    let algorithm = match client.x_id_token_signed_response_alg {
        None | Some(SigningAlgorithm::Rs256) => Algorithm::Rs256,
        Some(SigningAlgorithm::Es256) => Algorithm::Es256,
        Some(SigningAlgorithm::EdDsa) => Algorithm::EdDsa,
    };
    let keys = &ctx.app.keys;
    // A project without such a key is refused when it is read.
    keys.sign_as(algorithm, r#type, claims).unwrap_or_else(|| keys.sign(r#type, claims))
}

/// Makes a token of what an access token says.
pub fn sign_access_token(ctx: &Ctx, claims: &Map<String, Value>) -> String {
    ctx.app.keys.sign(access_token::JWT_TYPE, claims)
}

/// What every token says of the person; and, for clients that keep their tokens to themselves,
/// what the scopes open. Others are told what they ask for of that.
fn add_person(
    ctx: &Ctx,
    client: &ClientConfig,
    (scopes, asked): (&Scopes, &[String]),
    subject: &Subject<'_>,
    token: &mut Map<String, Value>,
) {
    if !subject.amr.is_empty() {
        token.insert("amr".to_owned(), json!(subject.amr));
    }
    let person = claims(ctx, subject.overview);
    token.extend(person.always);
    let named = sessions::subject(ctx, Some(&client.client_id), &subject.overview.user.id);
    token.insert("sub".to_owned(), named.into());
    let is_told = |name: &String| client.allows_pii_in_id_token() || asked.contains(name);
    let standard = person.standard.into_iter();
    token.extend(standard.filter(|(name, _)| is_told(name) && opens(scopes, name)));
}

/// Whether any of the scopes opens a claim.
pub fn opens(scopes: &Scopes, claim: &str) -> bool {
    scopes.iter().any(|it| scope::opens(it, claim))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
