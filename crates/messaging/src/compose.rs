//! From a message to the words in it.
//!
//! A project may replace each template, for one language or for all, under upstream's name for
//! it: `templates/<language>/messages/<name>`. Ours are a few for all messages, which say what
//! differs in the catalogue.

use ctx::Ctx;
use i18n::{Args, Value as Arg};
use minijinja::Error;
use minijinja::value::Serde;
use outbound::TemplateVariables;
use serde_json::{Value, json};

use crate::message::{Content, Message};

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Writes the mail.
pub(crate) fn mail(ctx: &Ctx, message: &Message) -> Result<Written, Error> {
    let subject = format!("email.{}.subject", message.stem().replace('_', "-"));
    Ok(Written {
        subject: text(ctx, &message.language, &subject),
        text: render(ctx, message, "email", "txt")?,
        html: render(ctx, message, "email", "html")?,
    })
}

/// Writes the text message.
pub(crate) fn sms(ctx: &Ctx, message: &Message) -> Result<String, Error> {
    Ok(render(ctx, message, "sms", "txt")?.trim().to_owned())
}

/// What custom gateways call the text that they get.
pub(crate) fn sms_template(message: &Message) -> String {
    format!("{}_sms.txt", message.stem())
}

/// A text of the catalogue that knows the app's name.
pub(crate) fn text(ctx: &Ctx, language: &str, key: &str) -> String {
    let mut args = Args::new();
    args.insert("AppName".to_owned(), Arg::from(app_name(ctx, language)));
    ctx.app.catalogue.text(language, key, &args)
}

pub(crate) fn variables(ctx: &Ctx, message: &Message) -> TemplateVariables {
    let is_phone = message.to.starts_with('+');
    let target = |wanted: bool| if wanted { message.to.clone() } else { String::new() };
    TemplateVariables {
        app_name: app_name(ctx, &message.language),
        code: message.code().to_owned(),
        email: target(!is_phone),
        phone: target(is_phone),
        has_password: message.has_password,
        host: ctx.app.host().to_owned(),
        link: message.link().to_owned(),
        url: message.link().to_owned(),
        ..TemplateVariables::default()
    }
}

fn app_name(ctx: &Ctx, language: &str) -> String {
    ctx.app.catalogue.text(language, "app.name", &Args::new())
}

/// The project's template for the language, the project's for all, or ours.
fn render(ctx: &Ctx, message: &Message, channel: &str, extension: &str) -> Result<String, Error> {
    let own = format!("messages/{}_{channel}.{extension}", message.stem());
    let form = match message.content {
        Content::Code(_) => "code",
        Content::Link { .. } => "link",
    };
    let ours = format!("messages/{form}_{channel}.{extension}");
    let localized = format!("{}/{own}", message.language);
    let templates = &ctx.app.templates;
    let found = [&localized, &own].into_iter().find_map(|name| templates.get_template(name).ok());
    let template = match found {
        Some(template) => template,
        None => templates.get_template(&ours)?,
    };
    template.render(minijinja::Value::from(Serde(context(ctx, message))))
}

fn context(ctx: &Ctx, message: &Message) -> Value {
    let it = variables(ctx, message);
    json!({
        "lang": message.language,
        "kind": message.stem(),
        "theme": ctx.app.theme,
        "AppName": it.app_name,
        "Code": it.code,
        "Email": it.email,
        "Phone": it.phone,
        "HasPassword": it.has_password,
        "Host": it.host,
        "Link": it.link,
        "URL": it.url,
    })
}
