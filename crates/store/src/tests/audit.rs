//! The audit log.

use domain::{AuditEntry, ClientId, UserId};
use serde_json::json;

use super::{NOW, conformance, read, write};
use crate::Store;

fn entry(id: &str, seconds: i64) -> AuditEntry {
    AuditEntry {
        id: id.to_owned(),
        created_at: NOW.plus_seconds(seconds),
        activity_type: "user.created".to_owned(),
        user_id: None,
        ip: None,
        user_agent: None,
        client_id: None,
        data: [("seq".to_owned(), json!(1))].into_iter().collect(),
    }
}

async fn the_audit_log_is_read_newest_first(store: &Store) {
    let nobody = entry("e1", 0);
    let alice = AuditEntry {
        user_id: Some(UserId::new("alice")),
        ip: Some("2001:db8::7".parse().unwrap()),
        user_agent: Some("curl".to_owned()),
        client_id: Some(ClientId::new("app")),
        ..entry("e2", 1)
    };
    let older = AuditEntry { ip: Some("192.0.2.1".parse().unwrap()), ..entry("e3", -1) };
    let mut tx = write(store).await;
    for entry in [&nobody, &alice, &older] {
        tx.audit_log().insert(entry).await.unwrap();
    }
    tx.commit().await.unwrap();

    let mut tx = read(store).await;
    let all = tx.audit_log().list(None, 10).await.unwrap();
    assert_eq!(all, [alice.clone(), nobody, older]);
    let of_alice = tx.audit_log().list(alice.user_id.as_ref(), 10).await.unwrap();
    assert_eq!(of_alice, [alice]);
    assert_eq!(tx.audit_log().list(None, 2).await.unwrap().len(), 2);
}

conformance! { the_audit_log_is_read_newest_first }
