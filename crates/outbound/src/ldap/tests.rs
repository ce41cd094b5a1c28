use std::sync::Mutex;

use lber::common::TagClass;
use lber::structure::{PL, StructureTag};
use lber::structures::{ASNTag as _, Enumerated, Integer, OctetString, Sequence, Set, Tag};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::fake::{Fake, ctx};

/// A directory on loopback, with what it was asked.
struct Directory {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

/// Jane, whose password is `secret`; `search` is how often her entry is found.
const JANE: &str = "uid=jane,dc=example,dc=com";

impl Directory {
    async fn new(copies: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = heard.clone();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(converse(stream, copies, record.clone()));
            }
        });
        Self { port, heard, _server: server }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    async fn sign_in(&self, username: &str, password: &str) -> Result<LdapOutcome, LdapError> {
        let yaml = format!(
            "identity: {{ ldap: {{ servers: [{{ name: it, url: \"ldap://127.0.0.1:{}\", \
             base_dn: \"dc=example,dc=com\", search_filter_template: \"(uid={{{{.Username}}}})\", \
             user_id_attribute_name: entryUUID }}] }} }}",
            self.port
        );
        let account = json!({ "name": "it", "dn": "cn=reader", "password": "reading" });
        let ctx = ctx(&yaml, json!({ "ldap": { "items": [account] } }));
        let outbound = Fake::json(200, json!({})).await.outbound();
        let server = &ctx.app.config.identity.ldap.servers[0];
        outbound.sign_in_by_ldap(&ctx, server, username, password).await
    }
}

async fn converse(mut stream: TcpStream, copies: usize, record: Arc<Mutex<Vec<String>>>) {
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        buffer.extend_from_slice(&chunk[..count]);
        while let Ok((rest, message)) = lber::parse::parse_tag(&buffer) {
            buffer = rest.to_vec();
            for answer in answers(&message, copies, &record) {
                let mut bytes = bytes::BytesMut::new();
                lber::write::encode_into(&mut bytes, answer).unwrap();
                stream.write_all(&bytes).await.unwrap();
            }
        }
    }
}

fn parts(tag: &StructureTag) -> Vec<StructureTag> {
    tag.clone().expect_constructed().unwrap_or_default()
}

fn text(tag: &StructureTag) -> String {
    match &tag.payload {
        PL::P(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        PL::C(_) => String::new(),
    }
}

/// RFC 4511 §4: bind (0), search (3), extended (23), each with its answer.
fn answers(
    message: &StructureTag,
    copies: usize,
    record: &Mutex<Vec<String>>,
) -> Vec<StructureTag> {
    let whole = parts(message);
    let (id, operation) = (&whole[0], &whole[1]);
    let id = text(id).bytes().last().unwrap();
    let note = |line: String| record.lock().unwrap().push(line);
    let fields = parts(operation);
    match operation.id {
        0 => {
            let (dn, password) = (text(&fields[1]), text(&fields[2]));
            note(format!("bind {dn} {password}"));
            let known = [("cn=reader", "reading"), (JANE, "secret")];
            let code = if known.contains(&(&dn, &password)) { 0 } else { 49 };
            vec![result(id, 1, code)]
        }
        3 => {
            let filter = parts(&fields[6]);
            let value = text(&filter[1]);
            note(format!("search {}={value}", text(&filter[0])));
            let found = if value == "jane" { copies } else { 0 };
            let mut answers = vec![entry(id); found];
            answers.push(result(id, 5, 0));
            answers
        }
        // No StartTLS here.
        23 => vec![result(id, 24, 2)],
        _ => Vec::new(),
    }
}

fn envelope(id: u8, operation: Tag) -> StructureTag {
    let id = Tag::Integer(Integer { inner: i64::from(id), ..Integer::default() });
    Tag::Sequence(Sequence { inner: vec![id, operation], ..Sequence::default() }).into_structure()
}

fn octets(text: &str) -> Tag {
    Tag::OctetString(OctetString { inner: text.as_bytes().to_vec(), ..OctetString::default() })
}

fn application(id: u64, inner: Vec<Tag>) -> Tag {
    Tag::Sequence(Sequence { id, class: TagClass::Application, inner })
}

fn result(id: u8, kind: u64, code: i64) -> StructureTag {
    let code = Tag::Enumerated(Enumerated { inner: code, ..Enumerated::default() });
    envelope(id, application(kind, vec![code, octets(""), octets("")]))
}

fn entry(id: u8) -> StructureTag {
    let attribute = |name: &str, values: &[&str]| {
        let values = values.iter().map(|it| octets(it)).collect();
        let values = Tag::Set(Set { inner: values, ..Set::default() });
        Tag::Sequence(Sequence { inner: vec![octets(name), values], ..Sequence::default() })
    };
    let attributes = vec![
        attribute("uid", &["jane"]),
        attribute("mail", &["jane@example.com", "j@example.com"]),
        attribute("mobile", &["+85298765432"]),
        attribute("userPassword", &["{SSHA}hash"]),
        attribute("entryUUID", &["b3"]),
    ];
    let attributes = Tag::Sequence(Sequence { inner: attributes, ..Sequence::default() });
    envelope(id, application(4, vec![octets(JANE), attributes]))
}

#[tokio::test]
async fn a_person_is_found_and_bound_as() {
    let directory = Directory::new(1).await;
    let LdapOutcome::SignedIn(entry) = directory.sign_in("jane", "secret").await.unwrap() else {
        panic!("not signed in")
    };
    assert_eq!(
        directory.heard(),
        ["bind cn=reader reading", "search uid=jane", &format!("bind {JANE} secret")]
    );
    assert_eq!((entry.dn.as_str(), entry.user_id.as_slice()), (JANE, b"b3".as_slice()));
    assert_eq!(
        Value::Object(entry.claims.clone()),
        json!({ "email": "jane@example.com", "phone_number": "+85298765432", "preferred_username": "jane" })
    );
    assert_eq!(entry.raw["mail"], json!(["amFuZUBleGFtcGxlLmNvbQ==", "akBleGFtcGxlLmNvbQ=="]));
    assert_eq!(entry.raw["dn"], JANE);
    assert!(!entry.raw.contains_key("userPassword"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_the_same() {
    let directory = Directory::new(1).await;
    for (username, password) in [("jane", "wrong"), ("nobody", "secret")] {
        let outcome = directory.sign_in(username, password).await.unwrap();
        assert_eq!(outcome, LdapOutcome::InvalidCredentials);
    }
}

#[tokio::test]
async fn a_name_that_two_entries_have_signs_nobody_in() {
    let directory = Directory::new(2).await;
    let outcome = directory.sign_in("jane", "secret").await.unwrap();
    assert_eq!(outcome, LdapOutcome::InvalidCredentials);
    assert!(!directory.heard().iter().any(|it| it.ends_with("secret")));
}

#[tokio::test]
async fn an_empty_password_is_never_shown() {
    let directory = Directory::new(1).await;
    let outcome = directory.sign_in("jane", "").await.unwrap();
    assert_eq!(outcome, LdapOutcome::InvalidCredentials);
    assert!(directory.heard().is_empty());
}

#[tokio::test]
async fn what_is_typed_stays_a_value_of_the_filter() {
    let directory = Directory::new(1).await;
    for username in ["*", "jane)(|(uid=*", "(jane", "\\2a", "j\u{0}ane"] {
        let outcome = directory.sign_in(username, "secret").await.unwrap();
        assert_eq!(outcome, LdapOutcome::InvalidCredentials, "{username}");
        assert_eq!(directory.heard().last().unwrap(), &format!("search uid={username}"));
    }
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_an_error() {
    let directory = Directory::new(1).await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let gone = Directory { port, ..directory };
    let outcome = gone.sign_in("jane", "secret").await;
    assert!(matches!(outcome, Err(LdapError::Unreachable(_))), "{outcome:?}");
}
