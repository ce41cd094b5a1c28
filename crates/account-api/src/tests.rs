//! The endpoints, as an app sees them.

use domain::UserId;
use expect_test::expect;
use limits::{Charged, Limit, Subject, charge};
use serde_json::{Value, json};
use sessions::browser;
use testkit::{Answer, Client, Elsewhere, World};

use crate::router;

const GITHUB: &str = "
authentication: { identities: [login_id, oauth], primary_authenticators: [password] }
identity:
  login_id: { keys: [{ type: email }] }
  oauth: { providers: [{ alias: github, type: github, client_id: ours }] }
oauth: { clients: [{ client_id: app, name: App, redirect_uris: [https://app.example/cb] }] }
";
const BEGIN: &str = "/api/v1/account/identification";
const FINISH: &str = "/api/v1/account/identification/oauth";

async fn world() -> (World, Elsewhere) {
    let elsewhere = Elsewhere::new(json!({})).await;
    let mut world = World::new(GITHUB).await;
    world.platform.outbound = elsewhere.outbound();
    elsewhere.at_github(42, "mona@example.com");
    (world, elsewhere)
}

/// A browser in which somebody new is signed in.
async fn signed_in(world: &World, email: &str) -> (UserId, Client) {
    let user = world.person("email", email, "correct horse").await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let created = browser::create(&ctx, &mut tx, &user, vec!["pwd".to_owned()]).await.unwrap();
    tx.commit().await.unwrap();
    let mut client = Client::new(world, router());
    client.set_cookie("session", created.cookie.reveal());
    (user, client)
}

fn visit(own_state: bool) -> Value {
    json!({
        "identification": "oauth",
        "alias": "github",
        "redirect_uri": "com.example.app://host/path",
        "exclude_state_in_authorization_url": own_state,
    })
}

/// Begins a visit: the token, and where to go.
async fn begin(client: &mut Client, own_state: bool) -> (String, url::Url) {
    let answer = client.post_json(BEGIN, &visit(own_state)).await;
    let result = answer.json()["result"].clone();
    let url = result["authorization_url"].as_str().expect("an address").parse().unwrap();
    (result["token"].as_str().expect("a token").to_owned(), url)
}

async fn finish(client: &mut Client, token: &str, query: &str) -> Answer {
    client.post_json(FINISH, &json!({ "token": token, "query": query })).await
}

/// Status, reason and what more there is.
fn refusal(answer: &Answer) -> String {
    let error = &answer.json()["error"];
    format!("{} {} {}", answer.status.as_u16(), error["name"], error["reason"]).replace('"', "")
}

fn state(url: &url::Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "state").map(|(_, it)| it.into_owned())
}

#[tokio::test]
async fn an_app_connects_an_account_with_a_state_of_its_own() {
    let (world, _elsewhere) = world().await;
    let (user, mut client) = signed_in(&world, "alice@example.com").await;
    let (token, url) = begin(&mut client, true).await;
    assert_eq!(state(&url), None);
    let answer = finish(&mut client, &token, "?code=good&state=theirs").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "result": {} })));
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let identities = tx.identities().list(&user).await.unwrap();
    assert_eq!(identities.len(), 2);
}

#[tokio::test]
async fn a_state_of_ours_is_bound_to_the_token() {
    let (world, _elsewhere) = world().await;
    let (_, mut client) = signed_in(&world, "alice@example.com").await;
    let (token, _) = begin(&mut client, false).await;
    let answer = finish(&mut client, &token, "code=good&state=other").await;
    let expected = "400 Invalid AccountManagementOAuthStateNotBoundToToken";
    assert_eq!(refusal(&answer), expected);
    let (token, url) = begin(&mut client, false).await;
    let query = format!("code=good&state={}", state(&url).expect("a state"));
    assert_eq!(finish(&mut client, &token, &query).await.status, 200);
    let again = finish(&mut client, &token, &query).await;
    assert_eq!(refusal(&again), "400 Invalid AccountManagementOAuthTokenInvalid");
}

#[tokio::test]
async fn the_token_of_one_person_is_worth_nothing_to_another() {
    let (world, _elsewhere) = world().await;
    let (_, mut mallory) = signed_in(&world, "mallory@example.com").await;
    let (victim, mut alice) = signed_in(&world, "alice@example.com").await;
    let (token, _) = begin(&mut mallory, true).await;
    let answer = finish(&mut alice, &token, "code=good").await;
    assert_eq!(refusal(&answer), "400 Invalid AccountManagementOAuthTokenNotBoundToUser");
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    assert_eq!(tx.identities().list(&victim).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_of_somebody_else_says_what_it_met() {
    let (world, _elsewhere) = world().await;
    let (_, mut alice) = signed_in(&world, "alice@example.com").await;
    let (_, mut bob) = signed_in(&world, "bob@example.com").await;
    let (token, _) = begin(&mut alice, true).await;
    assert_eq!(finish(&mut alice, &token, "code=good").await.status, 200);
    let (token, _) = begin(&mut bob, true).await;
    let answer = finish(&mut bob, &token, "code=good").await;
    expect![[r#"{"IdentityTypeIncoming":"oauth","OAuthProviderTypeIncoming":"github","IdentityTypeExisting":"oauth","OAuthProviderTypeExisting":"github","ExistingIdentities":[{"IdentityType":"oauth","OAuthProviderType":"github"}],"cause":{"kind":"DuplicatedIdentity"}}"#]].assert_eq(&answer.json()["error"]["info"].to_string());
    assert_eq!(refusal(&answer), "400 Invalid InvariantViolated");
}

#[tokio::test]
async fn nobody_and_third_parties_change_nothing() {
    let (world, _elsewhere) = world().await;
    let mut nobody = Client::new(&world, router());
    let begun = nobody.post_json(BEGIN, &visit(true)).await;
    assert_eq!(refusal(&begun), "401 Unauthorized Unauthorized");
    let finished = finish(&mut nobody, "token", "code=good").await;
    assert_eq!(refusal(&finished), "401 Unauthorized Unauthorized");
    let user = world.person("email", "alice@example.com", "correct horse").await;
    let token = access_token(&world, &user, "openid email").await;
    let bearer = format!("Bearer {token}");
    let mut third_party = Client::new(&world, router()).with_header("authorization", &bearer);
    let begun = third_party.post_json(BEGIN, &visit(true)).await;
    assert_eq!(refusal(&begun), "403 Forbidden Forbidden");
    let scope = "openid https://authgear.com/scopes/full-access";
    let bearer = format!("Bearer {}", access_token(&world, &user, scope).await);
    let mut own = Client::new(&world, router()).with_header("authorization", &bearer);
    assert_eq!(own.post_json(BEGIN, &visit(true)).await.status, 200);
}

async fn access_token(world: &World, user: &UserId, scope: &str) -> String {
    let ctx = world.ctx();
    let client = &world.app.config.oauth.clients[0];
    let scopes = domain::Scopes::parse(scope);
    let client_id = domain::ClientId::new(&client.client_id);
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let consent = sessions::consent::give(&ctx, &mut tx, user, &client_id, &scopes).await.unwrap();
    let new = sessions::grant::NewGrant {
        id: domain::GrantId::new(ctx.rng.uuid()),
        user_id: user.clone(),
        authorization_id: consent.id,
        scopes: scopes.clone(),
        idp_session_id: None,
        identity_id: None,
        sso_enabled: false,
        amr: vec!["pwd".to_owned()],
        authenticated_at: ctx.now,
        device_info: None,
        app2app_device_key_jwk: None,
        dpop_jkt: None,
    };
    let issued = sessions::grant::issue(&ctx, &mut tx, client, new).await.unwrap();
    let holder = domain::AccessTokenHolder::Grant(issued.grant.id);
    let token =
        sessions::access_token::issue(&ctx, &mut tx, client, holder, scopes, None).await.unwrap();
    tx.commit().await.unwrap();
    token.token.reveal().clone()
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_with_its_causes() {
    let (world, _elsewhere) = world().await;
    let (_, mut client) = signed_in(&world, "alice@example.com").await;
    for (body, expected) in [
        (
            json!([]),
            r#"{"location":"","kind":"type","details":{"actual":["array"],"expected":["object"]}}"#,
        ),
        (
            json!({}),
            r#"{"location":"","kind":"required","details":{"actual":[],"expected":["identification"],"missing":["identification"]}}"#,
        ),
        (
            json!({ "identification": "email" }),
            r#"{"location":"/identification","kind":"const","details":{"expected":"oauth"}}"#,
        ),
        (
            json!({ "identification": "oauth", "alias": "" }),
            r#"{"location":"/alias","kind":"minLength","details":{"expected":1,"actual":0}}"#,
        ),
        (
            json!({ "identification": "oauth", "alias": "github", "redirect_uri": "/cb" }),
            r#"{"location":"/redirect_uri","kind":"format","details":{"format":"uri"}}"#,
        ),
    ] {
        let answer = client.post_json(BEGIN, &body).await;
        assert_eq!(refusal(&answer), "400 Invalid ValidationFailed");
        assert_eq!(answer.json()["error"]["info"]["causes"][0].to_string(), expected);
    }
    let form = client.post(BEGIN, &[("identification", "oauth")]).await;
    assert_eq!(refusal(&form), "400 BadRequest BadRequest");
    let mut unknown = visit(true);
    unknown["alias"] = json!("nobody");
    assert_eq!(refusal(&client.post_json(BEGIN, &unknown).await), "400 BadRequest BadRequest");
}

#[tokio::test]
async fn asking_without_end_is_refused() {
    let (world, _elsewhere) = world().await;
    let mut client = Client::new(&world, router());
    for _ in 0..1200 {
        client.post_json(FINISH, &json!({})).await;
    }
    let answer = client.post_json(FINISH, &json!({})).await;
    assert_eq!(refusal(&answer), "429 TooManyRequest RateLimited");
    // Others are not kept out.
    let (ctx, kv) = (world.ctx(), &world.platform.kv);
    let charged = charge(&ctx, kv, Limit::ManageAccount, Subject::default()).await.unwrap();
    assert!(matches!(charged, Charged::Charged(_)), "{charged:?}");
}
