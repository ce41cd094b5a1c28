//! There and back again.

use axum::response::Response;
use ctx::App;
use oauth::SettingsAction;
use serde::{Deserialize, Serialize};
use upkeep::link::{self, StateBy};
use url::form_urlencoded::Serializer;
use web::{Fields, SetCookie};

use super::{Owner, PATH, page, type_of, wrong};
use crate::flash::Flash;
use crate::problem::Problem;
use crate::visit::{Visit, found, see_other, with_cookies};

const COOKIE: &str = "aw_link";

/// As long as `upkeep` keeps a visit.
const LIFETIME_SECONDS: i64 = 20 * 60;

/// What a provider's form may carry back (`response_mode=form_post`).
const POSTED: [&str; 5] = ["code", "state", "error", "error_description", "user"];

/// What the browser keeps while it is away.
#[derive(Serialize, Deserialize)]
struct Away {
    token: String,
    /// The query by which the page is found again.
    query: Vec<(String, String)>,
}

/// Sends the person to the provider.
pub(super) async fn begin(visit: &Visit, owner: &Owner, alias: &str) -> Result<Response, Problem> {
    let origin = visit.ctx.app.origin();
    let redirect_uri = format!("{origin}/sso/oauth2/callback/{alias}");
    let source = owner.source(visit);
    let cx = owner.cx(visit, &source);
    match link::begin(&cx, (alias, &redirect_uri), StateBy::Us).await? {
        Ok(begun) => {
            let query = visit.kept_query();
            let away = Away { token: begun.token.reveal().clone(), query };
            let text = serde_json::to_vec(&away).unwrap_or_default();
            let cookie = cookie(&visit.ctx.app, &stdx::base64url(&text)).lasting(LIFETIME_SECONDS);
            Ok(with_cookies(found(&begun.authorization_url), [cookie]))
        }
        Err(refusal) => Ok(page(visit, owner, Some(wrong(&refusal)?))),
    }
}

/// Takes what the provider sent the person back with.
pub(super) async fn come_back(visit: Visit) -> Result<Response, Problem> {
    let away = read(&visit).ok_or(Problem::Expired)?;
    let query = Serializer::new(String::new()).extend_pairs(&visit.query.0).finish();
    // From here on it is a visit to the page that sent the person away.
    let visit = Visit { path: PATH.to_owned(), query: Fields(away.query), ..visit };
    let owner = Owner::of(&visit).await?;
    let source = owner.source(&visit);
    let finished = link::finish(&owner.cx(&visit, &source), &away.token, &query).await?;
    let response = match finished {
        Ok(identity) => {
            let flash = Flash::ProviderLinked(type_of(&identity));
            let what = SettingsAction::LinkOAuth;
            owner.done(&visit, what, || flash.redirect(&visit, PATH)).await?
        }
        Err(refusal) => page(&visit, &owner, Some(wrong(&refusal)?)),
    };
    Ok(with_cookies(response, [cookie(&visit.ctx.app, "").lasting(0)]))
}

/// A provider's page has posted the answer. A form of another site brings no cookies along, so
/// the browser comes again by GET.
pub(super) async fn posted_back(visit: Visit, fields: Fields) -> Response {
    let posted = POSTED.iter().filter_map(|name| Some((*name, fields.get(name)?)));
    let query = Serializer::new(String::new()).extend_pairs(posted).finish();
    see_other(&format!("{}?{query}", visit.path))
}

fn read(visit: &Visit) -> Option<Away> {
    let text = visit.cookie(COOKIE)?;
    serde_json::from_slice(&stdx::from_base64url(text)?).ok()
}

fn cookie(app: &App, value: &str) -> SetCookie {
    SetCookie::new(app, COOKIE, value).host_only()
}
