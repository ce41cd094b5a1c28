use domain::{BiometricIdentity, GrantId, Identity, IdentityBase, IdentityId, UserId};
use serde_json::json;

use super::super::world::{Browser, World};
use super::alice;

const PATH: &str = "/settings/biometric";
const LISTED: &str = "identity: { biometric: { list_enabled: true } }";

/// Devices of somebody's, and the grants that their keys were given.
async fn devices<const N: usize>(world: &World, user: &UserId, ids: [&str; N]) -> [GrantId; N] {
    let (ctx, grant) = (world.ctx(), world.grant_of(user).await);
    let mut tx = world.store.write(&world.app.id).await.unwrap();
    for id in ids {
        let base = IdentityBase {
            id: IdentityId::new(id),
            user_id: user.clone(),
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        let key_id = format!("key-of-{id}");
        let device_info = json!({ "ios": { "uname": { "machine": "iPhone17,1" } } });
        let identity = BiometricIdentity { base, key_id, key: json!({}), device_info };
        tx.identities().insert(&Identity::Biometric(identity)).await.unwrap();
        let identity_id = Some(IdentityId::new(id));
        let given = domain::Grant { id: grant_id(id), identity_id, ..grant.clone() };
        tx.grants().insert(&given).await.unwrap();
    }
    tx.commit().await.unwrap();
    ids.map(grant_id)
}

fn grant_id(device: &str) -> GrantId {
    GrantId::new(format!("grant-of-{device}"))
}

async fn is_live(world: &World, grant: &GrantId) -> bool {
    let mut tx = world.store.read(&world.app.id).await.unwrap();
    tx.grants().find(grant).await.unwrap().unwrap().is_live(world.ctx().now)
}

async fn remove(browser: &mut Browser, id: &str) -> String {
    browser.post(PATH, &[("identity_id", id), ("action", "remove")]).await.summary()
}

#[tokio::test]
async fn a_device_is_listed_and_taken_away_with_what_its_key_signed_in() {
    let world = World::new(LISTED).await;
    let mut alice = alice(&world).await;
    alice.get("/settings").await.shows(r#"href="/settings/biometric""#);
    alice.get(PATH).await.shows("No device signs you in this way.");
    let grants = devices(&world, &UserId::new("alice"), ["i1", "i2"]).await;
    let (grant, other) = (&grants[0], &grants[1]);
    let page = alice.get(PATH).await;
    page.shows("iPhone17,1");
    let done = alice.post(PATH, &[("identity_id", "i1"), ("action", "remove")]).await;
    let page = alice.follow(&done).await;
    assert_eq!(page.notice(), Some("iPhone17,1 can no longer sign you in."));
    assert!(!is_live(&world, grant).await);
    assert!(is_live(&world, other).await, "the other device stays");
    // Twice is once.
    assert_eq!(remove(&mut alice, "i1").await, "303 /settings/biometric");
    let events = world.events().await;
    assert_eq!(events.iter().filter(|it| *it == "identity.biometric.disabled").count(), 1);
}

#[tokio::test]
async fn devices_of_others_other_identities_and_nonsense_stay() {
    let world = World::new(LISTED).await;
    let mut alice = alice(&world).await;
    let bob = world.person("bob", &["bob@example.com"], "a long password").await;
    let [grant] = devices(&world, &bob, ["i1"]).await;
    let mut tx = world.store.read(&world.app.id).await.unwrap();
    let own = tx.identities().list(&UserId::new("alice")).await.unwrap();
    drop(tx);
    for id in ["i1", own[0].id().as_str(), "", "nonsense"] {
        assert_eq!(remove(&mut alice, id).await, "303 /settings/biometric");
    }
    assert!(is_live(&world, &grant).await);
    alice.get("/settings").await.shows("alice@example.com");
}

#[tokio::test]
async fn a_project_that_does_not_list_devices_has_no_such_page() {
    let world = World::new("").await;
    let mut alice = alice(&world).await;
    alice.get("/settings").await.lacks("/settings/biometric");
    assert!(alice.get(PATH).await.summary().starts_with("404"));
    assert!(remove(&mut alice, "i1").await.starts_with("404"));
}
