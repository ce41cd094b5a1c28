//! What a flow says happened.
//!
//! Events of success are written by `finish`, in its transaction. Failures are events too: they
//! are written at once, whatever becomes of the flow.

use accounts::models;
use domain::{AuthenticatorKind, AuthenticatorType, ClientId, Identity, IdpSession, UserId};
use events::hooks::HookRefusal;
use events::{Event, Source, Stage, TriggeredBy, UserModel, record};
use limits::Exhausted;
use serde_json::{Value, json};
use store::Tx;

use crate::refusal::{Kind, Refusal};
use crate::state::{FlowState, Setting};
use crate::{FlowCx, FlowError, stopped};

/// Writes down that somebody signed up, and with what.
pub async fn signed_up(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    setting: &Setting,
    user: &UserId,
) -> Result<(), FlowError> {
    let model = load(cx, tx, user).await?;
    let identities = tx.identities().list(user).await?;
    let identities = identities.iter().map(|it| models::identity_model(cx.ctx, it)).collect();
    let event = Event::UserCreated { user: model, identities };
    Ok(record(cx.ctx, tx, &source(cx, setting), event).await?)
}

/// Writes down that somebody signed in.
pub async fn signed_in(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    setting: &Setting,
    session: &IdpSession,
) -> Result<(), FlowError> {
    let user = load(cx, tx, &session.user_id).await?;
    let event = Event::UserAuthenticated { user, session: session_model(session) };
    Ok(record(cx.ctx, tx, &source(cx, setting), event).await?)
}

/// Writes down that somebody who is signed in proved it again.
pub async fn reauthenticated(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    setting: &Setting,
    user: &UserId,
) -> Result<(), FlowError> {
    let user = load(cx, tx, user).await?;
    let event = Event::UserReauthenticated { user, session: json!({}) };
    Ok(record(cx.ctx, tx, &source(cx, setting), event).await?)
}

/// Writes down that somebody's account has another identity now.
pub async fn linked(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    setting: &Setting,
    identity: &Identity,
) -> Result<(), FlowError> {
    let user = load(cx, tx, identity.user_id()).await?;
    let model = models::identity_model(cx.ctx, identity);
    let event = match identity {
        Identity::LoginId(it) => Event::LoginIdAdded { user, r#type: it.r#type, identity: model },
        Identity::OAuth(_) => Event::OAuthConnected { user, identity: model },
        // Nobody is told of the others one by one.
        Identity::Ldap(_)
        | Identity::Anonymous(_)
        | Identity::Passkey(_)
        | Identity::Biometric(_) => return Ok(()),
    };
    Ok(record(cx.ctx, tx, &source(cx, setting), event).await?)
}

/// Writes down that a proof was wrong, at once and whatever becomes of the flow.
pub async fn wrong_proof(
    cx: &FlowCx<'_>,
    setting: &Setting,
    user: &UserId,
    kind: AuthenticatorKind,
    r#type: AuthenticatorType,
) -> Result<(), FlowError> {
    let stage = match kind {
        AuthenticatorKind::Primary => Stage::Primary,
        AuthenticatorKind::Secondary => Stage::Secondary,
    };
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    let user = load(cx, &mut tx, user).await?;
    let event = Event::AuthenticationFailed { user, stage, r#type };
    record(cx.ctx, &mut tx, &source(cx, setting), event).await?;
    Ok(tx.commit().await?)
}

/// Writes down that nobody has this login ID.
pub async fn unknown_login_id(
    cx: &FlowCx<'_>,
    setting: &Setting,
    login_id: &str,
) -> Result<(), FlowError> {
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    let event = Event::LoginIdNotFound { login_id: login_id.to_owned() };
    record(cx.ctx, &mut tx, &source(cx, setting), event).await?;
    Ok(tx.commit().await?)
}

/// Writes down that a limit turned somebody away. Limits that are only ours are nobody's event.
pub async fn limit_exhausted(cx: &FlowCx<'_>, exhausted: &Exhausted) -> Result<(), FlowError> {
    let (name, group) = (exhausted.limit.name(exhausted.scope), exhausted.limit.group());
    if group.is_empty() {
        return Ok(());
    }
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    let event = Event::RateLimitBlocked { name, group: group.to_owned() };
    record(cx.ctx, &mut tx, &Source::default(), event).await?;
    Ok(tx.commit().await?)
}

/// Writes down that somebody was kept out: by the status of their account, by a hook, or because
/// they are locked out. Other refusals are nobody's event.
pub async fn blocked(
    cx: &FlowCx<'_>,
    state: &FlowState,
    refusal: &Refusal,
) -> Result<(), FlowError> {
    if !is_blocked(refusal) {
        return Ok(());
    }
    let (name, code) = match refusal.kind() {
        Kind::TooManyRequest => ("TooManyRequest", 429),
        _ => ("Forbidden", 403),
    };
    let mut error = json!({
        "name": name,
        "reason": refusal.reason(),
        "message": refusal.message(),
        "code": code,
    });
    let info = refusal.info();
    if !info.is_empty() {
        error["info"] = json!(info);
    }
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    let user = match state.facts.existing_user() {
        Some(user) if tx.users().find(&user).await?.is_some() => {
            Some(load(cx, &mut tx, &user).await?)
        }
        _ => None,
    };
    let event = Event::AuthenticationBlocked { user, error };
    record(cx.ctx, &mut tx, &source(cx, &state.setting), event).await?;
    Ok(tx.commit().await?)
}

fn is_blocked(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Hook(HookRefusal::Disallowed(_))
            | Refusal::AccountLockout { .. }
            | Refusal::DisabledUser { .. }
            | Refusal::DeactivatedUser
            | Refusal::AnonymizedUser
            | Refusal::ScheduledDeletion { .. }
            | Refusal::ScheduledAnonymization { .. }
            | Refusal::OutsideValidPeriod
    )
}

async fn load(cx: &FlowCx<'_>, tx: &mut Tx, user: &UserId) -> Result<UserModel, FlowError> {
    models::load_user_model(cx.ctx, tx, user).await.map_err(stopped)
}

/// Through what an event comes about.
pub fn source(cx: &FlowCx<'_>, setting: &Setting) -> Source {
    Source {
        triggered_by: TriggeredBy::User,
        client_id: setting.client_id.as_deref().map(ClientId::new),
        state: setting.state.clone(),
        x_state: setting.x_state.clone(),
        preferred_languages: Vec::new(),
        language: setting
            .ui_locales
            .as_deref()
            .and_then(|it| it.split(' ').next())
            .map(str::to_owned),
        http_url: cx.ctx.app.origin().to_owned(),
    }
}

/// A browser session as upstream's API shows one.
fn session_model(session: &IdpSession) -> Value {
    let at = session.created_at.to_rfc3339();
    json!({
        "id": session.id.as_str(),
        "created_at": at,
        "updated_at": at,
        "type": "idp",
        "amr": session.amr,
        "lastAccessedAt": at,
        "createdByIP": session.initial_access.ip,
        "lastAccessedByIP": session.last_access.ip,
        "lastAccessedByIPCountryCode": "",
        "lastAccessedByIPEnglishCountryName": "",
        "clientID": null,
        "displayName": sessions::device_name(&session.last_access.user_agent),
        "userAgent": session.last_access.user_agent,
    })
}
