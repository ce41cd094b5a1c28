//! Browsers that are spared the second factor: `_authwarden_device_token`.

use domain::UserId;
use stdx::Timestamp;

use crate::db::Arg;
use crate::{Result, Tx};

pub struct DeviceTokens<'tx>(&'tx mut Tx);

impl Tx {
    pub fn device_tokens(&mut self) -> DeviceTokens<'_> {
        DeviceTokens(self)
    }
}

impl DeviceTokens<'_> {
    pub async fn insert(
        &mut self,
        token_hash: &str,
        user: &UserId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO _authwarden_device_token
                     (app_id, token_hash, user_id, created_at, expires_at)
                   VALUES ($1, $2, $3, $4, $5)";
        let args = [
            Arg::Text(token_hash),
            Arg::Text(user.as_str()),
            Arg::Time(now),
            Arg::Time(expires_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Whether the token is this person's and still good.
    pub async fn is_live(
        &mut self,
        token_hash: &str,
        user: &UserId,
        now: Timestamp,
    ) -> Result<bool> {
        let sql = "SELECT token_hash FROM _authwarden_device_token
                    WHERE app_id = $1 AND token_hash = $2 AND user_id = $3 AND expires_at > $4";
        let args = [Arg::Text(token_hash), Arg::Text(user.as_str()), Arg::Time(now)];
        Ok(self.0.fetch_optional(sql, &args).await?.is_some())
    }

    /// Forgets every browser of the person. Returns how many there were.
    pub async fn delete_all(&mut self, user: &UserId) -> Result<u64> {
        let sql = "DELETE FROM _authwarden_device_token WHERE app_id = $1 AND user_id = $2";
        self.0.execute(sql, &[Arg::Text(user.as_str())]).await
    }

    /// Forgets what has run out.
    pub async fn delete_expired(&mut self, now: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM _authwarden_device_token WHERE app_id = $1 AND expires_at <= $2";
        self.0.execute(sql, &[Arg::Time(now)]).await
    }
}
