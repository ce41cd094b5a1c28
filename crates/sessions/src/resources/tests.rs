//! What a resource may be called, and what a client gets of it.

use domain::Scopes;

use super::{Refusal, check_scope, check_uri};
use crate::resources;
use crate::world::World;

const SHOP: &str = "https://shop.example.com/api";

#[tokio::test]
async fn a_resource_is_an_address_elsewhere_that_is_written_in_one_way() {
    let ctx = World::new().await.ctx();
    for uri in ["https://shop.example.com", SHOP, "https://shop.example.com:8443/", "https://s"] {
        assert_eq!(check_uri(&ctx, uri), Ok(()), "{uri}");
    }
    // It begins like ours, and is another's.
    assert_eq!(check_uri(&ctx, "https://test.example.com.au"), Ok(()));
    for uri in [
        "http://shop.example.com",
        "customscheme://host",
        "https:shop.example.com",
        "https://",
        "shop",
        "",
        "https://alice@shop.example.com",
        "https://alice:secret@shop.example.com/",
        "https://shop.example.com?a=b",
        "https://shop.example.com/#",
        "https://SHOP.example.com",
        "https://shop.example.com:443/",
        "https://shop.example.com/a/../b",
        "https://shop.example.com/a b",
        "https://test.example.com",
        "https://test.example.com/_api/admin",
        &format!("https://shop.example.com/{}", "a".repeat(1024)),
    ] {
        let refused = check_uri(&ctx, uri).unwrap_err();
        assert_eq!(refused.reason(), "ValidationFailed", "{uri}: {refused}");
    }
}

#[test]
fn a_scope_is_one_word_that_does_not_mean_anything_here() {
    for scope in ["read:orders", "a", "!#[]~", "https://shop.example.com/read"] {
        assert_eq!(check_scope(scope), Ok(()), "{scope}");
    }
    let long = "a".repeat(129);
    for scope in
        ["", "two words", "a\"b", "a\\b", "ü", "https://authgear.com/scopes/full-access", &long]
    {
        assert!(matches!(check_scope(scope), Err(Refusal::Invalid(_))), "{scope}");
    }
}

#[tokio::test]
async fn a_resource_is_made_once_renamed_and_taken_away() {
    let world = World::new().await;
    let ctx = world.ctx();
    let mut tx = world.write().await;
    let made = resources::create(&ctx, &mut tx, SHOP, Some("Shop")).await.unwrap().unwrap();
    let again = resources::create(&ctx, &mut tx, SHOP, None).await.unwrap();
    assert_eq!(again, Err(Refusal::ResourceDuplicateUri));
    let renamed = resources::rename(&ctx, &mut tx, SHOP, Some("")).await.unwrap().unwrap();
    assert_eq!((renamed.id, renamed.name), (made.id, None));
    let long = "a".repeat(1025);
    let refused = resources::rename(&ctx, &mut tx, SHOP, Some(&long)).await.unwrap();
    assert_eq!(refused, Err(Refusal::Invalid("text is too long")));
    assert_eq!(resources::delete(&mut tx, SHOP).await.unwrap(), Ok(()));
    assert_eq!(resources::delete(&mut tx, SHOP).await.unwrap(), Err(Refusal::ResourceNotFound));
    let gone = resources::rename(&ctx, &mut tx, SHOP, None).await.unwrap();
    assert_eq!(gone, Err(Refusal::ResourceNotFound));
}

#[tokio::test]
async fn a_client_has_of_a_resource_what_it_was_given_and_nothing_of_others() {
    let world = World::new().await;
    let ctx = world.ctx();
    let client = world.app.config.oauth.find_client("app").unwrap();
    let mut tx = world.write().await;
    resources::create(&ctx, &mut tx, SHOP, None).await.unwrap().unwrap();
    for scope in ["read", "write"] {
        let made = resources::create_scope(&ctx, &mut tx, SHOP, (scope, None)).await.unwrap();
        assert_eq!(made.unwrap().scope, scope);
    }
    let twice = resources::create_scope(&ctx, &mut tx, SHOP, ("read", None)).await.unwrap();
    assert_eq!(twice, Err(Refusal::ScopeDuplicate));

    let read = Scopes::parse("read");
    let not_open = Err(Refusal::ResourceNotAssociatedWithClient);
    let given = resources::replace_scopes(&ctx, &mut tx, (SHOP, "app"), &read).await.unwrap();
    assert_eq!(given.map(|_| ()), not_open);
    let unknown = resources::open_to(&ctx, &mut tx, SHOP, "nobody").await.unwrap();
    assert_eq!(unknown.map(|_| ()), Err(Refusal::ClientNotFound));
    resources::open_to(&ctx, &mut tx, SHOP, "app").await.unwrap().unwrap();

    for (wanted, expected) in [("read", "read"), ("read write", "read write"), ("write", "write")] {
        let wanted = Scopes::parse(wanted);
        resources::replace_scopes(&ctx, &mut tx, (SHOP, "app"), &wanted).await.unwrap().unwrap();
        let allowed = resources::find_allowed(&ctx, &mut tx, client, SHOP).await.unwrap();
        assert_eq!(allowed.unwrap().1.to_string(), expected);
    }
    let odd = Scopes::parse("write fly");
    let refused = resources::replace_scopes(&ctx, &mut tx, (SHOP, "app"), &odd).await.unwrap();
    assert_eq!(refused.map(|_| ()), Err(Refusal::ScopeNotFound));
    let other = world.app.config.oauth.find_client("other").unwrap();
    let allowed = resources::find_allowed(&ctx, &mut tx, other, SHOP).await.unwrap();
    assert_eq!(allowed.map(|_| ()), not_open);
}

#[tokio::test]
async fn scopes_are_given_one_by_one_taken_described_and_deleted() {
    let world = World::new().await;
    let ctx = world.ctx();
    let client = world.app.config.oauth.find_client("app").unwrap();
    let mut tx = world.write().await;
    resources::create(&ctx, &mut tx, SHOP, None).await.unwrap().unwrap();
    for scope in ["read", "write", "delete"] {
        let made = resources::create_scope(&ctx, &mut tx, SHOP, (scope, None)).await.unwrap();
        made.unwrap();
    }
    let of = (SHOP, "app");
    let (read, odd) = (Scopes::parse("read"), Scopes::parse("fly"));
    let not_open = Err(Refusal::ResourceNotAssociatedWithClient);
    let refused = resources::add_scopes(&ctx, &mut tx, of, &read).await.unwrap();
    assert_eq!(refused.map(|_| ()), not_open);
    resources::open_to(&ctx, &mut tx, SHOP, "app").await.unwrap().unwrap();

    let names = |it: Vec<domain::ResourceScope>| {
        it.into_iter().map(|it| it.scope).collect::<Vec<_>>().join(" ")
    };
    for (scopes, expected) in [("write", "write"), ("write read", "read write")] {
        let scopes = Scopes::parse(scopes);
        let has = resources::add_scopes(&ctx, &mut tx, of, &scopes).await.unwrap().unwrap();
        assert_eq!(names(has), expected);
    }
    let unknown = Err(Refusal::ScopeNotFound);
    let refused = resources::add_scopes(&ctx, &mut tx, of, &odd).await.unwrap();
    assert_eq!(refused.map(|_| ()), unknown);
    let refused = resources::remove_scopes(&ctx, &mut tx, of, &odd).await.unwrap();
    assert_eq!(refused.map(|_| ()), unknown);
    let has = resources::remove_scopes(&ctx, &mut tx, of, &read).await.unwrap().unwrap();
    assert_eq!(names(has), "write");

    let told = ("write", Some("Change orders"));
    let described = resources::describe_scope(&ctx, &mut tx, SHOP, told).await.unwrap().unwrap();
    assert_eq!(described.description.as_deref(), Some("Change orders"));
    let refused = resources::describe_scope(&ctx, &mut tx, SHOP, ("fly", None)).await.unwrap();
    assert_eq!(refused.map(|_| ()), unknown);
    assert_eq!(resources::delete_scope(&mut tx, SHOP, "write").await.unwrap(), Ok(()));
    assert_eq!(resources::delete_scope(&mut tx, SHOP, "write").await.unwrap(), unknown);

    resources::add_scopes(&ctx, &mut tx, of, &read).await.unwrap().unwrap();
    resources::close_to(&ctx, &mut tx, SHOP, "app").await.unwrap().unwrap();
    let gone = resources::close_to(&ctx, &mut tx, SHOP, "nobody").await.unwrap();
    assert_eq!(gone.map(|_| ()), Err(Refusal::ClientNotFound));
    resources::open_to(&ctx, &mut tx, SHOP, "app").await.unwrap().unwrap();
    let allowed = resources::find_allowed(&ctx, &mut tx, client, SHOP).await.unwrap();
    assert!(allowed.unwrap().1.is_empty(), "what was taken away does not come back");
}
