//! Who may write what, and what it must be.

use expect_test::{Expect, expect};

use super::*;
use crate::account::{Created, NewAccount, create};
use crate::login_id::{Lists, check_new};
use crate::world::World;

const CUSTOM: &str = r#"
user_profile:
  standard_attributes:
    access_control:
    - pointer: /nickname
      access_control: { end_user: readonly, bearer: readonly, portal_ui: readwrite }
  custom_attributes:
    attributes:
    - { id: "0000", pointer: /hobby, type: string, access_control: { end_user: readwrite, bearer: readonly, portal_ui: readwrite } }
    - { id: "0001", pointer: /age, type: integer, minimum: 0, maximum: 200, access_control: { end_user: readwrite, bearer: readonly, portal_ui: readwrite } }
    - { id: "0002", pointer: /wage, type: number, minimum: 1.5 }
    - { id: "0003", pointer: /rank, type: enum, enum: [junior, senior] }
    - { id: "0004", pointer: /phone, type: phone_number }
    - { id: "0005", pointer: /mail, type: email }
    - { id: "0006", pointer: /site, type: url }
    - { id: "0007", pointer: /land, type: country_code }
"#;

async fn world() -> World {
    let world = World::new(CUSTOM).await;
    let email = check_new(&world.ctx.app.config, &Lists::builtin(), "email", "a@b.example");
    let account = NewAccount::new(UserId::new("alice")).with_login_ids(email);
    let mut tx = world.write().await;
    let created = create(&world.ctx, &mut tx, account).await.unwrap();
    assert!(matches!(created, Created::Created { .. }));
    tx.commit().await.unwrap();
    world
}

/// Makes each change (`/pointer=json`) by itself and writes what became of it.
async fn check(party: Party, changes: &[&str], expected: Expect) {
    let world = world().await;
    let mut transcript = String::new();
    for line in changes {
        let (pointer, value) = line.split_once('=').unwrap();
        let value = (!value.is_empty()).then(|| serde_json::from_str(value).unwrap());
        let change = [Change::new(pointer, value)];
        let mut tx = world.write().await;
        let user = UserId::new("alice");
        let is_custom = world.ctx.app.config.user_profile.custom_attributes.attributes.iter();
        let is_custom = is_custom.map(|it| it.pointer.as_str()).any(|it| it == pointer);
        let updated = if is_custom {
            update_custom(&world.ctx, &mut tx, party, &user, &change).await.unwrap()
        } else {
            update_standard(&world.ctx, &mut tx, party, &user, &change).await.unwrap()
        };
        let became = match updated {
            Updated::Updated(user) => {
                tx.commit().await.unwrap();
                let (standard, custom) = (user.standard_attributes, user.custom_attributes);
                format!("{line} -> {} {}\n", json!(standard), json!(custom))
            }
            Updated::Refused(AttributeRefusal::AccessControl { pointer, party, level }) => {
                format!("{line} -> {pointer} is {level} for {}\n", party.as_str())
            }
            Updated::Refused(AttributeRefusal::Invalid { keyword, details, .. }) => {
                format!("{line} -> {keyword} {details}\n")
            }
            Updated::Refused(refusal) => format!("{line} -> {refusal:?}\n"),
        };
        transcript.push_str(&became);
    }
    expected.assert_eq(&transcript);
}

#[tokio::test]
async fn the_person_writes_what_they_may() {
    check(
        Party::EndUser,
        &[
            r#"/given_name="Alice""#,
            r#"/address/country="HK""#,
            r#"/nickname="Al""#,
            "/nickname=",
            r#"/hobby="chess""#,
            "/hobby=",
            "/wage=2",
        ],
        expect![[r#"
            /given_name="Alice" -> {"email":"a@b.example","given_name":"Alice"} {}
            /address/country="HK" -> /address is hidden for end_user
            /nickname="Al" -> /nickname is readonly for end_user
            /nickname= -> {"email":"a@b.example","given_name":"Alice"} {}
            /hobby="chess" -> {"email":"a@b.example","given_name":"Alice"} {"0000":"chess"}
            /hobby= -> {"email":"a@b.example","given_name":"Alice"} {}
            /wage=2 -> /wage is hidden for end_user
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_bearer_writes_nothing() {
    check(
        Party::Bearer,
        &[r#"/given_name="Alice""#, r#"/hobby="chess""#],
        expect![[r#"
            /given_name="Alice" -> /given_name is readonly for bearer
            /hobby="chess" -> /hobby is readonly for bearer
        "#]],
    )
    .await;
}

#[tokio::test]
async fn standard_attributes_have_types() {
    check(
        Party::AdminApi,
        &[
            r#"/name="""#,
            "/name=7",
            r#"/birthdate="1990-02-30""#,
            r#"/zoneinfo="Hong Kong""#,
            r#"/locale="zh_HK""#,
            r#"/picture="javascript:alert(1)""#,
            r#"/website="not a url""#,
            r#"/address/planet="Mars""#,
            r#"/nonsense="x""#,
            r#"/name/first="x""#,
            r#"/address={"country":"HK","region":"NT"}"#,
            "/address/region=",
            "/address/country=",
            r#"/birthdate="1990-02-28""#,
            r#"/zoneinfo="Asia/Hong_Kong""#,
            r#"/locale="zh-Hant-HK""#,
        ],
        expect![[r#"
            /name="" -> minLength {"expected":1,"actual":0}
            /name=7 -> type {"expected":["string"]}
            /birthdate="1990-02-30" -> format {"format":"birthdate"}
            /zoneinfo="Hong Kong" -> format {"format":"timezone"}
            /locale="zh_HK" -> format {"format":"bcp47"}
            /picture="javascript:alert(1)" -> format {"format":"x_picture"}
            /website="not a url" -> format {"format":"uri"}
            /address/planet="Mars" -> Unknown { pointer: "/address/planet" }
            /nonsense="x" -> Unknown { pointer: "/nonsense" }
            /name/first="x" -> Unknown { pointer: "/name/first" }
            /address={"country":"HK","region":"NT"} -> {"email":"a@b.example","address":{"country":"HK","region":"NT"}} {}
            /address/region= -> {"email":"a@b.example","address":{"country":"HK"}} {}
            /address/country= -> {"email":"a@b.example"} {}
            /birthdate="1990-02-28" -> {"email":"a@b.example","birthdate":"1990-02-28"} {}
            /zoneinfo="Asia/Hong_Kong" -> {"email":"a@b.example","birthdate":"1990-02-28","zoneinfo":"Asia/Hong_Kong"} {}
            /locale="zh-Hant-HK" -> {"email":"a@b.example","birthdate":"1990-02-28","zoneinfo":"Asia/Hong_Kong","locale":"zh-Hant-HK"} {}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_email_address_is_one_of_the_persons_own() {
    check(
        Party::EndUser,
        &[r#"/email="b@b.example""#, r#"/email="a@b.example""#, "/email="],
        expect![[r#"
            /email="b@b.example" -> NotOwned { pointer: "/email" }
            /email="a@b.example" -> {"email":"a@b.example"} {}
            /email= -> {"email":"a@b.example"} {}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn custom_attributes_have_types() {
    check(
        Party::PortalUi,
        &[
            "/age=-1",
            "/age=201",
            "/age=1.5",
            r#"/age="1""#,
            "/wage=1",
            r#"/rank="boss""#,
            r#"/phone="98765432""#,
            r#"/mail="nobody""#,
            r#"/site="nowhere""#,
            r#"/land="XX""#,
            "/age=7",
            "/wage=1.5",
            r#"/rank="senior""#,
            r#"/land="HK""#,
        ],
        expect![[r#"
            /age=-1 -> minimum {"minimum":0.0,"actual":-1}
            /age=201 -> maximum {"maximum":200.0,"actual":201}
            /age=1.5 -> type {"expected":["integer"]}
            /age="1" -> type {"expected":["integer"]}
            /wage=1 -> minimum {"minimum":1.5,"actual":1}
            /rank="boss" -> enum {"expected":["junior","senior"],"actual":"boss"}
            /phone="98765432" -> format {"format":"phone"}
            /mail="nobody" -> format {"format":"email"}
            /site="nowhere" -> format {"format":"uri"}
            /land="XX" -> format {"format":"iso3166-1-alpha-2"}
            /age=7 -> {"email":"a@b.example"} {"0001":7}
            /wage=1.5 -> {"email":"a@b.example"} {"0001":7,"0002":1.5}
            /rank="senior" -> {"email":"a@b.example"} {"0001":7,"0002":1.5,"0003":"senior"}
            /land="HK" -> {"email":"a@b.example"} {"0001":7,"0002":1.5,"0003":"senior","0007":"HK"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn form_fields_are_read_as_their_type() {
    let world = world().await;
    let config = &world.ctx.app.config.user_profile;
    let read = |pointer, text| parse_custom(config, pointer, text).value;
    assert_eq!(read("/age", "7"), Some(json!(7)));
    assert_eq!(read("/wage", "7.5"), Some(json!(7.5)));
    assert_eq!(read("/age", "seven"), Some(json!("seven")));
    assert_eq!(read("/hobby", "7"), Some(json!("7")));
    assert_eq!(read("/hobby", ""), None);
}
