use super::{redirect_with_fragment, redirect_with_query};

#[track_caller]
fn check(redirect_uri: &str, query: &str, fragment: &str) {
    let answer = [("code", "a b".to_owned()), ("state", "x&code=y#\r\nz".to_owned())];
    assert_eq!(redirect_with_query(redirect_uri, &answer), query);
    assert_eq!(redirect_with_fragment(redirect_uri, &answer), fragment);
}

#[test]
fn the_answer_is_encoded_and_the_uri_is_left_alone() {
    let answer = "code=a+b&state=x%26code%3Dy%23%0D%0Az";
    check(
        "https://app.example/cb",
        &format!("https://app.example/cb?{answer}"),
        &format!("https://app.example/cb#{answer}"),
    );
    check(
        "https://APP.example/a/../cb?x=1",
        &format!("https://APP.example/a/../cb?x=1&{answer}"),
        &format!("https://APP.example/a/../cb?x=1#{answer}"),
    );
    check(
        "com.example.app://host/path",
        &format!("com.example.app://host/path?{answer}"),
        &format!("com.example.app://host/path#{answer}"),
    );
    check(
        "https://app.example/cb?",
        &format!("https://app.example/cb?{answer}"),
        &format!("https://app.example/cb?#{answer}"),
    );
}

#[test]
fn an_empty_answer_adds_nothing() {
    assert_eq!(redirect_with_query("https://app.example/cb", &[]), "https://app.example/cb");
    assert_eq!(redirect_with_fragment("https://app.example/cb", &[]), "https://app.example/cb");
}
