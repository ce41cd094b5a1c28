//! What just went well, told on the page after a redirect.
//!
//! It travels in a cookie of a minute, so that no link can put words on a page and reloading
//! does not tell them again.

use axum::response::Response;
use ctx::App;
use serde_json::{Value, json};
use web::SetCookie;

use crate::visit::{Visit, see_other, with_cookies};

const COOKIE: &str = "aw_notice";
const LIFETIME_SECONDS: i64 = 60;
const LENGTH_MAX: usize = 512;

/// One piece of good news, with what its text needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flash {
    ProfileSaved,
    PasswordChanged,
    IdentityAdded(&'static str),
    IdentityChanged(&'static str),
    IdentityRemoved(&'static str),
    PrimaryChanged(String),
    SessionRevoked(String),
    BiometricRemoved(String),
    OtherSessionsRevoked(usize),
    CodeSent,
    ProviderLinked(String),
    ProviderDisconnected(String),
    AppRevoked(String),
}

impl Flash {
    /// The variable `notice` of the templates.
    fn notice(&self) -> Value {
        let (message_key, args) = match self {
            Self::ProfileSaved => ("aw-profile-saved", json!({})),
            Self::PasswordChanged => ("aw-password-changed", json!({})),
            Self::IdentityAdded(kind) => ("aw-identity-added", json!({ "kind": kind })),
            Self::IdentityChanged(kind) => ("aw-identity-changed", json!({ "kind": kind })),
            Self::IdentityRemoved(kind) => ("aw-identity-removed", json!({ "kind": kind })),
            Self::PrimaryChanged(value) => ("aw-primary-changed", json!({ "value": value })),
            Self::SessionRevoked(name) => ("aw-session-revoked", json!({ "name": name })),
            Self::BiometricRemoved(name) => ("aw-biometric-removed", json!({ "name": name })),
            Self::OtherSessionsRevoked(count) => {
                ("aw-other-sessions-revoked", json!({ "count": count }))
            }
            Self::CodeSent => ("aw-code-sent", json!({})),
            Self::ProviderLinked(kind) => ("aw-provider-linked", json!({ "type": kind })),
            Self::ProviderDisconnected(kind) => {
                ("aw-provider-disconnected", json!({ "type": kind }))
            }
            Self::AppRevoked(name) => ("aw-app-revoked", json!({ "name": name })),
        };
        json!({ "message_key": message_key, "args": args })
    }

    /// A redirect to the page that will tell it.
    pub fn redirect(&self, visit: &Visit, path: &str) -> Response {
        self.redirect_with(visit, path, &[])
    }

    /// The same to an address with a query of its own.
    pub fn redirect_with(&self, visit: &Visit, path: &str, pairs: &[(&str, &str)]) -> Response {
        let text = stdx::base64url(self.notice().to_string().as_bytes());
        let cookie = cookie(&visit.ctx.app, &text).lasting(LIFETIME_SECONDS);
        with_cookies(see_other(&visit.link(path, pairs)), [cookie])
    }
}

/// What there is to tell, for the context of a page; null when there is nothing.
pub fn notice(visit: &Visit) -> Value {
    let read = || {
        let text = visit.cookie(COOKIE).filter(|it| it.len() <= LENGTH_MAX)?;
        let value: Value = serde_json::from_slice(&stdx::from_base64url(text)?).ok()?;
        let is_ours = value["message_key"].as_str().is_some_and(|key| key.starts_with("aw-"));
        (is_ours && value["args"].is_object()).then_some(value)
    };
    read().unwrap_or_default()
}

/// Takes the cookie back, so that nothing is told twice.
pub fn told(visit: &Visit, response: Response) -> Response {
    let cookies = visit.cookie(COOKIE).map(|_| cookie(&visit.ctx.app, "").lasting(0));
    with_cookies(response, cookies)
}

fn cookie(app: &App, value: &str) -> SetCookie {
    SetCookie::new(app, COOKIE, value).host_only()
}
