//! What the tests of this crate stand on: a project, a clock that is told, and a browser that
//! keeps cookies, fills forms and follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use accounts::Hasher;
use accounts::account::{Created, NewAccount, create};
use accounts::login_id::{Lists, check_new};
use accounts::password::{Prepared, prepare};
use appconfig::{AppConfig, FeatureConfig, Secrets};
use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use ctx::{App, Caller, Ctx, Parts};
use domain::{ClientId, Grant, GrantId, Scopes, UserId};
use events::Hooks;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jose::SigningKeys;
use kv::Kv;
use outbound::Outbound;
use sessions::grant::NewGrant;
use sessions::{Sessions, browser, consent, grant};
use stdx::{Rng, Secret, Timestamp};
use store::Store;
use tower::ServiceExt as _;
use url::form_urlencoded;
use web::{Apps, Clock, Platform, builtin};

/// 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Making an RSA key takes longer than a test.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let key = jose::generate_rs256_jwk("key", START);
    SigningKeys::from_jwk_set(&serde_json::json!({ "keys": [key] })).unwrap()
});

/// A project where phone numbers must be proved and email addresses need not, with one client;
/// `yaml` is added.
pub(crate) fn app(yaml: &str) -> App {
    let authentication =
        "authentication: { identities: [login_id], primary_authenticators: [password] }";
    app_without_authentication(&format!("{authentication}\n{yaml}"))
}

fn app_without_authentication(yaml: &str) -> App {
    app_of(&app_text("", yaml))
}

fn app_text(authentication: &str, yaml: &str) -> String {
    format!(
        "id: test
http: {{ public_origin: http://localhost:3000 }}
verification: {{ claims: {{ email: {{ enabled: false }}, phone_number: {{ required: true }} }} }}
oauth:
  clients:
  - {{ client_id: web, name: Web, client_name: Harbour Ferry, x_max_concurrent_session: 1, \
         x_application_type: traditional_webapp, client_uri: https://app.example/, \
         redirect_uris: [https://app.example/cb], \
         post_logout_redirect_uris: [https://app.example/bye] }}
{authentication}
{yaml}"
    )
}

fn app_of(text: &str) -> App {
    let catalogue = Arc::new(builtin::catalogue().clone());
    let parts = Parts {
        config: AppConfig::parse(text).unwrap(),
        features: FeatureConfig::default(),
        secrets: secrets(),
        keys: KEYS.clone(),
        templates: builtin::templates(catalogue.clone()),
        catalogue,
        theme: serde_json::json!({}),
    };
    App::new(parts).unwrap()
}

/// What messages are sealed with while they wait, and what the project shares with GitHub.
fn secrets() -> Secrets {
    let key = serde_json::json!({ "kid": "k", "kty": "oct", "k": "aGVsbG8" });
    let keys = serde_json::from_value(serde_json::json!({ "keys": [key] })).unwrap();
    let github = serde_json::json!({ "items": [{ "alias": "github", "client_secret": "hush" }] });
    let github = serde_json::from_value(github).unwrap();
    Secrets { csrf: Some(keys), sso_oauth_client: Some(github), ..Secrets::default() }
}

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) store: Store,
    pub(crate) kv: Kv,
    pub(crate) hasher: Hasher,
    pub(crate) outbound: Outbound,
    pub(crate) platform: Platform,
    now: Arc<AtomicI64>,
    rng: Rng,
    router: Router,
}

impl World {
    pub(crate) async fn new(yaml: &str) -> Self {
        Self::of(app(yaml)).await
    }

    /// `yaml` says itself how people authenticate.
    pub(crate) async fn without_authentication(yaml: &str) -> Self {
        Self::of(app_without_authentication(yaml)).await
    }

    /// A project whose script is asked at `event`.
    pub(crate) async fn with_hook(yaml: &str, event: &str, script: &str) -> Self {
        let url = "authgeardeno:///deno/hook.ts";
        let hook = format!("hook: {{ blocking_handlers: [{{ event: {event}, url: \"{url}\" }}] }}");
        let scripts = BTreeMap::from([("deno/hook.ts".to_owned(), script.to_owned())]);
        Self::of(app(&format!("{hook}\n{yaml}")).with_scripts(scripts)).await
    }

    /// A project that offers GitHub, which is elsewhere.
    pub(crate) async fn with_github(yaml: &str, elsewhere: &testkit::Elsewhere) -> Self {
        let text = "authentication: { identities: [login_id, oauth], \
                    primary_authenticators: [password] }\n\
                    identity: { login_id: { keys: [{ type: email }] }, oauth: { providers: \
                    [{ alias: github, type: github, client_id: ours }] } }\n";
        let app = app_without_authentication(&format!("{text}{yaml}"));
        Box::pin(Self::reaching(app, elsewhere.outbound())).await
    }

    /// A project in which every address and number must be proved.
    pub(crate) async fn of_verified(yaml: &str) -> Self {
        let claims = "email: { enabled: false }, phone_number";
        let proved = "email: { required: true }, phone_number";
        let text = app_text(
            "authentication: { identities: [login_id], primary_authenticators: [password] }",
            yaml,
        );
        Self::of(app_of(&text.replace(claims, proved))).await
    }

    /// A project whose application is somebody else's.
    pub(crate) async fn with_third_party() -> Self {
        let text = app_text(
            "authentication: { identities: [login_id], primary_authenticators: [password] }",
            "",
        );
        Self::of(app_of(&text.replace("traditional_webapp", "third_party_app"))).await
    }

    async fn of(app: App) -> Self {
        Box::pin(Self::reaching(app, Outbound::recording())).await
    }

    async fn reaching(app: App, outbound: Outbound) -> Self {
        let app = Arc::new(app);
        let (store, kv) = (Store::memory().await.unwrap(), Kv::memory());
        let now = Arc::new(AtomicI64::new(START.0));
        let apps = Apps::default();
        apps.replace([(app.clone(), Vec::new())]);
        let sessions = Sessions::new(store.clone(), kv.clone());
        let clock = now.clone();
        let platform = Platform {
            apps,
            store: store.clone(),
            kv: kv.clone(),
            sessions,
            hasher: Hasher::for_tests(),
            hooks: Hooks::for_tests(outbound.clone()),
            outbound,
            clock: Clock::of(move || Timestamp(clock.load(Ordering::Relaxed))),
            rng: Rng::seeded(1),
            proxies: Arc::default(),
            dev_mode: true,
        };
        let router = crate::router(true)
            .fallback(crate::not_found)
            .layer(from_fn_with_state(platform.clone(), web::enter))
            .with_state(platform.clone());
        let (hasher, outbound) = (platform.hasher.clone(), platform.outbound.clone());
        Self { app, store, kv, hasher, outbound, platform, now, rng: Rng::seeded(0), router }
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

    pub(crate) fn sleep(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// Has everything carried that waits in the outbox for people.
    pub(crate) async fn deliver_messages(&self) {
        let Platform { store, kv, outbound, hooks, .. } = self.platform.clone();
        let carrier = messaging::Carrier { store, kv, outbound, hooks };
        let now = || self.ctx().now;
        for lane in events::due_lanes::<messaging::Carrier>(&self.store, now()).await.unwrap() {
            let operation_of = |_: &domain::AppId| Some(self.ctx());
            events::carry(&self.store, &carrier, &lane, &operation_of, &now).await.unwrap();
        }
    }

    /// A browser that has been nowhere yet.
    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: BTreeMap::new(), site: Some("same-origin") }
    }

    /// A person with these email addresses and a password.
    pub(crate) async fn person(&self, id: &str, emails: &[&str], password: &str) -> UserId {
        let ctx = self.ctx();
        let login_ids = emails
            .iter()
            .map(|it| check_new(&self.app.config, &Lists::builtin(), "email", it).unwrap());
        let password = Secret::new(password.to_owned());
        let prepared = prepare(&ctx, &self.store, &self.hasher, None, &password).await.unwrap();
        let Prepared::Ready(password) = prepared else { panic!("{prepared:?}") };
        let user = UserId::new(id);
        let new = NewAccount::new(user.clone())
            .with_login_ids(login_ids)
            .with_password(domain::AuthenticatorKind::Primary, password);
        let mut tx = self.store.write(&self.app.id).await.unwrap();
        let created = create(&ctx, &mut tx, new).await.unwrap();
        assert!(matches!(created, Created::Created { .. }), "{created:?}");
        tx.commit().await.unwrap();
        user
    }

    /// What was written down, in order.
    pub(crate) async fn events(&self) -> Vec<String> {
        let mut tx = self.store.write(&self.app.id).await.unwrap();
        let entries = tx.outbox().claim("audit_log", self.ctx().now, self.ctx().now, 100).await;
        entries.unwrap().into_iter().map(|it| it.r#type).collect()
    }

    /// The person signs in to the client with the project's only application.
    pub(crate) async fn grant_of(&self, user: &UserId) -> Grant {
        let ctx = self.ctx();
        let client = &self.app.config.oauth.clients[0];
        let client_id = ClientId::new(&client.client_id);
        let scopes = Scopes::parse("openid https://authgear.com/scopes/full-access");
        let mut tx = self.store.write(&self.app.id).await.unwrap();
        let authorization = consent::give(&ctx, &mut tx, user, &client_id, &scopes).await.unwrap();
        let new = NewGrant {
            id: GrantId::new(ctx.rng.uuid()),
            user_id: user.clone(),
            authorization_id: authorization.id,
            scopes,
            idp_session_id: None,
            identity_id: None,
            sso_enabled: false,
            amr: vec!["pwd".to_owned()],
            authenticated_at: ctx.now,
            device_info: None,
            app2app_device_key_jwk: None,
            dpop_jkt: None,
        };
        let issued = grant::issue(&ctx, &mut tx, client, new).await.unwrap();
        tx.commit().await.unwrap();
        issued.grant
    }

    /// A browser in which the person is signed in.
    pub(crate) async fn browser_of(&self, user: &UserId) -> Browser {
        let mut tx = self.store.write(&self.app.id).await.unwrap();
        let amr = vec!["pwd".to_owned()];
        let created = browser::create(&self.ctx(), &mut tx, user, amr).await.unwrap();
        tx.commit().await.unwrap();
        let mut browser = self.browser();
        browser.cookies.insert("session".to_owned(), created.cookie.reveal().clone());
        browser
    }
}

pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    /// What it says about where a request comes from.
    pub(crate) site: Option<&'static str>,
}

/// An answer, with what is needed to send its form.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
    pub(crate) url: String,
}

impl Browser {
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.send(Method::GET, url, String::new()).await
    }

    pub(crate) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, url, body).await
    }

    /// Fills the form of a page: its hidden fields, and these.
    pub(crate) async fn fill(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let state = page.hidden("x_state");
        let kind = page.hidden("x_login_id_type");
        let hidden = [("x_state", state), ("x_login_id_type", kind)];
        let hidden = hidden.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        self.post(&page.url, &all).await
    }

    /// Goes where an answer leads.
    pub(crate) async fn follow(&mut self, answer: &Answer) -> Answer {
        let to = answer.location.clone().expect("the answer leads somewhere");
        self.get(&to).await
    }

    async fn send(&mut self, method: Method, url: &str, body: String) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::HOST, "localhost:3000")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(site) = self.site {
            request = request.header("sec-fetch-site", site);
        }
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        request = request.header(header::COOKIE, cookies.join("; "));
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        let location = response.headers().get(header::LOCATION);
        let location = location.map(|it| it.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        // Templates escape the slash; a browser undoes it.
        let body = String::from_utf8(body.into()).unwrap().replace("&#x2f;", "/");
        Answer { status, location, body, url: url.to_owned() }
    }

    fn keep(&mut self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Answer {
    /// Status and where it leads, or the title of the page.
    pub(crate) fn summary(&self) -> String {
        let title = || self.body.split_once("<title>")?.1.split_once(" · ").map(|it| it.0);
        let what = self.location.as_deref().or_else(title).unwrap_or_default();
        format!("{} {what}", self.status.as_u16())
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.body.contains(text), "{text} is not in:\n{}", self.body);
    }

    #[track_caller]
    pub(crate) fn lacks(&self, text: &str) {
        assert!(!self.body.contains(text), "{text} is in:\n{}", self.body);
    }

    /// What stands under a field as its errors.
    pub(crate) fn error_of(&self, field: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("id=\"{field}-error\""))?;
        let (_, rest) = rest.split_once("<span>")?;
        rest.split_once("</span>").map(|it| it.0)
    }

    /// What stands above the form.
    pub(crate) fn form_error(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("role=\"alert\"")?;
        let (_, rest) = rest.split_once("<p>")?;
        rest.split_once("</p>").map(|it| it.0)
    }

    /// The good news on the page.
    pub(crate) fn notice(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("role=\"status\"")?;
        let (_, rest) = rest.split_once("<p>")?;
        rest.split_once("</p>").map(|it| it.0)
    }

    pub(crate) fn hidden(&self, name: &str) -> Option<String> {
        let (_, rest) =
            self.body.split_once(&format!("type=\"hidden\" name=\"{name}\" value=\""))?;
        rest.split_once('"').map(|it| it.0.to_owned())
    }
}
