//! `localization`: the languages people are spoken to in.

use crate::section::section;
use crate::text;

section! {
    /// Languages as BCP 47 tags in canonical form.
    pub struct Localization {
        #[schemars(with = "text::Bcp47")]
        fallback_language: String = "en".to_owned(),
        ..
        /// Present in a resolved configuration.
        #[schemars(
            with = "Vec<text::Bcp47>",
            length(min = 1),
            extend("uniqueItems" = true),
        )]
        supported_languages: Vec<String>,
    }
}

impl Localization {
    pub(crate) fn resolve(&mut self) {
        if self.supported_languages.is_empty() {
            self.supported_languages = vec![self.fallback_language.clone()];
        }
    }
}
