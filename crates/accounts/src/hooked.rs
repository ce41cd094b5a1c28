//! What a project's handlers make of a person before they are written.
//!
//! They are shown the person as they would be, and may put other attributes in place of those.
//! Asking takes seconds: show a person out of a transaction that was dropped, ask, and write again.

use appconfig::hook::BlockingEvent;
use ctx::Ctx;
use domain::UserId;
use events::hooks::{Blocking, HookRefusal, Mutations};
use events::{Hooks, Source, UserModel};
use serde_json::{Map, Value, json};
use store::Tx;

use crate::AccountError;
use crate::attributes::{AttributeRefusal, Updated, replace_custom, replace_standard};

/// Has the handlers of `event` decide about a person; those of `user.pre_create` are shown their
/// identities as well.
pub async fn ask(
    hooks: &Hooks,
    ctx: &Ctx,
    source: &Source,
    event: BlockingEvent,
    (person, identities): (UserModel, Option<Vec<Value>>),
) -> Result<Mutations, HookRefusal> {
    let mut payload: Map<_, _> = [("user".to_owned(), person.model)].into_iter().collect();
    if let Some(identities) = identities {
        payload.insert("identities".to_owned(), json!(identities));
    }
    let question = Blocking { event, user: Some(&person.id), payload };
    let mutations = hooks.decide(ctx, source, question).await?.mutations;
    // There is no role and no group yet that somebody could be given.
    let named = mutations.roles.iter().chain(&mutations.groups).flatten().next();
    match named {
        None => Ok(mutations),
        Some(named) => {
            tracing::warn!(
                app = ctx.app.id.as_str(),
                named,
                "a hook names an unknown role or group"
            );
            Err(HookRefusal::Failed { event, reason: "HookInvalidResponse" })
        }
    }
}

/// Puts what the handlers said in the place of what the person has. After a refusal the
/// transaction must not be committed.
pub async fn apply(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    mutations: &Mutations,
) -> Result<Option<AttributeRefusal>, AccountError> {
    if let Some(standard) = &mutations.standard_attributes
        && let Updated::Refused(refusal) = replace_standard(ctx, tx, user, standard).await?
    {
        return Ok(Some(refusal));
    }
    if let Some(custom) = &mutations.custom_attributes
        && let Updated::Refused(refusal) = replace_custom(ctx, tx, user, custom).await?
    {
        return Ok(Some(refusal));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
