//! What a flow is started with: the pending authorization request, and the page's query.

use flow::{FlowCx, FlowError, Setting};
use http::{HeaderMap, header};
use sessions::oauth_session;
use web::Fields;

/// The setting for a flow that is started from a page with this query.
///
/// The query names the pending request as `x_ref`. A request that is gone is no error: the
/// person signs in, and is told at the end that there is nowhere to return to.
pub async fn read(
    cx: &FlowCx<'_>,
    headers: &HeaderMap,
    url_query: &str,
) -> Result<Setting, FlowError> {
    let query = Fields::parse(url_query.trim_start_matches('?').as_bytes());
    let mut setting = Setting::default();
    if let Some(id) = query.get("x_ref")
        && let Some(pending) = oauth_session::load(cx.ctx, cx.kv, id).await?
    {
        setting = Setting::of_request(id, &pending);
    }
    let own = |name: &str| query.get(name).map(str::to_owned);
    setting.client_id = own("client_id").or(setting.client_id);
    setting.state = own("state").or(setting.state);
    setting.x_state = own("x_state").or(setting.x_state);
    setting.ui_locales = own("ui_locales").or(setting.ui_locales);
    setting.login_hint = own("login_hint").or(setting.login_hint);
    let app = &cx.ctx.app;
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    let fallback = app.catalogue.fallback().to_string();
    let asked = setting.ui_locales.as_deref();
    let language = i18n::negotiate(app.languages(), &fallback, asked, accepted);
    setting.language = Some(language.to_owned());
    Ok(setting)
}
