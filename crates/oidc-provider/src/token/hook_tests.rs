//! What a project's hooks make of tokens.

use serde_json::{Value, json};

use crate::world::World;

const JWT: &str = "oidc.jwt.pre_create";
const ID_TOKEN: &str = "oidc.id_token.pre_create";

/// A project whose script is asked at `event`; access tokens are JWTs.
async fn world(event: &str, script: &str) -> World {
    let change = |config: &mut Value| {
        config["oauth"]["clients"][0]["issue_jwt_access_token"] = json!(true);
        let handler = json!({ "event": event, "url": "authgeardeno:///deno/hook.ts" });
        config["hook"] = json!({ "sync_hook_timeout_seconds": 1, "blocking_handlers": [handler] });
    };
    World::with_script(change, script).await
}

/// A claim of a token in an answer.
fn claim(world: &World, tokens: &Value, token: &str, name: &str) -> Value {
    let text = tokens[token].as_str().unwrap();
    let verified = world.ctx().app.keys.verify(text).unwrap();
    verified.claims.get(name).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_hook_adds_claims_to_the_access_token() {
    let script = "export default async ({ payload }: any) => ({ is_allowed: true, mutations: {
        jwt: { payload: { ...payload.jwt.payload, tier: payload.user.standard_attributes.email } } } })";
    let world = world(JWT, script).await;
    let tokens = world.tokens("spa", "", "").await;
    assert_eq!(claim(&world, &tokens, "access_token", "tier"), "alice@example.com");
    assert_eq!(claim(&world, &tokens, "id_token", "tier"), Value::Null);
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.userinfo(access_token).await.status, 200, "it is the one on record");

    let refreshed = world.refresh("spa", tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(claim(&world, &refreshed, "access_token", "tier"), "alice@example.com");
}

#[tokio::test]
async fn a_hook_adds_claims_to_the_id_token_and_is_told_of_the_person() {
    let script = "export default async ({ type, context, payload }: any) => ({ is_allowed: true,
        mutations: { id_token: { payload: { ...payload.id_token.payload,
            said: [type, context.client_id, context.user_id, payload.user.id,
                   payload.identities.length] } } } })";
    let world = world(ID_TOKEN, script).await;
    let tokens = world.tokens("spa", "", "").await;
    let expected = json!([ID_TOKEN, "spa", "alice", "alice", 0]);
    assert_eq!(claim(&world, &tokens, "id_token", "said"), expected);
}

#[tokio::test]
async fn a_refused_token_leaves_the_refresh_token_as_it_was() {
    // Allows the first token and refuses the second.
    let script = "export default async ({ context }: any) =>
        context.timestamp > 1767225600
            ? { is_allowed: false, title: 'no', reason: 'not today' } : { is_allowed: true }";
    let world = world(JWT, script).await;
    let tokens = world.tokens("spa", "", "").await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    world.sleep(1);
    for _ in 0..2 {
        let reply = world.refresh("spa", refresh_token).await;
        let text = "access token generation is disallowed by hook";
        let expected = json!({ "error": "server_error", "error_description": text });
        assert_eq!((reply.status, reply.json()), (400, expected));
        world.sleep(60);
    }
    assert_eq!(world.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_refused_code_leaves_no_grant_behind() {
    let script = "export default async () => ({ is_allowed: false, title: '', reason: '' })";
    let world = world(ID_TOKEN, script).await;
    let code = world.authorize("spa", "").await.param("code");
    assert_eq!(world.redeem("spa", &code, "").await.status, 400);
    let mut tx = world.platform.store.read(&world.ctx().app.id).await.unwrap();
    assert!(tx.grants().list(&domain::UserId::new("alice")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hook_cannot_change_or_take_away_a_claim_that_is_ours() {
    for claims in ["{ ...payload.jwt.payload, sub: 'bob' }", "{ tier: 'gold' }"] {
        let script = format!(
            "export default async ({{ payload }}: any) => \
             ({{ is_allowed: true, mutations: {{ jwt: {{ payload: {claims} }} }} }})"
        );
        let world = world(JWT, &script).await;
        let code = world.authorize("spa", "").await.param("code");
        let reply = world.redeem("spa", &code, "").await;
        assert_eq!(
            (reply.status, &reply.json()["error"]),
            (500, &json!("server_error")),
            "{claims}"
        );
    }
}

#[tokio::test]
async fn a_hook_that_never_answers_stops_its_own_exchange_alone() {
    let world = world(JWT, "export default async () => { for (;;) {} }").await;
    let code = world.authorize("spa", "").await.param("code");
    let other = world.get("/.well-known/openid-configuration");
    let (reply, other) = tokio::join!(world.redeem("spa", &code, ""), other);
    assert_eq!(other.status, 200);
    assert_eq!((reply.status, &reply.json()["error"]), (500, &json!("server_error")));
}

/// Somebody anonymous signs up in a browser, in a project whose script is asked about new people.
async fn sign_up_anonymously(script: &str) -> (World, crate::world::Reply) {
    let change = |config: &mut Value| {
        config["authentication"] = json!({ "identities": ["login_id", "anonymous"] });
        let url = "authgeardeno:///deno/hook.ts";
        let handler = json!({ "event": "user.pre_create", "url": url });
        config["hook"] = json!({ "blocking_handlers": [handler] });
    };
    let world = World::with_script(change, script).await;
    let body = json!({ "session_type": "cookie" });
    let reply = world.post_json("/api/anonymous_user/signup", &body).await;
    (world, reply)
}

#[tokio::test]
async fn a_hook_decides_about_somebody_anonymous() {
    let script = "export default async () => ({ is_allowed: false, title: 'no', reason: 'bots' })";
    let (_, reply) = sign_up_anonymously(script).await;
    assert_eq!((reply.status, &reply.json()["error"]["reason"]), (403, &json!("HookDisallowed")));

    let script = "export default async ({ payload }: any) => ({ is_allowed: true, mutations: { user: {
        standard_attributes: { nickname: `${payload.user.is_anonymous} ${payload.identities[0].type}` } } } })";
    let (world, reply) = sign_up_anonymously(script).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    events::deliver(&world.platform.store, world.ctx().now).await.unwrap();
    let mut tx = world.platform.store.read(&world.ctx().app.id).await.unwrap();
    let lines = tx.audit_log().list(None, 9).await.unwrap();
    let created = lines.iter().find(|it| it.activity_type == "user.created").unwrap();
    let attributes = &created.data["payload"]["user"]["standard_attributes"];
    assert_eq!(attributes["nickname"], "true anonymous");
}
