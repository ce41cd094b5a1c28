//! How SQLite goes about a statement: in tests, each is asked before it runs, and one that would
//! read all of a project's rows to find a few fails there and not when there are a million.

use rusqlite::Connection;

/// Tables that are read as a whole: they have a few rows a project.
const SMALL: [&str; 3] = ["_portal_config_source", "_portal_domain", "_authwarden_migration"];

/// Panics when a statement reads more than it is after.
pub(super) fn check(connection: &Connection, sql: &str) {
    let Ok(mut statement) = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")) else {
        return;
    };
    let mut rows = statement.raw_query();
    let mut lines: Vec<String> = Vec::new();
    while let Ok(Some(row)) = rows.next() {
        lines.push(row.get("detail").expect("a line of a plan is text"));
    }
    // A list that is read in the order of an index ends with its limit.
    let is_list = sql.trim_start().starts_with("SELECT") && sql.contains("LIMIT");
    if is_list && !lines.iter().any(|it| it == "USE TEMP B-TREE FOR ORDER BY") {
        return;
    }
    for line in &lines {
        assert!(!reads_a_project(line), "{line}\nof\n{}\nfor\n{sql}", lines.join("\n"));
    }
}

/// Whether a line of a plan goes through all rows of a table, or all of a project in it.
fn reads_a_project(line: &str) -> bool {
    let mut words = line.split(' ');
    let (verb, table) = (words.next(), words.next().unwrap_or_default());
    if SMALL.contains(&table) {
        return false;
    }
    match verb {
        Some("SCAN") => {
            !table.starts_with('(') && table != "CONSTANT" && !line.contains("VIRTUAL TABLE")
        }
        Some("SEARCH") => line.ends_with("(app_id=?)"),
        _ => false,
    }
}
