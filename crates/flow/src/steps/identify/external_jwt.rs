//! Somebody else's token says what the login ID is, and whether it was proved.

use accounts::claims::TEXT_CLAIMS;
use accounts::login_id::CheckedLoginId;
use appconfig::flow::Identification;
use domain::Attributes;
use outbound::SignedElsewhere;
use serde_json::Value;

use crate::refusal::Refusal;
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

/// What a believed token says.
pub struct Vouched {
    pub login_id: String,
    is_verified: bool,
    claims: Attributes,
}

/// Whether the project believes anybody's tokens.
pub fn is_possible(cx: &FlowCx<'_>) -> bool {
    !cx.ctx.app.config.external_jwt.issuers.is_empty()
}

/// Reads a token: its issuer must be believed, its signature good, and its time now.
pub async fn read(
    cx: &FlowCx<'_>,
    token: &str,
    identification: Identification,
) -> Result<Result<Vouched, Refusal>, FlowError> {
    let issuer = jose::Jwt::unverified_issuer(token);
    let mut issuers = cx.ctx.app.config.external_jwt.issuers.iter();
    let Some(believed) = issuers.find(|it| Some(it.iss.as_str()) == issuer.as_deref()) else {
        return Ok(Err(Refusal::InvalidExternalJwt));
    };
    let jwt = match cx.outbound.verify_signed_elsewhere(cx.ctx, &believed.jwks_uri, token).await {
        Ok(SignedElsewhere::Genuine(jwt)) => jwt,
        Ok(SignedElsewhere::Refused(error)) => {
            tracing::info!(%error, "an external token was refused");
            return Ok(Err(Refusal::InvalidExternalJwt));
        }
        Err(error) => {
            tracing::error!(%error, "the keys of an issuer cannot be read");
            return Ok(Err(Refusal::InvalidExternalJwt));
        }
    };
    if !is_current(cx, &jwt.claims) || !is_for_us(&jwt.claims, believed.aud.as_deref()) {
        return Ok(Err(Refusal::InvalidExternalJwt));
    }
    let (name, proof) = match identification {
        Identification::Email => ("email", "email_verified"),
        Identification::Phone => ("phone_number", "phone_number_verified"),
        _ => ("preferred_username", ""),
    };
    let Some(login_id) = jwt.claims.get(name).and_then(Value::as_str) else {
        return Ok(Err(Refusal::InvalidExternalJwt));
    };
    Ok(Ok(Vouched {
        login_id: login_id.to_owned(),
        is_verified: jwt.claims.get(proof) == Some(&Value::Bool(true)),
        claims: jwt.claims.clone(),
    }))
}

fn is_current(cx: &FlowCx<'_>, claims: &Attributes) -> bool {
    let now = cx.ctx.now.seconds();
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    time("exp").is_some_and(|exp| now < exp) && time("nbf").is_none_or(|nbf| now >= nbf)
}

fn is_for_us(claims: &Attributes, audience: Option<&str>) -> bool {
    let Some(audience) = audience else { return true };
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|it| it == audience),
        _ => false,
    }
}

impl Vouched {
    /// Takes over what the token says of the person besides.
    pub fn fill(&self, state: &mut FlowState, login_id: &CheckedLoginId) {
        if self.is_verified {
            state.facts.verify(login_id.r#type.claim(), &login_id.login_id, None);
        }
        for name in TEXT_CLAIMS {
            if let Some(value) = self.claims.get(name).filter(|it| it.is_string()) {
                state.facts.standard_attributes.insert(name.to_owned(), value.clone());
            }
        }
    }
}
