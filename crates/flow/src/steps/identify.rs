//! `identify`: the person says who they are.
//!
//! In a login flow they must be known; in a signup flow they must not; a signup-login flow
//! finds out which of the two it is and becomes that flow. How each kind of identity is told
//! is in a file of its own; this one offers them and hands the answer over.

mod external_jwt;
mod id_token;
mod known;
mod ldap;
pub mod linking;
mod login_id;
pub mod oauth;
mod offers;
mod passkey;
mod recover;
mod select_account;

use appconfig::flow::{FlowKind, FlowStep, Identification};
use appconfig::identity::PromotionConflict;
use domain::{Identity, LoginIdType};
use serde_json::{Value, json};

use super::{Ask, Taken, Turn, kind_of_step, text};
use crate::bot;
use crate::engine::Input;
use crate::facts::{Identified, IdentityFact};
use crate::plan::FlowRef;
use crate::refusal::{IdentityDetails, IdentityShape, Refusal};
use crate::shape::Shape;
use crate::stage::Stage;
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    match &state.stage {
        Some(Stage::OAuth(stage)) => return Ok(Turn::Ask(oauth::ask(cx, step, stage))),
        Some(Stage::Linking(stage)) => {
            return linking::ask(cx, state, step, stage).await.map(Turn::Ask);
        }
        _ => {}
    }
    if let Some(taken) = known::settle(cx, state, step).await? {
        return Ok(Turn::Settled(taken));
    }
    select_account::compute(cx, state, step).await?;
    let offers = offers::all(cx, state, step).await?;
    let options: Vec<&Value> = offers.iter().map(|it| &it.option).collect();
    let r#type = match state.flow.kind {
        FlowKind::AccountRecovery => "account_recovery_identification_data",
        _ => "identification_data",
    };
    let data = json!({ "type": r#type, "options": options });
    let variants = offers.iter().map(|it| it.variant.clone()).collect();
    Ok(Turn::Ask(Ask::new(step.kind, data, Shape::one_of("identification", variants))))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let wanted = text(input, "identification");
    let branches = step.one_of.iter().enumerate();
    let mut matching = branches.filter(|(_, it)| {
        it.identification.is_some_and(|identification| identification.as_str() == wanted)
    });
    let Some((branch, declared)) = matching.next() else {
        return Ok(Taken::Refused(Refusal::FlowNotFound));
    };
    let Some(identification) = declared.identification else {
        return Ok(Taken::Refused(Refusal::FlowNotFound));
    };
    if let Some(refusal) = bot::pass(cx, state, declared, input).await? {
        return Ok(Taken::Refused(refusal));
    }
    let at = Chosen { branch, identification };
    if kind_of_step(state) == FlowKind::AccountRecovery {
        return recover::take(cx, state, step, at, input).await;
    }
    match identification {
        Identification::Email | Identification::Phone | Identification::Username => {
            login_id::take(cx, state, step, at, input).await
        }
        Identification::OAuth => oauth::go(cx, state, at, input).await,
        Identification::Ldap => ldap::take(cx, state, step, at, input).await,
        Identification::Passkey => passkey::take(cx, state, step, at, input).await,
        Identification::IdToken => id_token::take(cx, state, step, at, input).await,
        Identification::SelectAccount => Ok(select_account::take(cx, state, step, at)),
    }
}

/// What becomes of an identity that somebody has already, where a new one is wanted. Whoever is
/// promoted may sign in as that somebody instead, if the project says so.
fn taken(
    cx: &FlowCx<'_>,
    state: &FlowState,
    incoming: Option<IdentityShape>,
    existing: &Identity,
) -> Taken {
    let conflict = cx.ctx.app.config.identity.on_conflict.promotion;
    if kind_of_step(state) == FlowKind::Promote && conflict == PromotionConflict::Login {
        return Taken::Switch(FlowRef::new(FlowKind::Login, state.flow.name.clone()));
    }
    Taken::Refused(Refusal::DuplicatedIdentity(IdentityDetails::new(incoming, [existing])))
}

/// The branch that was chosen.
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    pub branch: usize,
    pub identification: Identification,
}

impl Chosen {
    /// What the step established, by this branch.
    fn identified(
        self,
        step: &FlowStep,
        identity: IdentityFact,
        identity_id: Option<&str>,
    ) -> Identified {
        Identified {
            step: step.name.clone(),
            identification: self.identification,
            identity,
            identity_id: identity_id.map(str::to_owned),
            id_token: None,
        }
    }

    /// Becomes the flow that fits: somebody is known, or nobody.
    fn switch(self, step: &FlowStep, is_known: bool) -> Taken {
        let branch = &step.one_of[self.branch];
        let (kind, name) = if is_known {
            (FlowKind::Login, &branch.login_flow)
        } else {
            (FlowKind::Signup, &branch.signup_flow)
        };
        Taken::Switch(FlowRef::new(kind, name.clone().unwrap_or_default()))
    }
}

/// By what somebody is identified who has this identity.
fn identification_of(identity: &Identity) -> Option<Identification> {
    match identity {
        Identity::LoginId(it) => Some(match it.r#type {
            LoginIdType::Email => Identification::Email,
            LoginIdType::Phone => Identification::Phone,
            LoginIdType::Username => Identification::Username,
        }),
        Identity::OAuth(_) => Some(Identification::OAuth),
        Identity::Ldap(_) => Some(Identification::Ldap),
        Identity::Passkey(_) => Some(Identification::Passkey),
        Identity::Anonymous(_) | Identity::Biometric(_) => None,
    }
}
