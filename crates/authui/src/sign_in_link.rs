//! The page behind a sign-in link: whoever opens it is asked whether they want the sign-in.
//!
//! Opening it approves nothing, because programs that scan mail open links, too; a form does. And
//! approving signs nobody in here: whoever asked for the link goes on where they asked.

use accounts::otp::{self, Approved, LinkStanding, Purpose};
use axum::response::Response;
use http::StatusCode;
use serde_json::json;
use stdx::Secret;
use web::Fields;

use crate::problem::Problem;
use crate::visit::{Visit, see_other};

/// Upstream's name of what the address says once the form was sent.
const STATE: &str = "state";
const MATCHED: &str = "matched";
const INVALID: &str = "invalid_code";

pub async fn ask(visit: Visit) -> Result<Response, Problem> {
    let standing = match visit.query.get(STATE) {
        Some(MATCHED) => LinkStanding::Approved,
        Some(INVALID) => LinkStanding::Unknown,
        _ => standing(&visit).await?,
    };
    Ok(show(&visit, standing))
}

/// Approves, and leads to a page whose address holds the code no more.
pub async fn approve(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let code = fields.get("x_oob_otp_code").or_else(|| visit.query.get("code"));
    let code = Secret::new(code.unwrap_or_default().to_owned());
    let approved = otp::approve_link(&visit.ctx, &visit.platform.kv, &code).await?;
    let state = match approved {
        Approved::Approved { .. } => MATCHED,
        Approved::Unknown => INVALID,
    };
    Ok(see_other(&visit.link(&visit.path, &[(STATE, state)])))
}

async fn standing(visit: &Visit) -> Result<LinkStanding, Problem> {
    let Some(code) = visit.query.get("code") else { return Ok(LinkStanding::Unknown) };
    let code = Secret::new(code.to_owned());
    Ok(otp::inspect_link(&visit.ctx, &visit.platform.kv, Purpose::OobOtp, &code).await?)
}

fn show(visit: &Visit, standing: LinkStanding) -> Response {
    let (status, name) = match standing {
        LinkStanding::Open => (StatusCode::OK, "asked"),
        LinkStanding::Approved => (StatusCode::OK, "approved"),
        LinkStanding::Used => (StatusCode::GONE, "used"),
        LinkStanding::Replaced => (StatusCode::GONE, "replaced"),
        LinkStanding::Unknown => (StatusCode::NOT_FOUND, "invalid"),
    };
    let code = visit.query.get("code").filter(|_| standing == LinkStanding::Open);
    let page = visit.page("verify_login_link").with_status(status);
    page.render(&visit.ctx, json!({ "standing": name, "code": code }))
}
