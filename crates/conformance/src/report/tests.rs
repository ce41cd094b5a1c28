use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::matcher::Violation;

fn all() -> Vec<Finished> {
    let violation = Violation {
        path: "/a".to_owned(),
        expected: "1".to_owned(),
        actual: "<2>".to_owned(),
        is_lenient: false,
    };
    let failure =
        Failure { violations: vec![violation], ..Failure::new("output.result", "{\"a\":\"<2>\"}") };
    let outcomes = [
        ("a/x#1", Outcome::Passed),
        ("a/x#2", Outcome::Failed { step: "step 2".to_owned(), failure }),
        ("b/x#1", Outcome::LeftOut("its SQL is PostgreSQL's".to_owned())),
        ("b/x#2", Outcome::Crashed("the server ended".to_owned())),
    ];
    let finished = |(id, outcome): (&str, Outcome)| Finished {
        id: id.to_owned(),
        name: "A & B".to_owned(),
        outcome,
        took: Duration::from_millis(1500),
    };
    outcomes.map(finished).into()
}

#[test]
fn the_table_has_a_line_for_each_folder_and_says_why() {
    expect![[r#"
        | folder | passed | failed | not run | why not |
        |---|--:|--:|--:|---|
        | a | 1 | 1 | 0 |  |
        | b | 0 | 1 | 1 | its SQL is PostgreSQL's |
        | **all** | **1** | **2** | **1** | |
    "#]]
    .assert_eq(&table(&all()));
}

#[test]
fn a_failure_is_told_as_a_difference() {
    expect![[r#"
        a/x#2 (A & B)
          step 2: output.result
            - /a: 1
            + /a: <2>
            came: {"a":"<2>"}
    "#]]
    .assert_eq(&failure(&all()[1]).unwrap());
    assert_eq!(failure(&all()[0]), None);
    assert!(failure(&all()[3]).unwrap().contains("the server ended"));
}

#[test]
fn programs_read_json() {
    let json: serde_json::Value =
        serde_json::from_str(&files::write(Format::Json, &all())).unwrap();
    assert_eq!(json[0]["outcome"], "passed");
    assert_eq!(json[1]["details"]["violations"][0]["actual"], "<2>");
    assert_eq!(json[3]["outcome"], "crashed");
}

#[test]
fn junit_is_well_formed_and_counts() {
    let text = files::write(Format::Junit, &all());
    let suite = crate::saml::parse(&text).unwrap();
    let counts = ["tests", "failures", "errors", "skipped"].map(|it| suite.attribute(it).unwrap());
    assert_eq!(counts, ["4", "1", "1", "1"]);
    let failed = &suite.inside[1];
    assert_eq!(failed.attribute("name"), Some("A & B"));
    assert!(failed.inside[0].text.contains("+ /a: <2>"));
}
