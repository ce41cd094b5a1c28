//! WhatsApp, by Meta's Cloud API: a code in a template that Meta has approved.
//!
//! That Meta took a message does not mean that it arrived: [`delivery`] reads what Meta tells us
//! later.

pub mod delivery;

use appconfig::messaging::WhatsappApiType;
use appconfig::secrets::WhatsappCloudApiCredentials;
use ctx::Ctx;
use http::Method;
use serde_json::{Value, json};
use stdx::Secret;
use url::Url;

use crate::Outbound;
use crate::http::{Bounds, HttpError, exchange};
use crate::kept::{Channel, KeptMessage};

const VERSION: &str = "v22.0";
const BOUNDS: Bounds = Bounds::new(5, 64 * 1024);
/// Meta's code for a number that cannot be reached by WhatsApp.
pub(crate) const UNDELIVERABLE: i64 = 131_026;

/// A code for one person.
#[derive(Clone, Debug)]
pub struct WhatsappCode {
    /// E.164.
    pub to: String,
    pub code: Secret<String>,
    /// BCP 47: the template is taken in the nearest language that it exists in.
    pub language: String,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum WhatsappOutcome {
    /// Meta took it. By its id Meta tells us later what became of it; of one that was kept instead,
    /// nobody will.
    Taken { message_id: Option<String> },
    /// Meta did not, with its code.
    Refused(WhatsappRefusal),
}

/// Meta's no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhatsappRefusal {
    /// The number has no WhatsApp, or not one that takes such messages.
    InvalidUser,
    Other {
        code: i64,
    },
}

/// Why a message was not handed to Meta.
#[derive(Debug, thiserror::Error)]
pub enum WhatsappError {
    #[error("WhatsApp is not set up")]
    NotConfigured,
    #[error("WhatsApp gave no answer")]
    Http(#[from] HttpError),
}

impl WhatsappRefusal {
    /// The stable word for it. A refusal without one is our failure in the eyes of a client.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::InvalidUser => Some("InvalidWhatsappUser"),
            Self::Other { .. } => None,
        }
    }
}

impl Outbound {
    /// Hands a code to WhatsApp, or keeps it where messages are kept.
    pub async fn send_whatsapp(
        &self,
        ctx: &Ctx,
        message: &WhatsappCode,
    ) -> Result<WhatsappOutcome, WhatsappError> {
        if let Some(kept) = &self.0.kept {
            kept.keep(ctx, KeptMessage::new(Channel::Whatsapp, &message.to, message.code.reveal()));
            return Ok(WhatsappOutcome::Taken { message_id: None });
        }
        let own = ctx.app.config.messaging.whatsapp.api_type;
        let api_type = own.or(self.0.settings.whatsapp_api_type);
        let credentials = ctx.app.secrets.whatsapp_cloud_api.as_ref();
        let credentials = match api_type {
            Some(WhatsappApiType::CloudApi) | None => credentials,
            // Meta has switched the servers of one's own off.
            Some(WhatsappApiType::OnPremises) => None,
        };
        let credentials = credentials.ok_or(WhatsappError::NotConfigured)?;
        self.send_by_cloud_api(credentials, message).await
    }

    async fn send_by_cloud_api(
        &self,
        credentials: &WhatsappCloudApiCredentials,
        message: &WhatsappCode,
    ) -> Result<WhatsappOutcome, WhatsappError> {
        let endpoint = &self.0.settings.endpoints.whatsapp;
        let mut url = Url::parse(endpoint).map_err(|_| HttpError::Forbidden)?;
        let path = [VERSION, &credentials.phone_number_id, "messages"];
        url.path_segments_mut().map_err(|()| HttpError::Forbidden)?.pop_if_empty().extend(path);
        let request = self
            .0
            .http
            .fixed
            .request(Method::POST, url)
            .bearer_auth(credentials.access_token.reveal())
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(payload(credentials, message).to_string());
        let answer = exchange(request, BOUNDS).await?;
        let body: Value = answer.json()?;
        if answer.status.is_success() {
            let id = body["messages"][0]["id"].as_str().ok_or_else(|| answer.unreadable())?;
            return Ok(WhatsappOutcome::Taken { message_id: Some(id.to_owned()) });
        }
        let code = body["error"]["code"].as_i64().ok_or_else(|| answer.unreadable())?;
        Ok(WhatsappOutcome::Refused(match code {
            UNDELIVERABLE => WhatsappRefusal::InvalidUser,
            code => WhatsappRefusal::Other { code },
        }))
    }
}

/// The code stands in the text, and in the button that copies it.
fn payload(credentials: &WhatsappCloudApiCredentials, message: &WhatsappCode) -> Value {
    let template = &credentials.authentication_template.copy_code_button;
    let code = json!([{ "type": "text", "text": message.code.reveal() }]);
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.to,
        "type": "template",
        "template": {
            "name": template.name,
            "language": {
                "policy": "deterministic",
                "code": nearest(&template.languages, &message.language),
            },
            "components": [
                { "type": "body", "parameters": code },
                { "type": "button", "sub_type": "url", "index": "0", "parameters": code },
            ],
        },
    })
}

/// The language of the template that is nearest to `wanted`: the same, the same but for the
/// script, the same language, the first.
fn nearest<'a>(languages: &'a [String], wanted: &str) -> &'a str {
    let subtags: Vec<_> = wanted.split('-').collect();
    let language = subtags.first().copied().unwrap_or_default();
    let region = subtags.iter().skip(1).find(|it| it.len() == 2).copied().unwrap_or_default();
    let named = |name: &str| languages.iter().find(|it| it.eq_ignore_ascii_case(name));
    let found = named(&format!("{language}_{region}")).or_else(|| named(language));
    let related =
        || languages.iter().find(|it| it.split('_').next().is_some_and(|it| it == language));
    found.or_else(related).or(languages.first()).map(String::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
