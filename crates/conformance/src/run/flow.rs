//! `create` and `input`: one request to the flow API each.

use http::Method;
use serde_json::{Map, Value, json};

use super::{Made, Run, parse, project_address};
use crate::case::{Create, Input, Output};
use crate::client::{Answer, Request};
use crate::failure::Failure;

const CREATE: &str = "/api/v1/authentication_flows";
const INPUT: &str = "/api/v1/authentication_flows/states/input";

/// What of an error a case can see.
const ERROR_FIELDS: [&str; 6] = ["name", "reason", "message", "code", "tracking_id", "info"];

impl Run<'_> {
    pub(super) async fn create(&mut self, step: &Create) -> Result<Made, Failure> {
        self.inject(step.session_cookie.as_ref());
        let input = self.render(&step.input).await?;
        let input = parse("input", &input)?;
        self.flow(CREATE, &input, step.output.as_ref()).await
    }

    pub(super) async fn input(&mut self, step: &Input) -> Result<Made, Failure> {
        self.inject(step.session_cookie.as_ref());
        let input = self.render(&step.input).await?;
        let mut body = json!({ "input": parse("input", &input)? });
        let state = match &step.state_token {
            Some(token) => self.render(token).await?.trim().to_owned(),
            None => self.state.clone(),
        };
        if !state.is_empty() {
            body["state_token"] = state.into();
        }
        self.flow(INPUT, &body, step.output.as_ref()).await
    }

    async fn flow(
        &mut self,
        path: &str,
        body: &Value,
        output: Option<&Output>,
    ) -> Result<Made, Failure> {
        let request = Request::new(Method::POST, project_address(path)?)
            .header("Content-Type", "application/json");
        let request = Request { body: body.to_string().into_bytes(), ..request };
        let answer = self.send(request).await?;
        let made = envelope(&answer)?;
        if let Some(token) = made.result["state_token"].as_str() {
            token.clone_into(&mut self.state);
        }
        if let Some(output) = output {
            self.check_output(output, &made)?;
        }
        Ok(made)
    }

    /// Either side of the envelope must be as expected where it is expected.
    pub(super) fn check_output(&mut self, output: &Output, made: &Made) -> Result<(), Failure> {
        if let Some(expected) = &output.result {
            if !made.error.is_null() {
                return Err(Failure::new("output.result", format!("an error: {}", made.error)));
            }
            self.check("output.result", expected, &made.result)?;
        }
        if let Some(expected) = &output.error {
            if made.error.is_null() {
                return Err(Failure::new("output.error", format!("a result: {}", made.result)));
            }
            self.check("output.error", expected, &made.error)?;
        }
        Ok(())
    }
}

/// Takes the envelope apart, keeping what the original's client keeps.
fn envelope(answer: &Answer) -> Result<Made, Failure> {
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| {
        Failure::new("an envelope with a result or an error", "").with_answer(answer)
    })?;
    match (body.get("result"), body.get("error")) {
        (_, Some(error)) if error.is_object() => {
            let known = |(name, _): &(&String, &Value)| ERROR_FIELDS.contains(&name.as_str());
            let fields = error.as_object().into_iter().flatten().filter(known);
            let fields: Map<String, Value> =
                fields.map(|(name, value)| (name.clone(), value.clone())).collect();
            Ok(Made { result: Value::Null, error: fields.into() })
        }
        (Some(result), None) if result.is_object() => {
            Ok(Made { result: visible(result), error: Value::Null })
        }
        _ => Err(Failure::new("an envelope with a result or an error", "").with_answer(answer)),
    }
}

/// The state token always; the rest where it says something.
fn visible(result: &Value) -> Value {
    let mut seen = json!({ "state_token": result["state_token"].as_str().unwrap_or_default() });
    for name in ["type", "name"] {
        if result[name].as_str().is_some_and(|it| !it.is_empty()) {
            seen[name] = result[name].clone();
        }
    }
    let Some(action) = result["action"].as_object() else { return seen };
    let mut kept = Map::new();
    for name in ["type", "identification", "authentication", "data"] {
        let says_something = |value: &&Value| !value.is_null() && **value != json!("");
        if let Some(value) = action.get(name).filter(says_something) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    seen["action"] = kept.into();
    seen
}
