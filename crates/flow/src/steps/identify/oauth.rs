//! Accounts at other providers: there, and back again.

use accounts::identity;
use accounts::identity::provider::Visitor;
use appconfig::flow::{FlowKind, FlowStep, Identification};
use appconfig::identity::OAuthProvider;
use domain::Identity;
use outbound::idp::{
    AuthorizationRequest, Handshake, IdpError, IdpOutcome, IdpProfile, IdpRefusal,
};
use serde_json::{Value, json};

use super::super::{Ask, Taken, kind_of_step, not_one_of, text};
use super::{Chosen, known, linking, taken};
use crate::engine::Input;
use crate::facts::{IdentityFact, OAuthFact};
use crate::refusal::{IdentityDetails, Refusal};
use crate::shape::{Member, Shape};
use crate::stage::{OAuthStage, Stage};
use crate::state::{ArrivedFact, FlowState};
use crate::{FlowCx, FlowError, stopped};

/// What the project offers, one for each provider.
pub fn options(cx: &FlowCx<'_>) -> Vec<Value> {
    let app = &cx.ctx.app;
    let providers = app.config.identity.oauth.providers.iter();
    let offered = providers.filter(|it| {
        it.kind.is_some_and(|kind| !app.features.identity.oauth.providers.is_disabled(kind))
    });
    let option = |provider: &OAuthProvider| {
        let mut option = json!({
            "oauth_provider_type": provider.kind,
            "oauth_provider_alias": provider.alias,
            "provider_type": provider.kind,
            "alias": provider.alias,
            "provider_status": outbound::idp::provider_status(cx.ctx, provider).as_str(),
        });
        if let Some(app_type) = provider.app_type {
            option["wechat_app_type"] = json!(app_type);
        }
        option
    };
    offered.map(option).collect()
}

/// Sends the person to the provider that was chosen.
pub async fn go(
    cx: &FlowCx<'_>,
    state: &FlowState,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let to = Visit {
        alias: text(input, "alias"),
        redirect_uri: text(input, "redirect_uri"),
        response_mode: input.get("response_mode").and_then(Value::as_str),
        expected_identity_id: None,
    };
    begin(cx, state, at.branch, to).await
}

/// A visit that is about to begin.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    pub alias: &'a str,
    pub redirect_uri: &'a str,
    pub response_mode: Option<&'a str>,
    pub expected_identity_id: Option<&'a str>,
}

pub async fn begin(
    cx: &FlowCx<'_>,
    state: &FlowState,
    branch: usize,
    to: Visit<'_>,
) -> Result<Taken, FlowError> {
    let Some(provider) = find_provider(cx, to.alias) else {
        let providers = cx.ctx.app.config.identity.oauth.providers.iter();
        let aliases = providers.map(|it| it.alias.as_str());
        return Ok(Taken::Refused(not_one_of("/alias", to.alias, aliases)));
    };
    let handshake = Handshake::new(&cx.ctx.rng);
    let prompt: Vec<&str> = state.setting.prompt.iter().map(String::as_str).collect();
    let request = AuthorizationRequest {
        redirect_uri: to.redirect_uri,
        state: None,
        response_mode: to.response_mode,
        prompt: &prompt,
    };
    match cx.outbound.authorization_url(cx.ctx, provider, &handshake, request).await {
        Ok(authorization_url) => Ok(Taken::Stay(Stage::OAuth(OAuthStage {
            branch,
            alias: to.alias.to_owned(),
            redirect_uri: to.redirect_uri.to_owned(),
            response_mode: to.response_mode.map(str::to_owned),
            nonce: handshake.nonce,
            code_verifier: handshake.code_verifier,
            authorization_url,
            expected_identity_id: to.expected_identity_id.map(str::to_owned),
        }))),
        Err(error) => Ok(Taken::Refused(failed(to.alias, &error))),
    }
}

/// What is asked while the person is at the provider.
pub fn ask(cx: &FlowCx<'_>, step: &FlowStep, stage: &OAuthStage) -> Ask {
    let provider = find_provider(cx, &stage.alias);
    let mut data = json!({
        "type": "oauth_data",
        "alias": stage.alias,
        "oauth_provider_alias": stage.alias,
        "oauth_provider_type": provider.and_then(|it| it.kind),
        "oauth_authorization_url": stage.authorization_url,
        "provider_status":
            provider.map(|it| outbound::idp::provider_status(cx.ctx, it).as_str()),
    });
    if let Some(app_type) = provider.and_then(|it| it.app_type) {
        data["wechat_app_type"] = json!(app_type);
    }
    let mut ask = Ask::new(step.kind, data, Shape::single(vec![Member::Text("query")]));
    ask.identification = Some(Identification::OAuth);
    ask
}

/// Takes what the provider sent the person back with.
pub async fn come_back(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    stage: OAuthStage,
    input: &Input,
) -> Result<Taken, FlowError> {
    let Some(provider) = find_provider(cx, &stage.alias) else {
        return Ok(Taken::Refused(Refusal::FlowNotFound));
    };
    let handshake =
        Handshake { nonce: stage.nonce.clone(), code_verifier: stage.code_verifier.clone() };
    let query = text(input, "query");
    let outcome =
        cx.outbound.sign_in_at(cx.ctx, provider, &handshake, &stage.redirect_uri, query).await;
    let profile = match outcome {
        Ok(IdpOutcome::SignedIn(profile)) => profile,
        Ok(IdpOutcome::Refused(refusal)) => return Ok(Taken::Refused(refused(refusal))),
        Err(error) => return Ok(Taken::Refused(failed(&stage.alias, &error))),
    };
    let arrived = fact_of(cx, provider, profile);
    let at = Chosen { branch: stage.branch, identification: Identification::OAuth };
    identify(cx, state, step, at, arrived, stage.expected_identity_id.as_deref()).await
}

/// Goes on with somebody who came back from a provider, if the step has a branch for them.
pub async fn settle(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Option<Taken>, FlowError> {
    let is_oauth = |it: &Option<Identification>| *it == Some(Identification::OAuth);
    let branch = step.one_of.iter().position(|branch| is_oauth(&branch.identification));
    match (branch, state.arrived.take()) {
        (Some(branch), Some(arrived)) => {
            let at = Chosen { branch, identification: Identification::OAuth };
            identify(cx, state, step, at, arrived, None).await.map(Some)
        }
        _ => Ok(None),
    }
}

async fn identify(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    arrived: ArrivedFact,
    expected_identity_id: Option<&str>,
) -> Result<Taken, FlowError> {
    let fact = arrived.fact;
    let existing = find(cx, &fact).await?;
    let is_expected = |id| existing.as_ref().is_some_and(|it| it.id().as_str() == id);
    if expected_identity_id.is_some_and(|id| !is_expected(id)) {
        return Ok(Taken::Refused(Refusal::DifferentUser));
    }
    match (kind_of_step(state), existing) {
        (FlowKind::SignupLogin, existing) => {
            // The visit is not made twice: whoever came back goes on in the flow that fits.
            state.arrived = Some(ArrivedFact { fact, proved: arrived.proved });
            Ok(at.switch(step, existing.is_some()))
        }
        (FlowKind::Signup | FlowKind::Promote, Some(existing)) => {
            let taken = taken(cx, state, fact.shape(), &existing);
            state.arrived = Some(ArrivedFact { fact, proved: arrived.proved });
            Ok(taken)
        }
        (FlowKind::Signup | FlowKind::Promote, None) => {
            create(cx, state, step, at, fact, arrived.proved).await
        }
        (_, Some(existing)) => {
            let identified = at.identified(step, fact, Some(existing.id().as_str()));
            Ok(known::found(state, identified, existing.user_id(), at.branch))
        }
        (_, None) => {
            Ok(Taken::Refused(Refusal::UserNotFound(IdentityDetails::new(fact.shape(), None))))
        }
    }
}

async fn create(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    fact: IdentityFact,
    proved: Vec<(String, String)>,
) -> Result<Taken, FlowError> {
    match linking::meet(cx, state, step, at, &fact).await? {
        linking::Met::Nobody => {}
        linking::Met::Refused(refusal) => return Ok(Taken::Refused(refusal)),
        linking::Met::Choices(stage) => return Ok(Taken::Stay(Stage::Linking(stage))),
    }
    for (name, value) in proved {
        state.facts.verify(&name, &value, None);
    }
    state.facts.identified.push(at.identified(step, fact, None));
    Ok(Taken::Branch(at.branch))
}

async fn find(cx: &FlowCx<'_>, fact: &IdentityFact) -> Result<Option<Identity>, FlowError> {
    let Some(wanted) = fact.to_new() else { return Ok(None) };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    identity::find_same(&mut tx, &wanted).await.map_err(stopped)
}

/// What is kept of a profile, and which of its claims the provider vouches for.
fn fact_of(cx: &FlowCx<'_>, provider: &OAuthProvider, profile: IdpProfile) -> ArrivedFact {
    let IdpProfile { subject, raw, standard, .. } = profile;
    let visitor = Visitor::of(cx.ctx, provider, subject, (raw, &standard));
    let proved = visitor.proved_email.map(|it| ("email".to_owned(), it));
    let fact = IdentityFact::OAuth(OAuthFact {
        provider_type: visitor.provider.r#type,
        provider_keys: visitor.provider.keys,
        subject: visitor.subject,
        profile: visitor.profile,
        claims: visitor.claims,
        keeps_nothing: visitor.keeps_nothing,
    });
    ArrivedFact { fact, proved: proved.into_iter().collect() }
}

pub fn find_provider<'c>(cx: &FlowCx<'c>, alias: &str) -> Option<&'c OAuthProvider> {
    cx.ctx.app.config.identity.oauth.providers.iter().find(|it| it.alias == alias)
}

fn refused(refusal: IdpRefusal) -> Refusal {
    let reason = refusal.reason();
    match refusal {
        IdpRefusal::Provider { error, description, .. } => {
            Refusal::OAuth { reason, error, description }
        }
        IdpRefusal::Protocol(why) => {
            let (error, description) = (String::new(), why.to_owned());
            Refusal::OAuth { reason, error, description }
        }
        IdpRefusal::EmailRequired => {
            Refusal::OAuth { reason, error: String::new(), description: String::new() }
        }
    }
}

fn failed(alias: &str, error: &IdpError) -> Refusal {
    if matches!(error, IdpError::MissingCredentials) {
        return Refusal::MissingOAuthCredentials;
    }
    tracing::error!(alias, %error, "a provider cannot be asked");
    Refusal::OAuth {
        reason: "OAuthProtocolError",
        error: String::new(),
        description: "the provider gave no answer".to_owned(),
    }
}
