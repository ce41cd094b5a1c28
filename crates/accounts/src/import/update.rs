//! Somebody who is here already, with `upsert`: what the record names changes, the rest stays.
//!
//! Passwords and TOTP secrets stay too: a second import cannot take over what a person has.

use ctx::Ctx;
use domain::{Authenticator, AuthenticatorKind, Identity, LoginId, LoginIdType, OobTarget, UserId};
use serde_json::json;
use store::Tx;

use super::record::{Field, Record};
use super::{Problem, Step, Target, check, is_configured, second_target, write_attributes};
use crate::AccountError;
use crate::account::{self, Attached, Detached};
use crate::attributes;
use crate::authenticator::{self, NewAuthenticator};
use crate::login_id::Lists;

/// A record for somebody who is here.
pub(super) struct Update<'a> {
    pub(super) lists: &'a Lists,
    pub(super) record: &'a Record,
    pub(super) identifier: LoginIdType,
}

impl Update<'_> {
    pub(super) async fn apply(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        user: &UserId,
        warnings: &mut Vec<String>,
    ) -> Result<Step<()>, AccountError> {
        for r#type in LoginIdType::ALL.into_iter().filter(|it| *it != self.identifier) {
            let step = self.login_id(ctx, tx, user, r#type, warnings).await?;
            if let Step::Refused(problem) = step {
                return Ok(Step::Refused(problem));
            }
        }
        let second = &self.record.second;
        let targets: [(&Field<String>, Target, &str); 2] = [
            (&second.email, OobTarget::Email, "email"),
            (&second.phone_number, OobTarget::Phone, "phone_number"),
        ];
        for (field, target, name) in targets {
            let step = second_factor(ctx, tx, user, field, (target, name)).await?;
            if let Step::Refused(problem) = step {
                return Ok(Step::Refused(problem));
            }
        }
        for r#type in [LoginIdType::Email, LoginIdType::Phone] {
            self.verified(ctx, tx, user, r#type, warnings).await?;
        }
        if let Step::Refused(problem) = write_attributes(ctx, tx, user, self.record).await? {
            return Ok(Step::Refused(problem));
        }
        if let Some(is_disabled) = self.record.disabled {
            tx.users().set_disabled(user, is_disabled, None, ctx.now).await?;
        }
        if let Step::Refused(problem) = write_valid_period(ctx, tx, user, self.record).await? {
            return Ok(Step::Refused(problem));
        }
        Ok(Step::Done(()))
    }

    /// Adds, changes or removes the login id of a kind, as the record says.
    async fn login_id(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        user: &UserId,
        r#type: LoginIdType,
        warnings: &mut Vec<String>,
    ) -> Result<Step<()>, AccountError> {
        let current = own(tx, user, r#type).await?;
        let value = match self.record.login_id(r#type) {
            Field::Absent => return Ok(Step::Done(())),
            Field::Null => {
                for login_id in &current {
                    let detached = account::detach_login_id(ctx, tx, login_id).await?;
                    debug_assert_eq!(detached, Detached::Detached, "the identifier stays");
                }
                return Ok(Step::Done(()));
            }
            Field::Value(_) if !is_configured(ctx, r#type) => {
                let name = r#type.claim();
                warnings.push(format!("{name} is ignored: nobody signs in with it here"));
                return Ok(Step::Done(()));
            }
            Field::Value(value) => value,
        };
        let incoming = match check(ctx, self.lists, r#type, value) {
            Ok(incoming) => incoming,
            Err(problem) => return Ok(Step::Refused(problem)),
        };
        let attached = match current.first() {
            Some(current) => account::change_login_id(ctx, tx, current, incoming).await?,
            None => account::attach_login_id(ctx, tx, user, incoming).await?,
        };
        if let Attached::Refused { existing, .. } = attached {
            return Ok(Step::Refused(Problem::duplicate(&Identity::LoginId(existing))));
        }
        attributes::follow_identities(ctx, tx, user).await?;
        Ok(Step::Done(()))
    }

    /// Notes, or takes back, that an address or a number is theirs.
    async fn verified(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        user: &UserId,
        r#type: LoginIdType,
        warnings: &mut Vec<String>,
    ) -> Result<(), AccountError> {
        let Some(verified) = self.record.verified(r#type) else { return Ok(()) };
        let name = r#type.claim();
        if self.record.login_id(r#type).value().is_none() {
            warnings.push(format!("{name}_verified has no effect without {name}"));
            return Ok(());
        }
        // The record's value is what the person has now.
        for login_id in own(tx, user, r#type).await? {
            if verified {
                account::mark_verified(ctx, tx, &login_id).await?;
            } else {
                tx.verified_claims().delete(user, name, &login_id.login_id).await?;
            }
        }
        Ok(())
    }
}

/// The login ids of a kind that the person has under the key of that kind's name.
async fn own(
    tx: &mut Tx,
    user: &UserId,
    r#type: LoginIdType,
) -> Result<Vec<LoginId>, AccountError> {
    let identities = tx.identities().list(user).await?.into_iter();
    let login_ids = identities.filter_map(|it| match it {
        Identity::LoginId(it) => Some(it),
        _ => None,
    });
    Ok(login_ids.filter(|it| it.r#type == r#type && it.key == r#type.as_str()).collect())
}

/// Makes an address or a number the only one of its kind that the person's second factor goes to.
async fn second_factor(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    field: &Field<String>,
    (target, name): (Target, &str),
) -> Result<Step<()>, AccountError> {
    let wanted = match field {
        Field::Absent => return Ok(Step::Done(())),
        Field::Null => None,
        Field::Value(value) => match second_target(target, name, value) {
            Ok(target) => Some(target),
            Err(problem) => return Ok(Step::Refused(problem)),
        },
    };
    let is_of_the_kind = |it: &OobTarget| {
        std::mem::discriminant(it) == std::mem::discriminant(&target(String::new()))
    };
    for authenticator in tx.authenticators().list(user).await? {
        if let Authenticator::OobOtp(it) = authenticator
            && it.base.kind == AuthenticatorKind::Secondary
            && is_of_the_kind(&it.target)
            && Some(&it.target) != wanted.as_ref()
        {
            tx.authenticators().delete(&it.base.id).await?;
        }
    }
    if let Some(target) = wanted {
        let kind = AuthenticatorKind::Secondary;
        let new = NewAuthenticator::OobOtp { kind, target, channel: None };
        authenticator::enrol(ctx, tx, user, new).await?;
    }
    Ok(Step::Done(()))
}

/// Opens the account for a time only. A period that ends before it begins is refused.
pub(super) async fn write_valid_period(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    record: &Record,
) -> Result<Step<()>, AccountError> {
    let (from, until) = (&record.account_valid_from, &record.account_valid_until);
    if *from == Field::Absent && *until == Field::Absent {
        return Ok(Step::Done(()));
    }
    let current = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let merged = |field: &Field<_>, current| match field {
        Field::Absent => current,
        Field::Null => None,
        Field::Value(at) => Some(*at),
    };
    let from = merged(from, current.account_valid_from);
    let until = merged(until, current.account_valid_until);
    if from.is_some() && until.is_some() && from >= until {
        let details = json!({ "msg": "account_valid_from must be before account_valid_until" });
        return Ok(Step::Refused(Problem::invalid("/account_valid_until", "general", details)));
    }
    tx.users().set_valid_period(user, from, until, ctx.now).await?;
    Ok(Step::Done(()))
}
