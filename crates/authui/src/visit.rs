//! One request to a page, and what handlers ask of it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sessions::{Credentials, Resolved, Session};
use url::form_urlencoded::Serializer;
use web::{CtxOf, Fields, Page, Platform, SetCookie};

use crate::problem::Problem;

/// What stays in the address from page to page: the authorization request that the visit is
/// for, where to go back to, and how pages look.
const KEPT: [&str; 4] = ["x_ref", "x_return", "ui_locales", "x_color_scheme"];

/// A request, with the project and the resources that it is answered with.
pub struct Visit {
    pub ctx: Ctx,
    pub platform: Platform,
    pub headers: HeaderMap,
    pub path: String,
    pub query: Fields,
}

impl FromRequestParts<Platform> for Visit {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        platform: &Platform,
    ) -> Result<Self, Self::Rejection> {
        let CtxOf(ctx) = CtxOf::from_request_parts(parts, platform).await?;
        Ok(Self {
            ctx,
            platform: platform.clone(),
            headers: parts.headers.clone(),
            path: parts.uri.path().to_owned(),
            query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        })
    }
}

impl Visit {
    /// A page in the visitor's language.
    pub fn page(&self, template: &'static str) -> Page {
        Page::new(&self.ctx, template, &self.headers, &self.raw_query())
    }

    /// The language that the visitor asks for, of those that the project has.
    pub fn language(&self) -> &str {
        let app = &self.ctx.app;
        let accepted = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
        let asked = self.query.get("ui_locales");
        i18n::negotiate(app.languages(), app.catalogue.fallback(), asked, accepted)
    }

    /// The session of this browser, or of the app that opened it.
    ///
    /// Pages are for browsers: a bearer token in a header opens none of them.
    pub async fn session(&self) -> Result<Option<Arc<Session>>, Problem> {
        let credentials = web::credentials(&self.ctx.app, &self.headers);
        let credentials = Credentials { bearer: None, ..credentials };
        match self.platform.sessions.resolve(&self.ctx, credentials).await? {
            Resolved::Session(session) => Ok(Some(session)),
            Resolved::Absent | Resolved::Invalid => Ok(None),
        }
    }

    /// The session, or the way to one and back here.
    pub async fn signed_in(&self) -> Result<Arc<Session>, Problem> {
        match self.session().await? {
            Some(session) => Ok(session),
            None => Err(Problem::SignInFirst { login_url: self.login_url() }),
        }
    }

    /// The value of a cookie of ours, without the project's prefix.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        web::cookie(&self.headers, &format!("{}{name}", self.ctx.app.cookie_prefix()))
    }

    /// `path` with `pairs`, and with what is kept from page to page. A pair without a value
    /// leaves out what would be kept under its name.
    pub fn link(&self, path: &str, pairs: &[(&str, &str)]) -> String {
        let kept = KEPT.iter().filter_map(|name| Some((*name, self.query.get(name)?)));
        let kept = kept.filter(|(name, _)| pairs.iter().all(|(other, _)| other != name));
        let mut query = Serializer::new(String::new());
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let query = query.extend_pairs(pairs).extend_pairs(kept).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// What of the query is kept from page to page.
    pub fn kept_query(&self) -> Vec<(String, String)> {
        let is_kept = |it: &&(String, String)| KEPT.contains(&it.0.as_str());
        self.query.0.iter().filter(is_kept).cloned().collect()
    }

    fn login_url(&self) -> String {
        let here = self.link(&self.path, &[]);
        self.link("/login", &[("x_return", &here)])
    }

    fn raw_query(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.query.0).finish()
    }
}

/// To another address, by GET (RFC 9110 §15.4.4).
pub fn see_other(location: &str) -> Response {
    moved(StatusCode::SEE_OTHER, location)
}

/// To another address, as older programs expect it (RFC 9110 §15.4.3).
pub fn found(location: &str) -> Response {
    moved(StatusCode::FOUND, location)
}

fn moved(status: StatusCode, location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        // Every address is serialised before it gets here.
        return StatusCode::BAD_REQUEST.into_response();
    };
    (status, [(header::LOCATION, location)]).into_response()
}

/// Adds cookies to an answer.
pub fn with_cookies(
    mut response: Response,
    cookies: impl IntoIterator<Item = SetCookie>,
) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie.to_header());
    }
    response
}
