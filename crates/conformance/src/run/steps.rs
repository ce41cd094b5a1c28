//! Which action is done where.

use std::time::Duration;

use serde_json::json;

use super::{Made, Run};
use crate::case::Action;
use crate::failure::Failure;
use crate::totp;

impl Run<'_> {
    pub(super) async fn step(&mut self, action: &Action) -> Result<Made, Failure> {
        match action {
            Action::Create(step) => self.create(step).await,
            Action::Input(step) => self.input(step).await,
            Action::Query(step) | Action::AuditQuery(step) => self.query(step).await,
            Action::HttpRequest(step) => self.http_request(step).await,
            Action::GenerateTotp(step) => {
                let secret = self.render(&step.totp_secret).await?;
                let code = totp::code(secret.trim(), self.world.now());
                let code = code.ok_or_else(|| Failure::new("a TOTP secret in base32", secret))?;
                Ok(Made { result: json!({ "totp_code": code }), ..Made::default() })
            }
            Action::OAuthRedirect(step) => self.oauth_redirect(step).await,
            Action::OAuthSetup(step) => self.oauth_setup(step).await,
            Action::ExchangeCode(step) => self.exchange_code(step).await,
            Action::ApproveConsent(step) => self.approve_consent(step).await,
            Action::SamlRequest(step) => self.saml_request(step).await,
            Action::GraphQl(step) => self.graphql(step).await,
            Action::ImportCreate(step) => self.import_create(step).await,
            Action::ImportGet(step) => self.import_get(step).await,
            Action::HookQuery(step) => self.hook_query(step).await,
            Action::MailQuery(step) => self.mail_query(step).await,
            Action::GeneratePkce => Ok(self.generate_pkce()),
            Action::DeviceJwt(step) => self.device_jwt(step).await,
            Action::ClearCookies(step) => {
                self.browser.jar.clear(&step.clear_cookies_names);
                Ok(Made::default())
            }
            Action::Sleep(step) => {
                tokio::time::sleep(duration(&step.sleep_for)?).await;
                Ok(Made::default())
            }
            Action::GenerateRefreshToken(step) => {
                let user = self.render(&step.generate_refresh_token_user_id).await?;
                let client = self.render(&step.generate_refresh_token_client_id).await?;
                let (app_id, helper) = (&self.app_id, &self.world.helper);
                let token = helper.refresh_token(app_id, user.trim(), client.trim()).await?;
                Ok(Made { result: json!({ "refresh_token": token }), ..Made::default() })
            }
            Action::GenerateAppSessionToken { refresh_token } => {
                let refresh_token = self.render(refresh_token).await?;
                let (app_id, helper) = (&self.app_id, &self.world.helper);
                let token = helper.app_session_token(app_id, refresh_token.trim()).await?;
                Ok(Made { result: json!({ "app_session_token": token }), ..Made::default() })
            }
        }
    }
}

/// A case that sleeps longer has been misread.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Go's way of writing durations, as far as cases do: `1s`, `500ms`.
fn duration(text: &str) -> Result<Duration, Failure> {
    let text = text.trim();
    let parsed = match text.strip_suffix("ms") {
        Some(number) => number.parse().map(Duration::from_millis).ok(),
        None => text.strip_suffix('s').and_then(|it| it.parse().map(Duration::from_secs).ok()),
    };
    parsed
        .filter(|it| *it <= SLEEP_MAX)
        .ok_or_else(|| Failure::new("a duration such as 1s, of half a minute at most", text))
}
