//! `saml_request`, and SAML messages in the answers to other requests.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::http::{encoded, seen};
use super::{Made, Run, project_address};
use crate::case::{SamlElement, SamlOutput, SamlRequest};
use crate::client::{Answer, Request};
use crate::failure::Failure;
use crate::matcher::{Violation, cut};
use crate::saml::{self, Binding};

impl Run<'_> {
    pub(super) async fn saml_request(&mut self, step: &SamlRequest) -> Result<Made, Failure> {
        self.inject(step.saml_request_session_cookie.as_ref());
        let binding = Binding::parse(&step.saml_request_binding)?;
        let message = binding.encode(step.saml_element.trim())?;
        let relay_state = match &step.saml_request_relay_state {
            Some(text) => self.render(text).await?,
            None => String::new(),
        };
        let form = BTreeMap::from([
            (step.saml_element_name.clone(), message),
            ("RelayState".to_owned(), relay_state),
        ]);
        let mut url = project_address(&step.saml_request_destination)?;
        let request = match binding {
            Binding::Redirect => {
                url.set_query(Some(&encoded(&form)));
                Request::new(Method::GET, url)
            }
            Binding::Post => Request {
                body: encoded(&form).into_bytes(),
                ..Request::new(Method::POST, url)
                    .header("Content-Type", "application/x-www-form-urlencoded")
            },
        };
        let answer = self.send(Request { follows: false, ..request }).await?;
        if let Some(output) = &step.saml_output {
            check(output, &answer).map_err(|failure| failure.with_answer(&answer))?;
        }
        Ok(Made { result: seen(&answer), error: Value::Null })
    }
}

fn check(output: &SamlOutput, answer: &Answer) -> Result<(), Failure> {
    if let Some(status) = output.http_status
        && status != answer.status
    {
        return Err(Failure::differs("the HTTP status", &status, answer.status));
    }
    if let Some(path) = &output.redirect_path {
        let location = answer.location();
        let came = location.as_ref().map_or("no redirect", |it| it.path());
        if came != path {
            return Err(Failure::differs("the path of the redirect", path, came));
        }
    }
    output.saml_element.as_ref().map_or(Ok(()), |expected| check_element(expected, answer))
}

/// Whether an answer carries the message that is expected.
pub(super) fn check_element(expected: &SamlElement, answer: &Answer) -> Result<(), Failure> {
    let binding = Binding::parse(&expected.binding)?;
    let what = format!("saml_element {}", expected.element_name);
    let actual = binding.message(answer, &expected.element_name);
    let actual = actual.map_err(|error| Failure::new(&what, format!("{error:#}")))?;
    let expected = saml::parse(&expected.expected)?;
    let violations: Vec<Violation> = saml::compare(&expected, &actual)
        .into_iter()
        .map(|it| Violation {
            path: it.path,
            expected: cut(&it.expected),
            actual: cut(&it.actual),
            is_lenient: false,
        })
        .collect();
    if violations.is_empty() {
        return Ok(());
    }
    Err(Failure { violations, ..Failure::new(what, "") })
}
