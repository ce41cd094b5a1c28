//! Rendering: from a template's name and its context to a response.
//!
//! Templates, texts and theme are the project's snapshot; this file adds what every page needs
//! (language, nonce, theme) and the headers that go with a page.

use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use minijinja::value::{Serde, Value};
use serde::Serialize;
use serde_json::json;

use crate::csp::PageHeaders;
use crate::error::log_failure;

/// One page on its way out.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: StatusCode,
    /// The template, without `.html`.
    pub template: &'static str,
    pub locale: String,
    pub headers: PageHeaders,
    /// The query of this page, which the links to it in other languages keep.
    pub query: String,
}

impl Page {
    /// A page in the language that the request asks for.
    pub fn new(ctx: &Ctx, template: &'static str, headers: &HeaderMap, query: &str) -> Self {
        Self {
            status: StatusCode::OK,
            template,
            locale: locale_of(ctx, headers, query),
            headers: PageHeaders::new(&ctx.rng),
            query: query.to_owned(),
        }
    }

    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Renders the page; `context` is what the template documents in its samples.
    pub fn render(self, ctx: &Ctx, context: impl Serialize) -> Response {
        let name = format!("{}.html", self.template);
        let base = Value::from(Serde(self.base_context(ctx)));
        let own = Value::from(Serde(context));
        let whole = minijinja::context! { ..own, ..base };
        let rendered = ctx.app.templates.get_template(&name).and_then(|it| it.render(whole));
        let body = match rendered {
            Ok(body) => body,
            Err(error) => {
                log_failure(&error);
                let text = format!("Something went wrong. Request {}\n", ctx.request_id);
                return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
            }
        };
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        self.headers.apply(&ctx.app, headers);
        response
    }

    fn base_context(&self, ctx: &Ctx) -> serde_json::Value {
        json!({
            "lang": self.locale,
            "dir": if is_right_to_left(&self.locale) { "rtl" } else { "ltr" },
            "nonce": self.headers.nonce,
            "page": self.template,
            "query": kept(&self.query),
            "languages": self.languages(ctx),
            "color_scheme": self.color_scheme(ctx),
            "theme": self.theme(ctx),
            "request_id": ctx.request_id,
            "client": null,
            "errors": [],
            "notice": null,
        })
    }

    /// The project's colours; what it does not say is there as `null`.
    fn theme(&self, ctx: &Ctx) -> serde_json::Value {
        let app_name = ctx.app.catalogue.text(&self.locale, "app.name", &i18n::Args::new());
        let mut theme = json!({ "app_name": app_name });
        for name in THEME {
            theme[name] = ctx.app.theme.get(name).cloned().unwrap_or_default();
        }
        theme
    }

    /// What the project leaves as the only one, what the application asked for, or the visitor's.
    fn color_scheme(&self, ctx: &Ctx) -> &'static str {
        let ui = &ctx.app.config.ui;
        let fields = crate::Fields::parse(self.query.as_bytes());
        match (ui.light_theme_disabled, ui.dark_theme_disabled, fields.get("x_color_scheme")) {
            (true, false, _) | (false, false, Some("dark")) => "dark",
            (false, true, _) | (false, false, Some("light")) => "light",
            _ => "auto",
        }
    }

    /// Each language by its own name, with the address of this page in it.
    fn languages(&self, ctx: &Ctx) -> Vec<serde_json::Value> {
        let of = |tag: &String| {
            let key = format!("language-{tag}");
            json!({
                "tag": tag,
                "name": ctx.app.catalogue.text(tag, &key, &i18n::Args::new()),
                "href": format!("?{}", with_locale(&self.query, tag)),
                "current": *tag == self.locale,
            })
        };
        ctx.app.languages().iter().map(of).collect()
    }
}

/// What a project may set in its `theme.json`.
pub const THEME: [&str; 12] = [
    "logo_url",
    "logo_dark_url",
    "favicon_url",
    "primary_color",
    "primary_text_color",
    "link_color",
    "primary_color_dark",
    "primary_text_color_dark",
    "link_color_dark",
    "background_color",
    "background_color_dark",
    "radius",
];

/// What links to other pages keep of the query, with its `?`.
fn kept(query: &str) -> String {
    let fields = crate::Fields::parse(query.as_bytes());
    let kept = ["ui_locales", "x_color_scheme"];
    let pairs = kept.iter().filter_map(|name| Some((*name, fields.get(name)?)));
    let kept = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if kept.is_empty() { kept } else { format!("?{kept}") }
}

/// The query with `ui_locales` replaced.
fn with_locale(query: &str, tag: &str) -> String {
    let fields = crate::Fields::parse(query.as_bytes());
    let others = fields.0.iter().filter(|(name, _)| name != "ui_locales");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others).append_pair("ui_locales", tag);
    query.finish()
}

/// `ui_locales` of the query or of the flow's cookie, then `Accept-Language`, then the project's.
fn locale_of(ctx: &Ctx, headers: &HeaderMap, query: &str) -> String {
    let fields = crate::Fields::parse(query.as_bytes());
    let asked = fields.get("ui_locales").or_else(|| crate::cookie(headers, "ui_locales"));
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let fallback = ctx.app.catalogue.fallback();
    i18n::negotiate(ctx.app.languages(), fallback, asked, accept).to_owned()
}

fn is_right_to_left(locale: &str) -> bool {
    matches!(locale.split('-').next(), Some("ar" | "fa" | "he" | "ur"))
}
