//! The sandbox with real children: limits that only the parent can hold, and what survives.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use script::{FetchRequest, FetchResponse, Job, Ran, Runner, ScriptError, Scripts, Settings};
use serde_json::{Value, json};

/// Longer than anything takes, on a busy machine too.
const TIMEOUT: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        runner: process(env!("CARGO_BIN_EXE_script-worker")),
        workers_max: 2,
        workers_per_project_max: 2,
        queue_max: 8,
    }
}

fn process(program: &str) -> Runner {
    Runner::Process { program: PathBuf::from(program), arguments: Vec::new() }
}

fn scripts() -> Scripts {
    Scripts::new(settings())
}

async fn run_for(scripts: &Scripts, project: &str, source: &str, timeout: Duration) -> Ran {
    let job = Job { project, source, event: &json!({ "a": 1 }), timeout };
    scripts
        .run(job, |request: FetchRequest| {
            Box::pin(async move {
                if request.url.contains("silent") {
                    std::future::pending::<()>().await;
                }
                let (url, body) = (request.url, request.method);
                Ok(FetchResponse { url, status: 200, headers: Vec::new(), body })
            })
        })
        .await
}

async fn run(scripts: &Scripts, source: &str) -> Result<Value, ScriptError> {
    run_for(scripts, "p", source, TIMEOUT).await.result
}

#[tokio::test]
async fn memory_that_an_allocator_reserves_is_not_a_script_s() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_script-worker"));
    let runner = Runner::Process { program, arguments: vec!["reserving".to_owned()] };
    let scripts = Scripts::new(Settings { runner, ..settings() });
    let source = "export default async () => 'x'.repeat(1 << 20).length";
    assert_eq!(run(&scripts, source).await, Ok(json!(1 << 20)));
}

#[tokio::test]
async fn a_script_runs_again_and_again() {
    let scripts = scripts();
    for _ in 0..3 {
        let source = "export default async (e: any) => e.a + 1";
        assert_eq!(run(&scripts, source).await, Ok(json!(2)));
    }
}

#[tokio::test]
async fn a_thread_stands_in_for_a_process() {
    let scripts = Scripts::for_tests();
    let source = "export default async (e: any) => [e.a, await (await fetch('https://x/')).text()]";
    for _ in 0..2 {
        assert_eq!(run(&scripts, source).await, Ok(json!([1, "GET"])));
    }
}

#[tokio::test]
async fn what_one_run_leaves_behind_the_next_does_not_see() {
    let scripts = scripts();
    let source = "export default async () => { const g: any = globalThis; g.n = (g.n ?? 0) + 1; return g.n }";
    assert_eq!(run(&scripts, source).await, Ok(json!(1)));
    assert_eq!(run(&scripts, source).await, Ok(json!(1)));
}

#[tokio::test]
async fn a_fetch_goes_through_the_parent() {
    let source = "export default async () => (await fetch('https://example.com/')).text()";
    assert_eq!(run(&scripts(), source).await, Ok(json!("GET")));
}

#[tokio::test]
async fn an_answer_that_comes_late_disturbs_nobody() {
    let scripts = scripts();
    let source = "export default async () => { setTimeout(() => {}, 20); return 1 }";
    for _ in 0..5 {
        assert_eq!(run(&scripts, source).await, Ok(json!(1)));
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let source = "export default async () => (await fetch('https://silent/')).text()";
    let ran = run_for(&scripts(), "p", source, Duration::from_millis(200)).await;
    assert_eq!(ran.result, Err(ScriptError::Timeout));
}

#[tokio::test]
async fn calls_are_counted() {
    let source = "export default async () => {
        for (let i = 0; ; i++) try { await fetch('https://example.com/') } catch { return i }
    }";
    assert_eq!(run(&scripts(), source).await, Ok(json!(50)));
}

#[tokio::test]
async fn a_source_that_is_too_much_for_the_engine_brings_down_its_child_only() {
    let scripts = scripts();
    let deep = format!("export default {}1{};", "(".repeat(50_000), ")".repeat(50_000));
    let outcome = run(&scripts, &deep).await;
    assert!(matches!(outcome, Err(ScriptError::Crashed | ScriptError::Syntax(_))), "{outcome:?}");
    assert_eq!(run(&scripts, "export default async () => 1").await, Ok(json!(1)));
}

#[tokio::test]
async fn every_limit_ends_the_run_and_not_the_sandbox() {
    let scripts = scripts();
    for (source, expected) in [
        ("export default async () => { for (;;) {} }", ScriptError::Timeout),
        (
            "export default async () => { const a = []; for (;;) a.push(new Array(1000).fill(1)) }",
            ScriptError::Memory,
        ),
        ("export default async () => new Promise(() => {})", ScriptError::NeverSettles),
        ("export default async () => 'x'.repeat(2e6)", ScriptError::ReplyTooLarge),
        ("export default 1", ScriptError::NotAFunction),
    ] {
        // Only what is endless is waited for.
        let is_endless = expected == ScriptError::Timeout;
        let timeout = if is_endless { Duration::from_millis(300) } else { TIMEOUT };
        let ran = run_for(&scripts, "p", source, timeout).await;
        assert_eq!(ran.result, Err(expected), "{source}");
        assert_eq!(run(&scripts, "export default async () => 1").await, Ok(json!(1)));
    }
}

#[tokio::test]
async fn the_child_can_open_nothing() {
    // What the engine could do if it were broken out of is what its process can do.
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_script-worker"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let check = json!({ "Check": { "source": "export default 1" } }).to_string();
    let length = u32::try_from(check.len()).unwrap().to_be_bytes();
    std::io::Write::write_all(&mut input, &[&length, check.as_bytes()].concat()).unwrap();
    let mut answer = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut answer).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let line = limits.lines().find(|it| it.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().nth(3), Some("0"), "{line}");
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn one_projects_loops_leave_room_for_the_others() {
    let scripts = Scripts::new(Settings { workers_per_project_max: 1, ..settings() });
    let endless = "export default async () => { for (;;) {} }";
    let looping = join_all((0..4).map(|_| run_for(&scripts, "greedy", endless, TIMEOUT)));
    let modest = run_for(&scripts, "modest", "export default async () => 1", TIMEOUT);
    tokio::select! {
        _ = looping => panic!("the others had to wait for the loops"),
        ran = modest => assert_eq!(ran.result, Ok(json!(1))),
    }
}

#[tokio::test]
async fn a_full_queue_is_refused_at_once() {
    let scripts = Scripts::new(Settings { workers_max: 1, queue_max: 1, ..settings() });
    let refused = Arc::new(AtomicUsize::new(0));
    let slow = "export default async () => { for (;;) {} }";
    let runs = (0..5).map(|_| async {
        let ran = run_for(&scripts, "p", slow, Duration::from_millis(300)).await;
        if ran.result == Err(ScriptError::Busy) {
            refused.fetch_add(1, Ordering::Relaxed);
        }
    });
    join_all(runs).await;
    assert!(refused.load(Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn a_source_is_checked_without_being_run() {
    let scripts = scripts();
    assert_eq!(scripts.check("p", "while (true) {}; export default 1").await, Ok(()));
    let error = scripts.check("p", "export default async () => {").await.unwrap_err();
    assert!(matches!(error, ScriptError::Syntax(_)), "{error:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    let settings = Settings { runner: process("/nonexistent"), ..settings() };
    let outcome = run(&Scripts::new(settings), "export default async () => 1").await;
    assert!(matches!(outcome, Err(ScriptError::NotStarted(_))), "{outcome:?}");
}

#[tokio::test]
async fn what_was_printed_comes_back() {
    let source = "export default async () => { console.log('here'); throw new Error('boo') }";
    let ran = run_for(&scripts(), "p", source, TIMEOUT).await;
    assert_eq!(ran.console.text, "log: here\n");
    assert!(matches!(ran.result, Err(ScriptError::Exception { .. })));
}
