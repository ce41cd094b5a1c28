// Libraries that any OpenID provider must serve: each signs in, refreshes, asks and signs out.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import * as oauth from "oauth4webapi";
import passport from "passport";
import { Strategy } from "passport-openidconnect";

import { Agent, newPerson } from "../harness/agent.mjs";
import { launchBrowser, listen, signUp } from "../harness/browser.mjs";
import { freePort, root } from "../harness/files.mjs";
import { clientSecrets, redirectUris } from "../harness/project.mjs";
import { Program } from "../harness/program.mjs";
import { startApplication } from "../harness/relying_party.mjs";
import { Server, answers } from "../harness/server.mjs";

const scope = "openid profile email offline_access";
/** The tests speak http to this machine. */
const insecure = { [oauth.allowInsecureRequests]: true };

/** A person without a screen signs up where the library sent them; where they come out. */
async function playedThrough(server, agent, url, person) {
  const { url: page } = await agent.follow(url);
  assert.ok(page.searchParams.get("x_ref"), `the authorization led to ${page}`);
  const { finish_redirect_uri: finish } = await agent.signUp(person, page.search);
  return (await agent.follow(finish)).url;
}

test("oauth4webapi as a public client: PKCE, refresh, userinfo, revocation", async (t) => {
  const server = await Server.start();
  t.after(() => server.close());
  const issuer = new URL(server.origin);
  const found = await oauth.discoveryRequest(issuer, insecure);
  const as = await oauth.processDiscoveryResponse(issuer, found);
  const client = { client_id: "app_a" };
  const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUris.app_a,
    response_type: "code",
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const callback = await playedThrough(server, new Agent(server.origin), url, newPerson());
  // Checks the issuer of the answer (RFC 9207), too.
  const params = oauth.validateAuthResponse(as, client, callback, state);
  const auth = oauth.None();
  const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, params, redirectUris.app_a, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, answer, insecure);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);

  const asked = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  assert.equal((await oauth.processUserInfoResponse(as, client, sub, asked)).sub, sub);

  const refreshed = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, insecure);
  const fresh = await oauth.processRefreshTokenResponse(as, client, refreshed);
  assert.notEqual(fresh.access_token, tokens.access_token);

  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, tokens.refresh_token, insecure));
  const refused = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, insecure);
  await assert.rejects(oauth.processRefreshTokenResponse(as, client, refused), { error: "invalid_grant" });
});

test("passport-openidconnect as a confidential client: sign-in, profile, its refresh token", async (t) => {
  let application;
  const middleware = passport.authenticate("openidconnect", { session: false });
  const done = (request, response) => response.json(request.user);
  const withUser = (request, response, next) => middleware(request, response, (error) => (error ? next(error) : done(request, response)));
  application = await startApplication({ "/login": withUser, "/callback": withUser });
  t.after(() => application.close());
  const callbackURL = `${application.origin}/callback`;
  const server = await Server.start({
    change: (config) => {
      config.oauth.clients.find((it) => it.client_id === "confidential").redirect_uris.push(callbackURL);
    },
  });
  t.after(() => server.close());
  const document = await (await fetch(`${server.origin}/.well-known/openid-configuration`)).json();
  passport.use(new Strategy({
    issuer: document.issuer,
    authorizationURL: document.authorization_endpoint,
    tokenURL: document.token_endpoint,
    userInfoURL: document.userinfo_endpoint,
    clientID: "confidential",
    clientSecret: clientSecrets.confidential,
    callbackURL,
    scope: "profile email offline_access https://authgear.com/scopes/full-userinfo",
    nonce: true,
    skipUserProfile: false,
  }, (issuer, profile, context, idToken, accessToken, refreshToken, verified) => {
    verified(null, { issuer, profile, accessToken, refreshToken });
  }));

  const person = newPerson();
  const sent = await fetch(`${application.origin}/login`, { redirect: "manual" });
  const callback = await playedThrough(server, new Agent(server.origin), sent.headers.get("location"), person);
  const user = await (await fetch(callback)).json();
  assert.equal(user.issuer, server.origin, JSON.stringify(user));
  assert.deepEqual(user.profile.emails, [{ value: person.email }]);
  assert.ok(user.accessToken && user.refreshToken);
});

// Debian's Python, which has Debian's Authlib.
const python = "/usr/bin/python3";
const authlibIsMissing = existsSync("/usr/lib/python3/dist-packages/authlib")
  ? false
  : "Authlib is not installed (apt-get install python3-authlib python3-requests)";

for (const method of ["client_secret_basic", "client_secret_post"]) {
  test(`Authlib, ${method}: PKCE, a checked ID token, userinfo, refresh, revocation`, { skip: authlibIsMissing }, async (t) => {
    const server = await Server.start();
    t.after(() => server.close());
    const application = {
      issuer: server.origin,
      client_id: "confidential",
      client_secret: clientSecrets.confidential,
      redirect_uri: redirectUris.confidential,
      scope,
      method,
    };
    const run = async (step, ...args) => {
      const script = join(root, "clients/authlib_client.py");
      const words = [application, ...args].map((it) => JSON.stringify(it));
      // The library insists on https for everything that is not said to be a test.
      const env = { PATH: process.env.PATH, AUTHLIB_INSECURE_TRANSPORT: "1" };
      const { stdout } = await promisify(execFile)(python, [script, step, ...words], { env });
      return JSON.parse(stdout);
    };
    const person = newPerson();
    const { url, kept } = await run("begin");
    const callback = await playedThrough(server, new Agent(server.origin), url, person);
    const learned = await run("finish", kept, callback.href);
    assert.equal(learned.claims.email, person.email, "a confidential client sees it in the ID token");
    assert.equal(learned.person.sub, learned.claims.sub);
    assert.equal(learned.again, learned.claims.sub);
    assert.ok(learned.is_fresh);
    assert.equal(learned.revoked, 200);
  });
}

const jar = join(root, "clients/spring/target/spring-client.jar");
const springIsMissing = existsSync(jar) ? false : "the client is not built (cd clients/spring && mvn package)";

test("Spring Security: PKCE, userinfo, refresh, sign-out at the provider", { skip: springIsMissing }, async (t) => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = await Server.start({
    change: (config) => {
      const client = config.oauth.clients.find((it) => it.client_id === "confidential");
      client.redirect_uris.push(`${origin}/login/oauth2/code/authwarden`);
      client.post_logout_redirect_uris.push(`${origin}/signed-out`);
    },
  });
  t.after(() => server.close());
  const application = new Program("java", ["-jar", jar, `--server.port=${port}`], {
    env: { PATH: process.env.PATH, ISSUER: server.origin, CLIENT_SECRET: clientSecrets.confidential },
  });
  t.after(() => application.kill());
  await application.ready("the application answers", () => answers(origin, "/signed-out"));

  const atApplication = new Agent(origin);
  const atServer = new Agent(server.origin);
  const person = newPerson();
  const { url } = await atApplication.follow("/");
  assert.equal(url.searchParams.get("code_challenge_method"), "S256");
  const callback = await playedThrough(server, atServer, url, person);
  const { response } = await atApplication.follow(callback);
  const { claims, userinfo } = await response.json();
  assert.equal(claims.email, person.email);
  assert.equal(userinfo.sub, claims.sub);

  const refreshed = await atApplication.request("/refreshed");
  assert.deepEqual(await refreshed.json(), { isFresh: true }, application.log);

  const leaves = await atApplication.request("/logout", { method: "POST" });
  const { url: end } = await atServer.follow(leaves.headers.get("location"));
  assert.equal(end.href, `${origin}/signed-out`);
  const { url: asked } = await atServer.follow("/settings");
  assert.match(asked.pathname, /^\/login/, "the browser is signed out at the provider, too");
});

test("oidc-client-ts in a browser: sign-in, silent renewal, userinfo, sign-out", async (t) => {
  const library = readFileSync(join(root, "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"));
  const page = '<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"><script src="/library.js"></script>';
  const site = createServer((request, response) => {
    const isLibrary = request.url === "/library.js";
    response.writeHead(200, { "content-type": isLibrary ? "text/javascript" : "text/html" }).end(isLibrary ? library : page);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  t.after(() => { site.closeAllConnections(); site.close(); });
  const origin = `http://localhost:${site.address().port}`;
  const server = await Server.start({ spaOrigin: origin });
  t.after(() => server.close());
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const tab = await browser.newPage();
  const complaints = listen(tab);

  const settings = {
    authority: server.origin,
    client_id: "spa",
    redirect_uri: `${origin}/callback`,
    post_logout_redirect_uri: `${origin}/signed-out`,
    scope: "openid offline_access https://authgear.com/scopes/full-access",
    loadUserInfo: true,
  };
  const manage = () => tab.evaluate((settings) => { window.manager = new window.oidc.UserManager(settings); }, settings);
  const leaving = async (work, where) => {
    const left = tab.waitForURL(where);
    await tab.evaluate(work);
    await left;
  };

  const person = newPerson();
  await tab.goto(origin);
  await manage();
  await leaving(() => void window.manager.signinRedirect({ extraQueryParams: { x_page: "signup" } }), `${server.origin}/**`);
  await signUp(tab, person);
  await tab.waitForURL(`${origin}/callback*`);
  await manage();
  const user = await tab.evaluate(async () => {
    const { profile, access_token } = await window.manager.signinRedirectCallback();
    return { sub: profile.sub, email: profile.email, access_token };
  });
  assert.equal(user.email, person.email);

  const renewed = await tab.evaluate(async () => {
    const { profile, access_token } = await window.manager.signinSilent();
    return { sub: profile.sub, access_token };
  });
  assert.equal(renewed.sub, user.sub);
  assert.notEqual(renewed.access_token, user.access_token);

  await leaving(() => void window.manager.signoutRedirect(), `${origin}/signed-out*`);
  await manage();
  assert.equal(await tab.evaluate(async () => (await window.manager.getUser()) === null), true);
  complaints.quiet();
});
