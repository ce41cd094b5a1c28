//! What the tests stand on: a project, and messages to send.

use appconfig::authenticator::OobChannel;
use events::Source;
use messaging::{Addressee, Carrier, Content, Delivery, Kind, Message, Messenger};
use outbound::Outbound;
use stdx::Secret;
use store::Store;
use testkit::World;

pub const CODE: &str = "271828";
pub const ADDRESS: &str = "mei@example.com";
pub const NUMBER: &str = "+85251234567";

/// A code by `channel`, good for five minutes.
pub fn code(world: &World, channel: OobChannel, addressee: Addressee) -> Message {
    let to = if channel == OobChannel::Email { ADDRESS } else { NUMBER };
    Message {
        kind: Kind::ForgotPassword,
        channel,
        addressee,
        to: to.to_owned(),
        content: Content::Code(Secret::new(CODE.to_owned())),
        language: "en".to_owned(),
        has_password: true,
        expires_at: world.ctx().now.plus_seconds(300),
    }
}

/// Sends by the world's own way out, which keeps messages.
pub async fn send(world: &World, message: &Message) -> Delivery {
    send_by(world, &world.platform.outbound.clone(), message).await
}

pub async fn send_by(world: &World, outbound: &Outbound, message: &Message) -> Delivery {
    let (ctx, platform) = (world.ctx(), &world.platform);
    let hooks = events::Hooks::for_tests(outbound.clone());
    let via =
        Messenger { ctx: &ctx, store: &platform.store, kv: &platform.kv, outbound, hooks: &hooks };
    messaging::send(via, &Source::default(), message).await.expect("an answer")
}

/// Carries what is due by `outbound`.
pub async fn carry_by(world: &World, outbound: &Outbound) {
    let store = world.platform.store.clone();
    let hooks = events::Hooks::for_tests(outbound.clone());
    let (kv, outbound) = (world.platform.kv.clone(), outbound.clone());
    let carrier = Carrier { store: store.clone(), kv, outbound, hooks };
    let now = || world.ctx().now;
    for lane in events::due_lanes::<Carrier>(&store, now()).await.expect("lanes") {
        let operation_of = |_: &domain::AppId| Some(world.ctx());
        events::carry(&store, &carrier, &lane, &operation_of, &now).await.expect("carried");
    }
}

/// What waits in the outbox for people, as it lies there.
pub async fn waiting(store: &Store, world: &World) -> Vec<domain::OutboxEntry> {
    let mut found = Vec::new();
    let now = world.ctx().now.plus_seconds(86_400 * 30);
    let mut tx = store.write(&world.app.id).await.expect("a writer");
    for channel in ["email", "sms", "whatsapp"] {
        let sink = format!("message:{channel}");
        // Rolled back: nobody claimed them.
        found.extend(tx.outbox().claim(&sink, now, now, 100).await.expect("entries"));
    }
    found
}

/// What happened: type, and what the payload says of why.
pub async fn events(world: &World) -> Vec<String> {
    let now = world.ctx().now.plus_seconds(86_400 * 30);
    let mut tx = world.platform.store.write(&world.app.id).await.expect("a writer");
    let entries = tx.outbox().claim("audit_log", now, now, 100).await.expect("entries");
    let line = |it: &domain::OutboxEntry| {
        let why = it.payload.get("description").and_then(|it| it.as_str()).unwrap_or_default();
        let whence = it.context.get("ip_address").and_then(|it| it.as_str()).unwrap_or_default();
        format!("{} {whence} {why}", it.r#type).trim().to_owned()
    };
    entries.iter().map(line).collect()
}
