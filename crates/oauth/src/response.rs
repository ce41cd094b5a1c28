//! Sending an answer back to the application (OAuth 2.0 Multiple Response Types §2.1).
//!
//! The registered URI stays as it is, byte for byte; parameters are added by an encoder.

use url::form_urlencoded;

/// The fields of a form that posts itself (OAuth 2.0 Form Post Response Mode §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPost {
    pub action: String,
    pub fields: Vec<(&'static str, String)>,
}

/// `redirect_uri` with `answer` added to its query.
pub fn redirect_with_query(redirect_uri: &str, answer: &[(&'static str, String)]) -> String {
    if answer.is_empty() {
        return redirect_uri.to_owned();
    }
    let (base, fragment) = match redirect_uri.split_once('#') {
        Some((base, fragment)) => (base, format!("#{fragment}")),
        None => (redirect_uri, String::new()),
    };
    let joint = match base.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{base}{joint}{}{fragment}", encode(answer))
}

/// `redirect_uri` with `answer` as its fragment.
pub fn redirect_with_fragment(redirect_uri: &str, answer: &[(&'static str, String)]) -> String {
    let base = redirect_uri.split_once('#').map_or(redirect_uri, |(base, _)| base);
    if answer.is_empty() { base.to_owned() } else { format!("{base}#{}", encode(answer)) }
}

fn encode(answer: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish()
}

#[cfg(test)]
mod tests;
