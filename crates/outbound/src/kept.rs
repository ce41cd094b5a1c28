//! Messages that are kept instead of being sent, for development and for tests.
//!
//! They are in the memory of this process and nowhere else, and the oldest make room.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ctx::Ctx;
use domain::AppId;
use stdx::Timestamp;

/// As many as a person looks through.
const MESSAGES_MAX: usize = 50;
/// Development is about one project, a test about a few; this only keeps a mistake small.
const PROJECTS_MAX: usize = 100;

/// By what way a message would have gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Email,
    Sms,
    Whatsapp,
}

/// A message that was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    /// Unlike every other message of this process.
    pub id: String,
    pub channel: Channel,
    pub subject: Option<String>,
    pub sender: Option<String>,
    pub to: String,
    pub text: String,
    pub html: Option<String>,
    pub sent_at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Messages>);

#[derive(Debug, Default)]
struct Messages {
    count: u64,
    /// Newest first.
    by_project: HashMap<AppId, VecDeque<KeptMessage>>,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }
}

impl KeptMessage {
    /// A message that [`Kept::keep`] completes.
    pub(crate) fn new(channel: Channel, to: &str, text: &str) -> Self {
        Self {
            id: String::new(),
            channel,
            subject: None,
            sender: None,
            to: to.to_owned(),
            text: text.to_owned(),
            html: None,
            sent_at: Timestamp::EPOCH,
        }
    }
}

impl Kept {
    pub fn keep(&self, ctx: &Ctx, mut message: KeptMessage) {
        let mut messages = self.lock();
        messages.count += 1;
        message.id = messages.count.to_string();
        message.sent_at = ctx.now;
        let by_project = &mut messages.by_project;
        if by_project.len() >= PROJECTS_MAX && !by_project.contains_key(&ctx.app.id) {
            by_project.clear();
        }
        let of_project = by_project.entry(ctx.app.id.clone()).or_default();
        of_project.push_front(message);
        of_project.truncate(MESSAGES_MAX);
    }

    pub fn list(&self, app: &AppId) -> Vec<KeptMessage> {
        let messages = self.lock();
        messages.by_project.get(app).into_iter().flatten().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Messages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
