//! `identity`: the kinds of identity and how each may be used.

mod login_id;
mod provider;

pub use login_id::{
    LoginIdConfig, LoginIdEmailConfig, LoginIdKeyConfig, LoginIdKeyType, LoginIdTypes,
    LoginIdUsernameConfig,
};
pub use provider::{
    ClientAuthentication, CredentialsBehavior, OAuthProvider, OAuthSsoConfig, ProviderClaim,
    ProviderClaims, ProviderType, WeChatAppType,
};

pub(crate) use provider::DemoProvider;

use crate::section::{choice, section};
use crate::text;

section! {
    /// Identities by kind.
    pub struct IdentityConfig {
        ldap: LdapConfig = LdapConfig::default(),
        login_id: LoginIdConfig = LoginIdConfig::default(),
        oauth: OAuthSsoConfig = OAuthSsoConfig::default(),
        biometric: BiometricConfig = BiometricConfig::default(),
        on_conflict: IdentityConflict = IdentityConflict::default(),
    }

    /// Directories that people sign in with.
    pub struct LdapConfig {
        ..
        servers: Vec<LdapServer>,
    }

    /// One directory.
    #[schemars(extend("required" = [
        "name", "url", "base_dn", "search_filter_template", "user_id_attribute_name",
    ]))]
    pub struct LdapServer {
        #[schemars(length(min = 1))]
        name: String = String::new(),
        #[schemars(with = "text::LdapUrl")]
        url: String = String::new(),
        #[schemars(with = "text::LdapDn")]
        base_dn: String = String::new(),
        /// A filter in which `{{.Username}}` stands for what was typed.
        #[schemars(with = "text::LdapFilter")]
        search_filter_template: String = String::new(),
        #[schemars(with = "text::LdapAttribute")]
        user_id_attribute_name: String = String::new(),
    }

    /// Keys bound to a phone's biometric lock.
    pub struct BiometricConfig {
        /// Users see and remove them in their settings.
        list_enabled: bool = false,
    }

    /// What happens when an identity belongs to someone else.
    pub struct IdentityConflict {
        promotion: PromotionConflict = PromotionConflict::default(),
    }
}

choice! {
    /// When an anonymous user is promoted with another user's identity.
    pub enum PromotionConflict {
        Error = "error",
        Login = "login",
    }
}

impl LdapConfig {
    pub fn find_server(&self, name: &str) -> Option<&LdapServer> {
        self.servers.iter().find(|server| server.name == name)
    }
}

impl IdentityConfig {
    pub(crate) fn resolve(&mut self) {
        for key in &mut self.login_id.keys {
            key.resolve();
        }
        for provider in &mut self.oauth.providers {
            provider.resolve();
        }
    }
}
