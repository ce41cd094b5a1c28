//! A webhook on loopback that answers as it is told and remembers what it heard.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use http::StatusCode;
use outbound::{Outbound, Settings};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// More than any event has.
const BODY_BYTES_MAX: usize = 1024 * 1024;

pub struct Webhook {
    pub url: String,
    heard: Arc<Mutex<Vec<Value>>>,
    _server: JoinSet<()>,
}

impl Webhook {
    /// Answers an event with a status and JSON; with nothing, never.
    pub async fn answering(
        answer: impl Fn(&Value) -> Option<(u16, Value)> + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
        let remembered = heard.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (answer, heard) = (answer.clone(), remembered.clone());
            async move {
                let body = to_bytes(request.into_body(), BODY_BYTES_MAX).await.expect("a body");
                let event: Value = serde_json::from_slice(&body).expect("JSON");
                let answer = answer(&event);
                heard.lock().expect("no panic").push(event);
                let Some((status, body)) = answer else { std::future::pending().await };
                (StatusCode::from_u16(status).expect("a status"), axum::Json(body))
            }
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("a server") });
        Self { url, heard, _server: server }
    }

    /// The events that it was told, since this was asked last.
    pub fn heard(&self) -> Vec<Value> {
        std::mem::take(&mut self.heard.lock().expect("no panic"))
    }

    /// A way out on which webhooks on loopback may be called.
    pub fn outbound() -> Outbound {
        let allowed = vec!["127.0.0.0/8".parse().expect("a network")];
        let settings = Settings { allowed, keeps_messages: true, ..Settings::default() };
        Outbound::new(settings).expect("valid settings")
    }
}
