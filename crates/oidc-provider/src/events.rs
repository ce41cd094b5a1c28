//! What happened here, for the audit log and for webhooks.

use accounts::models::user_model;
use ctx::Ctx;
use domain::{ClientId, UserId};
use events::{Event, Source, TerminationType, UserModel, record};
use sessions::{SessionRef, listing};
use store::Tx;

use crate::error::EndpointError;

/// Why sessions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The person wanted it.
    SignedOut,
    /// A token or a code came twice, so somebody else may have it.
    Replayed,
}

/// Notes that sessions have ended. To be called in the transaction that ended them.
pub async fn sessions_ended(
    ctx: &Ctx,
    tx: &mut Tx,
    client_id: Option<&str>,
    ended: &[SessionRef],
    why: Why,
) -> Result<(), EndpointError> {
    let (Some(user), listed) = listing::show(tx, ended).await? else { return Ok(()) };
    let Some(user) = find_user(ctx, tx, &user).await? else { return Ok(()) };
    let sessions = listed.iter().map(listing::Listed::to_model).collect();
    let event = match why {
        Why::SignedOut => Event::UserSignedOut { user, sessions },
        Why::Replayed => {
            Event::UserSessionTerminated { user, sessions, kind: TerminationType::Individual }
        }
    };
    Ok(record(ctx, tx, &source(client_id), event).await?)
}

/// How a person came to be known to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By signing in to it, and no browser session tells of that.
    Authenticated,
    /// By authenticating again within the app's session.
    Reauthenticated,
}

/// Notes that a person has authenticated, with an app or with us alone.
pub async fn authenticated(
    ctx: &Ctx,
    tx: &mut Tx,
    client_id: Option<&str>,
    session: &SessionRef,
    how: How,
) -> Result<(), EndpointError> {
    let (Some(user), listed) = listing::show(tx, std::slice::from_ref(session)).await? else {
        return Ok(());
    };
    let Some(user) = find_user(ctx, tx, &user).await? else { return Ok(()) };
    let session = listed.first().map(listing::Listed::to_model).unwrap_or_default();
    let event = match how {
        How::Authenticated => Event::UserAuthenticated { user, session },
        How::Reauthenticated => Event::UserReauthenticated { user, session },
    };
    Ok(record(ctx, tx, &source(client_id), event).await?)
}

async fn find_user(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
) -> Result<Option<UserModel>, EndpointError> {
    let overview = tx.users().find_overview(user).await?;
    Ok(overview.map(|overview| user_model(ctx, &overview)))
}

/// Through which client an event comes about.
pub fn source(client_id: Option<&str>) -> Source {
    Source { client_id: client_id.map(ClientId::new), ..Source::default() }
}
