//! Clients whose name is the address of a document. None is fetched here: nobody listens.

use domain::{ClientId, RegisteredClient};
use serde_json::json;

use super::is_document;
use crate::world::{CHALLENGE, START, World};

const ID: &str = "https://agent.example.com/client.json";

async fn world(enabled: bool) -> World {
    World::with(|config| {
        config["oauth"]["x_client_id_metadata_documents_enabled"] = json!(enabled);
    })
    .await
}

async fn on_record(world: &World) {
    let client = RegisteredClient {
        id: ClientId::new(ID),
        metadata: json!({
            "client_id": ID, "client_name": "Agent (agent.example.com)",
            "redirect_uris": ["https://agent.example.com/cb"],
            "token_endpoint_auth_method": "none",
        })
        .to_string(),
        secret_hash: None,
        registration_token_hash: None,
        created_at: START,
        updated_at: START,
    };
    let mut tx = world.platform.store.write(&world.ctx().app.id).await.unwrap();
    tx.registered_clients().put(&client).await.unwrap();
    tx.commit().await.unwrap();
}

fn address() -> String {
    format!(
        "/oauth2/authorize?response_type=code&client_id={ID}\
         &redirect_uri=https://agent.example.com/cb&scope=openid\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

#[tokio::test]
async fn a_document_that_was_read_counts_for_a_while_and_longer_if_it_is_away() {
    let world = world(true).await;
    on_record(&world).await;
    assert!(world.get(&address()).await.location().contains("x_ref="));
    world.sleep(24 * 60 * 60);
    assert!(world.get(&address()).await.location().contains("x_ref="));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_makes_no_client() {
    let world = world(true).await;
    let reply = world.get(&address()).await;
    assert_eq!((reply.status, reply.location()), (400, ""));
    assert!(reply.body.contains("the document about the client could not be read"));
}

#[tokio::test]
async fn documents_are_off_unless_the_project_says_so() {
    let world = world(false).await;
    on_record(&world).await;
    assert_eq!(world.get(&address()).await.status, 400);
    let metadata = world.get("/.well-known/openid-configuration").await.json();
    assert!(metadata.get("client_id_metadata_document_supported").is_none());
    let world = self::world(true).await;
    let metadata = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
}

#[test]
fn an_address_of_a_document_is_plain() {
    assert!(is_document(ID));
    for id in [
        "https://agent.example.com",
        "https://agent.example.com/",
        "http://agent.example.com/client.json",
        "https://user@agent.example.com/client.json",
        "https://agent.example.com/client.json#x",
        "https://agent.example.com/client.json?x",
        "https://agent.example.com/a/../client.json",
        "https://AGENT.example.com/client.json",
        "https://agent.example.com:443/client.json",
        "spa",
    ] {
        assert!(!is_document(id), "{id}");
    }
}
