//! What a project lets people do with one kind of login ID.

use appconfig::AppConfig;
use appconfig::identity::{LoginIdKeyConfig, LoginIdKeyType};
use domain::LoginIdType;

/// What people may do with one kind of login ID.
pub struct Rules<'c> {
    keys: Vec<&'c LoginIdKeyConfig>,
    /// The key that a new one fills; none when people may not add any.
    pub new_key: Option<&'c str>,
    /// Whether a value counts only when its owner proved that it is theirs.
    pub needs_proof: bool,
    /// Whether there is anything to prove.
    pub can_be_proved: bool,
}

impl<'c> Rules<'c> {
    pub fn of(config: &'c AppConfig, kind: LoginIdType) -> Self {
        let claims = &config.verification.claims;
        let (key_type, claim) = match kind {
            LoginIdType::Email => (LoginIdKeyType::Email, Some(&claims.email)),
            LoginIdType::Phone => (LoginIdKeyType::Phone, Some(&claims.phone_number)),
            LoginIdType::Username => (LoginIdKeyType::Username, None),
        };
        let keys = config.identity.login_id.keys.iter().filter(|it| it.kind == key_type);
        let keys: Vec<_> = keys.collect();
        Self {
            new_key: keys.iter().find(|it| it.can_create()).map(|it| it.key.as_str()),
            keys,
            needs_proof: claim.is_some_and(|it| it.enabled && it.required),
            can_be_proved: claim.is_some_and(|it| it.enabled),
        }
    }

    /// Whether people may put another value in the place of one under `key`.
    pub fn may_change(&self, key: &str) -> bool {
        self.keys.iter().any(|it| it.key == key && it.can_update())
    }

    /// Whether people may remove one under `key`. One of a key that is gone can be removed.
    pub fn may_remove(&self, key: &str) -> bool {
        self.keys.iter().find(|it| it.key == key).is_none_or(|it| it.can_delete())
    }
}
