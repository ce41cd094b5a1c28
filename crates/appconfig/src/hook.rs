//! `hook`: whom to tell, and whom to ask first.

use crate::section::{choice, section};
use crate::session::SECONDS_MAX;
use crate::text;

section! {
    /// Handlers of events, in the order in which they are called.
    pub struct HookConfig {
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        sync_hook_timeout_seconds: i64 = 5,
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        sync_hook_total_timeout_seconds: i64 = 10,
        ..
        blocking_handlers: Vec<BlockingHandler>,
        non_blocking_handlers: Vec<NonBlockingHandler>,
    }

    /// Someone who can refuse or change what is about to happen.
    #[schemars(extend("required" = ["event", "url"]))]
    pub struct BlockingHandler {
        event: BlockingEvent = BlockingEvent::default(),
        #[schemars(with = "text::HookUri")]
        url: String = String::new(),
    }

    /// Someone who is told what has happened.
    #[schemars(extend("required" = ["events", "url"]))]
    pub struct NonBlockingHandler {
        events: Vec<NonBlockingEvent> = Vec::new(),
        #[schemars(with = "text::HookUri")]
        url: String = String::new(),
    }
}

choice! {
    /// What a blocking handler can be asked about.
    pub enum BlockingEvent {
        UserPreCreate = "user.pre_create",
        UserProfilePreUpdate = "user.profile.pre_update",
        UserPreScheduleDeletion = "user.pre_schedule_deletion",
        UserPreScheduleAnonymization = "user.pre_schedule_anonymization",
        OidcJwtPreCreate = "oidc.jwt.pre_create",
        OidcIdTokenPreCreate = "oidc.id_token.pre_create",
        AuthenticationPreInitialize = "authentication.pre_initialize",
        AuthenticationPostIdentified = "authentication.post_identified",
        AuthenticationPreAuthenticated = "authentication.pre_authenticated",
    }

    /// What a non-blocking handler can be told.
    pub enum NonBlockingEvent {
        Any = "*",
        UserCreated = "user.created",
        UserAuthenticated = "user.authenticated",
        UserReauthenticated = "user.reauthenticated",
        UserProfileUpdated = "user.profile.updated",
        UserDisabled = "user.disabled",
        UserReenabled = "user.reenabled",
        UserAnonymousPromoted = "user.anonymous.promoted",
        UserDeletionScheduled = "user.deletion_scheduled",
        UserDeletionUnscheduled = "user.deletion_unscheduled",
        UserDeleted = "user.deleted",
        UserAnonymizationScheduled = "user.anonymization_scheduled",
        UserAnonymizationUnscheduled = "user.anonymization_unscheduled",
        UserAnonymized = "user.anonymized",
        IdentityEmailAdded = "identity.email.added",
        IdentityEmailRemoved = "identity.email.removed",
        IdentityEmailUpdated = "identity.email.updated",
        IdentityPhoneAdded = "identity.phone.added",
        IdentityPhoneRemoved = "identity.phone.removed",
        IdentityPhoneUpdated = "identity.phone.updated",
        IdentityUsernameAdded = "identity.username.added",
        IdentityUsernameRemoved = "identity.username.removed",
        IdentityUsernameUpdated = "identity.username.updated",
        IdentityOAuthConnected = "identity.oauth.connected",
        IdentityOAuthDisconnected = "identity.oauth.disconnected",
        IdentityBiometricEnabled = "identity.biometric.enabled",
        IdentityBiometricDisabled = "identity.biometric.disabled",
        UsageAlertTriggered = "usage.alert.triggered",
    }
}

impl HookConfig {
    pub(crate) fn resolve(&mut self) {
        crate::resolve::or(&mut self.sync_hook_timeout_seconds, 5);
        crate::resolve::or(&mut self.sync_hook_total_timeout_seconds, 10);
    }
}
