//! People and identities as the APIs, webhooks and the audit log show them.

#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{AccountStatus, Attributes, Identity, IdentityType, LoginId, UserId, UserOverview};
use events::UserModel;
use serde_json::{Value, json};
use stdx::Timestamp;
use store::Tx;

use crate::AccountError;
use crate::attributes::{Party, shown_custom, shown_standard};
use crate::claims::{can_reauthenticate, is_verified};

/// Reads a person and shows them whole, for an event.
pub async fn load_user_model(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
) -> Result<UserModel, AccountError> {
    let overview = tx.users().find_overview(user).await?.ok_or(AccountError::Gone)?;
    Ok(user_model(ctx, &overview))
}

/// A person, with nothing hidden.
pub fn user_model(ctx: &Ctx, overview: &UserOverview) -> UserModel {
    let user = &overview.user;
    let config = &ctx.app.config;
    let is_disabled = match user.status(ctx.now) {
        AccountStatus::Normal | AccountStatus::OutsideValidPeriod => false,
        AccountStatus::Disabled { .. }
        | AccountStatus::Deactivated
        | AccountStatus::ScheduledDeletion { .. }
        | AccountStatus::Anonymized
        | AccountStatus::ScheduledAnonymization { .. } => true,
    };
    let always = [
        ("id", json!(user.id.as_str())),
        ("created_at", time(user.created_at)),
        ("updated_at", time(user.updated_at)),
        ("is_anonymous", json!(false)),
        ("is_verified", json!(is_verified(&config.verification, overview))),
        ("is_disabled", json!(is_disabled)),
        ("is_deactivated", json!(user.is_deactivated)),
        ("is_anonymized", json!(user.is_anonymized)),
        ("can_reauthenticate", json!(can_reauthenticate(overview))),
        (
            "standard_attributes",
            json!(shown_standard(&config.user_profile, Party::AdminApi, overview)),
        ),
        (
            "custom_attributes",
            json!(shown_custom(&config.user_profile, Party::AdminApi, &user.custom_attributes)),
        ),
        ("x_web3", json!({})),
        ("roles", json!([])),
        ("groups", json!([])),
    ];
    let known = [
        ("last_login_at", user.login_at.map(time)),
        ("disable_reason", user.disable_reason.as_ref().map(|it| json!(it))),
        ("delete_at", user.delete_at.map(time)),
        ("anonymize_at", user.anonymize_at.map(time)),
        ("temporarily_disabled_from", user.temporarily_disabled_from.map(time)),
        ("temporarily_disabled_until", user.temporarily_disabled_until.map(time)),
        ("account_valid_from", user.account_valid_from.map(time)),
        ("account_valid_until", user.account_valid_until.map(time)),
        ("mfa_grace_period_end_at", user.mfa_grace_period_end_at.map(time)),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let model: Attributes =
        always.into_iter().chain(known).map(|(name, value)| (name.to_owned(), value)).collect();
    UserModel { id: user.id.clone(), model: Value::Object(model) }
}

/// An identity, with the claims that follow from it.
pub fn identity_model(identity: &Identity) -> Value {
    match identity {
        Identity::LoginId(login_id) => login_id_model(login_id),
    }
}

pub fn login_id_model(login_id: &LoginId) -> Value {
    let mut claims = login_id.claims.clone();
    for (name, value) in [
        ("type", login_id.r#type.as_str()),
        ("key", &login_id.key),
        ("original_value", &login_id.original_login_id),
        ("value", &login_id.login_id),
    ] {
        claims.insert(format!("https://authgear.com/claims/login_id/{name}"), json!(value));
    }
    json!({
        "id": login_id.id.as_str(),
        "created_at": time(login_id.created_at),
        "updated_at": time(login_id.updated_at),
        "type": IdentityType::LoginId.as_str(),
        "user_id": login_id.user_id.as_str(),
        "claims": claims,
    })
}

fn time(at: Timestamp) -> Value {
    json!(at.to_rfc3339())
}
