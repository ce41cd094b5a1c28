//! What Meta tells us about messages that it took: the webhook of the Cloud API.
//!
//! Pure: a request in, what it says out. Answering and remembering are the surface's.

use appconfig::Secrets;
use appconfig::secrets::WhatsappCloudApiCredentials;
use serde::Deserialize;
use stdx::constant_time_eq;

use super::UNDELIVERABLE;
use crate::webhook::sign;

/// Statuses in one request. Meta batches some tens.
const STATUSES_MAX: usize = 1_000;

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    #[error("the project has no webhook for WhatsApp")]
    NotConfigured,
    #[error("the signature is missing or malformed")]
    NoSignature,
    #[error("the signature is not Meta's")]
    BadSignature,
    #[error("the token is not the one that was agreed on")]
    BadToken,
    #[error("the body is not what Meta sends")]
    Malformed,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub message_id: String,
    /// E.164.
    pub recipient: String,
    pub state: DeliveryState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Accepted,
    Sent,
    Delivered,
    Read,
    /// The number cannot be reached by WhatsApp.
    Undeliverable,
    Failed {
        code: i64,
    },
}

impl DeliveryState {
    /// The stable word for a failure.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Accepted | Self::Sent | Self::Delivered | Self::Read => None,
            Self::Undeliverable => Some("WhatsappUndeliverable"),
            Self::Failed { .. } => Some("UnexpectedWhatsappMessageStatusError"),
        }
    }
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    field: String,
    #[serde(default)]
    value: Changed,
}

#[derive(Default, Deserialize)]
struct Changed {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    statuses: Vec<Status>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    phone_number_id: String,
}

#[derive(Deserialize)]
struct Status {
    id: String,
    #[serde(default)]
    recipient_id: String,
    #[serde(rename = "status", default)]
    state: String,
    #[serde(default)]
    errors: Vec<StatusError>,
}

#[derive(Deserialize)]
struct StatusError {
    #[serde(default)]
    code: i64,
}

/// Whether the project takes such requests at all.
pub fn is_configured(secrets: &Secrets) -> bool {
    configured(secrets).is_ok()
}

/// Meta's question whether this is our webhook: the challenge is to be given back.
pub fn answer_challenge(
    secrets: &Secrets,
    token: &str,
    challenge: &str,
) -> Result<String, DeliveryError> {
    let (_, webhook) = configured(secrets)?;
    if constant_time_eq(token.as_bytes(), webhook.verify_token.reveal().as_bytes()) {
        Ok(challenge.to_owned())
    } else {
        Err(DeliveryError::BadToken)
    }
}

/// Reads a request. `signature` is the header `X-Hub-Signature-256`. Statuses of other numbers
/// of the same business are left out.
pub fn read(
    secrets: &Secrets,
    signature: Option<&str>,
    body: &[u8],
) -> Result<Vec<Delivery>, DeliveryError> {
    let (credentials, webhook) = configured(secrets)?;
    let signature = signature.and_then(|it| it.strip_prefix("sha256="));
    let signature = signature.ok_or(DeliveryError::NoSignature)?;
    let expected = sign(webhook.app_secret.reveal().as_bytes(), body);
    if !constant_time_eq(signature.as_bytes(), expected.as_bytes()) {
        return Err(DeliveryError::BadSignature);
    }
    let payload: Payload = serde_json::from_slice(body).map_err(|_| DeliveryError::Malformed)?;
    let changes = payload.entry.into_iter().flat_map(|it| it.changes);
    let ours = changes.filter(|it| {
        it.field == "messages" && it.value.metadata.phone_number_id == credentials.phone_number_id
    });
    let statuses = ours.flat_map(|it| it.value.statuses).take(STATUSES_MAX);
    Ok(statuses.filter_map(delivery).collect())
}

fn delivery(status: Status) -> Option<Delivery> {
    let code = status.errors.first().map(|it| it.code);
    let state = match (status.state.as_str(), code) {
        (_, Some(UNDELIVERABLE)) => DeliveryState::Undeliverable,
        (_, Some(code)) => DeliveryState::Failed { code },
        ("failed", None) => DeliveryState::Failed { code: 0 },
        ("accepted", None) => DeliveryState::Accepted,
        ("sent", None) => DeliveryState::Sent,
        ("delivered", None) => DeliveryState::Delivered,
        ("read", None) => DeliveryState::Read,
        // Meta adds states now and then; one that we do not know says nothing to us.
        _ => return None,
    };
    let recipient = format!("+{}", status.recipient_id);
    Some(Delivery { message_id: status.id, recipient, state })
}

fn configured(
    secrets: &Secrets,
) -> Result<(&WhatsappCloudApiCredentials, &appconfig::secrets::WhatsappWebhook), DeliveryError> {
    let credentials = secrets.whatsapp_cloud_api.as_ref().ok_or(DeliveryError::NotConfigured)?;
    let webhook = credentials.webhook.as_ref().ok_or(DeliveryError::NotConfigured)?;
    Ok((credentials, webhook))
}
