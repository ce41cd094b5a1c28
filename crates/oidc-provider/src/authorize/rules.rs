//! What makes a well-formed authorization request acceptable.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::Scopes;
use oauth::{AuthorizationRequest, OAuthError, ResponseType, scope};
use sessions::Session;

use super::hint::Hint;
use crate::client::check_scopes;

/// Checked when the request comes and again when it is granted: in between, the configuration
/// may have changed, and what was kept is all that counts.
pub fn check(client: &ClientConfig, request: &AuthorizationRequest) -> Result<(), OAuthError> {
    let brings_code =
        matches!(request.response_type, ResponseType::Code | ResponseType::SettingsAction);
    // FAPI 2.0 Security Profile §5.3.2.2: whoever must push must send a challenge too.
    let must = client.is_public() || client.x_require_pushed_authorization_requests;
    let needs_challenge = brings_code && must;
    if needs_challenge && request.code_challenge.is_none() {
        let text = "PKCE code challenge is required for public clients";
        return Err(OAuthError::invalid_request(text));
    }
    if request.sso_enabled() && client.x_max_concurrent_session == 1 {
        let text = "'sso_enabled' must be false if config 'x_max_concurrent_session' is 1";
        return Err(OAuthError::invalid_request(text));
    }
    check_scopes(client, &Scopes::parse(&request.scope))
}

/// Whether `max_age` asks for a newer authentication than there is (OpenID Connect Core
/// §3.1.2.1). Zero asks for one now.
pub fn is_too_old(ctx: &Ctx, request: &AuthorizationRequest, known: Option<&Session>) -> bool {
    let Some(max_age) = request.max_age_seconds else { return false };
    let Some(session) = known else { return true };
    let age = ctx.now.seconds_since(session.authenticated_at);
    max_age == 0 || age < 0 || age > max_age
}

/// Whether this session may answer for the person that the client has in mind. Only the
/// browser's own session may: an app session is the app's.
pub fn may_answer_at_once(session: &Session, hint: &Hint) -> bool {
    session.allows(scope::PRE_AUTHENTICATED_URL)
        && hint.user_id.as_ref().is_none_or(|hinted| hinted == session.user_id.as_str())
}
