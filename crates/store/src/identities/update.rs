//! Identities whose other side changed: a provider's profile, a directory's entry.

use domain::{Attributes, LdapIdentity, OAuthIdentity};
use stdx::Timestamp;

use super::Identities;
use crate::Result;
use crate::db::Arg;

impl Identities<'_> {
    /// Keeps what a provider says of the person now.
    pub async fn update_oauth(
        &mut self,
        identity: &OAuthIdentity,
        profile: &Attributes,
        claims: &Attributes,
        at: Timestamp,
    ) -> Result<()> {
        let id = Arg::Text(identity.base.id.as_str());
        let sql = "UPDATE _auth_identity_oauth SET profile = $3, claims = $4
                    WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[id, Arg::Object(profile), Arg::Object(claims)]).await?;
        let sql = "UPDATE _auth_identity SET updated_at = $3 WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[id, Arg::Time(at)]).await?;
        Ok(())
    }

    /// Keeps what a directory says of the person now.
    pub async fn update_ldap(&mut self, identity: &LdapIdentity, at: Timestamp) -> Result<()> {
        let id = Arg::Text(identity.base.id.as_str());
        let sql = "UPDATE _auth_identity_ldap
                      SET claims = $3, raw_entry_json = $4, last_login_username = $5
                    WHERE app_id = $1 AND id = $2";
        let args = [
            id,
            Arg::Object(&identity.claims),
            Arg::Object(&identity.raw_entry),
            Arg::MaybeText(identity.last_login_username.as_deref()),
        ];
        self.0.execute(sql, &args).await?;
        let sql = "UPDATE _auth_identity SET updated_at = $3 WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[id, Arg::Time(at)]).await?;
        Ok(())
    }
}
