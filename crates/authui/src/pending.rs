//! The authorization request that a visit is for, when there is one.

use appconfig::ClientConfig;
use flow::Setting;
use oauth::LoginHint;
use serde_json::{Value, json};
use sessions::{OAuthSession, oauth_session};
use stdx::sha256_hex;

use crate::problem::Problem;
use crate::visit::Visit;

/// A request under way, and the id that it goes by on pages.
pub struct Pending {
    pub id: String,
    pub session: OAuthSession,
}

impl Pending {
    /// The request that `x_ref` names. One that is gone, or that another browser began, is a
    /// problem: going on would lead somewhere else than the person thinks.
    pub async fn of(visit: &Visit) -> Result<Option<Self>, Problem> {
        let Some(id) = visit.query.get("x_ref") else { return Ok(None) };
        let session = oauth_session::load(&visit.ctx, &visit.platform.kv, id).await?;
        let session = session.ok_or(Problem::Expired)?;
        let browser = web::browser_of(&visit.ctx.app, &visit.headers);
        if browser.is_none_or(|it| sha256_hex(it) != session.browser_hash) {
            return Err(Problem::Expired);
        }
        Ok(Some(Self { id: id.to_owned(), session }))
    }

    /// What a flow for this request is started with.
    pub fn setting(&self) -> Setting {
        Setting::of_request(&self.id, &self.session)
    }

    pub fn login_hint(&self) -> Option<LoginHint> {
        self.session.request.login_hint.as_deref().map(LoginHint::parse)
    }
}

/// The variable `client` of the templates.
pub fn shown_client(client: Option<&ClientConfig>) -> Value {
    let shown = |it: &ClientConfig| {
        json!({
            "name": it.client_name.as_ref().unwrap_or(&it.name),
            "client_uri": it.client_uri,
            "policy_uri": it.policy_uri,
            "tos_uri": it.tos_uri,
        })
    };
    client.map_or(Value::Null, shown)
}
