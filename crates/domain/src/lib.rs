//! The nouns and their invariants. No I/O, no wire formats, no clock.

mod app;
mod audit;
mod authenticator;
mod grant;
mod identity;
mod lockout;
mod outbox;
mod overview;
mod registered_client;
mod resource;
mod session;
mod user;

pub use app::{AppId, ClientId};
pub use audit::AuditEntry;
pub use authenticator::{
    Authenticator, AuthenticatorBase, AuthenticatorId, AuthenticatorKind, AuthenticatorType,
    OobOtpAuthenticator, OobTarget, PasskeyAuthenticator, PasswordAuthenticator,
    PasswordHistoryEntry, RecoveryCode, TotpAuthenticator,
};
pub use grant::{
    AccessToken, AccessTokenHolder, Authorization, AuthorizationId, Grant, GrantId, RefreshToken,
    Scopes,
};
pub use identity::{
    AnonymousIdentity, BiometricIdentity, Identity, IdentityBase, IdentityId, IdentityType,
    LdapIdentity, LoginId, LoginIdType, OAuthIdentity, OAuthProviderId, PasskeyIdentity,
    SHARED_CLAIMS, VerifiedClaim,
};
pub use lockout::Lockout;
pub use outbox::OutboxEntry;
pub use overview::{AuthenticatorOverview, IdentityOverview, UserOverview, UserStanding};
pub use registered_client::RegisteredClient;
pub use resource::{Resource, ResourceId, ResourceScope, ResourceScopeId};
pub use session::{Access, IdpSession, IdpSessionId};
pub use user::{AccountStatus, Attributes, User, UserId};

#[cfg(test)]
mod tests;
