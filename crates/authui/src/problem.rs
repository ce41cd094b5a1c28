//! What keeps a page from being shown, and the page that says so.
//!
//! A handler answers with a [`Problem`], and [`crate::frame`] turns it into a page, because only
//! there is the request at hand. This is the one place that knows statuses and texts of
//! problems; refusals of a flow are in [`crate::wrong`].

use accounts::AccountError;
use axum::response::{IntoResponse, Response};
use flow::FlowError;
use http::StatusCode;
use kv::KvError;
use limits::attempt::AttemptError;
use serde_json::{Value, json};
use sessions::SessionsError;
use store::StoreError;
use upkeep::UpkeepError;

use crate::visit::see_other;

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the key-value store did not answer")]
    Kv(#[from] KvError),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error("the account could not be read or changed")]
    Account(#[from] AccountError),
    #[error(transparent)]
    Upkeep(#[from] UpkeepError),
    #[error("the flow cannot go on")]
    Flow(#[from] FlowError),
    #[error("the step or the request is over, or is another browser's")]
    Expired,
    #[error("the step is over")]
    FlowNotFound { login_url: String },
    #[error("the project asks for a step that cannot be taken")]
    Misconfigured,
    #[error("the project lets nobody sign up by themselves")]
    NoPublicSignup { login_url: String },
    #[error("the link of a recovery mail is over")]
    RecoveryLinkOver { message_key: &'static str, login_url: String },
    #[error("nobody is signed in")]
    SignInFirst { login_url: String },
    #[error("the form was sent from another site")]
    CrossSite,
    #[error("there is nothing here")]
    NotFound,
}

impl From<AttemptError> for Problem {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Store(error) => error.into(),
            AttemptError::Kv(error) => error.into(),
        }
    }
}

/// A page that [`crate::frame`] renders in place of the answer.
#[derive(Clone, Debug)]
pub struct Shown {
    pub template: &'static str,
    pub context: Value,
}

impl Problem {
    fn is_ours(&self) -> bool {
        self.status().is_server_error()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Store(_)
            | Self::Kv(_)
            | Self::Sessions(_)
            | Self::Account(_)
            | Self::Upkeep(_)
            | Self::Flow(_)
                if web::is_unavailable(self) =>
            {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(_)
            | Self::Kv(_)
            | Self::Sessions(_)
            | Self::Account(_)
            | Self::Upkeep(_)
            | Self::Flow(_)
            | Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::CrossSite | Self::NoPublicSignup { .. } => StatusCode::FORBIDDEN,
            Self::NotFound | Self::FlowNotFound { .. } => StatusCode::NOT_FOUND,
            Self::Expired => StatusCode::BAD_REQUEST,
            Self::RecoveryLinkOver { .. } => StatusCode::GONE,
        }
    }

    fn shown(&self) -> Shown {
        let page = match self {
            Self::NotFound => {
                return Shown { template: "not_found", context: json!({ "home_url": "/" }) };
            }
            Self::CrossSite => ErrorPage {
                reason: "CrossSiteRequest",
                title_key: Some("v2.page.csrf-error.default.title"),
                message_key: "aw-error-page-reposted",
                ..ErrorPage::default()
            },
            Self::Expired => ErrorPage {
                reason: "WebUIInvalidSession",
                message_key: "aw-error-session-expired",
                advice_key: Some("aw-advice-start-again"),
                ..ErrorPage::default()
            },
            Self::FlowNotFound { login_url } => ErrorPage {
                reason: "AuthenticationFlowNotFound",
                message_key: "aw-error-flow-not-found",
                login_url: Some(login_url.as_str()),
                ..ErrorPage::default()
            },
            Self::NoPublicSignup { login_url } => ErrorPage {
                reason: "AuthenticationFlowNoPublicSignup",
                message_key: "v2.error.no-public-signup",
                login_url: Some(login_url.as_str()),
                ..ErrorPage::default()
            },
            Self::RecoveryLinkOver { message_key, login_url } => ErrorPage {
                reason: "PasswordResetFailed",
                message_key,
                login_url: Some(login_url.as_str()),
                ..ErrorPage::default()
            },
            Self::Misconfigured => ErrorPage {
                reason: "InvalidConfiguration",
                message_key: "v2.error.flow-misconfigured",
                ..ErrorPage::default()
            },
            Self::SignInFirst { .. }
            | Self::Store(_)
            | Self::Kv(_)
            | Self::Sessions(_)
            | Self::Account(_)
            | Self::Upkeep(_)
            | Self::Flow(_) => ErrorPage {
                reason: "UnexpectedError",
                message_key: "v2.error.server",
                advice_key: Some("aw-advice-support"),
                ..ErrorPage::default()
            },
        };
        error_page(&page)
    }
}

/// What the template `error` is given, besides the request id.
#[derive(Default)]
struct ErrorPage<'a> {
    reason: &'static str,
    title_key: Option<&'static str>,
    message_key: &'static str,
    advice_key: Option<&'static str>,
    /// Where the one button leads, which offers to sign in.
    login_url: Option<&'a str>,
}

fn error_page(page: &ErrorPage<'_>) -> Shown {
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
