//! The authorization response on its way back to the application (RFC 6749 §4.1.2).

use appconfig::ClientConfig;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use oauth::{OAuthError, ResponseMode, redirect_with_fragment, redirect_with_query};
use serde_json::json;
use web::{Page, SetCookie};

/// Where answers to one request go, and how.
#[derive(Clone, Debug)]
pub struct Destination {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    pub state: Option<String>,
}

impl Destination {
    /// The answer yes. `iss` says who answers, against mix-up (RFC 9207 §2).
    pub fn granted(&self, ctx: &Ctx, code: Option<String>) -> Answer {
        let mut fields = Vec::new();
        fields.extend(code.map(|code| ("code", code)));
        self.answer(ctx, fields)
    }

    /// The answer no.
    pub fn refused(&self, ctx: &Ctx, error: &OAuthError) -> Answer {
        let fields = vec![
            ("error", error.code.as_str().to_owned()),
            ("error_description", error.description.to_string()),
        ];
        self.answer(ctx, fields)
    }

    fn answer(&self, ctx: &Ctx, mut fields: Vec<(&'static str, String)>) -> Answer {
        fields.extend(self.state.clone().map(|state| ("state", state)));
        fields.push(("iss", ctx.app.origin().to_owned()));
        Answer { to: self.clone(), fields, cookies: Vec::new() }
    }
}

/// One authorization response.
#[derive(Debug)]
pub struct Answer {
    to: Destination,
    fields: Vec<(&'static str, String)>,
    pub cookies: Vec<SetCookie>,
}

impl Answer {
    /// Writes it. 303, so that a browser never sends a form of ours on (RFC 9700 §4.12); for
    /// clients with their own pages 200 with a page that moves on, as upstream.
    pub fn respond(self, ctx: &Ctx, client: Option<&ClientConfig>, asked: &HeaderMap) -> Response {
        let uri = &self.to.redirect_uri;
        let mut response = match self.to.mode {
            ResponseMode::FormPost => self.form(ctx, client, asked),
            ResponseMode::Query => moved(client, &redirect_with_query(uri, &self.fields)),
            ResponseMode::Fragment => moved(client, &redirect_with_fragment(uri, &self.fields)),
        };
        let headers = response.headers_mut();
        for cookie in &self.cookies {
            headers.append(header::SET_COOKIE, cookie.to_header());
        }
        private(headers);
        response
    }

    fn form(&self, ctx: &Ctx, client: Option<&ClientConfig>, asked: &HeaderMap) -> Response {
        let mut page = Page::new(ctx, "form_post", asked, "");
        page.headers.form_action = form_source(&self.to.redirect_uri);
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let client = client.map(|it| json!({ "name": display_name(it) }));
        let action = &self.to.redirect_uri;
        page.render(ctx, json!({ "action": action, "fields": fields, "client": client }))
    }
}

/// The name that people know a client by.
pub fn display_name(client: &ClientConfig) -> &str {
    client.client_name.as_deref().unwrap_or(&client.name)
}

/// Nobody keeps it, and no page learns where the person came from.
pub fn private(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// Moves the browser on by 303 and, where that is not followed, by a page.
pub fn moved(client: Option<&ClientConfig>, location: &str) -> Response {
    let has_own_pages = client.is_some_and(|it| it.x_custom_ui_uri.is_some());
    let body = format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"refresh\" content=\"0;url={}\"></head><body></body></html>\n",
        escaped(location)
    );
    let status = if has_own_pages { StatusCode::OK } else { StatusCode::SEE_OTHER };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    match HeaderValue::from_str(location) {
        Ok(location) if !has_own_pages => {
            headers.insert(header::LOCATION, location);
        }
        _ => {}
    }
    response
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Where the form may go, as a source of the content security policy.
fn form_source(redirect_uri: &str) -> Option<String> {
    let url = url::Url::parse(redirect_uri).ok()?;
    match url.scheme() {
        "http" | "https" => Some(url.origin().ascii_serialization()),
        scheme => Some(format!("{scheme}:")),
    }
}
