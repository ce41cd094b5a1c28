//! `GET` and `POST /oauth2/consent`: the way back from the pages, and consent where it is due.
//!
//! The `code` of this endpoint names what the finished flow proved; it is not the code that the
//! application gets. Everything else is read from the kept request, never from the browser.

mod finish;

use appconfig::ClientConfig;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use ctx::Ctx;
use domain::UserId;
use http::HeaderMap;
use oauth::{ErrorCode, OAuthError, Params, ResponseMode, ResponseType, scope};
use serde_json::json;
use sessions::device_authorization::Decision;
use sessions::{AuthenticationInfo, OAuthSession, authentication_info, oauth_session};
use web::{CtxOf, Page, Platform};

use crate::answer::{Destination, display_name};
use crate::authorize::{check_rules, is_browser_of};
use crate::client::{allows_redirect, is_registered};
use crate::device_page;
use crate::error::EndpointError;
use crate::guests::{From, admit};
use crate::told;
use finish::is_covered;
pub use finish::{Finished, Proved, finish, on_record};

pub async fn get(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let ctx = with_client(&platform, ctx, &query).await;
    match Pending::find(&platform, &ctx, &headers, &query).await {
        Ok(pending) => pending.proceed(&platform, &ctx, &headers, false).await,
        Err(response) => *response,
    }
}

/// The person has read the consent page, and pressed one of its buttons.
pub async fn post(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    form: String,
) -> Response {
    // The request is tied to this browser by a cookie that no other site's form carries, so only
    // a form that says that it comes from elsewhere is refused.
    if web::is_from_elsewhere(&ctx.app, &headers) {
        let error = OAuthError::invalid_request("this form was sent elsewhere");
        return told::mistake(&ctx, &headers, &error);
    }
    let query = query.unwrap_or_default();
    let ctx = with_client(&platform, ctx, &query).await;
    let pending = match Pending::find(&platform, &ctx, &headers, &query).await {
        Ok(pending) => pending,
        Err(response) => return *response,
    };
    let form = Params::parse(&form).unwrap_or_default();
    // Upstream's pages call it `x_action`.
    match form.get("action").or_else(|| form.get("x_action")) {
        Some("consent") => pending.proceed(&platform, &ctx, &headers, true).await,
        Some("cancel") => pending.cancel(&platform, &ctx, &headers).await,
        _ => told::mistake(&ctx, &headers, &OAuthError::invalid_request("unknown action")),
    }
}

/// The context with the client of the kept request, which need not be in the configuration. What
/// fails here is found missing right after, and told then.
async fn with_client(platform: &Platform, ctx: Ctx, query: &str) -> Ctx {
    if !ctx.app.config.oauth.takes_unknown_clients() {
        return ctx;
    }
    let params = Params::parse(query).unwrap_or_default();
    let find = async {
        let id = params.get("code").unwrap_or_default();
        let info = authentication_info::find(&ctx, &platform.kv, id).await.ok()??;
        let session = oauth_session::load(&ctx, &platform.kv, &info.oauth_session_id).await;
        let client_id = session.ok()??.request.client_id;
        admit(platform, &ctx, Some(&client_id), From::Record).await.ok()
    };
    find.await.unwrap_or(ctx)
}

/// A request whose person has authenticated.
struct Pending<'a> {
    id: String,
    info: AuthenticationInfo,
    session: OAuthSession,
    client: &'a ClientConfig,
    destination: Destination,
    query: &'a str,
}

impl<'a> Pending<'a> {
    /// Finds the request, or says why it cannot go on.
    async fn find(
        platform: &Platform,
        ctx: &'a Ctx,
        headers: &HeaderMap,
        query: &'a str,
    ) -> Result<Self, Box<Response>> {
        let params = Params::parse(query).unwrap_or_default();
        match Self::load(platform, ctx, headers, (&params, query)).await {
            Ok(pending) => Ok(pending),
            Err(error) => {
                let error = error.to_oauth();
                Err(Box::new(answer_without_request(ctx, headers, &params, &error)))
            }
        }
    }

    async fn load(
        platform: &Platform,
        ctx: &'a Ctx,
        headers: &HeaderMap,
        (params, query): (&Params, &'a str),
    ) -> Result<Self, EndpointError> {
        let expired = |text| EndpointError::from(OAuthError::invalid_request(text));
        let id = params.get("code").unwrap_or_default();
        let info = authentication_info::find(ctx, &platform.kv, id).await?;
        let info = info.ok_or_else(|| expired("authentication expired"))?;
        let session = oauth_session::load(ctx, &platform.kv, &info.oauth_session_id).await?;
        let session = session.ok_or_else(|| expired("oauth session expired"))?;
        if !is_browser_of(ctx, headers, &session) {
            return Err(expired("this sign-in was started in another browser"));
        }
        let request = &session.request;
        let client = ctx.app.config.oauth.find_client(&request.client_id);
        let client = client
            .ok_or_else(|| OAuthError::new(ErrorCode::UnauthorizedClient, "invalid client ID"))?;
        let carries_nothing = request.response_type != ResponseType::Code;
        if !allows_redirect(ctx, client, &request.redirect_uri, carries_nothing) {
            return Err(expired("redirect URI is not allowed"));
        }
        let destination = Destination {
            redirect_uri: request.redirect_uri.clone(),
            mode: request.response_mode,
            state: request.state.clone(),
        };
        Ok(Self { id: id.to_owned(), info, session, client, destination, query })
    }

    /// Grants the request, or shows the consent page.
    async fn proceed(
        self,
        platform: &Platform,
        ctx: &Ctx,
        headers: &HeaderMap,
        consented: bool,
    ) -> Response {
        match self.grant(platform, ctx, consented).await {
            Ok(Finished::Granted { code }) => {
                self.destination.granted(ctx, code).respond(ctx, Some(self.client), headers)
            }
            Ok(Finished::Device(grant)) => {
                let decision = Decision::Approved(grant);
                device_page::decided(platform, ctx, headers, (&self.session, &decision)).await
            }
            Ok(Finished::ConsentNeeded) => self.page(platform, ctx, headers).await,
            Err(error) => {
                let answer = self.destination.refused(ctx, &error.to_oauth());
                answer.respond(ctx, Some(self.client), headers)
            }
        }
    }

    async fn grant(
        &self,
        platform: &Platform,
        ctx: &Ctx,
        consented: bool,
    ) -> Result<Finished, EndpointError> {
        let request = &self.session.request;
        check_rules(self.client, request)?;
        let hinted = self.session.user_id_hint.as_deref();
        if hinted.is_some_and(|hinted| hinted != self.info.user_id.as_str()) {
            // OpenID Connect Core §3.1.2.1: somebody else came back.
            let text = "another user has authenticated";
            return Err(OAuthError::new(ErrorCode::LoginRequired, text).into());
        }
        let proved = Proved::by_flow(&self.info, self.session.sid_hint.as_deref());
        let asks_anew = request.prompt.consent;
        // RFC 8628 §5.4: somebody may have been sent another's code, so they always see what for.
        if self.session.device_authorization.is_some() && !consented {
            return Ok(Finished::ConsentNeeded);
        }
        let is_action = request.response_type == ResponseType::SettingsAction;
        if self.client.is_third_party()
            && !is_action
            && !consented
            && (asks_anew || !is_covered(platform, ctx, self.client, request, &proved).await?)
        {
            return Ok(Finished::ConsentNeeded);
        }
        // From here on it is used up: of two requests, one gets a code.
        if authentication_info::take(ctx, &platform.kv, &self.id).await?.is_none() {
            return Err(OAuthError::invalid_request("authentication expired").into());
        }
        let finished = if is_action {
            finish::action(platform, ctx, &self.session, &self.info).await?
        } else {
            finish(platform, ctx, self.client, request, &proved, consented).await?
        };
        oauth_session::delete(ctx, &platform.kv, &self.info.oauth_session_id).await?;
        Ok(finished)
    }

    async fn cancel(self, platform: &Platform, ctx: &Ctx, headers: &HeaderMap) -> Response {
        let used = authentication_info::take(ctx, &platform.kv, &self.id).await;
        let deleted = oauth_session::delete(ctx, &platform.kv, &self.info.oauth_session_id).await;
        if let Some(error) = used.err().or(deleted.err()) {
            // The person said no: that is what the application must hear.
            web::log_failure(&error);
        }
        if self.session.device_authorization.is_some() {
            let decision = (&self.session, &Decision::Denied);
            return device_page::decided(platform, ctx, headers, decision).await;
        }
        let denied = OAuthError::new(ErrorCode::AccessDenied, "authorization denied");
        self.destination.refused(ctx, &denied).respond(ctx, Some(self.client), headers)
    }

    async fn page(&self, platform: &Platform, ctx: &Ctx, headers: &HeaderMap) -> Response {
        let account = match account(platform, ctx, &self.info.user_id).await {
            Ok(account) => account,
            Err(error) => {
                let answer = self.destination.refused(ctx, &error.to_oauth());
                return answer.respond(ctx, Some(self.client), headers);
            }
        };
        let scopes: Vec<_> = self
            .session
            .request
            .scope
            .split(' ')
            .filter_map(|it| message_key(it).map(|key| json!({ "scope": it, "message_key": key })))
            .collect();
        let client = json!({
            "name": display_name(self.client),
            "client_uri": self.client.client_uri,
            "policy_uri": self.client.policy_uri,
            "tos_uri": self.client.tos_uri,
        });
        Page::new(ctx, "consent", headers, self.query).render(
            ctx,
            json!({
                "client": client,
                "account": account,
                "scopes": scopes,
                "for_device": self.session.device_authorization.is_some(),
                "errors": [],
            }),
        )
    }
}

/// The page names what a scope means; a scope that means nothing to people is not on it.
fn message_key(asked: &str) -> Option<&'static str> {
    Some(match asked {
        scope::OPENID => "aw-scope-openid",
        scope::PROFILE => "v2.page.consent.scopes.profile",
        scope::EMAIL => "v2.page.consent.scopes.email",
        scope::PHONE => "v2.page.consent.scopes.phone",
        scope::ADDRESS => "v2.page.consent.scopes.address",
        scope::FULL_USERINFO => "v2.page.consent.scopes.full-userinfo",
        scope::OFFLINE_ACCESS => "aw-scope-offline-access",
        _ => return None,
    })
}

/// Who the page says is signed in.
async fn account(
    platform: &Platform,
    ctx: &Ctx,
    user: &UserId,
) -> Result<serde_json::Value, EndpointError> {
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let user = tx.users().find(user).await?;
    let attributes = user.map(|it| it.standard_attributes).unwrap_or_default();
    let claim = |name: &str| attributes.get(name).cloned().unwrap_or_default();
    let display_name = ["name", "email", "phone_number", "preferred_username"]
        .into_iter()
        .find_map(|name| attributes.get(name).and_then(|it| it.as_str()))
        .unwrap_or_default();
    Ok(json!({
        "display_name": display_name,
        "picture_url": claim("picture"),
        "email": claim("email"),
        "phone_number": claim("phone_number"),
        "preferred_username": claim("preferred_username"),
    }))
}

/// The kept request is gone, which happens when somebody goes back in their browser. The
/// address carries enough to tell the application, if what it carries is registered.
fn answer_without_request(
    ctx: &Ctx,
    headers: &HeaderMap,
    params: &Params,
    error: &OAuthError,
) -> Response {
    let client = params.get("client_id").and_then(|id| ctx.app.config.oauth.find_client(id));
    let redirect_uri = params.owned("redirect_uri").unwrap_or_default();
    match client {
        Some(client)
            if error.code == ErrorCode::InvalidRequest && is_registered(client, &redirect_uri) =>
        {
            let state = params.owned("state");
            let to = Destination { redirect_uri, mode: ResponseMode::Query, state };
            to.refused(ctx, error).respond(ctx, Some(client), headers)
        }
        _ if error.code == ErrorCode::InvalidRequest => told::expired(ctx, headers, error),
        _ => told::mistake(ctx, headers, error),
    }
}

#[cfg(test)]
mod tests;
