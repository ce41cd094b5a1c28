//! The world outside, on a port of loopback: a GitHub to sign in with, and keys that somebody
//! publishes.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::{Json, Router};
use outbound::{Endpoints, Outbound, Settings};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Answers as long as it lives.
pub struct Elsewhere {
    url: String,
    /// Who comes back from GitHub.
    profile: Arc<Mutex<Value>>,
    _server: JoinSet<()>,
}

impl Elsewhere {
    /// `keys` is the key set that is published.
    pub async fn new(keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its number");
        let profile: Arc<Mutex<Value>> = Arc::default();
        let shown = profile.clone();
        let router = Router::new().fallback(move |request: Request<Body>| {
            let body = answer(request.uri().path(), &keys, &shown);
            async move { body }
        });
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.expect("served until the end of the test");
        });
        Self { url: format!("http://{address}"), profile, _server: server }
    }

    /// Whoever comes back from GitHub from now on is this one.
    pub fn at_github(&self, id: u64, email: &str) {
        let profile = json!({ "id": id, "login": "mona", "email": email });
        *self.profile.lock().expect("nobody panicked") = profile;
    }

    /// Where the keys are published.
    pub fn jwks_uri(&self) -> String {
        format!("{}/keys", self.url)
    }

    /// The way out that leads here.
    pub fn outbound(&self) -> Outbound {
        let settings = Settings {
            keeps_messages: true,
            endpoints: Endpoints::all_at(&self.url),
            allowed: vec!["127.0.0.0/8".parse().expect("loopback")],
            ..Settings::default()
        };
        Outbound::new(settings).expect("nothing in these settings can be wrong")
    }
}

fn answer(path: &str, keys: &Value, profile: &Mutex<Value>) -> Response {
    use axum::response::IntoResponse as _;
    let body = match path.rsplit('/').next() {
        Some("keys") => keys.clone(),
        Some("access_token") => json!({ "access_token": "at", "token_type": "bearer" }),
        Some("user") => profile.lock().expect("nobody panicked").clone(),
        _ => json!([]),
    };
    Json(body).into_response()
}
