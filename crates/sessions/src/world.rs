//! What the tests of this crate stand on: a project, a database, a clock that is told.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Caller, Ctx, Parts};
use domain::{ClientId, GrantId, IdpSessionId, Scopes, User, UserId};
use i18n::Catalogue;
use kv::Kv;
use serde_json::{Value, json};
use stdx::{Rng, Timestamp};
use store::{Store, Tx};

use crate::grant::{self, Issued, NewGrant};
use crate::{Sessions, browser, consent};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

// Generating takes a tenth of a second. The other project's key has the same id.
static KEYS: LazyLock<[Value; 2]> =
    LazyLock::new(|| [(); 2].map(|()| jose::generate_rs256_jwk("key", Timestamp::EPOCH)));

pub(crate) struct World {
    pub store: Store,
    pub kv: Kv,
    pub sessions: Sessions,
    pub app: Arc<App>,
    now: AtomicI64,
    rng: Rng,
}

impl World {
    /// A project with the clients `app` and `other`, and Alice.
    pub(crate) async fn new() -> Self {
        let (store, kv) = (Store::memory().await.unwrap(), Kv::memory());
        let world = Self {
            sessions: Sessions::new(store.clone(), kv.clone()),
            store,
            kv,
            app: Arc::new(app("test", &["app", "other"])),
            now: AtomicI64::new(START.0),
            rng: Rng::seeded(0),
        };
        let mut tx = world.write().await;
        tx.users().insert(&User::new(alice(), START)).await.unwrap();
        tx.commit().await.unwrap();
        world
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx {
            app: self.app.clone(),
            now: Timestamp(self.now.load(Ordering::Relaxed)),
            rng: self.rng.clone(),
            caller: Caller { ip: "192.0.2.1".into(), user_agent: "curl/8".into() },
            request_id: "request".into(),
        }
    }

    /// The same world through another project.
    pub(crate) fn other_project(&self) -> Ctx {
        Ctx { app: Arc::new(app("elsewhere", &["app", "other"])), ..self.ctx() }
    }

    pub(crate) fn sleep(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) async fn write(&self) -> Tx {
        self.store.write(&self.app.id).await.unwrap()
    }

    /// Alice signs in with a browser; the id and the cookie.
    pub(crate) async fn browser(&self) -> (IdpSessionId, String) {
        let mut tx = self.write().await;
        let amr = vec!["pwd".into()];
        let created = browser::create(&self.ctx(), &mut tx, &alice(), amr).await.unwrap();
        tx.commit().await.unwrap();
        (created.session.id, created.cookie.reveal().clone())
    }

    /// Alice signs in to `client`, sharing `idp_session` if there is one.
    pub(crate) async fn grant(&self, client: &str, idp_session: Option<&IdpSessionId>) -> Issued {
        let ctx = self.ctx();
        let config = self.app.config.oauth.find_client(client).unwrap();
        let scopes = Scopes::parse("openid offline_access https://authgear.com/scopes/full-access");
        let mut tx = self.write().await;
        let authorization =
            consent::give(&ctx, &mut tx, &alice(), &ClientId::new(client), &scopes).await.unwrap();
        let new = NewGrant {
            id: GrantId::new(ctx.rng.uuid()),
            user_id: alice(),
            authorization_id: authorization.id,
            scopes,
            idp_session_id: idp_session.cloned(),
            identity_id: None,
            sso_enabled: idp_session.is_some(),
            amr: vec!["pwd".into()],
            authenticated_at: ctx.now,
            device_info: None,
            app2app_device_key_jwk: None,
            dpop_jkt: None,
        };
        let issued = grant::issue(&ctx, &mut tx, config, new).await.unwrap();
        tx.commit().await.unwrap();
        issued
    }

    pub(crate) async fn set_disabled(&self, is_disabled: bool) {
        let mut tx = self.write().await;
        tx.users().set_disabled(&alice(), is_disabled, None, START).await.unwrap();
        tx.commit().await.unwrap();
    }
}

pub(crate) fn alice() -> UserId {
    UserId::new("alice")
}

pub(crate) fn app(id: &str, clients: &[&str]) -> App {
    project(id, &mut clients_of(clients))
}

/// A project with `app` and `other`, changed before it starts.
pub(crate) fn app_with(id: &str, change: impl FnOnce(&mut [Value])) -> App {
    let mut clients = clients_of(&["app", "other"]);
    change(&mut clients);
    project(id, &mut clients)
}

fn clients_of(ids: &[&str]) -> Vec<Value> {
    ids.iter()
        .map(|id| {
            json!({
                "client_id": id,
                "name": id,
                "x_application_type": "native",
                "redirect_uris": ["com.example.app://host/path"],
                "refresh_token_rotation_enabled": true,
                "refresh_token_lifetime_seconds": 86_400,
                "refresh_token_idle_timeout_seconds": 7_200,
                "access_token_lifetime_seconds": 1_800,
            })
        })
        .collect()
}

fn project(id: &str, clients: &mut [Value]) -> App {
    let config = AppConfig::from_value(json!({
        "id": id,
        "http": { "public_origin": "https://test.example.com" },
        "session": { "lifetime_seconds": 86_400, "idle_timeout_seconds": 3_600 },
        "oauth": { "clients": clients },
    }));
    let key = &KEYS[usize::from(id != "test")];
    let parts = Parts {
        config: config.unwrap(),
        features: FeatureConfig::default(),
        secrets: Secrets::default(),
        keys: jose::SigningKeys::from_jwk_set(&json!({ "keys": [key] })).unwrap(),
        catalogue: Arc::new(Catalogue::new("en")),
        templates: minijinja::Environment::new(),
        theme: json!({}),
    };
    App::new(parts).unwrap()
}
