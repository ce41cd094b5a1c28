use std::collections::BTreeMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use expect_test::{Expect, expect};
use jose::SigningKeys;
use serde_json::json;
use url::Url;

use super::*;
use crate::fake::{Fake, START, Seen, ctx, reply};

const HANDSHAKE: fn() -> Handshake =
    || Handshake { nonce: "our-nonce".to_owned(), code_verifier: "v".repeat(43) };

/// A key of all the providers.
static KEY: std::sync::LazyLock<Value> =
    std::sync::LazyLock::new(|| jose::generate_rs256_jwk("k", START));

fn id_token(claims: &Value) -> String {
    let mut all = json!({ "exp": START.seconds() + 600, "iat": START.seconds(), "aud": "client" });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let keys = SigningKeys::from_jwk_set(&json!({ "keys": [*KEY] })).unwrap();
    keys.sign("JWT", all.as_object().unwrap())
}

/// Every provider there is, on one port: `claims` are in the ID token, `profile` is what is said
/// of the bearer of the access token.
async fn providers(claims: Value, profile: Value) -> Fake {
    Fake::new(move |seen| {
        let path = seen.path.split('?').next().unwrap();
        let host = path.split('/').nth(2).unwrap();
        if path.ends_with("openid-configuration") {
            let issuer = match host {
                "any.example.com" => "https://any.example.com/realm",
                "login.microsoftonline.com" => "https://login.microsoftonline.com/{tenantid}/v2.0",
                "adfs.example.com" => "https://adfs.example.com/adfs",
                _ => &format!("https://{host}"),
            };
            let at = |name: &str| format!("https://{host}/{name}");
            return reply(
                200,
                &json!({
                    "issuer": issuer, "authorization_endpoint": at("authorize?p=1"),
                    "token_endpoint": at("token"), "userinfo_endpoint": at("userinfo"),
                    "jwks_uri": at("keys"),
                }),
            );
        }
        if path.ends_with("keys") {
            let public = SigningKeys::from_jwk_set(&json!({ "keys": [*KEY] })).unwrap();
            return reply(200, &serde_json::from_str(public.jwks()).unwrap());
        }
        if path.ends_with("token") {
            return tokens(seen, &claims);
        }
        reply(200, &profile)
    })
    .await
}

fn tokens(seen: &Seen, claims: &Value) -> axum::response::Response {
    if seen.field("code") != "good" {
        let no = json!({ "error": "invalid_grant", "error_description": "the code is stale" });
        return reply(400, &no);
    }
    reply(
        200,
        &json!({
            "access_token": "at", "token_type": "bearer", "id_token": id_token(claims),
            "openid": "open", "unionid": "union",
        }),
    )
}

/// A project with one provider, whose configuration is `yaml` besides alias and client.
fn project(yaml: &str) -> Ctx {
    let yaml = format!(
        "identity: {{ oauth: {{ providers: [{{ alias: it, client_id: client, {yaml} }}] }} }}"
    );
    let secret = if yaml.contains("apple") { apple_key() } else { "hush".to_owned() };
    ctx(
        &yaml,
        json!({ "sso.oauth.client": { "items": [{ "alias": "it", "client_secret": secret }] } }),
    )
}

fn apple_key() -> String {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let body = stdx::base64(key.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}

fn provider(ctx: &Ctx) -> &OAuthProvider {
    &ctx.app.config.identity.oauth.providers[0]
}

async fn authorization_url(yaml: &str, prompt: &[&str]) -> String {
    let fake = providers(json!({}), json!({})).await;
    let ctx = project(yaml);
    let request = AuthorizationRequest {
        redirect_uri: "https://here/callback",
        state: Some("st"),
        response_mode: Some("form_post"),
        prompt,
    };
    let outbound = fake.outbound();
    outbound.authorization_url(&ctx, provider(&ctx), &HANDSHAKE(), request).await.unwrap()
}

/// Where a browser is sent, one parameter a line.
async fn check_url(yaml: &str, expected: Expect) {
    let url = Url::parse(&authorization_url(yaml, &["login", "consent"]).await).unwrap();
    let challenge = "code_challenge";
    let mut lines = vec![url[..url::Position::AfterPath].to_owned()];
    let parameters: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let hide =
        |name: &str, value: &str| if name == challenge { "…".into() } else { value.to_owned() };
    lines.extend(parameters.iter().map(|(name, value)| format!("{name}={}", hide(name, value))));
    lines.extend(url.fragment().map(|it| format!("#{it}")));
    expected.assert_eq(&format!("{}\n", lines.join("\n")));
}

async fn sign_in(yaml: &str, query: &str, claims: Value, profile: Value) -> (Fake, String) {
    let fake = providers(claims, profile).await;
    let ctx = project(yaml);
    let outbound = fake.outbound();
    let (here, handshake) = ("https://here/callback", HANDSHAKE());
    let outcome = outbound.sign_in_at(&ctx, provider(&ctx), &handshake, here, query);
    let said = match outcome.await {
        Ok(IdpOutcome::SignedIn(it)) => {
            format!("{} {}", it.subject, Value::Object(it.standard))
        }
        Ok(IdpOutcome::Refused(it)) => format!("{} {it:?}", it.reason()),
        Err(error) => format!("error: {error}"),
    };
    (fake, said)
}

async fn check(yaml: &str, claims: Value, profile: Value, expected: &str) {
    assert_eq!(sign_in(yaml, "code=good&state=st", claims, profile).await.1, expected);
}

const OTHER_QUESTION: &str =
    "OAuthProtocolError Protocol(\"the ID token is the answer to another question\")";
const OTHER_ISSUER: &str = "OAuthProtocolError Protocol(\"the ID token is by another issuer\")";

#[tokio::test]
async fn google_is_asked_for_an_account_with_nonce_and_challenge() {
    check_url(
        "type: google",
        expect![[r#"
        https://accounts.google.com/authorize
        client_id=client
        code_challenge=…
        code_challenge_method=S256
        nonce=our-nonce
        p=1
        prompt=consent
        redirect_uri=https://here/callback
        response_mode=form_post
        response_type=code
        scope=openid profile email
        state=st
    "#]],
    )
    .await;
    assert!(authorization_url("type: google", &["login"]).await.contains("prompt=select_account"));
}

#[tokio::test]
async fn apple_is_asked_for_a_form_and_without_a_challenge() {
    check_url(
        "type: apple, key_id: K, team_id: T",
        expect![[r#"
        https://appleid.apple.com/auth/authorize
        client_id=client
        nonce=our-nonce
        redirect_uri=https://here/callback
        response_mode=form_post
        response_type=code
        scope=name email
        state=st
    "#]],
    )
    .await;
}

#[tokio::test]
async fn facebook_github_and_linkedin_are_asked_plainly() {
    check_url(
        "type: facebook",
        expect![[r#"
        https://www.facebook.com/v11.0/dialog/oauth
        client_id=client
        redirect_uri=https://here/callback
        response_type=code
        scope=email public_profile
        state=st
    "#]],
    )
    .await;
    check_url(
        "type: github",
        expect![[r#"
        https://github.com/login/oauth/authorize
        client_id=client
        code_challenge=…
        code_challenge_method=S256
        redirect_uri=https://here/callback
        scope=read:user user:email
        state=st
    "#]],
    )
    .await;
    check_url(
        "type: linkedin",
        expect![[r#"
        https://www.linkedin.com/authorize
        client_id=client
        p=1
        redirect_uri=https://here/callback
        response_type=code
        scope=openid profile email
        state=st
    "#]],
    )
    .await;
}

#[tokio::test]
async fn wechat_is_asked_in_its_own_words() {
    check_url(
        "type: wechat, app_type: web, account_id: gh_1",
        expect![[r#"
        https://open.weixin.qq.com/connect/qrconnect
        appid=client
        redirect_uri=https://here/callback
        response_type=code
        scope=snsapi_login
        state=st
        #wechat_redirect
    "#]],
    )
    .await;
}

#[tokio::test]
async fn microsofts_three_take_the_prompts_they_know() {
    let prompt = |url: String| {
        let url = Url::parse(&url).unwrap();
        let mut pairs = url.query_pairs().into_owned();
        pairs.find(|(name, _)| name == "prompt").map(|(_, value)| value).unwrap_or_default()
    };
    let entra = "type: azureadv2, tenant: common";
    let adfs = "type: adfs, discovery_document_endpoint: \"https://adfs.example.com/adfs/.well-known/openid-configuration\"";
    assert_eq!(prompt(authorization_url(entra, &["consent", "login"]).await), "consent");
    assert_eq!(prompt(authorization_url(adfs, &["consent", "login"]).await), "login");
    assert_eq!(prompt(authorization_url(adfs, &["consent"]).await), "");
    let b2c = "type: azureadb2c, tenant: t, policy: p, domain_hint: example.com";
    let url = authorization_url(b2c, &["login"]).await;
    assert!(url.starts_with("https://t.b2clogin.com/authorize?p=1&"), "{url}");
    assert!(url.contains("domain_hint=example.com") && url.contains("prompt=login"), "{url}");
}

fn google(more: &Value) -> Value {
    let mut claims = json!({
        "iss": "https://accounts.google.com", "sub": "g1", "nonce": "our-nonce",
        "email": "jane@example.com", "email_verified": true, "name": "Jane", "hd": "example.com",
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

#[tokio::test]
async fn google_says_who_it_was_in_the_id_token() {
    let (fake, said) = sign_in("type: google", "?code=good", google(&json!({})), json!({})).await;
    assert_eq!(said, r#"g1 {"name":"Jane","email":"jane@example.com","email_verified":true}"#);
    let seen = fake.seen();
    let token = seen.iter().find(|it| it.path.ends_with("/token")).unwrap();
    assert_eq!(token.path, "/idp/accounts.google.com/token");
    for (field, value) in [
        ("grant_type", "authorization_code"),
        ("client_id", "client"),
        ("client_secret", "hush"),
        ("redirect_uri", "https://here/callback"),
        ("code_verifier", HANDSHAKE().code_verifier.as_str()),
    ] {
        assert_eq!(token.field(field), value);
    }
}

#[tokio::test]
async fn a_token_for_another_question_is_refused() {
    check("type: google", google(&json!({ "nonce": "theirs" })), json!({}), OTHER_QUESTION).await;
    // The challenge has tied the code to our question.
    let (_, said) =
        sign_in("type: google", "code=good", google(&json!({ "nonce": null })), json!({})).await;
    assert!(said.starts_with("g1 "), "{said}");
    let apple =
        json!({ "iss": "https://appleid.apple.com", "sub": "a1", "email": "j@example.com" });
    check("type: apple, key_id: K, team_id: T", apple, json!({}), OTHER_QUESTION).await;
}

#[tokio::test]
async fn a_token_by_or_for_somebody_else_is_refused() {
    check("type: google", google(&json!({ "iss": "https://evil" })), json!({}), OTHER_ISSUER).await;
    let out_of_date =
        "OAuthProtocolError Protocol(\"the ID token is out of date, or for somebody else\")";
    check("type: google", google(&json!({ "aud": "other" })), json!({}), out_of_date).await;
    let ended = google(&json!({ "exp": START.seconds() - 301 }));
    check("type: google", ended, json!({}), out_of_date).await;
}

#[tokio::test]
async fn the_providers_own_no_is_handed_on() {
    let (fake, said) = sign_in(
        "type: google",
        "error=access_denied&error_description=no&error_uri=u",
        json!({}),
        json!({}),
    )
    .await;
    let no = r#"OAuthError Provider { error: "access_denied", description: "no", uri: "u" }"#;
    assert_eq!(said, no);
    assert!(fake.seen().is_empty());
    let (_, said) = sign_in("type: google", "code=stale", json!({}), json!({})).await;
    assert!(said.contains("invalid_grant") && said.contains("the code is stale"), "{said}");
    let (_, said) = sign_in("type: google", "state=st", json!({}), json!({})).await;
    assert_eq!(said, "OAuthProtocolError Protocol(\"there is no code\")");
}

#[tokio::test]
async fn an_address_is_asked_for_unless_the_project_does_without() {
    let without = google(&json!({ "email": null }));
    check(
        "type: google",
        without.clone(),
        json!({}),
        "StandardAttributesEmailRequired EmailRequired",
    )
    .await;
    let relaxed = "type: google, claims: { email: { required: false } }";
    check(relaxed, without, json!({}), r#"g1 {"name":"Jane","email_verified":true}"#).await;
}

#[tokio::test]
async fn apple_gets_a_signed_secret_and_says_the_name_beside_the_code() {
    let claims = json!({
        "iss": "https://appleid.apple.com", "sub": "a1", "nonce": "our-nonce",
        "email": "j@example.com",
    });
    let user = r#"{"name":{"firstName":"Jane","lastName":"Doe"}}"#;
    let query = format!("code=good&user={user}");
    let (fake, said) =
        sign_in("type: apple, key_id: K, team_id: T", &query, claims, json!({})).await;
    assert_eq!(said, r#"a1 {"given_name":"Jane","family_name":"Doe","email":"j@example.com"}"#);
    let seen = fake.seen();
    let secret = seen.iter().find(|it| it.path.ends_with("/token")).unwrap().field("client_secret");
    let parts: Vec<_> = secret.split('.').collect();
    let part =
        |it: &str| -> Value { serde_json::from_slice(&stdx::from_base64url(it).unwrap()).unwrap() };
    assert_eq!(part(parts[0]), json!({ "alg": "ES256", "kid": "K", "typ": "JWT" }));
    let claims = part(parts[1]);
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("T"), &json!("client")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    assert_eq!(stdx::from_base64url(parts[2]).unwrap().len(), 64);
}

#[tokio::test]
async fn facebook_is_shown_that_we_have_the_secret() {
    let profile = json!({
        "id": "f1", "email": "j@example.com", "first_name": "Jane", "last_name": "Doe",
        "name": "Jane Doe", "short_name": "J", "picture": { "data": { "url": "https://p" } },
    });
    let (fake, said) = sign_in("type: facebook", "code=good", json!({}), profile).await;
    assert_eq!(
        said,
        r#"f1 {"email":"j@example.com","given_name":"Jane","family_name":"Doe","name":"Jane Doe","nickname":"J","picture":"https://p"}"#
    );
    let seen = fake.seen();
    let me = seen.last().unwrap();
    assert!(me.path.starts_with("/idp/graph.facebook.com/v11.0/me?fields=id%2Cemail"), "{me:?}");
    let proof = crate::webhook::sign(b"hush", b"at");
    assert!(me.path.ends_with(&format!("appsecret_proof={proof}")), "{me:?}");
    assert_eq!(me.header("authorization"), "Bearer at");
}

#[tokio::test]
async fn a_profile_without_an_account_is_refused() {
    let nobody = "OAuthProtocolError Protocol(\"the profile names no account\")";
    check("type: facebook", json!({}), json!({ "email": "j@example.com" }), nobody).await;
    check("type: github", json!({}), json!({ "login": "j", "email": "j@example.com" }), nobody)
        .await;
}

#[tokio::test]
async fn github_numbers_its_accounts() {
    let profile = json!({
        "id": 7, "login": "jane", "email": "j@example.com", "avatar_url": "https://a",
        "html_url": "https://github.com/jane",
    });
    check(
        "type: github",
        json!({}),
        profile,
        r#"7 {"email":"j@example.com","name":"jane","given_name":"jane","picture":"https://a","profile":"https://github.com/jane"}"#,
    )
    .await;
}

#[tokio::test]
async fn linkedin_says_who_it_was_at_its_userinfo_endpoint() {
    let claims = json!({ "iss": "https://www.linkedin.com", "sub": "l1" });
    let profile = json!({ "sub": "l1", "email": "j@example.com", "given_name": "Jane" });
    check("type: linkedin", claims, profile, r#"l1 {"given_name":"Jane","email":"j@example.com"}"#)
        .await;
}

#[tokio::test]
async fn entra_is_the_tenant_that_it_says_it_is() {
    let claims = |tenant: &str| {
        json!({
            "iss": "https://login.microsoftonline.com/t1/v2.0", "tid": tenant, "oid": "o1",
            "sub": "s1", "nonce": "our-nonce", "email": "j@example.com",
        })
    };
    let yaml = "type: azureadv2, tenant: common";
    let jane = r#"o1 {"email":"j@example.com"}"#;
    check(yaml, claims("t1"), json!({}), jane).await;
    check(yaml, claims("t2"), json!({}), OTHER_ISSUER).await;
}

#[tokio::test]
async fn b2c_lists_addresses() {
    let claims = json!({
        "iss": "https://t.b2clogin.com", "sub": "b1", "nonce": "our-nonce", "name": "Jane",
        "emails": ["a@example.com", "b@example.com"],
    });
    check(
        "type: azureadb2c, tenant: t, policy: p",
        claims,
        json!({}),
        r#"b1 {"name":"Jane","email":"b@example.com"}"#,
    )
    .await;
}

#[tokio::test]
async fn adfs_names_people_by_upn() {
    let yaml = "type: adfs, discovery_document_endpoint: \"https://adfs.example.com/adfs/.well-known/openid-configuration\"";
    let claims = json!({
        "iss": "https://adfs.example.com", "sub": "d1", "upn": "jane@corp.example.com",
    });
    check(
        yaml,
        claims.clone(),
        json!({}),
        r#"d1 {"preferred_username":"jane@corp.example.com","email":"jane@corp.example.com"}"#,
    )
    .await;
    let mut other = claims;
    other["iss"] = json!("https://evil.example.com");
    check(yaml, other, json!({}), OTHER_ISSUER).await;
}

#[tokio::test]
async fn wechat_names_people_by_union_id_outside_its_sandbox() {
    let profile = json!({ "openid": "open", "nickname": "Mei", "sex": 2, "language": "zh_HK" });
    let yaml = "type: wechat, app_type: web, account_id: gh_1";
    let (fake, said) = sign_in(yaml, "code=good", json!({}), profile.clone()).await;
    assert_eq!(
        said,
        r#"union {"name":"Mei","locale":"zh_HK","gender":"female","given_name":"Mei"}"#
    );
    let seen = fake.seen();
    assert_eq!((seen[0].field("appid"), seen[0].field("secret")), ("client".into(), "hush".into()));
    assert_eq!((seen[1].field("openid"), seen[1].field("lang")), ("open".into(), "en".into()));
    check(
        "type: wechat, app_type: web, account_id: gh_1, is_sandbox_account: true",
        json!({}),
        profile,
        "error: the configuration of the provider is wrong: is_sandbox_account does not fit the account",
    )
    .await;
}

#[tokio::test]
async fn a_provider_without_credentials_is_not_asked() {
    let fake = providers(json!({}), json!({})).await;
    let yaml = "identity: { oauth: { providers: [{ alias: it, type: google, credentials_behavior: use_demo_credentials }] } }";
    let secrets = json!({ "sso.oauth.client": { "items": [{ "alias": "it" }] } });
    let ctx = ctx(yaml, secrets);
    let request = AuthorizationRequest { redirect_uri: "https://here", ..Default::default() };
    let url = fake.outbound().authorization_url(&ctx, provider(&ctx), &HANDSHAKE(), request).await;
    assert!(matches!(url, Err(IdpError::MissingCredentials)), "{url:?}");
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn the_installations_account_stands_in_when_the_project_says_so() {
    let fake = providers(json!({}), json!({})).await;
    let yaml = "identity: { oauth: { providers: [{ alias: it, type: facebook, credentials_behavior: use_demo_credentials }] } }";
    let demo = json!({ "type": "facebook", "client_id": "demo-client" });
    let secrets = json!({
        "sso.oauth.client": { "items": [{ "alias": "it" }] },
        "sso.oauth.demo_credentials": {
            "items": [{ "provider_config": demo, "client_secret": "demo-secret" }],
        },
    });
    let ctx = ctx(yaml, secrets);
    let request = AuthorizationRequest { redirect_uri: "https://here", ..Default::default() };
    let url = fake.outbound().authorization_url(&ctx, provider(&ctx), &HANDSHAKE(), request).await;
    assert!(url.unwrap().contains("client_id=demo-client"));
}

const ANY: &str = "type: x_oidc, discovery_document_endpoint: \"https://any.example.com/realm/.well-known/openid-configuration\"";

fn any(more: &Value) -> Value {
    let mut claims =
        json!({ "iss": "https://any.example.com/realm", "sub": "x1", "nonce": "our-nonce" });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

#[tokio::test]
async fn any_openid_provider_is_asked_by_its_discovery_document() {
    let yaml = format!("{ANY}, x_scopes: [openid, groups]");
    check_url(
        &yaml,
        expect![[r#"
        https://any.example.com/authorize
        client_id=client
        code_challenge=…
        code_challenge_method=S256
        nonce=our-nonce
        p=1
        prompt=login consent
        redirect_uri=https://here/callback
        response_mode=form_post
        response_type=code
        scope=openid groups
        state=st
    "#]],
    )
    .await;
}

#[tokio::test]
async fn any_openid_provider_says_more_at_its_userinfo_endpoint() {
    let profile = json!({ "sub": "x1", "email": "j@example.com", "name": "unsigned" });
    let claims = any(&json!({ "name": "Jane" }));
    check(ANY, claims, profile, r#"x1 {"name":"Jane","email":"j@example.com"}"#).await;
    let other = json!({ "sub": "x2", "email": "j@example.com" });
    let refused = "OAuthProtocolError Protocol(\"the profile is of somebody else\")";
    check(ANY, any(&json!({})), other, refused).await;
}

#[tokio::test]
async fn any_openid_provider_is_who_its_document_is_of() {
    check(ANY, any(&json!({ "iss": "https://any.example.com" })), json!({}), OTHER_ISSUER).await;
    let elsewhere = ANY.replace("realm", "other");
    check(&elsewhere, any(&json!({})), json!({}), OTHER_ISSUER).await;
}

const OAUTH2: &str = "type: x_oauth2, x_authorization_endpoint: \"https://o.example.com/authorize\", x_token_endpoint: \"https://o.example.com/token\", x_userinfo_endpoint: \"https://o.example.com/me\"";

#[tokio::test]
async fn any_oauth_provider_is_asked_where_the_project_says() {
    check_url(
        &format!("{OAUTH2}, x_scopes: [me]"),
        expect![[r#"
        https://o.example.com/authorize
        client_id=client
        code_challenge=…
        code_challenge_method=S256
        redirect_uri=https://here/callback
        response_type=code
        scope=me
        state=st
    "#]],
    )
    .await;
    let profile = json!({ "user": { "id": 7, "mail": "j@example.com" }, "name": "Jane" });
    let yaml =
        format!("{OAUTH2}, x_subject_pointer: /user/id, x_claim_pointers: {{ email: /user/mail }}");
    check(&yaml, json!({}), profile, r#"7 {"name":"Jane","email":"j@example.com"}"#).await;
}

#[tokio::test]
async fn a_secret_can_go_into_the_header() {
    let yaml = format!("{OAUTH2}, x_client_authentication: client_secret_basic");
    let profile = json!({ "sub": "s", "email": "j@example.com" });
    let (fake, said) = sign_in(&yaml, "code=good", json!({}), profile).await;
    assert_eq!(said, r#"s {"email":"j@example.com"}"#);
    let token = &fake.seen()[0];
    assert_eq!(token.header("authorization"), "Basic Y2xpZW50Omh1c2g=");
    assert_eq!((token.field("client_id"), token.field("client_secret")), Default::default());
}
