//! A message on its way through the outbox.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use domain::Attributes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stdx::{Secret, Timestamp};

use crate::message::{Addressee, Content, Kind, Message};
use crate::seal;

/// A message in the form in which it is sealed.
#[derive(Serialize, Deserialize)]
struct Letter {
    kind: Kind,
    channel: OobChannel,
    addressee: Addressee,
    to: String,
    code: String,
    url: Option<String>,
    language: String,
    has_password: bool,
    expires_at: i64,
}

/// The payload of an entry: nothing of it can be read.
pub fn write(ctx: &Ctx, message: &Message) -> Option<Attributes> {
    let letter = Letter {
        kind: message.kind,
        channel: message.channel,
        addressee: message.addressee,
        to: message.to.clone(),
        code: message.code().to_owned(),
        url: Some(message.link().to_owned()).filter(|it| !it.is_empty()),
        language: message.language.clone(),
        has_password: message.has_password,
        expires_at: message.expires_at.0,
    };
    let plain = serde_json::to_vec(&letter).ok()?;
    let sealed = seal::seal(ctx, plain)?;
    Some(Attributes::from_iter([("sealed".to_owned(), json!(sealed))]))
}

/// The message of an entry.
pub fn read(ctx: &Ctx, payload: &Attributes) -> Option<Message> {
    let sealed = payload.get("sealed").and_then(Value::as_str)?;
    let letter: Letter = serde_json::from_slice(&seal::open(ctx, sealed)?).ok()?;
    let code = Secret::new(letter.code);
    let content = match letter.url {
        Some(url) => Content::Link { url: Secret::new(url), code },
        None => Content::Code(code),
    };
    Some(Message {
        kind: letter.kind,
        channel: letter.channel,
        addressee: letter.addressee,
        to: letter.to,
        content,
        language: letter.language,
        has_password: letter.has_password,
        expires_at: Timestamp(letter.expires_at),
    })
}
