//! What takes messages out of the outbox and to their gateways.
//!
//! A mail is tried again while what is in it is worth anything: a second copy does no harm. A text
//! message costs money each time, so it is tried once, and not again after a worker died over it. An
//! entry goes when its message went, or when it never will: no code outlives its use there.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use domain::OutboxEntry;
use events::{Event, Hooks, Retry, Sink, Undelivered};
use kv::Kv;
use outbound::Outbound;
use store::{Store, StoreError};

use crate::hand_over::{Taken, Ways, hand_over};
use crate::message::{Addressee, Message};
use crate::send::MessagingError;
use crate::{letter, status};

/// Carries messages. Cheap to clone.
#[derive(Clone)]
pub struct Carrier {
    pub store: Store,
    pub kv: Kv,
    pub outbound: Outbound,
    pub hooks: Hooks,
}

impl Sink for Carrier {
    const KIND: &'static str = "message:";
    /// Codes that live longer than that are sent no later, either.
    const LIFETIME_SECONDS: i64 = 3 * 86_400;

    async fn deliver(&self, ctx: &Ctx, entry: &OutboxEntry) -> Result<(), Undelivered> {
        let Some(message) = letter::read(ctx, &entry.payload) else {
            let app = ctx.app.id.as_str();
            tracing::error!(app, entry = entry.id, "a message was sealed under another secret");
            return Ok(());
        };
        if message.addressee == Addressee::Nobody {
            return Ok(());
        }
        let given_up = entry.created_at.plus_seconds(Self::LIFETIME_SECONDS / 2);
        if ctx.now >= message.expires_at.min(given_up) {
            let why = "nobody took it while what is in it was worth anything";
            return self.note_failure(ctx, entry, &message, why).await;
        }
        if message.channel != OobChannel::Email && entry.attempts > 1 {
            let why = "whether it was sent is not known, and it is not sent twice";
            return self.note_failure(ctx, entry, &message, why).await;
        }
        let ways = Ways { ctx, outbound: &self.outbound, hooks: &self.hooks };
        match hand_over(ways, &message).await {
            Ok(taken) => {
                // On record or not, it went: it is not sent again for the sake of the record.
                if let Err(error) = self.note_sent(ctx, entry, &message, taken).await {
                    let cause = &error as &dyn std::error::Error;
                    tracing::error!(entry = entry.id, cause, "a sent message is not on record");
                }
                Ok(())
            }
            Err(failure) if failure.is_temporary && message.channel == OobChannel::Email => {
                Err(Undelivered { why: failure.description, retry: Retry::Later })
            }
            Err(failure) => self.note_failure(ctx, entry, &message, &failure.description).await,
        }
    }
}

impl Carrier {
    async fn note_sent(
        &self,
        ctx: &Ctx,
        entry: &OutboxEntry,
        message: &Message,
        taken: Taken,
    ) -> Result<(), MessagingError> {
        if let Some(message_id) = &taken.message_id {
            status::expect(ctx, &self.kv, message_id).await?;
        }
        Ok(self.note(ctx, entry, message.sent(taken.sender)).await?)
    }

    /// It will not be sent.
    async fn note_failure(
        &self,
        ctx: &Ctx,
        entry: &OutboxEntry,
        message: &Message,
        why: &str,
    ) -> Result<(), Undelivered> {
        let (app, channel) = (ctx.app.id.as_str(), message.channel.as_str());
        tracing::error!(app, channel, why, entry = entry.id, "a message was not sent");
        let noted = self.note(ctx, entry, message.failed(why.to_owned())).await;
        noted.map_err(|error| Undelivered { why: error.to_string(), retry: Retry::Later })
    }

    async fn note(&self, ctx: &Ctx, entry: &OutboxEntry, event: Event) -> Result<(), StoreError> {
        let mut tx = self.store.write(&entry.app_id).await?;
        events::record_outcome(ctx, &mut tx, entry, event).await?;
        tx.commit().await
    }
}
