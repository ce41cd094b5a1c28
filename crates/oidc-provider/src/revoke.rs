//! `POST /oauth2/revoke` (RFC 7009).
//!
//! Whoever holds a token may give it up. A refresh token signs the app out, and everything that
//! shares its browser session with it. What is not a token of ours is answered with yes too
//! (§2.2): there is nothing left to revoke.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, StatusCode};
use oauth::Params;
use sessions::refresh::{self, Found, Refusal};
use sessions::{access_token, end};
use web::{CtxOf, Platform};

use crate::dpop::{self, check_binding};
use crate::error::{EndpointError, no_store};
use crate::events::{Why, sessions_ended};

pub async fn revoke(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    let outcome = match Params::parse(&form) {
        Ok(params) => {
            let token = params.get("token").unwrap_or_default();
            revoke_token(&platform, &ctx, &headers, token).await
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => {
            let mut response = StatusCode::OK.into_response();
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn revoke_token(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    token: &str,
) -> Result<(), EndpointError> {
    let proof = dpop::presented(ctx, headers, "/oauth2/revoke");
    let has_proof = !matches!(proof, Ok(None));
    let proved = dpop::prove_for_token(platform, ctx, proof).await?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let ended = match refresh::find(ctx, &mut tx, token).await? {
        Found::Live(live) => {
            // Not every SDK proves its key here; but one that tries to must succeed.
            let client = ctx.app.config.oauth.find_client(live.token.client_id.as_str());
            if let (true, Some(client)) = (has_proof, client) {
                check_binding(client, live.token.dpop_jkt.as_deref(), proved.as_deref())?;
            }
            let ended = end::grant(ctx, &mut tx, &live.grant).await?;
            let client_id = Some(live.token.client_id.as_str());
            sessions_ended(ctx, &mut tx, client_id, &ended, Why::SignedOut).await?;
            ended
        }
        Found::Refused(Refusal::Replayed { ended }) => {
            sessions_ended(ctx, &mut tx, None, &ended, Why::Replayed).await?;
            ended
        }
        Found::Refused(Refusal::Ended | Refusal::Unknown) => {
            access_token::revoke(ctx, &mut tx, token).await?;
            Vec::new()
        }
    };
    tx.commit().await?;
    platform.sessions.forget(ctx, &ended).await;
    Ok(())
}
