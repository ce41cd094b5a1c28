use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::failure::Failure;

fn finished(id: &str, outcome: Outcome) -> Finished {
    Finished { id: id.to_owned(), name: id.to_owned(), outcome, took: Duration::ZERO }
}

fn failed(id: &str) -> Finished {
    let failure = Failure::new("something", "something else");
    finished(id, Outcome::Failed { step: "step 1".to_owned(), failure })
}

/// A ratchet with these lists, in a folder of its own.
fn ratchet(name: &str, passing: &str, not_yet: &str) -> Ratchet {
    let folder = std::env::temp_dir().join(format!("authwarden-ratchet-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(PASSING), passing).unwrap();
    std::fs::write(folder.join(NOT_YET), not_yet).unwrap();
    Ratchet::load(&folder).unwrap()
}

#[test]
fn a_listed_case_that_does_not_pass_breaks_the_run() {
    let ratchet = ratchet("broken", "# a comment\na#1\na#2\na#3\na#4\n", "");
    let all = [
        finished("a#1", Outcome::Passed),
        failed("a#2"),
        finished("a#3", Outcome::Crashed("the server ended".to_owned())),
        finished("a#4", Outcome::PassedLeniently),
        failed("b#1"),
    ];
    let ids: Vec<_> = ratchet.broken(&all).iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["a#2", "a#3", "a#4"]);
}

#[test]
fn a_listed_case_that_is_left_out_breaks_nothing() {
    let ratchet = ratchet("left-out", "a#1\n", "");
    let all = [finished("a#1", Outcome::LeftOut("its SQL is PostgreSQL's".to_owned()))];
    assert!(ratchet.broken(&all).is_empty());
}

#[test]
fn blessing_adds_what_passes_and_never_takes_away() {
    let mut ratchet = ratchet("bless", "a#1\n", "");
    let all = [
        failed("a#1"),
        finished("b#1", Outcome::Passed),
        finished("c#1", Outcome::PassedLeniently),
        finished("d#1", Outcome::Crashed("the server ended".to_owned())),
    ];
    assert_eq!(ratchet.gained(&all), ["b#1"]);
    ratchet.bless(&all).unwrap();
    let written = Ratchet::load(&ratchet.folder).unwrap().passing;
    assert_eq!(written.into_iter().collect::<Vec<_>>(), ["a#1", "b#1"]);
}

#[test]
fn a_listed_case_that_is_gone_is_noticed() {
    let ratchet = ratchet("unknown", "a#1\na#2\n", "");
    assert_eq!(ratchet.unknown(&["a#1".to_owned()]), ["a#2"]);
}

#[test]
fn the_table_counts_what_passes_fails_and_waits() {
    let ratchet = ratchet("table", "a/x#1\n", "a/*: SAML\nb/*: hooks\nb/y*: LDAP\n");
    let ids = ["a/x#1", "a/x#2", "b/x#1", "b/y#1", "c/x#1"].map(str::to_owned);
    expect![[r#"
        | folder | cases | pass | fail | wait for a feature |
        |---|--:|--:|--:|---|
        | a | 2 | 1 | 0 | 1: SAML |
        | b | 2 | 0 | 0 | 2: hooks |
        | c | 1 | 0 | 1 |  |
        | **all** | **5** | **1** | **1** | **3** |
    "#]]
    .assert_eq(&ratchet.table(&ids));
}

#[test]
fn the_table_has_its_place_in_the_document() {
    let document = format!("before\n{START}old\n{END}after\n");
    assert_eq!(
        with_table(&document, "new\n").unwrap(),
        format!("before\n{START}new\n{END}after\n")
    );
    assert!(with_table("before\n", "new\n").is_err());
}
