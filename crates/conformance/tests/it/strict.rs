//! What is unknown is an error, never a pass; and what the original lets pass is told apart.

use conformance::case::load;

use crate::fake::{Fake, json, outcome, status};

#[track_caller]
fn check(name: &str, document: &str, problem: &str) {
    let folder = std::env::temp_dir().join(format!("authwarden-strict-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a_test.yaml"), document).unwrap();
    std::fs::write(folder.join("fixture.yaml"), "this is no case").unwrap();
    let (cases, broken) = load(&folder).unwrap();
    assert!(cases.is_empty(), "{document}");
    assert_eq!(broken[0].id, "a_test.yaml#1");
    assert!(broken[0].problem.contains(problem), "{}", broken[0].problem);
}

#[test]
fn what_is_not_known_is_no_case() {
    check("action", "name: a\nsteps: [{ action: dance }]\n", "no such action");
    check("field", "name: a\nsteps: [{ action: create, input: '{}', outptu: {} }]\n", "outptu");
    check("of-another", "name: a\nsteps: [{ action: create, input: '{}', to: x }]\n", "to");
    check("output", "name: a\nsteps: [{ action: create, input: '{}', output: { x: y } }]\n", "x");
    check("top", "name: a\nstesp: []\nsteps: []\n", "stesp");
    check("hook", "name: a\nbefore: [{ type: dance }]\nsteps: []\n", "dance");
    check("yaml", "name: [\n", "not YAML");
    check("twice", "name: a\nsteps: [{ name: x, input: '{}' }, { name: x, input: '{}' }]\n", "`x`");
}

#[test]
fn a_file_holds_documents_and_a_focus_leaves_the_others_out() {
    let folder = std::env::temp_dir().join("authwarden-strict-documents");
    std::fs::create_dir_all(folder.join("below")).unwrap();
    let two = "---\nname: first\nsteps: []\n--- \nname: second\nsteps: []\n";
    std::fs::write(folder.join("below/x.test.yaml"), two).unwrap();
    let ids = || -> Vec<String> { load(&folder).unwrap().0.into_iter().map(|it| it.id).collect() };
    assert_eq!(ids(), ["below/x.test.yaml#1", "below/x.test.yaml#2"]);
    std::fs::write(folder.join("below/x.test.yaml"), format!("{two}focus: true\n")).unwrap();
    assert_eq!(ids(), ["below/x.test.yaml#2"]);
}

#[tokio::test]
async fn an_unknown_function_fails_the_case() {
    let steps = "steps: [{ action: create, input: '{{ now }}' }]\n";
    assert_eq!(outcome(steps, status(200)).await, "step 1: a template of the case format");
}

#[tokio::test]
async fn what_the_original_lets_pass_passes_leniently_only() {
    let steps = "steps: [{ action: create, input: '{}', output: { result: '{ \"action\": { \"data\": {} } }' } }]\n";
    let reply = json(r#"{"result":{"action":{"data":[1]}}}"#);
    let mut fake = Fake::new(move |_| Some(reply.clone())).await;
    assert_eq!(fake.run(steps).await, "step 1: output.result [/action/data {} | [1]]");
    fake.world.is_lenient = true;
    assert_eq!(fake.run(steps).await, "passed leniently");
}
