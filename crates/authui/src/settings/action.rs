//! A settings action: an app has sent the person to change one thing, and wants them back.
//!
//! The pages are those of the settings, without ways to anything else. The request is named by
//! `x_ref`, it is this browser's and about the person who is signed in. Once its one thing is done,
//! the person goes back through `/oauth2/consent`.

use ::sessions::{AuthenticationInfo, Session, authentication_info, oauth_session};
use axum::response::Response;
use domain::{LoginIdType, UserOverview};
use oauth::settings_action::login_id_of;
use oauth::{ResponseType, SettingsAction};

use super::{Owner, deletion};
use crate::account;
use crate::pending::Pending;
use crate::problem::Problem;
use crate::visit::{Visit, found};

/// One thing that an app has asked for.
pub struct Action {
    pending: Pending,
    pub what: SettingsAction,
}

/// Where the authorization endpoint sends people: on to the page of the action.
pub async fn enter(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let action = owner.action.as_ref().ok_or(Problem::Expired)?;
    let (path, pairs) = action.page(&owner.overview);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, it)| (*name, it.as_str())).collect();
    Ok(found(&visit.link(&path, &pairs)))
}

impl Action {
    /// The action that the visit is for, if it is for one.
    pub async fn of(visit: &Visit, session: &Session) -> Result<Option<Self>, Problem> {
        if visit.query.get("x_ref").is_none() {
            return Ok(None);
        }
        let pending = Pending::of(visit).await?.ok_or(Problem::Expired)?;
        let request = &pending.session.request;
        if request.response_type != ResponseType::SettingsAction {
            return Ok(None);
        }
        let what = request.x.settings_action.as_deref().and_then(SettingsAction::parse);
        let what = what.ok_or(Problem::Expired)?;
        // Somebody else has signed in here since, or the action is over.
        let is_own = pending.session.user_id_hint.as_deref() == Some(session.user_id.as_str());
        if !is_own || pending.session.action_done {
            return Err(Problem::Expired);
        }
        Ok(Some(Self { pending, what }))
    }

    /// The alias of the provider that it is about.
    pub fn alias(&self) -> Option<&str> {
        let alias = self.pending.session.request.x.oauth_provider_alias.as_deref();
        alias.filter(|_| self.what.is_about_provider())
    }

    /// Back to the app, now that it is done.
    pub async fn finish(&self, visit: &Visit, session: &Session) -> Result<Response, Problem> {
        let (ctx, kv) = (&visit.ctx, &visit.platform.kv);
        let Pending { id, session: pending } = &self.pending;
        oauth_session::complete_action(ctx, kv, id, pending).await?;
        let info = AuthenticationInfo {
            user_id: session.user_id.clone(),
            amr: session.amr.clone(),
            authenticated_at: session.authenticated_at,
            oauth_session_id: id.clone(),
            session: Some(session.session.clone()),
        };
        let code = authentication_info::save(ctx, kv, &info).await?;
        Ok(found(&visit.link("/oauth2/consent", &[("code", &code), ("x_ref", id)])))
    }

    /// The page on which it is done, with what the page is told.
    fn page(&self, overview: &UserOverview) -> (String, Vec<(&'static str, String)>) {
        let add = |kind| (format!("/settings/identity/add_{kind}"), Vec::new());
        match self.what {
            SettingsAction::ChangePassword => ("/settings/change_password".to_owned(), Vec::new()),
            SettingsAction::DeleteAccount => (deletion::PATH.to_owned(), Vec::new()),
            SettingsAction::AddEmail => add(LoginIdType::Email),
            SettingsAction::AddPhone => add(LoginIdType::Phone),
            SettingsAction::AddUsername => add(LoginIdType::Username),
            SettingsAction::ChangeEmail => self.change(overview, LoginIdType::Email),
            SettingsAction::ChangePhone => self.change(overview, LoginIdType::Phone),
            SettingsAction::ChangeUsername => self.change(overview, LoginIdType::Username),
            SettingsAction::LinkOAuth | SettingsAction::UnlinkOAuth => {
                ("/settings/identity/oauth".to_owned(), Vec::new())
            }
        }
    }

    /// The page of the login ID that the app names, or of the only one. Which of several is
    /// meant, the person says.
    fn change(
        &self,
        overview: &UserOverview,
        kind: LoginIdType,
    ) -> (String, Vec<(&'static str, String)>) {
        let own: Vec<_> = account::login_ids(overview).filter(|it| it.r#type == kind).collect();
        let named = self.login_id();
        let is_named = |it: &str| named.as_deref() == Some(it);
        let found = own.iter().find(|it| is_named(&it.login_id) || is_named(&it.original_login_id));
        let only = own.first().filter(|_| own.len() == 1);
        match found.or(only) {
            Some(it) => {
                let id = it.base.id.as_str().to_owned();
                (format!("/settings/identity/change_{kind}"), vec![("identity_id", id)])
            }
            None => (format!("/settings/identity/{kind}"), Vec::new()),
        }
    }

    /// The login ID that the app names: the one to change, or what a new one is to be.
    pub fn login_id(&self) -> Option<String> {
        let query = self.pending.session.request.x.settings_action_query.as_deref();
        query.and_then(login_id_of)
    }
}

impl Owner {
    /// Whether the visit is for this one thing.
    pub fn does(&self, what: SettingsAction) -> bool {
        self.action.as_ref().is_some_and(|it| it.what == what)
    }

    /// Where one goes after a thing is done: back to the app that asked for it, or to what
    /// `otherwise` says.
    pub async fn done(
        &self,
        visit: &Visit,
        what: SettingsAction,
        otherwise: impl FnOnce() -> Response,
    ) -> Result<Response, Problem> {
        match self.action.as_ref().filter(|it| it.what == what) {
            Some(action) => action.finish(visit, &self.session).await,
            None => Ok(otherwise()),
        }
    }
}

/// The action by which a login ID of a kind is added.
pub const fn adding(kind: LoginIdType) -> SettingsAction {
    match kind {
        LoginIdType::Email => SettingsAction::AddEmail,
        LoginIdType::Phone => SettingsAction::AddPhone,
        LoginIdType::Username => SettingsAction::AddUsername,
    }
}

/// The action by which one is changed.
pub const fn changing(kind: LoginIdType) -> SettingsAction {
    match kind {
        LoginIdType::Email => SettingsAction::ChangeEmail,
        LoginIdType::Phone => SettingsAction::ChangePhone,
        LoginIdType::Username => SettingsAction::ChangeUsername,
    }
}
