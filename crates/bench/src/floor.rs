//! What the machine does with nothing to do: an axum server that answers hello, one hash, one
//! signature. Everything else is read beside these.

use std::sync::Arc;
use std::time::Instant;

use accounts::{Hasher, HasherSettings};
use anyhow::{Context as _, Result};
use axum::Router;
use axum::routing::get;
use stdx::{Rng, Secret, Timestamp};

use crate::client::Connection;
use crate::load::{self, Worker};
use crate::server::Server;
use crate::{Plan, process};

/// The costs that nobody can go below.
#[derive(Clone, Debug)]
pub struct Floor {
    pub hello_ms_per_thousand: f64,
    pub hello_memory_kib: u64,
    /// One argon2id hash with the default parameters.
    pub hash_ms: f64,
    /// One RS256 signature with 2,048 bits.
    pub signature_ms: f64,
}

/// Serves hello on the port of the second argument.
pub fn serve() -> Result<()> {
    let port: u16 = std::env::args().nth(2).context("a port")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/healthz", get(|| async { "OK" }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        Ok(axum::serve(listener, router).await?)
    })
}

struct Hello;

impl Worker for Hello {
    async fn turn(&self, connection: &mut Connection, _: usize, _: u64) -> Result<bool> {
        Ok(connection.get("/", &[]).await?.status == 200)
    }
}

pub async fn measure(plan: Plan) -> Result<Floor> {
    crate::say("measuring the floor");
    let server = Server::floor().await?;
    let mut costs = Vec::new();
    for _ in 0..plan.rounds {
        let round = load::run(&server, Arc::new(Hello), 16, plan.seconds).await?;
        costs.push(round.processor_ms_per_thousand());
    }
    Ok(Floor {
        hello_ms_per_thousand: crate::report::median(&costs),
        hello_memory_kib: server.memory_kib(),
        hash_ms: hash_ms().await?,
        signature_ms: signature_ms()?,
    })
}

async fn hash_ms() -> Result<f64> {
    let hasher = Hasher::new(&HasherSettings { threads: 1, ..HasherSettings::default() });
    let (rng, password) = (Rng::system(), Secret::new("correct horse".to_owned()));
    let before = process::processor_seconds(std::process::id())?;
    for _ in 0..20 {
        hasher.hash(&rng, &password).await?;
    }
    Ok((process::processor_seconds(std::process::id())? - before) * 1e3 / 20.0)
}

fn signature_ms() -> Result<f64> {
    let set = serde_json::json!({ "keys": [jose::generate_rs256_jwk("key", Timestamp::EPOCH)] });
    let keys = jose::SigningKeys::from_jwk_set(&set)?;
    let claims = serde_json::Map::new();
    let start = Instant::now();
    for _ in 0..500 {
        std::hint::black_box(keys.sign("JWT", &claims));
    }
    Ok(start.elapsed().as_secs_f64() * 1e3 / 500.0)
}
