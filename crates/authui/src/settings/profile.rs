//! What a person says of themselves: shown, and saved, as the project allows.

mod fields;

use accounts::attributes::{
    AttributeRefusal, Change, Party, Updated, parse_custom, update_custom, update_standard,
};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use store::Tx;
use web::Fields;

use self::fields::Field;
use super::{Owner, context};
use crate::flash::{self, Flash};
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
    let mut tx = visit.platform.store.write(&visit.ctx.app.id).await?;
    let mut errors = write(&visit, &owner, &mut tx, false, standard).await?;
    errors.extend(write(&visit, &owner, &mut tx, true, custom).await?);
    if errors.is_empty() {
        owner.recorder(&visit).profile_updated(&mut tx).await?;
        tx.commit().await?;
        return Ok(Flash::ProfileSaved.redirect(&visit, PATH));
    }
    drop(tx);
    Ok(form(&visit, &owner, Some(&posted), &errors))
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
fn changes(visit: &Visit, owner: &Owner, posted: &Fields) -> (Vec<Change>, Vec<Change>) {
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
    is_custom: bool,
    changes: Vec<Change>,
) -> Result<Vec<Wrong>, Problem> {
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let mut errors = Vec::new();
    for change in changes {
        let change = [change];
        let updated = if is_custom {
            update_custom(ctx, tx, Party::EndUser, user, &change).await?
        } else {
            update_standard(ctx, tx, Party::EndUser, user, &change).await?
        };
        if let Updated::Refused(refusal) = updated {
            errors.push(wrong(&refusal));
        }
    }
    Ok(errors)
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
