//! One project, resolved.

use std::any::Any;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use appconfig::flow::{Flow, FlowKind};
use appconfig::{AppConfig, ClientConfig, FeatureConfig, Secrets};
use domain::AppId;
use i18n::Catalogue;
use jose::SigningKeys;
use minijinja::Environment;
use serde_json::Value;

use crate::Origin;
use crate::derived::Derived;

/// An immutable snapshot of one project, swapped whole when its source changes.
///
/// What requests need again and again is worked out here once: keys are parsed, texts are
/// compiled, origins are collected.
#[derive(Debug)]
pub struct App {
    pub id: AppId,
    pub config: AppConfig,
    pub features: FeatureConfig,
    pub secrets: Secrets,
    pub keys: SigningKeys,
    pub catalogue: Arc<Catalogue>,
    /// The pages, compiled: ours with the project's over them.
    pub templates: Environment<'static>,
    /// The project's colours and logo, as the templates read them.
    pub theme: Value,
    languages: Vec<String>,
    origin: Origin,
    cookie_domain: Option<String>,
    allowed_origins: HashSet<String>,
    generated_flows: [OnceLock<Flow>; FlowKind::ALL.len()],
    scripts: BTreeMap<String, String>,
    lists: BTreeMap<String, String>,
    /// The hash of the secret of the client that came with the request.
    guest: Option<(String, Option<String>)>,
    derived: Derived,
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    pub config: AppConfig,
    pub features: FeatureConfig,
    pub secrets: Secrets,
    pub keys: SigningKeys,
    pub catalogue: Arc<Catalogue>,
    pub templates: Environment<'static>,
    pub theme: Value,
}

impl App {
    /// `None` when the public origin is no http(s) origin, which validation rules out.
    pub fn new(parts: Parts) -> Option<Self> {
        let Parts { config, features, secrets, keys, catalogue, templates, theme } = parts;
        let origin = Origin::parse(&config.http.public_origin)?;
        let cookie_domain =
            config.http.cookie_domain.clone().or_else(|| origin.shared_cookie_domain());
        let allowed_origins = allowed_origins(&config, &origin);
        let languages = languages(&config, &catalogue);
        Some(Self {
            id: AppId::new(config.id.clone()),
            config,
            features,
            secrets,
            keys,
            catalogue,
            templates,
            theme,
            languages,
            origin,
            cookie_domain,
            allowed_origins,
            generated_flows: [const { OnceLock::new() }; FlowKind::ALL.len()],
            scripts: BTreeMap::new(),
            lists: BTreeMap::new(),
            guest: None,
            derived: Derived::default(),
        })
    }

    /// A copy of the project that has one more client, and what its secret hashes to.
    #[must_use]
    pub fn with_client(&self, client: ClientConfig, secret_hash: Option<String>) -> Self {
        let guest = Some((client.client_id.clone(), secret_hash));
        let mut config = self.config.clone();
        config.oauth.clients.push(client);
        Self {
            id: self.id.clone(),
            config,
            features: self.features.clone(),
            secrets: self.secrets.clone(),
            keys: self.keys.clone(),
            catalogue: self.catalogue.clone(),
            templates: self.templates.clone(),
            theme: self.theme.clone(),
            languages: self.languages.clone(),
            origin: self.origin.clone(),
            cookie_domain: self.cookie_domain.clone(),
            allowed_origins: self.allowed_origins.clone(),
            generated_flows: [const { OnceLock::new() }; FlowKind::ALL.len()],
            scripts: self.scripts.clone(),
            lists: self.lists.clone(),
            guest,
            derived: Derived::default(),
        }
    }

    /// What the secret of a client hashes to that is in no secrets file.
    pub fn secret_hash_of_guest(&self, client_id: &str) -> Option<&str> {
        let (id, hash) = self.guest.as_ref()?;
        hash.as_deref().filter(|_| id == client_id)
    }

    /// The same project with these scripts, by their path among its files.
    #[must_use]
    pub fn with_scripts(self, scripts: BTreeMap<String, String>) -> Self {
        Self { scripts, ..self }
    }

    /// The source of a script of the project, such as `deno/hook.ts`.
    pub fn script(&self, path: &str) -> Option<&str> {
        self.scripts.get(path).map(String::as_str)
    }

    /// With the project's own lists: text files of one entry a line, by their names.
    #[must_use]
    pub fn with_lists(mut self, lists: BTreeMap<String, String>) -> Self {
        self.lists = lists;
        self
    }

    /// A list of the project, such as `reserved_name.txt`.
    pub fn list(&self, name: &str) -> Option<&str> {
        self.lists.get(name).map(String::as_str)
    }

    /// What `make` works out of this snapshot: once, and kept as long as it. There is one value
    /// of each type, so the type is to be the caller's own.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce(&Self) -> T) -> Arc<T> {
        self.derived.get(|| make(self))
    }

    /// Scheme, host and port, without a slash at the end: the issuer, and what links start with.
    pub fn origin(&self) -> &str {
        self.origin.as_str()
    }

    /// The languages that pages are offered in: configured, and with texts.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    pub fn is_https(&self) -> bool {
        self.origin.is_https()
    }

    /// The host of the public origin, without its port.
    pub fn host(&self) -> &str {
        self.origin.host()
    }

    pub fn cookie_prefix(&self) -> &str {
        self.config.http.cookie_prefix.as_deref().unwrap_or_default()
    }

    /// The domain that sibling hosts share cookies under; none for addresses and bare names.
    pub fn cookie_domain(&self) -> Option<&str> {
        self.cookie_domain.as_deref()
    }

    /// The flow of a kind that follows from the configuration. `flow` knows how to generate it,
    /// and does so when it is first asked for.
    pub fn generated_flow(
        &self,
        kind: FlowKind,
        generate: impl FnOnce(&AppConfig) -> Flow,
    ) -> &Flow {
        self.generated_flows[kind as usize].get_or_init(|| generate(&self.config))
    }

    /// Whether scripts of `origin` may read our answers.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.allowed_origins.contains(origin)
    }
}

/// Our own, those that are listed, and those of every address that clients registered.
fn allowed_origins(config: &AppConfig, own: &Origin) -> HashSet<String> {
    let clients = config.oauth.clients.iter().flat_map(|client| {
        client
            .redirect_uris
            .iter()
            .chain(&client.x_pre_authenticated_url_allowed_origins)
            .chain(client.x_custom_ui_uri.as_ref())
    });
    let registered = clients.filter_map(|uri| Origin::parse(uri));
    // A listed origin may leave its scheme out: then both count.
    let listed = config.http.allowed_origins.iter().flat_map(|spec| {
        if spec.contains("://") {
            vec![Origin::parse(spec)]
        } else {
            ["http", "https"].map(|scheme| Origin::parse(&format!("{scheme}://{spec}"))).to_vec()
        }
    });
    let all = registered.chain(listed.flatten()).map(|origin| origin.as_str().to_owned());
    all.chain([own.as_str().to_owned()]).collect()
}

fn languages(config: &AppConfig, catalogue: &Catalogue) -> Vec<String> {
    let with_texts: Vec<String> = catalogue.locales().map(ToString::to_string).collect();
    let configured = config.localization.supported_languages.iter();
    let both: Vec<String> = configured.filter(|it| with_texts.contains(it)).cloned().collect();
    if both.is_empty() { vec![catalogue.fallback().to_string()] } else { both }
}
