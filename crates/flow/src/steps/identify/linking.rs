//! Account linking: a new identity has what somebody's account has already.
//!
//! The project says what happens then: it is an error, or the person signs in to the account and
//! the identity becomes one of it (`docs/specs/account-linking.md` of upstream). The login flow is
//! walked inside the signup flow, which then goes on for the account that exists.

mod already;
mod rules;

use appconfig::account::AccountLinkingAction;
use appconfig::flow::{FlowBranch, FlowKind, FlowStep, Identification};
use domain::{Identity, IdentityId, UserId};
use serde_json::{Value, json};

use super::super::{Ask, Taken, index, kind_of_step};
use super::oauth::Visit;
use super::{Chosen, identification_of, known, oauth};
use crate::bot;
use crate::engine::Input;
use crate::facts::{Identified, IdentityFact, LinkingFact, Person};
use crate::mask;
use crate::plan::{self, FlowRef};
use crate::refusal::{IdentityDetails, Refusal};
use crate::shape::{Member, Shape};
use crate::stage::{ConflictFact, LinkingStage};
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

/// Whom a new identity meets.
pub enum Met {
    Nobody,
    Refused(Refusal),
    /// Accounts to choose from.
    Choices(LinkingStage),
}

/// Looks for accounts that have what the new identity has.
pub async fn meet(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
    at: Chosen,
    incoming: &IdentityFact,
) -> Result<Met, FlowError> {
    let mut found: Vec<(Identity, AccountLinkingAction, Option<String>)> = Vec::new();
    let own = state.facts.existing_user();
    for rule in rules::of(cx, &step.one_of[at.branch], incoming) {
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        for identity in tx.identities().list_by_claim(rule.claim, &rule.value).await? {
            let is_own = own.as_ref().is_some_and(|user| user == identity.user_id());
            let is_met = found.iter().any(|(it, ..)| it.id() == identity.id());
            if is_own || is_met {
                continue;
            }
            if is_same(&identity, incoming) {
                let details = IdentityDetails::new(incoming.shape(), [&identity]);
                return Ok(Met::Refused(Refusal::DuplicatedIdentity(details)));
            }
            found.push((identity, rule.action, rule.login_flow.map(ToOwned::to_owned)));
        }
    }
    // Whoever is promoted keeps the account they have: there is nothing to sign in to.
    let is_promoted = kind_of_step(state) == FlowKind::Promote;
    let errors = found.iter().filter(|it| is_promoted || it.1 == AccountLinkingAction::Error);
    let errors: Vec<&Identity> = errors.map(|it| &it.0).collect();
    if !errors.is_empty() {
        let details = IdentityDetails::new(incoming.shape(), errors);
        return Ok(Met::Refused(Refusal::DuplicatedIdentity(details)));
    }
    // An account can be signed in to by what people type, or at a provider.
    let choices =
        found.iter().filter(|it| matches!(it.0, Identity::LoginId(_) | Identity::OAuth(_)));
    let conflicts: Vec<ConflictFact> = choices
        .map(|(identity, _, login_flow)| ConflictFact {
            identity_id: identity.id().as_str().to_owned(),
            user_id: identity.user_id().as_str().to_owned(),
            login_flow: login_flow.clone(),
        })
        .collect();
    if conflicts.is_empty() {
        return Ok(Met::Nobody);
    }
    let incoming = Box::new(incoming.clone());
    let Chosen { branch, identification } = at;
    Ok(Met::Choices(LinkingStage { branch, identification, incoming, conflicts }))
}

/// Whether it is the same identity, and not just the same claim.
fn is_same(existing: &Identity, incoming: &IdentityFact) -> bool {
    match (existing, incoming) {
        (Identity::LoginId(it), IdentityFact::LoginId(new)) => {
            it.r#type.as_str() == new.r#type && it.key == new.key && it.login_id == new.login_id
        }
        (Identity::OAuth(it), IdentityFact::OAuth(new)) => {
            it.provider == new.provider() && it.subject == new.subject
        }
        _ => false,
    }
}

/// What is asked while the person chooses.
pub async fn ask(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
    stage: &LinkingStage,
) -> Result<Ask, FlowError> {
    let mut options = Vec::new();
    let mut required = Vec::new();
    for (conflict, identity, identification) in choices(cx, stage).await? {
        let mut option = json!({
            "identification": identification,
            "action": AccountLinkingAction::LoginAndLink,
            "masked_display_name": masked(&identity),
        });
        if let Identity::OAuth(oauth) = &identity {
            let config = &cx.ctx.app.config;
            let alias = accounts::identity::provider::alias_of(config, &oauth.provider);
            let alias = alias.unwrap_or_default();
            option["provider_type"] = json!(oauth.provider.r#type);
            option["alias"] = json!(alias);
            if let Some(provider) = oauth::find_provider(cx, alias) {
                let status = outbound::idp::provider_status(cx.ctx, provider);
                option["provider_status"] = json!(status.as_str());
            }
        }
        if let Some(branch) = login_branch(cx, state, conflict, identification) {
            let challenge = bot::challenge(cx, state, branch).await?;
            challenge.describe(&mut option);
            required.extend(challenge.member());
        }
        options.push(option);
    }
    let mut members = vec![Member::Index("index", options.len())];
    members.extend([Member::MayBeText("redirect_uri"), Member::MayBeText("response_mode")]);
    members.extend(required.first());
    let data = json!({ "type": "account_linking_identification_data", "options": options });
    let mut ask = Ask::new(step.kind, data, Shape::single(members));
    ask.identification = Some(stage.identification);
    Ok(ask)
}

/// The accounts that can still be chosen, in the order in which they are offered.
async fn choices<'s>(
    cx: &FlowCx<'_>,
    stage: &'s LinkingStage,
) -> Result<Vec<(&'s ConflictFact, Identity, Identification)>, FlowError> {
    let mut choices = Vec::new();
    for conflict in &stage.conflicts {
        let Some(identity) = load(cx, &conflict.identity_id).await? else { continue };
        let Some(identification) = identification_of(&identity) else { continue };
        choices.push((conflict, identity, identification));
    }
    Ok(choices)
}

/// The person goes on as the owner of the account that was chosen, and signs in to it.
pub async fn choose(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    stage: LinkingStage,
    input: &Input,
) -> Result<Taken, FlowError> {
    let choices = choices(cx, &stage).await?;
    let Some((conflict, _, identification)) = choices.get(index(input, "index")) else {
        return Ok(Taken::Refused(Refusal::FlowNotFound));
    };
    if let Some(branch) = login_branch(cx, state, conflict, *identification)
        && let Some(refusal) = bot::pass(cx, state, branch, input).await?
    {
        return Ok(Taken::Refused(refusal));
    }
    let own = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    state.facts.linking = Some(LinkingFact {
        identity_id: conflict.identity_id.clone(),
        user_id: conflict.user_id.clone(),
        redirect_uri: own("redirect_uri"),
        response_mode: own("response_mode"),
    });
    already::forget(cx, &mut state.facts, &UserId::new(conflict.user_id.clone())).await?;
    state.facts.person = Some(Person { id: conflict.user_id.clone(), is_new: false });
    state.facts.identified.push(Identified {
        step: step.name.clone(),
        identification: stage.identification,
        identity: (*stage.incoming).clone(),
        identity_id: None,
        id_token: None,
    });
    Ok(Taken::SignIn(stage.branch, login_flow(state, conflict)))
}

/// Answers the `identify` step of the login flow with the account that was chosen.
pub async fn answer_for(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    linking: &LinkingFact,
) -> Result<Taken, FlowError> {
    state.facts.linking = None;
    let identity = load(cx, &linking.identity_id).await?;
    let found = identity.as_ref().and_then(|identity| {
        let identification = identification_of(identity)?;
        let mut branches = step.one_of.iter();
        let branch = branches.position(|it| it.identification == Some(identification))?;
        Some((identity, Chosen { branch, identification }))
    });
    // The login flow has no way in for this account: it cannot be linked.
    let Some((identity, at)) = found else {
        return Ok(Taken::Refused(Refusal::NoAuthenticator));
    };
    if let Identity::OAuth(oauth) = identity {
        let config = &cx.ctx.app.config;
        let alias = accounts::identity::provider::alias_of(config, &oauth.provider);
        let to = Visit {
            alias: alias.unwrap_or_default(),
            redirect_uri: linking.redirect_uri.as_deref().unwrap_or_default(),
            response_mode: linking.response_mode.as_deref(),
            expected_identity_id: Some(&linking.identity_id),
        };
        return oauth::begin(cx, state, at.branch, to).await;
    }
    let user = UserId::new(linking.user_id.clone());
    let fact = IdentityFact::from(identity);
    let identified = at.identified(step, fact, Some(identity.id().as_str()));
    Ok(known::found(state, identified, &user, at.branch))
}

/// The login flow for an account: its own, or the one of the signup flow's name.
fn login_flow(state: &FlowState, conflict: &ConflictFact) -> FlowRef {
    let name = conflict.login_flow.clone().unwrap_or_else(|| state.flow.name.clone());
    FlowRef::new(FlowKind::Login, name)
}

/// The branch of the login flow that the account will take.
fn login_branch<'a>(
    cx: &FlowCx<'a>,
    state: &FlowState,
    conflict: &ConflictFact,
    identification: Identification,
) -> Option<&'a FlowBranch> {
    let flow = plan::load(&cx.ctx.app, &login_flow(state, conflict)).ok()?;
    let mut steps = flow.steps.iter();
    let step = steps.find(|it| it.kind == appconfig::flow::StepType::Identify)?;
    step.one_of.iter().find(|it| it.identification == Some(identification))
}

async fn load(cx: &FlowCx<'_>, id: &str) -> Result<Option<Identity>, FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    Ok(tx.identities().find(&IdentityId::new(id)).await?)
}

fn masked(identity: &Identity) -> String {
    let shown = match identity {
        Identity::LoginId(it) => it.login_id.as_str(),
        other => other.display_id(),
    };
    if shown.contains('@') {
        mask::email(shown)
    } else if shown.starts_with('+') {
        mask::phone(shown)
    } else {
        shown.to_owned()
    }
}
