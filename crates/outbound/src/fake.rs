//! What the tests of this crate talk to: a web server on loopback that says what it is told to
//! say, and a project.

use std::sync::{Arc, Mutex};

use appconfig::{AppConfig, FeatureConfig, Secrets};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use ctx::{App, Caller, Ctx, Parts};
use http::HeaderMap;
use jose::SigningKeys;
use serde_json::{Value, json};
use stdx::{Rng, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::{Endpoints, Outbound, Settings};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// A web server that remembers what it was asked.
pub(crate) struct Fake {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _server: JoinSet<()>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    /// A field of the form that was posted; empty when there is none.
    pub fn field(&self, name: &str) -> String {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(it, _)| it == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

impl Fake {
    /// Answers every request by what `answer` makes of it.
    pub async fn new(answer: impl Fn(&Seen) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let record = seen.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (answer, record) = (answer.clone(), record.clone());
            async move {
                let request = read(request).await;
                record.lock().unwrap().push(request.clone());
                answer(&request)
            }
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, _server: server }
    }

    /// Answers every request with this status and JSON.
    pub async fn json(status: u16, body: Value) -> Self {
        Self::new(move |_| reply(status, &body)).await
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that arrived.
    #[track_caller]
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// The way out, with every fixed endpoint here and loopback allowed.
    pub fn outbound(&self) -> Outbound {
        Outbound::new(self.settings()).unwrap()
    }

    pub fn settings(&self) -> Settings {
        Settings {
            endpoints: Endpoints::all_at(&self.url),
            allowed: vec!["127.0.0.0/8".parse().unwrap()],
            ..Settings::default()
        }
    }
}

pub(crate) fn reply(status: u16, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

async fn read(request: Request) -> Seen {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Seen {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// An operation of a project with these keys in `authgear.yaml`, and these secrets: a list of
/// key and data.
pub(crate) fn ctx(yaml: &str, secrets: Value) -> Ctx {
    let text = format!("id: test\nhttp: {{ public_origin: \"http://localhost\" }}\n{yaml}");
    let config = AppConfig::parse(&text).unwrap();
    let key = json!({ "kid": "k", "kty": "oct", "k": "aGVsbG8" });
    let mut list = vec![
        json!({ "key": "oauth", "data": { "keys": [key] } }),
        json!({ "key": "csrf", "data": { "keys": [key] } }),
        json!({ "key": "admin-api.auth", "data": { "keys": [key] } }),
        json!({ "key": "webhook", "data": { "keys": [key] } }),
    ];
    let Value::Object(secrets) = secrets else { panic!("an object of secrets") };
    list.extend(secrets.into_iter().map(|(key, data)| json!({ "key": key, "data": data })));
    let secrets = Secrets::parse(&json!({ "secrets": list }).to_string(), &config).unwrap();
    let parts = Parts {
        config,
        features: FeatureConfig::default(),
        secrets,
        keys: SigningKeys::from_jwk_set(&jwks()).unwrap(),
        catalogue: Arc::new(i18n::Catalogue::new("en")),
        templates: minijinja::Environment::new(),
        theme: json!({}),
    };
    Ctx {
        app: Arc::new(App::new(parts).unwrap()),
        now: START,
        rng: Rng::seeded(0),
        caller: Caller { ip: "192.0.2.1".into(), user_agent: "curl/8".into() },
        request_id: "request".into(),
    }
}

fn jwks() -> Value {
    static KEY: std::sync::LazyLock<Value> =
        std::sync::LazyLock::new(|| jose::generate_rs256_jwk("key", START));
    json!({ "keys": [*KEY] })
}
