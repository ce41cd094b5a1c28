// What the published SDK for web pages does with an account that it has: change one thing of it, ask
// for the password again, and give somebody without a name one. The other provider is a second server.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { newPerson } from "../harness/agent.mjs";
import { launchBrowser, listen, signUp } from "../harness/browser.mjs";
import { freePort } from "../harness/files.mjs";
import { clientSecrets } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";
import { startSpa } from "../harness/spa.mjs";

const alias = "sister";
let browser, spa, server, provider;
let context, page, complaints;

before(async () => {
  browser = await launchBrowser();
  spa = await startSpa();
  const port = await freePort();
  provider = await Server.start({
    change: (config) => {
      const client = config.oauth.clients.find((it) => it.client_id === "confidential");
      client.redirect_uris.push(`http://localhost:${port}/sso/oauth2/callback/${alias}`);
    },
  });
  server = await Server.start({
    port,
    spaOrigin: spa.origin,
    env: { AUTHWARDEN_OUTBOUND_ALLOW: "127.0.0.0/8,::1/128" },
    change: (config) => {
      config.authentication.identities.push("anonymous", "oauth");
      config.identity.login_id.keys = [{ type: "email" }, { type: "phone" }, { type: "username" }];
      config.identity.oauth = {
        providers: [{
          type: "x_oidc",
          alias,
          client_id: "confidential",
          discovery_document_endpoint: `${provider.origin}/.well-known/openid-configuration`,
        }],
      };
      config.account_deletion = { scheduled_by_end_user_enabled: true };
    },
    secrets: { "sso.oauth.client": { items: [{ alias, client_secret: clientSecrets.confidential }] } },
  });
});

after(async () => {
  await browser?.close();
  await server?.close();
  await provider?.close();
  await spa?.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  complaints = listen(page);
});

afterEach(() => context.close());

const options = { clientID: "spa", sessionType: "refresh_token" };
const callback = () => `${spa.origin}/callback`;

function configure() {
  return page.evaluate(async (options) => {
    window.sdk = window.authgear.default;
    await window.sdk.configure(options);
  }, { endpoint: server.origin, ...options });
}

/** Has the SDK send the browser to our pages. */
async function start(method, ...args) {
  const leaves = page.waitForURL((it) => it.origin !== spa.origin);
  await page.evaluate(({ method, args }) => void window.sdk[method](...args), { method, args });
  await leaves;
}

/** What the callback page does; who the SDK then says is signed in. */
async function finish(method) {
  await page.waitForURL(`${callback()}*`);
  await configure();
  return page.evaluate(async (method) => {
    await window.sdk[method]();
    if (window.sdk.sessionState !== "AUTHENTICATED") return null;
    const { sub, email, phoneNumber, preferredUsername, isAnonymous } = await window.sdk.fetchUserInfo();
    return { sub, email, phoneNumber, preferredUsername, isAnonymous };
  }, method);
}

async function signedUp() {
  const person = newPerson();
  await page.goto(spa.origin);
  await configure();
  await start("startAuthentication", { redirectURI: callback(), page: "signup" });
  await signUp(page, person);
  const { sub } = await finish("finishAuthentication");
  return { ...person, sub };
}

const press = (value) => page.locator(`button[name=action][value=${value}]`).first().click();

async function save(loginId) {
  await page.locator("input[name=login_id]").fill(loginId);
  await press("save");
}

test("a phone number and a username are added and changed, and an email address changed", async () => {
  const person = await signedUp();
  const redirectURI = callback();
  const name = `name${process.pid}`;
  const steps = [
    ["AddPhone", [], "+85251000001", { phoneNumber: "+85251000001" }],
    ["ChangePhone", ["+85251000001"], "+85251000002", { phoneNumber: "+85251000002" }],
    ["AddUsername", [], `${name}a`, { preferredUsername: `${name}a` }],
    ["ChangeUsername", [`${name}a`], `${name}b`, { preferredUsername: `${name}b` }],
    ["ChangeEmail", [person.email], `new-${person.email}`, { email: `new-${person.email}` }],
  ];
  for (const [action, args, value, expected] of steps) {
    await start(`start${action}`, ...args, { redirectURI });
    await save(value);
    const userInfo = await finish(`finish${action}`);
    assert.equal(userInfo.sub, person.sub, action);
    for (const [claim, is] of Object.entries(expected)) assert.equal(userInfo[claim], is, action);
  }
  complaints.quiet();
});

test("a second email address is added", async () => {
  const person = await signedUp();
  await start("startAddEmail", { redirectURI: callback() });
  await save(`second-${person.email}`);
  await finish("finishAddEmail");
  const identities = await page.evaluate(async () => (await window.sdk.fetchUserInfo()).raw["https://authgear.com/claims/user/identities"]);
  assert.equal(identities.filter((it) => it.login_id_type === "email").length, 2);
});

test("the password is changed", async () => {
  const person = await signedUp();
  await start("startChangePassword", { redirectURI: callback() });
  await page.locator("input[name=old_password]").fill(person.password);
  await page.locator("input[name=new_password]").fill(`another ${person.password}`);
  const again = page.locator("input[name=confirm_password]");
  if (await again.count()) await again.fill(`another ${person.password}`);
  await press("save");
  assert.equal((await finish("finishChangePassword")).sub, person.sub);
});

test("the account is deleted, and the page is signed out", async () => {
  await signedUp();
  await start("startDeleteAccount", { redirectURI: callback() });
  await page.locator("input[name=confirm]").check();
  await press("delete");
  assert.equal(await finish("finishDeleteAccount"), null);
});

test("an account at another provider is connected and disconnected", async () => {
  const person = await signedUp();
  const there = newPerson();
  await start("startLinkOAuth", { redirectURI: callback(), oauthProviderAlias: alias });
  // No page of ours in between: the application has said which provider.
  await page.waitForURL(`${provider.origin}/**`);
  await page.goto(page.url().replace("/login", "/signup"));
  await signUp(page, there);
  assert.equal((await finish("finishLinkOAuth")).sub, person.sub);
  const linked = () => page.evaluate(async () => {
    const { raw } = await window.sdk.fetchUserInfo();
    return raw["https://authgear.com/claims/user/identities"].filter((it) => it.type === "oauth");
  });
  assert.deepEqual((await linked()).map((it) => it.oauth_provider_alias), [alias]);

  await start("startUnlinkOAuth", { redirectURI: callback(), oauthProviderAlias: alias });
  await press("disconnect");
  await finish("finishUnlinkOAuth");
  assert.deepEqual(await linked(), []);
});

test("the password is asked for again, and the page learns when that was", async () => {
  const person = await signedUp();
  const before = await page.evaluate(async () => {
    await window.sdk.refreshIDToken();
    return { can: window.sdk.canReauthenticate(), at: window.sdk.getAuthTime().getTime() };
  });
  assert.ok(before.can);
  await start("startReauthentication", { redirectURI: callback() });
  assert.match(page.url(), /\/reauth/);
  await page.locator("input[name=password]").fill(person.password);
  await press("authenticate");
  assert.equal((await finish("finishReauthentication")).sub, person.sub);
  assert.ok((await page.evaluate(() => window.sdk.getAuthTime().getTime())) >= before.at);
});

for (const sessionType of ["refresh_token", "cookie"]) {
  test(`somebody without a name gets one, with the session in a ${sessionType}`, async () => {
    const clientID = sessionType === "cookie" ? "web_cookie" : "spa";
    const use = () => page.evaluate(async (options) => {
      window.sdk = window.authgear.default;
      await window.sdk.configure(options);
    }, { endpoint: server.origin, clientID, sessionType });
    await page.goto(spa.origin);
    await use();
    const anonymous = await page.evaluate(async () => (await window.sdk.authenticateAnonymously()).userInfo.sub);
    const person = newPerson();
    await start("startPromoteAnonymousUser", { redirectURI: callback() });
    await signUp(page, person);
    await page.waitForURL(`${callback()}*`);
    await use();
    const promoted = await page.evaluate(async () => {
      const { userInfo } = await window.sdk.finishPromoteAnonymousUser();
      return { sub: userInfo.sub, email: userInfo.email, isAnonymous: userInfo.isAnonymous };
    });
    assert.deepEqual(promoted, { sub: anonymous, email: person.email, isAnonymous: false });
  });
}

test("an API of the application's own is called with the access token", async () => {
  const person = await signedUp();
  const sub = await page.evaluate(async (origin) => {
    const answer = await window.sdk.fetch(`${origin}/oauth2/userinfo`);
    return (await answer.json()).sub;
  }, server.origin);
  assert.equal(sub, person.sub);
  const url = await page.evaluate((redirectURI) => window.sdk.makeAuthorizeURL({ redirectURI }), callback());
  assert.equal(new URL(url).searchParams.get("client_id"), "spa");
});
