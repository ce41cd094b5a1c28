//! What the tests of this crate stand on: a project, a database, a clock that is told.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Caller, Ctx, Parts};
use i18n::Catalogue;
use jose::SigningKeys;
use serde_json::{Map, Value, json};
use stdx::{Rng, Timestamp};
use store::{Store, Tx};

/// 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Making an RSA key takes longer than a test.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let key = jose::generate_rs256_jwk("key", START);
    SigningKeys::from_jwk_set(&json!({ "keys": [key] })).unwrap()
});

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) ctx: Ctx,
}

impl World {
    /// A project that says nothing.
    pub(crate) async fn new() -> Self {
        let ctx = ctx_of("", json!({}), BTreeMap::new());
        Self { store: Store::memory().await.unwrap(), ctx }
    }

    pub(crate) async fn write(&self) -> Tx {
        self.store.write(&self.ctx.app.id).await.unwrap()
    }
}

/// An operation of a project with these keys in `authgear.yaml`, these secrets (key and data), and
/// these scripts.
pub(crate) fn ctx_of(yaml: &str, secrets: Value, scripts: BTreeMap<String, String>) -> Ctx {
    let text = format!("id: test\nhttp: {{ public_origin: http://localhost:3100 }}\n{yaml}");
    let config = AppConfig::parse(&text).unwrap();
    let key = json!({ "keys": [{ "kid": "k", "kty": "oct", "k": "aGVsbG8" }] });
    let mut all: Map<String, Value> = ["oauth", "csrf", "admin-api.auth", "webhook"]
        .map(|it| (it.to_owned(), key.clone()))
        .into_iter()
        .collect();
    let Value::Object(secrets) = secrets else { panic!("an object of secrets") };
    all.extend(secrets);
    let list: Vec<_> = all.iter().map(|(key, data)| json!({ "key": key, "data": data })).collect();
    let secrets = Secrets::parse(&json!({ "secrets": list }).to_string(), &config).unwrap();
    let parts = Parts {
        config,
        features: FeatureConfig::default(),
        secrets,
        keys: KEYS.clone(),
        catalogue: Arc::new(Catalogue::new("en")),
        templates: minijinja::Environment::new(),
        theme: json!({}),
    };
    Ctx {
        app: Arc::new(App::new(parts).unwrap().with_scripts(scripts)),
        now: START,
        rng: Rng::seeded(0),
        caller: Caller { ip: "192.0.2.1".into(), user_agent: "curl/8".into() },
        request_id: "request".into(),
    }
}
