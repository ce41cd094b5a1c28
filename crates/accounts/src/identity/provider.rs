//! Which provider's namespace an account elsewhere belongs to.

use appconfig::AppConfig;
use appconfig::identity::{OAuthProvider, ProviderType};
use domain::OAuthProviderId;
use serde_json::{Value, json};

/// The namespace of a configured provider; `None` for a provider without a type.
///
/// Providers that give each client, tenant or team names of its own say so in the keys.
pub fn id_of(provider: &OAuthProvider) -> Option<OAuthProviderId> {
    let kind = provider.kind?;
    let keys = match kind {
        ProviderType::Google | ProviderType::Github | ProviderType::Adfs => json!({}),
        ProviderType::Facebook | ProviderType::Linkedin => {
            json!({ "client_id": provider.client_id.as_deref().unwrap_or_default() })
        }
        ProviderType::AzureAdV2 | ProviderType::AzureAdB2c => {
            json!({ "tenant": provider.tenant.as_deref().unwrap_or_default() })
        }
        ProviderType::Apple => {
            json!({ "team_id": provider.team_id.as_deref().unwrap_or_default() })
        }
        ProviderType::AnyOpenId => {
            json!({ "discovery_document_endpoint": provider.discovery_document_endpoint })
        }
        ProviderType::AnyOAuth2 => json!({ "userinfo_endpoint": provider.x_userinfo_endpoint }),
        ProviderType::WeChat => json!({
            "account_id": provider.account_id.as_deref().unwrap_or_default(),
            "is_sandbox_account": provider.is_sandbox_account.to_string(),
        }),
    };
    let Value::Object(keys) = keys else { return None };
    Some(OAuthProviderId::new(kind.as_str(), keys))
}

/// The alias under which the project knows a provider today.
pub fn alias_of<'c>(config: &'c AppConfig, id: &OAuthProviderId) -> Option<&'c str> {
    let mut providers = config.identity.oauth.providers.iter();
    let found = providers.find(|provider| id_of(provider).as_ref() == Some(id));
    found.map(|provider| provider.alias.as_str())
}
