//! `http_request`, its checks, and the browser behind it.

use crate::fake::{Fake, Reply, json, outcome, redirect, status};

fn get(output: &str) -> String {
    format!(
        "steps:\n- action: http_request\n  http_request_method: GET\n  \
         http_request_url: http://127.0.0.1:4000/page\n  http_output: {output}\n"
    )
}

fn page(text: &str) -> Reply {
    Reply(200, Vec::new(), text.to_owned())
}

#[tokio::test]
async fn the_status_is_compared() {
    assert_eq!(outcome(&get("{ http_status: 200 }"), status(200)).await, "passed");
    let other = outcome(&get("{ http_status: 200 }"), status(404)).await;
    assert_eq!(other, "step 1: the HTTP status [ 200 | 404]");
}

#[tokio::test]
async fn the_path_after_redirects_is_compared() {
    let script = |seen: &crate::fake::Seen| {
        Some(if seen.line == "GET /page" { redirect("/end") } else { status(200) })
    };
    let fake = Fake::new(script).await;
    assert_eq!(fake.run(&get("{ redirect_path: /end }")).await, "passed");
    let other = fake.run(&get("{ redirect_path: /page }")).await;
    assert_eq!(other, "step 1: the path after all redirects [ /page | /end]");
}

#[tokio::test]
async fn a_body_in_json_is_compared() {
    let right = outcome(&get(r#"{ json_body: '{"a":1}' }"#), json(r#"{"a":1,"b":2}"#)).await;
    assert_eq!(right, "passed");
    let other = outcome(&get(r#"{ json_body: '{"a":1}' }"#), json(r#"{"a":2}"#)).await;
    assert_eq!(other, "step 1: json_body [/a 1 | 2]");
    let nothing = outcome(&get(r#"{ json_body: '{"a":1}' }"#), page("<p>")).await;
    assert_eq!(nothing, "step 1: json_body");
}

#[tokio::test]
async fn elements_and_texts_are_looked_for() {
    let output = "{ html_xpath_exists: ['/html/body//form'] }";
    assert_eq!(outcome(&get(output), page("<form>")).await, "passed");
    let other = outcome(&get(output), page("<p>")).await;
    assert_eq!(other, "step 1: html_xpath_exists [ /html/body//form | a page without it]");
    let unknown = outcome(&get("{ html_xpath_exists: ['count(//form)'] }"), page("")).await;
    assert_eq!(unknown, "step 1: html_xpath_exists");
    let output = "{ html_text_contains: ['Sign in'] }";
    assert_eq!(outcome(&get(output), page("<b>Sign in</b>")).await, "passed");
    let other = outcome(&get(output), page("Sign up")).await;
    assert_eq!(other, "step 1: html_text_contains [ Sign in | a page without it]");
}

#[tokio::test]
async fn headers_are_compared() {
    let output = r#"{ http_headers: { x-a: "[[string]]", x-b: "[[never]]" } }"#;
    let with = |names: &[&'static str]| {
        let headers = names.iter().map(|name| (*name, "1".to_owned()));
        Reply(200, headers.collect(), String::new())
    };
    assert_eq!(outcome(&get(output), with(&["x-a"])).await, "passed");
    let missing = outcome(&get(output), with(&[])).await;
    assert_eq!(missing, r#"step 1: http_headers [/x-a "[[string]]" | nothing]"#);
    let unwanted = outcome(&get(output), with(&["x-a", "x-b"])).await;
    assert_eq!(unwanted, r#"step 1: http_headers [/x-b "[[never]]" | "1"]"#);
}

#[tokio::test]
async fn an_address_may_have_to_be_without_something() {
    let steps = "steps:\n- action: http_request\n  http_request_method: GET
  http_request_url: http://127.0.0.1:4000/page
  http_request_follow_redirects: false
  http_output: { http_status: 302, location_not_contains: [secret] }\n";
    assert_eq!(outcome(steps, redirect("/x?a=b")).await, "passed");
    let told = outcome(steps, redirect("/x?secret=b")).await;
    assert!(told.starts_with("step 1: location_not_contains"), "{told}");
}

#[tokio::test]
async fn cookies_are_kept_sent_and_cleared() {
    let fake = Fake::new(|seen| {
        Some(match seen.line.as_str() {
            "GET /set" => Reply(
                200,
                vec![
                    ("set-cookie", "a=1; Path=/".to_owned()),
                    ("set-cookie", "b=2; Path=/x".to_owned()),
                ],
                String::new(),
            ),
            "GET /gone" => {
                Reply(200, vec![("set-cookie", "a=; Max-Age=0".to_owned())], String::new())
            }
            _ => status(200),
        })
    })
    .await;
    let get = |path: &str| {
        format!(
            "- action: http_request\n  http_request_method: GET\n  \
             http_request_url: http://127.0.0.1:4000{path}\n"
        )
    };
    let steps = ["/set", "/y", "/x/z"].map(get).concat();
    let steps = format!(
        "steps:\n{steps}- action: clear_cookies\n  clear_cookies_names: [b]\n{}{}{}- action: \
         clear_cookies\n{}",
        get("/x/z"),
        get("/gone"),
        get("/y"),
        get("/y")
    );
    assert_eq!(fake.run(&steps).await, "passed");
    let sent: Vec<_> = fake
        .requests()
        .iter()
        .map(|it| it.header("cookie").unwrap_or_default().to_owned())
        .collect();
    assert_eq!(sent, ["", "a=1", "b=2; a=1", "a=1", "a=1", "", ""]);
}

#[tokio::test]
async fn a_form_says_where_it_comes_from() {
    let fake = Fake::new(|_| Some(status(200))).await;
    let steps = "app_id: known\nsteps:\n- action: http_request\n  http_request_method: POST
  http_request_url: http://{{ .AppID }}.authgeare2e.localhost:4000/form?z=1
  http_request_query: { b: '2', a: '1 1' }
  http_request_headers: { X-Test: '{{ .AppID }}' }
  http_request_form_urlencoded_body: { y: '2', x: '{{ .AppID }}' }\n";
    assert_eq!(fake.run(steps).await, "passed");
    let seen = &fake.requests()[0];
    assert_eq!(seen.line, "POST /form?a=1+1&b=2&z=1");
    assert_eq!(seen.body, "x=known&y=2");
    let expected = [
        ("host", "known.authgeare2e.localhost:4000"),
        ("origin", "http://known.authgeare2e.localhost:4000"),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-test", "known"),
        ("user-agent", "Go-http-client/1.1"),
    ];
    for (name, value) in expected {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let told = outcome(&get("{ http_status: 200 }"), redirect("/page")).await;
    assert_eq!(told, "step 1: an answer");
}

#[tokio::test]
async fn a_request_that_hangs_ends_after_its_limit() {
    let fake = Fake::new(|_| None).await;
    let start = std::time::Instant::now();
    assert_eq!(fake.run(&get("{ http_status: 200 }")).await, "step 1: an answer");
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
}
