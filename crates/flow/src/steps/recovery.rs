//! `account_recovery` flows: a lost password is replaced by whoever reads the account's mail.
//!
//! Whether anybody has the login ID is not told, unless the project wants it told: nobody's
//! destination looks like anybody's, and its code is charged and never comes.

pub mod reset;
pub mod select;
pub mod verify;

use accounts::otp::{self, Form, Otp, Purpose};
use appconfig::authenticator::OobChannel;
use stdx::Secret;

use crate::facts::DestinationFact;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, stopped};

/// The flow that a link leads back to, for whoever follows it without a state.
pub async fn resume(cx: &FlowCx<'_>, code: &str) -> Result<Option<FlowState>, FlowError> {
    let code = Secret::new(code.to_owned());
    let kept = otp::find_link(cx.ctx, cx.kv, Purpose::ForgotPassword, &code).await;
    let kept = kept.map_err(stopped)?;
    Ok(kept.and_then(|state| serde_json::from_value(state).ok()))
}

/// The code that goes to a destination.
fn otp_of(destination: &DestinationFact) -> Otp<'_> {
    Otp {
        purpose: Purpose::ForgotPassword,
        form: if destination.form == "link" { Form::Link } else { Form::Code },
        channel: match destination.channel.as_str() {
            "sms" => OobChannel::Sms,
            "whatsapp" => OobChannel::Whatsapp,
            _ => OobChannel::Email,
        },
        target: destination.target.as_str(),
    }
}
