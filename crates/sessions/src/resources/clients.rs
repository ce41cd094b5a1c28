//! Which client may ask for which resource, and for which of its scopes.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{ClientId, Resource, ResourceScope, Scopes};
use store::Tx;

use super::{Outcome, Refusal};
use crate::error::Result;

/// So many scopes fit into a token that servers accept in a header.
const SCOPES_OF_CLIENT_MAX: usize = 100;

/// Lets a client ask for a resource.
pub async fn open_to(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    client_id: &str,
) -> Result<Outcome<Resource>> {
    if ctx.app.config.oauth.find_client(client_id).is_none() {
        return Ok(Err(Refusal::ClientNotFound));
    }
    let Some(resource) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    let (row, client) = (ctx.rng.uuid(), ClientId::new(client_id));
    tx.resources().open_to(&row, &client, &resource.id, ctx.now).await?;
    Ok(Ok(resource))
}

/// Takes a resource away from a client, with the scopes that it had of it: whoever lets it ask
/// again later begins with none.
pub async fn close_to(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    client_id: &str,
) -> Result<Outcome<Resource>> {
    if ctx.app.config.oauth.find_client(client_id).is_none() {
        return Ok(Err(Refusal::ClientNotFound));
    }
    let Some(resource) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    tx.resources().close_to(&ClientId::new(client_id), &resource.id).await?;
    Ok(Ok(resource))
}

/// Gives a client more scopes of a resource; what it then has.
pub async fn add_scopes(
    ctx: &Ctx,
    tx: &mut Tx,
    of: (&str, &str),
    scopes: &Scopes,
) -> Result<Outcome<Vec<ResourceScope>>> {
    let had = match scopes_of_client(ctx, tx, of, scopes).await? {
        Ok(had) => had,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let wanted = had.iter().chain(scopes.iter()).map(str::to_owned).collect();
    replace_scopes(ctx, tx, of, &wanted).await
}

/// Takes scopes of a resource away from a client; what it then has.
pub async fn remove_scopes(
    ctx: &Ctx,
    tx: &mut Tx,
    of: (&str, &str),
    scopes: &Scopes,
) -> Result<Outcome<Vec<ResourceScope>>> {
    let had = match scopes_of_client(ctx, tx, of, scopes).await? {
        Ok(had) => had,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let wanted = had.iter().filter(|it| !scopes.contains(it)).map(str::to_owned).collect();
    replace_scopes(ctx, tx, of, &wanted).await
}

/// What a client has of a resource that knows all of `named`.
async fn scopes_of_client(
    ctx: &Ctx,
    tx: &mut Tx,
    (uri, client_id): (&str, &str),
    named: &Scopes,
) -> Result<Outcome<Scopes>> {
    let (client, resource) = match find_open(ctx, tx, uri, client_id).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for name in named.iter() {
        if tx.resource_scopes().find(&resource.id, name).await?.is_none() {
            return Ok(Err(Refusal::ScopeNotFound));
        }
    }
    // Two administrators at once must not take from each other.
    tx.lock(&format!("scopes {client_id} {}", resource.id)).await?;
    let had = tx.resource_scopes().list_of_client(&client, &resource.id).await?;
    Ok(Ok(had.into_iter().map(|it| it.scope).collect()))
}

/// Makes these, and no others, the scopes that a client has of a resource; what it then has.
pub async fn replace_scopes(
    ctx: &Ctx,
    tx: &mut Tx,
    (uri, client_id): (&str, &str),
    scopes: &Scopes,
) -> Result<Outcome<Vec<ResourceScope>>> {
    if scopes.iter().count() > SCOPES_OF_CLIENT_MAX {
        return Ok(Err(Refusal::Invalid("too many scopes")));
    }
    let (client, resource) = match find_open(ctx, tx, uri, client_id).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut wanted = Vec::new();
    for name in scopes.iter() {
        match tx.resource_scopes().find(&resource.id, name).await? {
            Some(scope) => wanted.push(scope),
            None => return Ok(Err(Refusal::ScopeNotFound)),
        }
    }
    for scope in tx.resource_scopes().list_of_client(&client, &resource.id).await? {
        if !wanted.contains(&scope) {
            tx.resource_scopes().take(&client, &scope).await?;
        }
    }
    for scope in &wanted {
        tx.resource_scopes().give(&ctx.rng.uuid(), &client, scope, ctx.now).await?;
    }
    Ok(Ok(tx.resource_scopes().list_of_client(&client, &resource.id).await?))
}

/// A resource that a client may ask for.
async fn find_open(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    client_id: &str,
) -> Result<Outcome<(ClientId, Resource)>> {
    if ctx.app.config.oauth.find_client(client_id).is_none() {
        return Ok(Err(Refusal::ClientNotFound));
    }
    let client = ClientId::new(client_id);
    let Some(resource) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    if !tx.resources().is_open_to(&client, &resource.id).await? {
        return Ok(Err(Refusal::ResourceNotAssociatedWithClient));
    }
    Ok(Ok((client, resource)))
}

/// What a client may have of a resource.
pub async fn find_allowed(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    uri: &str,
) -> Result<Outcome<(Resource, Scopes)>> {
    let (client, resource) = match find_open(ctx, tx, uri, &client.client_id).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let scopes = tx.resource_scopes().list_of_client(&client, &resource.id).await?;
    Ok(Ok((resource, scopes.into_iter().map(|it| it.scope).collect())))
}
