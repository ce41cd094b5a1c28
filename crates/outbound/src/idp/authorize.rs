//! The address to which a browser is sent: each provider's scopes, prompts and extras.

use std::borrow::Cow;

use appconfig::identity::ProviderType;
use stdx::base64url;
use url::Url;

use super::{Account, AuthorizationRequest, Handshake, IdpError};

/// The address at `endpoint`.
pub(super) fn url(
    endpoint: &str,
    account: &Account<'_>,
    handshake: &Handshake,
    request: AuthorizationRequest<'_>,
) -> Result<String, IdpError> {
    let kind = account.kind;
    let mut url = Url::parse(endpoint)
        .map_err(|_| IdpError::Configuration("the authorization endpoint is no address"))?;
    let prompt = prompt(kind, request.prompt).join(" ");
    let client = if kind == ProviderType::WeChat { "appid" } else { "client_id" };
    let challenge = base64url(&stdx::sha256(handshake.code_verifier.as_bytes()));
    let is_openid = sends_nonce(kind);
    let scope = scope(account);
    let parameters = [
        ("response_type", (kind != ProviderType::Github).then_some("code")),
        (client, Some(account.client_id())),
        ("redirect_uri", Some(request.redirect_uri)),
        ("scope", Some(&*scope)),
        ("state", request.state),
        ("response_mode", request.response_mode.filter(|_| is_openid)),
        ("prompt", Some(prompt.as_str())),
        ("nonce", is_openid.then_some(handshake.nonce.as_str())),
        ("code_challenge", takes_pkce(kind).then_some(challenge.as_str())),
        ("code_challenge_method", takes_pkce(kind).then_some("S256")),
        ("domain_hint", domain_hint(account)),
    ];
    let filled = parameters.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    url.query_pairs_mut().extend_pairs(filled.filter(|(_, value)| !value.is_empty()));
    if kind == ProviderType::WeChat {
        url.set_fragment(Some("wechat_redirect"));
    }
    Ok(url.into())
}

/// Providers whose ID token repeats what we send.
pub(super) fn sends_nonce(kind: ProviderType) -> bool {
    match kind {
        ProviderType::Google
        | ProviderType::Apple
        | ProviderType::AzureAdV2
        | ProviderType::AzureAdB2c
        | ProviderType::Adfs
        | ProviderType::AnyOpenId => true,
        ProviderType::Facebook
        | ProviderType::Github
        | ProviderType::Linkedin
        | ProviderType::WeChat
        | ProviderType::AnyOAuth2 => false,
    }
}

/// Providers that take a challenge (RFC 7636), or at least do not mind one.
pub(super) fn takes_pkce(kind: ProviderType) -> bool {
    match kind {
        ProviderType::Google
        | ProviderType::Github
        | ProviderType::AzureAdV2
        | ProviderType::AzureAdB2c
        | ProviderType::Adfs
        | ProviderType::AnyOpenId
        | ProviderType::AnyOAuth2 => true,
        ProviderType::Apple
        | ProviderType::Facebook
        | ProviderType::Linkedin
        | ProviderType::WeChat => false,
    }
}

fn scope(account: &Account<'_>) -> Cow<'static, str> {
    let own = &account.provider.x_scopes;
    if takes_scopes(account.kind) && !own.is_empty() {
        return own.join(" ").into();
    }
    Cow::Borrowed(match account.kind {
        ProviderType::Google
        | ProviderType::Linkedin
        | ProviderType::AzureAdV2
        | ProviderType::Adfs
        | ProviderType::AnyOpenId => "openid profile email",
        ProviderType::AzureAdB2c => "openid",
        ProviderType::Apple => "name email",
        ProviderType::Facebook => "email public_profile",
        ProviderType::Github => "read:user user:email",
        ProviderType::WeChat => "snsapi_login",
        ProviderType::AnyOAuth2 => "",
    })
}

/// Providers of which only the project knows what they can be asked for.
fn takes_scopes(kind: ProviderType) -> bool {
    matches!(kind, ProviderType::AnyOpenId | ProviderType::AnyOAuth2)
}

/// What of `asked` the provider understands.
fn prompt<'a>(kind: ProviderType, asked: &[&'a str]) -> Vec<&'a str> {
    let first = |known: &[&str]| asked.iter().copied().find(|it| known.contains(it));
    match kind {
        ProviderType::Google => {
            let known = asked.iter().copied();
            let known: Vec<_> =
                known.filter(|it| ["consent", "select_account"].contains(it)).collect();
            // Without it Google signs in whoever is signed in there, with no way to choose.
            if known.is_empty() { vec!["select_account"] } else { known }
        }
        ProviderType::AzureAdV2 => {
            first(&["login", "consent", "select_account"]).into_iter().collect()
        }
        // OpenID Connect Core 1.0 §3.1.2.1.
        ProviderType::AnyOpenId => asked.to_vec(),
        ProviderType::AzureAdB2c | ProviderType::Adfs => first(&["login"]).into_iter().collect(),
        ProviderType::Apple
        | ProviderType::Facebook
        | ProviderType::Github
        | ProviderType::Linkedin
        | ProviderType::WeChat
        | ProviderType::AnyOAuth2 => Vec::new(),
    }
}

fn domain_hint<'a>(account: &'a Account<'_>) -> Option<&'a str> {
    account.provider.domain_hint.as_deref().filter(|_| account.kind == ProviderType::AzureAdB2c)
}
