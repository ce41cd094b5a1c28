//! People and identities as the APIs, webhooks and the audit log show them.

#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{AccountStatus, Attributes, Authenticator, Identity, LoginId, UserId, UserOverview};
use events::UserModel;
use serde_json::{Value, json};
use stdx::Timestamp;
use store::Tx;

use crate::AccountError;
use crate::attributes::{Party, shown_custom, shown_standard};
use crate::claims::{can_reauthenticate, is_anonymous, is_verified};
use crate::identity::provider;

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
        ("is_anonymous", json!(is_anonymous(overview))),
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
pub fn identity_model(ctx: &Ctx, identity: &Identity) -> Value {
    let mut claims = identity.claims().cloned().unwrap_or_default();
    for (name, value) in own_claims(ctx, identity) {
        claims.insert(format!("https://authgear.com/claims/{name}"), value);
    }
    let base = identity.base();
    json!({
        "id": base.id.as_str(),
        "created_at": time(base.created_at),
        "updated_at": time(base.updated_at),
        "type": identity.r#type().as_str(),
        "user_id": base.user_id.as_str(),
        "claims": claims,
    })
}

/// An authenticator, without what it proves.
pub fn authenticator_model(authenticator: &Authenticator) -> Value {
    let base = authenticator.base();
    json!({
        "id": base.id.as_str(),
        "created_at": time(base.created_at),
        "updated_at": time(base.updated_at),
        "user_id": base.user_id.as_str(),
        "type": authenticator.r#type().as_str(),
        "is_default": base.is_default,
        "kind": authenticator.kind().as_str(),
    })
}

/// [`identity_model`] of a login ID.
pub fn login_id_model(ctx: &Ctx, login_id: &LoginId) -> Value {
    identity_model(ctx, &Identity::LoginId(login_id.clone()))
}

/// What there is to say of an identity of its kind.
fn own_claims(ctx: &Ctx, identity: &Identity) -> Vec<(&'static str, Value)> {
    match identity {
        Identity::LoginId(it) => vec![
            ("login_id/type", json!(it.r#type.as_str())),
            ("login_id/key", json!(it.key)),
            ("login_id/original_value", json!(it.original_login_id)),
            ("login_id/value", json!(it.login_id)),
        ],
        Identity::OAuth(it) => {
            let alias = provider::alias_of(&ctx.app.config, &it.provider);
            vec![
                ("oauth/provider_type", json!(it.provider.r#type)),
                ("oauth/provider_alias", json!(alias.unwrap_or_default())),
                ("oauth/subject_id", json!(it.subject)),
                ("oauth/profile", json!(it.profile)),
            ]
        }
        Identity::Ldap(it) => {
            let shown = String::from_utf8_lossy(&it.user_id_attribute_value);
            let last_login_username = it.last_login_username.as_deref();
            vec![
                ("ldap/server_name", json!(it.server_name)),
                ("ldap/last_login_username", json!(last_login_username)),
                ("ldap/user_id_attribute_name", json!(it.user_id_attribute_name)),
                ("ldap/user_id_attribute_value", json!(shown)),
                ("ldap/attributes", json!(it.raw_entry)),
            ]
        }
        Identity::Anonymous(it) => vec![("anonymous/key_id", json!(it.key_id))],
        Identity::Biometric(it) => vec![
            ("biometric/key_id", json!(it.key_id)),
            ("biometric/device_info", it.device_info.clone()),
        ],
        Identity::Passkey(it) => vec![
            ("passkey/credential_id", json!(it.credential_id)),
            ("passkey/display_name", json!(identity.display_id())),
        ],
    }
}

fn time(at: Timestamp) -> Value {
    json!(at.to_rfc3339())
}
