//! The logout token, and carrying it to a client's server (OpenID Connect Back-Channel Logout §2.4).

use ctx::Ctx;
use domain::OutboxEntry;
use events::{Retry, Sink, Undelivered};
use outbound::{LogoutError, Outbound};
use serde_json::{Map, Value, json};
use sessions::back_channel::{Ended, SINK_KIND};

use crate::id_token::sign_for;

/// The type of the JWT, so that no other token can be taken for one and it for no other.
const JWT_TYPE: &str = "logout+jwt";

/// The member of `events` that makes it a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// §4: short, since it is sent at once when it is made.
const TOKEN_SECONDS: i64 = 2 * 60;

/// Who has not heard of an end after a day has a session of its own that has ended since.
const LIFETIME_SECONDS: i64 = 86_400;

/// Carries ends of sessions to the servers of clients.
#[derive(Clone, Debug)]
pub struct BackChannelLogout(pub Outbound);

impl Sink for BackChannelLogout {
    const KIND: &'static str = SINK_KIND;
    const LIFETIME_SECONDS: i64 = LIFETIME_SECONDS;

    async fn deliver(&self, ctx: &Ctx, entry: &OutboxEntry) -> Result<(), Undelivered> {
        let never = |why: &str| Undelivered { why: why.to_owned(), retry: Retry::Never };
        let ended = Ended::of(entry).ok_or_else(|| never("the entry cannot be read"))?;
        let client = ctx.app.config.oauth.find_client(ended.client_id);
        let uri = client.and_then(|it| it.x_backchannel_logout_uri.as_deref());
        let (Some(client), Some(uri)) = (client, uri) else {
            return Err(never("the client no longer wants to know"));
        };
        let token = sign_for(ctx, client, JWT_TYPE, &claims(ctx, &ended, &entry.id));
        match self.0.post_logout_token(uri, &token).await {
            Ok(()) => Ok(()),
            Err(error @ LogoutError::Refused) => Err(never(&error.to_string())),
            Err(error) => Err(Undelivered { why: error.to_string(), retry: Retry::Later }),
        }
    }
}

/// What the token says. The `jti` is the entry's, so that a receiver knows one that comes twice.
fn claims(ctx: &Ctx, ended: &Ended<'_>, jti: &str) -> Map<String, Value> {
    let claims = json!({
        "iss": ctx.app.origin(),
        "sub": sessions::subject(ctx, Some(ended.client_id), &ended.user_id),
        "aud": ended.client_id,
        "iat": ctx.now.seconds(),
        "exp": ctx.now.seconds() + TOKEN_SECONDS,
        "jti": jti,
        "sid": ended.sid,
        "events": { EVENT: {} },
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
