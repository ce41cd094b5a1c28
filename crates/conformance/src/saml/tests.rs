use url::Url;

use super::*;

#[track_caller]
fn check(expected: &str, actual: &str, mismatches: &[&str]) {
    let found = compare(&parse(expected).unwrap(), &parse(actual).unwrap());
    let lines: Vec<_> =
        found.iter().map(|it| format!("{} {} | {}", it.path, it.expected, it.actual)).collect();
    assert_eq!(lines, mismatches, "{expected} against {actual}");
}

#[test]
fn only_what_is_expected_is_compared() {
    check("<a/>", "<a x='1'>text<b/></a>", &[]);
    check("<a> \n </a>", "<a>text</a>", &[]);
    check("<a x='1'><b/></a>", "<p:a x='1' y='2'><b/><c/></p:a>", &[]);
}

#[test]
fn names_prefixes_attributes_and_text_must_be_equal() {
    check("<a/>", "<b/>", &["/a a | b"]);
    check("<p:a/>", "<q:a/>", &["/p:a p:a | q:a"]);
    check("<p:a/>", "<a/>", &["/p:a p:a | a"]);
    check("<a x='1'/>", "<a x='2'/>", &["/a/@x 1 | 2"]);
    check("<a x='1'/>", "<a/>", &["/a/@x 1 | nothing"]);
    check("<a>one</a>", "<a> two </a>", &["/a one | two"]);
}

#[test]
fn children_are_compared_by_position() {
    check("<a><b/><c/></a>", "<a><c/><b/></a>", &["/a/b b | c", "/a/c c | b"]);
    check("<a><b/></a>", "<a/>", &["/a/b b | nothing"]);
    check("<a><any/><c/></a>", "<a><b/><c/></a>", &[]);
}

#[test]
fn a_declaration_is_known_by_the_prefix_it_declares() {
    check("<a xmlns:saml='urn:x'/>", "<a xmlns:saml='urn:x'/>", &[]);
    check("<a xmlns:saml='urn:x'/>", "<a/>", &["/a/@saml urn:x | nothing"]);
}

fn answer(location: Option<String>, body: &str) -> Answer {
    Answer {
        status: 200,
        headers: location.map(|it| ("location".to_owned(), it)).into_iter().collect(),
        body: body.as_bytes().to_vec(),
        url: Url::parse("http://127.0.0.1:4000/").unwrap(),
    }
}

#[test]
fn a_message_arrives_as_it_was_sent() {
    let message = "<a>&lt;text&gt;</a>";
    let mut target = Url::parse("http://sp.example/").unwrap();
    let packed = Binding::Redirect.encode(message).unwrap();
    target.query_pairs_mut().append_pair("SAMLRequest", &packed).append_pair("RelayState", "r s");
    let redirect = answer(Some(target.into()), "");
    assert_eq!(Binding::Redirect.message(&redirect, "SAMLRequest").unwrap().text, "<text>");
    assert_eq!(relay_state(&redirect), "r s");

    let packed = Binding::Post.encode(message).unwrap();
    let form = format!(
        "<html><body><form><input name='SAMLResponse' value='{packed}'/>\
         <input name='RelayState' value='r'/></form></body></html>"
    );
    let page = answer(None, &form);
    assert_eq!(Binding::Post.message(&page, "SAMLResponse").unwrap().text, "<text>");
    assert_eq!(relay_state(&page), "r");
}

#[test]
fn a_message_that_is_not_there_is_an_error() {
    let page = answer(None, "<html><body><form/></body></html>");
    assert!(Binding::Post.message(&page, "SAMLResponse").is_err());
    assert!(Binding::Redirect.message(&page, "SAMLResponse").is_err());
    assert!(Binding::Post.message(&answer(None, "<html><br></html>"), "SAMLResponse").is_err());
    assert!(Binding::parse("urn:other").is_err());
    assert_eq!(relay_state(&page), "");
}
