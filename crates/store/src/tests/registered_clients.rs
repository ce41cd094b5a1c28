//! Clients that are not in the configuration.

use domain::{ClientId, RegisteredClient};

use super::{NOW, conformance, read, write};
use crate::Store;

fn client() -> RegisteredClient {
    RegisteredClient {
        id: ClientId::new("c1"),
        metadata: r#"{"redirect_uris":["https://app.example.com/cb"]}"#.into(),
        secret_hash: Some("secret".into()),
        registration_token_hash: Some("token".into()),
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn a_client_is_put_once_or_again_and_deleted_once(store: &Store) {
    let mut tx = write(store).await;
    tx.registered_clients().put(&client()).await.unwrap();
    let later = RegisteredClient {
        metadata: "{}".into(),
        secret_hash: None,
        created_at: NOW.plus_seconds(60),
        updated_at: NOW.plus_seconds(60),
        ..client()
    };
    tx.registered_clients().put(&later).await.unwrap();
    tx.commit().await.unwrap();

    let id = ClientId::new("c1");
    let mut tx = read(store).await;
    let found = tx.registered_clients().find(&id).await.unwrap();
    assert_eq!(found, Some(RegisteredClient { created_at: NOW, ..later }));
    assert_eq!(tx.registered_clients().find(&ClientId::new("c2")).await.unwrap(), None);
    drop(tx);
    let mut tx = write(store).await;
    assert!(tx.registered_clients().delete(&id).await.unwrap());
    assert!(!tx.registered_clients().delete(&id).await.unwrap());
}

conformance! {
    a_client_is_put_once_or_again_and_deleted_once,
}
