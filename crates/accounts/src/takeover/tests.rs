use domain::{OAuthProviderId, OobTarget};
use stdx::Secret;

use super::*;
use crate::account::{Created, NewAccount, create};
use crate::authenticator::{NewAuthenticator, NewPasskey};
use crate::identity::NewIdentity;
use crate::login_id::{Lists, check_new};
use crate::world::World;

/// An account that somebody has made with the address of its owner, and with more of their own.
async fn hijacked(world: &World) -> UserId {
    let ctx = &world.ctx;
    let login_id = |key, value| check_new(&ctx.app.config, &Lists::builtin(), key, value).unwrap();
    let user = UserId::new("owner");
    let mut new = NewAccount::new(user.clone()).with_login_ids([
        login_id("email", "owner@example.com"),
        login_id("phone", "+85298765432"),
        login_id("username", "robin"),
    ]);
    new.identities.push(NewIdentity::OAuth {
        provider: OAuthProviderId::new("google", domain::Attributes::new()),
        subject: "mallory".to_owned(),
        profile: domain::Attributes::new(),
        claims: domain::Attributes::new(),
    });
    let (primary, secondary) = (AuthenticatorKind::Primary, AuthenticatorKind::Secondary);
    let by_sms = |kind| NewAuthenticator::OobOtp {
        kind,
        target: OobTarget::Phone("+85298765432".to_owned()),
        channel: None,
    };
    let by_mail = NewAuthenticator::OobOtp {
        kind: primary,
        target: OobTarget::Email("owner@example.com".to_owned()),
        channel: None,
    };
    let passkey = NewAuthenticator::Passkey(NewPasskey {
        credential_id: "c".to_owned(),
        creation_options: serde_json::json!({}),
        attestation_response: serde_json::json!({}),
        sign_count: 0,
    });
    let totp = NewAuthenticator::Totp {
        kind: secondary,
        secret: Secret::new("JBSWY3DP".to_owned()),
        display_name: "app".to_owned(),
        used_step: None,
    };
    new.authenticators = vec![by_sms(primary), by_sms(secondary), by_mail, passkey, totp];
    let mut tx = world.write().await;
    let created = create(ctx, &mut tx, new).await.unwrap();
    assert!(matches!(created, Created::Created { .. }), "{created:?}");
    tx.commit().await.unwrap();
    user
}

async fn owner_proves(world: &World, user: &UserId) -> (Vec<String>, Vec<String>) {
    let proved = ProvedClaim {
        name: "email".to_owned(),
        value: "owner@example.com".to_owned(),
        channel: Some("email".to_owned()),
    };
    let mut tx = world.write().await;
    take_over(&world.ctx, &mut tx, user, &proved).await.unwrap();
    let identities = tx.identities().list(user).await.unwrap();
    let authenticators = tx.authenticators().list(user).await.unwrap();
    tx.commit().await.unwrap();
    let shown = |it: &Authenticator| format!("{} {}", it.kind().as_str(), it.r#type().as_str());
    (
        identities.iter().map(|it| it.display_id().to_owned()).collect(),
        authenticators.iter().map(shown).collect(),
    )
}

#[tokio::test]
async fn whoever_made_an_account_with_the_address_of_another_is_left_with_nothing() {
    let world = World::new("").await;
    let user = hijacked(&world).await;
    let (identities, authenticators) = owner_proves(&world, &user).await;
    assert_eq!(identities, ["owner@example.com", "robin"]);
    let expected = ["secondary oob_otp_sms", "primary oob_otp_email", "secondary totp"];
    assert_eq!(authenticators, expected);
    let mut tx = world.read().await;
    let proved = tx.verified_claims().list(&user).await.unwrap();
    assert_eq!(proved[0].value, "owner@example.com");
}

#[tokio::test]
async fn whoever_has_proved_it_before_keeps_what_they_have() {
    let world = World::new("").await;
    let user = hijacked(&world).await;
    let proved = ProvedClaim {
        name: "email".to_owned(),
        value: "owner@example.com".to_owned(),
        channel: None,
    };
    let mut tx = world.write().await;
    mark_proved(&world.ctx, &mut tx, &user, &proved).await.unwrap();
    tx.commit().await.unwrap();
    let (identities, authenticators) = owner_proves(&world, &user).await;
    assert_eq!((identities.len(), authenticators.len()), (4, 5));
}

#[tokio::test]
async fn where_nothing_is_ever_proved_nothing_is_taken_over() {
    let yaml = "verification: { claims: { email: { enabled: false, required: false } } }";
    let world = World::new(yaml).await;
    let user = hijacked(&world).await;
    let (identities, authenticators) = owner_proves(&world, &user).await;
    assert_eq!((identities.len(), authenticators.len()), (4, 5));
}
