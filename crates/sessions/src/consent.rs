//! What a person allowed an application: looked up, given, withdrawn.

use ctx::Ctx;
use domain::{Authorization, AuthorizationId, ClientId, Scopes, UserId};
use store::Tx;

use crate::error::Result;
use crate::session::SessionRef;

/// The consent that covers all of `scopes`, if the person gave it.
pub async fn find_covering(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    scopes: &Scopes,
) -> Result<Option<Authorization>> {
    let found = tx.authorizations().find(user, client).await?;
    Ok(found.filter(|it| scopes.is_subset_of(&it.scopes)))
}

/// Adds `scopes` to what the person allowed the client.
pub async fn give(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    scopes: &Scopes,
) -> Result<Authorization> {
    // Two requests at once must not forget each other's scopes.
    tx.lock(&format!("consent {user} {client}")).await?;
    let known = tx.authorizations().find(user, client).await?;
    if let Some(known) = &known
        && scopes.is_subset_of(&known.scopes)
    {
        return Ok(known.clone());
    }
    let before = known.as_ref().map(|it| it.scopes.clone()).unwrap_or_default();
    let mut authorization = Authorization {
        id: AuthorizationId::new(ctx.rng.uuid()),
        client_id: client.clone(),
        user_id: user.clone(),
        created_at: known.map_or(ctx.now, |it| it.created_at),
        updated_at: ctx.now,
        scopes: before.iter().chain(scopes.iter()).map(str::to_owned).collect(),
    };
    authorization.id = tx.authorizations().save(&authorization).await?;
    Ok(authorization)
}

/// Takes a consent back, and every grant that stood on it with it.
pub async fn withdraw(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    id: &AuthorizationId,
) -> Result<Vec<SessionRef>> {
    let Some(found) = tx.authorizations().find_by_id(id).await? else { return Ok(Vec::new()) };
    if found.user_id != *user {
        return Ok(Vec::new());
    }
    let before = tx.grants().list(user).await?;
    tx.authorizations().end_grants(id, ctx.now).await?;
    tx.authorizations().delete(id).await?;
    let after = tx.grants().list(user).await?;
    let ended = before.into_iter().filter(|it| !after.iter().any(|other| other.id == it.id));
    Ok(ended.map(|it| SessionRef::Grant(it.id)).collect())
}
