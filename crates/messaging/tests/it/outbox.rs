//! What waits, for how long, and what becomes of it.

use appconfig::authenticator::OobChannel;
use messaging::{Addressee, Delivery, Undelivered};
use outbound::{Outbound, Settings, SmtpMode, SmtpServer};
use stdx::Secret;
use testkit::World;

use crate::world::{ADDRESS, CODE, carry_by, code, events, send, send_by, waiting};

/// A mail server that is away: nobody listens on this port.
fn away() -> Outbound {
    let smtp = SmtpServer {
        host: "127.0.0.1".to_owned(),
        port: 9,
        mode: SmtpMode::Normal,
        username: String::new(),
        password: Secret::new(String::new()),
        sender: None,
    };
    let allowed = vec!["127.0.0.0/8".parse().expect("a network")];
    Outbound::new(Settings { smtp: Some(smtp), allowed, ..Settings::default() }).expect("settings")
}

fn kept(world: &World) -> usize {
    world.platform.outbound.kept(&world.app.id).len()
}

#[tokio::test]
async fn a_mail_waits_sealed_and_goes_after_the_answer() {
    let world = World::new("").await;
    let sent = send(&world, &code(&world, OobChannel::Email, Addressee::Known)).await;
    assert!(matches!(sent, Delivery::Queued), "{sent:?}");
    assert_eq!(kept(&world), 0);
    let [entry] = waiting(&world.platform.store, &world).await.try_into().unwrap();
    let at_rest = format!("{entry:?}");
    for secret in [CODE, ADDRESS] {
        assert!(!at_rest.contains(secret), "{secret} can be read in {at_rest}");
    }
    world.deliver_messages().await;
    assert_eq!(kept(&world), 1);
    assert_eq!(waiting(&world.platform.store, &world).await, [], "nothing is left at rest");
    assert_eq!(events(&world).await, ["email.sent 192.0.2.1"]);
}

#[tokio::test]
async fn for_nobody_all_is_done_but_the_sending() {
    for channel in [OobChannel::Email, OobChannel::Sms, OobChannel::Whatsapp] {
        let world = World::new("").await;
        let sent = send(&world, &code(&world, channel, Addressee::Nobody)).await;
        assert!(matches!(sent, Delivery::Queued), "{sent:?}");
        let sent = send(&world, &code(&world, channel, Addressee::Hidden)).await;
        assert!(matches!(sent, Delivery::Queued), "{sent:?}");
        let [nobody, somebody] = waiting(&world.platform.store, &world).await.try_into().unwrap();
        assert_eq!((&nobody.r#type, &nobody.sink), (&somebody.r#type, &somebody.sink));
        world.deliver_messages().await;
        assert_eq!(kept(&world), 1);
        assert_eq!(waiting(&world.platform.store, &world).await, []);
    }
}

#[tokio::test]
async fn nobody_runs_out_of_messages_as_somebody_does() {
    let yaml = "messaging: { rate_limits: { email_per_target: \
                { enabled: true, period: 1h, burst: 1 } } }";
    for addressee in [Addressee::Hidden, Addressee::Nobody] {
        let world = World::new(yaml).await;
        let message = code(&world, OobChannel::Email, addressee);
        assert!(matches!(send(&world, &message).await, Delivery::Queued));
        let second = send(&world, &message).await;
        assert!(matches!(second, Delivery::Refused(Undelivered::Exhausted(_))), "{second:?}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again() {
    let world = World::new("").await;
    let _ = send(&world, &code(&world, OobChannel::Email, Addressee::Known)).await;
    carry_by(&world, &away()).await;
    let [entry] = waiting(&world.platform.store, &world).await.try_into().unwrap();
    assert_eq!(entry.attempts, 2, "it was tried, and is claimed by this look");
    assert_eq!(events(&world).await, Vec::<String>::new(), "nothing is decided");
    world.sleep(1);
    world.deliver_messages().await;
    assert_eq!(kept(&world), 1);
    assert_eq!(events(&world).await, ["email.sent 192.0.2.1"]);
}

#[tokio::test]
async fn a_mail_whose_code_is_over_is_not_sent() {
    let world = World::new("").await;
    let _ = send(&world, &code(&world, OobChannel::Email, Addressee::Known)).await;
    carry_by(&world, &away()).await;
    world.sleep(300);
    world.deliver_messages().await;
    assert_eq!(kept(&world), 0);
    assert_eq!(waiting(&world.platform.store, &world).await, []);
    let why = "nobody took it while what is in it was worth anything";
    assert_eq!(events(&world).await, [format!("email.error 192.0.2.1 {why}")]);
}

#[tokio::test]
async fn a_text_message_is_not_sent_again_when_nobody_knows_whether_it_was() {
    let world = World::new("").await;
    let _ = send(&world, &code(&world, OobChannel::Sms, Addressee::Hidden)).await;
    let now = world.ctx().now;
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    let claimed = tx.outbox().claim("message:sms", now, now.plus_seconds(60), 1).await.unwrap();
    assert_eq!(claimed.len(), 1, "a worker takes it, and dies");
    tx.commit().await.unwrap();
    world.sleep(60);
    world.deliver_messages().await;
    assert_eq!(kept(&world), 0);
    let why = "whether it was sent is not known, and it is not sent twice";
    assert_eq!(events(&world).await, [format!("sms.error 192.0.2.1 {why}")]);
}

#[tokio::test]
async fn without_a_mail_server_everybody_is_told_at_once() {
    let none = Outbound::new(Settings::default()).unwrap();
    for addressee in [Addressee::Known, Addressee::Hidden, Addressee::Nobody] {
        let world = World::new("").await;
        let sent = send_by(&world, &none, &code(&world, OobChannel::Email, addressee)).await;
        assert!(matches!(sent, Delivery::Refused(Undelivered::Failed)), "{sent:?}");
        assert_eq!(events(&world).await, ["email.error 192.0.2.1 there is no mail server"]);
    }
}

#[tokio::test]
async fn who_waits_for_a_text_message_is_told_that_nobody_takes_it() {
    let none = Outbound::new(Settings::default()).unwrap();
    for channel in [OobChannel::Sms, OobChannel::Whatsapp] {
        let world = World::new("").await;
        let sent = send_by(&world, &none, &code(&world, channel, Addressee::Known)).await;
        assert!(matches!(sent, Delivery::Refused(Undelivered::Failed)), "{sent:?}");
        let [event] = events(&world).await.try_into().unwrap();
        assert!(event.starts_with(&format!("{}.error", channel.as_str())), "{event}");
        assert!(!event.contains(CODE), "{event}");
    }
}

#[tokio::test]
async fn what_was_sealed_under_another_secret_is_dropped() {
    let world = World::new("").await;
    let _ = send(&world, &code(&world, OobChannel::Email, Addressee::Known)).await;
    let mut app = testkit::app("");
    app.secrets.csrf = None;
    let changed = World::of(app, world.platform.store.clone(), world.platform.kv.clone());
    changed.deliver_messages().await;
    assert_eq!(kept(&changed), 0);
    assert_eq!(waiting(&world.platform.store, &world).await, []);
}
