//! Somebody new.

use ctx::Ctx;
use domain::{AuthenticatorKind, LoginIdType, OobTarget, UserId};
use serde_json::json;
use store::Tx;

use super::record::{Field, HashedPassword, Record, SecondFactors};
use super::update::write_valid_period;
use super::{Problem, Step, Target, check, is_configured, second_target, write_attributes};
use crate::account::{self, Created, NewAccount, ProvedClaim};
use crate::authenticator::NewAuthenticator;
use crate::identity::NewIdentity;
use crate::login_id::Lists;
use crate::password::NewPassword;
use crate::{AccountError, totp};

/// What the person sees their TOTP secret called.
const TOTP_NAME: &str = "Imported";

/// Writes a new account with everything that the record says of it.
pub(super) async fn insert(
    ctx: &Ctx,
    tx: &mut Tx,
    lists: &Lists,
    record: &Record,
    warnings: &mut Vec<String>,
) -> Result<Step<UserId>, AccountError> {
    let account = match prepare(ctx, lists, record, warnings) {
        Ok(account) => account,
        Err(problem) => return Ok(Step::Refused(problem)),
    };
    let id = account.id.clone();
    match account::create(ctx, tx, account).await? {
        Created::Created { .. } => {}
        Created::Refused(conflict) => {
            return Ok(Step::Refused(Problem::duplicate(&conflict.existing)));
        }
        Created::CredentialTaken => return Err(AccountError::Gone),
    }
    if let Step::Refused(problem) = write_attributes(ctx, tx, &id, record).await? {
        return Ok(Step::Refused(problem));
    }
    match record.disabled {
        Some(true) => tx.users().set_disabled(&id, true, None, ctx.now).await?,
        Some(false) => warnings.push("disabled = false has no effect for a new person".to_owned()),
        None => {}
    }
    if let Step::Refused(problem) = write_valid_period(ctx, tx, &id, record).await? {
        return Ok(Step::Refused(problem));
    }
    Ok(Step::Done(id))
}

fn prepare(
    ctx: &Ctx,
    lists: &Lists,
    record: &Record,
    warnings: &mut Vec<String>,
) -> Result<NewAccount, Problem> {
    let mut account = NewAccount::new(UserId::new(ctx.rng.uuid()));
    for r#type in LoginIdType::ALL {
        let name = r#type.claim();
        let added = match record.login_id(r#type) {
            Field::Absent => None,
            Field::Null => {
                warnings.push(format!("{name} = null has no effect for a new person"));
                None
            }
            Field::Value(_) if !is_configured(ctx, r#type) => {
                warnings.push(format!("{name} is ignored: nobody signs in with it here"));
                None
            }
            Field::Value(value) => Some(check(ctx, lists, r#type, value)?),
        };
        match (record.verified(r#type), &added) {
            (None, _) => {}
            (Some(true), Some(login_id)) => account.verified.push(ProvedClaim {
                name: name.to_owned(),
                value: login_id.login_id.clone(),
                channel: None,
            }),
            (Some(true), None) => {
                warnings.push(format!("{name}_verified = true has no effect without {name}"));
            }
            (Some(false), _) => {
                warnings.push(format!("{name}_verified = false has no effect for a new person"));
            }
        }
        account.identities.extend(added.map(NewIdentity::LoginId));
    }
    account.authenticators.extend(password(
        record.password.as_ref(),
        AuthenticatorKind::Primary,
        "/password",
    )?);
    second_factors(&record.second, &mut account.authenticators, warnings)?;
    Ok(account)
}

fn second_factors(
    second: &SecondFactors,
    authenticators: &mut Vec<NewAuthenticator>,
    warnings: &mut Vec<String>,
) -> Result<(), Problem> {
    let kind = AuthenticatorKind::Secondary;
    authenticators.extend(password(second.password.as_ref(), kind, "/mfa/password")?);
    let targets: [(&Field<String>, Target, &str); 2] = [
        (&second.email, OobTarget::Email, "email"),
        (&second.phone_number, OobTarget::Phone, "phone_number"),
    ];
    for (field, target, name) in targets {
        match field {
            Field::Absent => {}
            Field::Null => {
                warnings.push(format!("mfa.{name} = null has no effect for a new person"));
            }
            Field::Value(value) => authenticators.push(NewAuthenticator::OobOtp {
                kind,
                target: second_target(target, name, value)?,
                channel: None,
            }),
        }
    }
    if let Some(secret) = &second.totp_secret {
        if !totp::is_secret(secret.reveal()) {
            let details = json!({ "format": "base32" });
            return Err(Problem::invalid("/mfa/totp/secret", "format", details));
        }
        let (secret, display_name) = (secret.clone(), TOTP_NAME.to_owned());
        authenticators.push(NewAuthenticator::Totp { kind, secret, display_name, used_step: None });
    }
    Ok(())
}

fn password(
    password: Option<&HashedPassword>,
    kind: AuthenticatorKind,
    at: &str,
) -> Result<Option<NewAuthenticator>, Problem> {
    let Some(password) = password else { return Ok(None) };
    let known = NewPassword::imported(password.hash.clone(), password.expire_after);
    let unknown = || {
        let at = format!("{at}/password_hash");
        Problem::invalid(&at, "format", json!({ "format": "bcrypt" }))
    };
    let password = known.ok_or_else(unknown)?;
    Ok(Some(NewAuthenticator::Password { kind, password }))
}
