//! What a client may do: its redirect URIs, its scopes, its secret.

use appconfig::{ApplicationType, ClientAuthentication, ClientConfig};
use ctx::{Ctx, Origin};
use domain::Scopes;
use oauth::{ErrorCode, OAuthError, Params, scope};
use stdx::constant_time_eq;

use web::Platform;

use crate::assertion;
use crate::error::EndpointError;
use crate::guests;

/// Whether an answer of this kind may be sent to `uri`.
///
/// The comparison is byte for byte, before any parsing (RFC 9700 §2.1). For an answer that carries
/// nothing, pages of ours and of the client's custom UI are good too: that is how an app opens the
/// settings.
pub fn allows_redirect(ctx: &Ctx, client: &ClientConfig, uri: &str, carries_nothing: bool) -> bool {
    if is_registered(client, uri) {
        return true;
    }
    let custom_ui = client.x_custom_ui_uri.as_deref().and_then(Origin::parse);
    let origins = [Some(ctx.app.origin()), custom_ui.as_ref().map(Origin::as_str)];
    carries_nothing && origins.into_iter().flatten().any(|origin| is_page_of(origin, uri))
}

/// Whether `uri` is one that the client registered.
pub fn is_registered(client: &ClientConfig, uri: &str) -> bool {
    client.redirect_uris.iter().any(|registered| registered == uri)
        || (client.x_any_loopback_port && is_registered_but_for_the_port(client, uri))
}

/// RFC 8252 §7.3: a program on somebody's device takes the port that it gets. Everything else is
/// compared byte for byte.
fn is_registered_but_for_the_port(client: &ClientConfig, uri: &str) -> bool {
    let asked = without_loopback_port(uri);
    asked.is_some() && client.redirect_uris.iter().any(|it| without_loopback_port(it) == asked)
}

/// The host and what follows the port, of an address on the device itself.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    const HOSTS: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let (host, rest) = HOSTS.iter().find_map(|host| Some((*host, uri.strip_prefix(host)?)))?;
    let rest = match rest.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
            let (port, rest) = rest.split_at(end);
            port.parse::<u16>().ok()?;
            rest
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Whether `uri` is a page of `origin`. After the origin comes a slash, so nothing that follows
/// can be read as part of the host.
pub fn is_page_of(origin: &str, uri: &str) -> bool {
    let path = uri.strip_prefix(origin);
    path.is_some_and(|path| {
        path.starts_with('/')
            && !path.contains('\\')
            && path.bytes().all(|it| it > b' ' && it < 127)
    })
}

/// Whether the client may ask for these scopes. The texts are upstream's.
pub fn check_scopes(client: &ClientConfig, scopes: &Scopes) -> Result<(), OAuthError> {
    let refused = |text: String| Err(OAuthError::new(ErrorCode::InvalidScope, text));
    for asked in scopes.iter() {
        if !scope::SUPPORTED.contains(&asked) {
            let shown: String = asked.chars().filter(char::is_ascii_graphic).take(40).collect();
            return refused(format!("specified scope is not allowed: {shown}"));
        }
        if !may_have(client, asked) {
            return refused(format!("{asked} is not allowed for this client"));
        }
    }
    if scopes.contains(scope::PRE_AUTHENTICATED_URL) && !scopes.contains(scope::DEVICE_SSO) {
        let text = "device_sso must be requested when using pre-authenticated url";
        return refused(text.to_owned());
    }
    if !scopes.contains(scope::OPENID) {
        return refused("must request 'openid' scope".to_owned());
    }
    Ok(())
}

/// The scopes of `scopes` that the client may have.
pub fn cut_scopes(client: &ClientConfig, scopes: &Scopes) -> Scopes {
    let kept = scopes.iter().filter(|it| scope::SUPPORTED.contains(it) && may_have(client, it));
    kept.map(str::to_owned).collect()
}

fn may_have(client: &ClientConfig, asked: &str) -> bool {
    match asked {
        scope::FULL_ACCESS => client.has_full_access_scope(),
        // Pages are opened with the secret of a device, too.
        scope::DEVICE_SSO => client.x_device_sso_enabled || client.x_pre_authenticated_url_enabled,
        scope::PRE_AUTHENTICATED_URL => client.x_pre_authenticated_url_enabled,
        _ => true,
    }
}

/// The client that a token request says it comes from, and how it proves it.
#[derive(Debug)]
pub struct ClientCredentials {
    pub client_id: String,
    pub secret: Option<String>,
    /// A JWT of the client's (RFC 7521 §4.2).
    assertion: Option<String>,
    /// Whether they came in the Authorization header.
    by_header: bool,
}

impl ClientCredentials {
    /// Reads them from the form or else from the header. The form comes first, because the
    /// header may be a reverse proxy's; but a client that fills both must not differ.
    pub fn read(params: &Params, headers: &http::HeaderMap) -> Result<Self, EndpointError> {
        let (in_form, secret) = (params.owned("client_id"), params.owned("client_secret"));
        let in_header = basic(headers);
        let assertion = params.owned("client_assertion");
        if let Some(assertion) = assertion {
            return Self::by_assertion(params, assertion, secret.is_some() || in_header.is_some());
        }
        let assertion = None;
        match (in_form, secret, in_header) {
            (Some(client_id), None, Some((id, secret))) if id == client_id => {
                Ok(Self { client_id, secret: Some(secret), assertion, by_header: true })
            }
            (Some(client_id), secret, _) => {
                Ok(Self { client_id, secret, assertion, by_header: false })
            }
            (None, None, Some((client_id, secret))) => {
                Ok(Self { client_id, secret: Some(secret), assertion, by_header: true })
            }
            (None, ..) => {
                let error = OAuthError::new(ErrorCode::InvalidClient, "invalid client ID");
                Err(EndpointError::Refused(error))
            }
        }
    }

    fn by_assertion(
        params: &Params,
        assertion: String,
        has_secret: bool,
    ) -> Result<Self, EndpointError> {
        if params.get("client_assertion_type") != Some(assertion::TYPE) {
            return Err(
                OAuthError::invalid_request("client_assertion_type is not supported").into()
            );
        }
        // RFC 6749 §2.3: not more than one way in one request.
        if has_secret {
            return Err(OAuthError::invalid_request("the client proves itself twice").into());
        }
        // The assertion itself says whose it is; that is judged with everything else it says.
        let named = params.owned("client_id").or_else(|| jose::Jwt::unverified_issuer(&assertion));
        let Some(client_id) = named else {
            let error = OAuthError::new(ErrorCode::InvalidClient, "invalid client ID");
            return Err(EndpointError::Refused(error));
        };
        Ok(Self { client_id, secret: None, assertion: Some(assertion), by_header: false })
    }

    /// The client, if there is one of that name.
    pub fn find<'a>(&self, ctx: &'a Ctx) -> Result<&'a ClientConfig, EndpointError> {
        let found = ctx.app.config.oauth.find_client(&self.client_id);
        found.ok_or_else(|| OAuthError::new(ErrorCode::InvalidClient, "invalid client ID").into())
    }

    /// RFC 6749 §2.3: a confidential client proves itself with its secret, or with a key. A public
    /// client has neither, and what it sends is not looked at. `endpoint` is the path of the request.
    pub async fn authenticate(
        &self,
        platform: &Platform,
        ctx: &Ctx,
        client: &ClientConfig,
        endpoint: &str,
    ) -> Result<(), EndpointError> {
        if client.is_public() {
            return Ok(());
        }
        if !self.is_by(client.x_token_endpoint_auth_method) {
            let text = "the client must prove itself in the way that is configured";
            let error = OAuthError::new(ErrorCode::InvalidClient, text);
            return Err(EndpointError::ClientAuthentication(error));
        }
        match &self.assertion {
            Some(assertion) => assertion::check(platform, ctx, client, assertion, endpoint).await,
            None => self.check_secret(ctx, client),
        }
    }

    /// Whether the client took the way that is configured for it, if one is.
    fn is_by(&self, way: Option<ClientAuthentication>) -> bool {
        match way {
            // Who proves nothing is a public client.
            None | Some(ClientAuthentication::None) => true,
            Some(ClientAuthentication::PrivateKeyJwt) => self.assertion.is_some(),
            Some(ClientAuthentication::ClientSecretBasic) => self.by_header,
            Some(ClientAuthentication::ClientSecretPost) => {
                !self.by_header && self.assertion.is_none()
            }
        }
    }

    fn check_secret(&self, ctx: &Ctx, client: &ClientConfig) -> Result<(), EndpointError> {
        let refused = |text: &'static str| {
            let error = OAuthError::new(ErrorCode::InvalidClient, text);
            Err(EndpointError::ClientAuthentication(error))
        };
        let Some(secret) = &self.secret else { return refused("client secret is required") };
        if guests::has_secret(ctx, client, secret) {
            return Ok(());
        }
        let known = ctx.app.secrets.client_secrets(&client.client_id);
        // All of them are compared, so that the time does not tell which one was close.
        let matches =
            known.iter().filter(|it| constant_time_eq(it.reveal(), secret.as_bytes())).count();
        if matches == 0 {
            // Not `invalid_client` with 401, which RFC 6749 §5.2 would have: clients of upstream
            // are told so.
            return Err(OAuthError::invalid_request("invalid client secret").into());
        }
        tracing::debug!(by_header = self.by_header, "a client authenticated");
        Ok(())
    }
}

/// `Authorization: Basic`, with both parts form-encoded (RFC 6749 §2.3.1).
fn basic(headers: &http::HeaderMap) -> Option<(String, String)> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(stdx::from_base64(encoded.trim())?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    // The text is one value: what would end it in a form is encoded by whoever wrote it.
    if text.contains(['&', '=']) {
        return Some(text.to_owned());
    }
    let (value, _) = url::form_urlencoded::parse(text.as_bytes()).next()?;
    Some(value.into_owned())
}

/// Machines have no person to send anywhere.
pub fn is_machine(client: &ClientConfig) -> bool {
    client.x_application_type == Some(ApplicationType::M2m)
}
