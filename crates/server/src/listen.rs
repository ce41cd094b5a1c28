//! Accepting connections, and letting them finish when it is time to stop.
//!
//! Slow clients are cut off: a request's head must arrive in ten seconds, and a connection
//! that waits for its next request holds nothing but itself.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1::UpgradeableConnection;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest head that is read: room for SDK cookies and long authorization requests.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How long requests under way are waited for at a stop.
const DRAIN: Duration = Duration::from_secs(8);

/// Serves `router` on `listener` until `stop`, then waits for what is under way.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let tasks = tokio_util::task::TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let _ = stream.set_nodelay(true);
                let connection = connection(stream, peer, router.clone());
                tasks.spawn(drive(connection, stop.clone()));
            }
            Err(error) => back_off(&error).await,
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("some requests were still under way and were cut off");
    }
}

/// Serves a connection until the client is gone, or what is under way at a stop is done.
async fn drive<S>(connection: Connection<S>, stop: CancellationToken)
where
    S: Service<hyper::Request<Incoming>, Response = Response, Error = Infallible>,
    S::Future: Send,
{
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Clients go away in the middle of things; that is their business.
    if let Err(error) = ended {
        tracing::trace!(%error, "connection ended");
    }
}

/// A connection that may become a WebSocket.
type Connection<S> = UpgradeableConnection<TokioIo<TcpStream>, S>;

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> Connection<
    impl Service<hyper::Request<Incoming>, Response = Response, Error = Infallible, Future: Send>,
> {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
}

/// Too many open files passes when connections close; anything else is about one connection.
async fn back_off(error: &io::Error) {
    let passing = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionRefused,
    ];
    if !passing.contains(&error.kind()) {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[cfg(test)]
mod tests;
