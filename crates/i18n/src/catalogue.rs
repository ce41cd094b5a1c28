//! All texts of one project, in all its languages.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use formatjs_icu_messageformat_parser::{MessageFormatElement, Parser, ParserOptions};
use icu_plurals::PluralRules;

use crate::format::{Args, Escape, write_elements};

/// A language tag (BCP 47), as the catalogue's file was named.
pub type Locale = Arc<str>;

type Message = Arc<[MessageFormatElement]>;

/// A text that cannot be read as ICU MessageFormat.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{locale}: message {key}: {problem}")]
pub struct CatalogueError {
    pub locale: String,
    pub key: String,
    pub problem: String,
}

/// Messages by language and key. Looking one up falls back to the default language, then to
/// the key itself, so that a page always says something.
#[derive(Clone)]
pub struct Catalogue {
    languages: BTreeMap<Locale, Arc<Language>>,
    fallback: Locale,
}

#[derive(Clone)]
struct Language {
    messages: HashMap<String, Message>,
    plurals: Arc<PluralRules>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let languages = self.languages.keys();
        f.debug_struct("Catalogue").field("languages", &languages).finish_non_exhaustive()
    }
}

impl Catalogue {
    /// An empty catalogue that falls back to `fallback`.
    pub fn new(fallback: &str) -> Self {
        Self { languages: BTreeMap::new(), fallback: fallback.into() }
    }

    /// Adds texts to a language; a key that is already there is replaced.
    ///
    /// On a text that does not parse, nothing is added.
    pub fn add(
        &mut self,
        locale: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<(), CatalogueError> {
        let mut parsed = Vec::with_capacity(texts.len());
        for (key, text) in texts {
            let message = parse(text).map_err(|problem| CatalogueError {
                locale: locale.to_owned(),
                key: key.clone(),
                problem,
            })?;
            parsed.push((key.clone(), message));
        }
        let language = self.languages.entry(locale.into()).or_insert_with(|| {
            Arc::new(Language { messages: HashMap::new(), plurals: plural_rules(locale) })
        });
        Arc::make_mut(language).messages.extend(parsed);
        Ok(())
    }

    /// The languages that have texts, in the order of their tags.
    pub fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.languages.keys()
    }

    /// The same catalogue, falling back to another of its languages.
    #[must_use]
    pub fn with_fallback(mut self, fallback: &str) -> Self {
        self.fallback = fallback.into();
        self
    }

    pub fn fallback(&self) -> &Locale {
        &self.fallback
    }

    pub fn has(&self, locale: &str, key: &str) -> bool {
        self.languages.get(locale).is_some_and(|language| language.messages.contains_key(key))
    }

    /// The keys of one language, sorted.
    pub fn keys(&self, locale: &str) -> Vec<&str> {
        let language = self.languages.get(locale);
        let mut keys: Vec<&str> =
            language.into_iter().flat_map(|it| it.messages.keys().map(String::as_str)).collect();
        keys.sort_unstable();
        keys
    }

    /// Formats the message for HTML: markup of the message stays, arguments are escaped.
    pub fn html(&self, locale: &str, key: &str, args: &Args) -> String {
        self.write(locale, key, args, Escape::Html)
    }

    /// Formats the message as plain text.
    pub fn text(&self, locale: &str, key: &str, args: &Args) -> String {
        self.write(locale, key, args, Escape::None)
    }

    fn write(&self, locale: &str, key: &str, args: &Args, escape: Escape) -> String {
        let candidates = [locale, &self.fallback];
        let found = candidates.into_iter().find_map(|candidate| {
            let language = self.languages.get(candidate)?;
            Some((candidate, language, language.messages.get(key)?))
        });
        let Some((locale, language, message)) = found else {
            return escape.apply(key).into_owned();
        };
        let mut out = String::new();
        let scope = crate::format::Scope { locale, plurals: &language.plurals, args, escape };
        write_elements(&mut out, message, &scope, None);
        out
    }
}

fn parse(text: &str) -> Result<Message, String> {
    // `{x, datetime, short}` is upstream's own word for a date with a time: a `time` element
    // carries it, since the standard has no name for both.
    let text = text.replace(", datetime,", ", time,");
    let options = ParserOptions { ignore_tag: true, ..ParserOptions::default() };
    let parsed = Parser::new(text, options).parse();
    parsed.map(Into::into).map_err(|error| format!("{:?}", error.kind))
}

fn plural_rules(locale: &str) -> Arc<PluralRules> {
    let tag = locale.parse().unwrap_or(icu_locale_core::locale!("en"));
    let rules = PluralRules::try_new_cardinal(tag.into());
    let english = || PluralRules::try_new_cardinal(icu_locale_core::locale!("en").into());
    Arc::new(rules.or_else(|_| english()).expect("the rules of English are compiled in"))
}
