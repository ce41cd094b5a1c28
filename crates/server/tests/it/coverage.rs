//! What no test names: endpoints, limits, events, reasons, pages and texts.
//!
//! The list is checked in (`gaps.txt`), so that what is new and untested is seen in review, and
//! what has got a test leaves the list. `cargo xtask bless` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use limits::Limit;

const HEADER: &str = "\
# What no test names, by kind. Written by `coverage.rs`: `cargo xtask bless` writes it anew.
# Something is named by a test when a test, a snapshot or a browser test has the word.
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project")
}

/// Every file below `folder`, with its path from the root of the project.
fn files(folder: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            if !name.ends_with("/node_modules") {
                files(&name, found);
            }
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.push((name, text));
        }
    }
}

fn is_kind(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == extension)
}

/// The sources of the product and those of its tests.
struct Sources {
    product: Vec<(String, String)>,
    tests: String,
}

impl Sources {
    fn read() -> Self {
        let (mut product, mut tests) = (Vec::new(), String::new());
        let mut all = Vec::new();
        for folder in ["crates", "e2e/tests", "e2e/harness", "e2e/examples"] {
            files(folder, &mut all);
        }
        for (name, text) in all {
            let is_test = name.contains("/tests") || name.starts_with("e2e/");
            let is_own = name.ends_with("coverage.rs") || name.ends_with("gaps.txt");
            let is_tool = ["testkit", "bench", "conformance", "services"]
                .iter()
                .any(|tool| name.starts_with(&format!("crates/{tool}/")));
            match (is_own, is_test || is_tool) {
                (true, _) => {}
                (false, true) => tests.push_str(&text),
                (false, false) => product.push((name, text)),
            }
        }
        Self { product, tests }
    }

    /// The literals between `before` and a quotation mark in the product.
    fn literals(&self, before: &str) -> BTreeSet<String> {
        let texts = self.product.iter().filter(|(name, _)| is_kind(name, "rs"));
        let found = texts.flat_map(|(_, text)| {
            text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
        });
        found.map(str::to_owned).collect()
    }

    fn is_named(&self, word: &str) -> bool {
        self.tests.contains(word)
    }
}

/// The first words in backticks of the rows of a page's tables.
fn words_of_page(path: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(path)).expect("a page");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split(" |").next());
    let words = cells.flat_map(|cell| cell.split(['`', ',', ' ']));
    words.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The keys of messages that pages ask for, whatever else they quote, and those that the list of
/// the others has.
fn keys_asked_for() -> (BTreeSet<String>, BTreeSet<String>, Vec<String>) {
    let mut templates = Vec::new();
    files("templates", &mut templates);
    let (mut asked, mut quoted) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in
        templates.iter().filter(|(name, _)| is_kind(name, "html") || is_kind(name, "txt"))
    {
        for quote in ['\'', '"'] {
            let call = format!("t({quote}");
            for (at, _) in text.match_indices(&call) {
                // `asset("…")` and `get("…")` end in the same letters.
                if !text[..at].ends_with(char::is_alphanumeric) {
                    let rest = &text[at + call.len()..];
                    asked.extend(rest.split(quote).next().map(str::to_owned));
                }
            }
            quoted.extend(text.split(quote).map(str::to_owned));
        }
    }
    let others = std::fs::read_to_string(root().join("messages/from-code.txt")).expect("a list");
    let others = others.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    (asked, quoted, others.map(str::to_owned).collect())
}

#[test]
fn what_has_no_test_is_on_the_list() {
    let sources = Sources::read();
    let mut gaps = HEADER.to_owned();
    let mut list = |kind: &str, items: BTreeSet<String>, is_covered: &dyn Fn(&str) -> bool| {
        assert!(!items.is_empty(), "no {kind} were found");
        for item in items.iter().filter(|it| !is_covered(it)) {
            writeln!(gaps, "{kind} {item}").expect("text");
        }
    };
    list("endpoint", sources.literals(".route(\""), &|path| {
        // What is in braces is chosen by the client.
        sources.is_named(path.split('{').next().unwrap_or(path))
    });
    let limits = Limit::ALL.iter().map(|limit| format!("{limit:?}")).collect();
    list("limit", limits, &|limit| sources.is_named(&format!("Limit::{limit}")));
    list("event", words_of_page("docs/events.md"), &|event| sources.is_named(event));
    list("reason", words_of_page("docs/errors.md"), &|reason| sources.is_named(reason));
    let templates = web::builtin::template_names().map(str::to_owned).collect();
    list("template", templates, &|name| {
        let name = name.trim_end_matches(".html");
        // Every sample is rendered in every language; the rest are parts of pages.
        root().join(format!("templates/samples/{name}.json")).exists()
            || sources.product.iter().all(|(_, text)| !text.contains(&format!("\"{name}\"")))
    });
    expect_file!["gaps.txt"].assert_eq(&gaps);
}

#[test]
fn every_text_is_asked_for_and_every_text_asked_for_is_there() {
    let (asked, quoted, others) = keys_asked_for();
    let matches = |key: &str, pattern: &str| match pattern.strip_suffix('*') {
        Some(stem) => key.starts_with(stem),
        None => key == pattern,
    };
    let there: BTreeSet<_> = web::builtin::catalogue().keys("en").into_iter().collect();
    let idle: Vec<_> = there
        .iter()
        .filter(|key| !quoted.contains(**key) && !others.iter().any(|it| matches(key, it)))
        .collect();
    assert!(idle.is_empty(), "nobody asks for these texts: {idle:?}");
    let missing: Vec<_> = asked.iter().filter(|key| !there.contains(&key.as_str())).collect();
    assert!(missing.is_empty(), "these texts are not there: {missing:?}");
}

#[test]
fn every_reason_of_a_flow_is_on_the_page_of_reasons() {
    let source = root().join("crates/flow/src/refusal.rs");
    let source = std::fs::read_to_string(source).expect("the refusals");
    let start = source.find("fn reason(").expect("the reasons");
    let end = start + source[start..].find("\n    }\n").expect("their end");
    let words = source[start..end].split("=> \"").skip(1).filter_map(|it| it.split('"').next());
    let page = words_of_page("docs/errors.md");
    let missing: Vec<_> = words.filter(|word| !page.contains(*word)).collect();
    assert!(missing.is_empty(), "docs/errors.md does not say when: {missing:?}");
}
