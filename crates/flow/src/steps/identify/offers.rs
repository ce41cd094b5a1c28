//! What an `identify` step offers, in the order in which it is declared.

use appconfig::flow::{FlowStep, Identification};
use serde_json::{Value, json};

use super::{external_jwt, oauth};
use crate::bot::{self, Challenge};
use crate::shape::{Member, Variant};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, passkey};

/// One option, and what an answer that takes it looks like.
pub struct Offer {
    pub option: Value,
    pub variant: Variant,
}

pub async fn all(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
) -> Result<Vec<Offer>, FlowError> {
    let mut offers = Vec::new();
    for branch in &step.one_of {
        let Some(identification) = branch.identification else { continue };
        let challenge = bot::challenge(cx, state, branch).await?;
        for (mut option, mut required) in of_kind(cx, state, identification, offers.len()) {
            option["identification"] = json!(identification);
            finish(&mut option, &mut required, challenge);
            let variant = Variant { tag: identification.as_str(), required };
            offers.push(Offer { option, variant });
        }
    }
    // Any place is a number; which of them is an account is for the step to say.
    let count = offers.len();
    for member in offers.iter_mut().flat_map(|it| &mut it.variant.required) {
        if let Member::Index(_, below) = member {
            *below = count;
        }
    }
    Ok(offers)
}

fn finish(option: &mut Value, required: &mut Vec<Member>, challenge: Challenge) {
    challenge.describe(option);
    required.extend(challenge.member());
}

/// The options of one branch: as many as there are providers, servers or accounts.
fn of_kind(
    cx: &FlowCx<'_>,
    state: &FlowState,
    identification: Identification,
    place: usize,
) -> Vec<(Value, Vec<Member>)> {
    match identification {
        Identification::Email | Identification::Phone | Identification::Username => {
            let login_id = if external_jwt::is_possible(cx) {
                Member::EitherText("login_id", "external_jwt")
            } else {
                Member::Text("login_id")
            };
            vec![(json!({}), vec![login_id])]
        }
        Identification::OAuth => oauth::options(cx)
            .into_iter()
            .map(|option| {
                let redirect = Member::Text("redirect_uri");
                let mode = Member::MayBeText("response_mode");
                (option, vec![Member::Text("alias"), redirect, mode])
            })
            .collect(),
        Identification::Passkey => {
            let options = passkey::request_options(cx, state, std::iter::empty());
            let option = json!({ "request_options": options });
            vec![(option, vec![Member::Object("assertion_response")])]
        }
        Identification::IdToken => vec![(json!({}), vec![Member::Text("id_token")])],
        Identification::Ldap => {
            let servers = &cx.ctx.app.config.identity.ldap.servers;
            let members = ["server_name", "username", "password"].map(Member::Text);
            let option = |name: &str| (json!({ "server_name": name }), members.to_vec());
            servers.iter().map(|server| option(&server.name)).collect()
        }
        Identification::SelectAccount => match &state.offered_account {
            Some(account) => {
                let option = json!({
                    "display_name": account.display_name,
                    "user_id": account.user_id,
                });
                vec![(option, vec![Member::Index("index", place + 1)])]
            }
            None => Vec::new(),
        },
    }
}
