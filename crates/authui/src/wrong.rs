//! What was wrong with a form: the variable `errors` of the templates.
//!
//! A text is chosen by reason, and the field is the one that the value came from; the table is
//! in `docs/pages.md`.

use accounts::login_id::{Blocked, InvalidLoginId};
use domain::LoginIdType;
use serde::Serialize;
use serde_json::{Value, json};

/// One error, beside a field or above the form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wrong {
    pub reason: &'static str,
    pub field: Option<String>,
    pub message_key: &'static str,
    pub args: Box<Value>,
}

impl Wrong {
    /// About the whole form.
    pub fn form(reason: &'static str, message_key: &'static str) -> Self {
        Self { reason, field: None, message_key, args: Box::new(json!({})) }
    }

    /// About one field.
    pub fn at(field: &str, reason: &'static str, message_key: &'static str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::form(reason, message_key) }
    }

    #[must_use]
    pub fn with(mut self, args: Value) -> Self {
        *self.args = args;
        self
    }

    /// A password that is not the one.
    pub fn password(field: &str) -> Self {
        Self::at(field, "InvalidCredentials", "v2.error.invalid-credentials")
            .with(json!({ "AuthenticationType": "password" }))
    }

    pub fn policy() -> Self {
        Self::at("new_password", "PasswordPolicyViolated", "v2.error.password-policy-violated")
    }

    pub fn busy() -> Self {
        Self::form("ServiceUnavailable", "aw-error-busy")
    }

    /// A login ID that cannot be one.
    pub fn login_id(r#type: LoginIdType, invalid: &InvalidLoginId) -> Self {
        let at = |key| Self::at("login_id", "ValidationFailed", key);
        let format = || {
            at(match r#type {
                LoginIdType::Email => "v2.error.invalid-email",
                LoginIdType::Phone => "v2.error.phone-number-format",
                LoginIdType::Username => "v2.error.invalid-username",
            })
        };
        match invalid {
            InvalidLoginId::Required => {
                at("v2.error.login-id-required").with(json!({ "variant": r#type.as_str() }))
            }
            InvalidLoginId::UnknownKey => at("aw-error-not-allowed"),
            InvalidLoginId::TooLong { .. } | InvalidLoginId::Format(_) => format(),
            InvalidLoginId::Blocked(blocked) => at(match blocked {
                Blocked::PlusSign => "v2.error.email-plus-sign-not-allowed",
                Blocked::DomainNotAllowed | Blocked::DomainBlocked => "v2.error.email-not-allowed",
                Blocked::FreeProvider => "v2.error.email-free-domain-not-allowed",
                Blocked::DisposableAddress => "v2.error.email-disposable-domain-not-allowed",
                Blocked::ReservedName | Blocked::ExcludedKeyword => "v2.error.username-not-allowed",
                Blocked::Country => "v2.error.phone-number-not-allowed",
            }),
        }
    }
}

/// Whether the two times that a new password was typed agree. Browsers with JavaScript show what
/// was typed and ask once.
pub fn check_typed_twice(fields: &web::Fields) -> Option<Wrong> {
    let again = fields.raw("confirm_password")?;
    let typo = || Wrong::at("confirm_password", "NewPasswordTypo", "v2.error.new-password-typo");
    (fields.raw("new_password") != Some(again)).then(typo)
}
