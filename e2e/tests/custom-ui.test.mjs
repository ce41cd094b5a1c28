// The page of docs/custom-ui.md, taken out of the document and used.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { launchBrowser, listen } from "../harness/browser.mjs";
import { root } from "../harness/files.mjs";
import { received } from "../harness/inbox.mjs";
import { authorizePath, pkce, token } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";

const text = readFileSync(join(root, "../docs/custom-ui.md"), "utf8");
const [, html] = text.match(/```html\n(.*?)```/s);
const client = "app_b";
let browser, pages, server, person;

before(async () => {
  browser = await launchBrowser();
  pages = createServer((_, response) => {
    const page = html.replace("http://localhost:3100", server.origin);
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": "frame-ancestors 'none'" };
    response.writeHead(200, headers).end(page);
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  const change = (config) => {
    const own = config.oauth.clients.find((it) => it.client_id === client);
    // Another port of the same host: another origin, but the same site.
    own.x_custom_ui_uri = `http://localhost:${pages.address().port}/`;
    config.authentication.primary_authenticators = ["password", "oob_otp_email"];
    config.authenticator = { oob_otp: { email: { email_otp_mode: "code" } } };
    // A second code follows the first at once.
    config.authentication.rate_limits.oob_otp = { email: { trigger_cooldown: "1ms" } };
  };
  server = await Server.start({ change, env: { DEV_MODE: "true" } });
  person = newPerson();
  await new Agent(server.origin).signUp(person);
});

after(async () => {
  await browser?.close();
  await server?.close();
  pages?.closeAllConnections();
  await new Promise((resolve) => (pages ? pages.close(resolve) : resolve()));
});

/** Opens the page as the application does; `typed` fills in one field after another. */
async function opened() {
  const context = await browser.newContext();
  const page = await context.newPage();
  const { complaints } = listen(page);
  const { verifier, challenge } = pkce();
  const back = new Promise((resolve) => {
    void context.route(`${redirectUris[client]}*`, async (route) => {
      resolve(new URL(route.request().url()));
      await route.fulfill({ contentType: "text/html", body: "<title>App</title>" });
    });
  });
  await page.goto(server.origin + authorizePath(client, redirectUris[client], challenge, { state: "a state" }));
  const typed = async (label, value) => {
    await page.getByLabel(label).fill(value);
    await page.getByRole("button", { name: "Continue" }).click();
  };
  return { context, page, complaints, verifier, back, typed };
}

/** The application gets what it came for. */
async function redeemed({ back, verifier }) {
  const url = await back;
  assert.equal(url.searchParams.get("state"), "a state");
  const tokens = await token(server.origin, {
    grant_type: "authorization_code",
    client_id: client,
    redirect_uri: redirectUris[client],
    code: url.searchParams.get("code"),
    code_verifier: verifier,
  });
  assert.ok(tokens.access_token);
}

test("the page is as short as the document says", () => {
  assert.ok(html.split("\n").length < 75, `${html.split("\n").length} lines`);
});

test("somebody signs in with their password, and hears what was wrong before", async () => {
  const visit = await opened();
  const { page, typed, complaints, context } = visit;
  await typed("Email address", "nobody@example.com");
  await page.getByText("That did not work (UserNotFound).").waitFor();
  await typed("Email address", person.email);
  await typed("Password", "not the password");
  await page.getByText("That did not work (InvalidCredentials).").waitFor();
  await typed("Password", person.password);
  await redeemed(visit);
  // A browser says so of every answer that is a refusal.
  const unexpected = complaints.filter((it) => !it.startsWith("Failed to load resource"));
  assert.deepEqual(unexpected, []);
  await context.close();
});

test("somebody without a password signs in with a code", async () => {
  const { email } = newPerson();
  const flows = "/api/v1/authentication_flows";
  const agent = new Agent(server.origin);
  let state = await agent.api(flows, { type: "signup", name: "default" });
  const answer = async (input) => {
    state = await agent.api(`${flows}/states/input`, { state_token: state.state_token, input });
  };
  await answer({ identification: "email", login_id: email });
  await answer({ authentication: "primary_oob_otp_email" });
  const first = await received(server.origin, email);
  await answer({ code: first.code });
  assert.equal(state.action.type, "finished");

  const visit = await opened();
  await visit.typed("Email address", email);
  await visit.page.getByRole("button", { name: "Send me a code" }).click();
  await visit.page.getByLabel(/^Code sent to/).waitFor();
  const { code } = await received(server.origin, email, { after: first.id });
  await visit.typed(/^Code sent to/, code);
  await redeemed(visit);
  await visit.context.close();
});
