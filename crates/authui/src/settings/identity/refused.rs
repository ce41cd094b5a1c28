//! What a page says when a login ID stays as it is.

use accounts::login_id::CheckedLoginId;
use domain::{Identity, LoginIdType};
use serde_json::json;
use upkeep::login_id::Refusal;

use crate::problem::Problem;
use crate::wrong::Wrong;

/// The words beside the form, or the page in its place.
pub(super) fn wrong(kind: LoginIdType, refusal: Refusal) -> Result<Wrong, Problem> {
    let form = |reason, key| Ok(Wrong::form(reason, key));
    match refusal {
        Refusal::NotAllowed | Refusal::UnknownIdentity => Err(Problem::NotFound),
        Refusal::UnknownToken | Refusal::OthersToken => Err(Problem::Expired),
        Refusal::Invalid(invalid) => Ok(Wrong::login_id(kind, &invalid)),
        Refusal::Taken { incoming, existing } => Ok(taken(&incoming, &existing)),
        Refusal::TooMany => form("InvariantViolated", "aw-error-identity-limit"),
        Refusal::Last => form("InvariantViolated", "v2.error.remove-last-identity"),
        Refusal::LastAuthenticator => {
            form("InvariantViolated", "v2.error.remove-last-primary-authenticator")
        }
        Refusal::RateLimited(_) | Refusal::TooManyAttempts => {
            form("RateLimited", "v2.error.rate-limited")
        }
        Refusal::Undelivered(reason) => {
            form(reason.unwrap_or("UnexpectedError"), "aw-error-message-not-sent")
        }
        Refusal::UnknownChannel => form("ValidationFailed", "aw-error-choice-invalid"),
        Refusal::WrongCode => Ok(Wrong::at("code", "InvalidVerificationCode", "aw-error-code")),
    }
}

fn taken(incoming: &CheckedLoginId, existing: &Identity) -> Wrong {
    let provider = match existing {
        Identity::OAuth(it) => it.provider.r#type.as_str(),
        _ => "",
    };
    let kind = incoming.r#type.as_str();
    Wrong::at("login_id", "InvariantViolated", "v2.error.settings-account-conflict").with(json!({
        "IdentityTypeIncoming": "login_id",
        "LoginIDTypeIncoming": kind,
        "LoginIDNameIncoming": kind,
        "FlowType": "",
        "OAuthProviderNameIncoming": "",
        "OAuthProviderNameExisting": provider,
    }))
}
