//! What lies outside: tokens of other issuers, search engines, tag managers.

use crate::section::{choice, section};
use crate::text;

section! {
    /// `external_jwt`: issuers whose tokens are believed.
    pub struct ExternalJwt {
        ..
        issuers: Vec<ExternalJwtIssuer>,
    }

    /// One issuer.
    #[schemars(extend("required" = ["iss", "jwks_uri"]))]
    pub struct ExternalJwtIssuer {
        iss: String = String::new(),
        #[schemars(with = "text::Uri")]
        jwks_uri: String = String::new(),
        ..
        aud: Option<String>,
    }

    /// `search`
    pub struct SearchConfig {
        ..
        /// Absent: what the installation uses.
        implementation: Option<SearchImplementation>,
    }

    /// `google_tag_manager`
    pub struct GoogleTagManager {
        ..
        #[schemars(with = "text::GoogleTagManagerId")]
        container_id: Option<String>,
    }
}

choice! {
    /// With what users are searched.
    pub enum SearchImplementation {
        Elasticsearch = "elasticsearch",
        Postgresql = "postgresql",
        None = "none",
    }
}
