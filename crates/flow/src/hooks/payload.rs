//! What handlers are told of somebody who authenticates: `AuthenticationContext` of upstream's
//! `docs/specs/event_models.md`.
//!
//! Whoever signs up is not in the database yet. They are shown as they would be if the flow ended
//! now: the account is written, read and dropped again. The ids of what is theirs are new every
//! time; their own stays.

use accounts::models::{authenticator_model, identity_model, load_user_model, user_model};
use appconfig::flow::Authentication;
use appconfig::hook::BlockingEvent;
use domain::{Authenticator, AuthenticatorType, UserId};
use events::UserModel;
use serde_json::{Map, Value, json};

use crate::facts::{Authenticated, Enrolled, Identified};
use crate::finish;
use crate::stage::kind_of;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, stopped};

/// Whom the event is about, and what it says.
pub async fn of(
    cx: &FlowCx<'_>,
    state: &FlowState,
    event: BlockingEvent,
) -> Result<(Option<UserId>, Map<String, Value>), FlowError> {
    let person = person(cx, state).await?;
    let identifications = identifications(cx, state).await?;
    let mut payload = Map::new();
    if event == BlockingEvent::AuthenticationPostIdentified {
        let newest = state.hooked.identified.checked_sub(1).and_then(|it| identifications.get(it));
        payload.insert("identification".to_owned(), json!(newest));
    }
    let context = json!({
        "authentication_flow": { "type": state.flow.kind, "name": state.flow.name },
        "user": person.as_ref().map(|it| &it.model),
        "amr": state.facts.amr(),
        "asserted_authentications": authentications(cx, state).await?,
        "asserted_identifications": identifications,
    });
    payload.insert("authentication_context".to_owned(), context);
    Ok((person.map(|it| it.id), payload))
}

async fn person(cx: &FlowCx<'_>, state: &FlowState) -> Result<Option<UserModel>, FlowError> {
    if state.facts.identified.is_empty() {
        return Ok(None);
    }
    let Some(user) = state.facts.existing_user() else {
        return Ok(new_account(cx, state).await?.map(|(person, _)| person));
    };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let is_there = tx.users().find(&user).await?.is_some();
    if is_there {
        return load_user_model(cx.ctx, &mut tx, &user).await.map(Some).map_err(stopped);
    }
    Ok(None)
}

/// A new person and their identities, as they would be; nobody, when somebody else has one of
/// those identities.
pub async fn new_account(
    cx: &FlowCx<'_>,
    state: &FlowState,
) -> Result<Option<(UserModel, Vec<Value>)>, FlowError> {
    let Some(user) = state.facts.user_id() else { return Ok(None) };
    // Dropped at the end: nothing of it is kept.
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    if finish::create_account(cx, &mut tx, &user, &state.facts).await?.is_some() {
        return Ok(None);
    }
    let Some(overview) = tx.users().find_overview(&user).await? else { return Ok(None) };
    let identities = overview.identities.iter().map(|it| identity_model(cx.ctx, &it.identity));
    Ok(Some((user_model(cx.ctx, &overview), identities.collect())))
}

async fn identifications(cx: &FlowCx<'_>, state: &FlowState) -> Result<Vec<Value>, FlowError> {
    let mut shown = Vec::new();
    for identified in &state.facts.identified {
        shown.push(json!({
            "identification": identified.identification,
            "identity": identity(cx, state, identified).await?,
            "id_token": identified.id_token,
        }));
    }
    Ok(shown)
}

async fn identity(
    cx: &FlowCx<'_>,
    state: &FlowState,
    identified: &Identified,
) -> Result<Option<Value>, FlowError> {
    if let Some(id) = &identified.identity_id {
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        let found = tx.identities().find(&domain::IdentityId::new(id.clone())).await?;
        return Ok(found.map(|it| identity_model(cx.ctx, &it)));
    }
    let new = identified.identity.to_new().zip(state.facts.user_id());
    Ok(new.map(|(new, user)| identity_model(cx.ctx, &new.of(cx.ctx, &user))))
}

async fn authentications(cx: &FlowCx<'_>, state: &FlowState) -> Result<Vec<Value>, FlowError> {
    let facts = &state.facts;
    let own = match facts.existing_user().filter(|_| !facts.authenticated.is_empty()) {
        Some(user) => {
            let mut tx = cx.store.read(&cx.ctx.app.id).await?;
            tx.authenticators().list(&user).await?
        }
        None => Vec::new(),
    };
    let used = facts.authenticated.iter().map(|it| authenticated(&own, it));
    let enrolled = facts.enrolled.iter().map(|it| enrolled(cx, state, it));
    Ok(used.chain(enrolled).collect())
}

fn authenticated(own: &[Authenticator], used: &Authenticated) -> Value {
    let found = own.iter().find(|it| it.id().as_str() == used.authenticator_id);
    json!({
        "authentication": used.authentication,
        "authenticator": found.map(authenticator_model),
    })
}

/// An authenticator that is yet to be written.
fn enrolled(cx: &FlowCx<'_>, state: &FlowState, new: &Enrolled) -> Value {
    let now = cx.ctx.now.to_rfc3339();
    json!({
        "authentication": new.authentication,
        "authenticator": {
            "id": cx.ctx.rng.uuid(),
            "created_at": now,
            "updated_at": now,
            "user_id": state.facts.person.as_ref().map(|it| &it.id),
            "type": type_of(new.authentication).map(AuthenticatorType::as_str),
            "is_default": false,
            "kind": kind_of(new.authentication).as_str(),
        },
    })
}

const fn type_of(authentication: Authentication) -> Option<AuthenticatorType> {
    match authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            Some(AuthenticatorType::Password)
        }
        Authentication::PrimaryPasskey => Some(AuthenticatorType::Passkey),
        Authentication::PrimaryOobOtpEmail | Authentication::SecondaryOobOtpEmail => {
            Some(AuthenticatorType::OobOtpEmail)
        }
        Authentication::PrimaryOobOtpSms | Authentication::SecondaryOobOtpSms => {
            Some(AuthenticatorType::OobOtpSms)
        }
        Authentication::SecondaryTotp => Some(AuthenticatorType::Totp),
        Authentication::RecoveryCode | Authentication::DeviceToken => None,
    }
}
