use expect_test::{Expect, expect};
use serde_json::Value;

use super::{Cause, Member, Shape, Variant};

fn check(input: &str, expected: &Expect) {
    let email = Variant { tag: "email", required: vec![Member::Text("login_id")] };
    let other = Variant { tag: "username", required: vec![Member::Text("login_id")] };
    check_shape(&Shape::one_of("identification", vec![email, other]), input, expected);
}

fn check_shape(shape: &Shape, input: &str, expected: &Expect) {
    let input: Value = serde_json::from_str(input).expect("input");
    let causes = shape.check(input.as_object().expect("object")).err().unwrap_or_default();
    let causes: Vec<String> = causes.iter().map(|it| Cause::to_json(it).to_string()).collect();
    expected.assert_eq(&causes.join("\n"));
}

#[test]
fn an_input_of_the_right_shape_passes_with_members_it_does_not_need() {
    check(r#"{"identification":"email","login_id":"a@b.c","more":1}"#, &expect![""]);
}

#[test]
fn a_missing_tag_is_named() {
    check(
        r#"{"login_id":"a@b.c"}"#,
        &expect![[
            r#"{"location":"","kind":"required","details":{"actual":["login_id"],"expected":["identification"],"missing":["identification"]}}"#
        ]],
    );
}

#[test]
fn a_tag_that_is_not_offered_lists_what_is() {
    check(
        r#"{"identification":"phone"}"#,
        &expect![[
            r#"{"location":"/identification","kind":"enum","details":{"actual":"phone","expected":["email","username"]}}"#
        ]],
    );
}

#[test]
fn a_missing_member_is_named() {
    check(
        r#"{"identification":"email"}"#,
        &expect![[
            r#"{"location":"","kind":"required","details":{"actual":["identification"],"expected":["identification","login_id"],"missing":["login_id"]}}"#
        ]],
    );
}

#[test]
fn a_member_of_another_type_is_pointed_at() {
    check(
        r#"{"identification":"email","login_id":7}"#,
        &expect![[
            r#"{"location":"/login_id","kind":"type","details":{"actual":["number"],"expected":["string"]}}"#
        ]],
    );
}

#[test]
fn a_confirmation_must_be_true() {
    let shape = Shape::single(vec![Member::True("confirm")]);
    check_shape(&shape, r#"{"confirm":true}"#, &expect![""]);
    check_shape(
        &shape,
        r#"{"confirm":"yes"}"#,
        &expect![[
            r#"{"location":"/confirm","kind":"const","details":{"actual":"yes","expected":true}}"#
        ]],
    );
}
