//! An entry of a directory, proved by the password that the directory keeps.

use accounts::identity::{self, NewIdentity};
use appconfig::flow::{FlowKind, FlowStep};
use limits::Limit;
use outbound::LdapOutcome;

use super::super::{Taken, kind_of_step, text};
use super::{Chosen, known, linking, taken};
use crate::engine::Input;
use crate::facts::{IdentityFact, LdapFact};
use crate::refusal::{IdentityDetails, Refusal};
use crate::stage::Stage;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard, stopped};

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let fact = match sign_in(cx, input).await? {
        Ok(fact) => fact,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let wanted = NewIdentity::Ldap(fact.entry());
    let existing = identity::find_same(&mut tx, &wanted).await.map_err(stopped)?;
    drop(tx);
    let fact = IdentityFact::Ldap(fact);
    match (kind_of_step(state), existing) {
        (FlowKind::SignupLogin, existing) => Ok(at.switch(step, existing.is_some())),
        (FlowKind::Signup | FlowKind::Promote, Some(existing)) => {
            Ok(taken(cx, state, fact.shape(), &existing))
        }
        (FlowKind::Signup | FlowKind::Promote, None) => {
            match linking::meet(cx, state, step, at, &fact).await? {
                linking::Met::Nobody => {}
                linking::Met::Refused(refusal) => return Ok(Taken::Refused(refusal)),
                linking::Met::Choices(stage) => return Ok(Taken::Stay(Stage::Linking(stage))),
            }
            state.facts.identified.push(at.identified(step, fact, None));
            Ok(Taken::Branch(at.branch))
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

/// Asks the directory. Limits of passwords hold here too: it is one that is guessed at.
async fn sign_in(cx: &FlowCx<'_>, input: &Input) -> Result<Result<LdapFact, Refusal>, FlowError> {
    let receipt = match guard::charge(cx, Limit::VerifyPassword, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Err(exhausted)),
    };
    let name = text(input, "server_name");
    let mut servers = cx.ctx.app.config.identity.ldap.servers.iter();
    let Some(server) = servers.find(|it| it.name == name) else {
        return Ok(Err(Refusal::InvalidCredentials));
    };
    let (username, password) = (text(input, "username"), text(input, "password"));
    match cx.outbound.sign_in_by_ldap(cx.ctx, server, username, password).await {
        Ok(LdapOutcome::SignedIn(entry)) => {
            guard::refund(cx, receipt).await?;
            Ok(Ok(LdapFact {
                server_name: server.name.clone(),
                user_id_attribute_name: server.user_id_attribute_name.clone(),
                user_id_attribute_value: entry.user_id.clone(),
                claims: accounts::claims::normalised(cx.ctx, &entry.claims),
                raw_entry: entry.raw.clone(),
                last_login_username: Some(username.to_owned()),
            }))
        }
        Ok(LdapOutcome::InvalidCredentials) => Ok(Err(Refusal::InvalidCredentials)),
        Err(error) => {
            tracing::error!(server = name, %error, "a directory cannot be asked");
            Ok(Err(Refusal::InvalidCredentials))
        }
    }
}
