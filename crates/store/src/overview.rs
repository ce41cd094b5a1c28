//! One person with everything that hangs on them, in one statement.
//!
//! UserInfo and the resolver answer from this. A person has a handful of identities and
//! authenticators, so that their product is a handful of rows too.

use domain::{
    AuthenticatorKind, AuthenticatorOverview, AuthenticatorType, IdentityOverview, UserId,
    UserOverview,
};

use crate::db::{Arg, Row};
use crate::identities::rows::{identity_columns, identity_from_row, identity_joins};
use crate::users::user_from_row;
use crate::{Result, StoreError, Users};

const SQL: &str = concat!(
    "SELECT u.id, u.created_at, u.updated_at, u.login_at, u.last_login_at, u.is_disabled,
       u.disable_reason, u.is_deactivated, u.delete_at, u.is_anonymized, u.anonymize_at,
       u.temporarily_disabled_from, u.temporarily_disabled_until, u.account_valid_from,
       u.account_valid_until, u.mfa_grace_period_end_at, u.standard_attributes,
       u.custom_attributes,
       v.id AS verified_id, v.name AS verified_name, v.value AS verified_value,
       a.id AS authenticator_id, a.type AS authenticator_type, a.kind AS authenticator_kind,
       a.created_at AS authenticator_created_at, a.updated_at AS authenticator_updated_at, ",
    identity_columns!(),
    "FROM _auth_user u
       LEFT JOIN _auth_identity i ON i.app_id = u.app_id AND i.user_id = u.id",
    identity_joins!(),
    "LEFT JOIN _auth_verified_claim v ON v.app_id = u.app_id AND v.user_id = u.id
       LEFT JOIN _auth_authenticator a ON a.app_id = u.app_id AND a.user_id = u.id
      WHERE u.app_id = $1 AND u.id = $2
      ORDER BY i.created_at, i.id, a.created_at, a.id"
);

impl Users<'_> {
    /// Everything about a person that their profile is made of.
    pub async fn find_overview(&mut self, id: &UserId) -> Result<Option<UserOverview>> {
        let rows = self.tx().fetch_all(SQL, &[Arg::Text(id.as_str())]).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let mut overview = UserOverview {
            user: user_from_row(first)?,
            identities: Vec::new(),
            authenticators: Vec::new(),
        };
        let (mut identities, mut authenticators) = (Vec::new(), Vec::new());
        let mut proved = Vec::new();
        for row in &rows {
            if let Some(id) = row.maybe_text("identity_id")?
                && !identities.contains(&id)
            {
                identities.push(id);
                let identity = identity_from_row(row)?;
                overview.identities.extend(
                    identity.map(|identity| IdentityOverview { identity, is_verified: false }),
                );
            }
            if let Some(id) = row.maybe_text("authenticator_id")?
                && !authenticators.contains(&id)
            {
                authenticators.push(id);
                overview.authenticators.push(authenticator_from_row(row)?);
            }
            if row.maybe_text("verified_id")?.is_some() {
                proved.push((row.text("verified_name")?, row.text("verified_value")?));
            }
        }
        for it in &mut overview.identities {
            let mut claims = it.identity.shared_claims();
            it.is_verified =
                claims.any(|claim| proved.iter().any(|(name, value)| claim == (name, value)));
        }
        Ok(Some(overview))
    }
}

fn authenticator_from_row(row: &Row) -> Result<AuthenticatorOverview> {
    Ok(AuthenticatorOverview {
        r#type: AuthenticatorType::parse(&row.text("authenticator_type")?)
            .ok_or(StoreError::Corrupt("type"))?,
        kind: AuthenticatorKind::parse(&row.text("authenticator_kind")?)
            .ok_or(StoreError::Corrupt("kind"))?,
        created_at: row.time("authenticator_created_at")?,
        updated_at: row.time("authenticator_updated_at")?,
    })
}
