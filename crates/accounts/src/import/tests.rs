use domain::{AuthenticatorKind, Identity};
use expect_test::{Expect, expect};
use stdx::Secret;

use super::*;
use crate::password::{self, PasswordCheck};
use crate::world::World;

/// `password`, hashed by somebody else.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm";

/// One line for each record: what became of it, with its problem and its warnings.
async fn imported(world: &World, document: &Value) -> String {
    let import = match Import::parse(document.to_string().as_bytes()) {
        Ok(import) => import,
        Err(problem) => return format!("refused: {}\n", shown(&problem)),
    };
    let lists = Lists::builtin();
    let details = run(&world.ctx, &world.store, &lists, &import).await.unwrap();
    let lines = details.iter().map(|detail| {
        let problem = detail.problem.as_ref().map(|it| format!(": {}", shown(it)));
        let warnings: String = detail.warnings.iter().flat_map(|it| ["\n  ", it]).collect();
        format!("{}{}{warnings}\n", detail.outcome.as_str(), problem.unwrap_or_default())
    });
    lines.collect()
}

fn shown(problem: &Problem) -> String {
    let causes = problem.causes.iter().map(|it| format!(" {} {}", it.location, it.kind));
    format!("{}{}", problem.reason, causes.collect::<String>())
}

async fn check(world: &World, document: Value, expected: Expect) {
    expected.assert_eq(&imported(world, &document).await);
}

fn by_email(record: &Value) -> Value {
    json!({ "identifier": "email", "records": [record] })
}

fn upsert(record: &Value) -> Value {
    json!({ "identifier": "email", "upsert": true, "records": [record] })
}

/// Whoever has this address, with everything that was imported of them.
async fn described(world: &World, email: &str) -> String {
    let mut tx = world.read().await;
    let owner = tx.identities().find_by_unique_key(email).await.unwrap().unwrap();
    let user = tx.users().find(&owner.base.user_id).await.unwrap().unwrap();
    let mut lines =
        vec![format!("{} {}", json!(user.standard_attributes), json!(user.custom_attributes))];
    for identity in tx.identities().list(&user.id).await.unwrap() {
        let Identity::LoginId(it) = identity else { continue };
        lines.push(format!("{} {}", it.key, it.login_id));
    }
    for claim in tx.verified_claims().list(&user.id).await.unwrap() {
        lines.push(format!("verified {} {}", claim.name, claim.value));
    }
    for it in tx.authenticators().list(&user.id).await.unwrap() {
        let target = match &it {
            domain::Authenticator::OobOtp(it) => format!(" {:?}", it.target),
            _ => String::new(),
        };
        lines.push(format!("{} {}{target}", it.kind().as_str(), it.r#type().as_str()));
    }
    if user.is_disabled {
        lines.push("disabled".to_owned());
    }
    let bounds = [user.account_valid_from, user.account_valid_until];
    lines.extend(bounds.iter().flatten().map(|at| format!("valid {at}")));
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn a_new_person_has_everything_that_the_record_says() {
    let world = World::new(
        "user_profile: { custom_attributes: { attributes: [{ id: '0000', pointer: /member, type: string }] } }",
    )
    .await;
    let record = json!({
        "email": "Alice@Example.com",
        "email_verified": true,
        "phone_number": "+85251388325",
        "preferred_username": "alice",
        "name": "Alice",
        "custom_attributes": { "member": "7" },
        "disabled": true,
        "account_valid_until": "2030-01-01T00:00:00Z",
        "password": { "type": "bcrypt", "password_hash": HASH },
        "mfa": {
            "email": "second@example.com",
            "phone_number": "+85251388326",
            "password": { "type": "bcrypt", "password_hash": HASH },
            "totp": { "secret": "GEZDGNBVGY3TQOJQ" },
        },
    });
    check(
        &world,
        by_email(&record),
        expect![[r#"
        inserted
    "#]],
    )
    .await;
    expect![[r#"
        {"email":"alice@example.com","phone_number":"+85251388325","preferred_username":"alice","name":"Alice"} {"0000":"7"}
        email alice@example.com
        phone +85251388325
        username alice
        verified email alice@example.com
        primary password
        secondary password
        secondary oob_otp_email Email("second@example.com")
        secondary oob_otp_sms Phone("+85251388326")
        secondary totp
        disabled
        valid 2030-01-01T00:00:00Z
    "#]].assert_eq(&described(&world, "alice@example.com").await);
}

#[tokio::test]
async fn an_imported_password_is_verified_as_any_other() {
    let world = World::new("").await;
    let record = json!({
        "email": "a@example.com", "password": { "type": "bcrypt", "password_hash": HASH },
    });
    check(
        &world,
        by_email(&record),
        expect![[r#"
        inserted
    "#]],
    )
    .await;
    let mut tx = world.read().await;
    let owner = tx.identities().find_by_unique_key("a@example.com").await.unwrap();
    let user = owner.unwrap().base.user_id;
    drop(tx);
    let verify = async |text: &str| {
        let (who, password) =
            (Some((&user, AuthenticatorKind::Primary)), Secret::new(text.to_owned()));
        password::verify(&world.ctx, &world.store, &world.hasher, who, &password).await.unwrap()
    };
    assert!(matches!(verify("password").await, PasswordCheck::Right { .. }));
    assert_eq!(verify("Password").await, PasswordCheck::Wrong);
}

#[tokio::test]
async fn who_is_here_already_is_skipped_without_upsert() {
    let world = World::new("").await;
    let record = json!({ "email": "a@example.com", "name": "First" });
    check(
        &world,
        by_email(&record),
        expect![[r#"
        inserted
    "#]],
    )
    .await;
    let again = json!({ "email": "A@EXAMPLE.com", "name": "Second" });
    check(
        &world,
        by_email(&again),
        expect![[r#"
        skipped
          skipped: the person is here already, and upsert is off
    "#]],
    )
    .await;
    expect![[r#"
        {"email":"a@example.com","name":"First"} {}
        email a@example.com
    "#]]
    .assert_eq(&described(&world, "a@example.com").await);
}

#[tokio::test]
async fn upsert_changes_what_is_named_and_removes_what_is_null() {
    let world = World::new("").await;
    let first = json!({
        "email": "a@example.com", "email_verified": true, "preferred_username": "alice",
        "phone_number": "+85251388325", "name": "Alice", "nickname": "Al", "disabled": true,
        "password": { "type": "bcrypt", "password_hash": HASH },
        "mfa": { "email": "old@example.com", "phone_number": "+85251388326" },
    });
    check(
        &world,
        by_email(&first),
        expect![[r#"
        inserted
    "#]],
    )
    .await;
    let second = json!({
        "email": "a@example.com", "email_verified": false, "preferred_username": "bob",
        "phone_number": null, "name": null, "disabled": false,
        "mfa": { "email": "new@example.com", "phone_number": null },
    });
    check(
        &world,
        upsert(&second),
        expect![[r#"
        updated
    "#]],
    )
    .await;
    expect![[r#"
        {"email":"a@example.com","nickname":"Al","preferred_username":"bob"} {}
        email a@example.com
        username bob
        primary password
        secondary oob_otp_email Email("new@example.com")
    "#]]
    .assert_eq(&described(&world, "a@example.com").await);
}

#[tokio::test]
async fn upsert_never_takes_over_a_password() {
    let world = World::new("").await;
    check(
        &world,
        by_email(&json!({ "email": "a@example.com" })),
        expect![[r#"
        inserted
    "#]],
    )
    .await;
    let record = json!({
        "email": "a@example.com",
        "password": { "type": "bcrypt", "password_hash": HASH },
        "mfa": { "totp": { "secret": "GEZDGNBVGY3TQOJQ" } },
    });
    check(
        &world,
        upsert(&record),
        expect![[r#"
        updated
    "#]],
    )
    .await;
    expect![[r#"
        {"email":"a@example.com"} {}
        email a@example.com
    "#]]
    .assert_eq(&described(&world, "a@example.com").await);
}

#[tokio::test]
async fn a_refused_record_leaves_nothing_behind_and_the_next_goes_on() {
    let world = World::new("").await;
    let document = json!({ "identifier": "email", "records": [
        { "email": "a@example.com", "preferred_username": "alice" },
        { "email": "b@example.com", "preferred_username": "alice" },
        { "email": "c@example.com" },
    ] });
    check(
        &world,
        document,
        expect![[r#"
        inserted
        failed: InvariantViolated
        inserted
    "#]],
    )
    .await;
    let mut tx = world.read().await;
    assert_eq!(tx.identities().find_by_unique_key("b@example.com").await.unwrap(), None);
}

#[tokio::test]
async fn a_record_is_checked_field_by_field() {
    let world = World::new("").await;
    let document = json!({ "identifier": "email", "records": [
        { "preferred_username": "alice" },
        { "email": null },
        { "email": "no address" },
        { "email": "a@example.com", "colour": "red" },
        { "email": "a@example.com", "disabled": "yes" },
        { "email": "a@example.com", "birthdate": "yesterday" },
        { "email": "a@example.com", "password": { "type": "md5", "password_hash": "x" } },
        { "email": "a@example.com", "password": { "type": "bcrypt", "password_hash": "x" } },
        { "email": "a@example.com", "mfa": { "totp": { "secret": "!" } } },
        { "email": "a@example.com", "mfa": { "phone_number": "12" } },
        { "email": "a@example.com", "account_valid_from": "2030-01-01T00:00:00Z",
          "account_valid_until": "2029-01-01T00:00:00Z" },
        { "email": "a@example.com", "roles": ["admin"] },
    ] });
    check(
        &world,
        document,
        expect![[r#"
        failed: ValidationFailed  required
        failed: ValidationFailed  required
        failed: ValidationFailed /email format
        failed: ValidationFailed /colour general
        failed: ValidationFailed /disabled type
        failed: ValidationFailed /birthdate format
        failed: ValidationFailed /password/type enum
        failed: ValidationFailed /password/password_hash format
        failed: ValidationFailed /mfa/totp/secret format
        failed: ValidationFailed /mfa/phone_number format
        failed: ValidationFailed /account_valid_until general
        failed: Unsupported
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_document_is_checked_as_a_whole() {
    let world = World::new("").await;
    for (document, expected) in [
        (json!([]), "refused: ValidationFailed  type\n"),
        (
            json!({ "identifier": "name", "records": [{}] }),
            "refused: ValidationFailed /identifier enum\n",
        ),
        (
            json!({ "identifier": "email", "records": [] }),
            "refused: ValidationFailed /records minItems\n",
        ),
        (
            json!({ "identifier": "email", "records": [1] }),
            "refused: ValidationFailed /records/0 type\n",
        ),
        (
            json!({ "identifier": "email", "users": [] }),
            "refused: ValidationFailed /users general\n",
        ),
    ] {
        assert_eq!(imported(&world, &document).await, expected, "{document}");
    }
}

#[tokio::test]
async fn what_has_no_effect_is_said() {
    let world = World::new("").await;
    let record = json!({
        "email": "a@example.com", "phone_number": null, "phone_number_verified": true,
        "email_verified": false, "disabled": false, "mfa": { "email": null },
    });
    check(
        &world,
        by_email(&record),
        expect![[r#"
        inserted
          email_verified = false has no effect for a new person
          phone_number = null has no effect for a new person
          phone_number_verified = true has no effect without phone_number
          mfa.email = null has no effect for a new person
          disabled = false has no effect for a new person
    "#]],
    )
    .await;
}

#[test]
fn secrets_are_not_shown_again() {
    let record = json!({
        "email": "a@example.com",
        "password": { "type": "bcrypt", "password_hash": HASH },
        "mfa": { "password": { "password_hash": HASH }, "totp": { "secret": "S" } },
    });
    let shown = Value::from(record::redacted(record.as_object().unwrap())).to_string();
    assert!(!shown.contains("$2b$") && !shown.contains("\"S\""), "{shown}");
    assert_eq!(shown.matches("REDACTED").count(), 3);
}
