//! What is measured.

use std::sync::Arc;

use anyhow::Result;

use crate::client::Connection;
use crate::load::{self, Round, Worker};
use crate::server::Server;
use crate::sign_in::{self, SignedIn};

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    Discovery,
    Jwks,
    ResolverCookie,
    ResolverJwt,
    Userinfo,
    Refresh,
    SignIn,
    SignUp,
}

/// People who are signed in.
pub struct Prepared {
    people: Arc<Vec<SignedIn>>,
}

/// Signs people up and in.
pub async fn prepare(server: &Server, people: usize) -> Result<Prepared> {
    let mut connection = Connection::open(server.port).await?;
    let mut signed_in = Vec::with_capacity(people);
    for number in 0..people {
        let name = format!("person{number}");
        sign_in::sign_up(&mut connection, &name).await?;
        signed_in.push(sign_in::sign_in(&mut connection, &name).await?);
    }
    Ok(Prepared { people: Arc::new(signed_in) })
}

impl Workload {
    pub const ALL: [Self; 8] = [
        Self::Discovery,
        Self::Jwks,
        Self::ResolverCookie,
        Self::ResolverJwt,
        Self::Userinfo,
        Self::Refresh,
        Self::SignIn,
        Self::SignUp,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Jwks => "JWKS",
            Self::ResolverCookie => "resolver, cookie",
            Self::ResolverJwt => "resolver, JWT",
            Self::Userinfo => "userinfo",
            Self::Refresh => "refresh",
            Self::SignIn => "sign-in (6 requests)",
            Self::SignUp => "sign-up (1 request)",
        }
    }

    /// Sixteen connections for what is cheap, four for what hashes.
    const fn workers(self) -> usize {
        match self {
            Self::SignIn | Self::SignUp => 4,
            Self::Refresh => 64,
            _ => 16,
        }
    }

    pub async fn run(self, server: &Server, prepared: &Prepared, seconds: u64) -> Result<Round> {
        let run = stdx::Rng::system().digits(9);
        let work = Arc::new(Work { workload: self, people: prepared.people.clone(), run });
        load::run(server, work, self.workers(), seconds).await
    }
}

struct Work {
    workload: Workload,
    people: Arc<Vec<SignedIn>>,
    /// Makes the names of one run its own.
    run: String,
}

impl Worker for Work {
    async fn turn(&self, connection: &mut Connection, worker: usize, turn: u64) -> Result<bool> {
        // A step that shares no factor with the usual numbers of people visits all of them.
        let at = (worker * 7919 + usize::try_from(turn)? * 104_729) % self.people.len();
        let person = &self.people[at];
        let bearer = format!("Bearer {}", person.access_token);
        let ok = |it: crate::client::Answer| it.status == 200;
        match self.workload {
            Workload::Discovery => {
                connection.get("/.well-known/openid-configuration", &[]).await.map(ok)
            }
            Workload::Jwks => connection.get("/oauth2/jwks", &[]).await.map(ok),
            Workload::ResolverCookie => {
                let answer =
                    connection.get("/_resolver/resolve", &[("cookie", &person.cookie)]).await?;
                Ok(answer.headers.get("x-authgear-session-valid").is_some_and(|it| it == "true"))
            }
            Workload::ResolverJwt => {
                let answer =
                    connection.get("/_resolver/resolve", &[("authorization", &bearer)]).await?;
                Ok(answer.headers.get("x-authgear-session-valid").is_some_and(|it| it == "true"))
            }
            Workload::Userinfo => {
                connection.get("/oauth2/userinfo", &[("authorization", &bearer)]).await.map(ok)
            }
            Workload::Refresh => sign_in::refresh(connection, &person.refresh_token).await,
            Workload::SignIn => {
                sign_in::sign_in(connection, &format!("person{at}")).await.map(|_| true)
            }
            Workload::SignUp => {
                let name = format!("new{}x{worker}x{turn}", self.run);
                sign_in::sign_up(connection, &name).await.map(|()| true)
            }
        }
    }
}
