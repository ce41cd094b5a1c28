//! What scripts ask for passkeys, and where passkeys may be used.

use serde_json::Value;

use super::world::World;

const PASSKEYS: &str = "
authentication: { identities: [login_id, passkey], primary_authenticators: [password, passkey] }";
const REQUEST: &str = "/_internals/passkey/request_options";
const CREATION: &str = "/_internals/passkey/creation_options";

async fn result(world: &World, path: &str, fields: &[(&str, &str)]) -> Value {
    let answer = world.browser().post(path, fields).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    body["result"].clone()
}

#[tokio::test]
async fn anybody_may_be_asked_for_whichever_passkey_they_have() {
    let world = World::without_authentication(PASSKEYS).await;
    let first = result(&world, REQUEST, &[]).await;
    assert_eq!(first["publicKey"]["rpId"], "localhost");
    assert_eq!(first["publicKey"]["allowCredentials"], serde_json::json!([]));
    assert_eq!(first["mediation"], Value::Null);
    let second = result(&world, REQUEST, &[("conditional", "true")]).await;
    assert_eq!(second["mediation"], "conditional");
    assert_ne!(first["publicKey"]["challenge"], second["publicKey"]["challenge"]);
}

#[tokio::test]
async fn a_passkey_is_made_for_whoever_is_signed_in() {
    let world = World::without_authentication(PASSKEYS).await;
    let nobody = world.browser().post(CREATION, &[]).await;
    assert_eq!(nobody.status.as_u16(), 400);
    nobody.shows("session not found");
    let alice = world.person("alice", &["alice@example.com"], "a long password").await;
    let mut browser = world.browser_of(&alice).await;
    let answer = browser.post(CREATION, &[]).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let public = &body["result"]["publicKey"];
    assert_eq!(public["user"]["name"], "alice@example.com");
    assert_eq!(public["authenticatorSelection"]["residentKey"], "required");
    browser.site = Some("cross-site");
    assert_eq!(browser.post(CREATION, &[]).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_project_without_passkeys_has_none_of_it() {
    let world = World::new("").await;
    for path in [REQUEST, CREATION] {
        assert_eq!(world.browser().post(path, &[]).await.status.as_u16(), 404);
    }
    assert_eq!(world.browser().get("/.well-known/webauthn").await.status.as_u16(), 404);
}

#[tokio::test]
async fn nothing_is_said_when_passkeys_are_used_nowhere_else() {
    let world = World::without_authentication(PASSKEYS).await;
    let none = world.browser().get("/.well-known/webauthn").await;
    assert_eq!(none.status.as_u16(), 404);
}
