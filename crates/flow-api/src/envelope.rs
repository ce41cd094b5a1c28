//! What a client is told: a question, the end, or an error beside the question that stands.

use appconfig::flow::FlowKind;
use axum::Json;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use flow::{Answer, Finished, FlowCx, FlowError, Refusal, Reply, look};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use web::ApiError;

use crate::error::to_api_error;

/// Where in a flow an answer belongs.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    /// To the start of a flow of this kind.
    Start(FlowKind),
    /// To an input to the state of this name.
    State(&'a str),
    Look,
}

/// Answers with what became of a request.
pub async fn answer(cx: &FlowCx<'_>, reply: Result<Reply, FlowError>, at: At<'_>) -> Response {
    let ctx = cx.ctx;
    match reply {
        Ok(Reply::Asked(answer)) => web::result(question(&answer)),
        Ok(Reply::Finished(finished)) => the_end(ctx, &finished),
        Ok(Reply::Refused(refusal)) => {
            let standing = standing_question(cx, &refusal, at).await;
            let kind = match at {
                // Whoever asks hooks has begun; other refusals come before there is a flow.
                At::Start(kind) if matches!(refusal, Refusal::Hook(_)) => Some(kind),
                _ => standing.as_ref().map(|answer| answer.flow.kind),
            };
            let error = to_api_error(&refusal, kind).with_tracking_id(&ctx.request_id);
            with_question(error, standing.as_deref())
        }
        Err(error) => ApiError::internal(&error).with_tracking_id(&ctx.request_id).into_response(),
    }
}

/// After a refusal the question is still there: clients show both.
async fn standing_question(cx: &FlowCx<'_>, refusal: &Refusal, at: At<'_>) -> Option<Box<Answer>> {
    let At::State(token) = at else { return None };
    if *refusal == Refusal::FlowNotFound {
        return None;
    }
    match look(cx, token).await {
        Ok(Reply::Asked(answer)) => Some(answer),
        _ => None,
    }
}

fn with_question(error: ApiError, standing: Option<&Answer>) -> Response {
    let Some(standing) = standing else { return error.into_response() };
    let status = error.status();
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let body = json!({ "error": error, "result": question(standing) });
    (status, no_store, Json(body)).into_response()
}

fn question(answer: &Answer) -> Value {
    let ask = &answer.ask;
    let mut action = json!({ "type": ask.step });
    if let Some(identification) = ask.identification {
        action["identification"] = json!(identification);
    }
    if let Some(authentication) = ask.authentication {
        action["authentication"] = json!(authentication);
    }
    action["data"] = ask.data.clone();
    json!({
        "state_token": answer.state_token,
        "type": answer.flow.kind,
        "name": answer.flow.name,
        "action": action,
    })
}

fn the_end(ctx: &Ctx, finished: &Finished) -> Response {
    let mut data = json!({});
    if let Some(uri) = &finished.finish_redirect_uri {
        data["finish_redirect_uri"] = json!(uri);
    }
    let mut response = web::result(json!({
        "state_token": finished.state_token,
        "type": finished.flow.kind,
        "name": finished.flow.name,
        "action": { "type": "finished", "data": data },
    }));
    if let Some(session) = &finished.session_cookie {
        for cookie in web::sign_in_cookies(&ctx.app, session.reveal()) {
            response.headers_mut().append(header::SET_COOKIE, cookie.to_header());
        }
    }
    if let Some((token, seconds)) = &finished.device_token {
        let cookie = web::device_token_cookie(&ctx.app, token.reveal(), *seconds);
        response.headers_mut().append(header::SET_COOKIE, cookie.to_header());
    }
    response
}
