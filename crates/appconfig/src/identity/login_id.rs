//! `identity.login_id`: e-mail addresses, phone numbers and usernames.

use crate::section::{choice, section};

section! {
    /// Which login IDs a user can have, and what they may look like.
    pub struct LoginIdConfig {
        types: LoginIdTypes = LoginIdTypes::default(),
        keys: Vec<LoginIdKeyConfig> = vec![LoginIdKeyConfig::of(LoginIdKeyType::Email)],
    }

    /// Rules by type.
    pub struct LoginIdTypes {
        email: LoginIdEmailConfig = LoginIdEmailConfig::default(),
        username: LoginIdUsernameConfig = LoginIdUsernameConfig::default(),
    }

    /// Rules for e-mail addresses. An allow list rules out the block lists.
    #[schemars(extend("allOf" = [
        without_allowlist("domain_blocklist_enabled"),
        without_allowlist("block_free_email_provider_domains"),
        without_allowlist("block_disposable_email_domains"),
    ]))]
    pub struct LoginIdEmailConfig {
        case_sensitive: bool = false,
        block_plus_sign: bool = false,
        ignore_dot_sign: bool = false,
        domain_blocklist_enabled: bool = false,
        domain_allowlist_enabled: bool = false,
        block_free_email_provider_domains: bool = false,
        block_disposable_email_domains: bool = false,
    }

    /// Rules for usernames.
    pub struct LoginIdUsernameConfig {
        block_reserved_usernames: bool = true,
        exclude_keywords_enabled: bool = false,
        ascii_only: bool = true,
        case_sensitive: bool = false,
    }

    /// One login ID a user can have.
    #[schemars(extend("required" = ["type"]))]
    pub struct LoginIdKeyConfig {
        /// Defaults to the type.
        key: String = String::new(),
        #[serde(rename = "type")]
        kind: LoginIdKeyType = LoginIdKeyType::default(),
        ..
        /// Present in a resolved configuration, like the three `…_disabled` below.
        max_length: Option<i64>,
        create_disabled: Option<bool>,
        update_disabled: Option<bool>,
        delete_disabled: Option<bool>,
        /// The older way to say all three.
        modify_disabled: Option<bool>,
    }
}

choice! {
    /// The types of login ID.
    pub enum LoginIdKeyType {
        Email = "email",
        Phone = "phone",
        Username = "username",
    }
}

fn without_allowlist(blocklist: &str) -> serde_json::Value {
    serde_json::json!({
        "if": { "properties": { blocklist: { "enum": [true] } }, "required": [blocklist] },
        "then": { "properties": { "domain_allowlist_enabled": { "enum": [false] } } },
    })
}

impl LoginIdConfig {
    pub fn find_key(&self, key: &str) -> Option<&LoginIdKeyConfig> {
        self.keys.iter().find(|it| it.key == key)
    }

    /// The first key of a type.
    pub fn find_type(&self, kind: LoginIdKeyType) -> Option<&LoginIdKeyConfig> {
        self.keys.iter().find(|it| it.kind == kind)
    }
}

impl LoginIdKeyConfig {
    fn of(kind: LoginIdKeyType) -> Self {
        Self { kind, ..Self::default() }
    }

    pub fn length_max(&self) -> usize {
        let default = match self.kind {
            LoginIdKeyType::Email => 320,
            LoginIdKeyType::Phone | LoginIdKeyType::Username => 40,
        };
        usize::try_from(self.max_length.unwrap_or(default)).unwrap_or_default()
    }

    /// Users may add it themselves.
    pub fn can_create(&self) -> bool {
        self.create_disabled != Some(true)
    }

    /// Users may change it themselves.
    pub fn can_update(&self) -> bool {
        self.update_disabled != Some(true)
    }

    /// Users may remove it themselves.
    pub fn can_delete(&self) -> bool {
        self.delete_disabled != Some(true)
    }

    pub(crate) fn resolve(&mut self) {
        if self.key.is_empty() {
            self.kind.as_str().clone_into(&mut self.key);
        }
        self.max_length.get_or_insert(match self.kind {
            LoginIdKeyType::Email => 320,
            LoginIdKeyType::Phone | LoginIdKeyType::Username => 40,
        });
        let older = self.modify_disabled.take().unwrap_or_default();
        for field in
            [&mut self.create_disabled, &mut self.update_disabled, &mut self.delete_disabled]
        {
            field.get_or_insert(older);
        }
    }
}
