use super::*;
use crate::account::{Created, NewAccount, create};
use crate::login_id::{Lists, check_new};
use crate::models::load_user_model;
use crate::world::World;

const YAML: &str = "user_profile: { custom_attributes: { attributes: [
    { id: \"0001\", pointer: /tier, type: enum, enum: [gold, silver] },
    { id: \"0002\", pointer: /points, type: integer } ] } }";

/// Alice, who is called Alice and has points, after a handler said this of her.
async fn check(mutations: Value, expected: Result<Value, &str>) {
    let world = World::new(YAML).await;
    let email = check_new(&world.ctx.app.config, &Lists::builtin(), "email", "a@b.example");
    let mut account = NewAccount::new(UserId::new("alice")).with_login_ids(email);
    account.standard_attributes.insert("name".to_owned(), json!("Alice"));
    account.custom_attributes.insert("0002".to_owned(), json!(7));
    let object = |name: &str| mutations[name].as_object().cloned();
    let mutations = Mutations {
        standard_attributes: object("standard"),
        custom_attributes: object("custom"),
        ..Mutations::default()
    };
    let mut tx = world.write().await;
    let created = create(&world.ctx, &mut tx, account).await.unwrap();
    let Created::Created { user, .. } = created else { panic!("{created:?}") };
    let refusal = apply(&world.ctx, &mut tx, &user.id, &mutations).await.unwrap();
    let model = load_user_model(&world.ctx, &mut tx, &user.id).await.unwrap().model;
    let shown = match &refusal {
        None => Ok(json!([model["standard_attributes"], model["custom_attributes"]])),
        Some(refusal) => Err(refusal.pointer()),
    };
    assert_eq!(shown, expected);
}

fn standard(name: Option<&str>) -> Value {
    let mut shown = json!({ "email": "a@b.example", "email_verified": false });
    if let Some(name) = name {
        shown["name"] = json!(name);
    }
    shown["updated_at"] = json!(1_767_225_600);
    shown
}

#[tokio::test]
async fn what_a_handler_does_not_speak_of_stays() {
    check(json!({}), Ok(json!([standard(Some("Alice")), { "points": 7 }]))).await;
}

#[tokio::test]
async fn what_a_handler_says_takes_the_place_of_all_there_was() {
    let said = json!({ "standard": { "name": "Jane", "email_verified": true } });
    check(said, Ok(json!([standard(Some("Jane")), { "points": 7 }]))).await;
    let said = json!({ "standard": {}, "custom": { "tier": "gold" } });
    check(said, Ok(json!([standard(None), { "tier": "gold" }]))).await;
}

#[tokio::test]
async fn what_cannot_be_so_is_refused() {
    check(json!({ "standard": { "birthdate": "soon" } }), Err("/birthdate")).await;
    check(json!({ "standard": { "email": "b@b.example" } }), Err("/email")).await;
    check(json!({ "standard": { "roles": ["x"] } }), Err("/roles")).await;
    check(json!({ "custom": { "tier": "iron" } }), Err("/tier")).await;
    check(json!({ "custom": { "unknown": 1 } }), Err("/unknown")).await;
}
