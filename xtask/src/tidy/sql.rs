//! Every statement names its project.
//!
//! `$1` is the project, bound by the unit of work. A statement that does not use it as such
//! would read or write another tenant's rows.

use anyhow::Result;

use super::files::sources;
use crate::run::root;

/// Files whose statements are about the installation, not about a project.
const EXEMPT: [&str; 3] = ["config_sources.rs", "outbox.rs", "migrate.rs"];

pub fn check(problems: &mut Vec<String>) -> Result<()> {
    for path in sources(&root().join("crates/store/src"))? {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let is_test = path.components().any(|it| it.as_os_str() == "tests") || name == "tests.rs";
        let is_engine = path.components().any(|it| it.as_os_str() == "db") || name == "db.rs";
        if is_test || is_engine || EXEMPT.contains(&name) {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        for statement in statements(&text) {
            if !names_its_project(statement) {
                let start: String = statement.chars().take(60).collect();
                problems.push(format!("store/{name}: no project in `{}…`", start.trim()));
            }
        }
    }
    Ok(())
}

/// How a statement begins: with a verb, or with a macro that has the verb and the joins.
const HEADS: [&str; 7] = [
    "\"SELECT ",
    "\"INSERT ",
    "\"UPDATE ",
    "\"DELETE ",
    "\"WITH ",
    "identities!(",
    "authenticators!(",
];

/// The Rust statements that hold SQL: a query may be put together from several literals. What a
/// macro begins is looked at where the macro is used.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').filter_map(move |chunk| {
        if chunk.contains("macro_rules!") {
            return None;
        }
        let start = HEADS.iter().filter_map(|head| chunk.find(head)).min()?;
        Some(&chunk[start..])
    })
}

fn names_its_project(statement: &str) -> bool {
    let squeezed: String = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    squeezed.contains("app_id = $1")
        || (squeezed.starts_with("\"INSERT") && squeezed.contains("(app_id,"))
}
