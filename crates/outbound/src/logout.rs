//! Logout tokens, posted to the servers of clients (OpenID Connect Back-Channel Logout §2.5).

use std::time::Duration;

use http::Method;
use url::Url;

use crate::Outbound;
use crate::http::{Bounds, HttpError, Route, exchange, form};

/// The specification wants an answer without a body; an error may have a small one.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Within what a lane of the outbox gives a delivery.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a client's server has not taken a logout token.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    #[error("the address is not one")]
    BadUrl,
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The token was refused, and would be again (§2.8).
    #[error("the client refused the logout token")]
    Refused,
    #[error("the client answered with status {0}")]
    Status(u16),
}

impl Outbound {
    /// Posts `token` to the client's server at `url`.
    pub async fn post_logout_token(&self, url: &str, token: &str) -> Result<(), LogoutError> {
        let url = Url::parse(url).map_err(|_| LogoutError::BadUrl)?;
        let request = self.0.http.request(Route::Guarded, Method::POST, &url)?;
        let request = form(request, &[("logout_token", token)]);
        let bounds = Bounds { timeout: TIMEOUT, answer_bytes_max: ANSWER_BYTES_MAX };
        let answer = exchange(request, bounds).await?;
        match answer.status.as_u16() {
            // §2.8: 204 is taken, too, since frameworks answer so.
            200 | 204 => Ok(()),
            400 => Err(LogoutError::Refused),
            status => Err(LogoutError::Status(status)),
        }
    }
}
