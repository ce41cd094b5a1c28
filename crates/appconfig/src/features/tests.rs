use super::*;

#[test]
fn a_later_layer_wins_and_leaves_the_rest_alone() {
    let features = FeatureConfig::parse_layers(&[
        "oauth: { client: { maximum: 5, soft_maximum: 4 } }",
        "oauth: { client: { maximum: 7 } }",
    ])
    .unwrap();
    assert_eq!(features.oauth.client.maximum, 7);
    assert_eq!(features.oauth.client.soft_maximum, 4);
}

#[test]
fn a_limit_is_taken_whole_or_not_at_all() {
    let features = FeatureConfig::parse_layers(&[
        "messaging: { rate_limits: { sms: { enabled: true, period: 1h, burst: 9 } } }",
        "messaging: { rate_limits: { sms: { enabled: false } } }",
    ])
    .unwrap();
    assert_eq!(features.messaging.rate_limits.sms.quota(), None);
    assert_eq!(features.messaging.rate_limits.sms.burst, None);
}

#[test]
fn an_older_quota_becomes_a_limit_that_blocks() {
    let text = "messaging: { sms_usage: { enabled: true, period: day, quota: 3 } }";
    let limits = FeatureConfig::parse(text).unwrap().usage.unwrap().limits.unwrap();
    let expected = UsageLimit { quota: 3, period: UsagePeriod::Day, action: UsageAction::Block };
    assert_eq!(limits.of(UsageMatch::Sms), [expected]);
}

#[test]
fn every_provider_of_upstreams_has_a_switch() {
    for kind in ProviderType::ALL.iter().filter(|it| !it.as_str().starts_with("x_")) {
        let text =
            format!("identity: {{ oauth: {{ providers: {{ {kind}: {{ disabled: true }} }} }} }}");
        let providers = FeatureConfig::parse(&text).unwrap().identity.oauth.providers;
        let disabled: Vec<_> =
            ProviderType::ALL.iter().filter(|it| providers.is_disabled(**it)).collect();
        assert_eq!(disabled, [kind]);
    }
}
