//! `saml_request`, and messages in other answers.

use conformance::saml::Binding;

use crate::fake::{Fake, Reply, outcome, redirect, status};

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

fn request(binding: &str, output: &str) -> String {
    format!(
        "steps:
- action: saml_request
  saml_element_name: SAMLRequest
  saml_element: '<a/>'
  saml_request_destination: /saml2/login/sp
  saml_request_binding: {binding}
  saml_request_relay_state: 'r{{{{ .AppID | trimPrefix .AppID }}}}'
  saml_output: {output}
"
    )
}

fn form(message: &str) -> Reply {
    let message = Binding::Post.encode(message).unwrap();
    let form = format!(
        "<html><body><form><input name='SAMLResponse' value='{message}'/></form></body></html>"
    );
    Reply(200, Vec::new(), form)
}

#[tokio::test]
async fn a_message_goes_out_by_either_binding() {
    let fake = Fake::new(|_| Some(redirect("/next?x=1"))).await;
    for binding in [REDIRECT, POST] {
        let steps = request(binding, "{ http_status: 302, redirect_path: /next }");
        assert_eq!(fake.run(&steps).await, "passed", "{binding}");
    }
    let seen = fake.requests();
    assert!(seen[0].line.starts_with("GET /saml2/login/sp?RelayState=r&SAMLRequest="));
    assert_eq!(seen[1].line, "POST /saml2/login/sp");
    assert_eq!(seen[1].body, "RelayState=r&SAMLRequest=PGEvPg%3D%3D");
}

#[tokio::test]
async fn status_and_address_are_compared() {
    let told = outcome(&request(POST, "{ http_status: 302 }"), status(200)).await;
    assert_eq!(told, "step 1: the HTTP status [ 302 | 200]");
    let told = outcome(&request(POST, "{ redirect_path: /a }"), redirect("/b?x=1")).await;
    assert_eq!(told, "step 1: the path of the redirect [ /a | /b]");
    let told = outcome(&request(POST, "{ redirect_path: /a }"), status(200)).await;
    assert_eq!(told, "step 1: the path of the redirect [ /a | no redirect]");
}

#[tokio::test]
async fn a_message_in_the_answer_is_compared() {
    let output = format!(
        "{{ saml_element: {{ element_name: SAMLResponse, binding: '{POST}', match: '<p:a x=\"1\"/>' }} }}"
    );
    let steps = request(POST, &output);
    assert_eq!(outcome(&steps, form("<p:a x=\"1\"><b/></p:a>")).await, "passed");
    let told = outcome(&steps, form("<p:a x=\"2\"/>")).await;
    assert_eq!(told, "step 1: saml_element SAMLResponse [/p:a/@x 1 | 2]");
    assert_eq!(outcome(&steps, status(200)).await, "step 1: saml_element SAMLResponse");
    let in_request = format!(
        "steps:\n- action: http_request\n  http_request_method: GET
  http_request_url: http://127.0.0.1:4000/\n  http_output: {output}\n"
    );
    assert_eq!(outcome(&in_request, form("<p:a x=\"1\"/>")).await, "passed");
    let told = outcome(&in_request, form("<q:a x=\"1\"/>")).await;
    assert_eq!(told, "step 1: saml_element SAMLResponse [/p:a p:a | q:a]");
}

#[tokio::test]
async fn another_binding_fails() {
    let told = outcome(&request("urn:other", "{}"), status(200)).await;
    assert_eq!(told, "step 1: the runner can do this");
}
