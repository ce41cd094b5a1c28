//! Sign in with Apple: the client secret is a token of our own making, and the person's name
//! comes beside the code.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use ctx::Ctx;
use serde_json::{Map, Value, json};
use stdx::{Secret, base64url, from_base64};

use super::{Account, IdpError, IdpRefusal};

pub(super) const ISSUER: &str = "https://appleid.apple.com";
/// Long enough for one exchange.
const SECRET_SECONDS: i64 = 5 * 60;

/// What Apple takes in place of a client secret: a JWT signed with the key from its console.
pub(super) fn client_secret(ctx: &Ctx, account: &Account<'_>) -> Result<Secret<String>, IdpError> {
    let wrong = IdpError::Configuration("the private key is no P-256 key in PEM (PKCS #8)");
    let Some(key) = private_key(account.secret.reveal()) else { return Err(wrong) };
    let header = json!({ "alg": "ES256", "kid": account.provider.key_id, "typ": "JWT" });
    let now = ctx.now.seconds();
    let claims = json!({
        "iss": account.provider.team_id,
        "iat": now,
        "exp": now + SECRET_SECONDS,
        "aud": ISSUER,
        "sub": account.client_id(),
    });
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| wrong)?;
    Ok(Secret::new(format!("{signed}.{}", base64url(signature.as_ref()))))
}

/// Adds the name that Apple sends beside the code, and only when the person first agrees.
pub(super) fn add_name(claims: &mut Map<String, Value>, user: &str) -> Result<(), IdpRefusal> {
    if user.is_empty() {
        return Ok(());
    }
    let user: Value = serde_json::from_str(user)
        .map_err(|_| IdpRefusal::Protocol("the field user is not JSON"))?;
    for (claim, field) in [("given_name", "firstName"), ("family_name", "lastName")] {
        if let Some(name) = user["name"][field].as_str().filter(|it| !it.is_empty()) {
            claims.insert(claim.to_owned(), name.into());
        }
    }
    Ok(())
}

fn private_key(pem: &str) -> Option<EcdsaKeyPair> {
    let (_, body) = pem.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = body.split_once("-----END PRIVATE KEY-----")?;
    let body: String = body.split_whitespace().collect();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &from_base64(&body)?).ok()
}
