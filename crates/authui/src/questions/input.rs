//! From the fields of a form to the input of the question that it was for.

use appconfig::flow::StepType;
use flow::{Ask, Input};
use serde_json::{Value, json};
use web::Fields;

use crate::wrong::{Wrong, check_typed_twice};

/// The input, or what is missing for it.
pub fn of(ask: &Ask, fields: &Fields) -> Result<Input, Wrong> {
    let input = match ask.step {
        StepType::Authenticate => json!({
            "authentication": only_option(ask, "authentication"),
            "password": required(fields, "password", "v2.error.password-required")?,
        }),
        StepType::CreateAuthenticator => json!({
            "authentication": only_option(ask, "authentication"),
            "new_password": new_password(fields)?,
        }),
        StepType::ChangePassword | StepType::ResetPassword => {
            json!({ "new_password": new_password(fields)? })
        }
        StepType::TerminateOtherSessions => json!({ "confirm_terminate_other_sessions": true }),
        _ => {
            let r#type = fields.get("x_login_id_type").unwrap_or_default();
            let missing = "v2.error.login-id-required";
            let login_id = required(fields, "login_id", missing);
            let login_id = login_id.map_err(|it| it.with(json!({ "variant": r#type })))?;
            json!({ "identification": r#type, "login_id": login_id })
        }
    };
    match input {
        Value::Object(input) => Ok(input),
        _ => Ok(Input::new()),
    }
}

/// The option that the page shows: the one with a password.
pub fn only_option(ask: &Ask, member: &str) -> Value {
    let options = ask.data["options"].as_array().into_iter().flatten();
    let mut offered = options.filter_map(|it| it[member].as_str());
    json!(offered.find(|it| matches!(*it, "primary_password" | "secondary_password")))
}

/// A new password that was typed the same twice, where it had to be.
pub fn new_password(fields: &Fields) -> Result<&str, Wrong> {
    let password = required(fields, "new_password", "v2.error.new-password-required")?;
    match check_typed_twice(fields) {
        Some(typo) => Err(typo),
        None => Ok(password),
    }
}

fn required<'a>(
    fields: &'a Fields,
    name: &str,
    message_key: &'static str,
) -> Result<&'a str, Wrong> {
    fields.get(name).ok_or_else(|| Wrong::at(name, "ValidationFailed", message_key))
}
