//! By which ways the person may prove it here: what is declared, and what they have.

use appconfig::flow::{Authentication, FlowBranch, FlowStep};
use domain::{
    Authenticator, AuthenticatorKind, AuthenticatorType, Identity, LoginIdType, OobTarget, UserId,
};
use serde_json::{Value, json};

use super::super::otp::{DEVICE_TOKEN, channels_of, form_of};
use crate::bot;
use crate::facts::TargetFact;
use crate::shape::{Member, Variant};
use crate::stage::kind_of;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, enforce, mask};

/// One way, with all that is needed to take it.
pub struct Offer {
    pub branch: usize,
    pub authentication: Authentication,
    /// Where a code goes.
    pub target: Option<TargetFact>,
    /// `None` for an address that was never set up, but which the person signs in with.
    pub authenticator_id: Option<String>,
    pub option: Value,
    pub variant: Variant,
}

/// What a person has.
pub struct Known {
    pub identities: Vec<Identity>,
    pub authenticators: Vec<Authenticator>,
    pub has_recovery_codes: bool,
}

impl Known {
    pub async fn load(cx: &FlowCx<'_>, user: &UserId) -> Result<Self, FlowError> {
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        Ok(Self {
            identities: tx.identities().list(user).await?,
            authenticators: tx.authenticators().list(user).await?,
            has_recovery_codes: !tx.authenticators().list_recovery_codes(user).await?.is_empty(),
        })
    }

    pub fn has_second_factor(&self) -> bool {
        self.authenticators.iter().any(|it| it.kind() == AuthenticatorKind::Secondary)
    }
}

/// Where a code can go, and by which authenticator.
struct Reach {
    target: OobTarget,
    authenticator_id: Option<String>,
}

pub async fn offers(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
    known: &Known,
    spares: bool,
) -> Result<Vec<Offer>, FlowError> {
    let mut offers: Vec<Offer> = Vec::new();
    for (branch, declared) in step.one_of.iter().enumerate() {
        let Some(authentication) = declared.authentication else { continue };
        if !enforce::allows(state, authentication) {
            continue;
        }
        let challenge = bot::challenge(cx, state, declared).await?;
        for reach in reaches(state, declared, authentication, known) {
            let place = offers.len();
            let mut option = json!({ "authentication": authentication });
            let mut required = members(authentication, place);
            let mut target = None;
            if let Some(reach) = &reach {
                let is_phone = matches!(reach.target, OobTarget::Phone(_));
                let channels = channels_of(cx, is_phone).iter().map(|it| it.as_str());
                let to = TargetFact::from(&reach.target);
                option["otp_form"] = json!(form_of(cx, is_phone).as_str());
                option["masked_display_name"] = json!(mask::target(&to));
                option["channels"] = json!(channels.collect::<Vec<_>>());
                target = Some(to);
            }
            if authentication == Authentication::PrimaryPasskey {
                option["request_options"] = super::prove::request_options(cx, state, known);
            }
            challenge.describe(&mut option);
            required.extend(challenge.member());
            if spares {
                required.push(DEVICE_TOKEN);
            }
            let variant = Variant { tag: authentication.as_str(), required };
            let authenticator_id = reach.and_then(|it| it.authenticator_id);
            offers.push(Offer {
                branch,
                authentication,
                target,
                authenticator_id,
                option,
                variant,
            });
        }
    }
    // Every place is a valid index.
    let count = offers.len();
    for offer in &mut offers {
        for member in &mut offer.variant.required {
            if let Member::Index(_, below) = member {
                *below = count;
            }
        }
    }
    Ok(offers)
}

fn members(authentication: Authentication, place: usize) -> Vec<Member> {
    match authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            vec![Member::Text("password")]
        }
        Authentication::SecondaryTotp => vec![Member::Text("code")],
        Authentication::RecoveryCode => vec![Member::Text("recovery_code")],
        Authentication::PrimaryPasskey => vec![Member::Object("assertion_response")],
        Authentication::PrimaryOobOtpEmail
        | Authentication::PrimaryOobOtpSms
        | Authentication::SecondaryOobOtpEmail
        | Authentication::SecondaryOobOtpSms => {
            vec![Member::Index("index", place + 1), Member::MayBeText("channel")]
        }
        Authentication::DeviceToken => Vec::new(),
    }
}

/// The offers that a branch makes: `Some` for each address, one `None` for what needs none.
fn reaches(
    state: &FlowState,
    declared: &FlowBranch,
    authentication: Authentication,
    known: &Known,
) -> Vec<Option<Reach>> {
    let has = |r#type| {
        known.authenticators.iter().any(|it| {
            it.r#type() == r#type && it.kind() == kind_of(authentication) && !was_used(state, it)
        })
    };
    let once = |is_offered: bool| if is_offered { vec![None] } else { Vec::new() };
    match authentication {
        Authentication::PrimaryPassword => {
            let mut used = state.facts.authenticated.iter();
            once(!used.any(|it| it.authentication == Authentication::PrimaryPassword))
        }
        Authentication::SecondaryPassword => once(has(AuthenticatorType::Password)),
        Authentication::SecondaryTotp => once(has(AuthenticatorType::Totp)),
        Authentication::PrimaryPasskey => once(has(AuthenticatorType::Passkey)),
        Authentication::RecoveryCode => once(known.has_recovery_codes && known.has_second_factor()),
        Authentication::DeviceToken => Vec::new(),
        Authentication::PrimaryOobOtpEmail | Authentication::PrimaryOobOtpSms => {
            primary_reaches(state, declared, authentication, known)
        }
        Authentication::SecondaryOobOtpEmail | Authentication::SecondaryOobOtpSms => {
            let all = known.authenticators.iter().filter(|it| !was_used(state, it));
            let found = all.filter_map(|it| match it {
                Authenticator::OobOtp(oob) if fits(authentication, it) => Some(Some(Reach {
                    target: oob.target.clone(),
                    authenticator_id: Some(oob.base.id.as_str().to_owned()),
                })),
                _ => None,
            });
            found.collect()
        }
    }
}

/// The person's own addresses, of the step that is named or all of them.
fn primary_reaches(
    state: &FlowState,
    declared: &FlowBranch,
    authentication: Authentication,
    known: &Known,
) -> Vec<Option<Reach>> {
    let wanted = match authentication {
        Authentication::PrimaryOobOtpSms => LoginIdType::Phone,
        _ => LoginIdType::Email,
    };
    let named = declared.target_step.as_deref().and_then(|name| state.facts.identified_by(name));
    let is_wanted = |identity: &&Identity| match (declared.target_step.as_deref(), named) {
        (None, _) => true,
        (Some(_), Some(named)) => named.identity_id.as_deref() == Some(identity.id().as_str()),
        (Some(_), None) => false,
    };
    let login_ids = known.identities.iter().filter(is_wanted).filter_map(|it| match it {
        Identity::LoginId(login_id) if login_id.r#type == wanted => Some(&login_id.login_id),
        _ => None,
    });
    let reach = |value: &String| {
        let target = match wanted {
            LoginIdType::Phone => OobTarget::Phone(value.clone()),
            LoginIdType::Email | LoginIdType::Username => OobTarget::Email(value.clone()),
        };
        let existing = known.authenticators.iter().find(|it| {
            let reaches = matches!(it, Authenticator::OobOtp(oob) if oob.target == target);
            reaches && fits(authentication, it)
        });
        if existing.is_some_and(|it| was_used(state, it)) {
            return None;
        }
        let authenticator_id = existing.map(|it| it.id().as_str().to_owned());
        Some(Some(Reach { target, authenticator_id }))
    };
    login_ids.filter_map(reach).collect()
}

fn fits(authentication: Authentication, authenticator: &Authenticator) -> bool {
    let wanted = match authentication {
        Authentication::PrimaryOobOtpSms | Authentication::SecondaryOobOtpSms => {
            AuthenticatorType::OobOtpSms
        }
        _ => AuthenticatorType::OobOtpEmail,
    };
    authenticator.r#type() == wanted && authenticator.kind() == kind_of(authentication)
}

/// What proved the person in this flow does not prove them again.
fn was_used(state: &FlowState, authenticator: &Authenticator) -> bool {
    let id = authenticator.id().as_str();
    state.facts.authenticated.iter().any(|it| it.authenticator_id == id)
}
