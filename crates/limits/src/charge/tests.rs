//! The whole table, and how it is charged.

use std::fmt::Write as _;

use appconfig::FeatureConfig;
use expect_test::{expect, expect_file};

use super::*;
use crate::world::{World, alice};

#[tokio::test]
async fn the_table_of_limits() {
    let world = World::new("", FeatureConfig::default()).await;
    let mut table = String::new();
    for limit in Limit::ALL {
        for scope in limit.scopes() {
            let numbers = resolve(&world.ctx.app.config, &world.ctx.app.features, limit, *scope);
            let numbers = numbers.quota().map_or("off".to_owned(), |(burst, period)| {
                format!("{burst}/{}s", period.as_secs())
            });
            let (name, bucket) = (limit.name(*scope), limit.bucket(*scope));
            let line = format!("{numbers:>9} {bucket:<38} {name}");
            writeln!(table, "{}", line.trim_end()).unwrap();
        }
    }
    expect_file!["table.txt"].assert_eq(&table);
}

/// Charges a limit so many times and counts how often it was let through.
async fn check(yaml: &str, limit: Limit, subject: Subject<'_>, expected: &str) {
    let world = World::new(yaml, FeatureConfig::parse("{}").unwrap()).await;
    let mut charged = 0;
    let outcome = loop {
        match charge(&world.ctx, &world.kv, limit, subject).await.unwrap() {
            Charged::Charged(_) if charged == 500 => break "never".to_owned(),
            Charged::Charged(_) => charged += 1,
            Charged::Exhausted(it) => {
                let wait = it.retry_at.seconds_since(world.ctx.now);
                break format!("{charged} {} {wait}s", limit.name(it.scope));
            }
        }
    };
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn passwords_fall_back_to_the_general_limits() {
    let user = alice();
    let alice = Subject { user: Some(&user), ..Subject::default() };
    let limit = Limit::VerifyPassword;
    check("", limit, alice, "10 authentication.password.per_user_per_ip 6s").await;
    check("", limit, Subject::default(), "60 authentication.password.per_ip 1s").await;
    let own = "authentication: { rate_limits: { password: { per_user_per_ip: { enabled: true, period: 1h, burst: 2 } } } }";
    check(own, limit, alice, "2 authentication.password.per_user_per_ip 1800s").await;
    let off = "authentication: { rate_limits: { password: { per_ip: { enabled: false }, per_user_per_ip: { enabled: false } } } }";
    check(off, limit, alice, "never").await;
}

#[tokio::test]
async fn signing_up_is_limited_by_address() {
    check("", Limit::SignUp, Subject::default(), "10 authentication.signup.per_ip 6s").await;
}

#[tokio::test]
async fn a_message_waits_for_its_cooldown() {
    let target = Subject { target: Some("a@example.com"), ..Subject::default() };
    let limit = Limit::SendOobOtpEmail;
    check("", limit, target, "1 authentication.oob_otp.email.trigger.cooldown 60s").await;
}

#[tokio::test]
async fn the_plan_can_lower_what_a_project_asks_for() {
    let yaml =
        "messaging: { rate_limits: { email_per_ip: { enabled: true, period: 1m, burst: 1000 } } }";
    check(yaml, Limit::SendEmail, Subject::default(), "200 messaging.email.per_ip 0s").await;
}

#[tokio::test]
async fn a_proof_that_was_right_costs_nothing() {
    let world = World::new("", FeatureConfig::default()).await;
    let user = alice();
    let subject = Subject { user: Some(&user), ..Subject::default() };
    for _ in 0..100 {
        let charged = charge(&world.ctx, &world.kv, Limit::VerifyPassword, subject).await.unwrap();
        let Charged::Charged(receipt) = charged else { panic!("{charged:?}") };
        refund(&world.ctx, &world.kv, receipt).await.unwrap();
    }
}

#[tokio::test]
async fn an_exhausted_bucket_leaves_the_others_alone() {
    let mut world = World::new("", FeatureConfig::default()).await;
    let (user, other) = (alice(), UserId::new("bob"));
    let charge = async |world: &World, user| {
        let subject = Subject { user: Some(user), ..Subject::default() };
        let charged = charge(&world.ctx, &world.kv, Limit::VerifyPassword, subject).await;
        matches!(charged.unwrap(), Charged::Charged(_))
    };
    for _ in 0..200 {
        charge(&world, &user).await;
    }
    assert!(charge(&world, &other).await, "the address is not used up by what was refused");
    world.ctx.caller.ip = "192.0.2.2".into();
    assert!(charge(&world, &user).await, "another address is another bucket");
}

#[tokio::test]
async fn limits_can_be_switched_off_for_an_installation() {
    let mut features = FeatureConfig::default();
    features.rate_limits.disabled = true;
    let world = World::new("", features).await;
    for _ in 0..50 {
        let charged = charge(&world.ctx, &world.kv, Limit::SignUp, Subject::default()).await;
        assert!(matches!(charged.unwrap(), Charged::Charged(_)));
    }
}

#[test]
fn addresses_of_one_network_count_together() {
    assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    assert_eq!(network("192.0.2.1"), "192.0.2.1");
    assert_eq!(network("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    assert_eq!(network("unknown"), "unknown");
}

#[test]
fn an_error_says_which_limit_it_was() {
    let exhausted = |limit, scope| Exhausted { limit, scope, retry_at: Timestamp::EPOCH };
    let shown =
        [exhausted(Limit::VerifyPassword, Scope::PerIp), exhausted(Limit::WalkFlow, Scope::PerIp)]
            .map(|it| it.details().to_string());
    expect![[r#"
        {"bucket_name":"VerifyPasswordPerIP","rate_limit":{"name":"authentication.password.per_ip","group":"authentication.password"},"rate_limit_name":"authentication.password"}
        {"bucket_name":"AuthowAPIPerIP"}"#]]
    .assert_eq(&shown.join("\n"));
}

#[tokio::test]
async fn an_operation_that_weighs_more_takes_more_and_gives_it_back() {
    let yaml = "authentication: { rate_limits: { account_enumeration: { per_ip: \
                { enabled: true, period: 10s, burst: 5 } } } }";
    let world = World::new(yaml, FeatureConfig::parse("{}").unwrap()).await;
    let charge = async |weight: f64| {
        let weighted = Weighted { limit: Limit::EnumerateAccounts, weight };
        super::charge(&world.ctx, &world.kv, weighted, Subject::default()).await.unwrap()
    };
    assert!(matches!(charge(100.0).await, Charged::Exhausted(_)));
    assert!(matches!(charge(0.0).await, Charged::Charged(_)));
    let Charged::Charged(receipt) = charge(3.0).await else { panic!("there are five") };
    assert!(matches!(charge(3.0).await, Charged::Exhausted(_)));
    refund(&world.ctx, &world.kv, receipt).await.unwrap();
    assert!(matches!(charge(5.0).await, Charged::Charged(_)));
    assert!(matches!(charge(1.0).await, Charged::Exhausted(_)));
}
