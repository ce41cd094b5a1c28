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

/// What is asked about a person most often, without what it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserStanding {
    /// They have said nothing of themselves yet.
    pub is_anonymous: bool,
    pub has_authenticators: bool,
    /// They have proved something. Whether it is still theirs, the overview tells.
    pub has_verified_claims: bool,
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
