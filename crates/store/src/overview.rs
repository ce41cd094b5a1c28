//! One person with everything that hangs on them, in one statement.
//!
//! UserInfo and the resolver answer from this. A person has a handful of identities and
//! authenticators, so that their product is a handful of rows too.

use domain::{
    AuthenticatorKind, AuthenticatorOverview, AuthenticatorType, Identity, IdentityOverview,
    UserId, UserOverview,
};

use crate::db::{Arg, Row};
use crate::identities::login_id_from_row;
use crate::users::user_from_row;
use crate::{Result, StoreError, Users};

const SQL: &str = "
SELECT u.id, u.created_at, u.updated_at, u.login_at, u.last_login_at, u.is_disabled,
       u.disable_reason, u.is_deactivated, u.delete_at, u.is_anonymized, u.anonymize_at,
       u.temporarily_disabled_from, u.temporarily_disabled_until, u.account_valid_from,
       u.account_valid_until, u.mfa_grace_period_end_at, u.standard_attributes,
       u.custom_attributes,
       i.id AS identity_id, i.created_at AS identity_created_at,
       i.updated_at AS identity_updated_at,
       l.login_id_key, l.login_id_type, l.login_id, l.original_login_id, l.unique_key, l.claims,
       v.id AS verified_id,
       a.id AS authenticator_id, a.type AS authenticator_type, a.kind AS authenticator_kind,
       a.created_at AS authenticator_created_at, a.updated_at AS authenticator_updated_at
  FROM _auth_user u
  LEFT JOIN _auth_identity i ON i.app_id = u.app_id AND i.user_id = u.id AND i.type = 'login_id'
  LEFT JOIN _auth_identity_login_id l ON l.id = i.id
  LEFT JOIN _auth_verified_claim v
    ON v.app_id = u.app_id AND v.user_id = u.id AND v.value = l.login_id
   AND v.name = CASE l.login_id_type WHEN 'email' THEN 'email' WHEN 'phone' THEN 'phone_number' END
  LEFT JOIN _auth_authenticator a ON a.app_id = u.app_id AND a.user_id = u.id
 WHERE u.app_id = $1 AND u.id = $2
 ORDER BY i.created_at, i.id, a.created_at, a.id";

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
        for row in &rows {
            if let Some(id) = row.maybe_text("identity_id")?
                && !identities.contains(&id)
            {
                identities.push(id);
                overview.identities.push(identity_from_row(row)?);
            }
            if let Some(id) = row.maybe_text("authenticator_id")?
                && !authenticators.contains(&id)
            {
                authenticators.push(id);
                overview.authenticators.push(authenticator_from_row(row)?);
            }
        }
        Ok(Some(overview))
    }
}

fn identity_from_row(row: &Row) -> Result<IdentityOverview> {
    Ok(IdentityOverview {
        identity: Identity::LoginId(login_id_from_row(
            row,
            ["identity_id", "id", "identity_created_at", "identity_updated_at"],
        )?),
        is_verified: row.maybe_text("verified_id")?.is_some(),
    })
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
