//! Passkeys (WebAuthn Level 2): what browsers are asked, and what their answers are worth.
//!
//! The ceremonies are webauthn-rs-core's. What is kept of a passkey is what upstream keeps: the
//! options it was made for and the browser's answer, from which the public key is read again. A
//! passkey counts as both factors, so the device must have checked who is holding it.

pub mod challenge;

use std::time::Duration;

use ctx::{App, Ctx};
use domain::{Authenticator, PasskeyAuthenticator, UserId};
use i18n::Args;
use serde_json::{Value, json};
use store::Tx;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::proto::{AuthenticationState, Credential, RegistrationState};
use webauthn_rs_core::proto::{COSEAlgorithm, PublicKeyCredential, RegisterPublicKeyCredential};

use crate::AccountError;
use crate::authenticator::NewPasskey;

/// How long a browser lets the person take.
const TIMEOUT_MILLIS: u64 = 300_000;
/// The algorithms that we take, best first: ES256, EdDSA, RS256 (RFC 8152 §8, RFC 8812).
const ALGORITHMS: [i64; 3] = [-7, -8, -257];
/// No browser's answer is longer.
const RESPONSE_BYTES_MAX: usize = 128 * 1024;

/// Us, as a browser knows us.
pub struct Party {
    id: String,
    name: String,
    core: WebauthnCore,
}

impl Party {
    /// The project's own origin is the one that passkeys belong to; its related ones may use them.
    pub fn of(ctx: &Ctx) -> Self {
        let language = ctx.app.catalogue.fallback().to_string();
        let name = ctx.app.catalogue.text(&language, "app.name", &Args::new());
        let own = Url::parse(ctx.app.origin());
        let related = related_origins(&ctx.app).into_iter().map(|it| Url::parse(&it));
        Self::new(ctx.app.host(), &name, own.into_iter().chain(related.flatten()).collect())
    }

    fn new(id: &str, name: &str, origins: Vec<Url>) -> Self {
        let timeout = Duration::from_millis(TIMEOUT_MILLIS);
        // What is unsafe about it is choosing policies; ours is to ask for the most.
        let core = WebauthnCore::new_unsafe_experts_only(name, id, origins, timeout, None, None);
        Self { id: id.to_owned(), name: name.to_owned(), core }
    }
}

/// Origins besides the project's own on which its passkeys may be used (WebAuthn Level 3 §5.11):
/// those of the sign-in pages that its clients have in the place of ours.
pub fn related_origins(app: &App) -> Vec<String> {
    let clients = app.config.oauth.clients.iter();
    let pages = clients.filter_map(|it| Url::parse(it.x_custom_ui_uri.as_deref()?).ok());
    let mut origins: Vec<String> = pages
        .filter(|it| it.scheme() == "https")
        .map(|it| it.origin().ascii_serialization())
        .filter(|it| it != app.origin())
        .collect();
    origins.sort();
    origins.dedup();
    origins
}

/// What a browser needs for making a passkey. The person's own are left out.
pub fn creation_options(
    party: &Party,
    challenge: &str,
    user: &UserId,
    name: &str,
    own: &[PasskeyAuthenticator],
) -> Value {
    let exclude: Vec<Value> = own.iter().map(descriptor).collect();
    let params: Vec<Value> =
        ALGORITHMS.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    json!({
        "publicKey": {
            "challenge": challenge,
            "rp": { "id": party.id, "name": party.name },
            "user": {
                "id": stdx::base64url(user.as_str().as_bytes()),
                "name": name,
                "displayName": name,
            },
            "pubKeyCredParams": params,
            "timeout": TIMEOUT_MILLIS,
            "excludeCredentials": exclude,
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
            "extensions": { "credProps": true, "uvm": true },
        }
    })
}

/// What a browser needs for asking one of these passkeys, or whichever the person has.
pub fn request_options<'p>(
    party: &Party,
    challenge: &str,
    own: impl Iterator<Item = &'p PasskeyAuthenticator>,
) -> Value {
    let allow: Vec<Value> = own.map(descriptor).collect();
    json!({
        "publicKey": {
            "challenge": challenge,
            "timeout": TIMEOUT_MILLIS,
            "rpId": party.id,
            "userVerification": "required",
            "allowCredentials": allow,
            "extensions": { "uvm": true },
        }
    })
}

/// The passkey that a browser made; `None` when its answer is not one to `challenge`.
pub fn verify_creation(
    party: &Party,
    challenge: &str,
    options: &Value,
    response: &Value,
) -> Option<NewPasskey> {
    let credential = read_credential(party, challenge, response)?;
    Some(NewPasskey {
        credential_id: stdx::base64url(credential.cred_id.as_ref()),
        creation_options: options.clone(),
        attestation_response: response.clone(),
        sign_count: i64::from(credential.counter),
    })
}

/// The credential that an answer names, before anything of it is believed.
pub fn credential_id(response: &Value) -> Option<String> {
    let id = response.get("id").and_then(Value::as_str)?;
    // Written as it is written when it is kept.
    Some(stdx::base64url(&stdx::from_base64url(id)?))
}

/// What the passkey's counter shows now; `None` when the answer does not prove it.
pub fn verify_assertion(
    party: &Party,
    challenge: &str,
    own: &PasskeyAuthenticator,
    response: &Value,
) -> Option<i64> {
    let made_for = own.creation_options.pointer("/publicKey/challenge").and_then(Value::as_str)?;
    let mut credential = read_credential(party, made_for, &own.attestation_response)?;
    credential.counter = u32::try_from(own.sign_count).ok()?;
    let state = json!({
        "credentials": [],
        "policy": "required",
        "challenge": challenge,
        "appid": null,
        "allow_backup_eligible_upgrade": true,
    });
    let mut state: AuthenticationState = serde_json::from_value(state).ok()?;
    state.set_allowed_credentials(vec![credential]);
    let response: PublicKeyCredential = read(response)?;
    match party.core.authenticate_credential(&response, &state) {
        Ok(result) if result.user_verified() => Some(i64::from(result.counter())),
        Ok(_) => None,
        Err(error) => {
            tracing::info!(%error, "a passkey was refused");
            None
        }
    }
}

/// The passkeys of a person.
pub async fn list(tx: &mut Tx, user: &UserId) -> Result<Vec<PasskeyAuthenticator>, AccountError> {
    let all = tx.authenticators().list(user).await?;
    Ok(all.into_iter().filter_map(passkey_of).collect())
}

/// Whose passkey a credential is.
pub async fn find(
    tx: &mut Tx,
    credential_id: &str,
) -> Result<Option<PasskeyAuthenticator>, AccountError> {
    Ok(tx.authenticators().find_passkey(credential_id).await?.and_then(passkey_of))
}

fn passkey_of(authenticator: Authenticator) -> Option<PasskeyAuthenticator> {
    match authenticator {
        Authenticator::Passkey(passkey) => Some(passkey),
        Authenticator::Password(_) | Authenticator::Totp(_) | Authenticator::OobOtp(_) => None,
    }
}

fn read_credential(party: &Party, challenge: &str, response: &Value) -> Option<Credential> {
    let algorithms = [COSEAlgorithm::ES256, COSEAlgorithm::EDDSA, COSEAlgorithm::RS256];
    let state = json!({
        "policy": "required",
        "exclude_credentials": [],
        "challenge": challenge,
        "credential_algorithms": serde_json::to_value(algorithms).ok()?,
        "require_resident_key": false,
        "authenticator_attachment": null,
        "extensions": {},
        "allow_synchronised_authenticators": true,
    });
    let state: RegistrationState = serde_json::from_value(state).ok()?;
    let response: RegisterPublicKeyCredential = read(response)?;
    match party.core.register_credential(&response, &state, None) {
        Ok(credential) => Some(credential),
        Err(error) => {
            tracing::info!(%error, "a new passkey was refused");
            None
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(response: &Value) -> Option<T> {
    let text = serde_json::to_string(response).ok()?;
    if text.len() > RESPONSE_BYTES_MAX {
        return None;
    }
    serde_json::from_str(&text).ok()
}

fn descriptor(passkey: &PasskeyAuthenticator) -> Value {
    json!({ "type": "public-key", "id": passkey.credential_id })
}
