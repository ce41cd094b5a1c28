//! The platform of a test: real everything but the clock, the randomness and the outside.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use accounts::Hasher;
use accounts::account::{self, Created, NewAccount};
use accounts::login_id::{self, Lists};
use accounts::password::{self, Prepared};
use appconfig::secrets::KeySet;
use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Caller, Ctx, Parts};
use domain::{AppId, AuthenticatorKind, UserId};
use events::Hooks;
use jose::SigningKeys;
use kv::Kv;
use messaging::Carrier;
use outbound::Outbound;
use serde_json::json;
use sessions::Sessions;
use stdx::{Rng, Secret, Timestamp};
use store::Store;
use web::{Apps, Clock, Platform, TrustedProxies, builtin};

use crate::Webhook;

/// 2026-01-01T00:00:00Z: every test starts here.
pub const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Making an RSA key takes longer than a test.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let key = jose::generate_rs256_jwk("key", START);
    SigningKeys::from_jwk_set(&json!({ "keys": [key] })).expect("a fresh key is good")
});

/// What a test starts from.
pub struct World {
    pub platform: Platform,
    pub app: Arc<App>,
    now: Arc<AtomicI64>,
}

impl World {
    /// A project at `http://localhost:3000` with these settings besides.
    ///
    /// `yaml` holds top-level keys of `authgear.yaml`; without `identity` people sign in by
    /// email, phone and username, without `verification` nothing is verified.
    pub async fn new(yaml: &str) -> Self {
        Self::on(yaml, Store::memory().await.expect("a database in memory"), Kv::memory())
    }

    /// The same with scripts: their paths, such as `deno/hook.ts`, and their sources.
    pub async fn with_scripts(yaml: &str, scripts: &[(&str, &str)]) -> Self {
        let store = Store::memory().await.expect("a database in memory");
        let scripts = scripts.iter().map(|(path, it)| ((*path).to_owned(), (*it).to_owned()));
        Self::of(app(yaml).with_scripts(scripts.collect()), store, Kv::memory())
    }

    /// The same on resources of the test's own choosing.
    pub fn on(yaml: &str, store: Store, kv: Kv) -> Self {
        Self::of(app(yaml), store, kv)
    }

    /// Lets hooks on loopback be called.
    #[must_use]
    pub fn that_calls_webhooks(mut self) -> Self {
        self.platform.hooks = Hooks::for_tests(Webhook::outbound());
        self
    }

    /// The same with a project of the test's own making.
    pub fn of(app: App, store: Store, kv: Kv) -> Self {
        let app = Arc::new(app);
        let now = Arc::new(AtomicI64::new(START.0));
        let clock = now.clone();
        let apps = Apps::default();
        apps.replace([(app.clone(), Vec::new())]);
        let outbound = Outbound::recording();
        let platform = Platform {
            apps,
            sessions: Sessions::new(store.clone(), kv.clone()),
            store,
            kv,
            hasher: Hasher::for_tests(),
            hooks: Hooks::for_tests(outbound.clone()),
            outbound,
            clock: Clock::of(move || Timestamp(clock.load(Ordering::Relaxed))),
            rng: Rng::seeded(0),
            proxies: Arc::new(TrustedProxies::default()),
            dev_mode: true,
        };
        Self { platform, app, now }
    }

    /// What an operation is given that starts now.
    pub fn ctx(&self) -> Ctx {
        Ctx {
            app: self.app.clone(),
            now: self.platform.clock.now(),
            rng: self.platform.rng.clone(),
            caller: Caller { ip: "192.0.2.1".to_owned(), user_agent: "curl/8".to_owned() },
            request_id: "request".to_owned(),
        }
    }

    /// Lets time pass.
    pub fn sleep(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// Has everything carried that waits in the outbox for people.
    pub async fn deliver_messages(&self) {
        let Platform { store, kv, outbound, hooks, .. } = self.platform.clone();
        let carrier = Carrier { store, kv, outbound, hooks };
        let operation_of = |_: &AppId| Some(self.ctx());
        let now = || self.platform.clock.now();
        let store = &self.platform.store;
        let lanes = events::due_lanes::<Carrier>(store, now()).await.expect("lanes");
        for lane in lanes {
            let carried = events::carry(store, &carrier, &lane, &operation_of, &now);
            carried.await.expect("carried");
        }
    }

    /// Somebody who signed up earlier, with a login ID of the key `key`.
    pub async fn person(&self, key: &str, login_id: &str, password: &str) -> UserId {
        let ctx = self.ctx();
        let (store, hasher) = (&self.platform.store, &self.platform.hasher);
        let lists = Lists::builtin();
        let checked = login_id::check_new(&ctx.app.config, &lists, key, login_id);
        let checked = checked.expect("a login ID that the project allows");
        let password = Secret::new(password.to_owned());
        let prepared = password::prepare(&ctx, store, hasher, None, &password).await;
        let Ok(Prepared::Ready(password)) = prepared else {
            panic!("not a password that the project allows: {prepared:?}");
        };
        let new = NewAccount::new(UserId::new(ctx.rng.uuid()))
            .with_login_ids([checked])
            .with_password(AuthenticatorKind::Primary, password);
        let mut tx = store.write(&ctx.app.id).await.expect("a writer");
        let created = account::create(&ctx, &mut tx, new).await.expect("an account");
        let Created::Created { user, .. } = created else { panic!("taken: {created:?}") };
        tx.commit().await.expect("a commit");
        user.id
    }
}

/// The project that [`World::new`] makes of `yaml`.
pub fn app(yaml: &str) -> App {
    let mut text = "id: test\nhttp: { public_origin: \"http://localhost:3000\" }\n".to_owned();
    if !yaml.contains("identity:") {
        text.push_str(
            "identity: { login_id: { keys: [{ type: email }, { type: phone }, { type: username }] } }\n",
        );
    }
    if !yaml.contains("verification:") {
        text.push_str(
            "verification: { claims: { email: { enabled: false, required: false }, \
             phone_number: { enabled: false, required: false } } }\n",
        );
    }
    if !yaml.contains("authentication:") {
        text.push_str(
            "authentication: { identities: [login_id], primary_authenticators: [password] }\n",
        );
    }
    text.push_str(yaml);
    let catalogue = Arc::new(builtin::catalogue().clone());
    let parts = Parts {
        config: AppConfig::parse(&text).expect("a valid configuration"),
        features: FeatureConfig::default(),
        secrets: secrets(),
        keys: KEYS.clone(),
        templates: builtin::templates(catalogue.clone()),
        catalogue,
        theme: json!({}),
    };
    App::new(parts).expect("a public origin")
}

/// What messages are sealed with while they wait, and what the project shares with the provider
/// `github`.
fn secrets() -> Secrets {
    let key = json!({ "kid": "k", "kty": "oct", "k": "aGVsbG8" });
    let keys: KeySet = serde_json::from_value(json!({ "keys": [key] })).expect("a set of keys");
    let github = json!({ "items": [{ "alias": "github", "client_secret": "hush" }] });
    let sso_oauth_client = serde_json::from_value(github).expect("the credentials of a client");
    Secrets {
        csrf: Some(keys.clone()),
        webhook: Some(keys),
        sso_oauth_client: Some(sso_oauth_client),
        ..Secrets::default()
    }
}
