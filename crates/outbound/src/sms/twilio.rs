//! Twilio's Programmable Messaging.

use appconfig::messaging::SmsProvider;
use appconfig::secrets::{TwilioCredentialType, TwilioCredentials};
use http::Method;
use serde_json::Value;
use stdx::Secret;
use url::Url;

use super::{BOUNDS, Sms, SmsError, SmsOutcome, SmsRefusal, SmsRefusalKind};
use crate::Outbound;
use crate::http::{HttpError, exchange, form};

impl Outbound {
    pub(super) async fn send_by_twilio(
        &self,
        credentials: &TwilioCredentials,
        sms: &Sms,
    ) -> Result<SmsOutcome, SmsError> {
        let mut url = Url::parse(&self.0.settings.endpoints.twilio).map_err(|_| bad_endpoint())?;
        url.path_segments_mut().map_err(|()| bad_endpoint())?.pop_if_empty().extend([
            "2010-04-01",
            "Accounts",
            &credentials.account_sid,
            "Messages.json",
        ]);
        let mut fields = vec![("Body", sms.text.as_str()), ("To", &sms.to)];
        let filled = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let service = filled(&credentials.message_service_sid);
        let from = filled(&credentials.from).unwrap_or_else(|| sms.sender.clone());
        match &service {
            Some(service) => fields.push(("MessagingServiceSid", service)),
            None => fields.push(("From", &from)),
        }
        let (user, password) = login(credentials);
        let request = self.0.http.fixed.request(Method::POST, url);
        let request = form(request, &fields).basic_auth(user, password.map(Secret::reveal));
        let answer = exchange(request, BOUNDS).await?;
        let body: Value = answer.json()?;
        let code = if answer.status.is_success() { &body["error_code"] } else { &body["code"] };
        match code.as_i64() {
            None if answer.status.is_success() => Ok(SmsOutcome::Sent),
            None => Err(answer.unreadable().into()),
            Some(code) => Ok(SmsOutcome::Refused(refusal(code))),
        }
    }
}

fn login(credentials: &TwilioCredentials) -> (&str, Option<&Secret<String>>) {
    match credentials.credential_type {
        TwilioCredentialType::AuthToken => {
            (&credentials.account_sid, credentials.auth_token.as_ref())
        }
        TwilioCredentialType::ApiKey => (
            credentials.api_key_sid.as_deref().unwrap_or_default(),
            credentials.api_key_secret.as_ref(),
        ),
    }
}

/// Twilio's dictionary of errors, as far as they are told apart.
fn refusal(code: i64) -> SmsRefusal {
    let kind = match code {
        // Not a number; a short code.
        21211 | 21265 => SmsRefusalKind::InvalidPhoneNumber,
        14107 | 30022 | 51002 | 63017 | 63018 => SmsRefusalKind::RateLimited,
        20003 => SmsRefusalKind::AuthenticationFailed,
        // The account is suspended, or may not send from this number to that one.
        21264 | 21266 | 21267 | 21606 | 21607 | 21659 | 21660 | 21661 | 21910 | 30002 | 63007 => {
            SmsRefusalKind::DeliveryRejected
        }
        _ => SmsRefusalKind::Unknown,
    };
    SmsRefusal::new(SmsProvider::Twilio, kind, &code.to_string())
}

fn bad_endpoint() -> SmsError {
    SmsError::Gateway(HttpError::Forbidden)
}
