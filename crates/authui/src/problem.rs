//! What keeps a page from being shown, and the page that says so.
//!
//! A handler answers with a [`Problem`], and [`crate::frame`] turns it into a page, because only
//! there is the request at hand. This is the one place that knows statuses and texts of
//! problems; refusals of a flow are in [`crate::wrong`].

use accounts::AccountError;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kv::KvError;
use serde_json::{Value, json};
use sessions::SessionsError;
use store::StoreError;

use crate::visit::see_other;

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Kv(#[from] KvError),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error("the account could not be read or changed")]
    Account(#[from] AccountError),
    #[error("nobody is signed in")]
    SignInFirst { login_url: String },
    #[error("the form was sent from another site")]
    CrossSite,
    #[error("there is nothing here")]
    NotFound,
}

/// A page that [`crate::frame`] renders in place of the answer.
#[derive(Clone, Debug)]
pub struct Shown {
    pub template: &'static str,
    pub context: Value,
}

impl Problem {
    fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Kv(_) | Self::Sessions(_) | Self::Account(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Store(_) | Self::Kv(_) | Self::Sessions(_) | Self::Account(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }

    fn shown(&self) -> Shown {
        match self {
            Self::NotFound => Shown { template: "not_found", context: json!({ "home_url": "/" }) },
            Self::CrossSite => error_page(&ErrorPage {
                reason: "CrossSiteRequest",
                title_key: Some("v2.page.csrf-error.default.title"),
                message_key: "aw-error-page-reposted",
                ..ErrorPage::default()
            }),
            Self::SignInFirst { .. }
            | Self::Store(_)
            | Self::Kv(_)
            | Self::Sessions(_)
            | Self::Account(_) => error_page(&ErrorPage {
                reason: "UnexpectedError",
                message_key: "v2.error.server",
                advice_key: Some("aw-advice-support"),
                ..ErrorPage::default()
            }),
        }
    }
}

/// What the template `error` is given, besides the request id.
#[derive(Default)]
struct ErrorPage {
    reason: &'static str,
    title_key: Option<&'static str>,
    message_key: &'static str,
    advice_key: Option<&'static str>,
    /// Where the one button leads, which offers to sign in.
    login_url: Option<&'static str>,
}

fn error_page(page: &ErrorPage) -> Shown {
    let action =
        |href| json!({ "label_key": "v2.component.button.default.label-login", "href": href });
    let context = json!({
        "error": {
            "reason": page.reason,
            "title_key": page.title_key,
            "message_key": page.message_key,
            "args": {},
            "advice_key": page.advice_key,
        },
        "actions": page.login_url.map(action).into_iter().collect::<Vec<_>>(),
    });
    Shown { template: "error", context }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::SignInFirst { login_url } = &self {
            return see_other(login_url);
        }
        if self.is_ours() {
            web::log_failure(&self);
        }
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self.shown());
        response
    }
}
