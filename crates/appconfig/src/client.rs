//! `oauth`: the applications that sign people in through the project.

use crate::flow::FlowKind;
use crate::section::{choice, section};
use crate::session::{self, SECONDS_MAX};
use crate::text;

section! {
    /// OAuth 2.0 clients.
    pub struct OAuth {
        ..
        clients: Vec<ClientConfig>,
        /// Ours: servers that people's access tokens may be for (RFC 8707).
        #[schemars(with = "Vec<text::Uri>", length(max = 100))]
        x_user_token_resources: Vec<String>,
        /// Ours: whether clients may register themselves.
        x_client_registration: ClientRegistration,
        /// Ours: whether a client may be known by the address of a document about it.
        x_client_id_metadata_documents_enabled: bool,
    }

    /// How clients register themselves (RFC 7591).
    pub struct ClientRegistration {
        ..
        enabled: bool,
        /// Whether anybody may, or only who has an initial access token.
        open: bool,
    }

    /// One OAuth 2.0 client (RFC 7591 §2 for the names without `x_`).
    #[schemars(extend(
        "required" = ["name", "client_id"],
        "allOf" = [
            {
                "if": is_type(&["traditional_webapp"]),
                "then": {
                    "properties": { "post_logout_redirect_uris": { "minItems": 1 } },
                    "required": ["post_logout_redirect_uris"],
                },
            },
            {
                "if": is_type(&["confidential", "third_party_app"]),
                "then": { "required": ["client_name"] },
            },
            {
                "if": is_type(
                    &["spa", "traditional_webapp", "native", "confidential", "third_party_app"],
                ),
                "then": { "required": ["redirect_uris"] },
            },
            {
                "if": is_type(&["m2m"]),
                "then": {
                    "properties": { "access_token_lifetime_seconds": { "maximum": 2_419_200 } },
                },
            },
        ],
    ))]
    pub struct ClientConfig {
        client_id: String = String::new(),
        /// For administrators; people see `client_name`.
        name: String = String::new(),
        #[schemars(range(min = 300, max = SECONDS_MAX))]
        access_token_lifetime_seconds: i64 = ACCESS_TOKEN_LIFETIME_SECONDS,
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        refresh_token_lifetime_seconds: i64 = 0,
        refresh_token_idle_timeout_enabled: bool = true,
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        refresh_token_idle_timeout_seconds: i64 = session::IDLE_TIMEOUT_SECONDS,
        /// Which flows the client may start; empty means all.
        x_authentication_flow_allowlist: FlowAllowlist = FlowAllowlist::default(),
        ..
        #[schemars(with = "text::Uri")]
        client_uri: Option<String>,
        #[schemars(length(min = 1))]
        client_name: Option<String>,
        x_application_type: Option<ApplicationType>,
        x_framework: Option<Framework>,
        #[schemars(extend("enum" = [0, 1]))]
        x_max_concurrent_session: i64,
        #[schemars(with = "Vec<text::Uri>", length(min = 1))]
        redirect_uris: Vec<String>,
        grant_types: Vec<String>,
        response_types: Vec<String>,
        #[schemars(with = "Vec<text::Uri>")]
        post_logout_redirect_uris: Vec<String>,
        refresh_token_rotation_enabled: bool,
        /// Ours: how long a lost answer to a rotation is given again; 0 is never.
        #[schemars(range(min = 0, max = 300))]
        x_refresh_token_rotation_grace_period_seconds: Option<i64>,
        issue_jwt_access_token: bool,
        #[schemars(with = "text::Uri")]
        policy_uri: Option<String>,
        #[schemars(with = "text::Uri")]
        tos_uri: Option<String>,
        #[schemars(with = "text::Uri")]
        x_custom_ui_uri: Option<String>,
        x_app2app_enabled: bool,
        x_app2app_insecure_device_key_binding_enabled: bool,
        /// Whether the client may sign other apps in only with its biometric key.
        x_app2app_biometric_protection_required: bool,
        x_dpop_disabled: bool,
        /// Ours: how the client proves itself; absent, with its secret or with its keys.
        x_token_endpoint_auth_method: Option<ClientAuthentication>,
        /// Ours: the client's public keys.
        x_jwks: Option<JwkSet>,
        /// Ours: where the client publishes its public keys.
        #[schemars(with = "text::PublicHttpsUrl")]
        x_jwks_uri: Option<String>,
        /// Ours: in which algorithm ID tokens for the client are signed.
        x_id_token_signed_response_alg: Option<SigningAlgorithm>,
        /// Ours: authorization requests must be pushed before (RFC 9126 §6).
        x_require_pushed_authorization_requests: bool,
        /// Ours: authorization requests must be signed by the client (RFC 9101 §10.5).
        x_require_signed_request_object: bool,
        /// Ours: whether the client knows people by names of its own (OpenID Connect Core §8).
        x_subject_type: SubjectType,
        /// Ours: a redirect URI on the device itself may have any port (RFC 8252 §7.3).
        x_any_loopback_port: bool,
        /// Ours: access tokens are good only with a proof of the key (RFC 9449 §5.2).
        x_dpop_bound_access_tokens: bool,
        /// Ours: where the client's server is told that a session of it has ended (OpenID Connect
        /// Back-Channel Logout §2.2).
        #[schemars(with = "text::Uri")]
        x_backchannel_logout_uri: Option<String>,
        /// Ours: proofs must carry a nonce that we handed out (RFC 9449 §8).
        x_dpop_nonce_required: bool,
        /// Whether the client signs in, and is signed in, with the secret of a device (OpenID
        /// Connect Native SSO).
        x_device_sso_enabled: bool,
        x_pre_authenticated_url_enabled: bool,
        #[schemars(with = "Vec<text::HttpOrigin>")]
        x_pre_authenticated_url_allowed_origins: Vec<String>,
        #[schemars(with = "text::PublicHttpsUrl")]
        logo_uri: Option<String>,
        x_replace_project_logo_with_logo_uri: bool,
    }

    /// Public keys (RFC 7517 §5).
    #[schemars(extend("required" = ["keys"]))]
    pub struct JwkSet {
        ..
        #[schemars(with = "Vec<Jwk>", length(min = 1, max = 32))]
        keys: Vec<serde_json::Value>,
    }

    /// The flows and groups of flows a client may start.
    pub struct FlowAllowlist {
        ..
        groups: Vec<FlowAllowlistGroup>,
        flows: Vec<FlowReference>,
    }

    /// A group of flows, declared in `ui.authentication_flow.groups`.
    #[schemars(extend("required" = ["name"]))]
    pub struct FlowAllowlistGroup {
        #[schemars(length(min = 1))]
        name: String = String::new(),
    }

    /// One flow by kind and name.
    #[schemars(extend("required" = ["type", "name"]))]
    pub struct FlowReference {
        #[serde(rename = "type")]
        kind: FlowKind = FlowKind::default(),
        #[schemars(with = "text::ObjectName")]
        name: String = String::new(),
    }
}

choice! {
    /// What kind of program a client is; decides how far it is trusted.
    pub enum ApplicationType {
        Spa = "spa",
        TraditionalWebapp = "traditional_webapp",
        Native = "native",
        Confidential = "confidential",
        ThirdPartyApp = "third_party_app",
        M2m = "m2m",
    }

    /// How a confidential client proves itself (OpenID Connect Core §9).
    pub enum ClientAuthentication {
        ClientSecretBasic = "client_secret_basic",
        ClientSecretPost = "client_secret_post",
        PrivateKeyJwt = "private_key_jwt",
        /// Not at all: a third party's client that can keep no secret.
        None = "none",
    }

    /// What tokens are signed with (RFC 7518 §3.1, RFC 8037 §3.1).
    pub enum SigningAlgorithm {
        Rs256 = "RS256",
        Es256 = "ES256",
        EdDsa = "EdDSA",
    }

    /// Whose name a person has in tokens.
    pub enum SubjectType {
        /// The same for all clients.
        Public = "public",
        /// Another for each site, so that two cannot compare.
        Pairwise = "pairwise",
    }

    /// What the client is written with; the portal shows the matching guide.
    pub enum Framework {
        React = "react",
        Vue = "vue",
        Angular = "angular",
        NextJs = "nextjs",
        Express = "express",
        OtherSpa = "other-spa",
        Flask = "flask",
        Laravel = "laravel",
        Java = "java",
        AspNet = "aspnet",
        OtherOidc = "other-oidc",
        ReactNative = "react-native",
        Ios = "ios",
        Android = "android",
        Flutter = "flutter",
        Ionic = "ionic",
    }
}

pub(crate) const ACCESS_TOKEN_LIFETIME_SECONDS: i64 = 30 * 60;

/// Clients retry within seconds; a thief does not hurry.
const ROTATION_GRACE_SECONDS: i64 = 10;

/// A public key of a client: what makes it one is for the reader to see.
pub struct Jwk;

impl schemars::JsonSchema for Jwk {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ClientJwk".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // Members of private and symmetric keys have no business in this file.
        schemars::json_schema!({
            "type": "object",
            "required": ["kty"],
            "properties": {
                "kty": { "enum": ["RSA", "EC", "OKP"] },
                "d": false,
                "k": false,
            },
        })
    }
}

/// The `if` of a rule about some application types.
fn is_type(types: &[&str]) -> serde_json::Value {
    serde_json::json!({
        "properties": { "x_application_type": { "enum": types } },
        "required": ["x_application_type"],
    })
}

pub(crate) fn sector_of(redirect_uri: &str) -> Option<String> {
    let url = url::Url::parse(redirect_uri).ok()?;
    match url.scheme() {
        "http" | "https" => url.host_str().map(str::to_owned),
        scheme => Some(format!("{scheme}:")),
    }
}

impl OAuth {
    /// Whether there may be clients that are not in the configuration.
    pub fn takes_unknown_clients(&self) -> bool {
        self.x_client_registration.enabled || self.x_client_id_metadata_documents_enabled
    }

    pub fn find_client(&self, client_id: &str) -> Option<&ClientConfig> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }
}

impl ClientConfig {
    /// A client of somebody else's, with the defaults of everybody's.
    pub fn of_third_party(client_id: &str, name: &str) -> Self {
        let mut client = Self {
            client_id: client_id.to_owned(),
            name: name.to_owned(),
            client_name: Some(name.to_owned()),
            x_application_type: Some(ApplicationType::ThirdPartyApp),
            // Whoever has no secret to show has something else that is used once.
            refresh_token_rotation_enabled: true,
            ..Self::default()
        };
        client.resolve();
        client
    }

    /// Third parties need consent and see only what their scopes say.
    pub fn is_third_party(&self) -> bool {
        self.x_application_type == Some(ApplicationType::ThirdPartyApp)
    }

    pub fn is_first_party(&self) -> bool {
        !self.is_third_party()
    }

    /// Confidential clients authenticate with a secret (RFC 6749 §2.1).
    pub fn is_confidential(&self) -> bool {
        use ApplicationType::{Confidential, M2m, ThirdPartyApp};
        matches!(self.x_application_type, Some(Confidential | ThirdPartyApp | M2m))
            && self.x_token_endpoint_auth_method != Some(ClientAuthentication::None)
    }

    pub fn is_public(&self) -> bool {
        !self.is_confidential()
    }

    /// Whether RFC 6749 §4.4 is open to the client.
    pub fn may_use_client_credentials(&self) -> bool {
        use ApplicationType::{Confidential, M2m};
        matches!(self.x_application_type, Some(Confidential | M2m))
    }

    /// Whether the client may ask for the scope that can do everything a user can.
    pub fn has_full_access_scope(&self) -> bool {
        use ApplicationType::{Confidential, M2m, ThirdPartyApp};
        !matches!(self.x_application_type, Some(Confidential | ThirdPartyApp | M2m))
    }

    /// Whether ID tokens for the client may carry e-mail address, phone number and the like.
    pub fn allows_pii_in_id_token(&self) -> bool {
        use ApplicationType::{Confidential, ThirdPartyApp};
        matches!(self.x_application_type, Some(Confidential | ThirdPartyApp))
    }

    /// For how many seconds the secret before a rotation is answered as it was.
    pub fn rotation_grace_seconds(&self) -> i64 {
        self.x_refresh_token_rotation_grace_period_seconds.unwrap_or(ROTATION_GRACE_SECONDS)
    }

    pub fn has_pairwise_subjects(&self) -> bool {
        self.x_subject_type == SubjectType::Pairwise
    }

    /// The site that the client belongs to: the host of its redirect URIs, or the scheme of those of
    /// an app on a device (OpenID Connect Core §8.1).
    pub fn sector(&self) -> Option<String> {
        self.redirect_uris.first().and_then(|it| sector_of(it))
    }

    /// Whether the client proves itself with nothing but its keys.
    pub fn has_no_secret(&self) -> bool {
        self.x_token_endpoint_auth_method == Some(ClientAuthentication::PrivateKeyJwt)
    }

    /// The redirect URI of a request that names none.
    pub fn default_redirect_uri(&self) -> Option<&str> {
        self.redirect_uris.first().map(String::as_str)
    }

    pub(crate) fn resolve(&mut self) {
        use crate::resolve::or;
        or(&mut self.access_token_lifetime_seconds, ACCESS_TOKEN_LIFETIME_SECONDS);
        let lifetime = self.access_token_lifetime_seconds.max(session::LIFETIME_SECONDS);
        or(&mut self.refresh_token_lifetime_seconds, lifetime);
        or(&mut self.refresh_token_idle_timeout_seconds, session::IDLE_TIMEOUT_SECONDS);
        if self.x_application_type == Some(ApplicationType::M2m) {
            self.issue_jwt_access_token = true;
        }
    }
}
