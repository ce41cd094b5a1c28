//! Email addresses, phone numbers and usernames.

use accounts::account;
use accounts::identity::{self, NewIdentity};
use accounts::login_id::{self, CheckedLoginId, InvalidLoginId, Lists};
use appconfig::flow::{FlowKind, FlowStep, Identification};
use domain::{Identity, LoginIdType};
use limits::Limit;
use serde_json::{Value, json};

use super::super::{Taken, kind_of_step, text};
use super::{Chosen, external_jwt, known, linking, taken};
use crate::engine::Input;
use crate::facts::{IdentityFact, LoginIdFact};
use crate::refusal::{IdentityDetails, IdentityShape, Refusal};
use crate::shape::Cause;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard, record, stopped};

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let vouched = match text(input, "external_jwt") {
        "" => None,
        token => match external_jwt::read(cx, token, at.identification).await? {
            Ok(vouched) => Some(vouched),
            Err(refusal) => return Ok(Taken::Refused(refusal)),
        },
    };
    let typed = vouched.as_ref().map_or(text(input, "login_id"), |it| it.login_id.as_str());
    let kind = kind_of_step(state);
    let makes_user = matches!(kind, FlowKind::Signup | FlowKind::Promote);
    let login_id = match check(cx, at.identification, typed, makes_user) {
        Ok(login_id) => login_id,
        // A token vouches for one kind of login ID only.
        Err(refusal) if makes_user || vouched.is_some() => return Ok(Taken::Refused(refusal)),
        Err(refusal) => match of_another_kind(cx, typed, refusal).await? {
            Ok(login_id) => login_id,
            Err(refusal) => return Ok(Taken::Refused(refusal)),
        },
    };
    if let Some(vouched) = vouched {
        vouched.fill(state, &login_id);
    }
    if makes_user {
        return create(cx, state, step, at, login_id).await;
    }
    let receipt = match guard::charge(cx, Limit::EnumerateAccounts, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    let found = look_up(cx, &login_id).await?;
    if kind == FlowKind::SignupLogin {
        // Both answers tell whether somebody is known, so both are charged.
        return Ok(at.switch(step, found.is_some()));
    }
    let Some(found) = found else {
        record::unknown_login_id(cx, &state.setting, &login_id.login_id).await?;
        return Ok(Taken::Refused(unknown(cx, &login_id).await?));
    };
    guard::refund(cx, receipt).await?;
    let identified = at.identified(
        step,
        IdentityFact::LoginId(LoginIdFact::from(login_id)),
        Some(found.id().as_str()),
    );
    Ok(known::found(state, identified, found.user_id(), at.branch))
}

/// Whoever is known is found by whatever login ID of theirs they type, as upstream finds them;
/// otherwise `refusal`. Both tell whether somebody is known, so looking is charged.
async fn of_another_kind(
    cx: &FlowCx<'_>,
    typed: &str,
    refusal: Refusal,
) -> Result<Result<CheckedLoginId, Refusal>, FlowError> {
    let receipt = match guard::charge(cx, Limit::EnumerateAccounts, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Err(exhausted)),
    };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let found = account::find_by_any_login_id(cx.ctx, &mut tx, typed).await.map_err(stopped)?;
    let checked = found.map(|it| login_id::check_known(&cx.ctx.app.config, &it.key, typed));
    let Some(Ok(login_id)) = checked else { return Ok(Err(refusal)) };
    // The look-up that follows is charged by itself.
    guard::refund(cx, receipt).await?;
    Ok(Ok(login_id))
}

/// In a signup flow: the login ID must be allowed, and nobody's; or it leads to linking.
async fn create(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    login_id: CheckedLoginId,
) -> Result<Taken, FlowError> {
    let receipt = match guard::charge(cx, Limit::EnumerateAccounts, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    let fact = IdentityFact::LoginId(LoginIdFact::from(login_id.clone()));
    if kind_of_step(state) == FlowKind::Promote
        && let Some(existing) = look_up(cx, &login_id).await?
    {
        return Ok(taken(cx, state, fact.shape(), &existing));
    }
    match linking::meet(cx, state, step, at, &fact).await? {
        linking::Met::Nobody => {}
        linking::Met::Refused(refusal) => return Ok(Taken::Refused(refusal)),
        linking::Met::Choices(stage) => {
            return Ok(Taken::Stay(crate::stage::Stage::Linking(stage)));
        }
    }
    if let Some(existing) = look_up(cx, &login_id).await? {
        return Ok(taken(cx, state, fact.shape(), &existing));
    }
    guard::refund(cx, receipt).await?;
    state.facts.identified.push(at.identified(step, fact, None));
    Ok(Taken::Branch(at.branch))
}

/// What was typed, normalised and checked. With `is_new` it must be one that may be added.
pub fn check(
    cx: &FlowCx<'_>,
    identification: Identification,
    typed: &str,
    is_new: bool,
) -> Result<CheckedLoginId, Refusal> {
    let not_offered = || {
        Refusal::ValidationFailed(vec![Cause {
            location: "/identification".to_owned(),
            kind: "enum",
            details: json!({ "actual": identification }),
        }])
    };
    let r#type = login_id_type(identification).ok_or_else(not_offered)?;
    let config = &cx.ctx.app.config;
    let mut keys = config.identity.login_id.keys.iter();
    let key = keys.find(|key| key.kind.as_str() == r#type.as_str());
    let key = &key.ok_or_else(not_offered)?.key;
    let checked = if is_new {
        login_id::check_new(config, &Lists::of(&cx.ctx.app), key, typed)
    } else {
        login_id::check_known(config, key, typed)
    };
    checked.map_err(|invalid| invalid_login_id(&invalid))
}

pub async fn look_up(
    cx: &FlowCx<'_>,
    login_id: &CheckedLoginId,
) -> Result<Option<Identity>, FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let wanted = NewIdentity::LoginId(login_id.clone());
    identity::find_same(&mut tx, &wanted).await.map_err(stopped)
}

fn login_id_type(identification: Identification) -> Option<LoginIdType> {
    match identification {
        Identification::Email => Some(LoginIdType::Email),
        Identification::Phone => Some(LoginIdType::Phone),
        Identification::Username => Some(LoginIdType::Username),
        Identification::OAuth
        | Identification::Passkey
        | Identification::IdToken
        | Identification::Ldap
        | Identification::SelectAccount => None,
    }
}

/// Nobody signs in with it; but it may be an address that somebody has at a provider.
async fn unknown(cx: &FlowCx<'_>, login_id: &CheckedLoginId) -> Result<Refusal, FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let (name, value) = (login_id.r#type.claim(), &login_id.login_id);
    let beside = tx.identities().list_by_claim(name, value).await?;
    let incoming = IdentityShape::LoginId(login_id.r#type);
    Ok(Refusal::UserNotFound(IdentityDetails::new(Some(incoming), &beside)))
}

fn invalid_login_id(invalid: &InvalidLoginId) -> Refusal {
    let (kind, details) = invalid.cause();
    let details = if details == json!({}) { Value::Null } else { details };
    Refusal::InvalidLoginId(vec![Cause { location: "/login_id".to_owned(), kind, details }])
}
