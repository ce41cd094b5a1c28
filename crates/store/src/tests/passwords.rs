//! Passwords, old and new, and claims that were proved.

use domain::{
    Authenticator, AuthenticatorBase, AuthenticatorId, AuthenticatorKind, AuthenticatorOverview,
    AuthenticatorType, IdentityOverview, PasswordAuthenticator, PasswordHistoryEntry, UserId,
    VerifiedClaim,
};
use stdx::Secret;

use super::accounts::email;
use super::{NOW, conformance, read, user, write};
use crate::Store;

pub(super) fn authenticator_base(
    user: &UserId,
    id: &str,
    kind: AuthenticatorKind,
) -> AuthenticatorBase {
    AuthenticatorBase {
        id: AuthenticatorId::new(id),
        user_id: user.clone(),
        created_at: NOW,
        updated_at: NOW,
        is_default: true,
        kind,
    }
}

pub(super) fn password(user: &UserId, id: &str) -> PasswordAuthenticator {
    PasswordAuthenticator {
        base: authenticator_base(user, id, AuthenticatorKind::Primary),
        password_hash: hash("first"),
        expire_after: Some(NOW.plus_seconds(90)),
    }
}

fn hash(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

async fn a_password_is_read_as_written(store: &Store) {
    let alice = user(store, "alice").await;
    let primary = password(&alice, "p1");
    let secondary = PasswordAuthenticator {
        base: AuthenticatorBase {
            created_at: NOW.plus_seconds(1),
            ..authenticator_base(&alice, "p2", AuthenticatorKind::Secondary)
        },
        expire_after: None,
        ..password(&alice, "p2")
    };
    let mut tx = write(store).await;
    tx.authenticators().insert_password(&secondary).await.unwrap();
    tx.authenticators().insert_password(&primary).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = read(store).await;
    let found = tx.authenticators().find_password(&alice, AuthenticatorKind::Secondary).await;
    assert_eq!(found.unwrap().as_ref(), Some(&secondary));
    let all = tx.authenticators().list(&alice).await.unwrap();
    assert_eq!(all, [primary, secondary].map(Authenticator::Password));
}

async fn a_password_is_replaced_only_if_it_is_the_one_that_was_verified(store: &Store) {
    let alice = user(store, "alice").await;
    let written = password(&alice, "p1");
    let mut tx = write(store).await;
    tx.authenticators().insert_password(&written).await.unwrap();
    let later = NOW.plus_seconds(60);
    let mut replace = async |current: &str, next: &str| {
        let (current, next) = (hash(current), hash(next));
        let mut authenticators = tx.authenticators();
        authenticators
            .replace_password(&written.base.id, &current, &next, None, later)
            .await
            .unwrap()
    };
    assert!(replace("first", "second").await);
    assert!(!replace("first", "third").await);
    let found = tx.authenticators().find_password(&alice, AuthenticatorKind::Primary).await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.password_hash, found.expire_after), (hash("second"), None));
    assert_eq!((found.base.created_at, found.base.updated_at), (NOW, later));
}

async fn a_deleted_password_is_gone(store: &Store) {
    let alice = user(store, "alice").await;
    let mut tx = write(store).await;
    let written = password(&alice, "p1");
    tx.authenticators().insert_password(&written).await.unwrap();
    tx.authenticators().delete(&written.base.id).await.unwrap();
    assert_eq!(tx.authenticators().list(&alice).await.unwrap(), []);
}

async fn old_passwords_are_kept_by_age_and_by_number(store: &Store) {
    let alice = user(store, "alice").await;
    let mut tx = write(store).await;
    for days in 0..5 {
        let entry = PasswordHistoryEntry {
            id: format!("h{days}"),
            user_id: alice.clone(),
            created_at: NOW.plus_seconds(-86_400 * days),
            password_hash: hash("old"),
        };
        tx.authenticators().insert_password_history(&entry).await.unwrap();
    }
    let yesterday = NOW.plus_seconds(-86_400);
    let mut list = async |since, at_least| {
        let found = tx.authenticators().list_password_history(&alice, since, at_least).await;
        found.unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(list(yesterday, 0).await, ["h0", "h1"]);
    assert_eq!(list(yesterday, 3).await, ["h0", "h1", "h2"]);
    assert_eq!(list(NOW.plus_seconds(1), 0).await, Vec::<String>::new());

    tx.authenticators().prune_password_history(&alice, yesterday, 3).await.unwrap();
    let left = tx.authenticators().list_password_history(&alice, yesterday, 9).await.unwrap();
    assert_eq!(left.len(), 3);
}

async fn a_claim_is_verified_once(store: &Store) {
    let alice = user(store, "alice").await;
    let claim = |id: &str| VerifiedClaim {
        id: id.to_owned(),
        user_id: alice.clone(),
        name: "email".to_owned(),
        value: "alice@example.com".to_owned(),
        created_at: NOW,
        channel: Some("sms".to_owned()),
    };
    let mut tx = write(store).await;
    tx.verified_claims().insert(&claim("c1")).await.unwrap();
    tx.verified_claims().insert(&claim("c2")).await.unwrap();
    assert_eq!(tx.verified_claims().list(&alice).await.unwrap(), [claim("c1")]);
    tx.verified_claims().delete(&alice, "email", "alice@example.com").await.unwrap();
    assert_eq!(tx.verified_claims().list(&alice).await.unwrap(), []);
}

async fn one_read_brings_everything(store: &Store) {
    let alice = user(store, "alice").await;
    let (first, second) = (email(&alice, "i1", "a@b.c"), email(&alice, "i2", "b@b.c"));
    let mut tx = write(store).await;
    assert_eq!(tx.users().find_overview(&UserId::new("nobody")).await.unwrap(), None);
    let bare = tx.users().find_overview(&alice).await.unwrap().unwrap();
    assert_eq!((bare.identities.len(), bare.authenticators.len()), (0, 0));

    for identity in [&first, &second] {
        tx.identities().insert_login_id(identity).await.unwrap();
    }
    let claim = |id: &str, name: &str| VerifiedClaim {
        id: id.to_owned(),
        user_id: alice.clone(),
        name: name.to_owned(),
        value: "b@b.c".to_owned(),
        created_at: NOW,
        channel: None,
    };
    tx.verified_claims().insert(&claim("c1", "email")).await.unwrap();
    tx.verified_claims().insert(&claim("c2", "phone_number")).await.unwrap();
    for (id, kind) in [("p1", AuthenticatorKind::Primary), ("p2", AuthenticatorKind::Secondary)] {
        let password = PasswordAuthenticator {
            base: authenticator_base(&alice, id, kind),
            ..password(&alice, id)
        };
        tx.authenticators().insert_password(&password).await.unwrap();
    }

    let found = tx.users().find_overview(&alice).await.unwrap().unwrap();
    assert_eq!(found.user.id, alice);
    let identity = |it: &domain::LoginId, is_verified| IdentityOverview {
        identity: domain::Identity::LoginId(it.clone()),
        is_verified,
    };
    assert_eq!(found.identities, [identity(&first, false), identity(&second, true)]);
    let authenticator = |kind| AuthenticatorOverview {
        r#type: AuthenticatorType::Password,
        kind,
        created_at: NOW,
        updated_at: NOW,
    };
    let expected = [AuthenticatorKind::Primary, AuthenticatorKind::Secondary].map(authenticator);
    assert_eq!(found.authenticators, expected);
}

conformance! {
    one_read_brings_everything,
    a_password_is_read_as_written,
    a_password_is_replaced_only_if_it_is_the_one_that_was_verified,
    a_deleted_password_is_gone,
    old_passwords_are_kept_by_age_and_by_number,
    a_claim_is_verified_once,
}
