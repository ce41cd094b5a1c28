//! `/whatsapp/webhook`: what Meta tells of messages that it took (WhatsApp Cloud API, Webhooks).
//!
//! Meta asks once whether the address is ours, by GET, and is answered when it knows the token that
//! the project agreed on with it. What it tells is signed with the secret of the project's app at
//! Meta. A project without a webhook has no such address.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};
use outbound::whatsapp::delivery::{self, DeliveryError};
use web::{CtxOf, Fields, Platform};

/// The largest challenge that is given back. Meta's have ten digits.
const CHALLENGE_LENGTH_MAX: usize = 256;

/// Meta's question whether this is our webhook.
pub async fn challenge(CtxOf(ctx): CtxOf, uri: Uri) -> Response {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let token = query.get("hub.verify_token").unwrap_or_default();
    let challenge = query.get("hub.challenge").unwrap_or_default();
    if challenge.len() > CHALLENGE_LENGTH_MAX {
        return StatusCode::BAD_REQUEST.into_response();
    }
    match delivery::answer_challenge(&ctx.app.secrets, token, challenge) {
        Ok(challenge) => {
            // Whatever it is, a browser takes it for text.
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, challenge).into_response()
        }
        Err(error) => refuse(error),
    }
}

/// What Meta tells. It tells again whatever is not answered with 200.
pub async fn told(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signature = headers.get("x-hub-signature-256").and_then(|it| it.to_str().ok());
    let deliveries = match delivery::read(&ctx.app.secrets, signature, &body) {
        Ok(deliveries) => deliveries,
        Err(error) => return refuse(error),
    };
    for told in &deliveries {
        if let Err(error) = messaging::status::tell(&ctx, &platform.store, &platform.kv, told).await
        {
            web::log_failure(&error);
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    StatusCode::OK.into_response()
}

fn refuse(error: DeliveryError) -> Response {
    let status = match error {
        DeliveryError::NotConfigured => StatusCode::NOT_FOUND,
        DeliveryError::NoSignature | DeliveryError::BadToken | DeliveryError::Malformed => {
            StatusCode::BAD_REQUEST
        }
        DeliveryError::BadSignature => StatusCode::UNAUTHORIZED,
    };
    (status, format!("{error}\n")).into_response()
}

#[cfg(test)]
mod tests;
