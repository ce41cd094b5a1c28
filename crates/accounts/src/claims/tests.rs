//! What a bearer learns.

use domain::{AuthenticatorType, IdentityBase, IdentityId, LoginId, LoginIdType, User, UserId};
use expect_test::expect;

use super::*;
use crate::world::{START, World};

fn login_id(r#type: LoginIdType, value: &str, is_verified: bool) -> IdentityOverview {
    let login_id = LoginId {
        base: IdentityBase {
            id: IdentityId::new(value),
            user_id: UserId::new("alice"),
            created_at: START,
            updated_at: START,
        },
        key: r#type.as_str().to_owned(),
        r#type,
        login_id: value.to_owned(),
        original_login_id: value.to_owned(),
        unique_key: value.to_owned(),
        claims: [(r#type.claim().to_owned(), json!(value))].into_iter().collect(),
    };
    IdentityOverview { identity: Identity::LoginId(login_id), is_verified }
}

fn alice() -> UserOverview {
    let mut user = User::new(UserId::new("alice"), START);
    for (name, value) in
        [("email", "a@b.c"), ("phone_number", "+85298765432"), ("website", "https://a.example")]
    {
        user.standard_attributes.insert(name.to_owned(), json!(value));
    }
    user.custom_attributes.insert("0000".to_owned(), json!("chess"));
    user.custom_attributes.insert("0001".to_owned(), json!("secret"));
    UserOverview {
        user,
        identities: vec![
            login_id(LoginIdType::Email, "a@b.c", true),
            login_id(LoginIdType::Phone, "+85298765432", false),
        ],
        authenticators: vec![AuthenticatorOverview {
            r#type: AuthenticatorType::Password,
            kind: AuthenticatorKind::Primary,
            created_at: START,
            updated_at: START,
        }],
    }
}

#[tokio::test]
async fn claims_are_what_the_project_shows_to_bearers() {
    let yaml = r#"
user_profile:
  custom_attributes:
    attributes:
    - { id: "0000", pointer: /hobby, type: string, access_control: { end_user: hidden, bearer: readonly, portal_ui: readonly } }
    - { id: "0001", pointer: /note, type: string, access_control: { end_user: hidden, bearer: hidden, portal_ui: readwrite } }
"#;
    let world = World::new(yaml).await;
    let Claims { always, standard, custom, account } = claims(&world.ctx, &alice());
    let shown = json!([always, standard, custom, account]);
    expect![[r#"
        [
          {
            "sub": "alice",
            "https://authgear.com/claims/user/is_anonymous": false,
            "https://authgear.com/claims/user/is_verified": true,
            "https://authgear.com/claims/user/can_reauthenticate": true,
            "https://authgear.com/claims/user/roles": []
          },
          {
            "email": "a@b.c",
            "email_verified": true,
            "phone_number": "+85298765432",
            "phone_number_verified": false,
            "updated_at": 1767225600
          },
          {
            "hobby": "chess"
          },
          {
            "https://authgear.com/claims/user/authenticators": [
              {
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "type": "password",
                "kind": "primary"
              }
            ],
            "https://authgear.com/claims/user/identities": [
              {
                "type": "login_id",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "login_id_key": "email",
                "login_id_type": "email"
              },
              {
                "type": "login_id",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "login_id_key": "phone",
                "login_id_type": "phone"
              }
            ],
            "https://authgear.com/claims/user/recovery_code_enabled": false
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&shown).unwrap());
}

#[test]
fn verification_asks_for_any_or_for_all() {
    let any = VerificationConfig::default();
    let all = VerificationConfig { criteria: VerificationCriteria::All, ..any.clone() };
    let mut overview = alice();
    assert!(is_verified(&any, &overview));
    assert!(!is_verified(&all, &overview));
    overview.identities.truncate(1);
    assert!(is_verified(&all, &overview));
    overview.identities = vec![login_id(LoginIdType::Username, "alice", false)];
    assert!(!is_verified(&any, &overview) && !is_verified(&all, &overview));
}
