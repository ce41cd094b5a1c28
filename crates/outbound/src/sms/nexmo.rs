//! Vonage's SMS API, which was Nexmo's.

use appconfig::messaging::SmsProvider;
use appconfig::secrets::NexmoCredentials;
use http::Method;
use serde::Deserialize;

use super::{BOUNDS, Sms, SmsError, SmsOutcome, SmsRefusal, SmsRefusalKind};
use crate::Outbound;
use crate::http::{exchange, form};

/// The default alphabet and its extension (3GPP TS 23.038 §6.2.1): what a message of one byte a
/// character can say.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                   ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\
                   \u{c}^{}\\[~]|€";

#[derive(Deserialize)]
struct Reply {
    messages: Vec<Part>,
}

/// A long text goes out in parts, and each is answered.
#[derive(Deserialize)]
struct Part {
    status: String,
}

impl Outbound {
    pub(super) async fn send_by_nexmo(
        &self,
        credentials: &NexmoCredentials,
        sms: &Sms,
    ) -> Result<SmsOutcome, SmsError> {
        let endpoint = format!("{}/sms/json", self.0.settings.endpoints.nexmo);
        let fields = [
            ("api_key", credentials.api_key.as_str()),
            ("api_secret", credentials.api_secret.reveal()),
            ("from", &sms.sender),
            ("to", sms.to.trim_start_matches('+')),
            ("text", &sms.text),
            ("type", if is_gsm(&sms.text) { "text" } else { "unicode" }),
        ];
        let request = form(self.0.http.fixed.request(Method::POST, endpoint), &fields);
        let answer = exchange(request, BOUNDS).await?;
        let reply: Reply = answer.json()?;
        if reply.messages.is_empty() {
            return Err(answer.unreadable().into());
        }
        let refused = reply.messages.iter().find(|part| part.status != "0");
        Ok(refused.map_or(SmsOutcome::Sent, |part| SmsOutcome::Refused(refusal(&part.status))))
    }
}

fn is_gsm(text: &str) -> bool {
    text.chars().all(|it| GSM.contains(it))
}

fn refusal(status: &str) -> SmsRefusal {
    let kind = match status {
        // Too many a second.
        "1" => SmsRefusalKind::RateLimited,
        "4" | "8" | "14" => SmsRefusalKind::AuthenticationFailed,
        // Barred, out of credit, a sender that the network does not take, not on the list.
        "7" | "9" | "15" | "29" => SmsRefusalKind::DeliveryRejected,
        _ => SmsRefusalKind::Unknown,
    };
    SmsRefusal::new(SmsProvider::Nexmo, kind, status)
}
