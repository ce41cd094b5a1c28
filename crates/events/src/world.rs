//! What the tests of this crate stand on: a project, a database, a clock that is told.

use std::sync::{Arc, LazyLock};

use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Caller, Ctx, Parts};
use i18n::Catalogue;
use jose::SigningKeys;
use serde_json::json;
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
        let text = "id: test\nhttp: { public_origin: http://localhost:3100 }";
        let parts = Parts {
            config: AppConfig::parse(text).unwrap(),
            features: FeatureConfig::default(),
            secrets: Secrets::default(),
            keys: KEYS.clone(),
            catalogue: Arc::new(Catalogue::new("en")),
            templates: minijinja::Environment::new(),
            theme: json!({}),
        };
        let ctx = Ctx {
            app: Arc::new(App::new(parts).unwrap()),
            now: START,
            rng: Rng::seeded(0),
            caller: Caller { ip: "192.0.2.1".into(), user_agent: "curl/8".into() },
            request_id: "request".into(),
        };
        Self { store: Store::memory().await.unwrap(), ctx }
    }

    pub(crate) async fn write(&self) -> Tx {
        self.store.write(&self.ctx.app.id).await.unwrap()
    }
}
