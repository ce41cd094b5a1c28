//! One point in a flow: what is left to do, and what is known.
//!
//! States are values. Each is saved under a token of its own and never changed, so going back,
//! retrying and two tabs are all the same thing: handing in an older token. Two invariants make
//! that safe: counters never live in a state (they are in `limits`), and a flow finishes once.

use appconfig::flow::FlowKind;
use ctx::{App, Ctx};
use kv::{Key, Kv, KvError};
use serde::{Deserialize, Serialize};
use sessions::oauth_session::OAuthSession;
use stdx::Rng;

use crate::facts::{Facts, IdentityFact, Person};
use crate::hooks::Hooked;
use crate::plan::{FlowRef, StepPath};
use crate::stage::Stage;

/// How long a state waits for the next input.
const LIFETIME_SECONDS: i64 = 20 * 60;

/// The most states of a flow that are remembered for its end; more of them end by themselves.
const TRAIL_MAX: usize = 64;

/// A point in a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowState {
    /// Stays the same through the flow.
    pub flow_id: String,
    pub flow: FlowRef,
    /// Innermost last: the step being asked about is at the end.
    pub todo: Vec<Todo>,
    /// Where that step stands, when it takes several turns.
    #[serde(default)]
    pub stage: Option<Stage>,
    pub facts: Facts,
    #[serde(default)]
    pub hooked: Hooked,
    /// What passkeys sign in this flow (WebAuthn Level 2 §13.4.3). The flow finishes once.
    pub challenge: String,
    pub setting: Setting,
    /// The account that the browser is signed in to, if it is offered.
    #[serde(default)]
    pub offered_account: Option<OfferedAccount>,
    #[serde(default)]
    pub is_account_computed: bool,
    /// Somebody who came back from a provider while the flow became another one.
    #[serde(default)]
    pub arrived: Option<ArrivedFact>,
    /// The names of the states that led here, and of this one: they go when the flow ends.
    #[serde(default)]
    pub trail: Vec<String>,
}

/// An account to go on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedAccount {
    pub user_id: String,
    pub display_name: String,
}

/// Somebody who came back from a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrivedFact {
    pub fact: IdentityFact,
    /// The claims that the provider vouches for.
    pub proved: Vec<(String, String)>,
}

/// A step that is still to be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    pub path: StepPath,
    /// The flow whose step it is, when it is not the state's own: somebody signs in on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowRef>,
    /// Whether no flow declares it: hooks insist on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_enforced: bool,
}

/// What the flow was started with, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The pending authorization request that this flow is for.
    pub oauth_session_id: Option<String>,
    pub client_id: Option<String>,
    pub redirect_uri: Option<String>,
    pub prompt: Vec<String>,
    pub state: Option<String>,
    pub x_state: Option<String>,
    pub ui_locales: Option<String>,
    pub login_hint: Option<String>,
    /// The person that `id_token_hint` names; anyone else is refused.
    pub user_id_hint: Option<String>,
    pub suppresses_idp_session_cookie: bool,
    /// The language to write messages in; one that the project has texts in.
    #[serde(default)]
    pub language: Option<String>,
}

impl Setting {
    /// The setting of a flow for a pending authorization request.
    pub fn of_request(id: &str, pending: &OAuthSession) -> Self {
        let request = &pending.request;
        let prompt = &request.prompt;
        let words = [
            (prompt.none, "none"),
            (prompt.login, "login"),
            (prompt.consent, "consent"),
            (prompt.select_account, "select_account"),
        ];
        Self {
            oauth_session_id: Some(id.to_owned()),
            client_id: Some(request.client_id.clone()),
            redirect_uri: Some(request.redirect_uri.clone()),
            prompt: words.iter().filter(|it| it.0).map(|it| it.1.to_owned()).collect(),
            state: request.state.clone(),
            x_state: request.x.state.clone(),
            ui_locales: request.ui_locales.clone(),
            login_hint: request.login_hint.clone(),
            user_id_hint: pending.user_id_hint.clone(),
            suppresses_idp_session_cookie: request.suppresses_idp_session_cookie(),
            language: None,
        }
    }
}

impl FlowState {
    /// The beginning of a flow. Who signs up gets their id here, so that every step knows it.
    pub fn new(rng: &Rng, flow: FlowRef, setting: Setting) -> Self {
        let flow_id = format!("authflow_{}", rng.token());
        let mut state = Self {
            flow_id,
            flow,
            todo: Vec::new(),
            stage: None,
            facts: Facts::default(),
            hooked: Hooked::default(),
            challenge: stdx::base64url(&rng.bytes::<32>()),
            setting,
            offered_account: None,
            is_account_computed: false,
            arrived: None,
            trail: Vec::new(),
        };
        state.begin(rng);
        state
    }

    /// Forgets what was established, and what hooks said; `flow` has just been set or changed.
    pub fn begin(&mut self, rng: &Rng) {
        self.facts = Facts::default();
        self.hooked = Hooked::default();
        self.stage = None;
        if self.flow.kind == FlowKind::Signup {
            self.facts.person = Some(Person { id: rng.uuid(), is_new: true });
        }
    }
}

/// A state's name: opaque, and all that a client needs to come back to it.
pub type StateToken = String;

/// Saves `state` under a fresh token.
pub async fn save(ctx: &Ctx, kv: &Kv, state: &mut FlowState) -> Result<StateToken, KvError> {
    let token = format!("authflowstate_{}", ctx.rng.token());
    let name = stdx::sha256_hex(&token);
    if state.trail.len() < TRAIL_MAX {
        state.trail.push(name.clone());
    }
    kv.put_json(&key(&ctx.app, &name), state, LIFETIME_SECONDS, ctx.now).await?;
    Ok(token)
}

/// Forgets the states that led to the end of a flow: none of them is of use any more. The end has
/// happened, so that nothing can fail here.
pub async fn forget(ctx: &Ctx, kv: &Kv, state: &FlowState) {
    let keys: Vec<Key> = state.trail.iter().map(|name| key(&ctx.app, name)).collect();
    if let Err(error) = kv.delete_all(&keys).await {
        tracing::warn!(%error, "the states of a finished flow stay until their time is over");
    }
}

/// The state called `token`, unless it never was or is too old.
pub async fn find(ctx: &Ctx, kv: &Kv, token: &str) -> Result<Option<FlowState>, KvError> {
    kv.get_json(&key(&ctx.app, &stdx::sha256_hex(token)), ctx.now).await
}

/// Claims the end of a flow for the caller: true once per flow.
pub async fn claim_finish(ctx: &Ctx, kv: &Kv, flow_id: &str) -> Result<bool, KvError> {
    let key = Key::new(&ctx.app.id, "authflow_finished", flow_id);
    kv.swap(&key, None, b"1", LIFETIME_SECONDS, ctx.now).await
}

/// Takes a claim back, when what it was for did not happen.
pub async fn release_finish(ctx: &Ctx, kv: &Kv, flow_id: &str) -> Result<(), KvError> {
    kv.delete(&Key::new(&ctx.app.id, "authflow_finished", flow_id)).await
}

/// `name` is the token's hash, so that a dump of the cache is not a list of tokens.
fn key(app: &App, name: &str) -> Key {
    Key::new(&app.id, "authflow_state", name)
}
