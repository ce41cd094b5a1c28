//! Keys behind the biometric lock of a device: set up by somebody who is signed in, and then enough
//! to sign them in.
//!
//! The device asks for a finger or a face before it signs; here is what the signature proves. A key
//! is somebody's once they have signed with it while signed in. When the key is taken away, what it
//! had signed in ends.

use accounts::identity::{AttachedIdentity, NewIdentity, attach, detach};
use accounts::models::{identity_model, load_user_model, user_model};
use appconfig::AppConfig;
use appconfig::authentication::IdentityType as Allowed;
use ctx::Ctx;
use domain::{BiometricIdentity, Identity, IdentityId, IdentityType, UserId};
use events::{Event, Source, record};
use kv::Kv;
use oauth::DeviceInfo;
use serde_json::Value;
use store::{Store, Tx};

use crate::challenge::{self, Purpose};
use crate::end;
use crate::error::Result;
use crate::key_proof::{Jwk, KeyProof};
use crate::session::SessionRef;

const JWT_TYPE: &str = "vnd.authgear.biometric-request";

/// How a person authenticated, in the `amr` of their tokens.
pub const AMR: &str = "x_biometric";

/// What is kept of a device is shown to people and to hooks; SDKs send about two kilobytes.
const DEVICE_INFO_BYTES_MAX: usize = 8 * 1024;

/// A device leaves its key behind when its app is removed, and nobody has this many in use.
const KEYS_MAX: usize = 100;

/// What a device wants with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To have it be a key of the person who is signed in.
    Setup,
    Authenticate,
    /// To be signed in, and to sign another app in (App2App).
    AuthenticateApp2App,
}

/// A JWT of a device that was read. Nobody has vouched for it yet.
#[derive(Debug)]
pub struct Presented<'a> {
    pub action: Action,
    proof: KeyProof<'a>,
}

/// Why a JWT is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not a JWT of this kind, or not of this time.
    Jwt,
    Action,
}

/// A key whose holder has just signed with it.
#[derive(Clone, Debug)]
pub struct NewKey {
    id: String,
    jwk: Jwk,
    device_info: Value,
}

/// What became of a key that is to be somebody's.
#[derive(Clone, Debug, PartialEq)]
pub enum Enabled {
    Enabled(Box<Identity>),
    /// Somebody has a key of this name.
    KeyTaken,
    TooMany,
}

impl<'a> Presented<'a> {
    pub fn read(ctx: &Ctx, jwt: &'a str) -> std::result::Result<Self, Unreadable> {
        let proof = KeyProof::read(ctx, jwt, JWT_TYPE).ok_or(Unreadable::Jwt)?;
        let action = match proof.action() {
            Some("setup") => Action::Setup,
            Some("authenticate") => Action::Authenticate,
            Some("authenticate_app2app") => Action::AuthenticateApp2App,
            _ => return Err(Unreadable::Action),
        };
        Ok(Self { action, proof })
    }

    /// The app that is to be signed in too.
    pub fn receiver(&self) -> Option<&str> {
        self.proof.claim("client_id").and_then(Value::as_str)
    }

    /// Before the signature is judged, so that a challenge is good for one attempt.
    async fn use_up_challenge(&self, ctx: &Ctx, kv: &Kv) -> Result<bool> {
        let challenge = self.proof.challenge();
        challenge::consume(ctx, kv, challenge, Purpose::BiometricRequest).await
    }
}

/// Whether the project lets people in by their devices.
pub fn is_allowed(config: &AppConfig) -> bool {
    config.authentication.identities.contains(&Allowed::Biometric)
}

/// Whose device this is, in words.
pub fn device_model(identity: &BiometricIdentity) -> Option<String> {
    DeviceInfo::from_json(&identity.device_info.to_string())?.model()
}

/// The key that a device would like to be known by, if it has signed with it and says what it is.
pub async fn prove_new(ctx: &Ctx, kv: &Kv, it: &Presented<'_>) -> Result<Option<NewKey>> {
    if !it.use_up_challenge(ctx, kv).await? {
        return Ok(None);
    }
    let Some(jwk) = it.proof.carried_key().filter(|jwk| it.proof.is_signed_with(jwk)) else {
        return Ok(None);
    };
    let Some(device_info) = it.proof.claim("device_info") else { return Ok(None) };
    let text = device_info.to_string();
    if text.len() > DEVICE_INFO_BYTES_MAX || DeviceInfo::from_json(&text).is_none() {
        return Ok(None);
    }
    let id = it.proof.key_id().to_owned();
    Ok(Some(NewKey { id, jwk, device_info: device_info.clone() }))
}

/// Makes the key one of the person's. Unless it is enabled, the transaction must not be committed.
pub async fn enable(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    key: NewKey,
    source: &Source,
) -> Result<Enabled> {
    let is_key = |it: &&Identity| matches!(it, Identity::Biometric(_));
    if tx.identities().list(user).await?.iter().filter(is_key).count() >= KEYS_MAX {
        return Ok(Enabled::TooMany);
    }
    let NewKey { id: key_id, jwk, device_info } = key;
    let new = NewIdentity::Biometric { key_id, key: Value::Object(jwk), device_info };
    let AttachedIdentity::Attached(identity) = attach(ctx, tx, user, new).await? else {
        return Ok(Enabled::KeyTaken);
    };
    let user = load_user_model(ctx, tx, user).await?;
    let event = Event::BiometricEnabled { user, identity: identity_model(ctx, &identity) };
    record(ctx, tx, source, event).await?;
    Ok(Enabled::Enabled(identity))
}

/// Whose key has signed. A wrong signature for somebody's key is written down.
pub async fn prove(
    ctx: &Ctx,
    store: &Store,
    kv: &Kv,
    it: &Presented<'_>,
    source: &Source,
) -> Result<Option<BiometricIdentity>> {
    if !it.use_up_challenge(ctx, kv).await? {
        return Ok(None);
    }
    let mut tx = store.read(&ctx.app.id).await?;
    let found = tx.identities().find_biometric(it.proof.key_id()).await?;
    drop(tx);
    let Some(Identity::Biometric(identity)) = found else { return Ok(None) };
    if identity.key.as_object().is_some_and(|key| it.proof.is_signed_with(key)) {
        return Ok(Some(identity));
    }
    let mut tx = store.write(&ctx.app.id).await?;
    if let Some(overview) = tx.users().find_overview(&identity.base.user_id).await? {
        let user = user_model(ctx, &overview);
        let event = Event::IdentificationFailed { user, r#type: IdentityType::Biometric };
        record(ctx, &mut tx, source, event).await?;
        tx.commit().await?;
    }
    Ok(None)
}

/// Takes a key away, and ends what it had signed in.
pub async fn disable(
    ctx: &Ctx,
    tx: &mut Tx,
    identity: &Identity,
    source: &Source,
) -> Result<Vec<SessionRef>> {
    let user = identity.user_id();
    detach(ctx, tx, identity).await?;
    let ended = end_grants_of(ctx, tx, user, identity.id()).await?;
    let user = load_user_model(ctx, tx, user).await?;
    let event = Event::BiometricDisabled { user, identity: identity_model(ctx, identity) };
    record(ctx, tx, source, event).await?;
    Ok(ended)
}

/// Ends the grants that were given to a key.
pub async fn end_grants_of(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    identity: &IdentityId,
) -> Result<Vec<SessionRef>> {
    let mut ended = Vec::new();
    for grant in tx.grants().list(user).await? {
        if grant.identity_id.as_ref() == Some(identity) {
            ended.extend(end::grant_alone(ctx, tx, &grant.id).await?);
        }
    }
    Ok(ended)
}
