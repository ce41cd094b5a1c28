//! Every event: its type, whom it is about, and what it says.

#[cfg(test)]
mod tests;

use domain::{Attributes, AuthenticatorType, IdentityType, LoginIdType, UserId};
use serde_json::{Value, json};

/// A person, and how the APIs show them.
#[derive(Clone, Debug, PartialEq)]
pub struct UserModel {
    pub id: UserId,
    pub model: Value,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    UserCreated {
        user: UserModel,
        identities: Vec<Value>,
    },
    UserAuthenticated {
        user: UserModel,
        session: Value,
    },
    UserReauthenticated {
        user: UserModel,
        session: Value,
    },
    UserSignedOut {
        user: UserModel,
        sessions: Vec<Value>,
    },
    UserSessionTerminated {
        user: UserModel,
        sessions: Vec<Value>,
        kind: TerminationType,
    },
    UserProfileUpdated {
        user: UserModel,
    },
    /// Somebody anonymous has said who they are. It is the same person before and after.
    UserAnonymousPromoted {
        anonymous: UserModel,
        user: UserModel,
        identities: Vec<Value>,
    },
    UserDisabled {
        user: UserModel,
    },
    UserReenabled {
        user: UserModel,
    },
    /// The account will go, and is closed until then.
    UserDeletionScheduled {
        user: UserModel,
    },
    /// The account is gone; the person is shown as they were.
    UserDeleted {
        user: UserModel,
    },
    LoginIdAdded {
        user: UserModel,
        r#type: LoginIdType,
        identity: Value,
    },
    LoginIdRemoved {
        user: UserModel,
        r#type: LoginIdType,
        identity: Value,
    },
    LoginIdUpdated {
        user: UserModel,
        r#type: LoginIdType,
        old: Value,
        new: Value,
    },
    /// An account at another provider.
    OAuthConnected {
        user: UserModel,
        identity: Value,
    },
    /// A key behind the biometric lock of a device.
    BiometricEnabled {
        user: UserModel,
        identity: Value,
    },
    BiometricDisabled {
        user: UserModel,
        identity: Value,
    },
    OAuthDisconnected {
        user: UserModel,
        identity: Value,
    },
    /// Email addresses and phone numbers only.
    LoginIdVerified {
        user: UserModel,
        r#type: LoginIdType,
        identity: Value,
    },
    LoginIdUnverified {
        user: UserModel,
        r#type: LoginIdType,
        identity: Value,
    },
    /// Nobody has this login id.
    LoginIdNotFound {
        login_id: String,
    },
    /// The person is known, but may not be identified in this way.
    IdentificationFailed {
        user: UserModel,
        r#type: IdentityType,
    },
    /// A proof was wrong.
    AuthenticationFailed {
        user: UserModel,
        stage: Stage,
        r#type: AuthenticatorType,
    },
    /// Somebody was turned away, such as by a hook; the error is as they saw it.
    AuthenticationBlocked {
        user: Option<UserModel>,
        error: Value,
    },
    RateLimitBlocked {
        name: String,
        group: String,
    },
    MessageSent {
        channel: MessageChannel,
        sender: String,
        recipient: String,
        /// Which message, such as `verification`.
        r#type: String,
    },
    /// Not sent, as the project or the installation wishes.
    MessageSuppressed {
        channel: MessageChannel,
        recipient: String,
        description: String,
    },
    /// Nobody took it.
    MessageFailed {
        channel: MessageChannel,
        recipient: String,
        description: String,
    },
    /// A machine got a token for itself.
    M2mTokenCreated {
        client_id: String,
        /// How the secret begins that it came with, so that it is known which one is in use.
        client_secret: String,
    },
    ProjectAppCreated {
        config: Value,
    },
    ProjectAppUpdated {
        old: Value,
        new: Value,
        diff: String,
    },
}

/// First factor or second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Primary,
    Secondary,
}

/// By which channel a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageChannel {
    Email,
    Sms,
    Whatsapp,
}

/// How many sessions a person ended at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminationType {
    Individual,
    All,
    AllExceptCurrent,
}

impl Stage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

impl MessageChannel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }
}

impl TerminationType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::All => "all",
            Self::AllExceptCurrent => "all_except_current",
        }
    }
}

impl Event {
    /// The name of what happened; also the activity type in the audit log.
    pub fn type_name(&self) -> String {
        let fixed = match self {
            Self::UserCreated { .. } => "user.created",
            Self::UserAuthenticated { .. } => "user.authenticated",
            Self::UserReauthenticated { .. } => "user.reauthenticated",
            Self::UserSignedOut { .. } => "user.signed_out",
            Self::UserSessionTerminated { .. } => "user.session.terminated",
            Self::UserProfileUpdated { .. } => "user.profile.updated",
            Self::UserAnonymousPromoted { .. } => "user.anonymous.promoted",
            Self::UserDisabled { .. } => "user.disabled",
            Self::UserReenabled { .. } => "user.reenabled",
            Self::UserDeletionScheduled { .. } => "user.deletion_scheduled",
            Self::UserDeleted { .. } => "user.deleted",
            Self::OAuthConnected { .. } => "identity.oauth.connected",
            Self::BiometricEnabled { .. } => "identity.biometric.enabled",
            Self::BiometricDisabled { .. } => "identity.biometric.disabled",
            Self::OAuthDisconnected { .. } => "identity.oauth.disconnected",
            Self::LoginIdNotFound { .. } => "authentication.identity.login_id.failed",
            Self::AuthenticationBlocked { .. } => "authentication.blocked",
            Self::RateLimitBlocked { .. } => "rate_limit.blocked",
            Self::M2mTokenCreated { .. } => "m2m.token.created",
            Self::ProjectAppCreated { .. } => "project.app.created",
            Self::ProjectAppUpdated { .. } => "project.app.updated",
            Self::MessageSent { channel, .. } => return format!("{}.sent", channel.as_str()),
            Self::MessageSuppressed { channel, .. } => {
                return format!("{}.suppressed", channel.as_str());
            }
            Self::MessageFailed { channel, .. } => return format!("{}.error", channel.as_str()),
            Self::LoginIdAdded { r#type, .. } => return format!("identity.{type}.added"),
            Self::LoginIdRemoved { r#type, .. } => return format!("identity.{type}.removed"),
            Self::LoginIdUpdated { r#type, .. } => return format!("identity.{type}.updated"),
            Self::LoginIdVerified { r#type, .. } => return format!("identity.{type}.verified"),
            Self::LoginIdUnverified { r#type, .. } => return format!("identity.{type}.unverified"),
            Self::IdentificationFailed { r#type, .. } => {
                return format!("authentication.identity.{}.failed", r#type.as_str());
            }
            Self::AuthenticationFailed { stage, r#type, .. } => {
                return format!("authentication.{}.{}.failed", stage.as_str(), r#type.as_str());
            }
        };
        fixed.to_owned()
    }

    /// Whom it is about.
    pub fn user(&self) -> Option<&UserModel> {
        match self {
            Self::UserCreated { user, .. }
            | Self::UserAuthenticated { user, .. }
            | Self::UserReauthenticated { user, .. }
            | Self::UserSignedOut { user, .. }
            | Self::UserSessionTerminated { user, .. }
            | Self::UserProfileUpdated { user }
            | Self::UserAnonymousPromoted { user, .. }
            | Self::UserDisabled { user }
            | Self::UserReenabled { user }
            | Self::UserDeletionScheduled { user }
            | Self::UserDeleted { user }
            | Self::LoginIdAdded { user, .. }
            | Self::LoginIdRemoved { user, .. }
            | Self::LoginIdUpdated { user, .. }
            | Self::OAuthConnected { user, .. }
            | Self::BiometricEnabled { user, .. }
            | Self::BiometricDisabled { user, .. }
            | Self::OAuthDisconnected { user, .. }
            | Self::LoginIdVerified { user, .. }
            | Self::LoginIdUnverified { user, .. }
            | Self::IdentificationFailed { user, .. }
            | Self::AuthenticationFailed { user, .. } => Some(user),
            Self::AuthenticationBlocked { user, .. } => user.as_ref(),
            Self::LoginIdNotFound { .. }
            | Self::RateLimitBlocked { .. }
            | Self::MessageSent { .. }
            | Self::MessageSuppressed { .. }
            | Self::MessageFailed { .. }
            | Self::M2mTokenCreated { .. }
            | Self::ProjectAppCreated { .. }
            | Self::ProjectAppUpdated { .. } => None,
        }
    }

    /// Whether handlers are told of it; the audit log has all. Upstream's choice.
    pub(crate) const fn is_told(&self) -> bool {
        match self {
            Self::UserCreated { .. }
            | Self::UserAuthenticated { .. }
            | Self::UserReauthenticated { .. }
            | Self::UserProfileUpdated { .. }
            | Self::UserAnonymousPromoted { .. }
            | Self::UserDisabled { .. }
            | Self::UserReenabled { .. }
            | Self::UserDeletionScheduled { .. }
            | Self::UserDeleted { .. }
            | Self::LoginIdAdded { .. }
            | Self::LoginIdRemoved { .. }
            | Self::LoginIdUpdated { .. }
            | Self::OAuthConnected { .. }
            | Self::BiometricEnabled { .. }
            | Self::BiometricDisabled { .. }
            | Self::OAuthDisconnected { .. }
            | Self::LoginIdVerified { .. }
            | Self::LoginIdUnverified { .. }
            | Self::ProjectAppCreated { .. }
            | Self::ProjectAppUpdated { .. } => true,
            Self::UserSignedOut { .. }
            | Self::UserSessionTerminated { .. }
            | Self::LoginIdNotFound { .. }
            | Self::IdentificationFailed { .. }
            | Self::AuthenticationFailed { .. }
            | Self::AuthenticationBlocked { .. }
            | Self::RateLimitBlocked { .. }
            | Self::MessageSent { .. }
            | Self::MessageSuppressed { .. }
            | Self::MessageFailed { .. }
            | Self::M2mTokenCreated { .. } => false,
        }
    }

    /// What it says beside the person.
    pub(crate) fn payload(&self) -> Attributes {
        let mut payload = Attributes::new();
        if let Some(user) = self.user() {
            payload.insert("user".to_owned(), user.model.clone());
        }
        for (name, value) in self.details() {
            payload.insert(name.to_owned(), value);
        }
        payload
    }

    fn details(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::UserCreated { identities, .. } => vec![("identities", json!(identities))],
            Self::UserAuthenticated { session, .. } | Self::UserReauthenticated { session, .. } => {
                vec![("session", session.clone())]
            }
            Self::UserSignedOut { sessions, .. } => vec![("sessions", json!(sessions))],
            Self::UserSessionTerminated { sessions, kind, .. } => {
                vec![("sessions", json!(sessions)), ("termination_type", json!(kind.as_str()))]
            }
            Self::UserAnonymousPromoted { anonymous, identities, .. } => {
                vec![("anonymous_user", anonymous.model.clone()), ("identities", json!(identities))]
            }
            Self::UserProfileUpdated { .. }
            | Self::UserDisabled { .. }
            | Self::UserReenabled { .. }
            | Self::UserDeletionScheduled { .. }
            | Self::UserDeleted { .. } => Vec::new(),
            Self::LoginIdAdded { identity, .. }
            | Self::LoginIdRemoved { identity, .. }
            | Self::OAuthConnected { identity, .. }
            | Self::BiometricEnabled { identity, .. }
            | Self::BiometricDisabled { identity, .. }
            | Self::OAuthDisconnected { identity, .. }
            | Self::LoginIdVerified { identity, .. }
            | Self::LoginIdUnverified { identity, .. } => vec![("identity", identity.clone())],
            Self::LoginIdUpdated { old, new, .. } => {
                vec![("new_identity", new.clone()), ("old_identity", old.clone())]
            }
            Self::LoginIdNotFound { login_id } => vec![("login_id", json!(login_id))],
            Self::IdentificationFailed { r#type, .. } => {
                vec![("identity_type", json!(r#type.as_str()))]
            }
            Self::AuthenticationFailed { stage, r#type, .. } => vec![
                ("authentication_stage", json!(stage.as_str())),
                ("authenticator_type", json!(r#type.as_str())),
            ],
            Self::AuthenticationBlocked { user, error } => {
                let nobody = user.is_none().then_some(("user", Value::Null));
                nobody.into_iter().chain([("error", error.clone())]).collect()
            }
            Self::RateLimitBlocked { name, group } => {
                vec![("rate_limit", json!({ "name": name, "group": group }))]
            }
            Self::MessageSent { channel, sender, recipient, r#type } => {
                let sender =
                    (*channel != MessageChannel::Whatsapp).then_some(("sender", json!(sender)));
                // Mail is never counted.
                let counted = (*channel != MessageChannel::Email)
                    .then_some(("is_not_counted_in_usage", json!(false)));
                let always = [("recipient", json!(recipient)), ("type", json!(r#type))];
                sender.into_iter().chain(always).chain(counted).collect()
            }
            Self::MessageSuppressed { recipient, description, .. }
            | Self::MessageFailed { recipient, description, .. } => {
                vec![("description", json!(description)), ("recipient", json!(recipient))]
            }
            Self::M2mTokenCreated { client_id, client_secret } => {
                vec![("client_id", json!(client_id)), ("client_secret", json!(client_secret))]
            }
            Self::ProjectAppCreated { config } => vec![("app_config", config.clone())],
            Self::ProjectAppUpdated { old, new, diff } => vec![
                ("app_config_old", old.clone()),
                ("app_config_new", new.clone()),
                ("app_config_diff", json!(diff)),
                ("updated_secrets", json!([])),
                ("updated_resources", json!([])),
            ],
        }
    }
}
