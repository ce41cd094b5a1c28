//! Signing in and signing up: a page shows one question of a flow, its form posts the answer.
//!
//! After an answer the browser is sent to the next question by GET, so that going back,
//! reloading and two tabs do what people expect: each page has the state that it asks about in
//! its address. After a refusal the same question is shown again, with what was wrong.

mod choice;
mod input;
mod refused;
mod show;
mod step;

use appconfig::flow::{FlowKind, StepType};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use flow::{Answer, Finished, FlowCx, Input, Reply, Setting};
use serde_json::Value;
use web::{Fields, Platform, sign_in_cookies};

pub use self::input::new_password;
pub use self::refused::{Refused, page as refusal_page};
pub use self::step::Step;
use crate::entry::SIGNED_UP_COOKIE;
use crate::pending::Pending;
use crate::problem::Problem;
use crate::return_to::own_path;
use crate::visit::{Visit, see_other, with_cookies};

/// A browser is remembered to belong to somebody with an account for this long.
const SIGNED_UP_SECONDS: i64 = 20 * 365 * 24 * 60 * 60;

/// Upstream's address, which applications know.
pub const PROMOTE: &str = "/flows/promote_user";

/// Upstream's address of the page on which somebody who is known proves it again.
pub const REAUTHENTICATE: &str = "/reauth";

pub fn router() -> Router<Platform> {
    Router::new()
        .route("/login", get(login).post(answer))
        .route("/signup", get(signup).post(answer))
        .route(PROMOTE, get(promote).post(answer))
        .route(REAUTHENTICATE, get(reauthenticate).post(answer))
}

async fn login(visit: Visit) -> Result<Response, Problem> {
    let both = visit.ctx.app.config.ui.signup_login_flow_enabled;
    let kind = if both { FlowKind::SignupLogin } else { FlowKind::Login };
    ask(&visit, kind).await
}

async fn signup(visit: Visit) -> Result<Response, Problem> {
    ask(&visit, FlowKind::Signup).await
}

/// Somebody anonymous, whom an application sent, says who they are.
async fn promote(visit: Visit) -> Result<Response, Problem> {
    ask(&visit, FlowKind::Promote).await
}

/// Somebody whom the application knows proves again who they are. Who they are, the token of the
/// request says; whom we cannot ask on a page of ours, signs in.
async fn reauthenticate(visit: Visit) -> Result<Response, Problem> {
    if visit.query.get("x_step").is_some() {
        return ask(&visit, FlowKind::Reauth).await;
    }
    let pending = admit(&visit).await?;
    let token = pending.as_ref().filter(|it| it.session.may_reauthenticate);
    let token = token.and_then(|it| it.session.request.id_token_hint.as_deref());
    if let Some(token) = token {
        let reply = begin(&visit, FlowKind::Reauth, pending.as_ref()).await?;
        if let Reply::Asked(asked) = reply
            && let Reply::Asked(next) = flow::feed(
                &cx(&visit),
                &asked.state_token,
                &Input::from_iter([
                    ("identification".to_owned(), "id_token".into()),
                    ("id_token".to_owned(), token.into()),
                ]),
            )
            .await?
            && show::can_show(&next)
        {
            return Ok(show::question(&visit, pending.as_ref(), &next, None));
        }
    }
    Ok(see_other(&visit.link("/login", &[])))
}

/// Shows the question that the address names, or the first one of a fresh flow.
async fn ask(visit: &Visit, kind: FlowKind) -> Result<Response, Problem> {
    let pending = admit(visit).await?;
    if let Some(step) = visit.query.get("x_step") {
        let token = Step::open(visit, step).ok_or(Problem::Expired)?;
        let reply = flow::look(&cx(visit), &token).await?;
        return show_reply(visit, pending.as_ref(), reply).await;
    }
    if pending.is_none() && visit.session().await?.is_some() {
        // Signed in, and nobody asks for more.
        return Ok(see_other(&home(visit)));
    }
    let reply = begin(visit, kind, pending.as_ref()).await?;
    show_reply(visit, pending.as_ref(), reply).await
}

/// A fresh flow.
async fn begin(visit: &Visit, kind: FlowKind, pending: Option<&Pending>) -> Result<Reply, Problem> {
    let setting = Setting {
        ui_locales: visit.query.get("ui_locales").map(str::to_owned),
        ..pending.map(Pending::setting).unwrap_or_default()
    };
    let flow = choice::flow_for(&visit.ctx.app.config, kind, pending);
    Ok(flow::create(&cx(visit), flow, setting).await?)
}

/// Feeds what a form says to the question that it was for.
async fn answer(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let pending = admit(&visit).await?;
    let posted = fields.get("x_state").or_else(|| visit.query.get("x_step")).unwrap_or_default();
    let token = Step::open(&visit, posted).ok_or(Problem::Expired)?;
    let asked = match flow::look(&cx(&visit), &token).await? {
        Reply::Asked(asked) => asked,
        reply => return show_reply(&visit, pending.as_ref(), reply).await,
    };
    let input = match input::of(&asked.ask, &fields) {
        Ok(input) => input,
        Err(wrong) => {
            let refused = Refused::by_form(wrong);
            return Ok(show::question(&visit, pending.as_ref(), &asked, Some((&refused, &fields))));
        }
    };
    match feed(&visit, &token, &input).await? {
        Reply::Asked(next) => Ok(go_on(&visit, &next)),
        Reply::Finished(finished) => finish(&visit, *finished).await,
        Reply::Refused(refusal) => {
            let client = show::client_of(&visit, &asked.setting);
            match Refused::of(&visit, &asked, client, refusal)? {
                Ok(refused) => {
                    let refused = Some((&refused, &fields));
                    Ok(show::question(&visit, pending.as_ref(), &asked, refused))
                }
                Err(page) => Ok(page),
            }
        }
    }
}

/// Answers a question. The offer of a passkey is passed over: a page for it is yet to come, and nobody
/// is kept from what they came for.
async fn feed(visit: &Visit, token: &str, input: &Input) -> Result<Reply, Problem> {
    let reply = flow::feed(&cx(visit), token, input).await?;
    match &reply {
        Reply::Asked(next) if next.ask.step == StepType::PromptCreatePasskey => {
            let skip = Input::from_iter([("skip".to_owned(), Value::Bool(true))]);
            Ok(flow::feed(&cx(visit), &next.state_token, &skip).await?)
        }
        _ => Ok(reply),
    }
}

async fn show_reply(
    visit: &Visit,
    pending: Option<&Pending>,
    reply: Reply,
) -> Result<Response, Problem> {
    match reply {
        Reply::Asked(asked) => Ok(show::question(visit, pending, &asked, None)),
        Reply::Finished(finished) => finish(visit, *finished).await,
        Reply::Refused(refusal) => refused::page(visit, None, refusal),
    }
}

/// The request that a visit is for. A project can have its pages off, or open to applications
/// only; whoever is signed in is only sent on.
async fn admit(visit: &Visit) -> Result<Option<Pending>, Problem> {
    let ui = &visit.ctx.app.config.ui;
    let pending = Pending::of(visit).await?;
    let is_direct = pending.is_none() && ui.direct_access_disabled;
    if ui.authentication_disabled || (is_direct && visit.session().await?.is_none()) {
        return Err(Problem::NotFound);
    }
    Ok(pending)
}

/// To the next question.
fn go_on(visit: &Visit, next: &Answer) -> Response {
    let (step, cookie) = Step::seal(visit, &next.state_token);
    with_cookies(see_other(&visit.link(&visit.path, &[("x_step", &step)])), cookie)
}

/// The flow is over: the browser gets its session, in place of the one that it may have had, and
/// goes where it was going.
async fn finish(visit: &Visit, finished: Finished) -> Result<Response, Problem> {
    let app = &visit.ctx.app;
    let to = finished.finish_redirect_uri.unwrap_or_else(|| home(visit));
    let signed_up = web::SetCookie::new(app, SIGNED_UP_COOKIE, "true").lasting(SIGNED_UP_SECONDS);
    let response = with_cookies(see_other(&to), [signed_up]);
    let response = match &finished.device_token {
        Some((token, seconds)) => {
            with_cookies(response, [web::device_token_cookie(app, token.reveal(), *seconds)])
        }
        None => response,
    };
    let Some(session) = finished.session_cookie else { return Ok(response) };
    if let Some(earlier) = web::credentials(app, &visit.headers).idp_session {
        visit.platform.sessions.replace(&visit.ctx, earlier).await?;
    }
    Ok(with_cookies(response, sign_in_cookies(app, session.reveal())))
}

/// Where somebody goes who is signed in: back to where they came from, or to their account.
fn home(visit: &Visit) -> String {
    let wanted = visit.query.get("x_return").and_then(|it| own_path(&visit.ctx.app, it));
    let usual = || visit.ctx.app.config.ui.default_redirect_uri.clone();
    let settings = || visit.link("/settings", &[("x_return", "")]);
    wanted.or_else(usual).unwrap_or_else(settings)
}

/// What a flow may touch, for a page.
pub fn cx(visit: &Visit) -> FlowCx<'_> {
    let platform = &visit.platform;
    FlowCx {
        ctx: &visit.ctx,
        store: &platform.store,
        kv: &platform.kv,
        sessions: &platform.sessions,
        hasher: &platform.hasher,
        outbound: &platform.outbound,
        hooks: &platform.hooks,
        browser: flow::Browser::default(),
        weights: None,
    }
}
