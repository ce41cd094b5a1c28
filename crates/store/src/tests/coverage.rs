//! Every function of this crate is named in a case of the conformance suite.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_source = |path: &PathBuf| path.extension().is_some_and(|it| it == "rs");
    let nested = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().filter(is_source).chain(nested).collect()
}

/// The names that follow `prefix` in a text.
fn names<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let is_end = |it: char| !it.is_alphanumeric() && it != '_';
    text.split(prefix).skip(1).filter_map(move |rest| rest.split(is_end).next())
}

#[test]
fn every_function_is_named_in_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_test = |path: &PathBuf| path.to_string_lossy().contains("tests");
    let (tests, production): (Vec<_>, Vec<_>) = sources(&root).into_iter().partition(is_test);
    let read = |paths: &[PathBuf]| {
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect::<String>()
    };
    let (tests, production) = (read(&tests), read(&production));
    let called: BTreeSet<_> = names(&tests, ".").chain(names(&tests, "::")).collect();
    let public: BTreeSet<_> = names(&production, "pub async fn ").collect();
    assert!(public.len() > 30, "the search itself is broken");
    let missing: Vec<_> = public.difference(&called).collect();
    assert_eq!(missing, Vec::<&&str>::new(), "no case calls these");
}

#[test]
fn every_statement_says_whose_rows_it_means() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let nouns = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    for path in nouns.filter(|path| path.extension().is_some_and(|it| it == "rs")) {
        let text = fs::read_to_string(&path).unwrap();
        for statement in text.split('"').filter(|it| is_statement(it)) {
            assert!(statement.contains("$1"), "{}: {statement}", path.display());
        }
    }
}

fn is_statement(text: &str) -> bool {
    let verbs = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
    // Texts that are put together from several are looked at by the eye.
    let is_whole = ["WHERE ", "VALUES ", "SET "].iter().any(|word| text.contains(word));
    is_whole && verbs.iter().any(|verb| text.trim_start().starts_with(verb))
}
