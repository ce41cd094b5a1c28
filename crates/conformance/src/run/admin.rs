//! The Admin API: GraphQL, and the import of people.

use http::Method;
use serde_json::{Map, Value, json};

use super::{Made, Run, address, parse};
use crate::case::{AdminOutput, GraphQl, ImportCreate, ImportGet, Output};
use crate::client::{Answer, Request};
use crate::failure::Failure;

const ADMIN: &str = "http://127.0.0.1:4002/_api/admin";

/// What of an import's state a case can see.
const IMPORT_FIELDS: [&str; 6] =
    ["id", "created_at", "completed_at", "status", "summary", "details"];

impl Run<'_> {
    pub(super) async fn graphql(&mut self, step: &GraphQl) -> Result<Made, Failure> {
        let query = self.render(&step.admin_api_request.query).await?;
        let mut body = json!({ "query": query });
        if let Some(variables) = &step.admin_api_request.variables {
            let variables = self.render(variables).await?;
            body["variables"] = parse("variables", &variables)?;
        }
        let answer = self.admin(Method::POST, "/graphql", body.to_string()).await?;
        let body: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::new("an answer in JSON", "").with_answer(&answer))?;
        let result = json!({ "data": body["data"], "errors": errors(&body) });
        if let Some(expected) = step.admin_api_output.as_ref().and_then(|it| it.result.as_ref()) {
            let expected = self.render(expected).await?;
            self.check("admin_api_output.result", &expected, &result)
                .map_err(|failure| failure.with_answer(&answer))?;
        }
        Ok(Made { result, error: Value::Null })
    }

    pub(super) async fn import_create(&mut self, step: &ImportCreate) -> Result<Made, Failure> {
        let document = self.render(&step.admin_api_user_import_request.json_document).await?;
        let answer = self.admin(Method::POST, "/users/import", document).await?;
        self.import_answered(&answer, step.admin_api_user_import_output.as_ref())
    }

    pub(super) async fn import_get(&mut self, step: &ImportGet) -> Result<Made, Failure> {
        let id = self.render(&step.admin_api_user_import_id).await?;
        let path = format!("/users/import/{}", id.trim());
        let answer = self.admin(Method::GET, &path, String::new()).await?;
        self.import_answered(&answer, step.admin_api_user_import_output.as_ref())
    }

    async fn admin(&mut self, method: Method, path: &str, body: String) -> Result<Answer, Failure> {
        let request = Request::new(method, address(&format!("{ADMIN}{path}"))?)
            .header("Content-Type", "application/json");
        self.send(Request { body: body.into_bytes(), ..request }).await
    }

    fn import_answered(
        &mut self,
        answer: &Answer,
        output: Option<&AdminOutput>,
    ) -> Result<Made, Failure> {
        let body: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::new("an answer in JSON", "").with_answer(answer))?;
        let made = if body["error"].is_object() {
            Made { result: Value::Null, error: body["error"].clone() }
        } else {
            let fields = body.as_object().into_iter().flatten();
            let seen = fields.filter(|(name, _)| IMPORT_FIELDS.contains(&name.as_str()));
            let seen: Map<String, Value> =
                seen.map(|(name, value)| (name.clone(), value.clone())).collect();
            Made { result: seen.into(), error: Value::Null }
        };
        if let Some(output) = output {
            let output = Output { result: output.result.clone(), error: output.error.clone() };
            self.check_output(&output, &made).map_err(|failure| failure.with_answer(answer))?;
        }
        Ok(made)
    }
}

/// Null when there are none; of each, what tells programs why.
fn errors(body: &Value) -> Value {
    let Some(errors) = body["errors"].as_array() else { return Value::Null };
    let seen = errors.iter().map(|error| {
        let said = &error["extensions"];
        let mut seen = json!({});
        for name in ["errorName", "reason"] {
            if said[name].is_string() {
                seen[name] = said[name].clone();
            }
        }
        json!({ "extensions": seen })
    });
    seen.collect()
}
