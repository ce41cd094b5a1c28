//! People and what they are known by.

use domain::{Identity, IdentityBase, IdentityId, LoginId, LoginIdType, User, UserId};
use serde_json::json;

use super::{NOW, conformance, read, user, write};
use crate::{InsertedIdentity, Store};

pub(super) fn identity_base(user: &UserId, id: &str) -> IdentityBase {
    IdentityBase {
        id: IdentityId::new(id),
        user_id: user.clone(),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(super) fn email(user: &UserId, id: &str, address: &str) -> LoginId {
    LoginId {
        base: identity_base(user, id),
        key: "email".to_owned(),
        r#type: LoginIdType::Email,
        login_id: address.to_owned(),
        original_login_id: address.to_uppercase(),
        unique_key: address.to_owned(),
        claims: [("email".to_owned(), json!(address))].into_iter().collect(),
    }
}

async fn a_person_is_read_as_written(store: &Store) {
    let mut written = User::new(UserId::new("alice"), NOW);
    written.login_at = Some(NOW.plus_seconds(1));
    written.disable_reason = Some("said ✓".to_owned());
    written.account_valid_until = Some(NOW.plus_seconds(86_400));
    written.standard_attributes.insert("name".to_owned(), json!("Ålice"));
    written.custom_attributes.insert("0001".to_owned(), json!(7));
    let mut tx = write(store).await;
    tx.users().insert(&written).await.unwrap();
    tx.commit().await.unwrap();

    let found = read(store).await.users().find(&written.id).await.unwrap();
    assert_eq!(found, Some(written));
}

async fn another_project_does_not_see_a_person(store: &Store) {
    let alice = user(store, "alice").await;
    let mut other = store.read(&domain::AppId::new("other")).await.unwrap();
    assert_eq!(other.users().find(&alice).await.unwrap(), None);
}

async fn a_sign_in_moves_the_one_before(store: &Store) {
    let alice = user(store, "alice").await;
    let mut tx = write(store).await;
    tx.users().note_login(&alice, NOW).await.unwrap();
    tx.users().note_login(&alice, NOW.plus_seconds(60)).await.unwrap();
    let found = tx.users().find(&alice).await.unwrap().unwrap();
    assert_eq!((found.login_at, found.last_login_at), (Some(NOW.plus_seconds(60)), Some(NOW)));
}

async fn attributes_and_status_can_be_changed(store: &Store) {
    let alice = user(store, "alice").await;
    let later = NOW.plus_seconds(5);
    let attributes = [("given_name".to_owned(), json!("Alice"))].into_iter().collect();
    let mut tx = write(store).await;
    tx.users().set_standard_attributes(&alice, &attributes, later).await.unwrap();
    tx.users().set_custom_attributes(&alice, &attributes, later).await.unwrap();
    tx.users().set_disabled(&alice, true, Some("fraud"), later).await.unwrap();
    tx.users().set_valid_period(&alice, None, Some(later), later).await.unwrap();
    let found = tx.users().find(&alice).await.unwrap().unwrap();
    assert_eq!(found.standard_attributes, attributes);
    assert_eq!(found.custom_attributes, attributes);
    assert_eq!(found.updated_at, later);
    assert_eq!((found.is_disabled, found.disable_reason.as_deref()), (true, Some("fraud")));
    assert_eq!((found.account_valid_from, found.account_valid_until), (None, Some(later)));
}

async fn an_account_is_due_for_deletion_from_the_instant_on(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let due = NOW.plus_seconds(60);
    let mut tx = write(store).await;
    for (id, at) in [(&alice, due), (&bob, NOW)] {
        tx.users().schedule_deletion_by_owner(id, at, NOW).await.unwrap();
    }
    let found = tx.users().find(&alice).await.unwrap().unwrap();
    assert_eq!((found.delete_at, found.is_deactivated, found.is_disabled), (Some(due), true, true));
    let mut list = async |at, limit| tx.users().list_due_deletions(at, limit).await.unwrap();
    assert_eq!(list(due.plus_seconds(-1), 9).await, std::slice::from_ref(&bob));
    assert_eq!(list(due, 9).await, [bob.clone(), alice.clone()]);
    assert_eq!(list(due, 1).await, [bob]);
    tx.users().unschedule_deletion(&alice, due).await.unwrap();
    let found = tx.users().find(&alice).await.unwrap().unwrap();
    assert_eq!((found.delete_at, found.is_deactivated, found.is_disabled), (None, false, false));
}

async fn a_login_id_is_found_by_its_unique_form(store: &Store) {
    let alice = user(store, "alice").await;
    let identity = email(&alice, "i1", "alice@example.com");
    let mut tx = write(store).await;
    let inserted = tx.identities().insert_login_id(&identity).await.unwrap();
    assert_eq!(inserted, InsertedIdentity::Inserted);
    tx.commit().await.unwrap();

    let mut tx = read(store).await;
    let found = tx.identities().find_by_unique_key("alice@example.com").await.unwrap();
    assert_eq!(found.as_ref(), Some(&identity));
    assert_eq!(tx.identities().find_by_unique_key("ALICE@example.com").await.unwrap(), None);
    let all = tx.identities().list(&alice).await.unwrap();
    assert_eq!(all, [Identity::LoginId(identity)]);
}

async fn a_unique_key_has_one_owner(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let mut tx = write(store).await;
    tx.identities().insert_login_id(&email(&alice, "i1", "a@example.com")).await.unwrap();
    let second = tx.identities().insert_login_id(&email(&bob, "i2", "a@example.com")).await;
    assert_eq!(second.unwrap(), InsertedIdentity::Taken);
    assert_eq!(tx.identities().list(&bob).await.unwrap(), []);
    tx.commit().await.unwrap();
}

async fn a_deleted_identity_frees_its_key(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let mut tx = write(store).await;
    let first = email(&alice, "i1", "a@example.com");
    tx.identities().insert_login_id(&first).await.unwrap();
    tx.identities().delete(&first.base.id).await.unwrap();
    let second = tx.identities().insert_login_id(&email(&bob, "i2", "a@example.com")).await;
    assert_eq!(second.unwrap(), InsertedIdentity::Inserted);
}

conformance! {
    a_person_is_read_as_written,
    another_project_does_not_see_a_person,
    a_sign_in_moves_the_one_before,
    attributes_and_status_can_be_changed,
    an_account_is_due_for_deletion_from_the_instant_on,
    a_login_id_is_found_by_its_unique_form,
    a_unique_key_has_one_owner,
    a_deleted_identity_frees_its_key,
}
