//! Access tokens and ID tokens out of a grant, in two steps.
//!
//! What makes a token good is written in the caller's transaction. A signature takes longer than
//! the rest of an exchange together and needs nothing but what was read there, so signing waits
//! until that transaction is over: on SQLite nobody else could write meanwhile.

use appconfig::ClientConfig;
use appconfig::hook::BlockingEvent;
use ctx::Ctx;
use domain::{AccessTokenHolder, Grant, Scopes, UserOverview};
use events::Hooks;
use events::hooks::HookRefusal;
use oauth::{TokenResponse, scope};
use serde_json::{Map, Value};
use sessions::{SessionRef, access_token, device_secret};
use stdx::Secret;
use store::Tx;

use crate::dpop::{bound_to, confirmation, token_type};
use crate::error::EndpointError;
use crate::hooked::{Additions, Question, with};
use crate::id_token::{
    Subject, access_token_claims, id_token_claims, sign_access_token, sign_id_token,
};

/// What the tokens are to say, and what goes out with them.
pub struct Issue {
    pub grant: Grant,
    pub scopes: Scopes,
    pub nonce: Option<String>,
    /// Claims that were asked for in the ID token.
    pub claims: Vec<String>,
    /// The `sid` of the ID token, when it is not the grant's.
    pub sid: Option<String>,
    pub refresh_token: Option<Secret<String>>,
    /// The key that the request proved.
    pub dpop_jkt: Option<String>,
    /// The server that the access token is for, if it is not this one.
    pub resource: Option<String>,
}

/// Tokens that are on record, and become text once that is committed.
#[must_use]
pub struct Unsigned {
    what: Issue,
    issued: access_token::Issued,
    overview: UserOverview,
    device_secret: Option<Secret<String>>,
}

/// Records the access token, and reads what the tokens will say of the person. With `device_sso`,
/// the device that the grant was made on gets a new secret.
pub async fn record(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    what: Issue,
) -> Result<Unsigned, EndpointError> {
    record_for_device(ctx, tx, client, what, None).await
}

/// The same for a device that may have the secret of the grant, and then keeps it.
pub async fn record_for_device(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    mut what: Issue,
    held: Option<&str>,
) -> Result<Unsigned, EndpointError> {
    // Another client that shares the grant must not take the secret from the device.
    let is_on_device = what.scopes.contains(scope::DEVICE_SSO)
        && what.grant.client_id.as_str() == client.client_id;
    let mut device_secret = None;
    if is_on_device && !held.is_some_and(|it| device_secret::is_of(&what.grant, it)) {
        let jkt = what.dpop_jkt.clone();
        device_secret = device_secret::renew(ctx, tx, &mut what.grant, jkt.as_deref()).await?;
    }
    let holder = AccessTokenHolder::Grant(what.grant.id.clone());
    let (scopes, bound_to) = (what.scopes.clone(), bound_to(client, what.dpop_jkt.as_ref()));
    let holder = (holder, what.resource.as_deref());
    let issued = access_token::issue_for(ctx, tx, client, holder, (scopes, bound_to)).await?;
    let overview = tx.users().find_overview(&what.grant.user_id).await?;
    let Some(overview) = overview else {
        // The row of the grant refers to it.
        return Err(oauth::OAuthError::invalid_grant("invalid user").into());
    };
    Ok(Unsigned { what, issued, overview, device_secret })
}

/// Whether hooks want to be asked about tokens. Which there will be is seen when it is tried.
pub fn asks_hooks(ctx: &Ctx) -> bool {
    Hooks::is_asked(ctx, BlockingEvent::OidcIdTokenPreCreate)
        || Hooks::is_asked(ctx, BlockingEvent::OidcJwtPreCreate)
}

impl Unsigned {
    /// What the tokens hang on.
    pub fn grant(&self) -> &Grant {
        &self.what.grant
    }

    /// What the ID token is to say, where `openid` was granted.
    pub fn id_token_claims(&self, ctx: &Ctx, client: &ClientConfig) -> Option<Map<String, Value>> {
        let Issue { scopes, nonce, claims: asked, .. } = &self.what;
        let sid = self.sid();
        let claims = || {
            let subject = self.subject(&sid);
            id_token_claims(ctx, client, scopes, &subject, (nonce.as_deref(), asked))
        };
        scopes.contains(scope::OPENID).then(claims)
    }

    /// What the access token is to say, where it is one that says anything.
    pub fn access_token_claims(
        &self,
        ctx: &Ctx,
        client: &ClientConfig,
    ) -> Option<Map<String, Value>> {
        let sid = self.sid();
        let claims = || {
            let subject = self.subject(&sid);
            let mut claims =
                access_token_claims(ctx, client, &self.issued, &self.what.scopes, &subject);
            let jkt = bound_to(client, self.what.dpop_jkt.as_ref());
            claims.extend(jkt.as_deref().map(confirmation));
            if let Some(resource) = &self.what.resource {
                claims.insert("aud".to_owned(), resource.as_str().into());
            }
            claims
        };
        // What another server reads must say what it is.
        let says_something = client.issue_jwt_access_token || self.what.resource.is_some();
        says_something.then(claims)
    }

    /// What hooks add to these tokens if they go out. To be called with no transaction open.
    pub async fn ask_hooks(
        &self,
        ctx: &Ctx,
        hooks: &Hooks,
        client: &ClientConfig,
    ) -> Result<Additions, HookRefusal> {
        let question = Question { ctx, hooks, client, overview: &self.overview };
        let mut additions = Additions::default();
        if let Some(claims) = self.access_token_claims(ctx, client) {
            additions.access_token = question.access_token(claims).await?;
        }
        if let Some(claims) = self.id_token_claims(ctx, client) {
            additions.id_token = question.id_token(claims).await?;
        }
        Ok(additions)
    }

    /// The answer: the access token and, where `openid` was granted, the ID token, with what
    /// hooks add to them. To be called with no transaction open.
    pub fn sign(self, ctx: &Ctx, client: &ClientConfig, additions: Additions) -> TokenResponse {
        let access_token = match self.access_token_claims(ctx, client) {
            Some(claims) => sign_access_token(ctx, &with(claims, additions.access_token)),
            None => self.issued.token.reveal().clone(),
        };
        let id_token = self.id_token_claims(ctx, client);
        let id_token = id_token.map(|it| sign_id_token(ctx, client, &with(it, additions.id_token)));
        let jkt = bound_to(client, self.what.dpop_jkt.as_ref());
        let Issue { scopes, refresh_token, .. } = self.what;
        TokenResponse {
            token_type: Some(token_type(jkt.as_deref())),
            access_token: Some(access_token),
            expires_in: Some(self.issued.expires_in_seconds),
            refresh_token: refresh_token.map(|it| it.reveal().clone()),
            id_token,
            device_secret: self.device_secret.map(|it| it.reveal().clone()),
            scope: told_scope(client, &scopes),
            ..TokenResponse::default()
        }
    }

    fn sid(&self) -> String {
        let own = || SessionRef::Grant(self.what.grant.id.clone()).sid();
        self.what.sid.clone().unwrap_or_else(own)
    }

    fn subject<'a>(&'a self, sid: &'a str) -> Subject<'a> {
        let grant = &self.what.grant;
        Subject {
            overview: &self.overview,
            amr: &grant.amr,
            authenticated_at: grant.authenticated_at,
            sid,
            ds_hash: grant.device_secret_hash.as_deref(),
        }
    }
}

/// RFC 6749 §5.1 asks for the scope where it may differ from what was asked for. SDKs of a
/// project's own apps do not expect it, and theirs does not differ.
fn told_scope(client: &ClientConfig, scopes: &Scopes) -> Option<String> {
    client.is_confidential().then(|| scopes.to_string())
}
