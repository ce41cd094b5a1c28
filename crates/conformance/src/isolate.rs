//! A network of its own for the run, where the system allows it.
//!
//! The case data fixes ports. Two runs on one machine, or a run beside a server that somebody is
//! using, would meet there; in a network namespace of its own a run meets nobody. The name `hook`,
//! by which scripts call the recorder, exists there too.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// Set for the program inside.
const INSIDE: &str = "AUTHWARDEN_CONFORMANCE_INSIDE";

const HOSTS: &str = "127.0.0.1 localhost hook\n";

/// Brings the loopback up and the hosts in place, then becomes the program again.
const SCRIPT: &str =
    r#"ip link set lo up && mount --bind "$1" /etc/hosts && rm "$1" && shift && exec "$@""#;

/// Starts this program again inside; returns when it is inside already or cannot be.
///
/// The answer is why not, if so.
#[expect(clippy::disallowed_methods, reason = "a program of its own, which starts itself again")]
pub fn enter() -> Option<String> {
    if std::env::var(INSIDE).is_ok() {
        return None;
    }
    let can = Command::new("unshare")
        .args(["--net", "--mount", "ip", "link", "set", "lo", "up"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !can.is_ok_and(|status| status.success()) {
        return Some("the run shares the network of this machine".to_owned());
    }
    let hosts = std::env::temp_dir().join(format!("authwarden-hosts-{}", std::process::id()));
    let program = std::fs::write(&hosts, HOSTS).and_then(|()| std::env::current_exe());
    let Ok(program) = program else { return Some("no hosts could be written".to_owned()) };
    let error = Command::new("unshare")
        .args(["--net", "--mount", "sh", "-c", SCRIPT, "sh"])
        .arg(&hosts)
        .arg(program)
        .args(std::env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Some(format!("cannot start again: {error}"))
}
