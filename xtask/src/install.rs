//! Installs what the tests need and the product does not: PostgreSQL, Redis, nginx, slapd,
//! Chromium, Authlib, Java, Node packages. Through apt, as root or with sudo; otherwise it says
//! what to install.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::run::{Step, root, say};

/// A program, where it may be, and the Debian package that has it.
const NEEDED: [(&str, &[&str], &str); 11] = [
    ("PostgreSQL 15 or newer", &["/usr/lib/postgresql"], "postgresql"),
    ("Redis", &["redis-server"], "redis-server"),
    ("nginx", &["/usr/sbin/nginx"], "nginx-light"),
    ("slapd", &["/usr/sbin/slapd"], "slapd"),
    ("Chromium", &["chromium", "chromium-browser", "google-chrome"], "chromium"),
    ("Node", &["node"], "nodejs"),
    ("npm", &["npm"], "npm"),
    ("Authlib", &["/usr/lib/python3/dist-packages/authlib"], "python3-authlib"),
    ("requests", &["/usr/lib/python3/dist-packages/requests"], "python3-requests"),
    ("Java 17 or newer", &["java"], "default-jdk-headless"),
    ("Maven", &["mvn"], "maven"),
];

/// Installs whatever is missing.
pub fn everything() -> Result<()> {
    let missing: Vec<_> = NEEDED.iter().filter(|(_, places, _)| !is_there(places)).collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|(name, ..)| *name).collect();
        let packages: Vec<&str> = missing.iter().map(|(.., package)| *package).collect();
        say(&format!("missing for the tests: {}", names.join(", ")));
        apt(&packages)?;
    }
    if !node_packages_are_current() {
        Step::new("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .dir("e2e")
            .run()?;
    }
    if let Err(error) = spring_client() {
        say(&format!("Spring Security's test will be skipped: {error:#}"));
    }
    Ok(())
}

/// Builds the relying party with Spring Security. Its packages come from Maven's repository, which
/// is not within everybody's reach.
fn spring_client() -> Result<()> {
    let folder = root().join("e2e/clients/spring");
    let written = |path: &str| folder.join(path).metadata().and_then(|it| it.modified()).ok();
    let built = written("target/spring-client.jar");
    let sources = ["pom.xml", "src/main/java/app/Application.java"];
    if built.is_some() && sources.iter().all(|it| built >= written(it)) {
        return Ok(());
    }
    Step::new("mvn", &["--quiet", "--batch-mode", "package"]).dir("e2e/clients/spring").run()
}

/// npm leaves a list of what it installed beside it: an older one is that of another lock file.
fn node_packages_are_current() -> bool {
    let written = |path: &str| root().join(path).metadata().and_then(|it| it.modified()).ok();
    let installed = written("e2e/node_modules/.package-lock.json");
    installed.is_some() && installed >= written("e2e/package-lock.json")
}

fn is_there(places: &[&str]) -> bool {
    places.iter().any(|place| {
        if place.starts_with('/') { Path::new(place).exists() } else { answers(place, "--version") }
    })
}

fn answers(program: &str, argument: &str) -> bool {
    let status =
        Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn apt(packages: &[&str]) -> Result<()> {
    let by_hand = format!("install by hand: apt-get install {}", packages.join(" "));
    if !answers("apt-get", "--version") {
        bail!("there is no apt-get here; {by_hand}");
    }
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|it| it.stdout == b"0\n");
    let prefix: &[&str] = if is_root {
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    } else if answers("sudo", "-nv") || answers("sudo", "--version") {
        &["sudo", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    } else {
        bail!("you are not root and there is no sudo; {by_hand}");
    };
    let apt_get = |arguments: &[&str]| {
        let all: Vec<&str> = prefix[1..].iter().chain(arguments).copied().collect();
        Step::new(prefix[0], &all).run()
    };
    apt_get(&["update", "-q"])?;
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    apt_get(&[&install, packages].concat())
}
