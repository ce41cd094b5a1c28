use std::sync::Mutex;

use jose::PrivateKey;
use serde_json::json;

use super::*;
use crate::fake::{Fake, ctx, reply};

/// An issuer that shows the keys it is told to show.
struct Issuer {
    fake: Fake,
    shown: Arc<Mutex<Vec<Value>>>,
    outbound: Outbound,
    ctx: Ctx,
}

impl Issuer {
    async fn new(jwks: &[&Value]) -> Self {
        let shown = Arc::new(Mutex::new(public(jwks)));
        let keys = shown.clone();
        let fake = Fake::new(move |_| reply(200, &json!({ "keys": *keys.lock().unwrap() }))).await;
        let outbound = fake.outbound();
        Self { fake, shown, outbound, ctx: ctx("", json!({})) }
    }

    fn shows(&self, jwks: &[&Value]) {
        *self.shown.lock().unwrap() = public(jwks);
    }

    fn sleep(&mut self, seconds: i64) {
        self.ctx.now = self.ctx.now.plus_seconds(seconds);
    }

    async fn says_of(&self, token: &str) -> String {
        let url = format!("{}/keys", self.fake.url);
        match self.outbound.verify_signed_elsewhere(&self.ctx, &url, token).await {
            Ok(SignedElsewhere::Genuine(jwt)) => jwt.text("sub").unwrap().to_owned(),
            Ok(SignedElsewhere::Refused(problem)) => problem.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

fn public(jwks: &[&Value]) -> Vec<Value> {
    let strip = |jwk: &&Value| {
        let members = ["kid", "kty", "crv", "x"];
        members.iter().map(|it| ((*it).to_owned(), jwk[*it].clone())).collect::<Map<_, _>>().into()
    };
    jwks.iter().map(strip).collect()
}

/// A key of the issuer; `seed` is what it is made of.
fn key(kid: &str, seed: u8) -> Value {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let seed = [seed; 32];
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    json!({
        "kid": kid, "kty": "OKP", "crv": "Ed25519",
        "x": stdx::base64url(pair.public_key().as_ref()), "d": stdx::base64url(&seed),
    })
}

fn token(jwk: &Value, header: &Value) -> String {
    let part = |value: &Value| stdx::base64url(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(&json!({ "sub": "jane" })));
    let key = PrivateKey::from_jwk(jwk.as_object().unwrap()).unwrap();
    format!("{signed}.{}", stdx::base64url(&key.sign(signed.as_bytes())))
}

fn named(jwk: &Value) -> String {
    token(jwk, &json!({ "alg": "EdDSA", "kid": jwk["kid"] }))
}

#[tokio::test]
async fn a_token_is_verified_and_the_keys_are_fetched_once() {
    let (one, two) = (key("1", 1), key("2", 2));
    let issuer = Issuer::new(&[&one, &two]).await;
    assert_eq!(issuer.says_of(&named(&one)).await, "jane");
    assert_eq!(issuer.says_of(&named(&two)).await, "jane");
    assert_eq!(issuer.fake.only().path, "/keys");
}

#[tokio::test]
async fn a_token_without_a_key_id_may_be_by_any_of_the_keys() {
    let (one, two) = (key("1", 1), key("2", 2));
    let issuer = Issuer::new(&[&one, &two]).await;
    assert_eq!(issuer.says_of(&token(&two, &json!({ "alg": "EdDSA" }))).await, "jane");
}

#[tokio::test]
async fn somebody_elses_key_under_the_same_id_is_refused() {
    let issuer = Issuer::new(&[&key("1", 1)]).await;
    let forged = named(&key("1", 9));
    assert_eq!(issuer.says_of(&forged).await, "the signature of the token is not valid");
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it() {
    let (old, new) = (key("old", 1), key("new", 2));
    let mut issuer = Issuer::new(&[&old]).await;
    assert_eq!(issuer.says_of(&named(&old)).await, "jane");
    issuer.shows(&[&old, &new]);
    issuer.sleep(REFETCH_SECONDS);
    assert_eq!(issuer.says_of(&named(&new)).await, "jane");
    assert_eq!(issuer.fake.seen().len(), 2);
}

#[tokio::test]
async fn invented_key_ids_do_not_make_us_knock_without_end() {
    let mut issuer = Issuer::new(&[&key("1", 1)]).await;
    for _ in 0..20 {
        let said = issuer.says_of(&named(&key("invented", 2))).await;
        assert_eq!(said, "the token was made with an unknown key");
        issuer.sleep(1);
    }
    assert_eq!(issuer.fake.seen().len(), 2);
}

#[tokio::test]
async fn a_key_that_is_no_longer_shown_stops_counting() {
    let old = key("old", 1);
    let mut issuer = Issuer::new(&[&old]).await;
    assert_eq!(issuer.says_of(&named(&old)).await, "jane");
    issuer.shows(&[&key("new", 2)]);
    issuer.sleep(FRESH_SECONDS);
    assert_eq!(issuer.says_of(&named(&old)).await, "the token was made with an unknown key");
}

#[tokio::test]
async fn what_is_no_token_asks_nobody() {
    let issuer = Issuer::new(&[]).await;
    let said = issuer.says_of("hello").await;
    assert_eq!(said, "the token is not a signed token in compact form");
    assert!(issuer.fake.seen().is_empty());
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_an_error() {
    let fake = Fake::json(500, json!({})).await;
    let token = named(&key("1", 1));
    let (outbound, ctx) = (fake.outbound(), ctx("", json!({})));
    let outcome = outbound.verify_signed_elsewhere(&ctx, &fake.url, &token).await;
    assert!(matches!(outcome, Err(HttpError::Unreadable(500))));
}
