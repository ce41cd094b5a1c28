//! What the tests of this crate stand on: a project with a client of every kind, a browser, and
//! the real router.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use accounts::Hasher;
use appconfig::{AppConfig, FeatureConfig, Secrets};
use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use ctx::{App, Caller, Ctx, Parts};
use domain::{User, UserId};
use events::Hooks;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use kv::Kv;
use outbound::Outbound;
use serde_json::{Value, json};
use sessions::{AuthenticationInfo, SessionRef, Sessions, authentication_info, browser};
use stdx::{Rng, Timestamp, base64url};
use store::Store;
use tower::ServiceExt as _;
use web::{Apps, Clock, Platform};

pub(crate) const START: Timestamp = Timestamp::from_seconds(1_767_225_600);
pub(crate) const ORIGIN: &str = "https://test.example.com";
pub(crate) const SECRET: &str = "a secret/of=the&client";
pub(crate) const FULL: &str = "openid offline_access https://authgear.com/scopes/full-access";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

// Generating takes a tenth of a second.
static KEYS: LazyLock<[Value; 2]> =
    LazyLock::new(|| [(); 2].map(|()| jose::generate_rs256_jwk("key", Timestamp::EPOCH)));

pub(crate) struct World {
    pub platform: Platform,
    app: Arc<App>,
    now: Arc<AtomicI64>,
    /// What the browser keeps.
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer, as far as tests look at it.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose project is changed before it starts.
    pub(crate) async fn with(change: impl FnOnce(&mut Value)) -> Self {
        Self::with_script(change, "").await
    }

    /// The same, with a script at `deno/hook.ts`.
    pub(crate) async fn with_script(change: impl FnOnce(&mut Value), script: &str) -> Self {
        let (store, kv) = (Store::memory().await.unwrap(), Kv::memory());
        let mut config = config();
        change(&mut config);
        let scripts = BTreeMap::from([("deno/hook.ts".to_owned(), script.to_owned())]);
        let app = Arc::new(app(config, &KEYS[0]).with_scripts(scripts));
        let now = Arc::new(AtomicI64::new(START.0));
        let apps = Apps::default();
        apps.replace([(app.clone(), Vec::new()), (Arc::new(elsewhere()), Vec::new())]);
        let ticking = now.clone();
        let outbound = Outbound::recording();
        let platform = Platform {
            apps,
            sessions: Sessions::new(store.clone(), kv.clone()),
            store,
            kv,
            hasher: Hasher::for_tests(),
            hooks: Hooks::for_tests(outbound.clone()),
            outbound,
            clock: Clock::of(move || Timestamp(ticking.load(Ordering::Relaxed))),
            rng: Rng::seeded(0),
            proxies: Arc::default(),
            dev_mode: false,
        };
        let world = Self { platform, app, now, cookies: Mutex::default() };
        for id in ["alice", "bob"] {
            let mut user = User::new(UserId::new(id), START);
            user.standard_attributes.insert("email".into(), json!(format!("{id}@example.com")));
            user.standard_attributes.insert("given_name".into(), json!(id));
            let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
            tx.users().insert(&user).await.unwrap();
            tx.commit().await.unwrap();
        }
        world
    }

    pub(crate) fn ctx(&self) -> Ctx {
        Ctx {
            app: self.app.clone(),
            now: Timestamp(self.now.load(Ordering::Relaxed)),
            rng: self.platform.rng.clone(),
            caller: Caller::default(),
            request_id: "request".into(),
        }
    }

    pub(crate) fn sleep(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// A browser that knows nothing.
    pub(crate) fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(form.to_owned()));
        self.send(request.unwrap()).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    /// Sends a request with the browser's cookies, and keeps those that come back.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Reply {
        if !request.headers().contains_key(header::HOST) {
            request.headers_mut().insert(header::HOST, "test.example.com".parse().unwrap());
        }
        let pairs: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(name, it)| format!("{name}={it}")).collect();
        if !pairs.is_empty() {
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        let router: Router = crate::router()
            .layer(from_fn_with_state(self.platform.clone(), web::enter))
            .with_state(self.platform.clone());
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// What the pages do: the person of the request signs in, and the flow returns.
    pub(crate) async fn sign_in(&self, user: &str, x_ref: &str) -> String {
        let ctx = self.ctx();
        let mut tx = self.platform.store.write(&ctx.app.id).await.unwrap();
        let (user, amr) = (UserId::new(user), vec!["pwd".to_owned()]);
        let created = browser::create(&ctx, &mut tx, &user, amr.clone()).await.unwrap();
        tx.commit().await.unwrap();
        let cookie = created.cookie.reveal().clone();
        self.cookies.lock().unwrap().insert("session".into(), cookie);
        let info = AuthenticationInfo {
            user_id: user,
            amr,
            authenticated_at: ctx.now,
            oauth_session_id: x_ref.to_owned(),
            session: Some(SessionRef::Idp(created.session.id)),
        };
        let code = authentication_info::save(&ctx, &self.platform.kv, &info).await.unwrap();
        format!("/oauth2/consent?code={code}&x_ref={x_ref}")
    }

    /// Alice signs in to `client` from a new browser, all the way to the answer.
    pub(crate) async fn authorize(&self, client: &str, extra: &str) -> Reply {
        let handed_over = self.get(&authorization(client, extra)).await;
        let x_ref = handed_over.param("x_ref");
        let back = self.sign_in("alice", &x_ref).await;
        self.get(&back).await
    }

    /// The same, and the code is redeemed.
    pub(crate) async fn tokens(&self, client: &str, extra: &str, form: &str) -> Value {
        let code = self.authorize(client, extra).await.param("code");
        let reply = self.redeem(client, &code, form).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }

    pub(crate) async fn redeem(&self, client: &str, code: &str, form: &str) -> Reply {
        let redirect_uri = redirect_uri(client);
        let form = format!(
            "grant_type=authorization_code&client_id={client}&code={code}\
             &redirect_uri={redirect_uri}&code_verifier={VERIFIER}&{form}"
        );
        self.post("/oauth2/token", &form).await
    }

    pub(crate) async fn refresh(&self, client: &str, token: &str) -> Reply {
        let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
        self.post("/oauth2/token", &form).await
    }

    pub(crate) async fn userinfo(&self, token: &str) -> Reply {
        let request = Request::get("/oauth2/userinfo")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty());
        let cookies = std::mem::take(&mut *self.cookies.lock().unwrap());
        let reply = self.send(request.unwrap()).await;
        *self.cookies.lock().unwrap() = cookies;
        reply
    }

    /// How often this is in the audit log.
    pub(crate) async fn events(&self, kind: &str) -> usize {
        let store = &self.platform.store;
        while events::deliver(store, self.ctx().now).await.unwrap().is_more {}
        let mut tx = store.read(&self.app.id).await.unwrap();
        let entries = tx.audit_log().list(None, 100).await.unwrap();
        entries.iter().filter(|it| it.activity_type == kind).count()
    }

    /// What the newest entry of this kind in the audit log says.
    pub(crate) async fn logged(&self, kind: &str) -> Value {
        let store = &self.platform.store;
        while events::deliver(store, self.ctx().now).await.unwrap().is_more {}
        let mut tx = store.read(&self.app.id).await.unwrap();
        let entries = tx.audit_log().list(None, 100).await.unwrap();
        let found = entries.into_iter().find(|it| it.activity_type == kind);
        found.unwrap_or_else(|| panic!("no {kind}")).data["payload"].clone()
    }

    /// The keys of another project, under the same id.
    pub(crate) fn foreign_keys(&self) -> jose::SigningKeys {
        assert_eq!(self.app.id.as_str(), "test");
        jose::SigningKeys::from_jwk_set(&json!({ "keys": [KEYS[1]] })).unwrap()
    }

    /// A challenge of another project of the same installation.
    pub(crate) async fn challenge_elsewhere(&self, purpose: &str) -> String {
        let request = Request::post("/oauth2/challenge")
            .header(header::HOST, "elsewhere.example.com")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "purpose": purpose }).to_string()));
        let reply = self.send(request.unwrap()).await;
        reply.json()["result"]["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn disable(&self, user: &str) {
        let mut tx = self.platform.store.write(&self.app.id).await.unwrap();
        tx.users().set_disabled(&UserId::new(user), true, None, START).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn set_disabled(&self, is_disabled: bool) {
        let mut tx = self.platform.store.write(&self.app.id).await.unwrap();
        let alice = UserId::new("alice");
        tx.users().set_disabled(&alice, is_disabled, None, START).await.unwrap();
        tx.commit().await.unwrap();
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A parameter of the address that the answer leads to.
    pub(crate) fn param(&self, name: &str) -> String {
        let location = self.location();
        let (_, query) = location
            .split_once(['?', '#'])
            .unwrap_or_else(|| panic!("no answer in {} {location}: {}", self.status, self.body));
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name} in {location}")).1.into_owned()
    }

    /// Status, headers that matter and body, for snapshots.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for name in ["location", "cache-control", "www-authenticate"] {
            if self.headers.contains_key(name) {
                text.extend([name, ": ", self.header(name), "\n"]);
            }
        }
        if self.location().is_empty() && !self.body.is_empty() {
            text.push_str(&self.body);
            text.push('\n');
        }
        text
    }

    /// `error: description` of a JSON refusal.
    pub(crate) fn error(&self) -> String {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        format!("{}: {}", text("error"), text("error_description"))
    }
}

/// The address of an authorization request that has everything it needs.
pub(crate) fn authorization(client: &str, extra: &str) -> String {
    let scope = match client {
        "third" | "confidential" => "openid+email+offline_access".to_owned(),
        _ => FULL.replace(' ', "+"),
    };
    let mut query = format!(
        "response_type=code&client_id={client}&redirect_uri={}&scope={scope}&state=s\
         &code_challenge={CHALLENGE}&code_challenge_method=S256",
        redirect_uri(client)
    );
    // What a test says itself is not said twice.
    for (name, _) in url::form_urlencoded::parse(extra.as_bytes()) {
        let kept: Vec<_> = query
            .split('&')
            .filter(|it| it.split('=').next() != Some(&*name))
            .map(str::to_owned)
            .collect();
        query = kept.join("&");
    }
    format!("/oauth2/authorize?{query}&{extra}")
}

pub(crate) fn redirect_uri(client: &str) -> String {
    format!("https://{client}.example.com/cb")
}

fn config() -> Value {
    let client = |id: &str, kind: &str| {
        json!({
            "client_id": id, "name": id, "client_name": format!("{id} app"),
            "x_application_type": kind,
            "redirect_uris": [redirect_uri(id)],
            "post_logout_redirect_uris": [format!("https://{id}.example.com/out")],
            "refresh_token_rotation_enabled": true,
        })
    };
    let mut clients = vec![
        client("spa", "spa"),
        client("confidential", "confidential"),
        client("third", "third_party_app"),
        client("native", "native"),
        client("app-a", "native"),
        client("app-b", "native"),
        json!({ "client_id": "machine", "name": "machine", "x_application_type": "m2m" }),
    ];
    for app in &mut clients[4..6] {
        app["x_app2app_enabled"] = json!(true);
        app["refresh_token_rotation_enabled"] = json!(false);
    }
    json!({
        "id": "test",
        "http": { "public_origin": ORIGIN },
        "oauth": { "clients": clients },
    })
}

/// RFC 7517 §A.2.
fn es256() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "kid": "es256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
    })
}

fn elsewhere() -> App {
    let mut config = config();
    config["id"] = json!("elsewhere");
    config["http"]["public_origin"] = json!("https://elsewhere.example.com");
    app(config, &KEYS[1])
}

fn app(config: Value, key: &Value) -> App {
    let config = AppConfig::from_value(config).unwrap();
    let secrets: Vec<_> = [
        "confidential",
        "third",
        "machine",
        "https://shop.example.com",
        "https://stock.example.com",
    ]
    .map(|id| {
        let key = json!({ "kty": "oct", "kid": "k", "k": base64url(SECRET.as_bytes()) });
        json!({ "client_id": id, "keys": [key] })
    })
    .to_vec();
    let secrets = json!({ "items": secrets });
    let pairwise = json!({ "kty": "oct", "kid": "k", "k": base64url(&[7; 32]) });
    let secrets = Secrets {
        oauth_client_secrets: Some(serde_json::from_value(secrets).unwrap()),
        pairwise: Some(serde_json::from_value(json!({ "keys": [pairwise] })).unwrap()),
        client_registration: Some(
            serde_json::from_value(json!({ "tokens": ["initial"] })).unwrap(),
        ),
        ..Secrets::default()
    };
    let mut features = FeatureConfig::default();
    features.oauth.client.app2app_enabled = config.id != "without-app2app";
    let catalogue = Arc::new(web::builtin::catalogue().clone());
    App::new(Parts {
        config,
        features,
        secrets,
        keys: jose::SigningKeys::from_jwk_set(&json!({ "keys": [key, es256()] })).unwrap(),
        templates: web::builtin::templates(catalogue.clone()),
        catalogue,
        theme: json!({}),
    })
    .unwrap()
}
