//! The JSON Schema of flows: which kind allows which steps, branches and keys.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{Authentication, Identification, RecoveryChannel, StepType};

/// What one kind of flow allows. Promotion is declared like signup.
struct Grammar {
    kind: &'static str,
    identifications: &'static [Identification],
    /// The step that offers authentications, and which.
    authentications: Option<(StepType, &'static [Authentication])>,
    /// Steps that need another step, by name.
    targeting: Option<StepType>,
    others: &'static [StepType],
}

const ANYONE: &[Identification] = &[
    Identification::Email,
    Identification::Phone,
    Identification::Username,
    Identification::OAuth,
    Identification::Passkey,
    Identification::Ldap,
    Identification::IdToken,
    Identification::SelectAccount,
];

const PROOFS: &[Authentication] = &[
    Authentication::PrimaryPassword,
    Authentication::PrimaryPasskey,
    Authentication::PrimaryOobOtpEmail,
    Authentication::PrimaryOobOtpSms,
    Authentication::SecondaryPassword,
    Authentication::SecondaryTotp,
    Authentication::SecondaryOobOtpEmail,
    Authentication::SecondaryOobOtpSms,
];

const GRAMMARS: &[Grammar] = &[
    Grammar {
        kind: "Signup",
        identifications: ANYONE.split_at(6).0,
        authentications: Some((
            StepType::CreateAuthenticator,
            &[
                Authentication::PrimaryPassword,
                Authentication::PrimaryOobOtpEmail,
                Authentication::PrimaryOobOtpSms,
                Authentication::SecondaryPassword,
                Authentication::SecondaryTotp,
                Authentication::SecondaryOobOtpEmail,
                Authentication::SecondaryOobOtpSms,
            ],
        )),
        targeting: Some(StepType::Verify),
        others: &[
            StepType::FillInUserProfile,
            StepType::ViewRecoveryCode,
            StepType::PromptCreatePasskey,
        ],
    },
    Grammar {
        kind: "Login",
        identifications: ANYONE,
        authentications: Some((StepType::Authenticate, Authentication::ALL)),
        targeting: Some(StepType::ChangePassword),
        others: &[
            StepType::CheckAccountStatus,
            StepType::TerminateOtherSessions,
            StepType::PromptCreatePasskey,
        ],
    },
    Grammar {
        kind: "SignupLogin",
        identifications: ANYONE,
        authentications: None,
        targeting: None,
        others: &[],
    },
    Grammar {
        kind: "Reauth",
        identifications: &[Identification::IdToken],
        authentications: Some((StepType::Authenticate, PROOFS)),
        targeting: None,
        others: &[],
    },
    Grammar {
        kind: "AccountRecovery",
        identifications: ANYONE.split_at(3).0,
        authentications: None,
        targeting: None,
        others: &[
            StepType::SelectDestination,
            StepType::VerifyAccountRecoveryCode,
            StepType::ResetPassword,
        ],
    },
];

/// The definitions that the markers in `flow.rs` refer to.
pub(crate) fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    for grammar in GRAMMARS {
        let name = |part: &str| format!("AuthenticationFlow{}Flow{part}", grammar.kind);
        definitions.insert(name(""), flow(&name("Step")));
        definitions.insert(name("Step"), step(grammar));
        definitions.insert(name("Identify"), identify(grammar));
        if let Some((_, authentications)) = grammar.authentications {
            definitions.insert(name("Authenticate"), authenticate(grammar, authentications));
        }
    }
    definitions.insert("AuthenticationFlowUserProfile".to_owned(), user_profile());
    definitions.insert("AuthenticationFlowAccountLinking".to_owned(), account_linking());
    definitions
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn list_of(definition: &str) -> Value {
    json!({ "type": "array", "items": reference(definition) })
}

fn flow(step: &str) -> Value {
    let mut steps = list_of(step);
    steps["minItems"] = json!(1);
    json!({
        "type": "object",
        "required": ["name", "steps"],
        "properties": { "name": reference("AuthenticationFlowObjectName"), "steps": steps },
    })
}

fn step(grammar: &Grammar) -> Value {
    let branches = |part: &str| {
        let one_of = list_of(&format!("AuthenticationFlow{}Flow{part}", grammar.kind));
        json!({ "required": ["one_of"], "properties": { "one_of": one_of } })
    };
    let mut rules = vec![(StepType::Identify, branches("Identify"))];
    if let Some((kind, _)) = grammar.authentications {
        let mut rule = branches("Authenticate");
        if grammar.kind == "Login" {
            rule["properties"]["optional"] = json!({ "type": "boolean" });
        }
        rules.push((kind, rule));
    }
    if let Some(kind) = grammar.targeting {
        let target_step = reference("AuthenticationFlowObjectName");
        rules.push((
            kind,
            json!({ "required": ["target_step"], "properties": { "target_step": target_step } }),
        ));
    }
    rules.extend(grammar.others.iter().map(|kind| (*kind, other_step(*kind))));
    let types: Vec<_> = rules.iter().map(|(kind, _)| *kind).collect();
    let rules = rules.iter().map(|(kind, rule)| {
        json!({
            "if": { "required": ["type"], "properties": { "type": { "const": kind } } },
            "then": rule,
        })
    });
    json!({
        "type": "object",
        "required": ["type"],
        "properties": {
            "name": reference("AuthenticationFlowObjectName"),
            "type": { "type": "string", "enum": types },
        },
        "allOf": rules.collect::<Vec<_>>(),
    })
}

fn other_step(kind: StepType) -> Value {
    match kind {
        StepType::FillInUserProfile => json!({
            "required": ["user_profile"],
            "properties": { "user_profile": list_of("AuthenticationFlowUserProfile") },
        }),
        StepType::SelectDestination => json!({
            "properties": {
                "enumerate_destinations": { "type": "boolean" },
                "allowed_channels": list_of("AccountRecoveryChannel"),
            },
        }),
        _ => json!(true),
    }
}

fn identify(grammar: &Grammar) -> Value {
    let mut properties = json!({
        "identification": { "type": "string", "enum": grammar.identifications },
        "bot_protection": reference("BotProtectionRequirement"),
    });
    let steps = list_of(&format!("AuthenticationFlow{}FlowStep", grammar.kind));
    match grammar.kind {
        "SignupLogin" => {
            properties["signup_flow"] = reference("AuthenticationFlowObjectName");
            properties["login_flow"] = reference("AuthenticationFlowObjectName");
        }
        "AccountRecovery" => {
            properties["on_failure"] = json!({ "type": "string", "enum": super::OnFailure::ALL });
            properties["steps"] = steps;
            properties["steps"]["minItems"] = json!(1);
        }
        "Signup" => {
            properties["account_linking"] = reference("AuthenticationFlowAccountLinking");
            properties["steps"] = steps;
        }
        _ => properties["steps"] = steps,
    }
    let mut branch = json!({
        "type": "object",
        "required": ["identification"],
        "properties": properties,
    });
    if grammar.kind == "SignupLogin" {
        // An account that can be selected exists already.
        branch["if"] = json!({ "properties": { "identification": { "const": Identification::SelectAccount } } });
        branch["then"] =
            json!({ "required": ["login_flow"], "not": { "required": ["signup_flow"] } });
        branch["else"] = json!({ "required": ["signup_flow", "login_flow"] });
    }
    branch
}

fn authenticate(grammar: &Grammar, authentications: &[Authentication]) -> Value {
    let mut properties = json!({
        "authentication": { "type": "string", "enum": authentications },
        "bot_protection": reference("BotProtectionRequirement"),
        "steps": list_of(&format!("AuthenticationFlow{}FlowStep", grammar.kind)),
    });
    if grammar.kind != "Reauth" {
        properties["target_step"] = reference("AuthenticationFlowObjectName");
    }
    if grammar.kind == "Signup" {
        properties["verification_required"] = json!({ "type": "boolean" });
    }
    json!({ "type": "object", "required": ["authentication"], "properties": properties })
}

fn user_profile() -> Value {
    json!({
        "type": "object",
        "required": ["pointer", "required"],
        "properties": {
            "pointer": { "type": "string", "format": "json-pointer" },
            "required": { "type": "boolean" },
        },
    })
}

fn account_linking() -> Value {
    let item = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "type": "string" },
            "action": reference("AccountLinkingAction"),
            "login_flow": { "type": "string" },
        },
    });
    let items = json!({ "type": "array", "items": item });
    json!({ "type": "object", "properties": { "oauth": items, "login_id": items } })
}

/// WhatsApp carries codes only: a link would need a template of its own.
pub(super) fn recovery_channel() -> Schema {
    let channels = [
        RecoveryChannel::EMAIL_LINK,
        RecoveryChannel::EMAIL_CODE,
        RecoveryChannel::SMS_CODE,
        RecoveryChannel::SMS_LINK,
        RecoveryChannel::WHATSAPP_CODE,
    ];
    let channels = channels.map(|it| {
        json!({
            "properties": {
                "channel": { "const": it.channel },
                "otp_form": { "const": it.otp_form },
            },
            "required": ["channel", "otp_form"],
        })
    });
    schemars::json_schema!({ "type": "object", "oneOf": channels })
}
