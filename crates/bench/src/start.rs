//! How long it takes from `exec` to the first answer and to the first sign-in page.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::client::Connection;
use crate::load;
use crate::people::People;
use crate::plan::Plan;
use crate::results::Start;
use crate::server::{Server, Site};
use crate::workloads::{Prepared, Workload};

/// More redirects than this do not lead to a page.
const HOPS_MAX: usize = 5;

/// The very first start, which creates tables.
pub async fn first(site: &Site) -> Result<Start> {
    let mut start = Start { what: "first".to_owned(), ..Start::default() };
    let server = sample(site, &mut start).await?;
    server.stop().await?;
    Ok(start)
}

/// Starts with everybody there: after a stop, and after a `kill -9` in the middle of writes.
pub async fn again(site: &Site, people: &People, plan: &Plan) -> Result<Vec<Start>> {
    let mut stopped = Start { what: "again".to_owned(), ..Start::default() };
    for _ in 0..plan.starts {
        let server = sample(site, &mut stopped).await?;
        server.stop().await?;
    }
    let mut killed = Start { what: "after kill -9".to_owned(), ..Start::default() };
    let prepared = Arc::new(Prepared::of(people.clone()));
    for _ in 0..plan.starts {
        let server = Server::start(site).await?;
        let work = Workload::Refresh.work(&prepared);
        load::run(&server, work, Workload::Refresh.connections(), 1).await?;
        server.kill()?;
        let server = sample(site, &mut killed).await?;
        server.stop().await?;
    }
    Ok(vec![stopped, killed])
}

async fn sample(site: &Site, start: &mut Start) -> Result<Server> {
    let server = Server::start(site).await?;
    start.ready_ms.push(server.elapsed_ms());
    let mut connection = Connection::open(server.port).await?;
    login_page(&mut connection).await?;
    start.login_page_ms.push(server.elapsed_ms());
    start.memory_kib = server.memory_kib();
    Ok(server)
}

/// Opens the sign-in page as a browser does.
async fn login_page(connection: &mut Connection) -> Result<()> {
    let (mut path, mut cookies) = ("/login".to_owned(), String::new());
    for _ in 0..HOPS_MAX {
        let answer = connection.get(&path, &[("cookie", &cookies)]).await?;
        if answer.status == 200 {
            return Ok(());
        }
        let set = answer.cookies();
        if !set.is_empty() {
            cookies = set;
        }
        let location = answer.location()?;
        let rest = location.split_once("://").map_or(location, |(_, rest)| rest);
        path = rest.find('/').map(|at| rest[at..].to_owned()).context("a path")?;
    }
    bail!("there is no sign-in page behind /login")
}
