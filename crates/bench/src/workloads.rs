//! What is measured.

use std::sync::Arc;

use anyhow::Result;

use crate::client::Connection;
use crate::load::{self, Round, Worker};
use crate::people::{self, CLIENT, JWT_CLIENT, People};
use crate::plan::Plan;
use crate::server::Server;
use crate::sign_in::{self, SignedIn};

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    Discovery,
    Jwks,
    ResolverHot,
    ResolverCookie,
    ResolverToken,
    ResolverJwt,
    Userinfo,
    UserinfoJwt,
    Refresh,
    SignIn,
    SignUp,
}

/// People who are signed in.
#[derive(Clone)]
pub struct Prepared {
    pub people: People,
    /// Holders of JWTs: somebody has to have signed those.
    with_jwts: Arc<Vec<SignedIn>>,
}

impl Prepared {
    pub async fn new(server: &Server, people: People, plan: &Plan) -> Result<Self> {
        let with_jwts = people::by_the_front_door(server, JWT_CLIENT, plan.sign_ins).await?;
        Ok(Self { people, with_jwts: Arc::new(with_jwts) })
    }

    /// Without anybody who holds a JWT.
    pub fn of(people: People) -> Self {
        Self { people, with_jwts: Arc::default() }
    }
}

impl Workload {
    pub const ALL: [Self; 11] = [
        Self::Discovery,
        Self::Jwks,
        Self::ResolverHot,
        Self::ResolverCookie,
        Self::ResolverToken,
        Self::ResolverJwt,
        Self::Userinfo,
        Self::UserinfoJwt,
        Self::Refresh,
        Self::SignIn,
        Self::SignUp,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Jwks => "JWKS",
            Self::ResolverHot => "resolver, cookie, one session",
            Self::ResolverCookie => "resolver, cookie, any session",
            Self::ResolverToken => "resolver, opaque token, any session, 1 % unknown",
            Self::ResolverJwt => "resolver, JWT",
            Self::Userinfo => "userinfo, opaque token, any session",
            Self::UserinfoJwt => "userinfo, JWT",
            Self::Refresh => "refresh (opaque access token, signed ID token)",
            Self::SignIn => "sign-in (6 requests, one hash, signed ID token)",
            Self::SignUp => "sign-up (1 request, one hash)",
        }
    }

    /// Sixteen for what is cheap, fewer for what hashes.
    pub const fn connections(self) -> usize {
        match self {
            Self::SignIn => 10,
            Self::SignUp => 4,
            Self::Refresh => 64,
            _ => 16,
        }
    }

    pub async fn run(self, server: &Server, prepared: &Prepared, seconds: u64) -> Result<Round> {
        let work = self.work(&Arc::new(prepared.clone()));
        load::run(server, work, self.connections(), seconds).await
    }

    pub fn work(self, prepared: &Arc<Prepared>) -> Arc<Work> {
        let run = stdx::Rng::system().digits(9);
        Arc::new(Work { workload: self, prepared: prepared.clone(), run })
    }
}

/// A workload of one round.
pub struct Work {
    workload: Workload,
    prepared: Arc<Prepared>,
    /// Makes what happens in one round its own.
    run: String,
}

impl Work {
    /// Somebody, anew with every turn.
    fn anybody(&self, worker: usize, turn: u64) -> SignedIn {
        let run: u64 = self.run.parse().unwrap_or_default();
        let number = run.wrapping_mul(1_000_003) ^ (worker as u64) << 40 ^ turn;
        self.prepared.people.person(pick(number, self.prepared.people.count()))
    }

    fn with_jwt(&self, worker: usize, turn: u64) -> &SignedIn {
        let number = (worker as u64) << 40 ^ turn;
        &self.prepared.with_jwts[pick(number, self.prepared.with_jwts.len())]
    }
}

impl Worker for Work {
    async fn turn(&self, connection: &mut Connection, worker: usize, turn: u64) -> Result<bool> {
        match self.workload {
            Workload::Discovery => ok(connection, "/.well-known/openid-configuration", None).await,
            Workload::Jwks => ok(connection, "/oauth2/jwks", None).await,
            Workload::ResolverHot => {
                let cookie = self.prepared.people.person(0).cookie;
                resolve(connection, ("cookie", &cookie)).await
            }
            Workload::ResolverCookie => {
                resolve(connection, ("cookie", &self.anybody(worker, turn).cookie)).await
            }
            Workload::ResolverToken => {
                let token = self.anybody(worker, turn).access_token;
                let is_known = !turn.is_multiple_of(100);
                let token = if is_known { token } else { token.to_uppercase() };
                let found = resolve(connection, ("authorization", &bearer(&token))).await?;
                Ok(found == is_known)
            }
            Workload::ResolverJwt => {
                let bearer = bearer(&self.with_jwt(worker, turn).access_token);
                resolve(connection, ("authorization", &bearer)).await
            }
            Workload::Userinfo => {
                let bearer = bearer(&self.anybody(worker, turn).access_token);
                ok(connection, "/oauth2/userinfo", Some(&bearer)).await
            }
            Workload::UserinfoJwt => {
                let bearer = bearer(&self.with_jwt(worker, turn).access_token);
                ok(connection, "/oauth2/userinfo", Some(&bearer)).await
            }
            Workload::Refresh => {
                sign_in::refresh(connection, &self.anybody(worker, turn).refresh_token).await
            }
            Workload::SignIn => {
                let name = self.anybody(worker, turn).name;
                sign_in::sign_in(connection, CLIENT, &name).await.map(|_| true)
            }
            Workload::SignUp => {
                let name = format!("new{}x{worker}x{turn}", self.run);
                sign_in::sign_up(connection, &name).await.map(|()| true)
            }
        }
    }
}

async fn ok(connection: &mut Connection, path: &str, bearer: Option<&str>) -> Result<bool> {
    let headers: Vec<_> = bearer.map(|it| ("authorization", it)).into_iter().collect();
    Ok(connection.get(path, &headers).await?.status == 200)
}

async fn resolve(connection: &mut Connection, credential: (&str, &str)) -> Result<bool> {
    let answer = connection.get("/_resolver/resolve", &[credential]).await?;
    Ok(answer.headers.get("x-authgear-session-valid").is_some_and(|it| it == "true"))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// One of `count`, scattered evenly (splitmix64).
pub fn pick(number: u64, count: usize) -> usize {
    let mut it = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((it ^ (it >> 31)) % count.max(1) as u64) as usize
}
