//! What a refusal looks like: an error beside a field, or a page of its own.

use appconfig::ClientConfig;
use appconfig::flow::StepType;
use axum::response::Response;
use domain::LoginIdType;
use flow::{Answer, Cause, IdentityDetails, Kind, Refusal};
use http::StatusCode;
use serde_json::{Value, json};
use stdx::Timestamp;

use crate::hooked::Said;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

/// What the page says above the question that is asked again.
pub struct Refused {
    pub status: StatusCode,
    pub errors: Vec<Wrong>,
    /// The rules that a new password broke.
    pub broken: Vec<&'static str>,
}

impl Refused {
    /// The form lacked something.
    pub fn by_form(wrong: Wrong) -> Self {
        Self { status: StatusCode::BAD_REQUEST, errors: vec![wrong], broken: Vec::new() }
    }

    /// What to say beside the question, or the page to show instead.
    pub fn of(
        visit: &Visit,
        asked: &Answer,
        client: Option<&ClientConfig>,
        refusal: Refusal,
    ) -> Result<Result<Self, Response>, Problem> {
        let status = status(refusal.kind());
        let reason = refusal.reason();
        let form = |key| Wrong::form(reason, key);
        let mut broken = Vec::new();
        let wrong = match &refusal {
            Refusal::ValidationFailed(causes) => malformed(asked, causes),
            Refusal::InvalidLoginId(causes) => invalid_login_id(asked, causes),
            Refusal::UserNotFound(details) => {
                Wrong::at("login_id", reason, "v2.error.account-not-found")
                    .with(who(asked, details))
            }
            Refusal::DuplicatedIdentity(details) => {
                let is_asked = asked.ask.step == StepType::Identify;
                let key = "v2.error.account-conflict";
                let wrong = if is_asked { Wrong::at("login_id", reason, key) } else { form(key) };
                wrong.with(who(asked, details))
            }
            Refusal::DifferentUser => form("v2.error.unexpected-user"),
            Refusal::InvalidCredentials => Wrong::password("password"),
            Refusal::NoAuthenticator => form("v2.error.no-authenticator"),
            Refusal::PasswordPolicyViolated(rules) => {
                broken = rules.iter().map(accounts::policy::Rule::name).collect();
                Wrong::policy()
            }
            Refusal::PasswordReused => {
                Wrong::at("new_password", reason, "v2.error.password-change-password-reused")
            }
            Refusal::NoPublicSignup => form("v2.error.no-public-signup"),
            Refusal::RateLimited(_) => form("v2.error.rate-limited"),
            Refusal::Busy => Wrong::busy(),
            _ => return page(visit, client, refusal).map(Err),
        };
        Ok(Ok(Self { status, errors: vec![wrong], broken }))
    }
}

/// The page of a refusal that leaves no question to ask again.
pub fn page(
    visit: &Visit,
    client: Option<&ClientConfig>,
    refusal: Refusal,
) -> Result<Response, Problem> {
    let status = status(refusal.kind());
    let own = visit.link(&visit.path, &[]);
    let login_url = visit.link("/login", &[]);
    let return_url = client.and_then(|it| it.client_uri.clone()).unwrap_or(own);
    let (template, context) = match refusal {
        Refusal::RateLimited(exhausted) => {
            let retry = retry(visit, exhausted.retry_at);
            ("too_many_requests", json!({ "retry": retry, "return_url": return_url }))
        }
        Refusal::AccountLockout { until } => {
            ("lockout", json!({ "retry": retry(visit, until), "return_url": return_url }))
        }
        Refusal::Hook(refusal) => ("error", Said::page(&refusal)),
        Refusal::FlowNotFound => return Err(Problem::FlowNotFound { login_url }),
        // What an application named somebody by is no longer good, or never was.
        Refusal::InvalidCredentials | Refusal::ValidationFailed(_) => return Err(Problem::Expired),
        Refusal::NoPublicSignup => return Err(Problem::NoPublicSignup { login_url }),
        refusal => match account_status(&refusal) {
            Some((status, reason, at)) => {
                let at = at.map(Timestamp::to_rfc3339);
                let context = json!({
                    "status": status, "reason": reason, "at": at, "return_url": return_url,
                });
                ("account_status", context)
            }
            None => return Err(Problem::Misconfigured),
        },
    };
    Ok(visit.page(template).with_status(status).render(&visit.ctx, context))
}

/// The variables `status`, `reason` and `at` of the page about an account that cannot be used.
fn account_status(refusal: &Refusal) -> Option<(&'static str, Option<&str>, Option<Timestamp>)> {
    Some(match refusal {
        Refusal::DisabledUser { reason } => ("disabled", reason.as_deref(), None),
        Refusal::DeactivatedUser => ("deactivated", None, None),
        Refusal::AnonymizedUser => ("anonymized", None, None),
        Refusal::OutsideValidPeriod => ("outside_valid_period", None, None),
        Refusal::ScheduledDeletion { at, by_the_person: true } => {
            ("scheduled_deletion_by_end_user", None, Some(*at))
        }
        Refusal::ScheduledDeletion { at, by_the_person: false } => {
            ("scheduled_deletion_by_admin", None, Some(*at))
        }
        Refusal::ScheduledAnonymization { at } => {
            ("scheduled_anonymization_by_admin", None, Some(*at))
        }
        _ => return None,
    })
}

const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::BadRequest | Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::TooManyRequest => StatusCode::TOO_MANY_REQUESTS,
        Kind::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// How long until then, in the largest unit that fits, rounded up.
fn retry(visit: &Visit, at: Timestamp) -> Value {
    let seconds = at.seconds_since(visit.ctx.now).max(1);
    let (unit, count) = match seconds {
        0..=90 => ("second", seconds),
        91..=5_400 => ("minute", seconds.saturating_add(59) / 60),
        5_401..=129_600 => ("hour", seconds.saturating_add(3_599) / 3_600),
        _ => ("day", seconds.saturating_add(86_399) / 86_400),
    };
    json!({ "unit": unit, "count": count })
}

fn who(asked: &Answer, details: &IdentityDetails) -> Value {
    let incoming = details.incoming.as_ref().and_then(flow::IdentityShape::login_id_type);
    let incoming = incoming.map_or("", domain::LoginIdType::as_str);
    json!({
        "IdentityTypeIncoming": "login_id",
        "LoginIDTypeIncoming": incoming,
        "LoginIDNameIncoming": incoming,
        "FlowType": asked.flow.kind,
        "OAuthProviderNameIncoming": "",
        "OAuthProviderNameExisting": "",
    })
}

/// The form did not have what the question asks for: it was not made by our page.
fn malformed(asked: &Answer, causes: &[Cause]) -> Wrong {
    let field = if asked.ask.step == StepType::Identify { "login_id" } else { "password" };
    let is_known = causes.iter().any(|it| it.location == format!("/{field}"));
    let key = "aw-error-field-invalid";
    if is_known {
        Wrong::at(field, "ValidationFailed", key)
    } else {
        Wrong::form("ValidationFailed", key)
    }
}

fn invalid_login_id(asked: &Answer, causes: &[Cause]) -> Wrong {
    let wanted = asked.ask.shape.variants.iter().find_map(|it| LoginIdType::parse(it.tag));
    let cause = causes.first();
    let kind = cause.map_or("", |it| it.kind);
    let detail = |name: &str| cause.and_then(|it| it.details[name].as_str()).unwrap_or_default();
    let format = LoginIdType::parse(detail("format")).or(wanted);
    let at = |key| Wrong::at("login_id", "ValidationFailed", key);
    match (kind, detail("reason"), detail("blocklist")) {
        ("blocked", "BlockPlusSign", _) => at("v2.error.email-plus-sign-not-allowed"),
        ("blocked", _, "free") => at("v2.error.email-free-domain-not-allowed"),
        ("blocked", _, "disposable") => at("v2.error.email-disposable-domain-not-allowed"),
        ("blocked", "EmailDomainAllowlist" | "EmailDomainBlocklist", _) => {
            at("v2.error.email-not-allowed")
        }
        ("blocked", "PhoneNumberCountryCodeAllowlist", _) => {
            at("v2.error.phone-number-not-allowed")
        }
        ("blocked", ..) => at("v2.error.username-not-allowed"),
        ("format", ..) => at(match format {
            Some(LoginIdType::Phone) => "v2.error.phone-number-format",
            Some(LoginIdType::Username) => "v2.error.invalid-username",
            Some(LoginIdType::Email) | None => "v2.error.invalid-email",
        }),
        _ => at("aw-error-field-invalid"),
    }
}
