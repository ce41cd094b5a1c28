//! `http_request`: any request, and what its answer must be.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::saml::check_element;
use super::{Made, Run, address, parse};
use crate::case::{HttpOutput, HttpRequest};
use crate::client::{Answer, Request};
use crate::failure::Failure;
use crate::{html, saml};

impl Run<'_> {
    pub(super) async fn http_request(&mut self, step: &HttpRequest) -> Result<Made, Failure> {
        self.inject(step.http_request_session_cookie.as_ref());
        let request = self.http_built(step).await?;
        let answer = self.send(request).await?;
        if let Some(output) = &step.http_output {
            let checked = self.check_http(output, &answer).await;
            checked.map_err(|failure| failure.with_answer(&answer))?;
        }
        Ok(Made { result: seen(&answer), ..Made::default() })
    }

    async fn http_built(&mut self, step: &HttpRequest) -> Result<Request, Failure> {
        let method = Method::from_bytes(step.http_request_method.as_bytes())
            .map_err(|_| Failure::new("an HTTP method", &step.http_request_method))?;
        let url = self.render(&step.http_request_url).await?;
        let mut url = address(url.trim())?;
        let query = self.rendered(&step.http_request_query).await?;
        if !query.is_empty() {
            set_query(&mut url, query);
        }
        let mut request = Request::new(method, url);
        request.follows = step.http_request_follow_redirects.unwrap_or(true);
        for (name, value) in self.rendered(&step.http_request_headers).await? {
            request.headers.push((name, value));
        }
        if let Some(form) = &step.http_request_form_urlencoded_body {
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            request = request.header("Content-Type", "application/x-www-form-urlencoded");
            let form = self.rendered(form).await?;
            request.body = encoded(&form).into_bytes();
        } else if let Some(body) = &step.http_request_body {
            request.body = body.clone().into_bytes();
        }
        if ["POST", "PUT", "PATCH", "DELETE"].contains(&request.method.as_str()) {
            if !request.has_header("sec-fetch-site") {
                request = request.header("Sec-Fetch-Site", "same-origin");
            }
            if !request.has_header("origin") {
                request = request.header("Origin", self.origin());
            }
        }
        Ok(request)
    }

    async fn rendered(
        &mut self,
        values: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let mut made = BTreeMap::new();
        for (name, value) in values {
            made.insert(name.clone(), self.render(value).await?);
        }
        Ok(made)
    }

    async fn check_http(&mut self, output: &HttpOutput, answer: &Answer) -> Result<(), Failure> {
        if let Some(status) = output.http_status
            && status != answer.status
        {
            return Err(Failure::differs("the HTTP status", &status, answer.status));
        }
        if let Some(path) = &output.redirect_path
            && path != answer.url.path()
        {
            return Err(Failure::differs("the path after all redirects", &path, answer.url.path()));
        }
        if !output.http_headers.is_empty() {
            let expected = Value::Object(output.http_headers.clone()).to_string();
            let expected = self.render(&expected).await?;
            let headers = seen(answer)["http_response_headers"].take();
            self.check("http_headers", &expected, &headers)?;
        }
        let text = answer.text();
        if let Some(expected) = &output.json_body {
            let body = serde_json::from_str(&text)
                .map_err(|_| Failure::new("json_body", "the body is not JSON"))?;
            self.check("json_body", expected, &body)?;
        }
        for wanted in &output.html_text_contains {
            if !text.contains(wanted) {
                return Err(Failure::differs("html_text_contains", &wanted, "a page without it"));
            }
        }
        for path in &output.html_xpath_exists {
            let is_there = html::has(&text, path)
                .map_err(|problem| Failure::new("html_xpath_exists", problem))?;
            if !is_there {
                return Err(Failure::differs("html_xpath_exists", path, "a page without it"));
            }
        }
        let location = answer.header("location").unwrap_or_default();
        for unwanted in &output.location_not_contains {
            if location.contains(unwanted) {
                let what = format!("an address without {unwanted}");
                return Err(Failure::differs("location_not_contains", &what, location));
            }
        }
        if let Some(expected) = &output.saml_element {
            check_element(expected, answer)?;
        }
        Ok(())
    }
}

/// What later steps can use of an answer.
pub(super) fn seen(answer: &Answer) -> Value {
    let mut headers = json!({});
    for (name, value) in answer.headers.iter().rev() {
        headers[name] = value.as_str().into();
    }
    let body = parse("the body", &answer.text()).ok().filter(Value::is_object);
    json!({
        "http_response_headers": headers,
        "http_json_body": body,
        "http_final_url": answer.url.as_str(),
        "saml_relay_state": saml::relay_state(answer),
    })
}

/// Sets parameters in the query, which is written anew, sorted by key.
pub(super) fn set_query(url: &mut Url, values: BTreeMap<String, String>) {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.retain(|(name, _)| !values.contains_key(name));
    pairs.extend(values);
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    url.query_pairs_mut().clear().extend_pairs(pairs);
}

pub(super) fn encoded(form: &BTreeMap<String, String>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}
