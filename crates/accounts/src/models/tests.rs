//! How people and identities look from outside.

use expect_test::expect;

use super::*;
use crate::account::{Created, NewAccount, create};
use crate::login_id::{Lists, check_new};
use crate::world::World;

#[tokio::test]
async fn a_person_and_their_identity_are_shown_whole() {
    let world = World::new("").await;
    let email = check_new(&world.ctx.app.config, &Lists::builtin(), "email", "A@b.example");
    let account = NewAccount::new(UserId::new("alice")).with_login_ids(email);
    let mut tx = world.write().await;
    let created = create(&world.ctx, &mut tx, account).await.unwrap();
    let Created::Created { user, identities } = created else { panic!("{created:?}") };
    tx.users().note_login(&user.id, world.ctx.now).await.unwrap();
    tx.users().set_disabled(&user.id, true, Some("fraud"), world.ctx.now).await.unwrap();
    let user = load_user_model(&world.ctx, &mut tx, &user.id).await.unwrap();
    let shown = json!([user.model, identity_model(&world.ctx, &identities[0])]);
    expect![[r#"
        [
          {
            "id": "alice",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "is_anonymous": false,
            "is_verified": false,
            "is_disabled": true,
            "is_deactivated": false,
            "is_anonymized": false,
            "can_reauthenticate": false,
            "standard_attributes": {
              "email": "a@b.example",
              "email_verified": false,
              "updated_at": 1767225600
            },
            "custom_attributes": {},
            "x_web3": {},
            "roles": [],
            "groups": [],
            "last_login_at": "2026-01-01T00:00:00Z",
            "disable_reason": "fraud"
          },
          {
            "id": "374708ff-f771-4dd5-979e-c875d56cd228",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "type": "login_id",
            "user_id": "alice",
            "claims": {
              "email": "a@b.example",
              "https://authgear.com/claims/login_id/type": "email",
              "https://authgear.com/claims/login_id/key": "email",
              "https://authgear.com/claims/login_id/original_value": "A@b.example",
              "https://authgear.com/claims/login_id/value": "a@b.example"
            }
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&shown).unwrap());
}
