use super::*;

const PAGE: &str = r#"<!doctype html><html><head><title><form></title></head>
<body class=main><!-- <h1> --><div><form method="post"><p><input type=text name='x_login_id'>
<button name="x_action" value="a>b &amp; c">Go<br></button></form></div>
<script>"<h1 class='settings-title'>"</script><input name="outside"/></body></html>"#;

#[track_caller]
fn check(path: &str, expected: bool) {
    assert_eq!(has(PAGE, path), Ok(expected), "{path}");
}

#[test]
fn elements_are_found_by_where_they_are() {
    check("/html/body//form", true);
    check("/html/body/form", false);
    check("/html/body/div/form", true);
    check("/html/body//form//input[@name='x_login_id']", true);
    check("/html/body//input[@name='outside']", true);
    check("/html/body//form//input[@name='outside']", false);
}

#[test]
fn attributes_are_equal_or_not() {
    check("//form//button[@name='x_action'][@value='a>b & c']", true);
    check("//form//button[@name='x_action'][@value='a']", false);
    check("//button[@value='x_action']", false);
}

#[test]
fn text_is_no_markup() {
    check("//h1[@class='settings-title']", false);
    check("//title", true);
    check("//head//form", false);
}

#[test]
fn a_fragment_is_in_a_body() {
    assert_eq!(has("<p><form></form>", "/html/body//form"), Ok(true));
    assert_eq!(has("no markup", "/html/body//form"), Ok(false));
}

#[test]
fn what_is_no_path_of_the_cases_is_an_error() {
    for path in ["", "form", "//form[1]", "//form/text()", "//form[@a='b']//input", "//*"] {
        assert!(has(PAGE, path).is_err(), "{path}");
    }
}
