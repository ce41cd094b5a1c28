//! `select_destination`: where the message goes.

use appconfig::flow::{FlowStep, RecoveryChannel, RecoveryCodeChannel};
use domain::{Identity, UserId};
use serde_json::{Value, json};

use super::super::{Ask, Taken, Turn, index};
use crate::engine::Input;
use crate::facts::{DestinationFact, RecoveryFact, TargetFact};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, mask};

/// Every channel, for a step that does not say which.
const ALL: [RecoveryChannel; 3] =
    [RecoveryChannel::EMAIL_LINK, RecoveryChannel::SMS_CODE, RecoveryChannel::EMAIL_CODE];

/// What stands for an address that nobody has: no message goes to it.
const NOWHERE: &str = "nowhere ";

/// A destination, and what the person sees of it.
struct Offer {
    destination: DestinationFact,
    shown: String,
}

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    let offers = offers(cx, state, step).await?;
    let options: Vec<Value> = offers
        .iter()
        .map(|it| {
            json!({
                "masked_display_name": it.shown,
                "channel": it.destination.channel,
                "otp_form": it.destination.form,
            })
        })
        .collect();
    let count = options.len();
    let data = json!({ "type": "account_recovery_select_destination_data", "options": options });
    let shape = Shape::single(vec![Member::Index("index", count)]);
    Ok(Turn::Ask(Ask::new(step.kind, data, shape)))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let mut offers = offers(cx, state, step).await?;
    let at = index(input, "index");
    if at >= offers.len() {
        return Ok(Taken::Refused(Refusal::NoAuthenticator));
    }
    let recovery = state.facts.recovery.get_or_insert_default();
    recovery.destination = Some(offers.swap_remove(at).destination);
    Ok(Taken::Done)
}

async fn offers(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
) -> Result<Vec<Offer>, FlowError> {
    let missing = || FlowError::MissingFact { step: "select_destination".to_owned() };
    let recovery = state.facts.recovery.as_ref().ok_or_else(missing)?;
    let channels: &[RecoveryChannel] =
        if step.allowed_channels.is_empty() { &ALL } else { &step.allowed_channels };
    let user = recovery.user_id.as_deref().map(UserId::new);
    if let Some(user) = user.as_ref().filter(|_| step.enumerate_destinations) {
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        let identities = tx.identities().list(user).await?;
        return Ok(channels.iter().flat_map(|it| enumerated(*it, &identities)).collect());
    }
    let Some(target) = &recovery.target else {
        return by_username(cx, recovery, user.as_ref(), channels).await;
    };
    let fits =
        |it: &&RecoveryChannel| is_by_phone(it.channel) == matches!(target, TargetFact::Phone(_));
    let offer = |it: &RecoveryChannel| Offer {
        shown: mask::target(target),
        destination: destination(*it, target.clone()),
    };
    Ok(channels.iter().filter(fits).map(offer).collect())
}

/// A username has no address of its own: the person's primary ones serve, unnamed.
async fn by_username(
    cx: &FlowCx<'_>,
    recovery: &RecoveryFact,
    user: Option<&UserId>,
    channels: &[RecoveryChannel],
) -> Result<Vec<Offer>, FlowError> {
    let attributes = match user {
        Some(user) => {
            let mut tx = cx.store.read(&cx.ctx.app.id).await?;
            tx.users().find(user).await?.map(|it| it.standard_attributes).unwrap_or_default()
        }
        None => domain::Attributes::new(),
    };
    let offer = |it: &RecoveryChannel| {
        let is_phone = is_by_phone(it.channel);
        let claim = if is_phone { "phone_number" } else { "email" };
        let own = attributes.get(claim).and_then(Value::as_str).map(str::to_owned);
        let value = own.unwrap_or_else(|| format!("{NOWHERE}{}", recovery.login_id));
        let target = if is_phone { TargetFact::Phone(value) } else { TargetFact::Email(value) };
        Offer { shown: recovery.login_id.clone(), destination: destination(*it, target) }
    };
    Ok(channels.iter().map(offer).collect())
}

/// One for each of the person's own addresses that the channel reaches.
fn enumerated(channel: RecoveryChannel, identities: &[Identity]) -> Vec<Offer> {
    let is_phone = is_by_phone(channel.channel);
    let claim = if is_phone { "phone_number" } else { "email" };
    let own = identities.iter().filter_map(|it| match it {
        Identity::LoginId(it) if it.r#type.claim() == claim => Some(it.login_id.clone()),
        _ => None,
    });
    own.map(|value| {
        let target = if is_phone { TargetFact::Phone(value) } else { TargetFact::Email(value) };
        Offer { shown: mask::target(&target), destination: destination(channel, target) }
    })
    .collect()
}

/// Whether a message can go there at all.
pub fn is_somewhere(target: &TargetFact) -> bool {
    !target.as_str().starts_with(NOWHERE)
}

fn destination(channel: RecoveryChannel, target: TargetFact) -> DestinationFact {
    DestinationFact {
        target,
        channel: channel.channel.as_str().to_owned(),
        form: channel.otp_form.as_str().to_owned(),
    }
}

const fn is_by_phone(channel: RecoveryCodeChannel) -> bool {
    matches!(channel, RecoveryCodeChannel::Sms | RecoveryCodeChannel::Whatsapp)
}
