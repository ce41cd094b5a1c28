// A certified relying-party library as a confidential client, configured by discovery alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as oidc from "openid-client";

import { Agent, newPerson } from "../harness/agent.mjs";
import { clientSecrets, redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";

const clientId = "confidential";
const secret = clientSecrets[clientId];
const redirectUri = redirectUris[clientId];
const scope = "openid offline_access https://authgear.com/scopes/full-userinfo";
let server;

before(async () => {
  server = await Server.start();
});

after(() => server?.close());

async function discover(authentication) {
  // The tests speak http to this machine; everything else is as in production.
  const config = await oidc.discovery(new URL(server.origin), clientId, undefined, authentication, {
    execute: [oidc.allowInsecureRequests],
  });
  // Also where it came straight from the token endpoint, check the signature by jwks_uri.
  oidc.enableNonRepudiationChecks(config);
  return config;
}

/** An authorization, as the library builds it, played through by a person without a screen. */
async function authorize(config, agent, person, way, more = {}) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...more,
  });
  const page = await agent.follow(url);
  assert.ok(page.url.searchParams.get("x_ref"), `the authorization led to ${page.url}`);
  const run = way === "signup" ? agent.signUp(person, page.url.search) : agent.signIn(person, page.url.search);
  const { finish_redirect_uri: finish } = await run;
  return { checks, callback: (await agent.follow(finish)).url };
}

for (const [name, method] of [
  ["client_secret_post", oidc.ClientSecretPost],
  ["client_secret_basic", oidc.ClientSecretBasic],
]) {
  test(`${name}: code, userinfo, refresh, end of session`, async () => {
    const config = await discover(method(secret));
    const metadata = config.serverMetadata();
    assert.equal(metadata.issuer, server.origin);
    assert.ok(metadata.token_endpoint_auth_methods_supported.includes(name));

    const agent = new Agent(server.origin);
    const person = newPerson();
    const { checks, callback } = await authorize(config, agent, person, "signup");
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
    assert.equal(tokens.token_type, "bearer");
    const claims = tokens.claims();
    assert.equal(claims.aud, clientId);
    assert.equal(claims.email, person.email, "a confidential client sees it in the ID token");
    assert.ok(claims.auth_time <= claims.iat);

    const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(userinfo.email, person.email);

    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(refreshed.claims().sub, claims.sub);
    assert.notEqual(refreshed.access_token, tokens.access_token);
    await oidc.fetchUserInfo(config, refreshed.access_token, claims.sub);

    const end = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: "https://backend.example.com/signed-out",
      state: "bye",
    });
    const { url } = await agent.follow(end);
    assert.equal(url.href, "https://backend.example.com/signed-out?state=bye");
    const { url: asked } = await agent.follow("/settings");
    assert.match(asked.pathname, /^\/login/, "the browser is signed out, too");
  });
}

test("a revoked refresh token takes its access tokens along", async () => {
  const config = await discover(oidc.ClientSecretPost(secret));
  const { checks, callback } = await authorize(config, new Agent(server.origin), newPerson(), "signup");
  const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
  await oidc.tokenRevocation(config, tokens.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant" });
  await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
});

test("a wrong secret is refused", async () => {
  for (const method of [oidc.ClientSecretPost, oidc.ClientSecretBasic]) {
    const honest = await discover(method(secret));
    const { checks, callback } = await authorize(honest, new Agent(server.origin), newPerson(), "signup");
    const wrong = await discover(method("not-the-secret"));
    // Upstream's word for it; RFC 6749 §5.2 would say invalid_client.
    await assert.rejects(oidc.authorizationCodeGrant(wrong, callback, checks), { error: "invalid_request" });
  }
});

test("a code works once, and presenting it again ends what it gave", async () => {
  const config = await discover(oidc.ClientSecretPost(secret));
  const { checks, callback } = await authorize(config, new Agent(server.origin), newPerson(), "signup");
  const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks), { error: "invalid_grant" });
  // RFC 6749 §4.1.2.
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant" });
});

test("the wrong verifier gets nothing", async () => {
  const config = await discover(oidc.ClientSecretPost(secret));
  const { checks, callback } = await authorize(config, new Agent(server.origin), newPerson(), "signup");
  const stolen = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, stolen), { error: "invalid_grant" });
});

test("prompt=none answers with login_required when nobody is signed in", async () => {
  const config = await discover(oidc.ClientSecretPost(secret));
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid",
    state: "s",
    prompt: "none",
    code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()),
    code_challenge_method: "S256",
  });
  const answer = await new Agent(server.origin).follow(url);
  assert.ok(answer.url.href.startsWith(redirectUri), answer.url.href);
  assert.equal(answer.url.searchParams.get("error"), "login_required");
  assert.equal(answer.url.searchParams.get("state"), "s");
});

test("a device without a browser signs in by a code that somebody types", async () => {
  const config = await oidc.discovery(new URL(server.origin), "television", undefined, oidc.None(), {
    execute: [oidc.allowInsecureRequests],
  });
  const asked = await oidc.initiateDeviceAuthorization(config, { scope: "openid offline_access" });
  // The device asks on its own, while the person is busy.
  const answered = oidc.pollDeviceAuthorizationGrant(config, { ...asked, interval: 1 });
  const agent = new Agent(server.origin);
  const typed = await agent.request("/device", {
    method: "POST",
    headers: { origin: server.origin },
    body: new URLSearchParams({ user_code: asked.user_code }),
  });
  const page = await agent.follow(typed.headers.get("location"));
  const person = newPerson();
  const { finish_redirect_uri: finish } = await agent.signUp(person, page.url.search);
  const { url: question } = await agent.follow(finish);
  await agent.request(question, { method: "POST", body: new URLSearchParams({ action: "consent" }) });
  const tokens = await answered;
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal(userinfo.email, person.email);
});

test("signing in later with max_age proves a fresh authentication", async () => {
  const config = await discover(oidc.ClientSecretPost(secret));
  const agent = new Agent(server.origin);
  const person = newPerson();
  await authorize(config, agent, person, "signup");
  const { checks, callback } = await authorize(config, agent, person, "login", { max_age: "0" });
  const tokens = await oidc.authorizationCodeGrant(config, callback, { ...checks, maxAge: 60 });
  assert.ok(tokens.claims().auth_time);
});
