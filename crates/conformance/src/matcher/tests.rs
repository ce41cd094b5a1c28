use serde_json::json;

use super::*;

/// Writes a line for each violation: path, expected, actual; `~` when the original is silent.
#[track_caller]
fn check(expected: &Value, actual: &Value, lines: &[&str]) {
    let violations = compare(expected, actual);
    let written: Vec<String> = violations
        .iter()
        .map(|it| {
            let mark = if it.is_lenient { "~" } else { "" };
            format!("{mark}{} {} | {}", it.path, it.expected, it.actual)
        })
        .collect();
    assert_eq!(written, lines, "{expected} against {actual}");
}

#[test]
fn an_object_may_hold_more_than_is_expected() {
    check(&json!({ "a": 1 }), &json!({ "a": 1.0, "b": 2 }), &[]);
    check(&json!({ "a": 1 }), &json!({ "b": 2 }), &["/a 1 | nothing"]);
    check(
        &json!({ "a": { "b/c": "x" } }),
        &json!({ "a": { "b/c": "y" } }),
        &[r#"/a/b~1c "x" | "y""#],
    );
}

#[test]
fn what_is_no_object_is_a_violation_that_the_original_misses() {
    check(&json!({ "a": {} }), &json!({ "a": [] }), &["~/a {} | []"]);
    check(&json!({ "a": {} }), &json!({ "a": null }), &["~/a {} | null"]);
    check(&json!({ "a": {} }), &json!({}), &["/a {} | nothing"]);
}

#[test]
fn keys_can_be_forbidden_and_ignored() {
    check(&json!({ "a": "[[never]]" }), &json!({}), &[]);
    check(&json!({ "a": "[[never]]" }), &json!({ "a": 1 }), &[r#"/a "[[never]]" | 1"#]);
    check(&json!({ "a": "[[ignore]]" }), &json!({}), &[]);
    check(&json!({ "a": "[[ignore]]" }), &json!({ "a": 1 }), &[]);
}

#[test]
fn the_rest_of_an_object_can_be_matched() {
    let strings = json!({ "a": 1, "[[...rest]]": "[[string]]" });
    check(&strings, &json!({ "a": 1, "b": "x" }), &[]);
    check(&strings, &json!({ "a": 1, "b": 2 }), &[r#"/b "[[string]]" | 2"#]);
    let nothing = json!({ "a": 1, "[[...rest]]": "[[never]]" });
    check(&nothing, &json!({ "a": 1 }), &[]);
    check(&nothing, &json!({ "a": 1, "b": 2 }), &[r#"/b "[[never]]" | 2"#]);
}

#[test]
fn lists_are_compared_by_position_and_length() {
    check(&json!([1, "x"]), &json!([1, "x"]), &[]);
    check(&json!([1, "x"]), &json!(["x", 1]), &[r#"/0 1 | "x""#, r#"/1 "x" | 1"#]);
    check(&json!([]), &json!([1]), &["/ 0 items: [] | 1 items: [1]"].map(|it| &it[1..]));
    check(&json!([]), &json!({}), &[" [] | {}"]);
}

#[test]
fn a_list_of_a_kind_has_any_length() {
    let kind = json!(["[[arrayof]]", { "id": "[[string]]" }]);
    check(&kind, &json!([]), &[]);
    check(&kind, &json!([{ "id": "x" }, { "id": "y" }]), &[]);
    check(&kind, &json!([{ "id": "x" }, { "id": 3 }]), &[r#"/1/id "[[string]]" | 3"#]);
    check(&kind, &json!("x"), &[r#" ["[[arrayof]]",{"id":"[[string]]"}] | "x""#]);
}

#[test]
fn types_have_names() {
    let values = [json!("x"), json!(1), json!(true), json!({}), json!([]), json!(null)];
    let names = ["string", "number", "boolean", "object", "array", "null"];
    for (wanted, name) in names.iter().enumerate() {
        for (is, value) in values.iter().enumerate() {
            let violations = compare(&json!(format!("[[{name}]]")), value);
            assert_eq!(violations.is_empty(), wanted == is, "{name} against {value}");
        }
    }
}

#[test]
fn scalars_are_equal_or_not() {
    check(&json!("1"), &json!(1), &[r#" "1" | 1"#]);
    check(&json!(1), &json!("1"), &[r#" 1 | "1""#]);
    check(&json!(1.5), &json!(1.5), &[]);
    check(&json!(true), &json!(false), &[" true | false"]);
    check(&json!(null), &json!(null), &[]);
    check(&json!(null), &json!(0), &[" null | 0"]);
    check(&json!("[[unknown]]"), &json!("x"), &[r#" "[[unknown]]" | "x""#]);
}
