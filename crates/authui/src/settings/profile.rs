//! What a person says of themselves: shown, and saved, as the project allows.

mod fields;

use accounts::attributes::{
    AttributeRefusal, Change, Party, Updated, parse_custom, update_custom, update_standard,
};
use accounts::hooked;
use accounts::models::load_user_model;
use appconfig::hook::BlockingEvent;
use axum::response::Response;
use events::Hooks;
use events::hooks::Mutations;
use http::StatusCode;
use serde_json::{Value, json};
use store::Tx;
use web::Fields;

use self::fields::Field;
use super::{Owner, context};
use crate::flash::{self, Flash};
use crate::hooked::Said;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

const PATH: &str = "/settings/profile";

pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let page = form(&visit, &owner, None, &[]);
    Ok(flash::told(&visit, page))
}

/// Saves what may be written; all of it, or nothing.
pub async fn save(visit: Visit, posted: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let (standard, custom) = changes(&visit, &owner, &posted);
    if standard.is_empty() && custom.is_empty() {
        // Nothing happened, so nothing is written down.
        return Ok(Flash::ProfileSaved.redirect(&visit, PATH));
    }
    match change(&visit, &owner, &(standard, custom)).await? {
        Ok(()) => Ok(Flash::ProfileSaved.redirect(&visit, PATH)),
        Err(errors) => Ok(form(&visit, &owner, Some(&posted), &errors)),
    }
}

type Changes = (Vec<Change>, Vec<Change>);

/// Asks the project's hooks, if there are any, about the person as they would be; then saves what
/// was typed, and what the hooks make of it.
async fn change(
    visit: &Visit,
    owner: &Owner,
    changes: &Changes,
) -> Result<Result<(), Vec<Wrong>>, Problem> {
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let event = BlockingEvent::UserProfilePreUpdate;
    let mut mutations = Mutations::default();
    if Hooks::is_asked(ctx, event) {
        let mut tx = visit.platform.store.write(&ctx.app.id).await?;
        let errors = write(visit, owner, &mut tx, changes).await?;
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let person = load_user_model(ctx, &mut tx, user).await?;
        drop(tx);
        let source = owner.recorder(visit).source();
        let hooks = &visit.platform.hooks;
        match hooked::ask(hooks, ctx, &source, event, (person, None)).await {
            Ok(said) => mutations = said,
            Err(refusal) => return Ok(Err(vec![Said::wrong(&refusal)])),
        }
    }
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    let errors = write(visit, owner, &mut tx, changes).await?;
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    if let Some(refusal) = hooked::apply(ctx, &mut tx, user, &mutations).await? {
        tracing::warn!(app = %ctx.app.id, pointer = refusal.pointer(), "a hook's attribute is not valid");
        let key = "v2.error.hook-invalid-response";
        return Ok(Err(vec![Wrong::form("HookInvalidResponse", key)]));
    }
    owner.recorder(visit).profile_updated(&mut tx).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

fn form(visit: &Visit, owner: &Owner, posted: Option<&Fields>, errors: &[Wrong]) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = visit.page("settings_profile").with_status(status);
    let groups = fields::groups(&visit.ctx.app, &page.locale, &owner.overview, posted);
    let writable = groups.iter().flat_map(|it| &it.fields).any(|it| !it.readonly);
    let own = json!({
        "groups": groups,
        "writable": writable,
        "errors": errors,
        "notice": if posted.is_none() { flash::notice(visit) } else { Value::Null },
    });
    page.render(&visit.ctx, context(visit, owner, own))
}

/// What the form says about fields that may be written; others are left alone.
fn changes(visit: &Visit, owner: &Owner, posted: &Fields) -> Changes {
    let app = &visit.ctx.app;
    let config = &app.config.user_profile;
    let groups = fields::groups(app, app.catalogue.fallback(), &owner.overview, None);
    let writable = groups.iter().flat_map(|it| &it.fields).filter(|it| !it.readonly);
    let (mut standard, mut custom) = (Vec::new(), Vec::new());
    for field in writable {
        let Some(text) = value_of(field, posted) else { continue };
        if text == field.value.as_deref().unwrap_or_default() && field.custom.is_none() {
            continue;
        }
        if field.is_custom {
            custom.push(parse_custom(config, &field.name, &text));
        } else {
            standard.push(Change::from_form(&field.name, &text));
        }
    }
    (standard, custom)
}

/// What was typed, with line ends as everybody else writes them.
fn value_of(field: &Field, posted: &Fields) -> Option<String> {
    let text = posted.raw(&field.name)?;
    if field.kind == "gender" && text == "custom" {
        let own_words = posted.raw(&format!("{}.custom", field.name));
        return Some(own_words.unwrap_or_default().trim().to_owned());
    }
    Some(text.trim().replace("\r\n", "\n"))
}

/// Makes the changes one by one, so that every wrong field is named.
async fn write(
    visit: &Visit,
    owner: &Owner,
    tx: &mut Tx,
    (standard, custom): &Changes,
) -> Result<Vec<Wrong>, Problem> {
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let mut errors = Vec::new();
    for change in standard.chunks(1) {
        let updated = update_standard(ctx, tx, Party::EndUser, user, change).await?;
        errors.extend(refused(updated));
    }
    for change in custom.chunks(1) {
        let updated = update_custom(ctx, tx, Party::EndUser, user, change).await?;
        errors.extend(refused(updated));
    }
    Ok(errors)
}

fn refused(updated: Updated) -> Option<Wrong> {
    match updated {
        Updated::Updated(_) => None,
        Updated::Refused(refusal) => Some(wrong(&refusal)),
    }
}

fn wrong(refusal: &AttributeRefusal) -> Wrong {
    let at = |pointer: &str, key| Wrong::at(pointer, refusal.reason(), key);
    match refusal {
        AttributeRefusal::AccessControl { pointer, .. } => at(pointer, "aw-error-field-readonly"),
        AttributeRefusal::Unknown { pointer } | AttributeRefusal::NotOwned { pointer } => {
            at(pointer, "aw-error-field-invalid")
        }
        AttributeRefusal::Invalid { pointer, keyword, details } => {
            let format = details["format"].as_str().unwrap_or_default();
            match (*keyword, format) {
                ("type", _) => {
                    at(pointer, "v2.error.type").with(json!({ "expected": details["expected"][0] }))
                }
                ("minimum", _) => at(pointer, "v2.error.minimum").with(details.clone()),
                ("maximum", _) => at(pointer, "v2.error.maximum").with(details.clone()),
                ("maxLength", _) => at(pointer, "v2.error.max-length").with(details.clone()),
                ("minLength", _) => at(pointer, "aw-error-field-required"),
                ("format", "uri" | "x_picture") => at(pointer, "v2.error.uri-format"),
                ("format", "birthdate") => at(pointer, "aw-error-date-invalid"),
                ("format", "email") => at(pointer, "v2.error.invalid-email"),
                ("format", "phone") => at(pointer, "v2.error.phone-number-format"),
                ("enum", _) | ("format", "timezone" | "bcp47" | "iso3166-1-alpha-2") => {
                    at(pointer, "aw-error-choice-invalid")
                }
                _ => at(pointer, "aw-error-field-invalid"),
            }
        }
    }
}
