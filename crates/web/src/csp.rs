//! The headers of every page: content security policy, framing, referrer, transport.
//!
//! One nonce a request: it is in the policy and on each script and style block that the
//! templates write, and nothing else runs.

use ctx::App;
use http::{HeaderMap, HeaderValue, header};

/// The headers of one page, and the nonce that its templates use.
#[derive(Clone, Debug)]
pub struct PageHeaders {
    pub nonce: String,
    /// Where forms may lead besides ourselves: the redirect URIs of a form_post page.
    pub form_action: Option<String>,
}

impl PageHeaders {
    pub fn new(rng: &stdx::Rng) -> Self {
        Self { nonce: stdx::base64url(&rng.bytes::<16>()), form_action: None }
    }

    pub fn policy(&self) -> String {
        let nonce = &self.nonce;
        // A form's redirects count as form-action in Chromium, and a sign-in form ends at the
        // application: hence no form-action unless a page asks for one.
        let form_action = self
            .form_action
            .as_ref()
            .map(|to| format!("; form-action 'self' {to}"))
            .unwrap_or_default();
        format!(
            "default-src 'self'; script-src 'self' 'nonce-{nonce}'; \
             style-src 'self' 'nonce-{nonce}'; img-src 'self' https: data:; font-src 'self'; \
             connect-src 'self'; object-src 'none'; base-uri 'none'; \
             frame-ancestors 'none'{form_action}"
        )
    }

    /// Writes the headers of a page of `app`.
    pub fn apply(&self, app: &App, headers: &mut HeaderMap) {
        let policy = HeaderValue::from_str(&self.policy());
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            policy.unwrap_or(HeaderValue::from_static("default-src 'none'")),
        );
        let fixed = [
            (header::X_FRAME_OPTIONS, "DENY"),
            // Not `no-referrer`: that makes browsers send `Origin: null` with our own forms.
            (header::REFERRER_POLICY, "same-origin"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(
            "cross-origin-opener-policy",
            HeaderValue::from_static("same-origin-allow-popups"),
        );
        if app.is_https() {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000; includeSubDomains"),
            );
        }
    }
}
