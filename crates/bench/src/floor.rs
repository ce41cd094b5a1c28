//! What the machine does with nothing to do: an axum server that answers hello, one hash, one
//! signature. Everything else is read beside these.

use std::sync::Arc;
use std::time::Instant;

use accounts::{Hasher, HasherSettings};
use anyhow::Result;
use axum::Router;
use axum::routing::get;
use stdx::{Rng, Secret, Timestamp};

use crate::client::Connection;
use crate::load::{self, Worker};
use crate::plan::Plan;
use crate::process;
use crate::results::FloorRounds;
use crate::server::Server;

/// Of hello, as of most workloads.
const CONNECTIONS: usize = 16;

const HASHES: u32 = 15;
const SIGNATURES: u32 = 300;

/// Serves hello.
pub fn serve(port: u16) -> Result<()> {
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

/// The floor, measured now and again.
pub struct Floor {
    server: Server,
    hasher: Hasher,
    keys: jose::SigningKeys,
    rounds: FloorRounds,
}

impl Floor {
    pub async fn start() -> Result<Self> {
        let key = jose::generate_rs256_jwk("key", Timestamp::EPOCH);
        let hasher = Hasher::new(&HasherSettings { threads: 1, ..HasherSettings::default() });
        Ok(Self {
            server: Server::floor().await?,
            hasher,
            keys: jose::SigningKeys::from_jwk_set(&serde_json::json!({ "keys": [key] }))?,
            rounds: FloorRounds::default(),
        })
    }

    pub async fn round(&mut self, plan: &Plan, counts: bool) -> Result<()> {
        let hello = load::run(&self.server, Arc::new(Hello), CONNECTIONS, plan.seconds).await?;
        let (hash_ms, signature_ms) = (self.hash_ms().await?, self.signature_ms());
        if counts {
            self.rounds.hello.push(hello);
            self.rounds.hash_ms.push(hash_ms);
            self.rounds.signature_ms.push(signature_ms);
        }
        Ok(())
    }

    pub fn end(mut self) -> FloorRounds {
        self.rounds.hello_memory_kib = self.server.memory_kib();
        self.rounds
    }

    async fn hash_ms(&self) -> Result<f64> {
        let (rng, password) = (Rng::system(), Secret::new("correct horse".to_owned()));
        let before = process::processor_seconds(std::process::id())?;
        for _ in 0..HASHES {
            self.hasher.hash(&rng, &password).await?;
        }
        let spent = process::processor_seconds(std::process::id())? - before;
        Ok(spent * 1e3 / f64::from(HASHES))
    }

    fn signature_ms(&self) -> f64 {
        let claims = serde_json::Map::new();
        // Short enough for the fastest of some tries not to have been interrupted.
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            for _ in 0..SIGNATURES / 5 {
                std::hint::black_box(self.keys.sign("JWT", &claims));
            }
            best = best.min(start.elapsed().as_secs_f64() * 1e3 / f64::from(SIGNATURES / 5));
        }
        best
    }
}
