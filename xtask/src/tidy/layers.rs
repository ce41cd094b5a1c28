//! Which crate may use which (ARCHITECTURE, "Layers").

use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run::root;

/// Crates by layer. Within L0 and L2 edges may run sideways; in L1 and L3 they may not, but
/// every surface stands on `web`.
const LAYERS: [&[&str]; 5] = [
    &["stdx", "domain", "appconfig", "i18n", "jose", "oauth", "ctx"],
    &["store", "kv", "outbound", "script"],
    &["events", "limits", "messaging", "accounts", "sessions", "flow", "upkeep"],
    &["web", "oidc-provider", "flow-api", "account-api", "authui", "resolver"],
    &["server", "cli"],
];

/// Tools beside the layers.
const TOOLS: [&str; 5] = ["testkit", "xtask", "bench", "conformance", "services"];

/// Third parties that only some may use, because the seam is there.
const FENCED: [(&str, &[&str]); 9] = [
    ("sqlx", &["store"]),
    ("rusqlite", &["store"]),
    ("redis", &["kv"]),
    (
        "axum",
        &[
            "web",
            "oidc-provider",
            "flow-api",
            "account-api",
            "authui",
            "resolver",
            "server",
            "testkit",
        ],
    ),
    ("reqwest", &["outbound"]),
    ("lettre", &["outbound"]),
    ("ldap3", &["outbound"]),
    ("oxc", &["script"]),
    ("rquickjs", &["script"]),
];

pub fn check(problems: &mut Vec<String>) -> Result<()> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let is_for_tests = dependency["kind"] == "dev";
            problems.extend(check_edge(name, used, is_for_tests));
        }
    }
    Ok(())
}

fn check_edge(name: &str, used: &str, is_for_tests: bool) -> Option<String> {
    let fence = FENCED.iter().find(|(fenced, _)| *fenced == used);
    if let Some((_, allowed)) = fence
        && !allowed.contains(&name)
        && !is_for_tests
        && !TOOLS.contains(&name)
    {
        return Some(format!("{name} uses {used}, which only {} may", allowed.join(", ")));
    }
    if is_for_tests || TOOLS.contains(&name) {
        return None;
    }
    let layer = |wanted: &str| LAYERS.iter().position(|layer| layer.contains(&wanted));
    let Some(from) = layer(name) else {
        return Some(format!("{name} is in no layer of xtask/src/tidy/layers.rs"));
    };
    let to = layer(used)?;
    let is_sideways = from == to && (from == 1 || from == 3) && used != "web";
    if to > from || is_sideways {
        return Some(format!("{name} uses {used}: L{from} may not reach L{to} that way"));
    }
    None
}
