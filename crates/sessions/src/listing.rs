//! The sessions of a person, as they read them themselves.

use std::cmp::Reverse;

use ctx::Ctx;
use domain::{Access, Grant, IdpSession, UserId};
use oauth::DeviceInfo;
use serde_json::{Value, json};
use stdx::Timestamp;
use store::Tx;

use crate::access::Lifetimes;
use crate::clients;
use crate::error::Result;
use crate::session::{Session, SessionRef};
use crate::user_agent::device_name;

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub session: SessionRef,
    pub is_current: bool,
    /// The device or the browser, in words.
    pub display_name: String,
    /// The application's own name of itself.
    pub application_name: Option<String>,
    pub client_id: Option<String>,
    pub amr: Vec<String>,
    pub created_at: Timestamp,
    pub last_access: Access,
    pub created_by_ip: String,
}

/// What is alive, the latest used first. A grant that shares a browser session is part of that
/// session's line.
pub async fn list(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    current: Option<&Session>,
) -> Result<Vec<Listed>> {
    let browser = Lifetimes::of_browser(&ctx.app.config.session);
    let mut listed = Vec::new();
    let sessions = tx.idp_sessions().list(user).await?;
    let grants = tx.grants().list(user).await?;
    for session in sessions {
        let allowed = browser.allow(session.created_at, session.last_access.at, ctx.now);
        if session.is_live(ctx.now) && allowed {
            listed.push(of_browser(session, current));
        }
    }
    for grant in grants {
        // One that shares a browser session is on that line, or dead with it.
        if !grant.sso_enabled && is_alive(ctx, tx, &grant).await? {
            listed.push(of_grant(grant, current));
        }
    }
    listed.sort_by_key(|it| Reverse(it.last_access.at));
    Ok(listed)
}

/// These sessions, whether or not they are alive, and whose the first of them is: for events.
pub async fn show(tx: &mut Tx, sessions: &[SessionRef]) -> Result<(Option<UserId>, Vec<Listed>)> {
    let (mut user, mut listed) = (None, Vec::new());
    for session in sessions {
        let shown = match session {
            SessionRef::Idp(id) => {
                let found = tx.idp_sessions().find(id).await?;
                found.map(|it| (it.user_id.clone(), of_browser(it, None)))
            }
            SessionRef::Grant(id) => {
                let found = tx.grants().find(id).await?;
                found.map(|it| (it.user_id.clone(), of_grant(it, None)))
            }
        };
        if let Some((owner, shown)) = shown {
            user.get_or_insert(owner);
            listed.push(shown);
        }
    }
    Ok((user, listed))
}

impl Listed {
    /// As the APIs, webhooks and the audit log show a session.
    pub fn to_model(&self) -> Value {
        let last = self.last_access.at.unwrap_or(self.created_at).to_rfc3339();
        let mut model = json!({
            "id": self.session.id(),
            "created_at": self.created_at.to_rfc3339(),
            "updated_at": last,
            "type": self.session.kind().as_str(),
            "lastAccessedAt": last,
            "createdByIP": self.created_by_ip,
            "lastAccessedByIP": self.last_access.ip,
            "lastAccessedByIPCountryCode": "",
            "lastAccessedByIPEnglishCountryName": "",
            "clientID": self.client_id,
            "displayName": self.display_name,
        });
        if !self.amr.is_empty() {
            model["amr"] = json!(self.amr);
        }
        if let Some(name) = &self.application_name {
            model["applicationName"] = json!(name);
        }
        if !self.last_access.user_agent.is_empty() {
            model["userAgent"] = json!(self.last_access.user_agent);
        }
        model
    }
}

async fn is_alive(ctx: &Ctx, tx: &mut Tx, grant: &Grant) -> Result<bool> {
    let client = clients::load(ctx, tx, grant.client_id.as_str()).await?;
    let allowed = client.is_some_and(|client| {
        Lifetimes::of_client(&client).allow(grant.created_at, grant.last_access.at, ctx.now)
    });
    Ok(grant.is_live(ctx.now) && allowed)
}

fn of_browser(session: IdpSession, current: Option<&Session>) -> Listed {
    let is_current = current.is_some_and(|it| it.sso_group() == Some(&session.id));
    Listed {
        is_current,
        display_name: device_name(&session.last_access.user_agent),
        application_name: None,
        client_id: None,
        amr: session.amr,
        created_at: session.created_at,
        created_by_ip: session.initial_access.ip,
        last_access: session.last_access,
        session: SessionRef::Idp(session.id),
    }
}

fn of_grant(grant: Grant, current: Option<&Session>) -> Listed {
    let device = grant.device_info.as_deref().and_then(DeviceInfo::from_json);
    let model = device.as_ref().and_then(DeviceInfo::model);
    let session = SessionRef::Grant(grant.id);
    Listed {
        is_current: current.is_some_and(|it| it.session == session),
        display_name: model.unwrap_or_else(|| device_name(&grant.last_access.user_agent)),
        application_name: device.as_ref().and_then(|it| it.application_name()).map(str::to_owned),
        client_id: Some(grant.client_id.as_str().to_owned()),
        amr: grant.amr,
        created_at: grant.created_at,
        created_by_ip: grant.initial_access.ip,
        last_access: grant.last_access,
        session,
    }
}
