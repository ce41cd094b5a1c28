use std::fmt::Write as _;
use std::path::PathBuf;

use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;

/// Draws a flow: a line a step, indented below its branch.
fn draw(steps: &[FlowStep], depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for step in steps {
        let optional = if step.is_optional() { "?" } else { "" };
        let target = step.target_step.as_deref().map(|it| format!(" of {it}")).unwrap_or_default();
        writeln!(text, "{indent}{}{optional}{target}", step.kind).unwrap();
        for branch in &step.one_of {
            let name = branch.identification.map(Identification::as_str);
            let name = name.or(branch.authentication.map(Authentication::as_str)).unwrap();
            let guarded = branch.bot_protection.as_ref().map(|it| format!(" [{}]", it.mode));
            writeln!(text, "{indent}- {name}{}", guarded.unwrap_or_default()).unwrap();
            draw(&branch.steps, depth + 1, text);
        }
    }
}

fn check(kind: FlowKind, more: &str, expected: &Expect) {
    let text = format!("id: test\nhttp:\n  public_origin: http://test\n{more}");
    let flow = generate(&AppConfig::parse(&text).unwrap(), kind);
    let mut drawn = String::new();
    draw(&flow.steps, 0, &mut drawn);
    expected.assert_eq(&drawn);
}

const CODES: &str = "
identity: { login_id: { keys: [{ type: email }, { type: phone }, { type: email, key: work }] } }
authentication:
  primary_authenticators: [oob_otp_email, oob_otp_sms]
  secondary_authentication_mode: disabled
";

#[test]
fn codes_go_to_the_address_that_was_given() {
    check(
        FlowKind::Login,
        CODES,
        &expect![[r"
        identify
        - select_account
        - email
          authenticate
          - primary_oob_otp_email
        - phone
          authenticate
          - primary_oob_otp_sms
        check_account_status
        terminate_other_sessions
    "]],
    );
}

#[test]
fn a_required_second_factor_is_created_when_signing_up() {
    check(
        FlowKind::Signup,
        "authentication: { secondary_authentication_mode: required }",
        &expect![[r"
            identify
            - email
              verify of signup_identify
              create_authenticator
              - primary_password
              create_authenticator
              - secondary_totp
                view_recovery_code
        "]],
    );
}

#[test]
fn promoting_is_signing_up() {
    let text = format!("id: test\nhttp:\n  public_origin: http://test\n{CODES}");
    let config = AppConfig::parse(&text).unwrap();
    assert_eq!(generate(&config, FlowKind::Promote), generate(&config, FlowKind::Signup));
}

#[test]
fn the_stricter_bot_protection_wins() {
    let more = "
bot_protection:
  enabled: true
  provider: { type: cloudflare, site_key: a }
  requirements: { signup_or_login: { mode: never }, oob_otp_email: { mode: always } }
";
    check(
        FlowKind::SignupLogin,
        more,
        &expect![[r"
        identify
        - select_account
        - email [always]
    "]],
    );
}

#[test]
fn nobody_learns_whether_an_address_has_an_account() {
    let config = AppConfig::parse("id: test\nhttp:\n  public_origin: http://test\n").unwrap();
    let flow = generate(&config, FlowKind::AccountRecovery);
    let branches = &flow.steps[0].one_of;
    assert_eq!(branches.len(), 1);
    assert!(branches.iter().all(|it| it.on_failure == Some(appconfig::flow::OnFailure::Ignore)));
}

#[test]
fn any_authenticator_reauthenticates() {
    check(
        FlowKind::Reauth,
        "",
        &expect![[r"
        identify
        - id_token
        authenticate
        - primary_password
        - secondary_totp
    "]],
    );
}

/// The shared pairs of configuration and flow lie beside the repository, or where
/// `AUTHWARDEN_SHARED` says.
#[test]
fn shared_pairs_agree() {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("AUTHWARDEN_SHARED").map_or_else(beside, PathBuf::from);
    let folder = root.join("conformance/generated_flows");
    if !folder.is_dir() {
        eprintln!("no shared pairs at {}", folder.display());
        return;
    }
    let (mut count, mut failed) = (0, Vec::new());
    for kind in FlowKind::ALL {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{kind}.yaml"))) else {
            continue;
        };
        for pair in text.split("\n---") {
            let pair: Value = serde_saphyr::from_str(pair).unwrap();
            // The pairs show what matters only, so they are not whole documents.
            let mut config: AppConfig = serde_json::from_value(pair["config"].clone()).unwrap();
            config.resolve();
            let flow = serde_json::to_value(generate(&config, *kind)).unwrap();
            count += 1;
            if flow != pair["flow"] {
                failed.push(format!("{}: {flow:#}", pair["name"]));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 0);
}
