use std::collections::VecDeque;

use serde_json::Value as Json;

use super::*;
use crate::FetchRequest;
use crate::transpile::transpile;

/// Answers every `fetch` with what was asked, and every `sleep` at once.
#[derive(Default)]
struct Echo(VecDeque<(u32, Answer)>, u32);

impl Outside for Echo {
    fn call(&mut self, call: Call) -> io::Result<u32> {
        self.1 += 1;
        let answer = match call {
            Call::Fetch(FetchRequest { url, .. }) if url.contains("refused") => {
                Err("no".to_owned())
            }
            Call::Fetch(it) => Ok(json!({
                "url": it.url, "status": 201, "headers": [["content-type", "application/json"]],
                "body": json!({
                    "method": it.method, "headers": it.headers, "body": it.body,
                    "redirect": it.redirect,
                }).to_string(),
            })),
            Call::Sleep { .. } => Ok(Json::Null),
        };
        self.0.push_back((self.1, answer));
        Ok(self.1)
    }

    fn answer(&mut self) -> io::Result<(u32, Answer)> {
        Ok(self.0.pop_front().expect("an answer is due"))
    }
}

/// Longer than anything here takes but the endless.
const TIMEOUT: Duration = Duration::from_secs(10);

fn run_source(source: &str, event: &Json) -> (Result<String, ScriptError>, Console) {
    run_for(source, event, TIMEOUT)
}

fn run_for(
    source: &str,
    event: &Json,
    timeout: Duration,
) -> (Result<String, ScriptError>, Console) {
    let code = transpile(source).unwrap();
    run(&code, &event.to_string(), timeout, Echo::default())
}

/// What the body of a hook returns.
#[track_caller]
fn check(body: &str, expected: &Json) {
    let source = format!("export default async (e: any) => {{ {body} }}");
    let (result, console) = run_source(&source, &json!({ "a": 1 }));
    let returned: Json = serde_json::from_str(&result.expect(&console.text)).unwrap();
    assert_eq!(&returned, expected);
}

/// What a whole module ends with.
#[track_caller]
fn check_error(source: &str, expected: &str) {
    let error = run_source(source, &json!({})).0.unwrap_err();
    assert_eq!(error.to_string(), expected, "{source}");
}

#[test]
fn the_event_goes_in_and_the_value_comes_out() {
    check("return { twice: e.a * 2 };", &json!({ "twice": 2 }));
    check("return;", &Json::Null);
    check("return Promise.resolve([1, undefined]);", &json!([1, null]));
}

#[test]
fn what_is_not_async_is_called_as_well() {
    let (result, _) = run_source("export default (e: any) => e.a", &json!({ "a": "b" }));
    assert_eq!(result.unwrap(), "\"b\"");
}

#[test]
fn endless_work_is_interrupted() {
    let late = |source: &str| {
        let ended = run_for(source, &json!({}), Duration::from_millis(100)).0;
        assert_eq!(ended, Err(ScriptError::Timeout), "{source}");
    };
    late("export default async () => { for (;;) {} }");
    late("while (true) {}; export default async () => 1");
    late("export default async () => { for (;;) await 0 }");
    late("export default async () => /^(a+)+$/.test('a'.repeat(40) + 'b')");
    late("export default async () => [2, 1].sort(() => { for (;;) {} })");
    late("export default async () => ({ toJSON() { for (;;) {} } })");
    late("export default async () => { try { for (;;) {} } catch { for (;;) {} } }");
}

#[test]
fn memory_is_limited() {
    let full = "the script used too much memory";
    let list =
        "export default async () => { const a = []; for (;;) a.push(new Array(1000).fill(1)) }";
    check_error(list, full);
    check_error(
        "export default async () => { let a = 'x'; for (;;) a += a; }",
        "the script threw InternalError: string too long",
    );
    check_error("export default async () => new ArrayBuffer(1e9).byteLength", full);
}

#[test]
fn endless_calls_are_an_exception() {
    check_error(
        "const f = (): any => f(); export default async () => f()",
        "the script threw RangeError: Maximum call stack size exceeded",
    );
}

#[test]
fn a_promise_that_nobody_keeps_is_noticed_at_once() {
    let stuck = "the script waits for something that never comes";
    check_error("export default async () => { await new Promise(() => {}) }", stuck);
    check_error("await new Promise(() => {}); export default async () => 1", stuck);
}

#[test]
fn a_reply_without_end_is_refused() {
    check_error(
        "export default async () => 'x'.repeat(2e6)",
        "the value that the script returned is larger than 1048576 bytes",
    );
}

#[test]
fn an_exception_has_its_words_and_its_place() {
    let source = "export default async () => {\n  throw new Error('boo');\n}";
    let ScriptError::Exception { message, stack } = run_source(source, &json!({})).0.unwrap_err()
    else {
        panic!("an exception")
    };
    assert_eq!(message, "Error: boo");
    assert!(stack.contains("hook:2"), "{stack}");
    check_error(
        "export default async () => { throw { code: 7 } }",
        "the script threw {\"code\":7}",
    );
    check_error("throw new Error('early'); export default 1", "the script threw Error: early");
}

#[test]
fn what_is_no_function_is_said_so() {
    check_error("export default 1", "the script does not export a function by default");
}

#[test]
fn modules_cannot_be_loaded() {
    let (result, _) = run_source("export default async () => await import('std')", &json!({}));
    assert!(matches!(result, Err(ScriptError::Exception { .. })), "{result:?}");
}

#[test]
fn there_is_no_way_out_but_what_is_given() {
    check(
        "return ['Deno', 'process', 'require', 'std', 'os', 'host', '__call'].filter((it) => it in globalThis);",
        &json!([]),
    );
}

#[test]
fn a_fetch_is_asked_for_and_answered() {
    check(
        "const it = await fetch('https://example.com/', { method: 'post', headers: { A: '1' }, body: 'b' });
         return [it.status, it.ok, it.headers.get('Content-Type'), it.url, await it.json()];",
        &json!([201, true, "application/json", "https://example.com/",
            { "method": "POST", "headers": [["a", "1"]], "body": "b", "redirect": "follow" }]),
    );
    check(
        "const form = new URLSearchParams({ a: 'b c', d: '&' });
         const it = await (await fetch('https://example.com/', { method: 'POST', body: form })).json();
         return [it.body, it.headers];",
        &json!(["a=b+c&d=%26",
            [["content-type", "application/x-www-form-urlencoded;charset=UTF-8"]]]),
    );
    check(
        "try { await fetch('https://refused/'); } catch (error) { return String(error); }",
        &json!("TypeError: no"),
    );
    check(
        "return (await Promise.all([1, 2, 3].map((it) => fetch('https://' + it + '/')))).map((it) => it.url);",
        &json!(["https://1/", "https://2/", "https://3/"]),
    );
}

#[test]
fn what_is_not_awaited_does_not_hold_the_value_back() {
    check("fetch('https://example.com/'); return 1;", &json!(1));
}

#[test]
fn the_small_tools_do_what_they_do_elsewhere() {
    check("return await new Promise((done) => setTimeout(done, 10, 'woken'));", &json!("woken"));
    check(
        "const timer = setTimeout(() => { throw 1 }, 1); clearTimeout(timer);
         return await new Promise((done) => setTimeout(() => done(2), 5));",
        &json!(2),
    );
    check(
        "return [btoa('hello'), btoa('a'), btoa(''), atob('aGVsbG8='), atob('YQ==')];",
        &json!(["aGVsbG8=", "YQ==", "", "hello", "a"]),
    );
    check(
        "const it = new URL('/b?c=d#e', 'https://u:p@example.com:8443/a'); it.searchParams.set('f', 'g h');
         return [it.href, it.hostname, it.port, it.origin, it.pathname];",
        &json!(["https://u:p@example.com:8443/b?c=d&f=g+h#e", "example.com", "8443",
            "https://example.com:8443", "/b"]),
    );
    check("try { new URL('nonsense') } catch (error) { return error.name }", &json!("TypeError"));
    check(
        "const it = new Headers({ A: '1' }); it.append('a', '2'); return [...it];",
        &json!([["a", "1, 2"]]),
    );
}

#[test]
fn the_console_is_kept_and_cut() {
    let source = "export default async () => { console.log('a', { b: 1 }, 2); console.error(new Error('c').message); }";
    assert_eq!(run_source(source, &json!({})).1.text, "log: a {\"b\":1} 2\nerror: c\n");
    let source = "export default async () => { for (;;) console.log('é'.repeat(1000)) }";
    let (result, console) = run_for(source, &json!({}), Duration::from_millis(100));
    assert_eq!(result, Err(ScriptError::Timeout));
    assert!(console.is_cut && console.text.len() <= 16 * 1024, "{}", console.text.len());
}
