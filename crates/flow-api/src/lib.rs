//! The JSON authentication flow API, for user interfaces of one's own.
//!
//! Four endpoints under `/api/v1/authentication_flows`: start a flow, hand inputs to one of its
//! states, look at a state again, and wait until there is something to look at. The hosted pages
//! ask the same engine; nothing here decides anything. Beside them is the webhook by which a flow
//! learns whether its message arrived.

mod body;
mod browser;
mod create;
mod envelope;
mod error;
mod input;
mod rooms;
mod setting;
mod socket;
#[cfg(test)]
mod tests;
mod whatsapp;

use axum::routing::{get, post};
use axum::{Extension, Router};
use ctx::Ctx;
use flow::FlowCx;
use web::Platform;

use browser::Brought;
use rooms::Rooms;

pub use error::to_api_error;

/// The endpoints; CORS is the server's to add.
pub fn router() -> Router<Platform> {
    Router::new()
        .route("/api/v1/authentication_flows", post(create::create))
        .route("/api/v1/authentication_flows/states", post(input::look))
        .route("/api/v1/authentication_flows/states/input", post(input::input))
        .route("/api/v1/authentication_flows/ws", get(socket::socket))
        .layer(Extension(Rooms::default()))
        .route("/whatsapp/webhook", get(whatsapp::challenge).post(whatsapp::told))
}

/// What the flow engine is given for one request.
fn flow_cx<'a>(platform: &'a Platform, ctx: &'a Ctx, brought: &'a Brought) -> FlowCx<'a> {
    FlowCx {
        ctx,
        store: &platform.store,
        kv: &platform.kv,
        sessions: &platform.sessions,
        hasher: &platform.hasher,
        outbound: &platform.outbound,
        hooks: &platform.hooks,
        browser: brought.browser(),
        weights: None,
    }
}
