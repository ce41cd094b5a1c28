//! Claims that their owners proved: the rows of `_auth_verified_claim`.

use domain::{UserId, VerifiedClaim};
use serde_json::{Value, json};

use crate::db::{Arg, Row};
use crate::{Result, Tx};

/// Where the metadata of a claim says by which channel it was proved.
const VERIFIED_BY_CHANNEL: &str = "verified_by_channel";

pub struct VerifiedClaims<'tx>(&'tx mut Tx);

impl Tx {
    pub fn verified_claims(&mut self) -> VerifiedClaims<'_> {
        VerifiedClaims(self)
    }
}

impl VerifiedClaims<'_> {
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<VerifiedClaim>> {
        let sql = "SELECT id, user_id, name, value, created_at, metadata
                     FROM _auth_verified_claim
                    WHERE app_id = $1 AND user_id = $2
                    ORDER BY created_at, id";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(claim_from_row).collect()
    }

    /// Notes the proof, unless there is one: verifying twice changes nothing.
    pub async fn insert(&mut self, claim: &VerifiedClaim) -> Result<()> {
        let sql = "INSERT INTO _auth_verified_claim
                     (app_id, id, user_id, name, value, created_at, metadata)
                   SELECT $1, $2, $3, $4, $5, $6, $7
                    WHERE NOT EXISTS (
                            SELECT 1 FROM _auth_verified_claim
                             WHERE app_id = $1 AND user_id = $3 AND name = $4 AND value = $5)";
        let metadata = claim.channel.as_ref().map(|it| json!({ VERIFIED_BY_CHANNEL: it }));
        let args = [
            Arg::Text(&claim.id),
            Arg::Text(claim.user_id.as_str()),
            Arg::Text(&claim.name),
            Arg::Text(&claim.value),
            Arg::Time(claim.created_at),
            Arg::MaybeJson(metadata.as_ref()),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    pub async fn delete(&mut self, user: &UserId, name: &str, value: &str) -> Result<()> {
        let sql = "DELETE FROM _auth_verified_claim
                    WHERE app_id = $1 AND user_id = $2 AND name = $3 AND value = $4";
        let args = [Arg::Text(user.as_str()), Arg::Text(name), Arg::Text(value)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }
}

fn claim_from_row(row: &Row) -> Result<VerifiedClaim> {
    Ok(VerifiedClaim {
        id: row.text("id")?,
        user_id: UserId::new(row.text("user_id")?),
        name: row.text("name")?,
        value: row.text("value")?,
        created_at: row.time("created_at")?,
        channel: row
            .object("metadata")?
            .get(VERIFIED_BY_CHANNEL)
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}
