//! What a project's hooks add to tokens (`oidc.jwt.pre_create`, `oidc.id_token.pre_create`).
//!
//! They are asked before anything is written: a no, or silence, leaves the code or the refresh
//! token as it was, but for what was used up on the way. So an exchange is tried in a transaction
//! that is dropped, the hooks see what its tokens would say, and then it happens. Hooks may add
//! claims; to change or remove one of ours is refused.

use accounts::models::{identity_model, user_model};
use appconfig::ClientConfig;
use appconfig::hook::BlockingEvent;
use ctx::Ctx;
use domain::{ClientId, Identity, UserOverview};
use events::hooks::{Allowed, Blocking, HookRefusal};
use events::{Hooks, Source};
use serde_json::{Map, Value, json};

/// Claims that are added to those of ours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Additions {
    pub access_token: Map<String, Value>,
    pub id_token: Map<String, Value>,
}

/// Asks about one token.
pub struct Question<'a> {
    pub ctx: &'a Ctx,
    pub hooks: &'a Hooks,
    pub client: &'a ClientConfig,
    /// Whom it speaks of.
    pub overview: &'a UserOverview,
}

impl Question<'_> {
    /// The claims that hooks add to an access token that says `claims`.
    pub async fn access_token(
        &self,
        claims: Map<String, Value>,
    ) -> Result<Map<String, Value>, HookRefusal> {
        let event = BlockingEvent::OidcJwtPreCreate;
        let said = self.ask(event, "jwt", &claims).await?.mutations.jwt_payload;
        added(self.ctx, event, &claims, said)
    }

    /// The claims that hooks add to an ID token that says `claims`.
    pub async fn id_token(
        &self,
        claims: Map<String, Value>,
    ) -> Result<Map<String, Value>, HookRefusal> {
        let event = BlockingEvent::OidcIdTokenPreCreate;
        let said = self.ask(event, "id_token", &claims).await?.mutations.id_token_payload;
        added(self.ctx, event, &claims, said)
    }

    async fn ask(
        &self,
        event: BlockingEvent,
        token: &str,
        claims: &Map<String, Value>,
    ) -> Result<Allowed, HookRefusal> {
        if !Hooks::is_asked(self.ctx, event) {
            return Ok(Allowed::default());
        }
        let identities: Vec<Value> = self
            .overview
            .identities
            .iter()
            .map(|it| &it.identity)
            .filter(|it| is_told(it))
            .map(|it| identity_model(self.ctx, it))
            .collect();
        let payload = [
            ("user", user_model(self.ctx, self.overview).model),
            ("identities", json!(identities)),
            (token, json!({ "payload": claims })),
        ];
        let question = Blocking {
            event,
            user: Some(&self.overview.user.id),
            payload: payload.into_iter().map(|(name, it)| (name.to_owned(), it)).collect(),
        };
        let client_id = Some(ClientId::new(&self.client.client_id));
        let source = Source { client_id, ..Source::default() };
        self.hooks.decide(self.ctx, &source, question).await
    }
}

/// Whether hooks are told of an identity: those that say something of the person.
const fn is_told(identity: &Identity) -> bool {
    match identity {
        Identity::LoginId(_) | Identity::OAuth(_) | Identity::Ldap(_) => true,
        Identity::Anonymous(_) | Identity::Passkey(_) | Identity::Biometric(_) => false,
    }
}

/// What was added to `claims`; nothing of ours may be missing or different.
fn added(
    ctx: &Ctx,
    event: BlockingEvent,
    claims: &Map<String, Value>,
    said: Option<Map<String, Value>>,
) -> Result<Map<String, Value>, HookRefusal> {
    let Some(mut said) = said else { return Ok(Map::new()) };
    for (name, value) in claims {
        if said.remove(name).as_ref() != Some(value) {
            let event_type = event.as_str();
            let app = ctx.app.id.as_str();
            tracing::warn!(
                app,
                event_type,
                claim = name,
                "a hook changes a claim that is not its own"
            );
            return Err(HookRefusal::Failed { event, reason: "HookInvalidResponse" });
        }
    }
    Ok(said)
}

/// The claims with what was added. What is said anew since the hooks were asked is ours again.
pub fn with(mut claims: Map<String, Value>, additions: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in additions {
        claims.entry(name).or_insert(value);
    }
    claims
}
