//! What the tests of this crate stand on: a project, a database, a clock that is told.

use std::sync::{Arc, LazyLock};

use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Caller, Ctx, Parts};
use i18n::Catalogue;
use jose::SigningKeys;
use serde_json::json;
use stdx::{Rng, Timestamp};
use store::{Store, Tx};

use crate::Hasher;

/// 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Making an RSA key takes longer than a test.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let key = jose::generate_rs256_jwk("key", START);
    SigningKeys::from_jwk_set(&json!({ "keys": [key] })).unwrap()
});

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) hasher: Hasher,
    pub(crate) ctx: Ctx,
}

impl World {
    /// `yaml` is added to a project that knows emails, phone numbers and usernames.
    pub(crate) async fn new(yaml: &str) -> Self {
        let ctx = Ctx {
            app: Arc::new(app(yaml)),
            now: START,
            rng: Rng::seeded(0),
            caller: Caller { ip: "192.0.2.1".into(), user_agent: "curl/8".into() },
            request_id: "request".into(),
        };
        Self { store: Store::memory().await.unwrap(), hasher: Hasher::for_tests(), ctx }
    }

    pub(crate) fn sleep(&mut self, seconds: i64) {
        self.ctx.now = self.ctx.now.plus_seconds(seconds);
    }

    pub(crate) async fn write(&self) -> Tx {
        self.store.write(&self.ctx.app.id).await.unwrap()
    }

    pub(crate) async fn read(&self) -> Tx {
        self.store.read(&self.ctx.app.id).await.unwrap()
    }
}

fn app(yaml: &str) -> App {
    let text = format!(
        "id: test
http: {{ public_origin: http://localhost:3100 }}
identity: {{ login_id: {{ keys: [{{ type: email }}, {{ type: phone }}, {{ type: username }}] }} }}
{yaml}"
    );
    let parts = Parts {
        config: AppConfig::parse(&text).unwrap(),
        features: FeatureConfig::default(),
        secrets: Secrets::default(),
        keys: KEYS.clone(),
        catalogue: Arc::new(Catalogue::new("en")),
        templates: minijinja::Environment::new(),
        theme: json!({}),
    };
    App::new(parts).unwrap()
}
