//! By what a new identity is recognised as somebody's, and what happens then.
//!
//! The project's rules come first. Without any for this provider or key, what must not be shared
//! is the email address of a provider, whatever login ID is typed, and all claims of a directory.

use appconfig::account::AccountLinkingAction;
use appconfig::flow::{FlowAccountLinkingItem, FlowBranch};
use serde_json::Value;

use crate::FlowCx;
use crate::facts::IdentityFact;

/// One rule, with what the branch says otherwise.
pub struct Rule<'c> {
    /// The value of the new identity that is looked for.
    pub value: String,
    /// The claim by which it is looked for.
    pub claim: &'static str,
    pub action: AccountLinkingAction,
    pub login_flow: Option<&'c String>,
}

/// The rules that a new identity falls under.
pub fn of<'c>(cx: &FlowCx<'c>, branch: &'c FlowBranch, incoming: &IdentityFact) -> Vec<Rule<'c>> {
    let config = &cx.ctx.app.config;
    let linking = &config.account_linking;
    let overrides = branch.account_linking.as_ref();
    match incoming {
        IdentityFact::OAuth(oauth) => {
            let alias = accounts::identity::provider::alias_of(config, &oauth.provider());
            let items = overrides.map(|it| it.oauth.as_slice()).unwrap_or_default();
            let claim = |name: &str| oauth.claims.get(name).and_then(Value::as_str);
            let own = linking.oauth.iter().filter(|it| Some(it.alias.as_str()) == alias);
            let own: Vec<_> = own.collect();
            if own.is_empty() {
                return claim("email").map(|it| by_default("email", it)).into_iter().collect();
            }
            let rule = |it: &&'c appconfig::account::AccountLinkingOAuth| {
                let value = claim(it.oauth_claim.pointer.as_str().trim_start_matches('/'))?;
                let declared = Declared { name: it.name.as_deref(), action: it.action };
                Some(declared.rule(it.user_profile.pointer.claim(), value, items))
            };
            own.iter().filter_map(rule).collect()
        }
        IdentityFact::LoginId(login_id) => {
            let items = overrides.map(|it| it.login_id.as_slice()).unwrap_or_default();
            let own: Vec<_> = linking.login_id.iter().filter(|it| it.key == login_id.key).collect();
            if own.is_empty() {
                let claims = incoming.claims().into_iter();
                return claims.map(|(name, value)| by_default(name, &value)).collect();
            }
            let rule = |it: &&'c appconfig::account::AccountLinkingLoginId| {
                let declared = Declared { name: it.name.as_deref(), action: it.action };
                declared.rule(it.user_profile.pointer.claim(), &login_id.login_id, items)
            };
            own.iter().map(rule).collect()
        }
        IdentityFact::Ldap(_) => {
            incoming.claims().into_iter().map(|(name, value)| by_default(name, &value)).collect()
        }
        IdentityFact::Known { .. } => Vec::new(),
    }
}

fn by_default<'c>(claim: &'static str, value: &str) -> Rule<'c> {
    let action = AccountLinkingAction::Error;
    Rule { value: value.to_owned(), claim, action, login_flow: None }
}

/// A rule as the project declares it.
struct Declared<'c> {
    name: Option<&'c str>,
    action: AccountLinkingAction,
}

impl Declared<'_> {
    /// With what the branch says about a rule of this name.
    fn rule<'c>(
        &self,
        claim: &'static str,
        value: &str,
        items: &'c [FlowAccountLinkingItem],
    ) -> Rule<'c> {
        let item = items.iter().find(|it| self.name == Some(it.name.as_str()));
        Rule {
            value: value.to_owned(),
            claim,
            action: item.and_then(|it| it.action).unwrap_or(self.action),
            login_flow: item.and_then(|it| it.login_flow.as_ref()),
        }
    }
}
