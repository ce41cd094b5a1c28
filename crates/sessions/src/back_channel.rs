//! Telling the servers of clients that a session has ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! What is told is decided in the transaction that ends the session, as an entry of the outbox for
//! each client that holds the grant. The token is made when it is delivered: it lives two minutes,
//! and a receiver may be down for longer.

use std::collections::BTreeSet;

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{Attributes, Grant, OutboxEntry, UserId};
use events::{Source, enqueue};
use serde_json::json;
use store::Tx;

use crate::error::Result;
use crate::session::SessionRef;

/// What the sinks of these entries begin with; the client's id follows.
pub const SINK_KIND: &str = "logout:";

/// The type of the entries.
const TYPE: &str = "backchannel_logout";

/// One client's session that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended<'a> {
    pub client_id: &'a str,
    pub user_id: UserId,
    pub sid: &'a str,
}

impl<'a> Ended<'a> {
    /// Reads an entry of ours.
    pub fn of(entry: &'a OutboxEntry) -> Option<Self> {
        let text = |name: &str| entry.payload.get(name)?.as_str();
        Some(Self {
            client_id: entry.sink.strip_prefix(SINK_KIND)?,
            user_id: UserId::new(text("user_id")?),
            sid: text("sid")?,
        })
    }
}

/// Whether any client of the project wants to know.
pub fn is_wanted(ctx: &Ctx) -> bool {
    ctx.app.config.oauth.clients.iter().any(wants_to_know)
}

/// Puts a notice into the outbox for each client that holds `grant` and wants to be told.
pub async fn announce(ctx: &Ctx, tx: &mut Tx, grant: &Grant) -> Result<()> {
    let mut holders = BTreeSet::from([grant.client_id.clone()]);
    holders.extend(tx.refresh_tokens().list(&grant.id).await?.into_iter().map(|it| it.client_id));
    for id in holders {
        if !ctx.app.config.oauth.find_client(id.as_str()).is_some_and(wants_to_know) {
            continue;
        }
        let payload: Attributes = [
            ("user_id".to_owned(), json!(grant.user_id.as_str())),
            ("sid".to_owned(), json!(SessionRef::Grant(grant.id.clone()).sid())),
        ]
        .into_iter()
        .collect();
        let sink = format!("{SINK_KIND}{id}");
        enqueue(ctx, tx, &Source::default(), (&sink, TYPE), payload).await?;
    }
    Ok(())
}

fn wants_to_know(client: &ClientConfig) -> bool {
    client.x_backchannel_logout_uri.is_some()
}

#[cfg(test)]
mod tests;
