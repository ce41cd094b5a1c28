//! `…/states/input` and `…/states`: hands inputs to a state, or looks at it again.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use web::{ApiError, CtxOf, Platform};

use crate::body::{self, Object};
use crate::browser::Brought;
use crate::envelope::{At, answer};
use crate::flow_cx;

pub async fn input(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (token, inputs) = match read(&headers, &body) {
        Ok(read) => read,
        Err(error) => return error.with_tracking_id(&ctx.request_id).into_response(),
    };
    let brought = match Brought::read(&platform, &ctx, &headers).await {
        Ok(brought) => brought,
        Err(error) => return ApiError::internal(&error).into_response(),
    };
    let cx = flow_cx(&platform, &ctx, &brought);
    let reply = flow::feed_all(&cx, &token, &inputs).await;
    answer(&cx, reply, At::State(&token)).await
}

pub async fn look(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = body::object(&headers, &body)
        .and_then(|object| body::required(&object, "state_token").map(str::to_owned));
    let token = match token {
        Ok(token) => token,
        Err(error) => return error.with_tracking_id(&ctx.request_id).into_response(),
    };
    let brought = match Brought::read(&platform, &ctx, &headers).await {
        Ok(brought) => brought,
        Err(error) => return ApiError::internal(&error).into_response(),
    };
    let cx = flow_cx(&platform, &ctx, &brought);
    let reply = flow::look(&cx, &token).await;
    answer(&cx, reply, At::Look).await
}

/// The state's token, and one input or a batch of them; both at once is refused.
fn read(headers: &HeaderMap, body: &Bytes) -> Result<(String, Vec<Object>), ApiError> {
    let object = body::object(headers, body)?;
    let token = body::text(&object, "state_token")?.unwrap_or_default().to_owned();
    let inputs = match (object.get("input"), body::objects(&object, "batch_input")?) {
        (Some(_), Some(_)) => {
            return Err(body::wrong("", "oneOf", json!({ "expected": ["input", "batch_input"] })));
        }
        (Some(Value::Object(input)), None) => vec![input.clone()],
        (Some(_), None) => {
            return Err(body::wrong("/input", "type", json!({ "expected": ["object"] })));
        }
        (None, Some(inputs)) if !inputs.is_empty() => inputs,
        (None, Some(_)) => {
            return Err(body::wrong("/batch_input", "minItems", json!({ "expected": 1 })));
        }
        (None, None) => return Err(body::missing(&object, "input")),
    };
    Ok((token, inputs))
}
