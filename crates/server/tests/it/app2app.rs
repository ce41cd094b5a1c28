//! Two apps on one phone: App A signs a person in with a password, App B through App A.
//!
//! It runs as a test and, with its messages printed, as an example.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use accounts::Hasher;
use appconfig::{AppConfig, FeatureConfig, Secrets};
use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Body;
use ctx::{App, Parts};
use events::Hooks;
use http::{Request, header};
use http_body_util::BodyExt as _;
use jose::{PrivateKey, SigningKeys};
use kv::Kv;
use outbound::Outbound;
use serde_json::{Value, json};
use sessions::Sessions;
use stdx::{Rng, Timestamp, base64url};
use store::Store;
use tower::ServiceExt as _;
use web::{Apps, Clock, Platform};

const ORIGIN: &str = "http://localhost:3000";
const APP_A: &str = "https://a.example.com/callback";
const APP_B: &str = "https://b.example.com/callback";
const GRANT: &str = "urn:authgear:params:oauth:grant-type:app2app-request";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Plays all of it and says who App B was told that the person is.
pub async fn play(print: &mut dyn FnMut(&str)) -> Outcome<String> {
    let mut phone = Phone { router: server().await?, print, cookies: BTreeMap::new() };
    let device = Device::new()?;
    let rng = Rng::system();

    phone.title("App A: the person signs up, and the device key is bound");
    let (verifier, challenge) = pkce(&rng);
    let code = phone.sign_up(&challenge).await?;
    let jwt = device.sign(&phone.challenge().await?);
    let tokens = phone
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", "app_a"),
            ("redirect_uri", APP_A),
            ("code", &code),
            ("code_verifier", &verifier),
            ("x_app2app_device_key_jwt", &jwt),
        ])
        .await?;
    let refresh_token = text(&tokens, "refresh_token")?;

    phone.title("App B opens App A");
    let (verifier, challenge) = pkce(&rng);
    phone.say(&format!(
        "https://a.example.com/authorize?client_id=app_b&redirect_uri={APP_B}\
         &code_challenge_method=S256&code_challenge={challenge}&state=s"
    ));

    phone.title("App A: the person says yes, and App A asks for a code for App B");
    let jwt = device.sign(&phone.challenge().await?);
    let answer = phone
        .token(&[
            ("grant_type", GRANT),
            ("client_id", "app_b"),
            ("redirect_uri", APP_B),
            ("code_challenge_method", "S256"),
            ("code_challenge", &challenge),
            ("refresh_token", &refresh_token),
            ("jwt", &jwt),
        ])
        .await?;
    let code = text(&answer, "code")?;

    phone.title("App A opens App B, and App B redeems the code");
    phone.say(&format!("{APP_B}?code={}&state=s", short(&code)));
    let tokens = phone
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", "app_b"),
            ("redirect_uri", APP_B),
            ("code", &code),
            ("code_verifier", &verifier),
        ])
        .await?;
    phone.userinfo(&text(&tokens, "access_token")?).await
}

/// A server with both apps, on a database in memory.
async fn server() -> Outcome<Router> {
    let apps = Apps::default();
    apps.replace([(Arc::new(project()?), Vec::new())]);
    let (store, kv) = (Store::memory().await?, Kv::memory());
    let outbound = Outbound::recording();
    Ok(server::main_router(&Platform {
        apps,
        sessions: Sessions::new(store.clone(), kv.clone()),
        store,
        kv,
        hasher: Hasher::for_tests(),
        hooks: Hooks::for_tests(outbound.clone()),
        outbound,
        clock: Clock::system(),
        rng: Rng::system(),
        proxies: Arc::default(),
        dev_mode: false,
    }))
}

/// What `authgear.yaml` and `authgear.features.yaml` say of the two apps.
fn project() -> Outcome<App> {
    let client = |id: &str, uri: &str| {
        json!({
            "client_id": id, "name": id, "x_application_type": "native",
            "redirect_uris": [uri], "x_app2app_enabled": true,
        })
    };
    let not_verified = json!({ "enabled": false, "required": false });
    let config = AppConfig::from_value(json!({
        "id": "app2app",
        "http": { "public_origin": ORIGIN },
        "identity": { "login_id": { "keys": [{ "type": "email" }] } },
        "authentication": {
            "identities": ["login_id"],
            "primary_authenticators": ["password"],
            "secondary_authentication_mode": "disabled",
        },
        "verification": { "claims": { "email": not_verified, "phone_number": not_verified } },
        "oauth": { "clients": [client("app_a", APP_A), client("app_b", APP_B)] },
    }))?;
    let key = jose::generate_rs256_jwk("key", Timestamp::from_clock());
    let catalogue = Arc::new(web::builtin::catalogue().clone());
    let app = App::new(Parts {
        config,
        features: FeatureConfig::parse("oauth: { client: { app2app_enabled: true } }")?,
        secrets: Secrets::default(),
        keys: SigningKeys::from_jwk_set(&json!({ "keys": [key] }))?,
        templates: web::builtin::templates(catalogue.clone()),
        catalogue,
        theme: json!({}),
    });
    app.ok_or_else(|| "not an origin".into())
}

/// The phone: its browser, its apps, and a look at what they send.
struct Phone<'a> {
    router: Router,
    print: &'a mut dyn FnMut(&str),
    cookies: BTreeMap<String, String>,
}

impl Phone<'_> {
    fn title(&mut self, title: &str) {
        (self.print)(&format!("\n# {title}"));
    }

    fn say(&mut self, line: &str) {
        (self.print)(line);
    }

    /// The person signs up in the browser that App A opened; the code that App A gets.
    async fn sign_up(&mut self, challenge: &str) -> Outcome<String> {
        let scope = "openid offline_access https://authgear.com/scopes/full-access";
        let query = form(&[
            ("response_type", "code"),
            ("client_id", "app_a"),
            ("redirect_uri", APP_A),
            ("scope", scope),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("x_sso_enabled", "false"),
        ]);
        self.say(&format!("GET {ORIGIN}/oauth2/authorize?{query}"));
        let address = format!("/oauth2/authorize?{query}");
        let (location, _) = self.send("GET", &address, "", String::new()).await?;
        let x_ref = param(&location, "x_ref")?;
        // What the pages do with the person, by the API that is behind them.
        let flow = json!({
            "type": "signup", "name": "default", "url_query": format!("x_ref={x_ref}"),
            "batch_input": [
                { "identification": "email", "login_id": "mei@example.com" },
                { "authentication": "primary_password", "new_password": "correct horse battery" },
            ],
        });
        let flows = "/api/v1/authentication_flows";
        let (_, answer) = self.send("POST", flows, "application/json", flow.to_string()).await?;
        let back = answer.pointer("/result/action/data/finish_redirect_uri");
        let back = back.and_then(Value::as_str).ok_or_else(|| answer.to_string())?;
        let back = back.strip_prefix(ORIGIN).unwrap_or(back).to_owned();
        let (location, _) = self.send("GET", &back, "", String::new()).await?;
        let code = param(&location, "code")?;
        self.say(&format!("303 {APP_A}?code={}", short(&code)));
        Ok(code)
    }

    async fn challenge(&mut self) -> Outcome<String> {
        let body = json!({ "purpose": "app2app_request" }).to_string();
        self.say(&format!("POST {ORIGIN}/oauth2/challenge\n{body}"));
        let (_, answer) = self.send("POST", "/oauth2/challenge", "application/json", body).await?;
        self.shown(&answer);
        text(&answer["result"], "token")
    }

    async fn token(&mut self, fields: &[(&str, &str)]) -> Outcome<Value> {
        self.say(&format!("POST {ORIGIN}/oauth2/token"));
        for (name, value) in fields {
            self.say(&format!("  {name}={}", short(value)));
        }
        let kind = "application/x-www-form-urlencoded";
        let (_, answer) = self.send("POST", "/oauth2/token", kind, form(fields)).await?;
        self.shown(&answer);
        Ok(answer)
    }

    async fn userinfo(&mut self, access_token: &str) -> Outcome<String> {
        self.say(&format!("GET {ORIGIN}/oauth2/userinfo"));
        self.cookies.clear();
        self.cookies.insert("app_access_token".to_owned(), access_token.to_owned());
        let (_, answer) = self.send("GET", "/oauth2/userinfo", "", String::new()).await?;
        self.shown(&answer);
        text(&answer, "email")
    }

    fn shown(&mut self, answer: &Value) {
        let shown = match answer {
            Value::Object(members) => {
                let short = |it: &Value| it.as_str().map_or(it.clone(), |it| json!(short(it)));
                Value::Object(members.iter().map(|(name, it)| (name.clone(), short(it))).collect())
            }
            other => other.clone(),
        };
        self.say(&format!("200 {shown}"));
    }

    /// Where the answer leads, and its body when it is JSON.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: String,
    ) -> Outcome<(String, Value)> {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body))?).await?;
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = body.collect().await?.to_bytes();
        if parts.status.is_client_error() || parts.status.is_server_error() {
            return Err(format!("{}: {}", parts.status, String::from_utf8_lossy(&body)).into());
        }
        let location = parts.headers.get(header::LOCATION).map(|it| it.to_str()).transpose()?;
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Ok((location.unwrap_or_default().to_owned(), json))
    }
}

/// The key in App A's key store.
struct Device {
    private: PrivateKey,
    jwk: Value,
}

impl Device {
    fn new() -> Outcome<Self> {
        let full = jose::generate_rs256_jwk("the-key-of-this-device", Timestamp::EPOCH);
        let private = PrivateKey::from_jwk(full.as_object().ok_or("not a key")?)?;
        let jwk = json!({
            "kid": full["kid"], "kty": "RSA", "alg": "RS256", "n": full["n"], "e": full["e"],
        });
        Ok(Self { private, jwk })
    }

    /// Proves that the device is at hand.
    fn sign(&self, challenge: &str) -> String {
        let header = json!({
            "typ": "vnd.authgear.app2app-request", "alg": "RS256",
            "kid": self.jwk["kid"], "jwk": self.jwk,
        });
        let now = Timestamp::from_clock().seconds();
        let claims =
            json!({ "iat": now, "exp": now + 60, "challenge": challenge, "action": "setup" });
        let part = |it: &Value| base64url(it.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        format!("{signed}.{}", base64url(&self.private.sign(signed.as_bytes())))
    }
}

/// A verifier and its challenge (RFC 7636 §4).
fn pkce(rng: &Rng) -> (String, String) {
    let verifier = rng.token();
    let challenge = base64url(digest(&SHA256, verifier.as_bytes()).as_ref());
    (verifier, challenge)
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn param(address: &str, name: &str) -> Outcome<String> {
    let (_, query) = address.split_once('?').ok_or_else(|| format!("no query in {address:?}"))?;
    let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    Ok(found.ok_or_else(|| format!("no {name} in {address}"))?.1.into_owned())
}

fn text(answer: &Value, name: &str) -> Outcome<String> {
    Ok(answer[name].as_str().ok_or_else(|| format!("no {name} in {answer}"))?.to_owned())
}

/// Long values are cut, so that a message fits a line.
fn short(value: &str) -> String {
    if value.len() <= 60 { value.to_owned() } else { format!("{}…", &value[..24]) }
}

#[cfg(test)]
#[tokio::test]
async fn app_b_learns_who_the_person_is_through_app_a() {
    let mut lines = 0;
    let who = play(&mut |_: &str| lines += 1).await.unwrap();
    assert_eq!(who, "mei@example.com");
    assert!(lines > 20, "every message is shown");
}
