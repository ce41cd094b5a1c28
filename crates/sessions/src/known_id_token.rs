//! What an ID token of ours says, when it comes back: as a hint, or as part of a proof.
//!
//! It may have expired, since a hint is good after that. It says who somebody is said to be, and
//! proves nothing more.

use ctx::Ctx;
use domain::UserId;
use stdx::Timestamp;

use crate::error::Result;
use crate::{SessionRef, Sessions, subject};

/// An ID token whose signature is ours, whenever it was made.
#[derive(Debug)]
pub struct KnownIdToken {
    /// The person, as its client knows them.
    subject: String,
    pub session: Option<SessionRef>,
    pub audiences: Vec<String>,
    /// The hash of the device secret that belongs to it.
    pub ds_hash: Option<String>,
    pub expires_at: Option<Timestamp>,
}

impl KnownIdToken {
    /// The issuer is not compared: it follows from the public origin, which may have changed,
    /// and the key is the project's own.
    pub fn read(ctx: &Ctx, token: &str) -> Option<Self> {
        let jwt = ctx.app.keys.verify(token).ok()?;
        // Access tokens and logout tokens are signed by the same keys, and are no ID tokens.
        if jwt.header.typ.is_some() && !jwt.header.is_type("JWT") {
            return None;
        }
        Some(Self {
            subject: jwt.text("sub")?.to_owned(),
            session: jwt.text("sid").and_then(SessionRef::from_sid),
            audiences: jwt.audiences().into_iter().map(str::to_owned).collect(),
            ds_hash: jwt.text("ds_hash").map(str::to_owned),
            expires_at: jwt.instant("exp"),
        })
    }

    /// Whether it speaks of this person.
    pub fn is_about(&self, ctx: &Ctx, user: &UserId) -> bool {
        // One that is for no client in particular has the person's id.
        let whose = |client: Option<&str>| subject(ctx, client, user) == self.subject;
        let mut clients = self.audiences.iter();
        if self.audiences.is_empty() { whose(None) } else { clients.any(|it| whose(Some(it))) }
    }

    /// The person it speaks of. A name that is a client's own leads to nobody by itself; the session
    /// that stands beside it does.
    pub async fn user(&self, sessions: &Sessions, ctx: &Ctx) -> Result<Option<UserId>> {
        let direct = UserId::new(&self.subject);
        if self.is_about(ctx, &direct) {
            return Ok(Some(direct));
        }
        let Some(session) = &self.session else { return Ok(None) };
        let owner = sessions.find_owner(ctx, session).await?;
        Ok(owner.filter(|it| self.is_about(ctx, it)))
    }
}
