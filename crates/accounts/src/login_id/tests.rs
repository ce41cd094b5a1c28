//! What may be a login id, and which two are the same.

use super::*;

fn config(yaml: &str) -> AppConfig {
    let text = format!(
        "id: test
http:
  public_origin: http://localhost
identity:
  login_id:
    keys: [{{ type: email }}, {{ type: phone }}, {{ type: username }}]
{yaml}"
    );
    AppConfig::parse(&text).unwrap()
}

/// Checks a new value and writes `login_id unique_key`, or why not.
#[track_caller]
fn check(yaml: &str, key: &str, value: &str, expected: &str) {
    let lists = Lists::with_files(|name| match name {
        "email_domain_allowlist.txt" => Some("good.example\n"),
        "email_domain_blocklist.txt" => Some("# not these\n\n Bad.example \n"),
        "username_excluded_keywords.txt" => Some("boss"),
        "reserved_name.txt" => Some("ceo"),
        "free_email_provider_domain_list.txt" => Some("free.example"),
        "disposable_email_domain_list.txt" => Some("gone.example"),
        _ => None,
    });
    let outcome = match check_new(&config(yaml), &lists, key, value) {
        Ok(it) => format!("{} {}", it.login_id, it.unique_key),
        Err(invalid) => {
            let (keyword, details) = invalid.cause();
            format!("{keyword} {details}")
        }
    };
    assert_eq!(outcome, expected, "{key} {value}");
}

fn types(rule: &str) -> String {
    format!("    types: {{ {rule} }}\n")
}

#[test]
fn an_address_has_no_case_and_its_key_is_ascii() {
    check("", "email", " Alice@Example.COM ", "alice@example.com alice@example.com");
    check("", "email", "a.b+c@example.com", "a.b+c@example.com a.b+c@example.com");
    check("", "email", "x@Bücher.example", "x@bücher.example x@xn--bcher-kva.example");
    check("", "email", "STRAẞE@example.com", "strasse@example.com strasse@example.com");
}

#[test]
fn a_project_may_tell_cases_apart_and_ignore_dots() {
    let yaml = types("email: { case_sensitive: true, ignore_dot_sign: true }");
    check(&yaml, "email", "A.b@Example.com", "Ab@example.com Ab@example.com");
}

#[test]
fn what_is_not_an_address_is_refused() {
    for value in ["alice", "@example.com", "a b@example.com", "a@", "Alice <a@example.com>"] {
        check("", "email", value, r#"format {"format":"email"}"#);
    }
    check("", "email", "  ", "required {}");
    let long = format!("{}@example.com", "x".repeat(320));
    check("", "email", &long, r#"maxLength {"expected":320,"actual":332}"#);
}

#[test]
fn domains_can_be_allowed_and_blocked() {
    let allow = types("email: { domain_allowlist_enabled: true }");
    check(&allow, "email", "a@GOOD.example", "a@good.example a@good.example");
    check(&allow, "email", "a@else.example", r#"blocked {"reason":"EmailDomainAllowlist"}"#);
    let block = types(
        "email: { domain_blocklist_enabled: true, block_free_email_provider_domains: true, \
         block_disposable_email_domains: true, block_plus_sign: true }",
    );
    let by =
        |list: &str| format!(r#"blocked {{"reason":"EmailDomainBlocklist","blocklist":"{list}"}}"#);
    check(&block, "email", "a@bad.example", &by("custom"));
    check(&block, "email", "a@gmail.com", &by("free"));
    check(&block, "email", "a@mailinator.com", &by("disposable"));
    check(&block, "email", "a+b@else.example", r#"blocked {"reason":"BlockPlusSign"}"#);
    check(&block, "email", "a@else.example", "a@else.example a@else.example");
}

#[test]
fn a_number_is_written_in_full() {
    check("", "phone", "+852 9876-5432", "+85298765432 +85298765432");
    for value in ["98765432", "+1", "+852 98765432 ext 3", "+1800FLOWERS", "phone"] {
        check("", "phone", value, r#"format {"format":"phone"}"#);
    }
}

#[test]
fn numbers_of_other_countries_can_be_refused() {
    let yaml = "ui: { phone_input: { allowlist: [HK] } }\n";
    check(yaml, "phone", "+85298765432", "+85298765432 +85298765432");
    let blocked = r#"blocked {"reason":"PhoneNumberCountryCodeAllowlist"}"#;
    check(yaml, "phone", "+12025550123", blocked);
}

#[test]
fn a_username_has_no_case() {
    check("", "username", "Alice_B-c.1", "alice_b-c.1 alice_b-c.1");
    for value in ["al ice", "ålice", "a/b", "alice@example.com"] {
        check("", "username", value, r#"format {"format":"username"}"#);
    }
    let wide = types("username: { ascii_only: false }");
    check(&wide, "username", "Ålice", "ålice ålice");
    check(&wide, "username", "al ice", r#"format {"format":"username"}"#);
    for posing in ["аlice", "αlice", "сосо"] {
        check(&wide, "username", posing, r#"format {"format":"username"}"#);
    }
    check(&wide, "username", "жлица", "жлица жлица");
    let cased = types("username: { case_sensitive: true }");
    check(&cased, "username", "Alice", "Alice Alice");
}

#[test]
fn names_of_office_are_reserved() {
    check("", "username", "Admin", r#"blocked {"reason":"UsernameReserved"}"#);
    let open = types("username: { block_reserved_usernames: false }");
    check(&open, "username", "Admin", "admin admin");
    let keywords = types("username: { exclude_keywords_enabled: true }");
    check(&keywords, "username", "theBoss", r#"blocked {"reason":"UsernameExcludedKeywords"}"#);
}

#[test]
fn a_key_that_the_project_lacks_is_refused() {
    check("", "nickname", "x", r#"general {"msg":"login ID key is not allowed"}"#);
}

#[test]
fn tightened_lists_lock_nobody_out() {
    let config = config(&types("email: { block_free_email_provider_domains: true }"));
    assert_eq!(check_known(&config, "email", "a@gmail.com").unwrap().unique_key, "a@gmail.com");
}

#[test]
fn a_bare_value_is_looked_up_under_every_key_that_it_fits() {
    let config = config("");
    let keys = |value| check_any(&config, value).into_iter().map(|it| it.key).collect::<Vec<_>>();
    assert_eq!(keys("alice@example.com"), ["email"]);
    assert_eq!(keys("+85298765432"), ["phone"]);
    assert_eq!(keys("alice"), ["username"]);
    assert_eq!(keys("not one!"), Vec::<String>::new());
}

#[test]
fn a_project_adds_to_the_lists_that_are_built_in() {
    let reserved = r#"blocked {"reason":"UsernameReserved"}"#;
    check("", "username", "CEO", reserved);
    check("", "username", "admin", reserved);
    let by = |list| format!(r#"blocked {{"reason":"EmailDomainBlocklist","blocklist":"{list}"}}"#);
    let rule = "email: { block_free_email_provider_domains: true, \
                block_disposable_email_domains: true }";
    for (domain, list) in
        [("free.example", "free"), ("gmail.com", "free"), ("gone.example", "disposable")]
    {
        check(&types(rule), "email", &format!("a@{domain}"), &by(list));
    }
}
