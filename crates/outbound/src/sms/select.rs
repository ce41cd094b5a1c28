//! Which gateway: what the project's configuration says, what its secrets hold, and what the
//! installation has for everybody.

use appconfig::Secrets;
use appconfig::messaging::{MessagingConfig, SmsGatewaySource, SmsProvider};
use appconfig::secrets::{CustomSmsCredentials, NexmoCredentials, TwilioCredentials};

use super::SmsError;
use crate::settings::EnvironmentSms;

/// A gateway with what opens it.
#[derive(Debug)]
pub(super) enum Gateway<'a> {
    Twilio(&'a TwilioCredentials),
    Nexmo(&'a NexmoCredentials),
    Custom(&'a CustomSmsCredentials),
}

/// `messaging.sms_gateway` counts before the older `sms_provider`, and both before the
/// installation's defaults. A provider that nobody names is the only one with credentials.
pub(super) fn select<'a>(
    config: &MessagingConfig,
    secrets: &'a Secrets,
    environment: &'a EnvironmentSms,
) -> Result<Gateway<'a>, SmsError> {
    let defaults = environment.defaults;
    let (source, provider) = match (&config.sms_gateway, config.sms_provider) {
        (Some(gateway), _) => {
            let source = gateway.use_config_from;
            let default = match source {
                SmsGatewaySource::EnvironmentVariable => defaults.provider,
                SmsGatewaySource::Secrets => None,
            };
            (source, gateway.provider.or(default))
        }
        (None, Some(provider)) => (SmsGatewaySource::Secrets, Some(provider)),
        (None, None) => match defaults.use_config_from {
            Some(SmsGatewaySource::EnvironmentVariable) => {
                (SmsGatewaySource::EnvironmentVariable, defaults.provider)
            }
            Some(SmsGatewaySource::Secrets) | None => (SmsGatewaySource::Secrets, None),
        },
    };
    let (nexmo, twilio, custom) = match source {
        SmsGatewaySource::Secrets => {
            (secrets.nexmo.as_ref(), secrets.twilio.as_ref(), secrets.custom_sms.as_ref())
        }
        SmsGatewaySource::EnvironmentVariable => {
            (environment.nexmo.as_ref(), environment.twilio.as_ref(), environment.custom.as_ref())
        }
    };
    let (nexmo, twilio, custom) =
        (nexmo.map(Gateway::Nexmo), twilio.map(Gateway::Twilio), custom.map(Gateway::Custom));
    let chosen = match provider {
        Some(SmsProvider::Nexmo) => nexmo,
        Some(SmsProvider::Twilio) => twilio,
        Some(SmsProvider::Custom) => custom,
        None => {
            let mut available = [nexmo, twilio, custom].into_iter().flatten();
            let first = available.next();
            if available.next().is_some() {
                return Err(SmsError::Ambiguous);
            }
            first
        }
    };
    chosen.ok_or(SmsError::NotConfigured)
}

#[cfg(test)]
mod tests;
