//! The six requests of a sign-in: authorize, start a flow, say who, prove it, return, tokens.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::client::Connection;

const REDIRECT_URI: &str = "com.example.bench://done";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// PKCE (RFC 7636, appendix B): the same for everybody, since nobody listens here.
const VERIFIER: &str = "dBjftJeZ4CVP-mBo92K27uhbUJU1p1r_wW1gFWFOEjXk";
const PASSWORD: &str = "correct horse battery";

/// What somebody holds who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub name: String,
    pub access_token: String,
    pub refresh_token: String,
    pub cookie: String,
}

/// Makes an account through the flow API.
pub async fn sign_up(connection: &mut Connection, name: &str) -> Result<()> {
    let inputs = json!([
        { "identification": "username", "login_id": name },
        { "authentication": "primary_password", "new_password": PASSWORD },
    ]);
    let body = json!({ "type": "signup", "name": "default", "batch_input": inputs });
    let answer =
        connection.post("/api/v1/authentication_flows", JSON, &[], body.to_string()).await?;
    let body = answer.json()?;
    ensure!(body["result"]["action"]["type"] == "finished", "{body}");
    Ok(())
}

/// Signs in and exchanges the code.
pub async fn sign_in(connection: &mut Connection, client: &str, name: &str) -> Result<SignedIn> {
    let challenge = stdx::base64url(&stdx::sha256(VERIFIER.as_bytes()));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client)
        .append_pair("redirect_uri", REDIRECT_URI)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid offline_access https://authgear.com/scopes/full-access")
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("x_sso_enabled", "true")
        .finish();
    let authorize = connection.get(&format!("/oauth2/authorize?{query}"), &[]).await?;
    let browser = authorize.cookies();
    let page = authorize.location()?.to_owned();
    let page_query = page.split_once('?').map_or("", |(_, query)| query).to_owned();

    let body = json!({ "type": "login", "name": "default", "url_query": page_query });
    let started = step(connection, "/api/v1/authentication_flows", &browser, &body).await?;
    let said = json!({ "identification": "username", "login_id": name });
    let asked = feed(connection, &browser, &started.0, said).await?;
    let proof = json!({ "authentication": "primary_password", "password": PASSWORD });
    let finished = feed(connection, &browser, &asked.0, proof).await?;
    let back = finished.1["action"]["data"]["finish_redirect_uri"].as_str();
    let back = back.with_context(|| format!("not finished: {}", finished.1))?;
    let path = path_of(back)?;

    let cookies = format!("{browser}; {}", finished.2);
    let returned = connection.get(&path, &[("cookie", &cookies)]).await?;
    let location = url::Url::parse(returned.location()?)?;
    let code = location.query_pairs().find(|(name, _)| name == "code");
    let code = code.with_context(|| format!("no code in {location}"))?.1.into_owned();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", client)
        .append_pair("redirect_uri", REDIRECT_URI)
        .append_pair("code", &code)
        .append_pair("code_verifier", VERIFIER)
        .finish();
    let tokens = connection.post("/oauth2/token", FORM, &[], form).await?.json()?;
    let text = |name: &str| tokens[name].as_str().map(str::to_owned);
    Ok(SignedIn {
        name: name.to_owned(),
        access_token: text("access_token").with_context(|| tokens.to_string())?,
        refresh_token: text("refresh_token").with_context(|| tokens.to_string())?,
        cookie: finished.2,
    })
}

/// Refreshes; whether tokens came back.
pub async fn refresh(connection: &mut Connection, refresh_token: &str) -> Result<bool> {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("client_id", "bench")
        .append_pair("refresh_token", refresh_token)
        .finish();
    let answer = connection.post("/oauth2/token", FORM, &[], form).await?;
    Ok(answer.status == 200)
}

/// What became of trying a password in a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    SignedIn,
    /// Too busy, which was said at once.
    Refused,
    Failed,
}

/// Signs in for no application: the three requests that lead to the hash and no more. Also how
/// long the last of them took.
pub async fn try_password(connection: &mut Connection, name: &str) -> Result<(Tried, Duration)> {
    let body = json!({ "type": "login", "name": "default" });
    let started = step(connection, "/api/v1/authentication_flows", "", &body).await?;
    let said = json!({ "identification": "username", "login_id": name });
    let asked = feed(connection, "", &started.0, said).await?;
    let proof = json!({ "authentication": "primary_password", "password": PASSWORD });
    let body = json!({ "state_token": asked.0, "input": proof });
    let path = "/api/v1/authentication_flows/states/input";
    let start = Instant::now();
    let answer = connection.post(path, JSON, &[], body.to_string()).await?;
    let tried = match answer.status.as_u16() {
        200 => Tried::SignedIn,
        429 | 503 => Tried::Refused,
        _ => Tried::Failed,
    };
    Ok((tried, start.elapsed()))
}

async fn feed(
    connection: &mut Connection,
    cookies: &str,
    token: &str,
    input: Value,
) -> Result<(String, Value, String)> {
    let body = json!({ "state_token": token, "input": input });
    step(connection, "/api/v1/authentication_flows/states/input", cookies, &body).await
}

/// One turn of a flow: the next token, the result, the cookies that were set.
async fn step(
    connection: &mut Connection,
    path: &str,
    cookies: &str,
    body: &Value,
) -> Result<(String, Value, String)> {
    let headers = [("cookie", cookies)];
    let answer = connection.post(path, JSON, &headers, body.to_string()).await?;
    let set = answer.cookies();
    let body = answer.json()?;
    ensure!(body["error"].is_null(), "{body}");
    let token = body["result"]["state_token"].as_str().unwrap_or_default().to_owned();
    Ok((token, body["result"].clone(), set))
}

fn path_of(address: &str) -> Result<String> {
    let url = url::Url::parse(address)?;
    Ok(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
}
