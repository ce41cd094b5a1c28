//! What the server left behind.

use conformance::fakes::Mail;
use serde_json::json as value;

use crate::fake::{Fake, status};

fn query(action: &str, sql: &str, rows: &str) -> String {
    format!(
        "steps:\n- action: {action}\n  {action}: \"{sql}\"\n  {action}_output: {{ rows: '{rows}' }}\n"
    )
}

#[tokio::test]
async fn rows_are_compared() {
    let fake = Fake::new(|_| Some(status(200))).await;
    let sql = "SELECT app_id FROM _portal_domain WHERE app_id = '{{ .AppID }}'";
    let right = query("query", sql, r#"[{ "app_id": "[[string]]" }]"#);
    assert_eq!(fake.run(&right).await, "passed");
    let told = fake.run(&query("audit_query", sql, r#"[{ "app_id": "other" }]"#)).await;
    assert!(told.starts_with(r#"step 1: rows [/0/app_id "other" |"#), "{told}");
    let told = fake.run(&query("query", sql, "[]")).await;
    assert!(told.starts_with("step 1: rows [ 0 items"), "{told}");
    let told = fake.run(&query("query", "SELECT nonsense", "[]")).await;
    assert_eq!(told, "step 1: the runner can do this");
}

#[tokio::test]
async fn nothing_is_believed_after_a_while() {
    let fake = Fake::new(|_| Some(status(200))).await;
    let sql = "SELECT app_id FROM _portal_domain WHERE app_id = 'nobody'";
    assert_eq!(fake.run(&query("query", sql, "[]")).await, "passed");
}

#[tokio::test]
async fn what_comes_late_is_waited_for() {
    let fake = Fake::new(|_| Some(status(200))).await;
    let hooks = fake.world.hooks.clone();
    let steps = "steps:
- action: hook_server_query
  hook_server_path: /x/{{ .AppID }}
  hook_server_output: { rows: '[{ \"a\": 1 }]' }
";
    let late = async {
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
        hooks.keep("/x/late", value!({ "a": 1, "b": 2 }));
    };
    let steps = format!("app_id: late\n{steps}");
    let (told, ()) = tokio::join!(fake.run(&steps), late);
    assert_eq!(told, "passed");
    hooks.keep("/x/late", value!({ "a": 2 }));
    let told = fake.run(&steps).await;
    assert!(told.starts_with("step 1: rows [ 1 items"), "{told}");
}

#[tokio::test]
async fn letters_are_found_by_how_they_begin() {
    let fake = Fake::new(|_| Some(status(200))).await;
    let mail = |subject: &str| Mail { subject: subject.to_owned(), recipient: "a@b.c".to_owned() };
    fake.world.mails.keep(mail("Usage of something"));
    fake.world.mails.keep(mail("Other"));
    let steps = |subject: &str| {
        format!(
            "steps:\n- action: smtp_log_query\n  smtp_log_subject: {subject}
  smtp_log_recipient: a@b\n  smtp_log_output: {{ rows: '[{{ \"recipient\": \"a@b.c\" }}]' }}\n"
        )
    };
    assert_eq!(fake.run(&steps("Usage")).await, "passed");
    let told = fake.run(&steps("Nothing")).await;
    assert!(told.starts_with("step 1: rows [ 1 items"), "{told}");
}
