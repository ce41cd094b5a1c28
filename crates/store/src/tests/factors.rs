//! The other ways to be known and to prove it: every kind is read as written, once and by its
//! own key.

use domain::{
    AnonymousIdentity, Authenticator, AuthenticatorKind, BiometricIdentity, Identity, LdapIdentity,
    OAuthIdentity, OAuthProviderId, OobOtpAuthenticator, OobTarget, PasskeyAuthenticator,
    PasskeyIdentity, RecoveryCode, TotpAuthenticator, UserId,
};
use serde_json::{Value, json};
use stdx::Secret;

use super::accounts::{email, identity_base};
use super::passwords::authenticator_base;
use super::{NOW, conformance, read, user, write};
use crate::{InsertedAuthenticator, InsertedIdentity, Store};

fn object(value: Value) -> domain::Attributes {
    let Value::Object(object) = value else { panic!("not an object: {value}") };
    object
}

fn provider() -> OAuthProviderId {
    OAuthProviderId::new("azureadv2", object(json!({ "tenant": "common", "a": "b" })))
}

fn oauth(user: &UserId, id: &str) -> Identity {
    Identity::OAuth(OAuthIdentity {
        base: identity_base(user, id),
        provider: provider(),
        subject: "42".to_owned(),
        profile: object(json!({ "raw": [1, 2] })),
        claims: object(json!({ "email": "shared@example.com" })),
    })
}

fn identities(user: &UserId) -> [Identity; 5] {
    [
        oauth(user, "i1"),
        Identity::Ldap(LdapIdentity {
            base: identity_base(user, "i2"),
            server_name: "hq".to_owned(),
            user_id_attribute_name: "uid".to_owned(),
            user_id_attribute_value: vec![0, 159, 146, 150],
            claims: object(json!({ "preferred_username": "alice" })),
            raw_entry: object(json!({ "dn": "uid=alice" })),
            last_login_username: Some("alice".to_owned()),
        }),
        Identity::Anonymous(AnonymousIdentity {
            base: identity_base(user, "i3"),
            key_id: Some("k1".to_owned()),
            key: Some(json!({ "kty": "EC" })),
        }),
        Identity::Passkey(PasskeyIdentity {
            base: identity_base(user, "i4"),
            credential_id: "c1".to_owned(),
            creation_options: json!({ "publicKey": { "user": { "displayName": "Alice" } } }),
            attestation_response: json!({ "id": "c1" }),
        }),
        Identity::Biometric(BiometricIdentity {
            base: identity_base(user, "i5"),
            key_id: "b1".to_owned(),
            key: json!({ "kty": "RSA" }),
            device_info: json!({ "ios": {} }),
        }),
    ]
}

async fn every_kind_of_identity_is_read_as_written(store: &Store) {
    let alice = user(store, "alice").await;
    let written = identities(&alice);
    let keyless = Identity::Anonymous(AnonymousIdentity {
        base: identity_base(&alice, "i6"),
        key_id: None,
        key: None,
    });
    let all: Vec<_> = written.iter().cloned().chain([keyless]).collect();
    let mut tx = write(store).await;
    for identity in &all {
        let inserted = tx.identities().insert(identity).await.unwrap();
        assert_eq!(inserted, InsertedIdentity::Inserted, "{identity:?}");
    }
    tx.commit().await.unwrap();

    let mut tx = read(store).await;
    let mut ids = tx.identities();
    assert_eq!(ids.list(&alice).await.unwrap(), all);
    let found = [
        ids.find_oauth(&provider(), "42").await.unwrap(),
        ids.find_ldap("hq", "uid", &[0, 159, 146, 150]).await.unwrap(),
        ids.find_anonymous("k1").await.unwrap(),
        ids.find_passkey("c1").await.unwrap(),
        ids.find_biometric("b1").await.unwrap(),
    ];
    assert_eq!(found.map(Option::unwrap), written);
    assert_eq!(ids.find(all[5].id()).await.unwrap().as_ref(), Some(&all[5]));
    assert_eq!(ids.find_oauth(&provider(), "43").await.unwrap(), None);
    let overview = tx.users().find_overview(&alice).await.unwrap().unwrap();
    let shown: Vec<_> = overview.identities.into_iter().map(|it| it.identity).collect();
    assert_eq!(shown, all);
}

async fn what_is_unique_has_one_owner_and_is_free_again_when_deleted(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let mut tx = write(store).await;
    for identity in identities(&alice) {
        tx.identities().insert(&identity).await.unwrap();
    }
    let mut again = identities(&bob);
    for (number, identity) in again.iter_mut().enumerate() {
        let base = identity_base(&bob, &format!("again{number}"));
        match identity {
            Identity::OAuth(it) => it.base = base,
            Identity::Ldap(it) => it.base = base,
            Identity::Anonymous(it) => it.base = base,
            Identity::Passkey(it) => it.base = base,
            Identity::Biometric(it) => it.base = base,
            Identity::LoginId(it) => it.base = base,
        }
        let taken = tx.identities().insert(identity).await.unwrap();
        assert_eq!(taken, InsertedIdentity::Taken, "{identity:?}");
    }
    assert_eq!(tx.identities().list(&bob).await.unwrap(), []);
    for identity in identities(&alice) {
        tx.identities().delete(identity.id()).await.unwrap();
    }
    for identity in &again {
        let inserted = tx.identities().insert(identity).await.unwrap();
        assert_eq!(inserted, InsertedIdentity::Inserted, "{identity:?}");
    }
}

async fn a_claim_leads_to_everybody_who_carries_it(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let mut tx = write(store).await;
    let login_id = Identity::LoginId(email(&bob, "i9", "shared@example.com"));
    for identity in [oauth(&alice, "i1"), login_id.clone()] {
        tx.identities().insert(&identity).await.unwrap();
    }
    let found = tx.identities().list_by_claim("email", "shared@example.com").await.unwrap();
    assert_eq!(found, [oauth(&alice, "i1"), login_id]);
    assert_eq!(tx.identities().list_by_claim("email", "other@example.com").await.unwrap(), []);
    assert_eq!(tx.identities().list_by_claim("name", "Alice").await.unwrap(), []);
}

async fn what_the_other_side_says_is_kept_up_to_date(store: &Store) {
    let alice = user(store, "alice").await;
    let [Identity::OAuth(oauth), Identity::Ldap(mut ldap), ..] = identities(&alice) else {
        panic!("the order above")
    };
    let mut tx = write(store).await;
    for identity in [Identity::OAuth(oauth.clone()), Identity::Ldap(ldap.clone())] {
        tx.identities().insert(&identity).await.unwrap();
    }
    let later = NOW.plus_seconds(5);
    let said = object(json!({ "email": "new@example.com" }));
    tx.identities().update_oauth(&oauth, &said, &said, later).await.unwrap();
    ldap.last_login_username = Some("renamed".to_owned());
    tx.identities().update_ldap(&ldap, later).await.unwrap();
    let all = tx.identities().list(&alice).await.unwrap();
    let [Identity::OAuth(oauth), Identity::Ldap(ldap)] = &all[..] else { panic!("{all:?}") };
    assert_eq!((&oauth.profile, &oauth.claims), (&said, &said));
    assert_eq!(ldap.last_login_username.as_deref(), Some("renamed"));
    assert_eq!((oauth.base.updated_at, ldap.base.updated_at), (later, later));
}

fn authenticators(user: &UserId) -> [Authenticator; 4] {
    let base = |id| authenticator_base(user, id, AuthenticatorKind::Secondary);
    let oob = |id, target| {
        Authenticator::OobOtp(OobOtpAuthenticator {
            base: base(id),
            target,
            last_used_channel: Some("sms".to_owned()),
        })
    };
    [
        Authenticator::Totp(TotpAuthenticator {
            base: base("a1"),
            secret: Secret::new("GJQFQHET".to_owned()),
            display_name: "phone".to_owned(),
        }),
        oob("a2", OobTarget::Email("a@example.com".to_owned())),
        oob("a3", OobTarget::Phone("+85298765432".to_owned())),
        Authenticator::Passkey(PasskeyAuthenticator {
            base: base("a4"),
            credential_id: "c1".to_owned(),
            creation_options: json!({}),
            attestation_response: json!({ "id": "c1" }),
            sign_count: 3,
        }),
    ]
}

async fn every_kind_of_authenticator_is_read_as_written(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let written = authenticators(&alice);
    let mut tx = write(store).await;
    for authenticator in &written {
        let inserted = tx.authenticators().insert(authenticator).await.unwrap();
        assert_eq!(inserted, InsertedAuthenticator::Inserted);
    }
    assert_eq!(tx.authenticators().list(&alice).await.unwrap(), written);
    assert_eq!(
        tx.authenticators().find(written[1].id()).await.unwrap().as_ref(),
        Some(&written[1])
    );
    let phone = OobTarget::Phone("+85298765432".to_owned());
    assert_eq!(tx.authenticators().list_by_target(&phone).await.unwrap(), [written[2].clone()]);
    let Authenticator::Passkey(stolen) = &written[3] else { panic!("the order above") };
    let mut stolen = stolen.clone();
    stolen.base = authenticator_base(&bob, "b4", AuthenticatorKind::Primary);
    let taken = tx.authenticators().insert(&Authenticator::Passkey(stolen)).await.unwrap();
    assert_eq!(taken, InsertedAuthenticator::Taken);

    tx.authenticators().note_channel(written[2].id(), "whatsapp").await.unwrap();
    let reached = tx.authenticators().find(written[2].id()).await.unwrap().unwrap();
    let Authenticator::OobOtp(reached) = reached else { panic!("{reached:?}") };
    assert_eq!(reached.last_used_channel.as_deref(), Some("whatsapp"));

    for authenticator in &written {
        tx.authenticators().delete(authenticator.id()).await.unwrap();
    }
    assert_eq!(tx.authenticators().list(&alice).await.unwrap(), []);
    assert_eq!(tx.authenticators().find_passkey("c1").await.unwrap(), None);
}

async fn a_person_is_erased_with_all_that_they_know(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let mut tx = write(store).await;
    for identity in identities(&alice) {
        tx.identities().insert(&identity).await.unwrap();
    }
    for authenticator in authenticators(&alice) {
        tx.authenticators().insert(&authenticator).await.unwrap();
        tx.authenticators().use_totp_step(authenticator.id(), 1).await.unwrap();
    }
    let others = email(&bob, "i9", "bob@example.com");
    tx.identities().insert_login_id(&others).await.unwrap();
    tx.users().erase(&alice).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = write(store).await;
    assert_eq!(tx.users().find(&alice).await.unwrap(), None);
    assert_eq!(tx.identities().list(&alice).await.unwrap(), []);
    assert_eq!(tx.authenticators().list(&alice).await.unwrap(), []);
    assert_eq!(tx.identities().list(&bob).await.unwrap(), [Identity::LoginId(others)]);
    // Nothing of theirs stands in the way of somebody who comes later.
    for identity in identities(&bob) {
        let inserted = tx.identities().insert(&identity).await.unwrap();
        assert_eq!(inserted, InsertedIdentity::Inserted, "{identity:?}");
    }
}

async fn a_counter_only_counts_up(store: &Store) {
    let alice = user(store, "alice").await;
    let [.., passkey] = authenticators(&alice);
    let mut tx = write(store).await;
    tx.authenticators().insert(&passkey).await.unwrap();
    for (shown, kept) in [(5, 5), (4, 5), (9, 9)] {
        tx.authenticators().note_sign_count(passkey.id(), shown, NOW).await.unwrap();
        let found = tx.authenticators().find(passkey.id()).await.unwrap().unwrap();
        let Authenticator::Passkey(found) = found else { panic!("{found:?}") };
        assert_eq!(found.sign_count, kept);
    }
}

async fn a_time_step_is_used_once(store: &Store) {
    let alice = user(store, "alice").await;
    let [totp, ..] = authenticators(&alice);
    let mut tx = write(store).await;
    tx.authenticators().insert(&totp).await.unwrap();
    assert!(tx.authenticators().use_totp_step(totp.id(), 7).await.unwrap());
    assert!(!tx.authenticators().use_totp_step(totp.id(), 7).await.unwrap());
    assert!(!tx.authenticators().use_totp_step(totp.id(), 6).await.unwrap());
    assert!(tx.authenticators().use_totp_step(totp.id(), 8).await.unwrap());
}

async fn a_recovery_code_is_used_once_and_goes_with_its_set(store: &Store) {
    let alice = user(store, "alice").await;
    let code = |id: &str| RecoveryCode {
        id: id.to_owned(),
        user_id: alice.clone(),
        code: Secret::new(format!("CODE{id}")),
        created_at: NOW,
        updated_at: NOW,
        is_consumed: false,
    };
    let mut tx = write(store).await;
    let set = [code("1"), code("2")];
    tx.authenticators().replace_recovery_codes(&alice, &set).await.unwrap();
    assert_eq!(tx.authenticators().list_recovery_codes(&alice).await.unwrap(), set);
    let later = NOW.plus_seconds(1);
    assert!(tx.authenticators().consume_recovery_code("1", later).await.unwrap());
    assert!(!tx.authenticators().consume_recovery_code("1", later).await.unwrap());
    tx.authenticators().replace_recovery_codes(&alice, &[code("3")]).await.unwrap();
    assert_eq!(tx.authenticators().list_recovery_codes(&alice).await.unwrap(), [code("3")]);
    tx.authenticators().delete_recovery_codes(&alice).await.unwrap();
    assert_eq!(tx.authenticators().list_recovery_codes(&alice).await.unwrap(), []);
}

async fn a_device_is_spared_until_its_token_ends(store: &Store) {
    let (alice, bob) = (user(store, "alice").await, user(store, "bob").await);
    let end = NOW.plus_seconds(60);
    let mut tx = write(store).await;
    for hash in ["h1", "h2"] {
        tx.device_tokens().insert(hash, &alice, NOW, end).await.unwrap();
    }
    assert!(tx.device_tokens().is_live("h1", &alice, NOW).await.unwrap());
    assert!(!tx.device_tokens().is_live("h1", &bob, NOW).await.unwrap());
    assert!(!tx.device_tokens().is_live("h1", &alice, end).await.unwrap());
    assert_eq!(tx.device_tokens().delete_expired(NOW).await.unwrap(), 0);
    assert_eq!(tx.device_tokens().delete_all(&alice).await.unwrap(), 2);
    assert!(!tx.device_tokens().is_live("h1", &alice, NOW).await.unwrap());
}

async fn whoever_declines_passkeys_is_remembered(store: &Store) {
    let alice = user(store, "alice").await;
    let mut tx = write(store).await;
    assert!(!tx.users().declines_passkeys(&alice).await.unwrap());
    tx.users().decline_passkeys(&alice).await.unwrap();
    assert!(tx.users().declines_passkeys(&alice).await.unwrap());
}

conformance! {
    whoever_declines_passkeys_is_remembered,
    every_kind_of_identity_is_read_as_written,
    what_is_unique_has_one_owner_and_is_free_again_when_deleted,
    a_claim_leads_to_everybody_who_carries_it,
    what_the_other_side_says_is_kept_up_to_date,
    every_kind_of_authenticator_is_read_as_written,
    a_person_is_erased_with_all_that_they_know,
    a_counter_only_counts_up,
    a_time_step_is_used_once,
    a_recovery_code_is_used_once_and_goes_with_its_set,
    a_device_is_spared_until_its_token_ends,
}
