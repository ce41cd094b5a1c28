//! Links approved here and on another node, and who may not listen.

use accounts::otp::{self, Asking, Form, Generated, Otp, Purpose};
use appconfig::authenticator::OobChannel;
use axum::middleware::from_fn_with_state;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use stdx::Secret;
use testkit::World;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::REFRESH;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
/// The status, and the reason of the error.
type Refused = (u16, String);

const OTP: Otp<'static> = Otp {
    purpose: Purpose::OobOtp,
    form: Form::Link,
    channel: OobChannel::Email,
    target: "alice@example.com",
};

/// A node that serves the API on loopback.
struct Node {
    address: String,
    _server: JoinSet<()>,
}

impl Node {
    async fn of(world: &World) -> Self {
        let platform = world.platform.clone();
        let router = crate::router()
            .layer(from_fn_with_state(platform.clone(), web::enter))
            .with_state(platform);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, _server: server }
    }

    /// Connects as a browser on a page of `origin` does, or as another program.
    async fn connect(&self, channel: &str, origin: Option<&str>) -> Result<Socket, Refused> {
        let address = &self.address;
        let url = format!("ws://{address}/api/v1/authentication_flows/ws?channel={channel}");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("host", "localhost:3000".parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => {
                let body: Value =
                    serde_json::from_slice(answer.body().as_deref().unwrap()).unwrap();
                let reason = body["error"]["reason"].as_str().unwrap().to_owned();
                Err((answer.status().as_u16(), reason))
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A link that was asked for in this room.
async fn link(world: &World, room: &str) -> Secret<String> {
    let asking = Asking { room: Some(room), ..Asking::default() };
    let made = otp::generate(&world.ctx(), &world.platform.kv, OTP, asking).await.unwrap();
    let Generated::Code(code) = made else { panic!("{made:?}") };
    code
}

async fn approve(world: &World, code: &Secret<String>) {
    otp::approve_link(&world.ctx(), &world.platform.kv, code).await.unwrap();
}

async fn message(socket: &mut Socket) -> String {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[track_caller]
fn refused(connected: Result<Socket, Refused>, status: u16, reason: &str) {
    assert_eq!(connected.err(), Some((status, reason.to_owned())));
}

#[tokio::test]
async fn whoever_waits_is_told_and_whoever_comes_late_too() {
    let world = World::new("").await;
    let node = Node::of(&world).await;
    let code = link(&world, "room").await;
    let mut waits = node.connect("room", None).await.unwrap();
    approve(&world, &code).await;
    assert_eq!(message(&mut waits).await, REFRESH);
    let mut late = node.connect("room", None).await.unwrap();
    assert_eq!(message(&mut late).await, REFRESH);
}

#[tokio::test]
async fn another_node_tells_as_well() {
    let world = World::new("").await;
    let (store, kv) = (world.platform.store.clone(), world.platform.kv.clone());
    let elsewhere = World::on("", store, kv);
    let node = Node::of(&elsewhere).await;
    let code = link(&world, "room").await;
    let mut waits = node.connect("room", None).await.unwrap();
    approve(&world, &code).await;
    assert_eq!(message(&mut waits).await, REFRESH);
}

#[tokio::test]
async fn only_the_room_of_the_link_is_told() {
    let world = World::new("").await;
    let node = Node::of(&world).await;
    link(&world, "replaced").await;
    world.sleep(60);
    let code = link(&world, "newest").await;
    let mut waits = node.connect("newest", None).await.unwrap();
    let mut other = node.connect("replaced", None).await.unwrap();
    approve(&world, &code).await;
    assert_eq!(message(&mut waits).await, REFRESH);
    // Nothing came before the answer to a ping.
    other.send(Message::Ping("still there?".into())).await.unwrap();
    let heard = loop {
        match other.next().await.unwrap().unwrap() {
            Message::Ping(_) => {}
            heard => break heard,
        }
    };
    assert_eq!(heard, Message::Pong("still there?".into()));
}

#[tokio::test]
async fn nobody_listens_to_a_room_that_is_not_there_or_from_another_site() {
    let world = World::new("").await;
    let node = Node::of(&world).await;
    link(&world, "room").await;
    for room in ["", "made-up"] {
        refused(node.connect(room, None).await, 404, "AuthenticationFlowNotFound");
    }
    let from = |origin| node.connect("room", Some(origin));
    refused(from("https://evil.example").await, 403, "Forbidden");
    refused(from("null").await, 403, "Forbidden");
    assert!(from("http://localhost:3000").await.is_ok());
    world.sleep(60 * 60);
    refused(node.connect("room", None).await, 404, "AuthenticationFlowNotFound");
}

#[tokio::test]
async fn a_flow_can_be_waited_for_in_some_tabs_and_not_in_a_hundred() {
    let world = World::new("").await;
    let node = Node::of(&world).await;
    link(&world, "room").await;
    let mut tabs = Vec::new();
    let refused = loop {
        match node.connect("room", None).await {
            Ok(socket) => tabs.push(socket),
            Err(refused) => break refused,
        }
        assert!(tabs.len() < 100);
    };
    assert_eq!(refused, (429, "TooManyRequest".to_owned()));
}
