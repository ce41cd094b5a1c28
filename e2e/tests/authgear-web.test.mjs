// The published SDK for web pages, unchanged, against our server.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";

import { newPerson } from "../harness/agent.mjs";
import { launchBrowser, listen, signIn, signUp } from "../harness/browser.mjs";
import { Server } from "../harness/server.mjs";
import { startSpa } from "../harness/spa.mjs";

let browser, spa, server;
let context, page, complaints;

before(async () => {
  browser = await launchBrowser();
  spa = await startSpa();
  server = await Server.start({ spaOrigin: spa.origin });
});

after(async () => {
  await browser?.close();
  await server?.close();
  await spa?.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  complaints = listen(page);
});

afterEach(() => context.close());

/** Loads the application at `path` with an SDK that is configured as the application would. */
async function open(path, options) {
  await page.goto(`${spa.origin}${path}`);
  await configure(options);
}

function configure(options) {
  return page.evaluate(async (options) => {
    window.sdk = window.authgear.default;
    await window.sdk.configure(options);
  }, { endpoint: server.origin, ...options });
}

/** Starts an authentication and waits for the hosted page. */
async function startAuthentication(xPage) {
  const leaves = page.waitForURL(`${server.origin}/**`);
  await page.evaluate(({ redirectURI, xPage }) => {
    // Not awaited: the page goes away while it runs.
    void window.sdk.startAuthentication({ redirectURI, page: xPage });
  }, { redirectURI: `${spa.origin}/callback`, xPage });
  await leaves;
}

/** What the callback page does. */
async function finishAuthentication(options) {
  await page.waitForURL(`${spa.origin}/callback*`);
  await configure(options);
  return page.evaluate(async () => {
    const { userInfo } = await window.sdk.finishAuthentication();
    return { sub: userInfo.sub, email: userInfo.email, state: window.sdk.sessionState };
  });
}

const inPage = (work, argument) => page.evaluate(work, argument);

describe("with refresh tokens", () => {
  for (const clientID of ["spa", "spa_rotating"]) {
    const options = { clientID, sessionType: "refresh_token" };

    test(`${clientID}: sign-up, userinfo, refresh after expiry, sign-in, logout`, async () => {
      const person = newPerson();
      await open("/", options);
      assert.equal(await inPage(() => window.sdk.sessionState), "NO_SESSION");
      await startAuthentication("signup");
      await signUp(page, person);
      const signedUp = await finishAuthentication(options);
      assert.equal(signedUp.email, person.email);
      assert.equal(signedUp.state, "AUTHENTICATED");

      const fetched = await inPage(async () => (await window.sdk.fetchUserInfo()).sub);
      assert.equal(fetched, signedUp.sub);
      await refreshAfterExpiry();

      await inPage((redirectURI) => window.sdk.logout({ redirectURI }), `${spa.origin}/`);
      assert.equal(await inPage(() => window.sdk.sessionState), "NO_SESSION");

      await startAuthentication("login");
      await signIn(page, person);
      const signedIn = await finishAuthentication(options);
      assert.equal(signedIn.sub, signedUp.sub);
      complaints.quiet();
    });
  }

  test("a revoked session is noticed and cleared", async () => {
    const options = { clientID: "spa", sessionType: "refresh_token" };
    const person = newPerson();
    await open("/", options);
    await startAuthentication("signup");
    await signUp(page, person);
    await finishAuthentication(options);
    const token = await inPage(() => localStorage.getItem("authgear_default_refreshToken"));
    const revoked = await fetch(`${server.origin}/oauth2/revoke`, {
      method: "POST",
      body: new URLSearchParams({ token }),
    });
    assert.equal(revoked.status, 200);
    await page.reload();
    await configure(options);
    const state = await inPage(async () => {
      await window.sdk.refreshAccessTokenIfNeeded();
      return window.sdk.sessionState;
    });
    assert.equal(state, "NO_SESSION");
  });

  test("settings open without another login", async () => {
    const options = { clientID: "spa", sessionType: "refresh_token" };
    const person = newPerson();
    await open("/", options);
    await startAuthentication("signup");
    await signUp(page, person);
    await finishAuthentication(options);
    // What the hosted pages know of us must come from the SDK's token alone.
    await context.clearCookies();
    const settings = await openSettings();
    assert.equal(await settings.locator("h1 bdi").innerText(), person.email);
    complaints.quiet();
  });
});

describe("with the cookie", () => {
  const options = { clientID: "web_cookie", sessionType: "cookie" };

  test("sign-up, userinfo, settings, logout, sign-in", async () => {
    const person = newPerson();
    await open("/", options);
    await startAuthentication("signup");
    await signUp(page, person);
    const signedUp = await finishAuthentication(options);
    assert.equal(signedUp.email, person.email);
    const fetched = await inPage(async () => (await window.sdk.fetchUserInfo()).email);
    assert.equal(fetched, person.email);

    const settings = await openSettings();
    assert.equal(await settings.locator("h1 bdi").innerText(), person.email);

    const leaves = page.waitForURL(/\/logout|\/signed-out/);
    await inPage((redirectURI) => void window.sdk.logout({ redirectURI }), `${spa.origin}/signed-out`);
    await leaves;
    const confirm = page.locator("button[name=action][value=logout]");
    if (await confirm.isVisible()) await confirm.click();
    await page.waitForURL(`${spa.origin}/signed-out`);

    await configure(options);
    const refused = await inPage(() => window.sdk.fetchUserInfo().then(() => false, () => true));
    assert.ok(refused, "the cookie is gone");

    await startAuthentication("login");
    await signIn(page, person);
    const signedIn = await finishAuthentication(options);
    assert.equal(signedIn.sub, signedUp.sub);
  });
});

/** The SDK believes that its access token has expired, and asks for another. */
async function refreshAfterExpiry() {
  const answered = page.waitForResponse((it) => it.url().endsWith("/oauth2/token") && it.status() === 200);
  const { before, after } = await inPage(async () => {
    const before = window.sdk.accessToken;
    const { now } = Date;
    // The longest life of an access token among our clients.
    Date.now = () => now() + 30 * 60 * 1000;
    try {
      await window.sdk.refreshAccessTokenIfNeeded();
      return { before, after: window.sdk.accessToken };
    } finally {
      Date.now = now;
    }
  });
  await answered;
  assert.ok(after, "there is an access token");
  assert.notEqual(after, before, "it is a fresh one");
  const email = await inPage(async () => (await window.sdk.fetchUserInfo()).email);
  assert.ok(email);
}

/** The SDK opens the settings in another tab. */
async function openSettings() {
  const opened = context.waitForEvent("page");
  await inPage(() => void window.sdk.open("/settings"));
  const settings = await opened;
  await settings.waitForURL(`${server.origin}/settings*`);
  return settings;
}
