// The published SDKs for apps, unchanged, on devices whose native halves are played.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { launchBrowser } from "../harness/browser.mjs";
import { Device, loadSdk } from "../harness/device.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";
import { throughPages } from "../harness/webview.mjs";

const redirectURI = redirectUris.app_a;
/** The SDKs refresh when nine tenths of an access token's five minutes are over. */
const fiveMinutes = 280 * 1000;
const biometric = {
  ios: { localizedReason: "Sign in", constraint: "biometryCurrentSet", policy: "deviceOwnerAuthenticationWithBiometrics" },
  android: {
    title: "Sign in",
    subtitle: "With your finger",
    description: "Touch the sensor",
    negativeButtonText: "Cancel",
    constraint: ["BIOMETRIC_STRONG"],
    invalidatedByBiometricEnrollment: true,
  },
};
let browser, server;

before(async () => {
  browser = await launchBrowser();
  server = await Server.start({
    change: (config) => {
      config.authentication.identities.push("anonymous", "biometric");
      config.account_deletion = { scheduled_by_end_user_enabled: true };
      Object.assign(config.oauth.clients.find((it) => it.client_id === "app_a"), {
        x_pre_authenticated_url_enabled: true,
      });
      Object.assign(config.oauth.clients.find((it) => it.client_id === "spa"), {
        x_pre_authenticated_url_enabled: true,
        x_pre_authenticated_url_allowed_origins: ["https://shop.example.com"],
      });
      config.oauth.clients.find((it) => it.client_id === "app_a").access_token_lifetime_seconds = 300;
    },
  });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const containers = { "@authgear/react-native": "ReactNativeContainer", "@authgear/capacitor": "CapacitorContainer" };

/** An app on a device of its own, and the person who holds it. */
class App {
  person = newPerson();
  agent = new Agent(server.origin);

  constructor(name, platform) {
    this.device = new Device({ platform, browse: (url, callback) => this.browse(url, callback) });
    this.sdk = loadSdk(name, this.device);
    this.container = new this.sdk[containers[name]]();
  }

  static async start(name, platform = "android", options = {}) {
    const app = new App(name, platform);
    await app.configure(options);
    return app;
  }

  configure(more = {}) {
    return this.container.configure({ clientID: "app_a", endpoint: server.origin, ...more });
  }

  /** The person in the browser: signs up the first time, and in after that. */
  async browse(url) {
    const { url: page } = await this.agent.follow(url);
    if (page.origin !== server.origin) return page.href;
    assert.ok(page.searchParams.get("x_ref"), `the app led to ${page}`);
    const data = await this.play(page);
    return (await this.agent.follow(data.finish_redirect_uri)).url.href;
  }

  async play(page) {
    const type = this.flowType ?? (this.isKnown ? "login" : "signup");
    const signup = [
      { identification: "email", login_id: this.person.email },
      { authentication: "primary_password", new_password: this.person.password },
    ];
    const inputs = {
      signup,
      promote: signup,
      login: [
        { identification: "email", login_id: this.person.email },
        { authentication: "primary_password", password: this.person.password },
      ],
      reauth: [
        { identification: "id_token", id_token: this.container.getIDTokenHint() },
        { authentication: "primary_password", password: this.person.password },
      ],
    };
    const data = await this.agent.flow(type, inputs[type], page.search);
    this.isKnown = true;
    return data;
  }

  authenticate(more = {}) {
    return this.container.authenticate({ redirectURI, ...more });
  }
}

for (const name of Object.keys(containers)) {
  describe(name, () => {
    test("signs up, asks who it is, calls an API, signs out and in", async () => {
      const app = await App.start(name);
      assert.equal(app.container.sessionState, "NO_SESSION");
      const { userInfo } = await app.authenticate({ state: "a state" });
      assert.equal(userInfo.email, app.person.email);
      assert.equal(app.container.sessionState, "AUTHENTICATED");
      assert.equal((await app.container.fetchUserInfo()).sub, userInfo.sub);

      const answer = await app.container.fetch(`${server.origin}/_resolver/resolve`);
      assert.equal(answer.headers.get("x-authgear-user-id"), userInfo.sub);

      await app.container.logout();
      assert.equal(app.container.sessionState, "NO_SESSION");
      assert.equal((await app.authenticate()).userInfo.sub, userInfo.sub);
    });

    test("refreshes its access token when it expires, and is still there when the app starts again", async () => {
      const app = await App.start(name);
      await app.authenticate();
      const before = app.container.accessToken;
      app.device.aheadMilliseconds = fiveMinutes;
      await app.container.refreshAccessTokenIfNeeded();
      assert.ok(app.container.accessToken);
      assert.notEqual(app.container.accessToken, before);

      const restarted = new app.sdk[containers[name]]();
      await restarted.configure({ clientID: "app_a", endpoint: server.origin });
      assert.equal(restarted.sessionState, "AUTHENTICATED");
      assert.equal((await restarted.fetchUserInfo()).email, app.person.email);
    });

    test("asks for the password again and learns when that was", async () => {
      const app = await App.start(name);
      const { userInfo } = await app.authenticate();
      await app.container.refreshIDToken();
      assert.equal(app.container.canReauthenticate(), true);
      const before = app.container.getAuthTime();
      assert.ok(before instanceof Date);

      app.flowType = "reauth";
      const again = await app.container.reauthenticate({ redirectURI });
      assert.equal(again.userInfo.sub, userInfo.sub);
      assert.ok(app.container.getAuthTime() >= before);
      assert.ok(app.container.getIDTokenHint());
    });

    test("opens the settings as the person who is signed in", async () => {
      const app = await App.start(name);
      await app.authenticate();
      await app.container.open("/settings");
      const browser = new Agent(server.origin);
      const { url, response } = await browser.follow(app.device.opened[0]);
      assert.equal(url.pathname, "/settings");
      assert.match(await response.text(), new RegExp(app.person.email));
    });

    test("a session that was ended elsewhere is noticed and cleared", async () => {
      const app = await App.start(name);
      await app.authenticate();
      const token = [...app.device.storage].find(([key]) => /refreshToken/i.test(key))[1];
      await fetch(`${server.origin}/oauth2/revoke`, { method: "POST", body: new URLSearchParams({ token }) });
      app.device.aheadMilliseconds = fiveMinutes;
      await app.container.refreshAccessTokenIfNeeded();
      assert.equal(app.container.sessionState, "NO_SESSION");
    });

    test("has the password changed on a page of its own", async () => {
      const app = await App.start(name);
      const { userInfo } = await app.authenticate();
      const password = `another ${app.person.password}`;
      app.browse = (url, callback) => throughPages(browser, url, callback, async (page) => {
        await page.locator("input[name=old_password]").fill(app.person.password);
        await page.locator("input[name=new_password]").fill(password);
        const again = page.locator("input[name=confirm_password]");
        if (await again.count()) await again.fill(password);
        await page.locator("button[name=action][value=save]").click();
      });
      await app.container.changePassword({ redirectURI });
      assert.equal((await app.container.fetchUserInfo()).sub, userInfo.sub, "still signed in");

      const old = new Agent(server.origin);
      await assert.rejects(old.signIn(app.person), { reason: "InvalidCredentials" });
      await old.signIn({ ...app.person, password });
    });

    test("has the account deleted on a page of its own, and is signed out", async () => {
      const app = await App.start(name);
      await app.authenticate();
      app.browse = (url, callback) => throughPages(browser, url, callback, async (page) => {
        await page.locator("input[name=confirm]").check();
        await page.locator("button[name=action][value=delete]").click();
      });
      await app.container.deleteAccount({ redirectURI });
      assert.equal(app.container.sessionState, "NO_SESSION");
      await assert.rejects(new Agent(server.origin).signIn(app.person));
    });

    test("signs in with what the device can recognise, until that is switched off", async () => {
      const app = await App.start(name);
      const { userInfo } = await app.authenticate();
      await app.container.checkBiometricSupported(biometric);
      assert.equal(await app.container.isBiometricEnabled(), false);
      await app.container.enableBiometric(biometric);
      assert.equal(await app.container.isBiometricEnabled(), true);

      await app.container.logout();
      const again = await app.container.authenticateBiometric(biometric);
      assert.equal(again.userInfo.sub, userInfo.sub);
      assert.equal(app.container.sessionState, "AUTHENTICATED");

      const before = app.container.getAuthTime();
      await app.container.reauthenticate({ redirectURI }, biometric);
      assert.ok(app.container.getAuthTime() >= before);

      await app.container.disableBiometric();
      assert.equal(await app.container.isBiometricEnabled(), false);
    });

    test("a device that the server does not know any more is told so, and forgets its key", async () => {
      const app = await App.start(name);
      await app.authenticate();
      await app.container.enableBiometric(biometric);
      await app.container.logout();
      // Another key under the same name: what an attacker with the app's storage could make.
      const [kid] = [...app.device.storage].find(([key]) => /biometricKeyID/i.test(key)).slice(1);
      app.device.createKey(kid);
      await assert.rejects(app.container.authenticateBiometric(biometric), (error) => {
        return error.error === "invalid_grant" && error.error_description === "InvalidCredentials";
      });
      assert.equal(await app.container.isBiometricEnabled(), false);
    });

    test("opens a page of a web app as the person who is signed in", async () => {
      const app = await App.start(name, "android", { preAuthenticatedURLEnabled: true });
      const { userInfo } = await app.authenticate();
      const url = await app.container.makePreAuthenticatedURL({
        webApplicationClientID: "spa",
        webApplicationURI: "https://shop.example.com/basket",
        state: "a state",
      });
      const browser = new Agent(server.origin);
      const { url: arrived } = await browser.follow(url);
      assert.equal(arrived.origin + arrived.pathname, "https://shop.example.com/basket");
      assert.equal(arrived.searchParams.get("state"), "a state");
      const asked = await browser.request("/oauth2/userinfo");
      assert.equal((await asked.json()).sub, userInfo.sub, "by the cookie that came along");

      const second = await new Agent(server.origin).follow(url);
      assert.ok(second.url.searchParams.get("error"), "the address works once");
      const other = await app.container.makePreAuthenticatedURL({
        webApplicationClientID: "spa",
        webApplicationURI: "https://shop.example.com/again",
      });
      assert.notEqual(other, url, "the device's secret has moved on");
    });

    test("a person who cancels is told so", async () => {
      const app = await App.start(name, "ios");
      app.browse = async () => {
        throw Object.assign(new Error("cancelled"), { code: "CANCEL" });
      };
      await assert.rejects(app.authenticate(), (error) => error instanceof app.sdk.CancelError);
      assert.equal(app.container.sessionState, "NO_SESSION");
    });
  });
}

describe("@authgear/react-native", () => {
  test("somebody without an account signs up later, and is the same person", async () => {
    const app = await App.start("@authgear/react-native");
    const anonymous = await app.container.authenticateAnonymously();
    assert.equal(anonymous.userInfo.isAnonymous, true);
    await app.container.logout();
    const again = await app.container.authenticateAnonymously();
    assert.equal(again.userInfo.sub, anonymous.userInfo.sub, "the device's key is who it is");

    app.flowType = "promote";
    const promoted = await app.container.promoteAnonymousUser({ redirectURI });
    assert.equal(promoted.userInfo.sub, anonymous.userInfo.sub);
    assert.equal(promoted.userInfo.isAnonymous, false);
    assert.equal(promoted.userInfo.email, app.person.email);
  });
});
