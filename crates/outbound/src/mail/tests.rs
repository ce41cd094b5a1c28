use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::fake::ctx;
use crate::{Outbound, Settings};

/// A mail server on loopback that writes down what it is told.
struct Sink {
    port: u16,
    ca_file: PathBuf,
    heard: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

/// Where TLS begins.
#[derive(Clone, Copy, PartialEq)]
enum Encryption {
    Nowhere,
    Offered,
    AtOnce,
}

/// How it behaves.
#[derive(Clone, Copy)]
struct Manner {
    offers_login: bool,
    tls: Encryption,
    /// What it says once it has the whole mail.
    verdict: &'static str,
}

const FRIENDLY: Manner =
    Manner { offers_login: true, tls: Encryption::Nowhere, verdict: "250 taken" };

impl Sink {
    async fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = heard.clone();
        let (acceptor, ca_file) = certificate(port);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (record, acceptor) = (record.clone(), acceptor.clone());
                conversations.spawn(serve(stream, manner, record, acceptor));
            }
        });
        Self { port, ca_file, heard, _server: server }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    fn ctx(&self, username: &str) -> Ctx {
        self.ctx_at("127.0.0.1", "normal", username)
    }

    fn ctx_at(&self, host: &str, mode: &str, username: &str) -> Ctx {
        let server = json!({
            "host": host, "port": self.port, "mode": mode,
            "username": username, "password": "hush",
        });
        ctx("", json!({ "mail.smtp": server }))
    }

    /// The way out that trusts this sink's certificate.
    fn trusted(&self) -> Outbound {
        let ca_file = Some(self.ca_file.clone());
        Outbound::new(Settings { ca_file, ..Settings::default() }).unwrap()
    }
}

/// A certificate for this machine, and the file that makes others trust it.
fn certificate(port: u16) -> (TlsAcceptor, PathBuf) {
    let names = ["localhost", "127.0.0.1", "0.0.0.0"].map(str::to_owned).to_vec();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let path =
        std::env::temp_dir().join(format!("authwarden-sink-{}-{port}.pem", std::process::id()));
    std::fs::write(&path, made.cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), path)
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.ca_file);
    }
}

async fn serve(
    stream: TcpStream,
    manner: Manner,
    record: Arc<Mutex<Vec<String>>>,
    acceptor: TlsAcceptor,
) {
    if manner.tls == Encryption::AtOnce {
        let Ok(stream) = acceptor.accept(stream).await else { return };
        return converse(BufReader::new(stream), manner, &record, "220 sink").await;
    }
    let mut stream = BufReader::new(stream);
    if manner.tls == Encryption::Nowhere {
        return converse(stream, manner, &record, "220 sink").await;
    }
    for say in ["220 sink", "250-sink\r\n250 STARTTLS", "220 go on"] {
        stream.write_all(format!("{say}\r\n").as_bytes()).await.unwrap();
        if say != "220 go on" {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            record.lock().unwrap().push(line.trim_end().to_owned());
        }
    }
    let Ok(stream) = acceptor.accept(stream.into_inner()).await else { return };
    converse(BufReader::new(stream), manner, &record, "").await;
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    manner: Manner,
    record: &Mutex<Vec<String>>,
    greeting: &str,
) {
    let mut say = greeting.to_owned();
    let mut in_data = false;
    loop {
        if !say.is_empty() {
            stream.write_all(format!("{say}\r\n").as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
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
        id: "b1".to_owned(),
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

#[tokio::test]
async fn tls_from_the_first_byte_is_spoken_where_it_is_said() {
    let sink = Sink::new(Manner { tls: Encryption::AtOnce, ..FRIENDLY }).await;
    let ctx = sink.ctx_at("localhost", "ssl", "user");
    sink.trusted().send_mail(&ctx, &mail()).await.unwrap();
    assert!(sink.heard().contains("AUTH PLAIN"), "{}", sink.heard());
}

#[tokio::test]
async fn starttls_is_taken_where_it_is_offered() {
    let sink = Sink::new(Manner { tls: Encryption::Offered, ..FRIENDLY }).await;
    // An address of this machine that does not look like one.
    let ctx = sink.ctx_at("0.0.0.0", "normal", "user");
    sink.trusted().send_mail(&ctx, &mail()).await.unwrap();
    let heard = sink.heard();
    let (before, after) = heard.split_once("STARTTLS").expect("an upgrade");
    assert!(!before.contains("AUTH") && after.contains("AUTH PLAIN"), "{heard}");
}

#[tokio::test]
async fn a_certificate_of_somebody_else_gets_no_mail() {
    for tls in [Encryption::AtOnce, Encryption::Offered] {
        let sink = Sink::new(Manner { tls, ..FRIENDLY }).await;
        let mode = if tls == Encryption::AtOnce { "ssl" } else { "normal" };
        let ctx = sink.ctx_at("localhost", mode, "user");
        let error = outbound().send_mail(&ctx, &mail()).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)), "{error:?}");
        assert!(!sink.heard().contains("AUTH") && !sink.heard().contains("MAIL"));
    }
}

#[tokio::test]
async fn with_a_password_nothing_travels_in_the_clear() {
    for offers_login in [true, false] {
        let sink = Sink::new(Manner { offers_login, ..FRIENDLY }).await;
        let ctx = sink.ctx_at("0.0.0.0", "normal", "user");
        let error = outbound().send_mail(&ctx, &mail()).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)), "{error:?}");
        let heard = sink.heard();
        assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
    }
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (address, expected) in [
        ("商店 <no-reply@example.com>", Some("商店 <no-reply@example.com>")),
        ("<a@example.com>", Some("a@example.com")),
        ("My App (test) <a@example.com>", Some("\"My App (test)\" <a@example.com>")),
        ("Acme, Inc. <a@example.com>", Some("\"Acme, Inc.\" <a@example.com>")),
        ("a@example.com, b@example.com", None),
        ("Jane\r\nBcc: m@example.com <a@example.com>", None),
        ("Jane <a@example.com", None),
        ("", None),
    ] {
        let read = mailbox("to", address).ok().map(|it| it.to_string());
        assert_eq!(read.as_deref(), expected, "{address}");
    }
}
