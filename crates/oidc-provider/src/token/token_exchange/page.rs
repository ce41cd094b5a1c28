//! A token with which a browser opens a page of another client's as the person of the app.

use domain::{ClientId, Grant, Scopes};
use oauth::TokenResponse;
use serde_json::{Map, Value};
use sessions::pre_authenticated_url::{self, Opening};
use sessions::{Session, SessionRef};
use store::Tx;

use super::{Presented, URL_TOKEN, trade, unknown_session};
use crate::error::EndpointError;
use crate::id_token::{Subject, id_token_claims, sign_id_token};
use crate::token::Exchange;

pub async fn open(
    exchange: &Exchange<'_>,
    presented: &Presented<'_>,
    session: &Session,
    scopes: Scopes,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let traded = trade(exchange, &mut tx, presented, (session, &scopes)).await?;
    let id_token = id_token(exchange, &mut tx, &traded.grant).await?;
    tx.commit().await?;

    let client_id = ClientId::new(&client.client_id);
    let opening = Opening { client_id, grant_id: traded.grant.id, scopes };
    let token = pre_authenticated_url::issue(ctx, &platform.kv, &opening).await?;
    Ok(TokenResponse {
        token_type: Some("Bearer"),
        access_token: Some(token.reveal().clone()),
        issued_token_type: Some(URL_TOKEN),
        expires_in: Some(pre_authenticated_url::LIFETIME_SECONDS),
        device_secret: Some(traded.secret.reveal().clone()),
        id_token: Some(sign_id_token(ctx, client, &id_token)),
        ..TokenResponse::default()
    })
}

/// An ID token that goes with the new secret. It is a hint, and says nothing personal.
async fn id_token(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    grant: &Grant,
) -> Result<Map<String, Value>, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let overview = tx.users().find_overview(&grant.user_id).await?.ok_or_else(unknown_session)?;
    let sid = SessionRef::Grant(grant.id.clone()).sid();
    let subject = Subject {
        overview: &overview,
        amr: &grant.amr,
        authenticated_at: grant.authenticated_at,
        sid: &sid,
        ds_hash: grant.device_secret_hash.as_deref(),
    };
    Ok(id_token_claims(ctx, client, &Scopes::default(), &subject, (None, &[])))
}
