//! What machines may call: resources and scopes of a project. Which client may ask for which is
//! beside this file.
//!
//! A resource is known by its URI (RFC 8707 §2), which is what tokens for it have as audience. It
//! is written as it is compared, and is never an address of ours: a token for us is only ever made
//! for a person.

mod clients;

use ctx::Ctx;
use domain::{Resource, ResourceId, ResourceScope, ResourceScopeId};
use store::Tx;

use crate::error::Result;
pub use clients::{add_scopes, close_to, find_allowed, open_to, remove_scopes, replace_scopes};

/// A URI is an audience of every token for it, and goes with every request.
const URI_BYTES_MAX: usize = 1024;
/// A token carries the names of all scopes, and travels in a header.
const SCOPE_BYTES_MAX: usize = 128;
/// What administrators write for each other.
const TEXT_BYTES_MAX: usize = 1024;

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("resource not found")]
    ResourceNotFound,
    #[error("duplicate resource uri")]
    ResourceDuplicateUri,
    #[error("scope not found")]
    ScopeNotFound,
    #[error("duplicate scope")]
    ScopeDuplicate,
    #[error("client not found")]
    ClientNotFound,
    #[error("resource is not associated with the client")]
    ResourceNotAssociatedWithClient,
    #[error("{0}")]
    Invalid(&'static str),
}

impl Refusal {
    /// The word for programs: upstream's.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ResourceNotFound => "ResourceNotFound",
            Self::ResourceDuplicateUri => "ResourceDuplicateURI",
            Self::ScopeNotFound => "ScopeNotFound",
            Self::ScopeDuplicate => "ScopeDuplicate",
            Self::ClientNotFound => "ClientNotFound",
            Self::ResourceNotAssociatedWithClient => "ResourceNotAssociatedWithClient",
            Self::Invalid(_) => "ValidationFailed",
        }
    }
}

/// What came of it, or why nothing did.
pub type Outcome<T> = std::result::Result<T, Refusal>;

/// Whether a resource may have this URI.
pub fn check_uri(ctx: &Ctx, uri: &str) -> Outcome<()> {
    let refused = |text| Err(Refusal::Invalid(text));
    if uri.len() > URI_BYTES_MAX {
        return refused("resource URI is too long");
    }
    let Ok(parsed) = url::Url::parse(uri) else { return refused("resource URI is not a URI") };
    if parsed.scheme() != "https" || !uri.starts_with("https://") {
        return refused("resource URI must start with https://");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return refused("resource URI must not have user info");
    }
    if parsed.query().is_some() {
        return refused("resource URI must not have query");
    }
    if parsed.fragment().is_some() {
        return refused("resource URI must not have fragment");
    }
    // Upper case, a default port, dots in the path: the same address in other words. Audiences are
    // compared byte for byte, so there is one way to write each.
    if parsed.as_str().strip_suffix('/').is_none_or(|it| it != uri) && parsed.as_str() != uri {
        return refused("resource URI must be normalized");
    }
    if is_ours(ctx, uri) {
        return refused("resource URI must not be prefixed by the endpoint of this server");
    }
    Ok(())
}

/// Whether a URI is an address of this server. What is stored there by others is not asked for.
pub fn is_ours(ctx: &Ctx, uri: &str) -> bool {
    let rest = uri.strip_prefix(ctx.app.origin());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Whether a resource may have a scope of this name (RFC 6749 §3.3). Names that mean something to
/// this server are its own.
pub fn check_scope(scope: &str) -> Outcome<()> {
    let is_token = |it: u8| matches!(it, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    if scope.is_empty() || scope.len() > SCOPE_BYTES_MAX {
        return Err(Refusal::Invalid("scope is empty or too long"));
    }
    if !scope.bytes().all(is_token) {
        return Err(Refusal::Invalid("invalid scope-token: forbidden character"));
    }
    if scope.starts_with("https://authgear.com") {
        return Err(Refusal::Invalid("scope not allowed"));
    }
    Ok(())
}

fn check_text(text: Option<&str>) -> Outcome<()> {
    match text {
        Some(text) if text.len() > TEXT_BYTES_MAX => Err(Refusal::Invalid("text is too long")),
        _ => Ok(()),
    }
}

/// Makes a resource.
pub async fn create(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    name: Option<&str>,
) -> Result<Outcome<Resource>> {
    if let Err(refusal) = check_uri(ctx, uri).and(check_text(name)) {
        return Ok(Err(refusal));
    }
    let resource = Resource {
        id: ResourceId::new(ctx.rng.uuid()),
        created_at: ctx.now,
        updated_at: ctx.now,
        uri: uri.to_owned(),
        name: filled(name),
    };
    let is_new = tx.resources().insert(&resource).await?;
    Ok(if is_new { Ok(resource) } else { Err(Refusal::ResourceDuplicateUri) })
}

/// Names a resource anew. Its URI stays: tokens and servers know it by that.
pub async fn rename(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    name: Option<&str>,
) -> Result<Outcome<Resource>> {
    if let Err(refusal) = check_text(name) {
        return Ok(Err(refusal));
    }
    let Some(found) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    let renamed = Resource { name: filled(name), updated_at: ctx.now, ..found };
    tx.resources().rename(&renamed.id, renamed.name.as_deref(), ctx.now).await?;
    Ok(Ok(renamed))
}

/// Takes a resource away from everybody. Tokens that are out stay good until they expire.
pub async fn delete(tx: &mut Tx, uri: &str) -> Result<Outcome<()>> {
    let Some(found) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    tx.resources().delete(&found.id).await?;
    Ok(Ok(()))
}

/// Adds a scope to a resource.
pub async fn create_scope(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    (scope, description): (&str, Option<&str>),
) -> Result<Outcome<ResourceScope>> {
    if let Err(refusal) = check_scope(scope).and(check_text(description)) {
        return Ok(Err(refusal));
    }
    let Some(resource) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    let scope = ResourceScope {
        id: ResourceScopeId::new(ctx.rng.uuid()),
        created_at: ctx.now,
        updated_at: ctx.now,
        resource_id: resource.id,
        scope: scope.to_owned(),
        description: filled(description),
    };
    let is_new = tx.resource_scopes().insert(&scope).await?;
    Ok(if is_new { Ok(scope) } else { Err(Refusal::ScopeDuplicate) })
}

/// Describes a scope anew. Its name stays: tokens carry it.
pub async fn describe_scope(
    ctx: &Ctx,
    tx: &mut Tx,
    uri: &str,
    (scope, description): (&str, Option<&str>),
) -> Result<Outcome<ResourceScope>> {
    if let Err(refusal) = check_text(description) {
        return Ok(Err(refusal));
    }
    let found = match find_scope(tx, uri, scope).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let described =
        ResourceScope { description: filled(description), updated_at: ctx.now, ..found };
    let text = described.description.as_deref();
    tx.resource_scopes().describe(&described.id, text, ctx.now).await?;
    Ok(Ok(described))
}

/// Takes a scope away from everybody.
pub async fn delete_scope(tx: &mut Tx, uri: &str, scope: &str) -> Result<Outcome<()>> {
    match find_scope(tx, uri, scope).await? {
        Ok(found) => Ok(Ok(tx.resource_scopes().delete(&found.id).await?)),
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn find_scope(tx: &mut Tx, uri: &str, scope: &str) -> Result<Outcome<ResourceScope>> {
    let Some(resource) = tx.resources().find_by_uri(uri).await? else {
        return Ok(Err(Refusal::ResourceNotFound));
    };
    Ok(tx.resource_scopes().find(&resource.id, scope).await?.ok_or(Refusal::ScopeNotFound))
}

/// An empty text says nothing.
fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|it| !it.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests;
