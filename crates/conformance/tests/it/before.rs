//! What is so before the first step.

use crate::fake::{Fake, status};

async fn fake() -> Fake {
    Fake::new(|_| Some(status(200))).await
}

#[tokio::test]
async fn people_are_imported_and_a_failure_is_one_of_the_case() {
    let fake = fake().await;
    fake.fixture("users.json", "{}");
    fake.fixture("refused.json", "{}");
    let case =
        |file: &str| format!("before: [{{ type: user_import, user_import: {file} }}]\nsteps: []\n");
    assert_eq!(fake.run(&case("users.json")).await, "passed");
    assert_eq!(fake.run(&case("not-there.json")).await, "passed", "the original passes over it");
    let told = fake.run(&case("refused.json")).await;
    assert_eq!(told, "before: before: user_import: the runner can do this");
}

#[tokio::test]
async fn rows_are_written() {
    let fake = fake().await;
    fake.fixture(
        "rows.sql",
        "{{ $id := uuidv4 }}{{ range $i, $v := until 3 }}
         INSERT INTO _portal_domain
           (id, app_id, created_at, domain, apex_domain, verification_nonce, is_custom)
         VALUES ('{{ $id }}-{{ $v }}', '{{ $.AppID }}', 0, 'd{{ $v }}.x', 'd{{ $v }}.x', '', false);
         {{ end }}",
    );
    fake.fixture("wrong.sql", "INSERT INTO nowhere VALUES (1);");
    let case = |file: &str| {
        format!(
            "before: [{{ type: custom_sql, custom_sql: {{ path: {file} }} }}]
steps:
- action: query
  query: \"SELECT COUNT(*) AS n FROM _portal_domain WHERE app_id = '{{{{ .AppID }}}}'\"
  query_output: {{ rows: '[{{ \"n\": \"4\" }}]' }}
"
        )
    };
    assert_eq!(fake.run(&case("rows.sql")).await, "passed");
    let told = fake.run(&case("wrong.sql")).await;
    assert_eq!(told, "before: before: wrong.sql: the runner can do this");
}

#[tokio::test]
async fn sessions_and_challenges_are_made_by_the_helper() {
    let fake = fake().await;
    let case = |sql: &str, kind: &str, purpose: &str| {
        format!(
            "before:
- type: create_session
  create_session: {{ session_type: {kind}, session_id: s, token: t, select_user_id_sql: \"{sql}\" }}
- type: create_challenge
  create_challenge: {{ purpose: {purpose}, token: t }}
steps: []
"
        )
    };
    assert_eq!(fake.run(&case("SELECT 'u' AS id", "idp", "anonymous_request")).await, "passed");
    let nobody = fake.run(&case("SELECT 'u' AS id WHERE 1 = 2", "idp", "a")).await;
    assert_eq!(nobody, "before: create_session: a row with an id");
    assert_eq!(fake.run(&case("SELECT 'u' AS id", "other", "a")).await, "before: create_session");
    let refused = fake.run(&case("SELECT 'u' AS id", "idp", "refused")).await;
    assert_eq!(refused, "before: the runner can do this");
}

#[tokio::test]
async fn a_configuration_that_is_not_valid_fails_the_case() {
    let case =
        "authgear.yaml:\n  override: 'session: { lifetime_seconds: yesterday }'\nsteps: []\n";
    assert_eq!(fake().await.run(case).await, "before: the runner can do this");
}

#[tokio::test]
async fn sql_of_another_dialect_is_left_out() {
    let fake = fake().await;
    let mut case = fake.case("steps:\n- { action: query, query: \"SELECT now()::text\" }\n");
    case.document.portable_sql = false;
    let outcome = conformance::run::run(&fake.world, &case).await;
    assert_eq!(crate::fake::shown(&outcome), "left out: its SQL is PostgreSQL's");
}
