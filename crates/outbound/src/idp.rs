//! Signing in with accounts of other providers: where to send the browser, and what the
//! provider says of whoever comes back.
//!
//! The caller keeps a [`Handshake`] from one to the other, and makes sure that both are the same
//! browser or the same flow. Attributes come as the provider has them: normalising, storing and
//! linking are the caller's.

mod any;
mod apple;
mod authorize;
mod claims;
mod graph;
mod openid;
mod wechat;

use std::borrow::Cow;

use appconfig::identity::{ClientAuthentication, CredentialsBehavior, OAuthProvider, ProviderType};
use ctx::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stdx::{Rng, Secret};

use crate::Outbound;
use crate::http::{Bounds, HttpError};

/// Each call to a provider. A profile with a picture in it can be some tens of kilobytes.
const BOUNDS: Bounds = Bounds::new(5, 256 * 1024);
/// The query that a browser brings back. A code is a few hundred bytes; Apple adds a name.
const QUERY_BYTES_MAX: usize = 16 * 1024;
/// What is kept of a provider's own words.
const WORDS_CHARS_MAX: usize = 500;

/// What ties the answer of a provider to the question, for the caller to keep in between.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    pub nonce: String,
    pub code_verifier: String,
}

/// What the caller says about a question.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuthorizationRequest<'a> {
    pub redirect_uri: &'a str,
    /// Left out when the caller adds one to the address itself.
    pub state: Option<&'a str>,
    pub response_mode: Option<&'a str>,
    /// `prompt` of OpenID Connect; each provider gets what it understands.
    pub prompt: &'a [&'a str],
}

/// What became of a sign-in at a provider.
#[derive(Debug)]
pub enum IdpOutcome {
    SignedIn(IdpProfile),
    Refused(IdpRefusal),
}

/// Whoever signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct IdpProfile {
    pub provider_type: ProviderType,
    /// The account, among those of the provider.
    pub subject: String,
    /// Everything that the provider says.
    pub raw: Map<String, Value>,
    /// The standard claims in it, not yet normalised.
    pub standard: Map<String, Value>,
}

/// Why nobody is signed in, although everybody answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdpRefusal {
    /// The provider's own no (RFC 6749 §4.1.2.1, §5.2).
    Provider { error: String, description: String, uri: String },
    /// What came is not what the protocol says.
    Protocol(&'static str),
    /// The project wants an email address, and there is none.
    EmailRequired,
}

/// Why a provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum IdpError {
    #[error("there is no credential for this provider")]
    MissingCredentials,
    #[error("the configuration of the provider is wrong: {0}")]
    Configuration(&'static str),
    #[error("the provider gave no answer")]
    Http(#[from] HttpError),
}

/// Whether people can sign in at a provider, and by whose account there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderStatus {
    Active,
    MissingCredentials,
    /// The installation's, which every project shares: not for production.
    UsingDemoCredentials,
}

impl ProviderStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::MissingCredentials => "missing_credentials",
            Self::UsingDemoCredentials => "using_demo_credentials",
        }
    }
}

/// Whether people can sign in at `provider`.
pub fn provider_status(ctx: &Ctx, provider: &OAuthProvider) -> ProviderStatus {
    match account(ctx, provider) {
        Err(_) => ProviderStatus::MissingCredentials,
        Ok(_) if provider.credentials_behavior == Some(CredentialsBehavior::Demo) => {
            ProviderStatus::UsingDemoCredentials
        }
        Ok(_) => ProviderStatus::Active,
    }
}

/// A provider with the account that we have there.
pub(crate) struct Account<'a> {
    pub kind: ProviderType,
    pub provider: Cow<'a, OAuthProvider>,
    pub secret: &'a Secret<String>,
}

/// Ends a sign-in with a refusal, or with an error.
pub(crate) enum Stop {
    Refused(IdpRefusal),
    Failed(IdpError),
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handshake")
    }
}

impl Handshake {
    pub fn new(rng: &Rng) -> Self {
        Self { nonce: rng.token(), code_verifier: rng.token() }
    }
}

impl IdpRefusal {
    /// The stable word for it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Provider { .. } => "OAuthError",
            Self::Protocol(_) => "OAuthProtocolError",
            Self::EmailRequired => "StandardAttributesEmailRequired",
        }
    }
}

impl Outbound {
    /// Where to send a browser that wants to sign in at `provider`.
    pub async fn authorization_url(
        &self,
        ctx: &Ctx,
        provider: &OAuthProvider,
        handshake: &Handshake,
        request: AuthorizationRequest<'_>,
    ) -> Result<String, IdpError> {
        let account = account(ctx, provider)?;
        let endpoint = match account.kind {
            ProviderType::Facebook => graph::FACEBOOK_AUTHORIZE.to_owned(),
            ProviderType::Github => graph::GITHUB_AUTHORIZE.to_owned(),
            ProviderType::WeChat => wechat::AUTHORIZE.to_owned(),
            ProviderType::AnyOAuth2 => any::authorization_endpoint(&account)?.to_owned(),
            _ => self.openid_endpoints(ctx, &account).await?.authorization_endpoint.clone(),
        };
        authorize::url(&endpoint, &account, handshake, request)
    }

    /// Turns what the browser brought back into whoever signed in. `query` is the query of the
    /// redirect, or the body of the form that the provider posted.
    pub async fn sign_in_at(
        &self,
        ctx: &Ctx,
        provider: &OAuthProvider,
        handshake: &Handshake,
        redirect_uri: &str,
        query: &str,
    ) -> Result<IdpOutcome, IdpError> {
        let account = account(ctx, provider)?;
        let answer = match Answer::parse(query) {
            Ok(answer) => answer,
            Err(refusal) => return Ok(IdpOutcome::Refused(refusal)),
        };
        let code = Code { text: &answer.code, redirect_uri, handshake };
        let profile = match account.kind {
            ProviderType::Facebook => self.facebook_profile(&account, code).await,
            ProviderType::Github => self.github_profile(&account, code).await,
            ProviderType::WeChat => self.wechat_profile(&account, code).await,
            ProviderType::AnyOAuth2 => self.any_profile(ctx, &account, code).await,
            _ => self.openid_profile(ctx, &account, code, &answer.user).await,
        };
        // What the project says counts, not what the demonstration account says.
        match profile.and_then(|it| with_email(provider, it)) {
            Ok(profile) => Ok(IdpOutcome::SignedIn(profile)),
            Err(Stop::Refused(refusal)) => Ok(IdpOutcome::Refused(refusal)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

/// A code, and what has to be shown with it.
#[derive(Clone, Copy)]
pub(crate) struct Code<'a> {
    pub text: &'a str,
    pub redirect_uri: &'a str,
    pub handshake: &'a Handshake,
}

/// What a browser brings back.
struct Answer {
    code: String,
    /// Apple says a name here, and only the first time.
    user: String,
}

impl Answer {
    fn parse(query: &str) -> Result<Self, IdpRefusal> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(IdpRefusal::Protocol("the answer is too long"));
        }
        let query = query.strip_prefix('?').unwrap_or(query);
        let field = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
        };
        if let Some(error) = field("error").filter(|it| !it.is_empty()) {
            let description = field("error_description").unwrap_or_default();
            let uri = field("error_uri").unwrap_or_default();
            return Err(no(&error, &description, &uri));
        }
        let code = field("code").filter(|it| !it.is_empty());
        let code = code.ok_or(IdpRefusal::Protocol("there is no code"))?;
        Ok(Self { code, user: field("user").unwrap_or_default() })
    }
}

/// A provider's no, cut to what is worth keeping.
pub(crate) fn no(error: &str, description: &str, uri: &str) -> IdpRefusal {
    let cut = |words: &str| words.chars().take(WORDS_CHARS_MAX).collect();
    IdpRefusal::Provider { error: cut(error), description: cut(description), uri: cut(uri) }
}

/// The project's account at the provider, or the installation's if the project says so.
fn account<'a>(ctx: &'a Ctx, provider: &'a OAuthProvider) -> Result<Account<'a>, IdpError> {
    let kind = provider.kind.ok_or(IdpError::MissingCredentials)?;
    let secrets = &ctx.app.secrets;
    if provider.credentials_behavior == Some(CredentialsBehavior::Demo) {
        let items = secrets.sso_oauth_demo.iter().flat_map(|it| &it.items);
        let mut items = items.filter(|it| it.provider_config["type"] == kind.as_str());
        let item = items.next().ok_or(IdpError::MissingCredentials)?;
        let provider = serde_json::from_value::<OAuthProvider>(item.provider_config.clone());
        let provider = provider.map_err(|_| IdpError::MissingCredentials)?;
        return Ok(Account { kind, provider: Cow::Owned(provider), secret: &item.client_secret });
    }
    let mut items = secrets.sso_oauth_client.iter().flat_map(|it| &it.items);
    let item = items.find(|it| it.alias == provider.alias);
    let secret = item.and_then(|it| it.client_secret.as_ref());
    let secret = secret.ok_or(IdpError::MissingCredentials)?;
    Ok(Account { kind, provider: Cow::Borrowed(provider), secret })
}

fn with_email(provider: &OAuthProvider, profile: IdpProfile) -> Result<IdpProfile, Stop> {
    let required = provider.claims.as_ref().and_then(|it| it.email.required);
    if required == Some(true) && !profile.standard.contains_key("email") {
        return Err(Stop::Refused(IdpRefusal::EmailRequired));
    }
    Ok(profile)
}

impl Account<'_> {
    pub fn client_id(&self) -> &str {
        self.provider.client_id.as_deref().unwrap_or_default()
    }

    /// Whether the secret goes into a header rather than into the form.
    pub fn is_basic(&self) -> bool {
        self.provider.x_client_authentication == Some(ClientAuthentication::Basic)
    }

    pub fn profile(
        &self,
        subject: &str,
        raw: Map<String, Value>,
        standard: Map<String, Value>,
    ) -> IdpProfile {
        IdpProfile { provider_type: self.kind, subject: subject.to_owned(), raw, standard }
    }
}

impl From<IdpRefusal> for Stop {
    fn from(refusal: IdpRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<IdpError> for Stop {
    fn from(error: IdpError) -> Self {
        Self::Failed(error)
    }
}

impl From<HttpError> for Stop {
    fn from(error: HttpError) -> Self {
        Self::Failed(error.into())
    }
}

#[cfg(test)]
mod proxy_tests;
#[cfg(test)]
mod tests;
