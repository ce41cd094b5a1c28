// What the links in mails lead to: approving a sign-in, and choosing another password.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { launchBrowser, signIn } from "../harness/browser.mjs";
import { received } from "../harness/inbox.mjs";
import { modes, openLooking } from "../harness/look.mjs";
import { Server } from "../harness/server.mjs";

let browser, server;

before(async () => {
  browser = await launchBrowser();
  const change = (config) => {
    config.localization = { fallback_language: "en", supported_languages: ["en", "zh-HK"] };
    config.authentication.primary_authenticators = ["password", "oob_otp_email"];
    config.authenticator = { oob_otp: { email: { email_otp_mode: "login_link" } } };
  };
  server = await Server.start({ change, env: { DEV_MODE: "true" } });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const press = (page, value) => page.locator(`button[name=action][value=${value}]`).click();
const flows = "/api/v1/authentication_flows";

/** Starts a flow and answers these; the question that it comes to. */
async function walk(agent, type, inputs) {
  let state = await agent.api(flows, { type, name: "default" });
  for (const input of inputs) state = await feed(agent, state, input);
  return state;
}

const feed = (agent, { state_token }, input) => agent.api(`${flows}/states/input`, { state_token, input });

const named = (email) => ({ identification: "email", login_id: email });

for (const mode of Object.keys(modes)) {
  describe(`in ${mode} mode`, () => {
    const person = newPerson();
    const agent = new Agent(server?.origin);
    let page, look, close, last;

    before(async () => {
      ({ page, look, close } = await openLooking(browser, mode));
      agent.origin = server.origin;
      await agent.signUp(person);
    });

    after(() => close?.());

    test("a sign-in is approved where the mail is read, and goes on where it began", async () => {
      const waiting = await walk(agent, "login", [
        named(person.email),
        { authentication: "primary_oob_otp_email", index: 0 },
      ]);
      assert.equal(waiting.action.data.otp_form, "link");
      last = await received(server.origin, person.email);
      // A program that scans mail looks first.
      for (const method of ["GET", "HEAD"]) await fetch(last.link, { method });
      await page.goto(last.link);
      await look("verify_login_link");
      const early = await agent.api(`${flows}/states`, { state_token: waiting.state_token });
      assert.equal(early.action.data.can_check, false, "looking approves nothing");
      await assert.rejects(feed(agent, waiting, { check: true }), { reason: "InvalidCredentials" });
      await press(page, "approve");
      await page.locator(".emblem.ok").waitFor();
      assert.doesNotMatch(page.url(), /code=/);
      await look("verify_login_link-approved");
      assert.deepEqual(await page.context().cookies(), [], "nobody is signed in here");
      const done = await feed(agent, waiting, { check: true });
      assert.equal(done.action.type, "finished");
      await page.goto(last.link);
      await look("verify_login_link-used");
      await page.goto(`${server.origin}/authflow/v2/verify_login_link?code=made-up`);
      await look("verify_login_link-invalid");
    });

    test("a lost password is replaced behind the link", async () => {
      await walk(agent, "account_recovery", [named(person.email), { index: 0 }]);
      const { link } = await received(server.origin, person.email, { after: last?.id });
      await page.goto(link);
      await look("reset_password");
      await page.locator("input[name=new_password]").fill("1");
      await press(page, "reset_password");
      await page.locator(".unmet, .field-error").first().waitFor();
      await look("reset_password-refused");
      person.password = `${person.password}, the second`;
      await page.locator("input[name=new_password]").fill(person.password);
      await press(page, "reset_password");
      await page.waitForURL("**/reset_password/success");
      await look("reset_password_success");
      await page.goto(link);
      await look("error-reset-link");
      await page.goto(`${server.origin}/login`);
      await signIn(page, person);
      await page.waitForURL("**/settings*");
    });

    test("the inbox shows whole words", async () => {
      await page.goto(`${server.origin}/inbox`);
      await look("inbox-list");
      const widths = await page.locator(".inbox .row-label").evaluateAll((labels) =>
        labels.map((label) => [label.getBoundingClientRect().width, label.parentElement.parentElement.getBoundingClientRect().width]));
      assert.ok(widths.length > 0);
      for (const [label, row] of widths) assert.ok(label > row * 0.7, `a subject has ${label} of ${row} px`);
    });

    test("in Chinese", async () => {
      await page.goto(`${server.origin}/authflow/v2/verify_login_link?code=made-up&ui_locales=zh-HK`);
      await look("verify_login_link-zh");
    });
  });
}
