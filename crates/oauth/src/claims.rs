//! Names of claims beyond the registered ones: SDKs read these spellings.

pub const IS_ANONYMOUS: &str = "https://authgear.com/claims/user/is_anonymous";
pub const IS_VERIFIED: &str = "https://authgear.com/claims/user/is_verified";
pub const CAN_REAUTHENTICATE: &str = "https://authgear.com/claims/user/can_reauthenticate";
pub const ROLES: &str = "https://authgear.com/claims/user/roles";
pub const AUTHENTICATORS: &str = "https://authgear.com/claims/user/authenticators";
pub const IDENTITIES: &str = "https://authgear.com/claims/user/identities";
pub const RECOVERY_CODE_ENABLED: &str = "https://authgear.com/claims/user/recovery_code_enabled";

/// `claims_supported` of the discovery document.
pub const SUPPORTED: [&str; 24] = [
    "iss",
    "aud",
    "iat",
    "exp",
    "sub",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "preferred_username",
    "family_name",
    "given_name",
    "middle_name",
    "name",
    "nickname",
    "picture",
    "profile",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "address",
    "updated_at",
];
