//! `http`: where the project lives.

use crate::section::section;
use crate::text;

section! {
    /// The public address of the project and what its cookies cover.
    #[schemars(extend("required" = ["public_origin"]))]
    pub struct Http {
        /// Scheme, host and port under which browsers see the project.
        #[schemars(with = "text::HttpOrigin")]
        public_origin: String = String::new(),
        ..
        /// Further origins that may call the project from a browser; `*` stands for a label.
        #[schemars(with = "Vec<text::HttpOriginSpec>")]
        allowed_origins: Vec<String>,
        cookie_prefix: Option<String>,
        cookie_domain: Option<String>,
    }
}
