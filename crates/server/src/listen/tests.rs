use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::serve;

/// A server that is asked to stop by the token.
async fn start(router: Router) -> (String, CancellationToken, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(serve(listener, router, stop.clone()));
    (address, stop, server)
}

async fn greet(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        socket.send(Message::text("hello")).await.unwrap();
    })
}

#[tokio::test]
async fn a_connection_can_become_a_websocket() {
    let (address, stop, server) = start(Router::new().route("/ws", get(greet))).await;
    let url = format!("ws://{address}/ws");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let heard = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
    assert_eq!(heard.into_text().unwrap().as_str(), "hello");
    stop.cancel();
    server.join_all().await;
}

#[tokio::test]
async fn a_stop_waits_for_the_request_that_is_under_way() {
    static ARRIVED: Notify = Notify::const_new();
    static GO_ON: Notify = Notify::const_new();
    let slow = || async {
        ARRIVED.notify_one();
        GO_ON.notified().await;
        "done"
    };
    let (address, stop, server) = start(Router::new().route("/", get(slow))).await;
    let mut asking = JoinSet::new();
    asking.spawn(async move { ask(&address).await });
    ARRIVED.notified().await;
    stop.cancel();
    GO_ON.notify_one();
    let answer = asking.join_next().await.unwrap().unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    tokio::time::timeout(Duration::from_secs(8), server.join_all()).await.unwrap();
}

/// What comes back from a request for `/`.
async fn ask(address: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    // Read to the end: at a stop the connection is closed after the answer.
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
