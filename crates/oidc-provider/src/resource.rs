//! Which server an access token is for (RFC 8707), and which servers there are (RFC 9728).
//!
//! A token is for us unless the client names a resource that the project lists. Then it is a JWT with
//! that resource as its audience, and opens nothing of ours. A client names the resource with each
//! request for tokens; what it named when it asked for a code counts where it does not say it again.

use axum::Json;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use oauth::{ErrorCode, OAuthError, scope};
use serde_json::json;
use web::CtxOf;

/// Whether people's tokens may be for this resource. The comparison is byte for byte: a resource is a
/// name.
pub fn check(ctx: &Ctx, resource: Option<&str>) -> Result<(), OAuthError> {
    let known = &ctx.app.config.oauth.x_user_token_resources;
    match resource {
        Some(resource) if !known.iter().any(|it| it == resource) => {
            Err(OAuthError::new(ErrorCode::InvalidTarget, "resource is not known"))
        }
        _ => Ok(()),
    }
}

/// The resource of a token request: the one that it names, which must be the one of the code if that
/// was for one.
pub fn of_request(
    ctx: &Ctx,
    named: Option<&str>,
    of_code: Option<&str>,
) -> Result<Option<String>, OAuthError> {
    if let (Some(named), Some(of_code)) = (named, of_code)
        && named != of_code
    {
        let text = "resource is not the one that was authorized";
        return Err(OAuthError::new(ErrorCode::InvalidTarget, text));
    }
    let resource = named.or(of_code);
    check(ctx, resource)?;
    Ok(resource.map(str::to_owned))
}

/// `GET /.well-known/oauth-protected-resource`: about our own resource, which is UserInfo and whatever
/// stands behind the resolver (RFC 9728 §2).
pub async fn metadata(CtxOf(ctx): CtxOf) -> Response {
    let origin = ctx.app.origin();
    let document = json!({
        "resource": origin,
        "authorization_servers": [origin],
        "jwks_uri": format!("{origin}/oauth2/jwks"),
        "scopes_supported": scope::SUPPORTED,
        "bearer_methods_supported": ["header", "body"],
        "dpop_signing_alg_values_supported": sessions::dpop::ALGORITHMS,
    });
    Json(document).into_response()
}

#[cfg(test)]
mod tests;
