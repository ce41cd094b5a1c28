//! Request parameters: `application/x-www-form-urlencoded` text of a query or a form.

use serde::{Deserialize, Serialize};

/// SDKs send some twenty parameters; an ID token hint is the longest.
const PARAMETERS_MAX: usize = 64;
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Parameters by name, none of them repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params(Vec<(String, String)>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    #[error("the request has too many or too long parameters")]
    TooLarge,
    /// RFC 6749 §3.1 and §3.2: parameters must not be included more than once.
    #[error("the parameter {0} is repeated")]
    Repeated(String),
}

impl Params {
    /// Reads a query or a form. Empty pieces, as in `a=b&`, are passed over: native SDKs send
    /// them.
    pub fn parse(text: &str) -> Result<Self, ParamsError> {
        Self::parse_all(&[text])
    }

    /// Reads several sources as one request, for endpoints that take both.
    pub fn parse_all(texts: &[&str]) -> Result<Self, ParamsError> {
        if texts.iter().map(|text| text.len()).sum::<usize>() > TEXT_BYTES_MAX {
            return Err(ParamsError::TooLarge);
        }
        let mut params: Vec<(String, String)> = Vec::new();
        for text in texts {
            for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
                if params.iter().any(|(known, _)| *known == name) {
                    // Named in an answer, so it is kept short.
                    return Err(ParamsError::Repeated(printable(&name)));
                }
                if params.len() == PARAMETERS_MAX {
                    return Err(ParamsError::TooLarge);
                }
                params.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Self(params))
    }

    /// Parameters that came another way, held to the same limits.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, ParamsError> {
        let length = pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if pairs.len() > PARAMETERS_MAX || length > TEXT_BYTES_MAX {
            return Err(ParamsError::TooLarge);
        }
        Ok(Self(pairs))
    }

    /// The value; a parameter without one counts as left out (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Adds what came another way, such as client credentials in a header.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
    }
}

/// The characters that an `error_description` may have (RFC 6749 §5.2), at most forty.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .filter(|it| matches!(it, ' '..='~') && !matches!(it, '"' | '\\'))
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests;
