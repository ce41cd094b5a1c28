//! Who is signed in, and with what.
//!
//! In the embedded database they are loaded in bulk: their credentials follow from their
//! number, so a million of them take no memory here. On servers some come in by the front door.

use std::sync::Arc;

use anyhow::Result;

use crate::client::Connection;
use crate::plan::Plan;
use crate::server::{Engine, Server, Site};
use crate::sign_in::{self, SignedIn};
use crate::{bulk, say};

/// Clients of the project: one has opaque access tokens, the other JWTs.
pub const CLIENT: &str = "bench";
pub const JWT_CLIENT: &str = "bench-jwt";

/// Everybody who is signed in. Cheap to clone.
#[derive(Clone)]
pub enum People {
    Loaded { count: usize },
    SignedIn(Arc<Vec<SignedIn>>),
}

impl People {
    /// Brings them in, while no server is running.
    pub async fn create(site: &Site, plan: &Plan) -> Result<Self> {
        if site.engine == Engine::Sqlite {
            say(&format!("loading {} people who are signed in", plan.people));
            let server = Server::start(site).await?;
            let mut connection = Connection::open(server.port).await?;
            sign_in::sign_up(&mut connection, bulk::TEMPLATE).await?;
            sign_in::sign_in(&mut connection, CLIENT, bulk::TEMPLATE).await?;
            server.stop().await?;
            bulk::load(&site.database(), plan.people)?;
            return Ok(Self::Loaded { count: plan.people });
        }
        say(&format!("signing {} people in", plan.sign_ins));
        let server = Server::start(site).await?;
        let people = by_the_front_door(&server, CLIENT, plan.sign_ins).await?;
        server.stop().await?;
        Ok(Self::SignedIn(Arc::new(people)))
    }

    pub fn count(&self) -> usize {
        match self {
            Self::Loaded { count } => *count,
            Self::SignedIn(people) => people.len(),
        }
    }

    pub fn person(&self, number: usize) -> SignedIn {
        match self {
            Self::Loaded { .. } => bulk::Person::new(number).signed_in(),
            Self::SignedIn(people) => people[number].clone(),
        }
    }
}

/// Signs people up, where they are not yet, and in.
pub async fn by_the_front_door(
    server: &Server,
    client: &str,
    count: usize,
) -> Result<Vec<SignedIn>> {
    let mut connection = Connection::open(server.port).await?;
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let name = format!("{client}{number}");
        sign_in::sign_up(&mut connection, &name).await?;
        people.push(sign_in::sign_in(&mut connection, client, &name).await?);
    }
    Ok(people)
}
