//! The end of a flow: facts become rows, a session and events, in one transaction.
//!
//! Everything slow happened before. The transaction re-checks what it relies on: a login ID
//! that somebody took meanwhile refuses the sign-up, and nothing of it is written.

use accounts::account::{self, Created, NewAccount};
use accounts::authenticator::NewAuthenticator;
use accounts::identity::NewIdentity;
use accounts::password::{self, NewPassword};
use domain::{AuthenticatorKind, ClientId, UserId};
use limits::{Limit, lockout};
use sessions::authentication_info::{self, AuthenticationInfo};
use sessions::{SessionRef, browser, end};
use stdx::Secret;
use store::{StoreError, Tx};

use crate::facts::Facts;
use crate::guard;
use crate::plan::FlowRef;
use crate::record;
use crate::refusal::{IdentityDetails, Refusal};
use crate::state::{self, FlowState, Setting};
use crate::{FlowCx, FlowError, stopped};

/// A flow that has come to its end.
#[derive(Debug)]
pub struct Finished {
    /// Names the end, as every state has a name; nothing can be done with it.
    pub state_token: String,
    pub flow: FlowRef,
    pub user_id: UserId,
    pub amr: Vec<String>,
    /// Where to go now: back into the authorization request, when there was one.
    pub finish_redirect_uri: Option<String>,
    /// The browser session's cookie, unless the client asked for none.
    pub session_cookie: Option<Secret<String>>,
}

pub(crate) enum Finish {
    Finished(Box<Finished>),
    Refused(Refusal),
}

/// Writes what the flow established. A flow finishes once.
pub(crate) async fn finish(cx: &FlowCx<'_>, state: FlowState) -> Result<Finish, FlowError> {
    if !state::claim_finish(cx.ctx, cx.kv, &state.flow_id).await? {
        return Ok(Finish::Refused(Refusal::FlowNotFound));
    }
    if state.facts.person.as_ref().is_some_and(|person| person.is_new)
        && let Err(exhausted) = guard::charge(cx, Limit::SignUp, None).await?
    {
        state::release_finish(cx.ctx, cx.kv, &state.flow_id).await?;
        return Ok(Finish::Refused(exhausted));
    }
    let written = write(cx, &state).await;
    // After a refusal or an error nothing happened, and the person may try the last question
    // again. When nobody knows whether the commit was kept, they may not.
    let is_unknown = matches!(written, Err(FlowError::Store(StoreError::OutcomeUnknown(_))));
    if !is_unknown && !matches!(written, Ok(Written::Done(_))) {
        state::release_finish(cx.ctx, cx.kv, &state.flow_id).await?;
    }
    let done = match written? {
        Written::Done(done) => done,
        Written::Refused(refusal) => return Ok(Finish::Refused(refusal)),
    };
    cx.sessions.forget(cx.ctx, &done.ended).await;
    let finish_redirect_uri = return_address(cx, &state.setting, &done).await?;
    Ok(Finish::Finished(Box::new(Finished {
        state_token: format!("authflowstate_{}", cx.ctx.rng.token()),
        flow: state.flow,
        user_id: done.user_id,
        amr: done.amr,
        finish_redirect_uri,
        session_cookie: done.cookie,
    })))
}

enum Written {
    Done(Done),
    Refused(Refusal),
}

struct Done {
    user_id: UserId,
    amr: Vec<String>,
    session: Option<SessionRef>,
    cookie: Option<Secret<String>>,
    ended: Vec<SessionRef>,
}

async fn write(cx: &FlowCx<'_>, state: &FlowState) -> Result<Written, FlowError> {
    let facts = &state.facts;
    let user_id = facts.known_user("finish")?;
    let amr = facts.amr();
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    if facts.person.as_ref().is_some_and(|person| person.is_new) {
        if let Some(refusal) = create_account(cx, &mut tx, &user_id, facts).await? {
            return Ok(Written::Refused(refusal));
        }
        record::signed_up(cx, &mut tx, &state.setting, &user_id).await?;
    } else if let Some(refusal) = update_account(cx, &mut tx, &user_id, facts).await? {
        return Ok(Written::Refused(refusal));
    }
    tx.users().note_login(&user_id, cx.ctx.now).await?;
    lockout::forgive(cx.ctx, &mut tx, &user_id, &guard::proved(facts)).await?;
    let ended = end_others(cx, &mut tx, &user_id, state).await?;
    let (session, cookie) = if state.setting.suppresses_idp_session_cookie {
        (None, None)
    } else {
        let created = browser::create(cx.ctx, &mut tx, &user_id, amr.clone()).await?;
        record::signed_in(cx, &mut tx, &state.setting, &created.session).await?;
        (Some(SessionRef::Idp(created.session.id)), Some(created.cookie))
    };
    tx.commit().await?;
    Ok(Written::Done(Done { user_id, amr, session, cookie, ended }))
}

async fn create_account(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user_id: &UserId,
    facts: &Facts,
) -> Result<Option<Refusal>, FlowError> {
    let mut new = NewAccount::new(user_id.clone());
    let login_ids = facts.identified.iter().filter_map(|it| it.login_id.checked());
    new.identities = login_ids.map(NewIdentity::LoginId).collect();
    for password in &facts.new_passwords {
        let kind = if password.is_primary {
            AuthenticatorKind::Primary
        } else {
            AuthenticatorKind::Secondary
        };
        let password = NewPassword::from_kept(password.hash.clone());
        new.authenticators.push(NewAuthenticator::Password { kind, password });
    }
    match account::create(cx.ctx, tx, new).await.map_err(stopped)? {
        Created::Created { .. } => Ok(None),
        Created::CredentialTaken => Ok(Some(Refusal::InvalidCredentials)),
        Created::Refused(conflict) => {
            let incoming = match &conflict.incoming {
                NewIdentity::LoginId(it) => Some(it.r#type.as_str()),
                _ => None,
            };
            let existing = conflict.existing.login_id_type().map(domain::LoginIdType::as_str);
            Ok(Some(Refusal::DuplicatedIdentity(IdentityDetails {
                login_id_type_incoming: incoming,
                login_id_type_existing: existing,
            })))
        }
    }
}

/// The person was known: what they changed on the way is written, if they may still sign in.
async fn update_account(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user_id: &UserId,
    facts: &Facts,
) -> Result<Option<Refusal>, FlowError> {
    let Some(user) = tx.users().find(user_id).await? else {
        return Ok(Some(Refusal::FlowNotFound));
    };
    let refusal = crate::steps::status_refusal(user.status(cx.ctx.now));
    if refusal.is_some() {
        return Ok(refusal);
    }
    for changed in &facts.changed_passwords {
        let current = tx.authenticators().find_password(user_id, changed.kind()).await?;
        let current = current.filter(|it| it.base.id.as_str() == changed.authenticator_id);
        let next = NewPassword::from_kept(changed.hash.clone());
        let is_replaced = match &current {
            Some(current) => password::replace(cx.ctx, tx, current, next).await.map_err(stopped)?,
            None => false,
        };
        if !is_replaced {
            // Somebody changed it while this flow was under way: start again.
            return Ok(Some(Refusal::InvalidCredentials));
        }
    }
    Ok(None)
}

/// Ends the other sessions of the client, when the person agreed to that.
async fn end_others(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user_id: &UserId,
    state: &FlowState,
) -> Result<Vec<SessionRef>, FlowError> {
    let mut ended = Vec::new();
    let client = state.setting.client_id.as_deref().map(ClientId::new);
    let Some(client) = client.filter(|_| state.facts.terminates_other_sessions) else {
        return Ok(ended);
    };
    for grant in tx.grants().list(user_id).await? {
        if grant.client_id == client && grant.is_live(cx.ctx.now) {
            ended.extend(end::grant(cx.ctx, tx, &grant).await?);
        }
    }
    Ok(ended)
}

/// Back into the authorization request, with what the flow proved under a code.
async fn return_address(
    cx: &FlowCx<'_>,
    setting: &Setting,
    done: &Done,
) -> Result<Option<String>, FlowError> {
    let Some(oauth_session_id) = &setting.oauth_session_id else {
        return Ok(setting.redirect_uri.clone());
    };
    let info = AuthenticationInfo {
        user_id: done.user_id.clone(),
        amr: done.amr.clone(),
        authenticated_at: cx.ctx.now,
        oauth_session_id: oauth_session_id.clone(),
        session: done.session.clone(),
    };
    let code = authentication_info::save(cx.ctx, cx.kv, &info).await?;
    let origin = cx.ctx.app.origin();
    Ok(Some(format!("{origin}/oauth2/consent?code={code}&x_ref={oauth_session_id}")))
}
