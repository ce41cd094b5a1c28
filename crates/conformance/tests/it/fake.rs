//! A scripted server, a world around it, and a case of a few steps.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use conformance::case::{Case, load};
use conformance::client::Addresses;
use conformance::config::Base;
use conformance::database::Database;
use conformance::fakes::{Hooks, Mails};
use conformance::helper::Helper;
use conformance::run::{Outcome, run};
use conformance::secrets::{self, Secrets};
use conformance::world::{Patience, World};
use http_body_util::BodyExt as _;
use stdx::{Rng, Timestamp};
use store::Store;
use tokio::net::TcpListener;

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What the server answers: status, headers, body.
#[derive(Clone, Debug)]
pub struct Reply(pub u16, pub Vec<(&'static str, String)>, pub String);

pub type Script = Arc<dyn Fn(&Seen) -> Option<Reply> + Send + Sync>;

pub struct Fake {
    pub world: World,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    folder: PathBuf,
}

/// Making keys takes longer than a test.
static SECRETS: LazyLock<Secrets> = LazyLock::new(|| {
    secrets::generate(&Rng::seeded(0), Timestamp::EPOCH, "postgres://", "redis://").unwrap()
});

/// Prints what a case would get of it, and fails for a file that says so.
const HELPER: &str = r#"
case "$*" in *refused*) echo "no" >&2; exit 1;; esac
echo "made by $1"
"#;

pub fn json(body: &str) -> Reply {
    Reply(200, vec![("content-type", "application/json".to_owned())], body.to_owned())
}

pub fn status(status: u16) -> Reply {
    Reply(status, Vec::new(), String::new())
}

pub fn redirect(location: &str) -> Reply {
    Reply(302, vec![("location", location.to_owned())], String::new())
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

impl Fake {
    /// A server that answers by `script`, and never where that says nothing.
    pub async fn new(script: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("authwarden-runner-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let seen = Arc::default();
        let address = listen(Arc::new(script), Arc::clone(&seen)).await;
        let database = folder.join("test.db");
        drop(Store::sqlite(&database).await.unwrap());
        let helper = folder.join("helper.sh");
        std::fs::write(&helper, HELPER).unwrap();
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/base");
        let addresses =
            Addresses { main: address, resolver: address, admin: address, site_admin: address };
        let short = Duration::from_millis(300);
        let world = World {
            addresses,
            database: Database::sqlite(&database),
            helper: Helper::new(&format!("sh {}", helper.display()), Vec::new()).unwrap(),
            base: Base::new(&base, SECRETS.file.clone()),
            keys: SECRETS.keys.clone(),
            rng: Rng::system(),
            patience: Patience {
                rows: short,
                settle: Duration::from_millis(50),
                project: short,
                request: short,
                case: Duration::from_secs(20),
            },
            proxy: address,
            hooks: Hooks::default(),
            mails: Mails::default(),
            proxy_ca: None,
            is_lenient: false,
        };
        Self { world, seen, folder }
    }

    /// The case that these steps make.
    pub fn case(&self, document: &str) -> Case {
        let cases = self.folder.join("cases");
        std::fs::create_dir_all(&cases).unwrap();
        let text = format!("name: a case\nportable_sql: true\n{document}");
        std::fs::write(cases.join("a.test.yaml"), text).unwrap();
        let (mut cases, broken) = load(&cases).unwrap();
        assert!(broken.is_empty(), "{broken:?}");
        cases.remove(0)
    }

    /// Puts a fixture beside the case.
    pub fn fixture(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.folder.join("cases")).unwrap();
        std::fs::write(self.folder.join("cases").join(name), text).unwrap();
    }

    /// Runs it and says how it went, in a line.
    pub async fn run(&self, document: &str) -> String {
        shown(&run(&self.world, &self.case(document)).await)
    }

    /// The requests after the one that asks whether the project is served.
    pub fn requests(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        let is_probe = |it: &&Seen| it.line.ends_with("/.well-known/openid-configuration");
        seen.iter().filter(|it| !is_probe(it)).cloned().collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An outcome in a line: `passed`, or the step, the expectation and the differences.
pub fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::PassedLeniently => "passed leniently".to_owned(),
        Outcome::LeftOut(reason) => format!("left out: {reason}"),
        Outcome::Crashed(reason) => format!("crashed: {reason}"),
        Outcome::Failed { step, failure } => {
            let mut text = format!("{step}: {}", failure.expectation);
            for it in &failure.violations {
                let _ = write!(text, " [{} {} | {}]", it.path, it.expected, it.actual);
            }
            text
        }
    }
}

/// Runs steps against a server with one answer for everything.
pub async fn outcome(steps: &str, reply: Reply) -> String {
    Fake::new(move |_| Some(reply.clone())).await.run(steps).await
}

async fn listen(script: Script, seen: Arc<Mutex<Vec<Seen>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(move |request: Request| {
        let (script, seen) = (script.clone(), seen.clone());
        async move { answer(&script, &seen, request).await }
    });
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn answer(script: &Script, seen: &Mutex<Vec<Seen>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let request = Seen {
        line: format!("{} {target}", parts.method),
        headers: parts.headers.iter().map(header).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    seen.lock().unwrap().push(request.clone());
    let is_probe = request.line.ends_with("/.well-known/openid-configuration");
    let Some(Reply(status, headers, body)) =
        (if is_probe { Some(json("{}")) } else { script(&request) })
    else {
        return std::future::pending().await;
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap()
}
