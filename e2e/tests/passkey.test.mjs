// Passkeys in a real browser, with Chromium's virtual authenticator in the place of a device: on a
// minimal page of the server's origin, by the flow API and WebAuthn alone.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";

import { newPerson } from "../harness/agent.mjs";
import { launchBrowser, listen } from "../harness/browser.mjs";
import { Server } from "../harness/server.mjs";

let browser, server, context, page, device, quiet;

const minimal = `<!doctype html><html lang="en"><title>Minimal</title><link rel="icon" href="data:,">
<script type="module">
  const post = async (path, body) => (await fetch(path, { method: "POST", ...body })).json();
  const json = (body) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const flows = "/api/v1/authentication_flows";
  const parse = { creation: "parseCreationOptionsFromJSON", request: "parseRequestOptionsFromJSON" };
  const options = (kind, { publicKey }) => ({ publicKey: PublicKeyCredential[parse[kind]](publicKey) });
  window.start = (type) => post(flows, json({ type, name: "default" }));
  window.feed = (state_token, input) => post(flows + "/states/input", json({ state_token, input }));
  window.make = async (it) => (await navigator.credentials.create(options("creation", it))).toJSON();
  window.show = async (it) => (await navigator.credentials.get(options("request", it))).toJSON();
  window.internal = (name, query = "") => post("/_internals/passkey/" + name + query);
  window.isReady = true;
</script></html>`;

before(async () => {
  browser = await launchBrowser();
  const change = (config) => {
    config.authentication.identities = ["login_id", "passkey"];
    config.authentication.primary_authenticators = ["password", "passkey"];
    config.oauth.clients.find((it) => it.client_id === "spa").x_custom_ui_uri = "https://login.example.com/start";
  };
  server = await Server.start({ change });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  await context.route(`${server.origin}/minimal`, (route) =>
    route.fulfill({ contentType: "text/html", body: minimal }));
  page = await context.newPage();
  ({ quiet } = listen(page));
  await page.goto(`${server.origin}/minimal`);
  await page.waitForFunction("window.isReady");
  device = await Device.attach(page);
});

afterEach(() => context?.close());

/** What would be a phone or a laptop: it has passkeys and checks who is holding it. */
class Device {
  static async attach(page) {
    const device = new Device();
    device.cdp = await page.context().newCDPSession(page);
    await device.cdp.send("WebAuthn.enable");
    const { authenticatorId } = await device.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    device.authenticatorId = authenticatorId;
    return device;
  }

  send(command, more = {}) {
    return this.cdp.send(`WebAuthn.${command}`, { authenticatorId: this.authenticatorId, ...more });
  }

  async passkeys() {
    return (await this.send("getCredentials")).credentials;
  }
}

/** Calls a function of the page. */
const call = (name, ...args) => page.evaluate(([it, args]) => window[it](...args), [name, args]);

const named = (email) => ({ identification: "email", login_id: email });

/** Signs up until a passkey is offered; the question. */
async function offered({ email, password }) {
  let { result } = await call("start", "signup");
  ({ result } = await call("feed", result.state_token, named(email)));
  ({ result } = await call("feed", result.state_token, {
    authentication: "primary_password",
    new_password: password,
  }));
  assert.equal(result.action.type, "prompt_create_passkey");
  return result;
}

/** Signs up and keeps a passkey on the device. */
async function signUp(person) {
  const asked = await offered(person);
  const creation_response = await call("make", asked.action.data.creation_options);
  const { result } = await call("feed", asked.state_token, { creation_response });
  assert.equal(result.action.type, "finished");
}

/** Shows what the device answers to these options, or to those of the flow. */
async function signIn(issued, response) {
  await context.clearCookies();
  const { result } = await call("start", "login");
  const offer = result.action.data.options.find((it) => it.identification === "passkey");
  const options = issued ?? offer.request_options;
  assert.deepEqual(options.publicKey.allowCredentials, [], "nobody said who they are");
  const assertion_response = response ?? await call("show", options);
  const answer = await call("feed", result.state_token, { identification: "passkey", assertion_response });
  return { answer, assertion_response };
}

const reasonOf = ({ answer }) => answer.error?.reason ?? answer.result.action.type;

test("a passkey that was made while signing up signs in without a word", async () => {
  await signUp(newPerson());
  const [passkey, ...more] = await device.passkeys();
  assert.deepEqual([passkey.isResidentCredential, passkey.rpId, more], [true, "localhost", []]);
  assert.equal(reasonOf(await signIn()), "finished");
  const names = (await context.cookies()).map((it) => it.name);
  assert.ok(names.some((it) => it.includes("session")), names.join());
  const [used] = await device.passkeys();
  assert.ok(used.signCount > passkey.signCount, "the device counts");
  assert.equal(reasonOf(await signIn()), "finished");
  quiet();
});

test("a copy of a passkey is found by its counter", async () => {
  await signUp(newPerson());
  for (let times = 0; times < 3; times += 1) assert.equal(reasonOf(await signIn()), "finished");
  const [original] = await device.passkeys();
  await device.send("removeCredential", { credentialId: original.credentialId });
  await device.send("addCredential", { credential: { ...original, signCount: 1 } });
  assert.equal(reasonOf(await signIn()), "InvalidCredentials");
});

test("a device that does not check who is holding it is not enough", async () => {
  await signUp(newPerson());
  await device.send("setUserVerified", { isUserVerified: false });
  await assert.rejects(signIn(), /NotAllowedError/);
});

test("options that were asked for beside a flow count in one, once", async () => {
  await signUp(newPerson());
  const suggested = await call("internal", "request_options", "?conditional=true");
  assert.equal(suggested.result.mediation, "conditional");
  assert.equal(await page.evaluate(() => PublicKeyCredential.isConditionalMediationAvailable()), true);
  const { result } = await call("internal", "request_options");
  const first = await signIn(result);
  assert.equal(reasonOf(first), "finished");
  assert.equal(reasonOf(await signIn(result, first.assertion_response)), "InvalidCredentials");
});

test("whoever is signed in makes a passkey, and not a second one on the same device", async () => {
  const person = newPerson();
  const asked = await offered(person);
  await call("feed", asked.state_token, { skip: true });
  const { result } = await call("internal", "creation_options");
  assert.equal(result.publicKey.user.name, person.email);
  const creation_response = await call("make", result);
  let state = await call("start", "login");
  state = await call("feed", state.result.state_token, named(person.email));
  const { password } = person;
  state = await call("feed", state.result.state_token, { authentication: "primary_password", password });
  assert.equal(state.result.action.type, "prompt_create_passkey");
  state = await call("feed", state.result.state_token, { creation_response });
  assert.equal(state.result.action.type, "finished");
  const again = await call("internal", "creation_options");
  assert.equal(again.result.publicKey.excludeCredentials.length, 1);
  await assert.rejects(call("make", again.result), /InvalidStateError/);
  assert.equal(reasonOf(await signIn()), "finished");
});

test("browsers are told of the sign-in page that a client has of its own", async () => {
  const response = await fetch(`${server.origin}/.well-known/webauthn`);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.deepEqual(await response.json(), { origins: ["https://login.example.com"] });
});
