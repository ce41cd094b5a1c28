//! What the tests of this crate stand on: a project, a database, a clock that is told.

use std::sync::{Arc, LazyLock};

use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Caller, Ctx, Parts};
use domain::{User, UserId};
use i18n::Catalogue;
use jose::SigningKeys;
use kv::Kv;
use serde_json::json;
use stdx::{Rng, Timestamp};
use store::{Store, Tx};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Making an RSA key takes longer than a test.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let key = jose::generate_rs256_jwk("key", START);
    SigningKeys::from_jwk_set(&json!({ "keys": [key] })).unwrap()
});

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) kv: Kv,
    pub(crate) ctx: Ctx,
}

impl World {
    /// `yaml` is added to a project that says nothing; Alice is there.
    pub(crate) async fn new(yaml: &str, features: FeatureConfig) -> Self {
        let text = format!("id: test\nhttp: {{ public_origin: http://localhost:3100 }}\n{yaml}");
        let parts = Parts {
            config: AppConfig::parse(&text).unwrap(),
            features,
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
        let world = Self { store: Store::memory().await.unwrap(), kv: Kv::memory(), ctx };
        let mut tx = world.write().await;
        tx.users().insert(&User::new(alice(), START)).await.unwrap();
        tx.commit().await.unwrap();
        world
    }

    pub(crate) async fn write(&self) -> Tx {
        self.store.write(&self.ctx.app.id).await.unwrap()
    }
}

pub(crate) fn alice() -> UserId {
    UserId::new("alice")
}
