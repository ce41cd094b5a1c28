//! Any provider that speaks OAuth 2.0 and says of the bearer of a token who it is. Where, and how
//! its claims are called, is for the project to say.

use ctx::Ctx;
use serde_json::{Map, Value};

use super::{Account, Code, IdpError, IdpProfile, IdpRefusal, Stop, claims};
use crate::Outbound;

const SUBJECT: &str = "/sub";

impl Outbound {
    pub(super) async fn any_profile(
        &self,
        ctx: &Ctx,
        account: &Account<'_>,
        code: Code<'_>,
    ) -> Result<IdpProfile, Stop> {
        let provider = &account.provider;
        let token = configured(provider.x_token_endpoint.as_deref())?;
        let userinfo = configured(provider.x_userinfo_endpoint.as_deref())?;
        let tokens = self.redeem(ctx, account, token, code).await?;
        let raw = self.userinfo(userinfo, &tokens).await?;
        let pointer = provider.x_subject_pointer.as_deref().unwrap_or(SUBJECT);
        let subject = match at(&raw, pointer) {
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            // Not every provider has texts for ids.
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(IdpRefusal::Protocol("the profile names no account").into()),
        };
        let standard = claims::standard(&renamed(account, &raw));
        Ok(account.profile(&subject, raw, standard))
    }
}

pub(super) fn authorization_endpoint<'a>(account: &'a Account<'_>) -> Result<&'a str, IdpError> {
    configured(account.provider.x_authorization_endpoint.as_deref())
}

/// The claims with those under their own names that the project says are elsewhere.
pub(super) fn renamed(account: &Account<'_>, raw: &Map<String, Value>) -> Map<String, Value> {
    let mut claims = raw.clone();
    for (claim, pointer) in &account.provider.x_claim_pointers {
        match at(raw, pointer) {
            Some(value) => claims.insert(claim.clone(), value.clone()),
            None => claims.remove(claim),
        };
    }
    claims
}

fn configured(endpoint: Option<&str>) -> Result<&str, IdpError> {
    endpoint.ok_or(IdpError::Configuration("an endpoint is missing"))
}

/// A JSON Pointer (RFC 6901) into an object.
fn at<'v>(raw: &'v Map<String, Value>, pointer: &str) -> Option<&'v Value> {
    let (name, rest) = pointer.strip_prefix('/')?.split_once('/').map_or_else(
        || (pointer.trim_start_matches('/'), String::new()),
        |(name, rest)| (name, format!("/{rest}")),
    );
    let name = name.replace("~1", "/").replace("~0", "~");
    raw.get(&name)?.pointer(&rest)
}
