//! Query strings and form bodies as ordered lists, so that a repeated name can be refused.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{StatusCode, header};

/// The most fields that a form or a query may have.
const FIELDS_MAX: usize = 100;

/// Decoded fields in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// Decodes `application/x-www-form-urlencoded` text; extra fields are dropped.
    pub fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().take(FIELDS_MAX).collect())
    }

    /// The first value of `name` that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        values.next().map(|(_, value)| value.as_str())
    }

    /// The first value of `name`, which may be empty.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first name that came more than once (RFC 6749 §3.1 forbids it).
    pub fn repeated(&self) -> Option<&str> {
        let names = self.0.iter().enumerate();
        names
            .filter(|(at, (name, _))| self.0[..*at].iter().any(|(earlier, _)| earlier == name))
            .map(|(_, (name, _))| name.as_str())
            .next()
    }
}

/// A body that is a form: anything else is answered with 415, a body over the limit with 413.
impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let is_form = kind.is_none_or(|it| {
            it.split(';').next().is_some_and(|it| {
                it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
            })
        });
        if !is_form {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let body = Bytes::from_request(request, state).await;
        body.map(|body| Self::parse(&body)).map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)
    }
}
