use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::*;
use crate::fake::ctx;
use crate::{Outbound, Settings};

/// A mail server on loopback that writes down what it is told.
struct Sink {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

/// How it behaves.
#[derive(Clone, Copy)]
struct Manner {
    offers_login: bool,
    /// What it says once it has the whole mail.
    verdict: &'static str,
}

const FRIENDLY: Manner = Manner { offers_login: true, verdict: "250 taken" };

impl Sink {
    async fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = heard.clone();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(converse(stream, manner, record.clone()));
            }
        });
        Self { port, heard, _server: server }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    fn ctx(&self, username: &str) -> Ctx {
        let server = json!({
            "host": "127.0.0.1", "port": self.port, "username": username, "password": "hush",
        });
        ctx("", json!({ "mail.smtp": server }))
    }
}

async fn converse(stream: TcpStream, manner: Manner, record: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let mut say = "220 sink".to_owned();
    let mut in_data = false;
    loop {
        if !say.is_empty() {
            stream.write_all(format!("{say}\r\n").as_bytes()).await.unwrap();
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_owned();
        record.lock().unwrap().push(line.clone());
        say = match (in_data, line.split(' ').next().unwrap_or_default()) {
            (true, ".") => {
                in_data = false;
                manner.verdict.to_owned()
            }
            (true, _) => String::new(),
            (false, "EHLO") if manner.offers_login => "250-sink\r\n250 AUTH PLAIN".to_owned(),
            (false, "AUTH") => "235 welcome".to_owned(),
            (false, "DATA") => {
                in_data = true;
                "354 go on".to_owned()
            }
            (false, "QUIT") => "221 bye".to_owned(),
            (false, _) => "250 fine".to_owned(),
        };
    }
}

fn mail() -> Mail {
    Mail {
        from: "Shop <no-reply@example.com>".into(),
        reply_to: Some("help@example.com".into()),
        to: "jane@example.com".into(),
        subject: "123456 是您的驗證碼".into(),
        text: "123456".into(),
        html: Some("<p>123456</p>".into()),
    }
}

fn outbound() -> Outbound {
    Outbound::new(Settings::default()).unwrap()
}

#[tokio::test]
async fn a_mail_arrives_with_both_of_its_bodies() {
    let sink = Sink::new(FRIENDLY).await;
    outbound().send_mail(&sink.ctx(""), &mail()).await.unwrap();
    let heard = sink.heard();
    for line in [
        "MAIL FROM:<no-reply@example.com>",
        "RCPT TO:<jane@example.com>",
        "From: Shop <no-reply@example.com>",
        "Reply-To: help@example.com",
        "To: jane@example.com",
        "Subject: 123456 =?utf-8?b?",
        "Date: Thu, 01 Jan 2026 00:00:00",
        "Content-Type: multipart/alternative",
        "<p>123456</p>",
    ] {
        assert!(heard.contains(line), "{line} in\n{heard}");
    }
    assert!(!heard.contains("AUTH"), "{heard}");
}

#[tokio::test]
async fn a_name_and_a_password_are_shown_where_they_are_asked_for() {
    let sink = Sink::new(FRIENDLY).await;
    outbound().send_mail(&sink.ctx("user"), &mail()).await.unwrap();
    assert!(sink.heard().contains("AUTH PLAIN AHVzZXIAaHVzaA=="), "{}", sink.heard());
}

#[tokio::test]
async fn a_server_that_asks_for_no_password_gets_none() {
    let sink = Sink::new(Manner { offers_login: false, ..FRIENDLY }).await;
    outbound().send_mail(&sink.ctx("user"), &mail()).await.unwrap();
    let heard = sink.heard();
    assert!(heard.contains("RCPT TO:<jane@example.com>"), "{heard}");
    assert!(!heard.contains("AUTH"), "{heard}");
}

#[tokio::test]
async fn no_for_good_and_no_for_now_are_told_apart() {
    let sink = Sink::new(Manner { verdict: "550 no such person", ..FRIENDLY }).await;
    let error = outbound().send_mail(&sink.ctx(""), &mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Refused(_)) && !error.is_temporary(), "{error:?}");
    let sink = Sink::new(Manner { verdict: "451 later", ..FRIENDLY }).await;
    let error = outbound().send_mail(&sink.ctx(""), &mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Unavailable(_)) && error.is_temporary(), "{error:?}");
}

#[tokio::test]
async fn a_line_break_in_a_subject_or_an_address_adds_no_header() {
    let sink = Sink::new(FRIENDLY).await;
    let subject = "hello\r\nBcc: mallory@example.com".to_owned();
    outbound().send_mail(&sink.ctx(""), &Mail { subject, ..mail() }).await.unwrap();
    assert!(!sink.heard().contains("\nBcc:"), "{}", sink.heard());
    let to = "jane@example.com\r\nBcc: mallory@example.com".to_owned();
    let error = outbound().send_mail(&sink.ctx(""), &Mail { to, ..mail() }).await.unwrap_err();
    assert!(matches!(error, MailError::BadAddress("to")), "{error:?}");
}

#[tokio::test]
async fn the_servers_own_sender_wins() {
    let sink = Sink::new(FRIENDLY).await;
    let server = json!({
        "host": "127.0.0.1", "port": sink.port, "username": "", "password": "",
        "sender": "Own <own@example.com>",
    });
    outbound().send_mail(&ctx("", json!({ "mail.smtp": server })), &mail()).await.unwrap();
    assert!(sink.heard().contains("MAIL FROM:<own@example.com>"), "{}", sink.heard());
}

#[tokio::test]
async fn a_project_without_a_server_uses_the_installations() {
    let sink = Sink::new(FRIENDLY).await;
    let ctx = ctx("", json!({}));
    let error = outbound().send_mail(&ctx, &mail()).await.unwrap_err();
    assert!(matches!(error, MailError::NotConfigured), "{error:?}");
    let smtp = SmtpServer {
        host: "127.0.0.1".into(),
        port: sink.port,
        mode: appconfig::secrets::SmtpMode::Normal,
        username: String::new(),
        password: stdx::Secret::default(),
        sender: None,
    };
    let outbound = Outbound::new(Settings { smtp: Some(smtp), ..Settings::default() }).unwrap();
    outbound.send_mail(&ctx, &mail()).await.unwrap();
    assert!(sink.heard().contains("RCPT TO:<jane@example.com>"));
}

#[tokio::test]
async fn kept_mails_are_kept_newest_first_and_not_without_end() {
    let outbound = Outbound::recording();
    let ctx = ctx("", json!({}));
    for number in 0..60 {
        let subject = format!("mail {number}");
        outbound.send_mail(&ctx, &Mail { subject, ..mail() }).await.unwrap();
    }
    let kept = outbound.kept(&ctx.app.id);
    assert_eq!(kept.len(), 50);
    assert_eq!(kept[0].subject.as_deref(), Some("mail 59"));
    assert_ne!(kept[0].id, kept[1].id);
}
