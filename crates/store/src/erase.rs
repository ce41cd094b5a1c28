//! Taking a person out of every table.
//!
//! What happened to them stays in the audit log until that forgets it.

use domain::UserId;

use crate::Result;
use crate::db::Arg;
use crate::users::Users;

/// In an order in which no row is left pointing at one that is gone. `$2` is the person.
const STATEMENTS: [&str; 22] = [
    "DELETE FROM _auth_identity_login_id WHERE id IN
       (SELECT id FROM _auth_identity WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_identity_oauth WHERE id IN
       (SELECT id FROM _auth_identity WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_identity_ldap WHERE id IN
       (SELECT id FROM _auth_identity WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_identity_anonymous WHERE id IN
       (SELECT id FROM _auth_identity WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_identity_biometric WHERE id IN
       (SELECT id FROM _auth_identity WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_identity_passkey WHERE id IN
       (SELECT id FROM _auth_identity WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_identity WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _authwarden_totp_use WHERE authenticator_id IN
       (SELECT id FROM _auth_authenticator WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_authenticator_password WHERE id IN
       (SELECT id FROM _auth_authenticator WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_authenticator_passkey WHERE id IN
       (SELECT id FROM _auth_authenticator WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_authenticator_oob WHERE id IN
       (SELECT id FROM _auth_authenticator WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_authenticator_totp WHERE id IN
       (SELECT id FROM _auth_authenticator WHERE app_id = $1 AND user_id = $2)",
    "DELETE FROM _auth_authenticator WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _auth_password_history WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _auth_recovery_code WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _auth_verified_claim WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _authwarden_device_token WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _authwarden_lockout WHERE app_id = $1 AND user_id = $2",
    // Tokens go with what they hang on.
    "DELETE FROM _authwarden_grant WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _authwarden_idp_session WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _auth_oauth_authorization WHERE app_id = $1 AND user_id = $2",
    "DELETE FROM _auth_user WHERE app_id = $1 AND id = $2",
];

impl Users<'_> {
    /// Removes a person with everything that is theirs.
    pub async fn erase(&mut self, id: &UserId) -> Result<()> {
        for sql in STATEMENTS {
            self.tx().execute(sql, &[Arg::Text(id.as_str())]).await?;
        }
        Ok(())
    }
}
