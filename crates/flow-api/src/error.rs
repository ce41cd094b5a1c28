//! The one place where refusals of flows become errors of the JSON API.

use appconfig::flow::FlowKind;
use flow::{Kind, Refusal};
use serde_json::json;
use web::{ApiError, ErrorName};

/// The error for `refusal`, in a flow of this kind if there is one.
pub fn to_api_error(refusal: &Refusal, flow: Option<FlowKind>) -> ApiError {
    let name = match refusal.kind() {
        Kind::BadRequest => ErrorName::BadRequest,
        Kind::Invalid => ErrorName::Invalid,
        Kind::Unauthorized => ErrorName::Unauthorized,
        Kind::Forbidden => ErrorName::Forbidden,
        Kind::NotFound => ErrorName::NotFound,
        Kind::TooManyRequest => ErrorName::TooManyRequest,
        Kind::ServiceUnavailable => ErrorName::ServiceUnavailable,
        Kind::Internal => ErrorName::InternalError,
    };
    let mut info = refusal.info();
    if let Some(flow) = flow {
        info.insert("FlowType".to_owned(), json!(flow));
    }
    ApiError::new(name, refusal.reason(), refusal.message()).with_info(info)
}
