//! The account: a new one, or what the person changed of theirs on the way.

use accounts::account::{self, Created, NewAccount, ProvedClaim};
use accounts::attributes;
use accounts::authenticator::{self, NewAuthenticator, NewPasskey};
use accounts::identity::{self, AttachedIdentity, Conflict, NewIdentity};
use accounts::password::{self, NewPassword};
use accounts::recovery_code;
use appconfig::flow::{Authentication, FlowKind};
use domain::{Identity, UserId};
use stdx::Secret;
use store::Tx;

use crate::facts::{EnrolledFact, Facts, IdentityFact, PasskeyFact};
use crate::refusal::{IdentityDetails, IdentityShape, Refusal};
use crate::stage::kind_of;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, record, stopped};

/// Writes a new account. After a refusal the transaction must not be committed.
pub async fn create(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    facts: &Facts,
) -> Result<Option<Refusal>, FlowError> {
    let new = NewAccount {
        identities: facts.identified.iter().filter_map(|it| it.identity.to_new()).collect(),
        authenticators: facts
            .enrolled
            .iter()
            .map(|it| new_authenticator(it.authentication, &it.what))
            .collect(),
        verified: proved(facts),
        standard_attributes: facts.standard_attributes.clone(),
        custom_attributes: facts.custom_attributes.clone(),
        ..NewAccount::new(user.clone())
    };
    match account::create(cx.ctx, tx, new).await.map_err(stopped)? {
        Created::Created { .. } => {}
        Created::CredentialTaken => return Ok(Some(Refusal::InvalidPasskey)),
        Created::Refused(conflict) => return Ok(Some(duplicated(&conflict))),
    }
    finish_factors(cx, tx, user, facts).await
}

/// Writes what a known person changed, if they may still sign in.
pub async fn update(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user_id: &UserId,
    state: &FlowState,
) -> Result<Option<Refusal>, FlowError> {
    let facts = &state.facts;
    let Some(user) = tx.users().find(user_id).await? else {
        return Ok(Some(Refusal::FlowNotFound));
    };
    let refusal = crate::steps::status_refusal(user.status(cx.ctx.now));
    if refusal.is_some() {
        return Ok(refusal);
    }
    if let Some(refusal) = change_passwords(cx, tx, user_id, facts).await? {
        return Ok(Some(refusal));
    }
    if let Some(refusal) = attach(cx, tx, user_id, state).await? {
        return Ok(Some(refusal));
    }
    refresh(cx, tx, facts).await?;
    let filled_in = (&facts.standard_attributes, &facts.custom_attributes);
    attributes::fill_in(cx.ctx, tx, user_id, filled_in).await.map_err(stopped)?;
    for enrolled in &facts.enrolled {
        let new = new_authenticator(enrolled.authentication, &enrolled.what);
        authenticator::enrol(cx.ctx, tx, user_id, new).await.map_err(stopped)?;
    }
    for claim in proved(facts) {
        account::mark_proved(cx.ctx, tx, user_id, &claim).await.map_err(stopped)?;
    }
    for used in &facts.authenticated {
        let is_recovery_code = used.authentication == Authentication::RecoveryCode;
        let id = used.authenticator_id.as_str();
        if is_recovery_code && !tx.authenticators().consume_recovery_code(id, cx.ctx.now).await? {
            // Somebody used it meanwhile.
            return Ok(Some(Refusal::InvalidCredentials));
        }
    }
    finish_factors(cx, tx, user_id, facts).await
}

async fn change_passwords(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user_id: &UserId,
    facts: &Facts,
) -> Result<Option<Refusal>, FlowError> {
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
        // Whoever knew the old password may have had a browser trusted.
        tx.device_tokens().delete_all(user_id).await?;
    }
    Ok(None)
}

/// Adds the identities that the person signed up with, or is linking.
async fn attach(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user_id: &UserId,
    state: &FlowState,
) -> Result<Option<Refusal>, FlowError> {
    let mut is_changed = false;
    for identified in state.facts.identified.iter().filter(|it| it.identity_id.is_none()) {
        let Some(new) = identified.identity.to_new() else { continue };
        match identity::attach(cx.ctx, tx, user_id, new).await.map_err(stopped)? {
            AttachedIdentity::Attached(identity) => {
                // Of somebody who is promoted, that is told as a whole.
                if state.flow.kind != FlowKind::Promote {
                    record::linked(cx, tx, &state.setting, &identity).await?;
                }
                is_changed = true;
            }
            AttachedIdentity::Refused(conflict) => return Ok(Some(duplicated(&conflict))),
        }
    }
    if is_changed {
        attributes::follow_identities(cx.ctx, tx, user_id).await.map_err(stopped)?;
    }
    Ok(None)
}

/// Keeps what other parties say of the person now.
async fn refresh(cx: &FlowCx<'_>, tx: &mut Tx, facts: &Facts) -> Result<(), FlowError> {
    for identified in &facts.identified {
        let Some(id) = &identified.identity_id else { continue };
        let found = tx.identities().find(&domain::IdentityId::new(id.clone())).await?;
        match (found, &identified.identity) {
            (Some(Identity::OAuth(own)), IdentityFact::OAuth(now))
                if own.profile != now.kept_profile() || own.claims != now.kept_claims() =>
            {
                let (profile, claims) = (now.kept_profile(), now.kept_claims());
                tx.identities().update_oauth(&own, &profile, &claims, cx.ctx.now).await?;
            }
            (Some(Identity::Ldap(mut own)), IdentityFact::Ldap(now)) => {
                own.claims = now.claims.clone();
                own.raw_entry = now.raw_entry.clone();
                own.last_login_username = now.last_login_username.clone();
                tx.identities().update_ldap(&own, cx.ctx.now).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Recovery codes and passkeys: the same for new people and known ones.
async fn finish_factors(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    facts: &Facts,
) -> Result<Option<Refusal>, FlowError> {
    if let Some(codes) = &facts.recovery_codes {
        recovery_code::replace(cx.ctx, tx, user, codes).await.map_err(stopped)?;
    }
    if facts.declines_passkeys {
        tx.users().decline_passkeys(user).await?;
    }
    for made in &facts.new_passkeys {
        if !add_passkey(cx, tx, user, made).await? {
            return Ok(Some(Refusal::InvalidPasskey));
        }
    }
    Ok(None)
}

/// A passkey is an identity and an authenticator. False when it is somebody's already.
async fn add_passkey(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    made: &PasskeyFact,
) -> Result<bool, FlowError> {
    let identity = NewIdentity::Passkey {
        credential_id: made.credential_id.clone(),
        creation_options: made.creation_options.clone(),
        attestation_response: made.attestation_response.clone(),
    };
    let attached = identity::attach(cx.ctx, tx, user, identity).await.map_err(stopped)?;
    if matches!(attached, AttachedIdentity::Refused(_)) {
        return Ok(false);
    }
    let authenticator = NewAuthenticator::Passkey(NewPasskey {
        credential_id: made.credential_id.clone(),
        creation_options: made.creation_options.clone(),
        attestation_response: made.attestation_response.clone(),
        sign_count: made.sign_count,
    });
    authenticator::enrol(cx.ctx, tx, user, authenticator).await.map_err(stopped)
}

fn new_authenticator(authentication: Authentication, what: &EnrolledFact) -> NewAuthenticator {
    let kind = kind_of(authentication);
    match what {
        EnrolledFact::Password { hash } => {
            NewAuthenticator::Password { kind, password: NewPassword::from_kept(hash.clone()) }
        }
        EnrolledFact::Totp { secret, display_name, used_step } => NewAuthenticator::Totp {
            kind,
            secret: Secret::new(secret.clone()),
            display_name: display_name.clone(),
            used_step: *used_step,
        },
        EnrolledFact::OobOtp { target, channel } => {
            NewAuthenticator::OobOtp { kind, target: target.to_domain(), channel: channel.clone() }
        }
    }
}

fn proved(facts: &Facts) -> Vec<ProvedClaim> {
    let claim = |it: &crate::facts::VerifiedFact| ProvedClaim {
        name: it.name.clone(),
        value: it.value.clone(),
        channel: it.channel.clone(),
    };
    facts.verified.iter().map(claim).collect()
}

fn duplicated(conflict: &Conflict) -> Refusal {
    let incoming = IdentityShape::from(&conflict.incoming);
    Refusal::DuplicatedIdentity(IdentityDetails::new(Some(incoming), [&conflict.existing]))
}
