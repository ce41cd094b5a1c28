//! Which action is done where.

use serde_json::json;

use super::{Made, Run};
use crate::case::Action;
use crate::failure::Failure;
use crate::totp;

impl Run<'_> {
    pub(super) async fn step(&mut self, action: &Action) -> Result<Made, Failure> {
        match action {
            Action::Create(step) => self.create(step).await,
            Action::Input(step) => self.input(step).await,
            Action::Query(step) | Action::AuditQuery(step) => self.query(step).await,
            Action::HttpRequest(step) => self.http_request(step).await,
            Action::GenerateTotp(step) => {
                let secret = self.render(&step.totp_secret).await?;
                let code = totp::code(secret.trim(), self.world.now());
                let code = code.ok_or_else(|| Failure::new("a TOTP secret in base32", secret))?;
                Ok(Made { result: json!({ "totp_code": code }), ..Made::default() })
            }
            other => Err(Failure::new("an action that can be done", format!("{other:?}"))),
        }
    }
}
