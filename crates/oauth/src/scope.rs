//! Scopes, and the claims each of them opens (OpenID Connect Core §5.4).

pub const OPENID: &str = "openid";
pub const OFFLINE_ACCESS: &str = "offline_access";
pub const DEVICE_SSO: &str = "device_sso";
pub const PROFILE: &str = "profile";
pub const EMAIL: &str = "email";
pub const ADDRESS: &str = "address";
pub const PHONE: &str = "phone";
/// Everything that the person may do with their own account: for a project's own apps.
pub const FULL_ACCESS: &str = "https://authgear.com/scopes/full-access";
/// Every claim about the person, without the power to change anything.
pub const FULL_USERINFO: &str = "https://authgear.com/scopes/full-userinfo";
pub const PRE_AUTHENTICATED_URL: &str = "https://authgear.com/scopes/pre-authenticated-url";

/// All that may be asked for, in the order of the discovery document.
pub const SUPPORTED: [&str; 10] = [
    OFFLINE_ACCESS,
    DEVICE_SSO,
    OPENID,
    PROFILE,
    EMAIL,
    ADDRESS,
    PHONE,
    FULL_ACCESS,
    FULL_USERINFO,
    PRE_AUTHENTICATED_URL,
];

/// Whether `scope` opens `claim`.
pub fn opens(scope: &str, claim: &str) -> bool {
    match scope {
        FULL_ACCESS | FULL_USERINFO => true,
        PROFILE => matches!(
            claim,
            "name"
                | "family_name"
                | "given_name"
                | "middle_name"
                | "nickname"
                | "preferred_username"
                | "profile"
                | "picture"
                | "website"
                | "gender"
                | "birthdate"
                | "zoneinfo"
                | "locale"
                | "updated_at"
        ),
        EMAIL => matches!(claim, "email" | "email_verified"),
        ADDRESS => claim == "address",
        PHONE => matches!(claim, "phone_number" | "phone_number_verified"),
        _ => false,
    }
}
