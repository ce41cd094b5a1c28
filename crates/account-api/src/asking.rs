//! Who asks, and whether they may.

use std::sync::Arc;

use ctx::Ctx;
use events::{Source, TriggeredBy};
use http::{HeaderMap, Uri};
use limits::{Charged, Limit, Subject, charge};
use oauth::scope;
use sessions::{Credentials, Resolved, Session};
use upkeep::UpkeepCx;
use web::{ApiError, ErrorName, Platform};

/// Somebody who is signed in, and asks.
pub struct Asking<'a> {
    platform: &'a Platform,
    ctx: &'a Ctx,
    session: Arc<Session>,
    source: Source,
}

impl<'a> Asking<'a> {
    /// Whoever the cookie or the token stands for. Every request counts, whoever it is from.
    pub async fn read(
        platform: &'a Platform,
        ctx: &'a Ctx,
        (headers, uri): (&HeaderMap, &Uri),
    ) -> Result<Self, ApiError> {
        let limit = Limit::ManageAccount;
        match charge(ctx, &platform.kv, limit, Subject::default()).await {
            Ok(Charged::Charged(_)) => {}
            Ok(Charged::Exhausted(exhausted)) => {
                return Err(crate::error::rate_limited(&exhausted));
            }
            Err(error) => return Err(ApiError::internal(&error)),
        }
        // What is not a proof proves nothing: a token that is bound to a key is not good then.
        let proof = web::dpop_proof(ctx, headers, ("POST", uri.path())).ok().flatten();
        let credentials = web::credentials(&ctx.app, headers);
        let credentials = Credentials { proof: proof.as_ref(), ..credentials };
        let resolved = platform.sessions.resolve(ctx, credentials).await;
        let session = match resolved {
            Ok(Resolved::Session(session)) => session,
            Ok(Resolved::Absent | Resolved::Invalid) => {
                let text = "authentication required";
                return Err(ApiError::new(ErrorName::Unauthorized, "Unauthorized", text));
            }
            Err(error) => return Err(ApiError::internal(&error)),
        };
        if !session.allows(scope::FULL_ACCESS) {
            let text = "the client is not authorized to have full user access";
            return Err(ApiError::new(ErrorName::Forbidden, "Forbidden", text));
        }
        let source = Source {
            triggered_by: TriggeredBy::User,
            client_id: session.client_id.clone(),
            http_url: format!("{}{}", ctx.app.origin(), uri.path()),
            ..Source::default()
        };
        Ok(Self { platform, ctx, session, source })
    }

    /// What the rules are given.
    pub fn cx(&self) -> UpkeepCx<'_> {
        let platform = self.platform;
        UpkeepCx {
            ctx: self.ctx,
            store: &platform.store,
            kv: &platform.kv,
            sessions: &platform.sessions,
            outbound: &platform.outbound,
            hooks: &platform.hooks,
            session: &self.session,
            source: &self.source,
        }
    }
}
