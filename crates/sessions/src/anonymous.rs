//! Anonymous people and how they are recognised: by a key of their app's, by a session, by a code.
//!
//! The account is made in `accounts::anonymous`; here is what proves that somebody is the one
//! who made it. A key that nobody has yet is its holder's, once they have signed with it. After
//! an account was promoted there is nothing left that its key or its codes stand for.

use accounts::anonymous::NewKey;
use accounts::models::user_model;
use ctx::Ctx;
use domain::{AnonymousIdentity, Identity, IdentityType};
use events::{Event, Source, record};
use kv::Kv;
use serde_json::Value;
use store::Store;

use crate::challenge::{self, Purpose};
use crate::error::Result;
use crate::key_proof::KeyProof;
use crate::promotion_code;

const JWT_TYPE: &str = "vnd.authgear.anonymous-request";

/// What a device wants with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To be signed in; somebody new is signed up.
    Authenticate,
    /// To become somebody with a name.
    Promote,
}

/// A JWT of a device, and what it is presented for.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    pub jwt: &'a str,
    pub action: Action,
    /// The visit that may present it again; without one it is good once.
    pub holder: Option<&'a str>,
    pub source: &'a Source,
}

/// Who a proof says it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Proved {
    Known(AnonymousIdentity),
    /// Nobody has this key yet, and its holder has just signed with it.
    New(NewKey),
    Refused,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticate => "auth",
            Self::Promote => "promote",
        }
    }
}

/// Judges the JWT of a device. A wrong signature for somebody's key is written down.
pub async fn prove(ctx: &Ctx, store: &Store, kv: &Kv, it: Presented<'_>) -> Result<Proved> {
    let proof = KeyProof::read(ctx, it.jwt, JWT_TYPE);
    let Some(proof) = proof.filter(|proof| proof.action() == Some(it.action.as_str())) else {
        return Ok(Proved::Refused);
    };
    // Before the signature is judged, so that a challenge is good for one attempt.
    let (challenge, purpose) = (proof.challenge(), Purpose::AnonymousRequest);
    let is_fresh = match it.holder {
        Some(holder) => challenge::hold(ctx, kv, challenge, purpose, holder).await?,
        None => challenge::consume(ctx, kv, challenge, purpose).await?,
    };
    if !is_fresh {
        return Ok(Proved::Refused);
    }
    let mut tx = store.read(&ctx.app.id).await?;
    let found = tx.identities().find_anonymous(proof.key_id()).await?;
    drop(tx);
    let Some(Identity::Anonymous(identity)) = found else { return Ok(new_key(&proof)) };
    let key = identity.key.as_ref().and_then(Value::as_object);
    if key.is_some_and(|key| proof.is_signed_with(key)) {
        return Ok(Proved::Known(identity));
    }
    wrong_key(ctx, store, &identity, it.source).await?;
    Ok(Proved::Refused)
}

fn new_key(proof: &KeyProof<'_>) -> Proved {
    match proof.carried_key() {
        Some(jwk) if proof.is_signed_with(&jwk) => {
            Proved::New(NewKey { id: proof.key_id().to_owned(), jwk: Value::Object(jwk) })
        }
        _ => Proved::Refused,
    }
}

/// Somebody presented the name of a key that is another's.
async fn wrong_key(
    ctx: &Ctx,
    store: &Store,
    identity: &AnonymousIdentity,
    source: &Source,
) -> Result<()> {
    let mut tx = store.write(&ctx.app.id).await?;
    let overview = tx.users().find_overview(&identity.base.user_id).await?;
    let Some(overview) = overview else { return Ok(()) };
    let user = user_model(ctx, &overview);
    let event = Event::IdentificationFailed { user, r#type: IdentityType::Anonymous };
    record(ctx, &mut tx, source, event).await?;
    Ok(tx.commit().await?)
}

/// Whom a promotion code stands for. Whoever has a key is promoted with that.
pub async fn of_code(
    ctx: &Ctx,
    store: &Store,
    kv: &Kv,
    code: &str,
    holder: &str,
) -> Result<Option<AnonymousIdentity>> {
    let Some(promoted) = promotion_code::present(ctx, kv, code, holder).await? else {
        return Ok(None);
    };
    let mut tx = store.read(&ctx.app.id).await?;
    let found = tx.identities().find(&promoted.identity_id).await?;
    Ok(match found {
        Some(Identity::Anonymous(it))
            if it.base.user_id == promoted.user_id && it.key_id.is_none() =>
        {
            Some(it)
        }
        _ => None,
    })
}
