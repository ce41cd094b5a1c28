//! Looking after one's own account: the overview, and one file for each thing behind it.

mod action;
mod apps;
mod biometric;
mod choices;
mod current_password;
mod deletion;
mod identity;
mod overview;
mod password;
mod profile;
mod providers;
mod sessions;

use std::sync::Arc;

use ::sessions::Session;
use accounts::claims::is_anonymous;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::UserOverview;
use events::Source;
use serde_json::{Value, json};
use upkeep::UpkeepCx;
use web::Platform;

use self::action::Action;
use crate::problem::Problem;
use crate::record::Recorder;
use crate::visit::{Visit, see_other};

pub fn router() -> Router<Platform> {
    Router::new()
        .route("/settings", get(overview::show))
        // Where older versions of the SDKs lead.
        .route("/settings/identity", get(to_overview))
        .route("/settings/identities", get(to_overview))
        .route("/settings/profile", get(profile::show).post(profile::save))
        .route("/settings/change_password", get(password::show).post(password::save))
        .route("/settings/sessions", get(sessions::show).post(sessions::act))
        .route("/settings/biometric", get(biometric::show).post(biometric::act))
        .route("/settings/authorized_apps", get(apps::show).post(apps::act))
        .route(deletion::PATH, get(deletion::ask).post(deletion::act))
        .route("/_internals/settings_action", get(action::enter))
        .merge(identity::router())
        .merge(providers::router())
}

/// What other sites may post to, and nothing is changed by.
pub fn posted_router() -> Router<Platform> {
    providers::posted_router()
}

/// Whoever is signed in, with everything that hangs on them.
struct Owner {
    session: Arc<Session>,
    overview: UserOverview,
    /// The one thing for which an app has sent them.
    action: Option<Action>,
}

impl Owner {
    /// Reads the person behind the session of `visit`.
    async fn of(visit: &Visit) -> Result<Self, Problem> {
        if visit.ctx.app.config.ui.settings_disabled {
            return Err(Problem::NotFound);
        }
        let session = visit.signed_in().await?;
        let mut tx = visit.platform.store.read(&visit.ctx.app.id).await?;
        let overview = tx.users().find_overview(&session.user_id).await?;
        // Whoever has no name has nothing to look after.
        let overview = overview.filter(|it| !is_anonymous(it)).ok_or(Problem::NotFound)?;
        let action = Action::of(visit, &session).await?;
        Ok(Self { session, overview, action })
    }

    /// For writing down what they do.
    fn recorder<'a>(&'a self, visit: &'a Visit) -> Recorder<'a> {
        Recorder { visit, session: &self.session }
    }

    /// Through what a change comes about.
    fn source(&self, visit: &Visit) -> Source {
        self.recorder(visit).source()
    }

    /// What the rules are given.
    fn cx<'a>(&'a self, visit: &'a Visit, source: &'a Source) -> UpkeepCx<'a> {
        let platform = &visit.platform;
        UpkeepCx {
            ctx: &visit.ctx,
            store: &platform.store,
            kv: &platform.kv,
            sessions: &platform.sessions,
            outbound: &platform.outbound,
            hooks: &platform.hooks,
            session: &self.session,
            source,
        }
    }
}

async fn to_overview(visit: Visit) -> Result<Response, Problem> {
    visit.signed_in().await?;
    Ok(see_other(&visit.link("/settings", &[])))
}

/// What every page of the settings is given, with its own variables.
fn context(visit: &Visit, owner: &Owner, own: Value) -> Value {
    let config = &visit.ctx.app.config;
    let client = owner.session.client_id.as_ref();
    let client = client.and_then(|id| config.oauth.find_client(id.as_str()));
    let app_url = client.and_then(|it| it.client_uri.as_ref());
    let app_url = app_url.or(config.ui.default_client_uri.as_ref());
    let action = owner.action.as_ref().map(|it| it.what.as_str());
    let mut context = json!({ "app_url": app_url, "action": action });
    if let (Value::Object(context), Value::Object(own)) = (&mut context, own) {
        context.extend(own);
    }
    context
}
