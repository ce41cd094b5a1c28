//! Changing the password, for whoever knows the current one.

use accounts::password::{self, NewPassword, Prepared};
use accounts::policy::Rule;
use accounts::{AccountError, HasherError};
use appconfig::authentication::PrimaryAuthenticatorType;
use axum::response::Response;
use domain::{AuthenticatorKind, AuthenticatorType, PasswordAuthenticator};
use http::StatusCode;
use oauth::SettingsAction;
use serde_json::json;
use stdx::Secret;
use web::Fields;

use super::{Owner, context, current_password};
use crate::flash::Flash;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::{Wrong, check_typed_twice};
use crate::{account, policy};

pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    require_password_login(&visit, &owner)?;
    Ok(form(&visit, &owner, &Refused::default()))
}

pub async fn save(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    require_password_login(&visit, &owner)?;
    match change(&visit, &owner, &fields).await? {
        Ok(()) => {
            let what = SettingsAction::ChangePassword;
            let otherwise = || Flash::PasswordChanged.redirect(&visit, "/settings");
            owner.done(&visit, what, otherwise).await
        }
        Err(refused) => Ok(form(&visit, &owner, &refused)),
    }
}

/// What stood in the way.
#[derive(Default)]
struct Refused {
    errors: Vec<Wrong>,
    broken: Vec<Rule>,
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self { errors: vec![wrong], broken: Vec::new() }
    }
}

/// Someone without a password may set one, where passwords are a way in.
fn require_password_login(visit: &Visit, owner: &Owner) -> Result<(), Problem> {
    let config = &visit.ctx.app.config.authentication;
    let is_offered = config.has_primary(PrimaryAuthenticatorType::Password);
    if is_offered || has_password(owner) { Ok(()) } else { Err(Problem::NotFound) }
}

fn has_password(owner: &Owner) -> bool {
    let mut authenticators = owner.overview.authenticators.iter();
    authenticators
        .any(|it| it.r#type == AuthenticatorType::Password && it.kind == AuthenticatorKind::Primary)
}

fn form(visit: &Visit, owner: &Owner, refused: &Refused) -> Response {
    let broken: Vec<&str> = refused.broken.iter().map(Rule::name).collect();
    let own = json!({
        "login_id": account::main_login_id(&owner.overview),
        "has_password": has_password(owner),
        "policy": policy::shown(&visit.ctx.app.config, &broken),
        "errors": refused.errors,
    });
    let status = if refused.errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = visit.page("settings_password").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}

async fn change(
    visit: &Visit,
    owner: &Owner,
    fields: &Fields,
) -> Result<Result<(), Refused>, Problem> {
    let Some(new) = fields.get("new_password") else {
        let key = "v2.error.new-password-required";
        return Ok(Err(Wrong::at("new_password", "ValidationFailed", key).into()));
    };
    if let Some(typo) = check_typed_twice(fields) {
        return Ok(Err(typo.into()));
    }
    let current = if has_password(owner) {
        match current_password::check(visit, owner, fields).await? {
            Ok(current) => Some(current),
            Err(wrong) => return Ok(Err(wrong.into())),
        }
    } else {
        None
    };
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let platform = &visit.platform;
    let new = Secret::new(new.to_owned());
    let prepared =
        password::prepare(ctx, &platform.store, &platform.hasher, Some(user), &new).await;
    match prepared {
        Ok(Prepared::Ready(next)) => write(visit, owner, current, next).await,
        Ok(Prepared::Refused(broken)) => Ok(Err(Refused { errors: vec![Wrong::policy()], broken })),
        Err(error) => Ok(Err(hasher_says("new_password", error)?.into())),
    }
}

/// Writes the password, if it still is the one that was checked. Other sessions go on, as they
/// do upstream; the page beside this one ends them.
async fn write(
    visit: &Visit,
    owner: &Owner,
    current: Option<PasswordAuthenticator>,
    next: NewPassword,
) -> Result<Result<(), Refused>, Problem> {
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    let is_written = match current {
        Some(current) => password::replace(ctx, &mut tx, &current, next).await?,
        None if tx
            .authenticators()
            .find_password(user, AuthenticatorKind::Primary)
            .await?
            .is_none() =>
        {
            password::add(ctx, &mut tx, user, AuthenticatorKind::Primary, next).await?;
            true
        }
        None => false,
    };
    if !is_written {
        // Somebody else changed it since: what was typed is no longer the password.
        return Ok(Err(Wrong::password("old_password").into()));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// What the form says when a password could not be looked at.
pub(super) fn hasher_says(field: &str, error: AccountError) -> Result<Wrong, Problem> {
    match error {
        AccountError::Hasher(HasherError::Busy) => Ok(Wrong::busy()),
        AccountError::Hasher(HasherError::TooLong) => {
            Ok(Wrong::at(field, "ValidationFailed", "aw-error-field-invalid"))
        }
        error => Err(error.into()),
    }
}
