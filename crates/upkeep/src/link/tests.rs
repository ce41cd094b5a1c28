use domain::{Identity, UserId};
use serde_json::json;
use testkit::{Elsewhere, World};

use super::*;
use crate::world::{Scene, events, identities};

const GITHUB: &str = "
authentication: { identities: [login_id, oauth], primary_authenticators: [password] }
identity:
  login_id: { keys: [{ type: email }] }
  oauth:
    providers:
    - { alias: github, type: github, client_id: ours }
    - { alias: kept, type: github, client_id: theirs, delete_disabled: true }
    - { alias: no-secret, type: google, client_id: ours }
";
const BACK: &str = "https://app.example.com/cb";

async fn world() -> (World, Elsewhere, UserId) {
    let elsewhere = Elsewhere::new(json!({})).await;
    let mut world = World::new(GITHUB).await;
    world.platform.outbound = elsewhere.outbound();
    elsewhere.at_github(42, "mona@example.com");
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    (world, elsewhere, alice)
}

async fn begun(scene: &Scene<'_>, state_by: StateBy) -> Begun {
    begin(&scene.cx(), ("github", BACK), state_by).await.unwrap().unwrap()
}

async fn linked(scene: &Scene<'_>) -> Result<Identity, Refusal> {
    let begun = begun(scene, StateBy::Caller).await;
    finish(&scene.cx(), begun.token.reveal(), "code=good").await.unwrap()
}

fn state_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn an_account_at_a_provider_is_connected_and_let_go_of() {
    let (world, _elsewhere, alice) = world().await;
    let scene = Scene::of(&world, &alice).await;
    let identity = linked(&scene).await.unwrap();
    assert_eq!(identities(&world, &alice).await.len(), 2);
    unlink(&scene.cx(), identity.id()).await.unwrap().unwrap();
    assert_eq!(identities(&world, &alice).await.len(), 1);
    assert_eq!(events(&world).await, ["identity.oauth.connected", "identity.oauth.disconnected"]);
}

#[tokio::test]
async fn a_visit_ends_once() {
    let (world, _elsewhere, alice) = world().await;
    let scene = Scene::of(&world, &alice).await;
    let begun = begun(&scene, StateBy::Caller).await;
    let token = begun.token.reveal();
    finish(&scene.cx(), token, "code=good").await.unwrap().unwrap();
    let again = finish(&scene.cx(), token, "code=good").await.unwrap();
    assert_eq!(again, Err(Refusal::UnknownToken));
}

#[tokio::test]
async fn the_visit_of_one_person_connects_nothing_to_another() {
    let (world, _elsewhere, alice) = world().await;
    let mallory = world.person("email", "mallory@example.com", "correct horse").await;
    let scene = Scene::of(&world, &mallory).await;
    let begun = begun(&scene, StateBy::Us).await;
    let query = format!("code=good&state={}", state_of(&begun.authorization_url).unwrap());
    let victim = Scene::of(&world, &alice).await;
    let refused = finish(&victim.cx(), begun.token.reveal(), &query).await.unwrap();
    assert_eq!(refused, Err(Refusal::OthersToken));
    assert_eq!(identities(&world, &alice).await.len(), 1);
}

#[tokio::test]
async fn a_state_of_ours_has_to_come_back() {
    let (world, _elsewhere, alice) = world().await;
    let scene = Scene::of(&world, &alice).await;
    for query in ["code=good", "code=good&state=other", "?code=good&state="] {
        let begun = begun(&scene, StateBy::Us).await;
        let refused = finish(&scene.cx(), begun.token.reveal(), query).await.unwrap();
        assert_eq!(refused, Err(Refusal::StateMismatch), "{query}");
    }
    let begun = begun(&scene, StateBy::Us).await;
    let state = state_of(&begun.authorization_url).unwrap();
    let query = format!("?state={state}&code=good");
    assert!(finish(&scene.cx(), begun.token.reveal(), &query).await.unwrap().is_ok());
}

#[tokio::test]
async fn an_account_that_somebody_has_connected_is_not_connected_twice() {
    let (world, _elsewhere, alice) = world().await;
    let bob = world.person("email", "bob@example.com", "correct horse").await;
    linked(&Scene::of(&world, &alice).await).await.unwrap();
    for person in [&alice, &bob] {
        let refused = linked(&Scene::of(&world, person).await).await;
        assert!(matches!(refused, Err(Refusal::Taken { .. })), "{refused:?}");
    }
    assert_eq!(identities(&world, &bob).await.len(), 1);
}

#[tokio::test]
async fn an_account_with_the_address_of_somebody_else_is_not_connected() {
    let (world, elsewhere, alice) = world().await;
    world.person("email", "bob@example.com", "correct horse").await;
    elsewhere.at_github(43, "bob@example.com");
    let refused = linked(&Scene::of(&world, &alice).await).await;
    let Err(Refusal::Taken { existing, .. }) = refused else { panic!("{refused:?}") };
    assert!(matches!(*existing, Identity::LoginId(_)));
}

#[tokio::test]
async fn an_account_is_known_by_its_number_and_not_by_its_address() {
    let (world, elsewhere, alice) = world().await;
    let bob = world.person("email", "bob@example.com", "correct horse").await;
    let identity = linked(&Scene::of(&world, &alice).await).await.unwrap();
    // The same account, which has another address since.
    elsewhere.at_github(42, "other@example.com");
    let refused = linked(&Scene::of(&world, &bob).await).await;
    let Err(Refusal::Taken { existing, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(existing.id(), identity.id());
}

#[tokio::test]
async fn what_the_project_does_not_let_go_of_stays() {
    let (world, _elsewhere, alice) = world().await;
    let scene = Scene::of(&world, &alice).await;
    let login_id = identities(&world, &alice).await.remove(0);
    let refused = unlink(&scene.cx(), login_id.id()).await.unwrap();
    assert_eq!(refused, Err(Refusal::UnknownIdentity));
    let bob = world.person("email", "bob@example.com", "correct horse").await;
    let connected = linked(&scene).await.unwrap();
    let others = Scene::of(&world, &bob).await;
    let refused = unlink(&others.cx(), connected.id()).await.unwrap();
    assert_eq!(refused, Err(Refusal::UnknownIdentity));
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_visited() {
    let (world, _elsewhere, alice) = world().await;
    let scene = Scene::of(&world, &alice).await;
    let begin =
        async |alias, to| begin(&scene.cx(), (alias, to), StateBy::Us).await.unwrap().map(|_| ());
    assert_eq!(begin("nobody", BACK).await, Err(Refusal::UnknownProvider));
    assert_eq!(begin("no-secret", BACK).await, Err(Refusal::MissingCredentials));
    assert_eq!(begin("github", "/cb").await, Err(Refusal::InvalidRedirectUri));
    let long = format!("https://app.example.com/{}", "a".repeat(2_048));
    assert_eq!(begin("github", &long).await, Err(Refusal::InvalidRedirectUri));
}

#[tokio::test]
async fn what_the_provider_says_no_to_is_not_connected() {
    let (world, _elsewhere, alice) = world().await;
    let scene = Scene::of(&world, &alice).await;
    let begun = begun(&scene, StateBy::Caller).await;
    let query = "error=access_denied&error_description=no";
    let refused = finish(&scene.cx(), begun.token.reveal(), query).await.unwrap();
    assert!(matches!(refused, Err(Refusal::Provider(_))), "{refused:?}");
    assert_eq!(identities(&world, &alice).await.len(), 1);
}
