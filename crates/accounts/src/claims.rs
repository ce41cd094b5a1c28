//! A person as claims: what UserInfo and id tokens say about them.
//!
//! All of it comes from one [`UserOverview`], so that answering costs one read. Which claims a
//! client may have is for whoever knows its scopes to decide.

#[cfg(test)]
mod tests;

use appconfig::verification::{VerificationConfig, VerificationCriteria};
use ctx::Ctx;
use domain::{
    Attributes, AuthenticatorKind, AuthenticatorOverview, Identity, IdentityOverview, UserOverview,
};
use serde_json::{Value, json};

use crate::attributes::{Party, shown_custom, shown_standard};
use crate::identity::provider;
use crate::login_id;

pub const IS_ANONYMOUS: &str = "https://authgear.com/claims/user/is_anonymous";
pub const IS_VERIFIED: &str = "https://authgear.com/claims/user/is_verified";
pub const CAN_REAUTHENTICATE: &str = "https://authgear.com/claims/user/can_reauthenticate";
pub const ROLES: &str = "https://authgear.com/claims/user/roles";
pub const AUTHENTICATORS: &str = "https://authgear.com/claims/user/authenticators";
pub const IDENTITIES: &str = "https://authgear.com/claims/user/identities";
pub const RECOVERY_CODE_ENABLED: &str = "https://authgear.com/claims/user/recovery_code_enabled";

/// What a bearer may learn about a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// `sub` and what every client is told.
    pub always: Attributes,
    /// Standard claims, by scope for third parties.
    pub standard: Attributes,
    /// `custom_attributes`, for first parties.
    pub custom: Attributes,
    /// [`AUTHENTICATORS`], [`IDENTITIES`] and [`RECOVERY_CODE_ENABLED`], by scope.
    pub account: Attributes,
}

/// Everything that there is to say about a person to whoever holds their session or token.
pub fn claims(ctx: &Ctx, overview: &UserOverview) -> Claims {
    let profile = &ctx.app.config.user_profile;
    let always = [
        ("sub", json!(overview.user.id.as_str())),
        (IS_ANONYMOUS, json!(is_anonymous(overview))),
        (IS_VERIFIED, json!(is_verified(&ctx.app.config.verification, overview))),
        (CAN_REAUTHENTICATE, json!(can_reauthenticate(overview))),
        (ROLES, json!([])),
    ];
    let account = [
        (AUTHENTICATORS, overview.authenticators.iter().map(authenticator).collect()),
        (IDENTITIES, overview.identities.iter().map(|it| identity(ctx, it)).collect()),
        (RECOVERY_CODE_ENABLED, json!(recovery_codes_apply(ctx, overview))),
    ];
    let named = |it: (&str, Value)| (it.0.to_owned(), it.1);
    Claims {
        always: always.into_iter().map(named).collect(),
        standard: shown_standard(profile, Party::Bearer, overview),
        custom: shown_custom(profile, Party::Bearer, &overview.user.custom_attributes),
        account: account.into_iter().map(named).collect(),
    }
}

/// Whether the person counts as verified: any or all of what can be verified, as configured.
pub fn is_verified(config: &VerificationConfig, overview: &UserOverview) -> bool {
    let mut verifiable = overview.identities.iter().filter_map(|it| {
        let mut claims = it.identity.shared_claims();
        let can_be_verified = claims.any(|(name, _)| match name {
            "email" => it.is_verified || config.claims.email.is_wanted(),
            "phone_number" => it.is_verified || config.claims.phone_number.is_wanted(),
            _ => false,
        });
        can_be_verified.then_some(it.is_verified)
    });
    match config.criteria {
        VerificationCriteria::Any => verifiable.any(|it| it),
        VerificationCriteria::All => verifiable.next() == Some(true) && verifiable.all(|it| it),
    }
}

/// The standard claims that another party says of a person, as we keep them: what people can be
/// recognised by is normalised as if it had been typed, and what cannot be is left out.
pub fn normalised(ctx: &Ctx, said: &Attributes) -> Attributes {
    let config = &ctx.app.config;
    let mut claims = Attributes::new();
    for (name, value) in said {
        let Some(text) = value.as_str() else { continue };
        let kept = match name.as_str() {
            "email" => login_id::check_email(config, text).ok(),
            "phone_number" => login_id::check_known_phone(config, text).ok(),
            "preferred_username" => Some(text.to_owned()),
            name if TEXT_CLAIMS.contains(&name) && !text.is_empty() => Some(text.to_owned()),
            _ => None,
        };
        claims.extend(kept.map(|text| (name.clone(), json!(text))));
    }
    claims
}

/// The claims of a profile (OpenID Connect Core §5.1) that are plain texts.
pub const TEXT_CLAIMS: [&str; 12] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
];

/// Whether the person has said nothing of themselves yet.
pub fn is_anonymous(overview: &UserOverview) -> bool {
    overview.identities.iter().any(|it| matches!(it.identity, Identity::Anonymous(_)))
}

/// Whether there is anything that the person could be asked for again.
pub fn can_reauthenticate(overview: &UserOverview) -> bool {
    !overview.authenticators.is_empty()
}

/// Recovery codes stand in for a second factor, so they need one.
fn recovery_codes_apply(ctx: &Ctx, overview: &UserOverview) -> bool {
    let has_second =
        overview.authenticators.iter().any(|it| it.kind == AuthenticatorKind::Secondary);
    has_second && !ctx.app.config.authentication.recovery_code.disabled
}

fn authenticator(it: &AuthenticatorOverview) -> Value {
    json!({
        "created_at": it.created_at.to_rfc3339(),
        "updated_at": it.updated_at.to_rfc3339(),
        "type": it.r#type.as_str(),
        "kind": it.kind.as_str(),
    })
}

fn identity(ctx: &Ctx, it: &IdentityOverview) -> Value {
    let base = it.identity.base();
    let mut shown = json!({
        "type": it.identity.r#type().as_str(),
        "created_at": base.created_at.to_rfc3339(),
        "updated_at": base.updated_at.to_rfc3339(),
    });
    match &it.identity {
        Identity::LoginId(login_id) => {
            shown["login_id_key"] = json!(login_id.key);
            shown["login_id_type"] = json!(login_id.r#type.as_str());
        }
        Identity::OAuth(oauth) => {
            shown["oauth_provider_type"] = json!(oauth.provider.r#type);
            let alias = provider::alias_of(&ctx.app.config, &oauth.provider);
            shown["oauth_provider_alias"] = json!(alias.unwrap_or_default());
        }
        Identity::Ldap(_)
        | Identity::Anonymous(_)
        | Identity::Passkey(_)
        | Identity::Biometric(_) => {}
    }
    shown
}
