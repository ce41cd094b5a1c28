//! `POST /api/v1/authentication_flows`: starts a flow.

use appconfig::flow::FlowKind;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flow::{FlowRef, Reply, create as start, feed_all};
use http::HeaderMap;
use serde_json::json;
use web::{ApiError, CtxOf, Platform};

use crate::body::{self, Object};
use crate::browser::Brought;
use crate::envelope::{At, answer};
use crate::{flow_cx, setting};

pub async fn create(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let wanted = match Wanted::read(&headers, &body) {
        Ok(wanted) => wanted,
        Err(error) => return error.with_tracking_id(&ctx.request_id).into_response(),
    };
    let brought = match Brought::read(&platform, &ctx, &headers).await {
        Ok(brought) => brought,
        Err(error) => return ApiError::internal(&error).into_response(),
    };
    let cx = flow_cx(&platform, &ctx, &brought);
    let setting = match setting::read(&cx, &headers, &wanted.url_query).await {
        Ok(setting) => setting,
        Err(error) => return ApiError::internal(&error).into_response(),
    };
    let kind = wanted.flow.kind;
    let started = start(&cx, wanted.flow, setting).await;
    let token = match &started {
        Ok(Reply::Asked(asked)) if !wanted.inputs.is_empty() => asked.state_token.clone(),
        _ => return answer(&cx, started, At::Start(kind)).await,
    };
    let reply = feed_all(&cx, &token, &wanted.inputs).await;
    answer(&cx, reply, At::State(&token)).await
}

/// What a request asks for.
struct Wanted {
    flow: FlowRef,
    url_query: String,
    inputs: Vec<Object>,
}

impl Wanted {
    fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, ApiError> {
        let object = body::object(headers, body)?;
        let kind = body::required(&object, "type")?;
        let name = body::required(&object, "name")?.to_owned();
        let Some(kind) = FlowKind::from_word(kind) else {
            let expected: Vec<&str> = FlowKind::ALL.iter().map(|it| it.as_str()).collect();
            let details = json!({ "actual": kind, "expected": expected });
            return Err(body::wrong("/type", "enum", details));
        };
        Ok(Self {
            flow: FlowRef::new(kind, name),
            url_query: body::text(&object, "url_query")?.unwrap_or_default().to_owned(),
            inputs: body::objects(&object, "batch_input")?.unwrap_or_default(),
        })
    }
}
