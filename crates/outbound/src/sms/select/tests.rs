use appconfig::AppConfig;
use serde_json::json;

use super::*;
use crate::settings::SmsDefaults;

const ALL: &[&str] = &["nexmo", "twilio", "custom"];

/// Which gateway of which file is chosen: `messaging` is a part of `authgear.yaml`, `secrets` and
/// `environment` are what has credentials, `defaults` are the installation's.
#[track_caller]
fn check(
    messaging: &str,
    secrets: &[&str],
    environment: &[&str],
    defaults: (Option<SmsGatewaySource>, Option<SmsProvider>),
    expected: &str,
) {
    let text = format!("id: t\nhttp: {{ public_origin: \"http://t\" }}\nmessaging: {messaging}");
    let config = AppConfig::parse(&text).unwrap();
    let secrets = Secrets {
        nexmo: nexmo("secrets", secrets),
        twilio: twilio("secrets", secrets),
        custom_sms: custom("secrets", secrets),
        ..Secrets::default()
    };
    let environment = EnvironmentSms {
        nexmo: nexmo("environment", environment),
        twilio: twilio("environment", environment),
        custom: custom("environment", environment),
        defaults: SmsDefaults { use_config_from: defaults.0, provider: defaults.1 },
    };
    let chosen = match select(&config.messaging, &secrets, &environment) {
        Ok(Gateway::Nexmo(it)) => format!("nexmo of {}", it.api_key),
        Ok(Gateway::Twilio(it)) => format!("twilio of {}", it.account_sid),
        Ok(Gateway::Custom(it)) => format!("custom of {}", it.url.reveal()),
        Err(SmsError::NotConfigured) => "none".to_owned(),
        Err(SmsError::Ambiguous) => "ambiguous".to_owned(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(chosen, expected);
}

fn nexmo(whose: &str, which: &[&str]) -> Option<NexmoCredentials> {
    let data = json!({ "api_key": whose, "api_secret": "" });
    which.contains(&"nexmo").then(|| serde_json::from_value(data).unwrap())
}

fn twilio(whose: &str, which: &[&str]) -> Option<TwilioCredentials> {
    let data = json!({ "account_sid": whose });
    which.contains(&"twilio").then(|| serde_json::from_value(data).unwrap())
}

fn custom(whose: &str, which: &[&str]) -> Option<CustomSmsCredentials> {
    let data = json!({ "url": whose });
    which.contains(&"custom").then(|| serde_json::from_value(data).unwrap())
}

const NOTHING: (Option<SmsGatewaySource>, Option<SmsProvider>) = (None, None);
const ENVIRONMENT: Option<SmsGatewaySource> = Some(SmsGatewaySource::EnvironmentVariable);
const SECRETS: Option<SmsGatewaySource> = Some(SmsGatewaySource::Secrets);

#[test]
fn without_any_word_it_is_the_only_one_in_the_secrets() {
    check("{}", &["nexmo"], &[], NOTHING, "nexmo of secrets");
    check("{}", &["nexmo"], ALL, NOTHING, "nexmo of secrets");
    check("{}", &[], ALL, NOTHING, "none");
    check("{}", ALL, &[], NOTHING, "ambiguous");
}

#[test]
fn the_older_key_names_one_of_the_secrets() {
    check("{ sms_provider: twilio }", ALL, ALL, NOTHING, "twilio of secrets");
    check("{ sms_provider: twilio }", &["nexmo"], ALL, NOTHING, "none");
    let defaults = (ENVIRONMENT, Some(SmsProvider::Nexmo));
    check("{ sms_provider: twilio }", ALL, ALL, defaults, "twilio of secrets");
}

#[test]
fn the_installations_defaults_count_when_the_project_says_nothing() {
    check("{}", ALL, ALL, (ENVIRONMENT, Some(SmsProvider::Nexmo)), "nexmo of environment");
    check("{}", ALL, &["custom"], (ENVIRONMENT, None), "custom of environment");
    check("{}", ALL, ALL, (ENVIRONMENT, None), "ambiguous");
    check("{}", &["twilio"], ALL, (SECRETS, Some(SmsProvider::Nexmo)), "twilio of secrets");
    check("{}", &["twilio"], ALL, (None, Some(SmsProvider::Nexmo)), "twilio of secrets");
}

#[test]
fn the_projects_gateway_counts_before_everything() {
    let from_environment =
        "{ sms_provider: twilio, sms_gateway: { use_config_from: environment_variable } }";
    check(from_environment, ALL, &["nexmo"], NOTHING, "nexmo of environment");
    check(from_environment, ALL, ALL, (None, Some(SmsProvider::Custom)), "custom of environment");
    check(from_environment, ALL, &[], NOTHING, "none");
    let named = "{ sms_gateway: { use_config_from: environment_variable, provider: twilio } }";
    check(named, ALL, ALL, (None, Some(SmsProvider::Custom)), "twilio of environment");
    let secrets = "{ sms_gateway: { use_config_from: authgear.secrets.yaml, provider: custom } }";
    check(secrets, ALL, ALL, (ENVIRONMENT, Some(SmsProvider::Nexmo)), "custom of secrets");
}
