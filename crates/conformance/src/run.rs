//! Running one case: its project, what is before it, its steps until one fails.

mod admin;
mod before;
mod data;
mod device;
mod flow;
mod http;
mod oauth;
mod saml;
mod steps;

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use stdx::hex;

use crate::case::{Case, SessionCookie};
use crate::client::{Browser, Request};
use crate::config;
use crate::database::Database;
use crate::failure::Failure;
use crate::matcher;
use crate::template::{self, BRACES, Outside, TemplateError};
use crate::world::World;

/// How a case went.
#[derive(Clone, Debug)]
pub enum Outcome {
    Passed,
    /// Passes only because the original overlooks something.
    PassedLeniently,
    Failed {
        /// The step's name, or what came before all steps.
        step: String,
        failure: Failure,
    },
    /// It could not be run here, and why.
    LeftOut(String),
    /// The server was gone before the case had ended.
    Crashed(String),
}

/// What a step made, for the templates of later steps.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub result: Value,
    pub error: Value,
}

/// A case on its way.
pub struct Run<'w> {
    world: &'w World,
    case: &'w Case,
    app_id: String,
    browser: Browser,
    /// The newest state token.
    state: String,
    /// What templates see: `AppID`, `prev`, `steps`.
    data: Map<String, Value>,
    link_codes: HashMap<(String, String), String>,
    device_keys: HashMap<String, Value>,
    was_lenient: bool,
}

/// Runs a case to its end, or to the end of the time it may take.
pub async fn run(world: &World, case: &Case) -> Outcome {
    if matches!(world.database, Database::Sqlite(_)) && !case.has_portable_sql() {
        return Outcome::LeftOut("its SQL is PostgreSQL's".to_owned());
    }
    let app_id = case.document.app_id.clone().unwrap_or_else(|| hex(&world.rng.bytes::<16>()));
    let mut run = Run {
        world,
        case,
        browser: Browser::new(world.addresses, config::host(&app_id), world.patience.request),
        state: String::new(),
        data: Map::from_iter([
            ("AppID".to_owned(), app_id.as_str().into()),
            ("steps".to_owned(), json!({})),
        ]),
        app_id,
        link_codes: HashMap::new(),
        device_keys: HashMap::new(),
        was_lenient: false,
    };
    let limit = world.patience.case;
    let ended = tokio::time::timeout(limit, run.whole()).await;
    match ended {
        Ok(Ok(())) if run.was_lenient => Outcome::PassedLeniently,
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err((step, failure))) => Outcome::Failed { step, failure },
        Err(_) => Outcome::Failed {
            step: "the whole case".to_owned(),
            failure: Failure::new("an end", format!("none within {} s", limit.as_secs())),
        },
    }
}

impl Run<'_> {
    async fn whole(&mut self) -> Result<(), (String, Failure)> {
        let case = self.case;
        self.prepare().await.map_err(|failure| ("before".to_owned(), failure))?;
        for step in &case.steps {
            let made = self.step(&step.action).await;
            let made = made.map_err(|failure| (step.name.clone(), failure))?;
            let made = json!({ "step": step.name, "result": made.result, "error": made.error });
            if let Some(steps) = self.data.get_mut("steps") {
                steps[&step.name] = made.clone();
            }
            self.data.insert("prev".to_owned(), made);
        }
        Ok(())
    }

    /// Fills in a template of the case, asking the database where it must.
    async fn render(&mut self, text: &str) -> Result<String, Failure> {
        let data = Value::Object(self.data.clone());
        loop {
            let outside = Outside {
                rng: &self.world.rng,
                now: self.world.now(),
                keys: &self.world.keys,
                link_codes: &self.link_codes,
            };
            match template::render(text, BRACES, &data, &outside) {
                Err(TemplateError::LinkCode { claim, value }) => {
                    let code = self.link_code(&claim, &value).await?;
                    self.link_codes.insert((claim, value), code);
                }
                other => return Ok(other?),
            }
        }
    }

    /// Compares what came with a matcher in JSON.
    fn check(&mut self, what: &str, expected: &str, actual: &Value) -> Result<(), Failure> {
        let expected = parse(what, expected)?;
        self.check_value(what, &expected, actual)
    }

    fn check_value(&mut self, what: &str, expected: &Value, actual: &Value) -> Result<(), Failure> {
        let mut violations = matcher::compare(expected, actual);
        if self.world.is_lenient && violations.iter().any(|it| it.is_lenient) {
            violations.retain(|it| !it.is_lenient);
            self.was_lenient = true;
        }
        if violations.is_empty() {
            return Ok(());
        }
        let came = serde_json::to_string(actual).unwrap_or_default();
        Err(Failure { violations, ..Failure::new(what, matcher::cut(&came)) })
    }

    /// Signs the browser in with a session that a fixture made.
    fn inject(&mut self, session: Option<&SessionCookie>) {
        if let Some(session) = session {
            let value = format!("{}.{}", session.idp_session_id, session.idp_session_token);
            self.browser.jar.put("session", &value);
        }
    }

    fn origin(&self) -> String {
        config::public_origin(&self.app_id)
    }

    async fn send(&mut self, request: Request) -> Result<crate::client::Answer, Failure> {
        Ok(self.browser.send(request).await?)
    }
}

/// Reads JSON that a case wrote.
fn parse(what: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::new(format!("{what} in JSON"), format!("{error}\n{}", matcher::cut(text)))
    })
}

/// An address of the project's main endpoint.
fn project_address(path: &str) -> Result<url::Url, Failure> {
    address(&format!("http://127.0.0.1:4000{path}"))
}

fn address(text: &str) -> Result<url::Url, Failure> {
    url::Url::parse(text).map_err(|_| Failure::new("an address", text))
}
