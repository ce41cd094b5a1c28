//! `identify`: the person says who they are.
//!
//! In a login flow they must be known; in a signup flow they must not; a signup-login flow
//! finds out which of the two it is and becomes that flow.

use accounts::account;
use accounts::login_id::{self, CheckedLoginId, InvalidLoginId, Lists};
use appconfig::flow::{FlowKind, FlowStep, Identification};
use domain::{LoginId, LoginIdType};
use limits::Limit;
use serde_json::{Value, json};

use super::{Ask, Taken, text};
use crate::engine::Input;
use crate::facts::{Identified, LoginIdFact, Person};
use crate::guard;
use crate::plan::FlowRef;
use crate::record;
use crate::refusal::{IdentityDetails, Refusal};
use crate::shape::{Cause, Member, Shape, Variant};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, stopped};

/// What is offered: the login IDs. Other ways to identify join as they are built.
pub fn ask(step: &FlowStep) -> Ask {
    let offered = step.one_of.iter().filter_map(|branch| branch.identification);
    let offered: Vec<_> = offered.filter(|it| login_id_type(*it).is_some()).collect();
    let options: Vec<_> = offered.iter().map(|it| json!({ "identification": it })).collect();
    let variants = offered
        .iter()
        .map(|it| Variant { tag: it.as_str(), required: vec![Member::Text("login_id")] });
    let data = json!({ "type": "identification_data", "options": options });
    Ask::new(step.kind, data, Shape::one_of("identification", variants.collect()))
}

/// In a login flow: looks the login ID up.
pub async fn find(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let said = match Said::read(cx, step, input, None) {
        Ok(said) => said,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let receipt = match guard::charge(cx, Limit::EnumerateAccounts, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    let Some(found) = look_up(cx, &said).await? else {
        record::unknown_login_id(cx, &state.setting, &said.login_id.login_id).await?;
        return Ok(Taken::Refused(said.unknown()));
    };
    guard::refund(cx, receipt).await?;
    let hint = state.setting.user_id_hint.as_deref();
    if hint.is_some_and(|hint| hint != found.base.user_id.as_str()) {
        return Ok(Taken::Refused(Refusal::DifferentUser));
    }
    state.facts.person = Some(Person { id: found.base.user_id.as_str().to_owned(), is_new: false });
    let branch = said.branch;
    state.facts.identified.push(said.into_fact(step, Some(&found)));
    Ok(Taken::Branch(branch))
}

/// In a signup flow: the login ID must be allowed, and nobody's.
pub async fn create(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let said = match Said::read(cx, step, input, Some(&Lists::of(&cx.ctx.app))) {
        Ok(said) => said,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let receipt = match guard::charge(cx, Limit::EnumerateAccounts, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    if let Some(existing) = look_up(cx, &said).await? {
        return Ok(Taken::Refused(said.taken(&existing)));
    }
    guard::refund(cx, receipt).await?;
    let branch = said.branch;
    state.facts.identified.push(said.into_fact(step, None));
    Ok(Taken::Branch(branch))
}

/// In a signup-login flow: becomes the flow that fits.
pub async fn choose(cx: &FlowCx<'_>, step: &FlowStep, input: &Input) -> Result<Taken, FlowError> {
    let said = match Said::read(cx, step, input, None) {
        Ok(said) => said,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let branch = &step.one_of[said.branch];
    // Both answers tell whether somebody is known, so both are charged.
    if let Err(exhausted) = guard::charge(cx, Limit::EnumerateAccounts, None).await? {
        return Ok(Taken::Refused(exhausted));
    }
    let (kind, name) = match look_up(cx, &said).await? {
        Some(_) => (FlowKind::Login, &branch.login_flow),
        None => (FlowKind::Signup, &branch.signup_flow),
    };
    Ok(Taken::Switch(FlowRef::new(kind, name.clone().unwrap_or_default())))
}

/// An input that named a branch of the step and a login ID.
struct Said {
    branch: usize,
    identification: Identification,
    login_id: CheckedLoginId,
}

impl Said {
    /// With `lists`, the login ID must be one that may be added; without, one to look for.
    fn read(
        cx: &FlowCx<'_>,
        step: &FlowStep,
        input: &Input,
        lists: Option<&Lists>,
    ) -> Result<Self, Refusal> {
        let wanted = text(input, "identification");
        let mut branches = step.one_of.iter().enumerate();
        let (branch, identification) = branches
            .find_map(|(at, branch)| {
                let identification = branch.identification?;
                (identification.as_str() == wanted).then_some((at, identification))
            })
            .ok_or_else(|| not_offered(wanted))?;
        let r#type = login_id_type(identification).ok_or_else(|| not_offered(wanted))?;
        let config = &cx.ctx.app.config;
        let mut keys = config.identity.login_id.keys.iter();
        let key = keys.find(|key| key.kind.as_str() == r#type.as_str());
        let key = &key.ok_or_else(|| not_offered(wanted))?.key;
        let value = text(input, "login_id");
        let checked = match lists {
            Some(lists) => login_id::check_new(config, lists, key, value),
            None => login_id::check_known(config, key, value),
        };
        let login_id = checked.map_err(|invalid| invalid_login_id(&invalid))?;
        Ok(Self { branch, identification, login_id })
    }

    fn into_fact(self, step: &FlowStep, found: Option<&LoginId>) -> Identified {
        Identified {
            step: step.name.clone(),
            identification: self.identification,
            login_id: LoginIdFact::from(self.login_id),
            identity_id: found.map(|it| it.base.id.as_str().to_owned()),
        }
    }

    fn unknown(&self) -> Refusal {
        Refusal::UserNotFound(IdentityDetails {
            login_id_type_incoming: Some(self.login_id.r#type.as_str()),
            login_id_type_existing: None,
        })
    }

    fn taken(&self, existing: &LoginId) -> Refusal {
        Refusal::DuplicatedIdentity(IdentityDetails {
            login_id_type_incoming: Some(self.login_id.r#type.as_str()),
            login_id_type_existing: Some(existing.r#type.as_str()),
        })
    }
}

async fn look_up(cx: &FlowCx<'_>, said: &Said) -> Result<Option<LoginId>, FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    account::find_by_login_id(&mut tx, &said.login_id).await.map_err(stopped)
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

fn not_offered(identification: &str) -> Refusal {
    Refusal::ValidationFailed(vec![Cause {
        location: "/identification".to_owned(),
        kind: "enum",
        details: json!({ "actual": identification }),
    }])
}

fn invalid_login_id(invalid: &InvalidLoginId) -> Refusal {
    let (kind, details) = invalid.cause();
    let details = if details == json!({}) { Value::Null } else { details };
    Refusal::InvalidLoginId(vec![Cause { location: "/login_id".to_owned(), kind, details }])
}
