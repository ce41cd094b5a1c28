//! Device authorization (RFC 8628): a device without a browser asks, and a person answers with one.
//!
//! The device holds a long code and asks with it every few seconds whether it may; the person types
//! a short one. Both lead to one value in `kv`, whose state moves by compare-and-swap, so of any
//! number of parties that present the long code one gets the grant.

use ctx::Ctx;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Rng, Secret, Timestamp, sha256_hex};

use crate::code::CodeGrant;
use crate::error::Result;

/// Long enough to find a phone and to sign in there.
pub const LIFETIME_SECONDS: i64 = 10 * 60;

/// How often a device may ask (RFC 8628 §3.2), and by how much longer it waits after asking too
/// soon (§3.5).
pub const INTERVAL_SECONDS: i64 = 5;

/// No vowels, so that no words come up, and nothing that looks like a digit (RFC 8628 §6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// 34 bits. With the limit on typing, somebody who guesses for the whole lifetime of a thousand
/// codes has a chance in three thousand.
const LETTERS: usize = 8;

/// Two parties that move the same value at once; each pass moves it forward.
const SWAPS_MAX: usize = 4;

/// What a device gets: `device_code` is its own secret, `user_code` is for the person.
#[derive(Debug)]
pub struct Asked {
    pub device_code: Secret<String>,
    pub user_code: String,
}

/// A request that waits for somebody's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Names the request for [`decide`]; it is of no use to a device.
    pub id: String,
    pub client_id: String,
    pub scope: String,
}

/// What the person said.
#[derive(Clone, Debug)]
pub enum Decision {
    Approved(Box<CodeGrant>),
    Denied,
}

/// What a device hears when it asks.
#[derive(Debug)]
pub enum Polled {
    /// It was approved, and is used up.
    Granted(Box<CodeGrant>),
    Pending,
    TooSoon,
    Denied,
    /// Unknown, over, used, or another client's.
    Unknown,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    client_id: String,
    scope: String,
    expires_at: i64,
    interval_seconds: i64,
    polled_at: Option<i64>,
    state: State,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Waiting,
    Denied,
    Approved(Box<CodeGrant>),
    Used,
}

/// Makes both codes for a client's request.
pub async fn ask(ctx: &Ctx, kv: &Kv, client_id: &str, scope: &str) -> Result<Asked> {
    let device_code = ctx.rng.token();
    let id = sha256_hex(&device_code);
    let kept = Kept {
        client_id: client_id.to_owned(),
        scope: scope.to_owned(),
        expires_at: ctx.now.plus_seconds(LIFETIME_SECONDS).0,
        interval_seconds: INTERVAL_SECONDS,
        polled_at: None,
        state: State::Waiting,
    };
    kv.put_json(&by_id(ctx, &id), &kept, LIFETIME_SECONDS, ctx.now).await?;
    // One that is taken would lead somebody to another's device.
    let mut user_code = random_letters(&ctx.rng);
    while !kv
        .swap(&by_letters(ctx, &user_code), None, id.as_bytes(), LIFETIME_SECONDS, ctx.now)
        .await?
    {
        user_code = random_letters(&ctx.rng);
    }
    let (first, second) = user_code.split_at(LETTERS / 2);
    Ok(Asked { device_code: Secret::new(device_code), user_code: format!("{first}-{second}") })
}

/// The request of a code as a person typed it: case, spaces and dashes do not matter.
pub async fn find(ctx: &Ctx, kv: &Kv, typed: &str) -> Result<Option<Waiting>> {
    let Some(letters) = letters_of(typed) else { return Ok(None) };
    let Some(id) = kv.get(&by_letters(ctx, &letters), ctx.now).await? else { return Ok(None) };
    let Ok(id) = String::from_utf8(id) else { return Ok(None) };
    let Some(kept) = kv.get_json::<Kept>(&by_id(ctx, &id), ctx.now).await? else { return Ok(None) };
    let is_waiting = matches!(kept.state, State::Waiting);
    Ok(is_waiting.then_some(Waiting { id, client_id: kept.client_id, scope: kept.scope }))
}

/// Notes the person's answer. False when there is nothing to answer any more.
pub async fn decide(ctx: &Ctx, kv: &Kv, id: &str, decision: &Decision) -> Result<bool> {
    let next = match decision {
        Decision::Approved(grant) => State::Approved(grant.clone()),
        Decision::Denied => State::Denied,
    };
    let moved = change(ctx, kv, id, |kept| match kept.state {
        State::Waiting => Some(Kept { state: next.clone(), ..kept }),
        _ => None,
    });
    Ok(matches!(moved.await?, Change::Made(_)))
}

/// What a device hears that presents its code. A code of another client is as good as none.
pub async fn poll(ctx: &Ctx, kv: &Kv, device_code: &str, client_id: &str) -> Result<Polled> {
    let id = sha256_hex(device_code);
    let changed = change(ctx, kv, &id, |kept| {
        if kept.client_id != client_id {
            return None;
        }
        let state = match &kept.state {
            State::Approved(_) => State::Used,
            State::Waiting => State::Waiting,
            State::Denied | State::Used => return None,
        };
        let interval_seconds = kept.interval_seconds + slower_by(ctx, &kept);
        Some(Kept { state, interval_seconds, polled_at: Some(ctx.now.0), ..kept })
    });
    Ok(match changed.await? {
        Change::Made(before) => match before.state {
            State::Approved(grant) => Polled::Granted(grant),
            _ if slower_by(ctx, &before) > 0 => Polled::TooSoon,
            _ => Polled::Pending,
        },
        Change::Refused(kept) if kept.client_id == client_id => match kept.state {
            State::Denied => Polled::Denied,
            State::Used | State::Waiting | State::Approved(_) => Polled::Unknown,
        },
        Change::Refused(_) | Change::Gone => Polled::Unknown,
    })
}

/// RFC 8628 §3.5: every time that it asks too soon, a device waits five seconds longer.
fn slower_by(ctx: &Ctx, kept: &Kept) -> i64 {
    let since = kept.polled_at.map(|it| ctx.now.seconds_since(Timestamp(it)));
    if since.is_some_and(|it| it < kept.interval_seconds) { INTERVAL_SECONDS } else { 0 }
}

/// What became of a change, with what was there before it.
enum Change {
    Made(Kept),
    Refused(Kept),
    Gone,
}

async fn change(
    ctx: &Ctx,
    kv: &Kv,
    id: &str,
    next: impl Fn(Kept) -> Option<Kept>,
) -> Result<Change> {
    let key = by_id(ctx, id);
    for _ in 0..SWAPS_MAX {
        let Some(bytes) = kv.get(&key, ctx.now).await? else { return Ok(Change::Gone) };
        let Ok(before) = serde_json::from_slice::<Kept>(&bytes) else { return Ok(Change::Gone) };
        let Some(after) = next(before.clone()) else { return Ok(Change::Refused(before)) };
        let left = Timestamp(before.expires_at).seconds_since(ctx.now).max(1);
        let after = serde_json::to_vec(&after).expect("states are plain data");
        if kv.swap(&key, Some(&bytes), &after, left, ctx.now).await? {
            return Ok(Change::Made(before));
        }
    }
    // Somebody presents the same code without a pause: nobody honest does.
    Ok(Change::Gone)
}

/// Eight letters, each as likely as any other.
fn random_letters(rng: &Rng) -> String {
    let mut letters = String::with_capacity(LETTERS);
    while letters.len() < LETTERS {
        // 240 is the last multiple of 20 in a byte: what is above would favour some letters.
        let bytes = rng.bytes::<16>();
        let fair = bytes.iter().filter(|it| **it < 240).map(|it| ALPHABET[usize::from(it % 20)]);
        letters.extend(fair.map(char::from).take(LETTERS - letters.len()));
    }
    letters
}

fn letters_of(typed: &str) -> Option<String> {
    let letters: String = typed
        .chars()
        .filter(|it| !it.is_whitespace() && !matches!(it, '-' | '‐' | '–'))
        .take(LETTERS + 1)
        .map(|it| it.to_ascii_uppercase())
        .collect();
    let is_one = letters.len() == LETTERS && letters.bytes().all(|it| ALPHABET.contains(&it));
    is_one.then_some(letters)
}

fn by_id(ctx: &Ctx, id: &str) -> Key {
    Key::new(&ctx.app.id, "device_authorization", id)
}

fn by_letters(ctx: &Ctx, letters: &str) -> Key {
    Key::new(&ctx.app.id, "device_user_code", &sha256_hex(letters))
}

#[cfg(test)]
mod tests;
