//! Resources, their scopes, and what clients have of them.

use domain::{
    AccessToken, AccessTokenHolder, AppId, ClientId, Resource, ResourceId, ResourceScope,
    ResourceScopeId, Scopes,
};

use super::{NOW, conformance, read, write};
use crate::{ResourceFilter, Store};

fn resource(id: &str, uri: &str, seconds: i64) -> Resource {
    Resource {
        id: ResourceId::new(id),
        created_at: NOW.plus_seconds(seconds),
        updated_at: NOW.plus_seconds(seconds),
        uri: uri.to_owned(),
        name: Some(format!("The {id}")),
    }
}

fn scope(id: &str, resource: &Resource, scope: &str) -> ResourceScope {
    ResourceScope {
        id: ResourceScopeId::new(id),
        created_at: NOW,
        updated_at: NOW,
        resource_id: resource.id.clone(),
        scope: scope.to_owned(),
        description: None,
    }
}

fn shop() -> Resource {
    resource("shop", "https://shop.example.com", 0)
}

async fn with_shop(store: &Store) {
    let mut tx = write(store).await;
    assert!(tx.resources().insert(&shop()).await.unwrap());
    let stock = resource("stock", "https://stock.example.com/%", 1);
    assert!(tx.resources().insert(&stock).await.unwrap());
    for (id, name) in [("w", "write:orders"), ("r", "read:orders")] {
        assert!(tx.resource_scopes().insert(&scope(id, &shop(), name)).await.unwrap());
    }
    // The same word, and nothing to do with it.
    assert!(tx.resource_scopes().insert(&scope("s", &stock, "read:orders")).await.unwrap());
    tx.commit().await.unwrap();
}

async fn a_uri_is_a_resource_once_in_a_project(store: &Store) {
    with_shop(store).await;
    let mut tx = write(store).await;
    let again = Resource { id: ResourceId::new("again"), ..shop() };
    assert!(!tx.resources().insert(&again).await.unwrap());
    assert_eq!(tx.resources().find_by_uri(&shop().uri).await.unwrap(), Some(shop()));
    tx.resources().rename(&shop().id, None, NOW.plus_seconds(9)).await.unwrap();
    let renamed = tx.resources().find_by_uri(&shop().uri).await.unwrap().unwrap();
    assert_eq!((renamed.name, renamed.updated_at), (None, NOW.plus_seconds(9)));
    tx.commit().await.unwrap();
    let mut elsewhere = store.write(&AppId::new("elsewhere")).await.unwrap();
    assert_eq!(elsewhere.resources().find_by_uri(&shop().uri).await.unwrap(), None);
    let theirs = Resource { id: ResourceId::new("theirs"), ..shop() };
    assert!(elsewhere.resources().insert(&theirs).await.unwrap());
}

async fn resources_are_listed_by_how_they_begin_and_by_client(store: &Store) {
    with_shop(store).await;
    let client = ClientId::new("machine");
    let mut tx = write(store).await;
    tx.resources().open_to("row", &client, &shop().id, NOW).await.unwrap();
    tx.resources().open_to("row2", &client, &shop().id, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let of_client = Some(&client);
    for (prefix, client, expected) in [
        (None, None, vec!["stock", "shop"]),
        (Some("https://shop"), None, vec!["shop"]),
        (Some("The st"), None, vec!["stock"]),
        // Characters that mean something in patterns mean themselves.
        (Some("https://stock.example.com/%"), None, vec!["stock"]),
        (Some("%"), None, vec![]),
        (None, of_client, vec!["shop"]),
        (Some("The st"), of_client, vec![]),
    ] {
        let filter = ResourceFilter { prefix, client };
        let found = read(store).await.resources().list(filter, 10, 0).await.unwrap();
        let found: Vec<_> = found.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    let filter = ResourceFilter::default();
    let second = read(store).await.resources().list(filter, 1, 1).await.unwrap();
    assert_eq!(second, [shop()]);
    let clients = read(store).await.resources().list_clients(&shop().id).await.unwrap();
    assert_eq!(clients, [client]);
}

async fn scopes_belong_to_their_resource(store: &Store) {
    with_shop(store).await;
    let mut tx = write(store).await;
    assert!(!tx.resource_scopes().insert(&scope("x", &shop(), "read:orders")).await.unwrap());
    let (r, none) = (scope("r", &shop(), "read:orders"), Some("nothing"));
    tx.resource_scopes().describe(&r.id, Some("Look"), NOW).await.unwrap();
    let found = tx.resource_scopes().find(&shop().id, "read:orders").await.unwrap().unwrap();
    assert_eq!(found.description.as_deref(), Some("Look"));
    let listed = tx.resource_scopes().list(&shop().id, None, 10, 0).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|it| it.scope.as_str()).collect();
    assert_eq!(listed, ["read:orders", "write:orders"]);
    assert_eq!(tx.resource_scopes().list(&shop().id, none, 10, 0).await.unwrap(), []);
}

async fn a_client_has_what_it_was_given_until_it_is_taken(store: &Store) {
    with_shop(store).await;
    let (client, shop) = (ClientId::new("machine"), shop());
    let (r, w) = (scope("r", &shop, "read:orders"), scope("w", &shop, "write:orders"));
    let mut tx = write(store).await;
    tx.resources().open_to("row", &client, &shop.id, NOW).await.unwrap();
    assert!(tx.resources().is_open_to(&client, &shop.id).await.unwrap());
    assert!(!tx.resources().is_open_to(&ClientId::new("x"), &shop.id).await.unwrap());
    for (row, scope) in [("1", &w), ("2", &r), ("3", &r)] {
        tx.resource_scopes().give(row, &client, scope, NOW).await.unwrap();
    }
    let scopes = tx.resource_scopes().list_of_client(&client, &shop.id).await.unwrap();
    assert_eq!(scopes, [r.clone(), w.clone()]);
    tx.resource_scopes().take(&client, &w).await.unwrap();
    let scopes = tx.resource_scopes().list_of_client(&client, &shop.id).await.unwrap();
    assert_eq!(scopes, std::slice::from_ref(&r));
    tx.resources().close_to(&client, &shop.id).await.unwrap();
    assert!(!tx.resources().is_open_to(&client, &shop.id).await.unwrap());
    assert_eq!(tx.resource_scopes().list_of_client(&client, &shop.id).await.unwrap(), []);
}

async fn deleting_takes_along_what_clients_had(store: &Store) {
    with_shop(store).await;
    let (client, shop) = (ClientId::new("machine"), shop());
    let (r, w) = (scope("r", &shop, "read:orders"), scope("w", &shop, "write:orders"));
    let mut tx = write(store).await;
    tx.resources().open_to("row", &client, &shop.id, NOW).await.unwrap();
    for (row, scope) in [("1", &w), ("2", &r)] {
        tx.resource_scopes().give(row, &client, scope, NOW).await.unwrap();
    }
    tx.resource_scopes().delete(&w.id).await.unwrap();
    let scopes = tx.resource_scopes().list_of_client(&client, &shop.id).await.unwrap();
    assert_eq!(scopes, [r]);
    tx.resources().delete(&shop.id).await.unwrap();
    assert_eq!(tx.resources().find_by_uri(&shop.uri).await.unwrap(), None);
    assert!(!tx.resources().is_open_to(&client, &shop.id).await.unwrap());
}

async fn the_token_of_a_machine_is_nobodys_session(store: &Store) {
    let token = AccessToken {
        hash: "machine".into(),
        holder: AccessTokenHolder::Client,
        client_id: ClientId::new("machine"),
        scopes: Scopes::parse("read:orders"),
        audience: Some(shop().uri),
        dpop_jkt: None,
        created_at: NOW,
        expires_at: NOW.plus_seconds(60),
    };
    let mut tx = write(store).await;
    tx.access_tokens().insert(&token).await.unwrap();
    assert_eq!(tx.access_tokens().find("machine").await.unwrap(), Some(token));
    assert_eq!(tx.signed_in_by_access_token("machine").await.unwrap(), None);
}

conformance! {
    a_uri_is_a_resource_once_in_a_project,
    resources_are_listed_by_how_they_begin_and_by_client,
    scopes_belong_to_their_resource,
    a_client_has_what_it_was_given_until_it_is_taken,
    deleting_takes_along_what_clients_had,
    the_token_of_a_machine_is_nobodys_session,
}
