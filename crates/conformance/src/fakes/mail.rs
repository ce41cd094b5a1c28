//! The mailbox: an SMTP server (RFC 5321) that takes everything and keeps who it was for.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A letter, as far as cases ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub subject: String,
    pub recipient: String,
}

#[derive(Clone, Debug, Default)]
pub struct Mails(Arc<Mutex<Vec<Mail>>>);

/// A line longer than this is no mail of ours (RFC 5321 §4.5.3.1.6 allows a thousand).
const LINE_BYTES_MAX: usize = 64 * 1024;

impl Mails {
    /// Letters whose subject and recipient begin like this.
    pub fn find(&self, subject: &str, recipient: &str) -> Vec<Mail> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits =
            |it: &&Mail| it.subject.starts_with(subject) && it.recipient.starts_with(recipient);
        kept.iter().filter(fits).cloned().collect()
    }

    /// Takes a letter.
    pub fn keep(&self, mail: Mail) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }
}

pub(super) async fn serve(listener: TcpListener, mails: Mails) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let mails = mails.clone();
        connections.spawn(async move {
            // A client that goes away in the middle has sent nothing.
            let _ = talk(stream, &mails).await;
        });
    }
}

async fn talk(stream: TcpStream, mails: &Mails) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 conformance\r\n").await?;
    let mut recipients = Vec::new();
    while let Some(line) = next(&mut stream).await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" | "HELO" => "250 conformance",
            "MAIL" => {
                recipients.clear();
                "250 OK"
            }
            "RCPT" => {
                recipients.extend(address(&line));
                "250 OK"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let subject = subject(&mut stream).await?;
                for recipient in recipients.drain(..) {
                    mails.keep(Mail { subject: subject.clone(), recipient });
                }
                "250 OK"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 OK",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn next(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = stream.read_until(b'\n', &mut line).await?;
    if read == 0 || line.len() > LINE_BYTES_MAX {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads a letter to its end and gives its subject.
async fn subject(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut subject, mut is_head) = (String::new(), true);
    while let Some(line) = next(stream).await? {
        if line == "." {
            break;
        }
        is_head &= !line.is_empty();
        if is_head && let Some(text) = line.strip_prefix("Subject: ") {
            text.clone_into(&mut subject);
        }
    }
    Ok(subject)
}

fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}
