//! Accounts at other providers: to which namespace one belongs, and what is kept of it.

use appconfig::AppConfig;
use appconfig::identity::{OAuthProvider, ProviderType};
use ctx::Ctx;
use domain::{Attributes, OAuthProviderId};
use serde_json::{Value, json};
use stdx::Timestamp;

use super::NewIdentity;
use crate::claims::normalised;

/// An account at a provider whose owner has just signed in there.
#[derive(Clone, Debug, PartialEq)]
pub struct Visitor {
    pub provider: OAuthProviderId,
    pub subject: String,
    /// Everything that the provider says.
    pub profile: Attributes,
    /// The standard claims in it, normalised.
    pub claims: Attributes,
    /// The email address that the provider vouches for, or that the project takes on trust.
    pub proved_email: Option<String>,
    /// Whether the project keeps only who it is (`do_not_store_identity_attributes`).
    pub keeps_nothing: bool,
}

impl Visitor {
    /// Makes out of what a provider says what we keep of it.
    pub fn of(
        ctx: &Ctx,
        provider: &OAuthProvider,
        subject: String,
        (raw, standard): (Attributes, &Attributes),
    ) -> Self {
        let claims = normalised(ctx, standard);
        let assumed =
            provider.claims.as_ref().and_then(|it| it.email.assume_verified) == Some(true);
        let said = standard.get("email_verified") == Some(&Value::Bool(true));
        let email = claims.get("email").and_then(Value::as_str);
        let proved_email = email.filter(|_| assumed || said).map(str::to_owned);
        let nameless = || OAuthProviderId::new(String::new(), Attributes::new());
        Self {
            provider: id_of(provider).unwrap_or_else(nameless),
            subject,
            profile: with_times(raw),
            claims,
            proved_email,
            keeps_nothing: provider.do_not_store_identity_attributes,
        }
    }

    /// The identity that it is to become.
    pub fn into_identity(self) -> NewIdentity {
        let kept = |it| if self.keeps_nothing { Attributes::new() } else { it };
        NewIdentity::OAuth {
            provider: self.provider,
            subject: self.subject,
            profile: kept(self.profile),
            claims: kept(self.claims),
        }
    }
}

/// Upstream keeps the times of an ID token (RFC 7519 §4.1) as text.
fn with_times(mut profile: Attributes) -> Attributes {
    for name in ["exp", "iat", "nbf"] {
        if let Some(seconds) = profile.get(name).and_then(Value::as_i64) {
            let at = Timestamp::from_seconds(seconds).to_rfc3339();
            profile.insert(name.to_owned(), Value::String(at));
        }
    }
    profile
}

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
