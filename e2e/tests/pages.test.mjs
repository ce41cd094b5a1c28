// Every hosted page in light, dark and on a phone: reachable, accessible, protected, quiet.
//
// The pictures are in screenshots/<page>-<mode>.png, for people to look at.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { launchBrowser, signIn, signUp } from "../harness/browser.mjs";
import { modes, openLooking } from "../harness/look.mjs";
import { authorizePath, pkce } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";

let browser, server;

before(async () => {
  browser = await launchBrowser();
  const change = (config) => {
    config.localization = { fallback_language: "en", supported_languages: ["en", "zh-HK"] };
    config.account_deletion = { scheduled_by_end_user_enabled: true };
    config.verification = {
      claims: { email: { enabled: true, required: false }, phone_number: { enabled: false } },
    };
    config.authentication.identities = [...(config.authentication.identities ?? ["login_id"]), "oauth"];
    config.identity.oauth = {
      providers: [
        { alias: "google", type: "google", client_id: "g" },
        { alias: "github", type: "github", client_id: "h" },
      ],
    };
  };
  const items = ["google", "github"].map((alias) => ({ alias, client_secret: "never used" }));
  const secrets = { "sso.oauth.client": { items } };
  server = await Server.start({ change, secrets, env: { DEV_MODE: "true" } });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const press = (page, value) => page.locator(`button[name=action][value=${value}]`).first().click();

for (const mode of Object.keys(modes)) {
  describe(`in ${mode} mode`, () => {
    const person = newPerson();
    let page, look, close;

    before(async () => {
      ({ page, look, close } = await openLooking(browser, mode));
    });

    after(() => close?.());

    const go = (path) => page.goto(server.origin + path);

    test("sign-up", async () => {
      await go("/signup");
      await look("signup");
      await page.locator("input[name=login_id]").fill(person.email);
      await press(page, "identify");
      await page.locator("input[name=new_password]").waitFor();
      await look("create_password");
      await page.locator("input[name=new_password]").fill("1");
      await look("create_password-typing");
      await press(page, "create_authenticator");
      await page.locator(".unmet, .field-error, .notice.danger").first().waitFor();
      await look("create_password-refused");
      await page.locator("input[name=new_password]").fill(person.password);
      await press(page, "create_authenticator");
      await page.waitForURL("**/settings*");
    });

    test("settings", async () => {
      await go("/settings");
      await look("settings");
      await go("/settings/profile");
      await look("settings_profile");
      await go("/settings/identity/email");
      await look("settings_identity-email");
      await go("/settings/sessions");
      await look("settings_sessions");
      await go("/settings/change_password");
      await look("settings_password");
      await page.locator("input[name=old_password]").fill("not the password");
      await page.locator("input[name=new_password]").fill(`${person.password} and more`);
      await press(page, "save");
      await page.locator(".field-error, .notice.danger").first().waitFor();
      await look("settings_password-refused");
    });

    test("a username is added, changed and taken away", async () => {
      await go("/settings/identity/username");
      await look("settings_identity-none");
      await page.locator(".after-list a").click();
      await page.locator("input[name=login_id]").waitFor();
      await look("settings_identity_edit-add");
      const name = `person.${mode}.${process.pid}`;
      await page.locator("input[name=login_id]").fill(name);
      await press(page, "save");
      await page.getByText(name).first().waitFor();
      await look("settings_identity-username");
      await page.locator(".row-actions a").first().click();
      await page.locator("input[name=login_id]").waitFor();
      await look("settings_identity_edit");
      await page.locator("input[name=login_id]").fill(`${name}.2`);
      await press(page, "save");
      await page.getByText(`${name}.2`).first().waitFor();
      await page.locator(".row-actions a.danger").click();
      await page.locator("button[value=remove]").waitFor();
      await look("settings_identity_remove");
      await press(page, "remove");
      await page.locator(".empty").waitFor();
    });

    test("an address is verified by a code", async () => {
      await go("/settings/identity/email");
      await press(page, "verify");
      await page.locator("input[name=code]").waitFor();
      await look("settings_identity_verify");
      await page.locator("input[name=code]").fill("000000");
      await press(page, "verify");
      await page.locator(".field-error").waitFor();
      await look("settings_identity_verify-refused");
      const inbox = await page.context().newPage();
      await inbox.goto(`${server.origin}/inbox`);
      await inbox.getByText(person.email).first().click();
      const code = (await inbox.locator("main").innerText()).match(/\b\d{6}\b/)[0];
      await inbox.close();
      await page.locator("input[name=code]").fill(code);
      await press(page, "verify");
      await page.locator(".badge.ok").waitFor();
      await look("settings_identity-verified");
    });

    test("other accounts, other apps, and no account at all", async () => {
      await go("/settings/identity/oauth");
      await look("settings_oauth");
      await go("/settings/authorized_apps");
      await look("settings_authorized_apps-none");
      await go("/settings/delete_account");
      await look("settings_delete_account");
      await go("/settings/delete_account?ui_locales=zh-HK");
      await look("settings_delete_account-zh");
    });

    test("a third party asks for consent", async () => {
      const path = authorizePath("third_party", redirectUris.third_party, pkce().challenge, {
        scope: "openid offline_access profile email",
        ui_locales: "en",
      });
      await go(path);
      const another = page.locator("button[name=action][value=login]");
      const consent = page.locator("button[name=action][value=consent]");
      await another.or(consent).first().waitFor();
      const subtitle = page.locator(".subtitle");
      if (await another.isVisible()) {
        assert.match(await subtitle.innerText(), new RegExp(person.email));
        await look("select_account");
        await press(page, "continue");
        await consent.waitFor();
      }
      assert.match(await subtitle.innerText(), new RegExp(person.email));
      await look("consent");
      await page.route(`${redirectUris.third_party}*`, (route) => route.fulfill({
        contentType: "text/html",
        // Without an icon the browser asks a host for one that is not there.
        body: '<link rel="icon" href="data:,">back',
      }));
      await consent.click();
      await page.waitForURL(`${redirectUris.third_party}*`);
      await page.unroute(`${redirectUris.third_party}*`);
      await go("/settings/authorized_apps");
      await look("settings_authorized_apps");
      await press(page, "revoke");
      await page.locator(".notice.ok").waitFor();
    });

    test("a device shows a code", async () => {
      const asked = await fetch(`${server.origin}/oauth2/device_authorization`, {
        method: "POST",
        body: new URLSearchParams({ client_id: "television", scope: "openid offline_access" }),
      });
      const { verification_uri: address, verification_uri_complete: complete } = await asked.json();
      await page.goto(address);
      await look("device");
      await page.locator("input[name=user_code]").fill("BBBB-BBBB");
      await press(page, "continue");
      await page.locator(".field-error").waitFor();
      await look("device-unknown");
      await page.goto(complete);
      await press(page, "continue");
      const another = page.locator("button[name=action][value=login]");
      const consent = page.locator("button[name=action][value=consent]");
      await another.or(consent).first().waitFor();
      if (await another.isVisible()) await press(page, "continue");
      await consent.waitFor();
      await look("consent-device");
      await consent.click();
      await page.waitForURL("**/device?outcome=connected");
      await look("device-connected");
      await go("/device?outcome=refused");
      await look("device-refused");
    });

    test("sign-out", async () => {
      await go("/logout");
      await look("logout");
      await press(page, "logout");
      await page.locator("button[name=action][value=logout]").waitFor({ state: "detached" });
      await look("signed_out");
      await go("/settings");
      assert.match(page.url(), /\/login/);
    });

    test("login", async () => {
      await go("/login");
      await look("login");
      await page.locator("input[name=login_id]").fill("nobody@example.com");
      await press(page, "identify");
      await page.locator(".field-error, .notice.danger").first().waitFor();
      await look("login-refused");
      await page.locator("input[name=login_id]").fill(person.email);
      await press(page, "identify");
      await page.locator("input[name=password]").waitFor();
      await look("password");
      await page.locator("input[name=password]").fill("not the password");
      await press(page, "authenticate");
      await page.locator(".field-error, .notice.danger").first().waitFor();
      await look("password-refused");
      await page.locator("input[name=password]").fill(person.password);
      await press(page, "authenticate");
      await page.waitForURL("**/settings*");
    });

    test("in Chinese", async () => {
      await page.context().clearCookies();
      await go("/login?ui_locales=zh-HK");
      assert.equal(await page.locator("html").getAttribute("lang"), "zh-HK");
      await look("login-zh");
      await go("/signup?ui_locales=zh-HK");
      await page.locator("input[name=login_id]").fill(newPerson().email);
      await press(page, "identify");
      await page.locator("input[name=new_password]").waitFor();
      await look("create_password-zh");
    });

    test("nothing here, and something went wrong", async () => {
      const nowhere = await go("/no/such/page");
      assert.equal(nowhere.status(), 404);
      await look("not_found");
      const stale = await go("/login?x_ref=made-up");
      assert.equal(stale.status(), 400);
      await look("error");
      assert.equal((await go("/oauth2/consent?code=made-up")).status(), 400);
      await look("error-expired");
      assert.equal((await go("/oauth2/authorize?client_id=nobody")).status(), 400);
      await look("error-request");
    });

    test("the demo and the inbox", async () => {
      await go("/demo");
      await page.locator("[data-do=login]").waitFor();
      await look("demo-signed-out");
      await page.locator("[data-do=login]").click();
      await page.waitForURL("**/login?**");
      await signIn(page, person);
      await page.locator("#signed-in").waitFor();
      await look("demo");
      await go("/inbox");
      await look("inbox");
    });
  });
}

test("everything works without JavaScript", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const person = newPerson();
  await page.goto(`${server.origin}/signup`);
  await signUp(page, person);
  await page.waitForURL("**/settings*");

  await page.goto(`${server.origin}/settings/profile`);
  await page.locator("input[name='/nickname'], input[name='/given_name'], input[name='/name']").first().fill("Nick");
  await press(page, "save");
  await page.locator(".notice.ok").waitFor();

  await page.goto(`${server.origin}/settings/change_password`);
  await page.locator("input[name=old_password]").fill(person.password);
  person.password = `${person.password} changed`;
  await page.locator("input[name=new_password]").fill(person.password);
  await page.locator("input[name=confirm_password]").fill(person.password);
  await press(page, "save");
  await page.locator(".notice.ok").waitFor();

  await page.goto(`${server.origin}/logout`);
  await press(page, "logout");
  await page.goto(`${server.origin}/login`);
  await signIn(page, person);
  await page.waitForURL("**/settings*");
  assert.equal((await page.locator("h1 bdi").innerText()).length > 0, true);
  await context.close();
});

test("signing out one device leaves the others", async () => {
  const person = newPerson();
  const [here, there] = [await browser.newContext(), await browser.newContext()];
  const [laptop, phone] = [await here.newPage(), await there.newPage()];
  await laptop.goto(`${server.origin}/signup`);
  await signUp(laptop, person);
  await laptop.waitForURL("**/settings*");
  await phone.goto(`${server.origin}/login`);
  await signIn(phone, person);
  await phone.waitForURL("**/settings*");

  await laptop.goto(`${server.origin}/settings/sessions`);
  await press(laptop, "revoke");
  await laptop.locator(".notice.ok").waitFor();
  await phone.goto(`${server.origin}/settings`);
  assert.match(phone.url(), /\/login/);
  await laptop.goto(`${server.origin}/settings`);
  assert.match(laptop.url(), /\/settings/);
  await Promise.all([here.close(), there.close()]);
});

test("a form that another site sends is refused", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.example.com" };
  for (const path of ["/logout", "/settings/change_password", "/login"]) {
    const answer = await fetch(server.origin + path, { method: "POST", headers, body: "action=logout", redirect: "manual" });
    assert.equal(answer.status, 403, path);
  }
});

describe("limits", () => {
  const locked = newPerson();
  let strict;

  before(async () => {
    strict = await Server.start({
      change: (config) => {
        config.authentication.lockout = {
          max_attempts: 2,
          history_duration: "1h",
          minimum_duration: "10m",
          maximum_duration: "10m",
          lockout_type: "per_user",
          password: { enabled: true },
        };
        config.authentication.rate_limits.signup.per_ip = { enabled: true, period: "1h", burst: 1 };
      },
    });
    const agent = new Agent(strict.origin);
    await agent.signUp(locked);
    // The second one is the last that is allowed, and is told so.
    await assert.rejects(agent.signIn({ ...locked, password: "wrong" }), { reason: "InvalidCredentials" });
    await assert.rejects(agent.signIn({ ...locked, password: "wrong again" }), { reason: "AccountLockout" });
  });

  after(() => strict?.close());

  for (const mode of Object.keys(modes)) {
    test(`say when to come back, in ${mode} mode`, async () => {
      const { page, look, close } = await openLooking(browser, mode);
      await page.goto(`${strict.origin}/login`);
      await signIn(page, locked);
      await page.locator("body.page-lockout").waitFor();
      await look("lockout");
      await page.goto(`${strict.origin}/signup`);
      await signUp(page, newPerson());
      await page.locator(".notice.danger").waitFor();
      await look("create_password-rate-limited");
      await close();
    });
  }
});

test("an answer by form_post reaches the application", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const query = { response_mode: "form_post", state: "a state", x_page: "signup" };
  const posted = new Promise((resolve) => {
    void context.route(`${redirectUris.app_b}*`, async (route) => {
      resolve(route.request());
      await route.fulfill({ contentType: "text/html", body: "<title>App B</title>" });
    });
  });
  await page.goto(server.origin + authorizePath("app_b", redirectUris.app_b, pkce().challenge, query));
  await signUp(page, newPerson());
  const request = await posted;
  assert.equal(request.method(), "POST");
  const fields = new URLSearchParams(request.postData());
  assert.ok(fields.get("code"));
  assert.equal(fields.get("state"), "a state");
  assert.equal(fields.get("iss"), server.origin);
  await context.close();
});
