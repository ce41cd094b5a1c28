//! What the browser of a request brought along: a session, and that it is trusted.

use std::sync::Arc;

use ctx::Ctx;
use flow::Browser;
use http::HeaderMap;
use sessions::{Resolved, Session, SessionsError};
use stdx::Secret;
use web::Platform;

/// The cookies that count in a flow, read.
#[derive(Debug, Default)]
pub struct Brought {
    session: Option<Arc<Session>>,
    device_token: Option<Secret<String>>,
}

impl Brought {
    pub async fn read(
        platform: &Platform,
        ctx: &Ctx,
        headers: &HeaderMap,
    ) -> Result<Self, SessionsError> {
        let credentials = web::credentials(&ctx.app, headers);
        let session = match platform.sessions.resolve(ctx, credentials).await? {
            Resolved::Session(session) => Some(session),
            Resolved::Invalid | Resolved::Absent => None,
        };
        let device_token =
            web::device_token(&ctx.app, headers).map(|token| Secret::new(token.to_owned()));
        Ok(Self { session, device_token })
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser { session: self.session.as_deref(), device_token: self.device_token.as_ref() }
    }
}
