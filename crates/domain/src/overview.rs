//! One person with everything that hangs on them, as one read brings it.

use stdx::Timestamp;

use crate::{AuthenticatorKind, AuthenticatorType, Identity, User};

/// A person, what they are known by and what they can prove it with.
#[derive(Clone, Debug, PartialEq)]
pub struct UserOverview {
    pub user: User,
    /// Oldest first.
    pub identities: Vec<IdentityOverview>,
    /// Oldest first.
    pub authenticators: Vec<AuthenticatorOverview>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IdentityOverview {
    pub identity: Identity,
    /// Whether the claim that it carries was proved.
    pub is_verified: bool,
}

/// An authenticator without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorOverview {
    pub r#type: AuthenticatorType,
    pub kind: AuthenticatorKind,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
