//! `POST /api/v1/account/identification` and `…/oauth`: there and back again.

use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use ctx::Ctx;
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use upkeep::link::{self, StateBy};
use web::{ApiError, CtxOf, Platform};

use crate::asking::Asking;
use crate::error::to_api_error;
use crate::{body, error};

pub async fn begin(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    answer(&ctx, begin_visit(&platform, &ctx, (&headers, &uri), &bytes).await)
}

pub async fn finish(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    answer(&ctx, finish_visit(&platform, &ctx, (&headers, &uri), &bytes).await)
}

fn answer(ctx: &Ctx, outcome: Result<Value, ApiError>) -> Response {
    match outcome {
        Ok(result) => web::result(result),
        Err(error) => error.with_tracking_id(&ctx.request_id).into_response(),
    }
}

async fn begin_visit(
    platform: &Platform,
    ctx: &Ctx,
    request: (&HeaderMap, &Uri),
    bytes: &Bytes,
) -> Result<Value, ApiError> {
    let asking = Asking::read(platform, ctx, request).await?;
    let object = body::object(request.0, bytes)?;
    if body::text(&object, "identification")? != "oauth" {
        let details = json!({ "expected": "oauth" });
        return Err(body::wrong("/identification", "const", &details));
    }
    let alias = body::text(&object, "alias")?;
    let redirect_uri = body::text(&object, "redirect_uri")?;
    if url::Url::parse(redirect_uri).is_err() {
        let details = json!({ "format": "uri" });
        return Err(body::wrong("/redirect_uri", "format", &details));
    }
    let is_callers = body::flag(&object, "exclude_state_in_authorization_url")?;
    let state_by = if is_callers { StateBy::Caller } else { StateBy::Us };
    let begun = link::begin(&asking.cx(), (alias, redirect_uri), state_by).await;
    match begun.map_err(|it| error::internal(&it))? {
        Ok(begun) => Ok(json!({
            "token": begun.token.reveal(),
            "authorization_url": begun.authorization_url,
        })),
        Err(refusal) => Err(to_api_error(&refusal)),
    }
}

async fn finish_visit(
    platform: &Platform,
    ctx: &Ctx,
    request: (&HeaderMap, &Uri),
    bytes: &Bytes,
) -> Result<Value, ApiError> {
    let asking = Asking::read(platform, ctx, request).await?;
    let object = body::object(request.0, bytes)?;
    let (token, query) = (body::text(&object, "token")?, body::text(&object, "query")?);
    let finished = link::finish(&asking.cx(), token, query).await;
    match finished.map_err(|it| error::internal(&it))? {
        Ok(_) => Ok(json!({})),
        Err(refusal) => Err(to_api_error(&refusal)),
    }
}
