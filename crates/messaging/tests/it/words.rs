//! Every message by every channel in every language, and the project's own words.

use appconfig::authenticator::OobChannel;
use kv::Kv;
use messaging::{Addressee, Content, Delivery, Kind, Message};
use outbound::KeptMessage;
use stdx::Secret;
use store::Store;
use testkit::World;

use crate::world::{CODE, code, send};

const KINDS: [Kind; 6] = [
    Kind::Verification,
    Kind::SetupPrimary,
    Kind::SetupSecondary,
    Kind::AuthenticatePrimary,
    Kind::AuthenticateSecondary,
    Kind::ForgotPassword,
];

/// Upstream's names of the messages: the template of each, without channel and extension.
const NAMES: [(Kind, bool, &str); 11] = [
    (Kind::Verification, false, "verification"),
    (Kind::SetupPrimary, false, "setup_primary_oob"),
    (Kind::SetupPrimary, true, "setup_primary_login_link"),
    (Kind::SetupSecondary, false, "setup_secondary_oob"),
    (Kind::SetupSecondary, true, "setup_secondary_login_link"),
    (Kind::AuthenticatePrimary, false, "authenticate_primary_oob"),
    (Kind::AuthenticatePrimary, true, "authenticate_primary_login_link"),
    (Kind::AuthenticateSecondary, false, "authenticate_secondary_oob"),
    (Kind::AuthenticateSecondary, true, "authenticate_secondary_login_link"),
    (Kind::ForgotPassword, false, "forgot_password_oob"),
    (Kind::ForgotPassword, true, "forgot_password"),
];

const URL: &str = "http://localhost:3000/there?code=3CODE";

fn message(world: &World, kind: Kind, channel: OobChannel, is_link: bool) -> Message {
    let link = || Content::Link {
        url: Secret::new(URL.to_owned()),
        code: Secret::new("3CODE".to_owned()),
    };
    let plain = code(world, channel, Addressee::Known);
    let content = if is_link { link() } else { plain.content.clone() };
    Message { kind, content, ..plain }
}

/// The message as it was handed over.
async fn handed_over(world: &World, message: &Message) -> KeptMessage {
    let sent = send(world, message).await;
    assert!(matches!(sent, Delivery::Queued | Delivery::Sent { .. }), "{sent:?}");
    world.deliver_messages().await;
    world.platform.outbound.kept(&world.app.id).swap_remove(0)
}

#[tokio::test]
async fn every_message_says_its_code_or_link_in_every_language() {
    let world = World::new("").await;
    let mut subjects = std::collections::BTreeSet::new();
    for language in ["en", "zh-HK"] {
        for kind in KINDS {
            for (channel, is_link) in [
                (OobChannel::Email, false),
                (OobChannel::Email, true),
                (OobChannel::Sms, false),
                (OobChannel::Sms, true),
                (OobChannel::Whatsapp, false),
            ] {
                // An address is proved by a code only.
                if is_link && kind == Kind::Verification {
                    continue;
                }
                let message = message(&world, kind, channel, is_link);
                let message = Message { language: language.to_owned(), ..message };
                let kept = handed_over(&world, &message).await;
                let what = format!("{kind:?} {channel:?} {is_link} {language}: {kept:?}");
                let secret = if is_link { URL } else { CODE };
                assert!(kept.text.contains(secret), "{what}");
                assert!(!kept.text.contains("{{") && !kept.text.contains("aw-"), "{what}");
                if channel == OobChannel::Email {
                    let html = kept.html.as_deref().unwrap_or_default().replace("&#x2f;", "/");
                    let is_said =
                        html.contains(secret) || html.contains(&secret.replace('=', "&#x3d;"));
                    assert!(is_said && html.contains(&format!("lang=\"{language}\"")), "{what}");
                    let subject = kept.subject.unwrap_or_default();
                    assert!(!subject.is_empty() && !subject.contains("email."), "{what}");
                    subjects.insert(format!("{language} {is_link} {subject}"));
                }
                world.sleep(86_400);
            }
        }
    }
    assert_eq!(subjects.len(), 22, "each message has a subject of its own: {subjects:#?}");
}

/// A project with templates of its own.
async fn world_with(templates: &[(String, String)]) -> World {
    let mut app = testkit::app("");
    for (name, text) in templates {
        let added = app.templates.add_template_owned(name.clone(), text.clone());
        added.expect("a template");
    }
    World::of(app, Store::memory().await.expect("a database"), Kv::memory())
}

#[tokio::test]
async fn a_project_writes_its_own_words_under_upstream_s_names() {
    for (kind, is_link, stem) in NAMES {
        let own = |file: &str, text: &str| (format!("messages/{stem}_{file}"), text.to_owned());
        let world = Box::pin(world_with(&[
            own("email.txt", "text {{ Code }} {{ Link }} {{ AppName }} {{ Email }}"),
            own("email.html", "<p>html {{ Code }}</p>"),
            own("sms.txt", "sms {{ Code }} {{ Phone }}\n"),
        ]))
        .await;
        let secret = if is_link { "3CODE" } else { CODE };
        let mail = message(&world, kind, OobChannel::Email, is_link);
        let mail = handed_over(&world, &mail).await;
        let link = if is_link { URL } else { "" };
        assert_eq!(mail.text, format!("text {secret} {link} Authwarden mei@example.com"), "{stem}");
        assert_eq!(mail.html.as_deref(), Some(format!("<p>html {secret}</p>").as_str()), "{stem}");
        let sms = message(&world, kind, OobChannel::Sms, is_link);
        let sms = handed_over(&world, &sms).await;
        assert_eq!(sms.text, format!("sms {secret} +85251234567"), "{stem}");
    }
}

#[tokio::test]
async fn a_template_for_one_language_goes_before_the_one_for_all() {
    let own = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let world = Box::pin(world_with(&[
        own("messages/verification_sms.txt", "for all"),
        own("zh-HK/messages/verification_sms.txt", "for one"),
    ]))
    .await;
    for (language, expected) in [("en", "for all"), ("zh-HK", "for one")] {
        let sms = message(&world, Kind::Verification, OobChannel::Sms, false);
        let sms = Message { language: language.to_owned(), ..sms };
        assert_eq!(handed_over(&world, &sms).await.text, expected);
    }
}

#[tokio::test]
async fn a_template_that_cannot_be_drawn_loses_no_more_than_its_message() {
    let broken = ("messages/verification_email.txt".to_owned(), "{{ nothing.at.all }}".to_owned());
    let world = Box::pin(world_with(&[broken])).await;
    let _ = send(&world, &message(&world, Kind::Verification, OobChannel::Email, false)).await;
    let _ = send(&world, &message(&world, Kind::SetupPrimary, OobChannel::Email, false)).await;
    world.deliver_messages().await;
    assert_eq!(world.platform.outbound.kept(&world.app.id).len(), 1);
    let events = crate::world::events(&world).await;
    let failed = events.iter().filter(|it| it.starts_with("email.error")).count();
    assert_eq!((failed, events.len()), (1, 2), "{events:?}");
}
