//! The one place where refusals of `upkeep` become errors of the JSON API.

use flow::IdentityDetails;
use limits::Exhausted;
use outbound::idp::IdpRefusal;
use serde_json::{Map, Value, json};
use upkeep::UpkeepError;
use upkeep::link::Refusal;
use web::{ApiError, ErrorName};

/// The error for `refusal`, under upstream's reasons.
pub fn to_api_error(refusal: &Refusal) -> ApiError {
    let invalid = |reason: &str, text: &str| ApiError::new(ErrorName::Invalid, reason, text);
    let invariant = |kind: &str, text: &str| {
        invalid("InvariantViolated", text).with_info(object(json!({ "cause": { "kind": kind } })))
    };
    match refusal {
        Refusal::UnknownProvider => {
            ApiError::new(ErrorName::BadRequest, "BadRequest", "unknown OAuth provider")
        }
        Refusal::InvalidRedirectUri => {
            ApiError::new(ErrorName::BadRequest, "BadRequest", "invalid redirect URI")
        }
        Refusal::MissingCredentials => ApiError::new(
            ErrorName::InternalError,
            "OAuthProviderMissingCredentials",
            "the provider has no credentials",
        ),
        Refusal::Unreachable => {
            let text = "the provider gave no answer";
            ApiError::new(ErrorName::BadRequest, "OAuthProtocolError", text)
        }
        Refusal::Provider(refusal) => of_provider(refusal),
        Refusal::UnknownToken => invalid("AccountManagementOAuthTokenInvalid", "invalid token"),
        Refusal::OthersToken => invalid(
            "AccountManagementOAuthTokenNotBoundToUser",
            "token is not bound to the current user",
        ),
        Refusal::StateMismatch => invalid(
            "AccountManagementOAuthStateNotBoundToToken",
            "the state parameter in query is not bound to token",
        ),
        Refusal::Taken { incoming, existing } => {
            let incoming = Some((&**incoming).into());
            let details = IdentityDetails::new(incoming, [&**existing]);
            let refusal = flow::Refusal::DuplicatedIdentity(details);
            invalid(refusal.reason(), refusal.message()).with_info(refusal.info())
        }
        Refusal::TooMany => invalid("InvariantViolated", "there are too many identities"),
        Refusal::UnknownIdentity => {
            invalid("AccountManagementIdentityNotOwnedByUser", "identity not owned by current user")
        }
        Refusal::RemovalDisabled => invalid("InvariantViolated", "identity modification disabled"),
        Refusal::Last => invariant("RemoveLastIdentity", "cannot remove the last identity"),
    }
}

/// Everything that is ours to mend.
pub fn internal(error: &UpkeepError) -> ApiError {
    ApiError::internal(error)
}

/// A limit is used up.
pub fn rate_limited(exhausted: &Exhausted) -> ApiError {
    let text = "request rate limited";
    ApiError::new(ErrorName::TooManyRequest, "RateLimited", text)
        .with_info(object(exhausted.details()))
}

fn of_provider(refusal: &IdpRefusal) -> ApiError {
    let (error, description) = match refusal {
        IdpRefusal::Provider { error, description, .. } => (error.as_str(), description.as_str()),
        IdpRefusal::Protocol(why) => ("", *why),
        IdpRefusal::EmailRequired => ("", ""),
    };
    let info = object(json!({ "error": error, "error_description": description }));
    ApiError::new(ErrorName::BadRequest, refusal.reason(), "the provider refused").with_info(info)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
