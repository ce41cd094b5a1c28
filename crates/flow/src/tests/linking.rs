//! A new identity meets an account: an error, or signing in to it and linking.

use appconfig::flow::FlowKind;
use domain::{Identity, UserId};
use expect_test::{Expect, expect};
use serde_json::json;
use testkit::{Elsewhere, World};

use super::play;
use crate::{FlowRef, Setting};

const PROJECT: &str = "
authentication: { identities: [login_id, oauth], primary_authenticators: [password] }
identity:
  login_id: { keys: [{ type: email }, { type: username }] }
  oauth: { providers: [{ alias: github, type: github, client_id: ours }] }
";
const LINK: &str = "
account_linking:
  oauth:
  - alias: github
    oauth_claim: { pointer: /email }
    user_profile: { pointer: /email }
    action: login_and_link
";
/// First a name and a password, and then the account at the provider.
const NAME_FIRST: &str = "
authentication_flow:
  signup_flows:
  - name: default
    steps:
    - type: identify
      name: name
      one_of: [{ identification: username }]
    - type: create_authenticator
      one_of: [{ authentication: primary_password }]
    - type: identify
      one_of: [{ identification: oauth }]
    - type: fill_in_user_profile
      user_profile: [{ pointer: /given_name, required: true }]
";

/// Alice is known by email; somebody with her address comes back from GitHub.
async fn world(more: &str) -> (World, Elsewhere, UserId) {
    let elsewhere = Elsewhere::new(json!({})).await;
    let mut world = World::new(&format!("{PROJECT}{more}")).await;
    world.platform.outbound = elsewhere.outbound();
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    elsewhere.at_github(42, "alice@example.com");
    (world, elsewhere, alice)
}

async fn check(world: &World, script: &str, expected: Expect) {
    let signup = FlowRef::new(FlowKind::Signup, "default");
    expected.assert_eq(&play(world, signup, Setting::default(), script).await);
}

/// What somebody is known by, in order.
async fn identities(world: &World, user: &UserId) -> Vec<String> {
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let identities = tx.identities().list(user).await.unwrap();
    let shown = |it: &Identity| match it {
        Identity::LoginId(it) => it.login_id.clone(),
        other => other.r#type().as_str().to_owned(),
    };
    let mut shown: Vec<String> = identities.iter().map(shown).collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn meeting_an_account_is_an_error_unless_the_project_says_otherwise() {
    let (world, _elsewhere, alice) = world("").await;
    check(
        &world,
        "github
         back",
        expect![[r#"
            ? signup: identify [email username oauth]
            > github
            ? signup: identify []
            > back
            ! InvariantViolated {"IdentityTypeIncoming":"oauth","OAuthProviderTypeIncoming":"github","IdentityTypeExisting":"login_id","LoginIDTypeExisting":"email","ExistingIdentities":[{"IdentityType":"login_id","LoginIDType":"email"}],"cause":{"kind":"DuplicatedIdentity"}}
        "#]],
    )
    .await;
    assert_eq!(identities(&world, &alice).await, ["alice@example.com"]);
}

#[tokio::test]
async fn whoever_signs_in_to_the_account_links_it() {
    let (world, _elsewhere, alice) = world(LINK).await;
    check(
        &world,
        "github
         back
         choose 1
         choose 0
         password wrong
         password correct horse",
        expect![[r#"
            ? signup: identify [email username oauth]
            > github
            ? signup: identify []
            > back
            ? signup: identify [email]
            > choose 1
            ! ValidationFailed {"causes":[{"location":"/index","kind":"maximum","details":{"actual":1,"maximum":0}}]}
            > choose 0
            ? signup: authenticate [primary_password]
            > password wrong
            ! InvalidCredentials {}
            > password correct horse
            = signup with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
    assert_eq!(identities(&world, &alice).await, ["alice@example.com", "oauth"]);
}

#[tokio::test]
async fn whoever_cannot_sign_in_links_nothing() {
    let (world, _elsewhere, alice) = world(LINK).await;
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = "github
                  back
                  choose 0
                  password a guess";
    play(&world, signup, Setting::default(), script).await;
    assert_eq!(identities(&world, &alice).await, ["alice@example.com"]);
}

#[tokio::test]
async fn what_the_account_has_already_is_not_added_to_it() {
    let (world, elsewhere, alice) = world(&format!("{LINK}{NAME_FIRST}")).await;
    check(
        &world,
        "username mona
         new_password tr0ub4dor and 3
         github
         back
         choose 0
         password correct horse",
        expect![[r#"
            ? signup: identify [username]
            > username mona
            ? signup: create_authenticator [primary_password]
            > new_password tr0ub4dor and 3
            ? signup: identify [oauth]
            > github
            ? signup: identify []
            > back
            ? signup: identify [email]
            > choose 0
            ? signup: authenticate [primary_password]
            > password correct horse
            = signup with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
    // She had no name of this kind, so that she gets; the password is hers as before.
    assert_eq!(identities(&world, &alice).await, ["alice@example.com", "mona", "oauth"]);

    let (bob, carol) = ("bob@example.com", "carol");
    let both = world.person("email", bob, "correct horse").await;
    add_username(&world, &both, carol).await;
    elsewhere.at_github(43, bob);
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = "username another
                  new_password tr0ub4dor and 3
                  github
                  back
                  choose 0
                  password correct horse";
    let played = play(&world, signup, Setting::default(), script).await;
    assert!(played.contains("= signup with a session"), "{played}");
    assert_eq!(identities(&world, &both).await, [bob, carol, "oauth"]);
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let free = tx.identities().find_by_unique_key("another").await.unwrap();
    assert_eq!(free, None, "the name is still to be had");
}

/// Somebody is known by a username as well.
async fn add_username(world: &World, user: &UserId, name: &str) {
    let ctx = world.ctx();
    let lists = accounts::login_id::Lists::builtin();
    let checked = accounts::login_id::check_new(&ctx.app.config, &lists, "username", name);
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    accounts::account::attach_login_id(&ctx, &mut tx, user, checked.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
}
