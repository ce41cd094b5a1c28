//! Device keys of App2App: a key that never leaves its device, proved by signing a challenge.
//!
//! The JWT carries its own public key. That proves possession of the key and nothing else; which
//! key may speak for a grant is decided by what is bound to the grant.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::Grant;
use jose::thumbprint;
use kv::Kv;
use oauth::OAuthError;
use serde_json::Value;
use sessions::challenge::{self, Purpose};
use sessions::{Jwk, KeyProof};
use stdx::constant_time_eq;
use store::Tx;

use crate::error::EndpointError;

const JWT_TYPE: &str = "vnd.authgear.app2app-request";

/// A key whose holder has just signed for it.
#[derive(Clone, Debug)]
pub struct DeviceKey {
    /// The members that make the key, and its id.
    jwk: Jwk,
    thumbprint: String,
    challenge: String,
    /// Whether the JWT was signed with the key that it carries.
    is_proved: bool,
}

/// How a key stands to a grant.
#[derive(Debug, PartialEq, Eq)]
pub enum Bound {
    Yes,
    Other,
    /// The grant has no key yet.
    Nothing,
}

impl DeviceKey {
    /// Reads, verifies, and uses up the challenge: for a key that is to be bound.
    pub async fn prove(ctx: &Ctx, kv: &Kv, jwt: &str) -> Result<Self, EndpointError> {
        let key = Self::read(ctx, jwt)?;
        key.use_up_challenge(ctx, kv).await?;
        if key.is_proved { Ok(key) } else { Err(Self::bad_signature()) }
    }

    /// Reads a JWT. Whether the signature is right is answered after the challenge is used up,
    /// so that a challenge is good for one attempt.
    pub fn read(ctx: &Ctx, jwt: &str) -> Result<Self, EndpointError> {
        Self::parse(ctx, jwt)
            .ok_or_else(|| OAuthError::invalid_request("invalid app2app jwt payload").into())
    }

    fn parse(ctx: &Ctx, jwt: &str) -> Option<Self> {
        let proof = KeyProof::read(ctx, jwt, JWT_TYPE)?;
        let jwk = proof.carried_key()?;
        Some(Self {
            challenge: proof.challenge().to_owned(),
            thumbprint: thumbprint(&jwk)?,
            is_proved: proof.is_signed_with(&jwk),
            jwk,
        })
    }

    /// One challenge, one attempt, this purpose.
    pub async fn use_up_challenge(&self, ctx: &Ctx, kv: &Kv) -> Result<(), EndpointError> {
        let purpose = Purpose::App2appRequest;
        if challenge::consume(ctx, kv, &self.challenge, purpose).await? {
            return Ok(());
        }
        Err(OAuthError::invalid_request("invalid app2app jwt challenge").into())
    }

    pub fn bad_signature() -> EndpointError {
        OAuthError::invalid_request("invalid app2app jwt signature").into()
    }

    /// Whether this is the key of the grant. A key that was not proved is nobody's.
    pub fn belongs_to(&self, grant: &Grant) -> Bound {
        if !self.is_proved {
            return Bound::Other;
        }
        let Some(bound) = &grant.app2app_device_key_jwk else { return Bound::Nothing };
        let bound = serde_json::from_str(bound).ok().and_then(|jwk| thumbprint(&jwk));
        let is_same =
            bound.is_some_and(|it| constant_time_eq(it.as_bytes(), self.thumbprint.as_bytes()));
        if is_same { Bound::Yes } else { Bound::Other }
    }

    /// Binds the key to a grant that has none, if the client allows that afterwards. A key that
    /// is bound stays.
    pub async fn bind(
        &self,
        client: &ClientConfig,
        tx: &mut Tx,
        grant: &Grant,
    ) -> Result<(), EndpointError> {
        match self.belongs_to(grant) {
            Bound::Yes => return Ok(()),
            Bound::Nothing if client.x_app2app_insecure_device_key_binding_enabled => {
                if tx.grants().bind_app2app_key(&grant.id, &self.to_json()).await? {
                    return Ok(());
                }
            }
            Bound::Nothing => {
                let text = "x_app2app_insecure_device_key_binding_enabled must be true to allow \
                            updating x_app2app_device_key_jwt";
                return Err(OAuthError::invalid_request(text).into());
            }
            Bound::Other => {}
        }
        Err(OAuthError::invalid_grant("app2app device key cannot be changed").into())
    }

    pub fn to_json(&self) -> String {
        Value::Object(self.jwk.clone()).to_string()
    }
}
