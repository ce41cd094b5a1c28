//! A directory with a few people (RFC 4511): simple binds, and a search for one name.

mod ber;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use ber::{Element, element, enumerated, integer, octets};

const BASE: &str = "dc=authgear,dc=com";

/// Who may bind, with what, and what a search finds of them.
struct Person {
    dn: &'static str,
    password: &'static str,
    uid: &'static str,
    given_name: &'static str,
    surname: &'static str,
    mail: &'static str,
    /// How often a search finds them: two is what a careless directory does.
    times: usize,
}

const PEOPLE: [Person; 6] = [
    person("cn=readonly,ou=bot,ou=service,dc=authgear,dc=com", "readonly", "readonly", "", 1),
    person(
        "cn=jdoe,ou=people,ou=HK,dc=authgear,dc=com",
        "jdoepassword",
        "jdoe",
        "jdoe@example.com",
        1,
    ),
    person(
        "cn=bjane,ou=people,ou=HK,dc=authgear,dc=com",
        "bjanepassword",
        "bjane",
        "bjane@example.com",
        1,
    ),
    person(
        "cn=msmith,ou=people,ou=HK,dc=authgear,dc=com",
        "msmithpassword",
        "msmith",
        "msmith@example.com",
        1,
    ),
    person(
        "cn=duplicate,ou=people,ou=HK,dc=authgear,dc=com",
        "duplicatepassword",
        "duplicate",
        "duplicate@example.com",
        2,
    ),
    person(
        "cn=mock,ou=people,ou=HK,dc=authgear,dc=com",
        "mockpassword",
        "mock",
        "mock@example.com",
        1,
    ),
];

const fn person(
    dn: &'static str,
    password: &'static str,
    uid: &'static str,
    mail: &'static str,
    times: usize,
) -> Person {
    Person { dn, password, uid, given_name: uid, surname: uid, mail, times }
}

/// A message longer than this is no request of ours.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Result codes (RFC 4511 §4.1.9).
const SUCCESS: u8 = 0;
const PROTOCOL_ERROR: u8 = 2;
const NO_SUCH_OBJECT: u8 = 32;
const INVALID_CREDENTIALS: u8 = 49;
const UNWILLING: u8 = 53;

/// Tags of the operations (RFC 4511 §4.2, §4.3, §4.5).
const BIND: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SIMPLE: u8 = 0x80;
const EQUALITY: u8 = 0xa3;

pub(super) async fn serve(listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(async move {
            // A client that goes away is done.
            let _ = talk(stream).await;
        });
    }
}

async fn talk(mut stream: TcpStream) -> std::io::Result<()> {
    let mut received = Vec::new();
    loop {
        while let Some((message, length)) = ber::first(&received) {
            let Some(replies) = answer(&message) else { return Ok(()) };
            stream.write_all(&replies).await?;
            received.drain(..length);
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await?;
        received.extend(&chunk[..read]);
        if read == 0 || received.len() > MESSAGE_BYTES_MAX {
            return Ok(());
        }
    }
}

/// The answers to one message; nothing when the client says goodbye or cannot be understood.
fn answer(message: &Element) -> Option<Vec<u8>> {
    let parts = message.children()?;
    let [id, operation, ..] = parts.as_slice() else { return None };
    let reply = |tag, content: Vec<u8>| {
        element(0x30, &[integer(&id.content), element(tag, &content)].concat())
    };
    match operation.tag {
        BIND => Some(reply(BIND_RESPONSE, result(bind(operation)))),
        SEARCH => {
            let mut replies = Vec::new();
            let code = match found(operation) {
                Ok(person) => {
                    for it in person.iter().flat_map(|it| std::iter::repeat_n(it, it.times)) {
                        replies.extend(reply(SEARCH_ENTRY, entry(it)));
                    }
                    SUCCESS
                }
                Err(code) => code,
            };
            replies.extend(reply(SEARCH_DONE, result(code)));
            Some(replies)
        }
        UNBIND => None,
        _ => Some(reply(operation.tag | 1, result(UNWILLING))),
    }
}

fn bind(request: &Element) -> u8 {
    let parts = request.children().unwrap_or_default();
    let [_, name, proof, ..] = parts.as_slice() else { return PROTOCOL_ERROR };
    let fits =
        |it: &&Person| it.dn.as_bytes() == name.content && it.password.as_bytes() == proof.content;
    let is_known = proof.tag == SIMPLE && PEOPLE.iter().find(fits).is_some();
    if is_known { SUCCESS } else { INVALID_CREDENTIALS }
}

/// Whoever a search for `(uid=…)` below the base means.
fn found(request: &Element) -> Result<Option<&'static Person>, u8> {
    let parts = request.children().unwrap_or_default();
    let [base, _, _, _, _, _, filter, ..] = parts.as_slice() else { return Err(PROTOCOL_ERROR) };
    if base.content != BASE.as_bytes() {
        return Err(NO_SUCH_OBJECT);
    }
    let filter_parts = filter.children().unwrap_or_default();
    let [attribute, value] = filter_parts.as_slice() else { return Err(UNWILLING) };
    if filter.tag != EQUALITY || attribute.content != b"uid" {
        return Err(UNWILLING);
    }
    Ok(PEOPLE.iter().find(|it| it.uid.as_bytes() == value.content))
}

fn entry(person: &Person) -> Vec<u8> {
    let attributes = [
        ("uid", person.uid),
        ("givenName", person.given_name),
        ("sn", person.surname),
        ("mail", person.mail),
    ];
    let written = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let attributes: Vec<u8> = written
        .flat_map(|(name, value)| {
            element(0x30, &[octets(name), element(0x31, &octets(value))].concat())
        })
        .collect();
    [octets(person.dn), element(0x30, &attributes)].concat()
}

fn result(code: u8) -> Vec<u8> {
    [enumerated(code), octets(""), octets("")].concat()
}
