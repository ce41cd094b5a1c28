//! Accounts at other providers: connecting one, and letting go of it.
//!
//! What ties the end to the beginning is a token, for one person and one visit. The account that
//! is connected is the one that signed in on that visit, known by the provider's name for it and
//! never by its address. An address that another account has, or an account that somebody has
//! connected, is refused.

#[cfg(test)]
mod tests;

use accounts::identity::provider::Visitor;
use accounts::identity::{self, AttachedIdentity, NewIdentity};
use accounts::{account, attributes};
use appconfig::identity::{OAuthProvider, ProviderType};
use ctx::Ctx;
use domain::{Identity, IdentityId};
use outbound::idp::{
    AuthorizationRequest, Handshake, IdpError, IdpOutcome, IdpProfile, IdpRefusal,
};
use serde::{Deserialize, Serialize};
use stdx::{Secret, constant_time_eq, sha256_hex};
use url::form_urlencoded;

use crate::{UpkeepCx, UpkeepError, kept, record};

const KIND: &str = "upkeep_link";

/// Longer than any address that a provider lets people register.
const REDIRECT_URI_BYTES_MAX: usize = 2_048;

/// More than there are providers that anybody uses.
const LINKS_MAX: usize = 20;

/// Who makes the `state` of a visit (RFC 6749 §4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateBy {
    /// We do, and it has to come back.
    Us,
    /// The caller adds its own to the address, and compares it.
    Caller,
}

/// A visit to a provider that is about to begin.
#[derive(Debug)]
pub struct Begun {
    /// Finishes it.
    pub token: Secret<String>,
    pub authorization_url: String,
}

/// Why an account is not connected or let go of.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    UnknownProvider,
    InvalidRedirectUri,
    MissingCredentials,
    /// The provider said no, or what came is not what the protocol says.
    Provider(IdpRefusal),
    /// The provider gave no answer.
    Unreachable,
    /// There is no such visit, or not any more.
    UnknownToken,
    /// The visit is somebody else's.
    OthersToken,
    StateMismatch,
    /// Somebody has this account, or the address that comes with it.
    Taken {
        incoming: Box<NewIdentity>,
        existing: Box<Identity>,
    },
    TooMany,
    /// There is no such identity of the person's.
    UnknownIdentity,
    /// The project does not let people remove it.
    RemovalDisabled,
    /// It is the only way in.
    Last,
}

#[derive(Serialize, Deserialize)]
struct Visit {
    user_id: String,
    alias: String,
    redirect_uri: String,
    handshake: Handshake,
    state_hash: Option<String>,
}

/// The providers that the project offers.
pub fn providers(ctx: &Ctx) -> impl Iterator<Item = &OAuthProvider> {
    let app = &ctx.app;
    app.config.identity.oauth.providers.iter().filter(|it| {
        it.kind.is_some_and(|kind| !app.features.identity.oauth.providers.is_disabled(kind))
    })
}

/// Begins a visit to the provider of this alias.
pub async fn begin(
    cx: &UpkeepCx<'_>,
    (alias, redirect_uri): (&str, &str),
    state_by: StateBy,
) -> Result<Result<Begun, Refusal>, UpkeepError> {
    let Some(provider) = providers(cx.ctx).find(|it| it.alias == alias) else {
        return Ok(Err(Refusal::UnknownProvider));
    };
    let is_address =
        redirect_uri.len() <= REDIRECT_URI_BYTES_MAX && url::Url::parse(redirect_uri).is_ok();
    if !is_address {
        return Ok(Err(Refusal::InvalidRedirectUri));
    }
    let handshake = Handshake::new(&cx.ctx.rng);
    let state = (state_by == StateBy::Us).then(|| cx.ctx.rng.token());
    // Apple tells a name and an address by a form only.
    let by_form = provider.kind == Some(ProviderType::Apple);
    let request = AuthorizationRequest {
        redirect_uri,
        state: state.as_deref(),
        response_mode: by_form.then_some("form_post"),
        prompt: &[],
    };
    let url = cx.outbound.authorization_url(cx.ctx, provider, &handshake, request).await;
    let authorization_url = match url {
        Ok(url) => url,
        Err(error) => return Ok(Err(failed(alias, &error))),
    };
    let visit = Visit {
        user_id: cx.session.user_id.as_str().to_owned(),
        alias: alias.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        handshake,
        state_hash: state.as_deref().map(sha256_hex),
    };
    let token = kept::put(cx.ctx, cx.kv, KIND, &visit).await?;
    Ok(Ok(Begun { token, authorization_url }))
}

/// Connects the account that came back with `query`, the query of the redirect.
pub async fn finish(
    cx: &UpkeepCx<'_>,
    token: &str,
    query: &str,
) -> Result<Result<Identity, Refusal>, UpkeepError> {
    // Whatever becomes of it: a visit ends once.
    let Some(visit) = kept::take::<Visit>(cx.ctx, cx.kv, KIND, token).await? else {
        return Ok(Err(Refusal::UnknownToken));
    };
    if visit.user_id != cx.session.user_id.as_str() {
        return Ok(Err(Refusal::OthersToken));
    }
    if !is_state_of(&visit, query) {
        return Ok(Err(Refusal::StateMismatch));
    }
    let Some(provider) = providers(cx.ctx).find(|it| it.alias == visit.alias) else {
        return Ok(Err(Refusal::UnknownProvider));
    };
    let outcome = cx
        .outbound
        .sign_in_at(cx.ctx, provider, &visit.handshake, &visit.redirect_uri, query)
        .await;
    let profile = match outcome {
        Ok(IdpOutcome::SignedIn(profile)) => profile,
        Ok(IdpOutcome::Refused(refusal)) => return Ok(Err(Refusal::Provider(refusal))),
        Err(error) => return Ok(Err(failed(&visit.alias, &error))),
    };
    let IdpProfile { subject, raw, standard, .. } = profile;
    let visitor = Visitor::of(cx.ctx, provider, subject, (raw, &standard));
    connect(cx, visitor).await
}

async fn connect(
    cx: &UpkeepCx<'_>,
    visitor: Visitor,
) -> Result<Result<Identity, Refusal>, UpkeepError> {
    let (ctx, user) = (cx.ctx, &cx.session.user_id);
    let (told, proved) = (visitor.claims.clone(), visitor.proved_email.clone());
    let incoming = visitor.into_identity();
    let mut tx = cx.store.write(&ctx.app.id).await?;
    tx.lock(&format!("identities {}", user.as_str())).await?;
    let identities = tx.identities().list(user).await?;
    if identities.iter().filter(|it| matches!(it, Identity::OAuth(_))).count() >= LINKS_MAX {
        return Ok(Err(Refusal::TooMany));
    }
    if let Some(existing) = identity::find_conflict(ctx, &mut tx, user, &incoming).await? {
        return Ok(Err(taken(incoming, existing)));
    }
    let identity = match identity::attach(ctx, &mut tx, user, incoming).await? {
        AttachedIdentity::Attached(identity) => identity,
        AttachedIdentity::Refused(conflict) => {
            return Ok(Err(taken(conflict.incoming, conflict.existing)));
        }
    };
    attributes::learn(ctx, &mut tx, user, [&told].into_iter()).await?;
    attributes::follow_identities(ctx, &mut tx, user).await?;
    // What the project keeps nothing of cannot be verified either.
    let kept_email = identity.shared_claims().find(|(name, _)| *name == "email").map(|it| it.1);
    if let Some(email) = proved.filter(|email| kept_email == Some(email.as_str())) {
        let claim = account::ProvedClaim { name: "email".to_owned(), value: email, channel: None };
        account::mark_proved(ctx, &mut tx, user, &claim).await?;
    }
    record::attached(cx, &mut tx, &identity).await?;
    tx.commit().await?;
    Ok(Ok(*identity))
}

/// Lets go of an account at a provider.
pub async fn unlink(
    cx: &UpkeepCx<'_>,
    id: &IdentityId,
) -> Result<Result<Identity, Refusal>, UpkeepError> {
    let (ctx, user) = (cx.ctx, &cx.session.user_id);
    let mut tx = cx.store.write(&ctx.app.id).await?;
    // Of two ways in that are given up at once, one has to stay.
    tx.lock(&format!("identities {}", user.as_str())).await?;
    let identities = tx.identities().list(user).await?;
    let found = identities.iter().find(|it| it.id() == id);
    let Some(Identity::OAuth(found)) = found else { return Ok(Err(Refusal::UnknownIdentity)) };
    if !may_remove(ctx, found) {
        return Ok(Err(Refusal::RemovalDisabled));
    }
    if identities.len() <= 1 {
        return Ok(Err(Refusal::Last));
    }
    let identity = Identity::OAuth(found.clone());
    identity::detach(ctx, &mut tx, &identity).await?;
    record::detached(cx, &mut tx, &identity).await?;
    tx.commit().await?;
    Ok(Ok(identity))
}

/// Whether the project lets people remove it. One of a provider that is gone can be removed.
pub fn may_remove(ctx: &Ctx, identity: &domain::OAuthIdentity) -> bool {
    let mut providers = ctx.app.config.identity.oauth.providers.iter();
    let configured =
        providers.find(|it| identity::provider::id_of(it).as_ref() == Some(&identity.provider));
    configured.is_none_or(|it| it.delete_disabled != Some(true))
}

fn is_state_of(visit: &Visit, query: &str) -> bool {
    let Some(expected) = &visit.state_hash else { return true };
    let query = query.strip_prefix('?').unwrap_or(query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let state = pairs.find(|(name, _)| name == "state").map(|(_, value)| value);
    let hash = sha256_hex(state.as_deref().unwrap_or_default());
    constant_time_eq(hash.as_bytes(), expected.as_bytes())
}

fn taken(incoming: NewIdentity, existing: Identity) -> Refusal {
    Refusal::Taken { incoming: Box::new(incoming), existing: Box::new(existing) }
}

fn failed(alias: &str, error: &IdpError) -> Refusal {
    if matches!(error, IdpError::MissingCredentials) {
        return Refusal::MissingCredentials;
    }
    tracing::error!(alias, %error, "a provider cannot be asked");
    Refusal::Unreachable
}
