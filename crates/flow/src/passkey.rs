//! Passkeys in the course of a flow (WebAuthn Level 2).
//!
//! The challenge is the flow's own, and a flow finishes once; or it was issued beside it, and is used
//! up by its answer. Either way an answer is good for once.

use accounts::passkey::challenge::{self, Ceremony};
use accounts::passkey::{self, Party};
use domain::{AuthenticatorId, PasskeyAuthenticator, UserId};
use serde_json::Value;

use crate::facts::PasskeyFact;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, stopped};

/// Somebody who proved who they are with a passkey.
pub struct Used {
    pub user_id: UserId,
    pub authenticator_id: AuthenticatorId,
    pub identity_id: Option<String>,
    pub display: String,
}

/// What a browser needs for making a passkey.
pub async fn creation_options(cx: &FlowCx<'_>, state: &FlowState) -> Result<Value, FlowError> {
    let user = state.facts.known_user("prompt_create_passkey")?;
    let name = state.facts.identified.iter().map(|it| it.identity.display());
    let name = name.into_iter().find(|it| !it.is_empty()).unwrap_or_default();
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let own = passkey::list(&mut tx, &user).await.map_err(stopped)?;
    drop(tx);
    let party = Party::of(cx.ctx);
    Ok(passkey::creation_options(&party, &state.challenge, &user, &name, &own))
}

/// The passkey that `response` makes of `options`; `None` when it is none.
pub async fn create(
    cx: &FlowCx<'_>,
    state: &FlowState,
    options: &Value,
    response: &Value,
) -> Result<Option<PasskeyFact>, FlowError> {
    let user = state.facts.known_user("prompt_create_passkey")?;
    let Some(challenge) = answered(cx, state, &Ceremony::creation(&user), response).await? else {
        return Ok(None);
    };
    // What is kept is what the browser was asked, so that its answer can be read again.
    let mut options = options.clone();
    options["publicKey"]["challenge"] = Value::from(challenge.as_str());
    let party = Party::of(cx.ctx);
    let made = passkey::verify_creation(&party, &challenge, &options, response);
    Ok(made.map(|made| PasskeyFact {
        credential_id: made.credential_id,
        creation_options: made.creation_options,
        attestation_response: made.attestation_response,
        sign_count: made.sign_count,
    }))
}

/// The challenge that `response` answers: the flow's own, or one that was issued beside it.
async fn answered(
    cx: &FlowCx<'_>,
    state: &FlowState,
    ceremony: &Ceremony,
    response: &Value,
) -> Result<Option<String>, FlowError> {
    let own = &state.challenge;
    challenge::answered(cx.ctx, cx.kv, own, ceremony, response).await.map_err(stopped)
}

/// What a browser needs for asking a passkey: one of these, or whichever the person has.
pub fn request_options<'p>(
    cx: &FlowCx<'_>,
    state: &FlowState,
    own: impl Iterator<Item = &'p PasskeyAuthenticator>,
) -> Value {
    passkey::request_options(&Party::of(cx.ctx), &state.challenge, own)
}

/// Whoever `response` proves; `None` when it proves nobody.
pub async fn verify(
    cx: &FlowCx<'_>,
    state: &FlowState,
    response: &Value,
) -> Result<Option<Used>, FlowError> {
    let Some(credential_id) = passkey::credential_id(response) else { return Ok(None) };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let found = passkey::find(&mut tx, &credential_id).await.map_err(stopped)?;
    let identity = tx.identities().find_passkey(&credential_id).await?;
    drop(tx);
    let Some(own) = found else { return Ok(None) };
    let Some(challenge) = answered(cx, state, &Ceremony::Request, response).await? else {
        return Ok(None);
    };
    let party = Party::of(cx.ctx);
    let Some(sign_count) = passkey::verify_assertion(&party, &challenge, &own, response) else {
        return Ok(None);
    };
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    tx.authenticators().note_sign_count(&own.base.id, sign_count, cx.ctx.now).await?;
    tx.commit().await?;
    Ok(Some(Used {
        user_id: own.base.user_id,
        authenticator_id: own.base.id,
        identity_id: identity.as_ref().map(|it| it.id().as_str().to_owned()),
        display: identity.as_ref().map(|it| it.display_id().to_owned()).unwrap_or_default(),
    }))
}
