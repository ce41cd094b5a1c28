//! `GET …/ws?channel=…`: tells whoever waits for a link that it was approved.
//!
//! The one message is upstream's, and says to look at the state again. Nothing that a client sends
//! is read; that it answers pings is all that is expected of it.

use std::ops::ControlFlow;
use std::time::Duration;

use accounts::otp::room::{self, RoomStanding};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use flow::Refusal;
use http::{HeaderMap, header};
use tokio::time::{MissedTickBehavior, interval, timeout};
use web::{ApiError, CtxOf, ErrorName, Fields, Platform};

use crate::error::to_api_error;
use crate::rooms::{Rooms, Seat};

const REFRESH: &str = r#"{"kind":"refresh"}"#;

/// Nobody waits longer: the state that they would look at is gone by then.
const LIFETIME: Duration = Duration::from_mins(20);

/// Often enough for proxies, which close what is silent for a minute. Whoever has not answered
/// one ping when the next is due is gone.
const PING_EVERY: Duration = Duration::from_secs(25);

/// A client has nothing to say.
const MESSAGE_BYTES_MAX: usize = 1024;

pub async fn socket(
    State(platform): State<Platform>,
    Extension(rooms): Extension<Rooms>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !is_allowed(&ctx, &headers) {
        let error = ApiError::new(ErrorName::Forbidden, "Forbidden", "origin is not allowed");
        return error.into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let name = query.get("channel").unwrap_or_default();
    match room::find(&ctx, &platform.kv, name).await {
        Ok(Some(_)) => {}
        Ok(None) => return to_api_error(&Refusal::FlowNotFound, None).into_response(),
        Err(error) => return ApiError::internal(&error).into_response(),
    }
    let Some(seat) = rooms.sit(&platform.kv, ctx.app.id.as_str(), name) else {
        let text = "too many connections wait for this";
        let error = ApiError::new(ErrorName::TooManyRequest, "TooManyRequest", text);
        return error.into_response();
    };
    let waiter = Waiter { platform, ctx, room: name.to_owned(), seat };
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    upgrade.on_upgrade(move |socket| async move {
        // However it ends, there is nothing to be done about it.
        let _ = timeout(LIFETIME, waiter.wait(socket)).await;
    })
}

/// Scripts of other sites must not listen. Programs that are no browsers send no origin.
fn is_allowed(ctx: &Ctx, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    origin.to_str().is_ok_and(|origin| ctx.app.allows_origin(origin))
}

/// Somebody who waits in a room.
struct Waiter {
    platform: Platform,
    ctx: Ctx,
    room: String,
    seat: Seat,
}

impl Waiter {
    async fn wait(mut self, mut socket: WebSocket) {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_heard = true;
        // It may have been approved before anybody sat down.
        let mut next = self.tell(&mut socket).await;
        while next.is_continue() {
            next = tokio::select! {
                () = self.seat.news() => self.tell(&mut socket).await,
                message = socket.recv() => {
                    is_heard = true;
                    match message {
                        Some(Ok(Message::Close(_)) | Err(_)) | None => ControlFlow::Break(()),
                        Some(Ok(_)) => ControlFlow::Continue(()),
                    }
                }
                _ = pings.tick() => {
                    if std::mem::take(&mut is_heard) {
                        send(&mut socket, Message::Ping(bytes::Bytes::new())).await
                    } else {
                        ControlFlow::Break(())
                    }
                }
            };
        }
    }

    /// Says that it is time to look, if the link is approved.
    async fn tell(&self, socket: &mut WebSocket) -> ControlFlow<()> {
        let ctx = Ctx { now: self.platform.clock.now(), ..self.ctx.clone() };
        match room::find(&ctx, &self.platform.kv, &self.room).await {
            Ok(Some(RoomStanding::Approved)) => send(socket, Message::text(REFRESH)).await,
            Ok(Some(RoomStanding::Waiting)) => ControlFlow::Continue(()),
            Ok(None) => ControlFlow::Break(()),
            Err(error) => {
                web::log_failure(&error);
                ControlFlow::Break(())
            }
        }
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> ControlFlow<()> {
    match socket.send(message).await {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

#[cfg(test)]
mod tests;
