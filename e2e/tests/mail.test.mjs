// Mail through a real SMTP server: what arrives, when the server is slow, away, or says no.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { MailSink } from "../harness/mail.mjs";
import { Server } from "../harness/server.mjs";
import { until } from "../harness/wait.mjs";

const flows = "/api/v1/authentication_flows";
let sink, server;

before(async () => {
  sink = await MailSink.start();
  server = await Server.start({
    env: {
      SMTP_HOST: "127.0.0.1",
      SMTP_PORT: String(sink.port),
      SMTP_SENDER: "Harbour Ferry <accounts@ferry.example>",
      DEV_MODE: "false",
    },
  });
});

after(async () => {
  await server?.close();
  await sink?.close();
});

/** Asks for another password; the question that this comes to. */
async function recover(email) {
  const agent = new Agent(server.origin);
  let state = await agent.api(flows, { type: "account_recovery", name: "default" });
  for (const input of [{ identification: "email", login_id: email }, { index: 0 }]) {
    state = await agent.api(`${flows}/states/input`, { state_token: state.state_token, input });
  }
  return state.action;
}

async function signUp() {
  const person = newPerson();
  await new Agent(server.origin).signUp(person);
  return person;
}

test("a recovery mail arrives as text and as HTML, from whom the installation says", async () => {
  const { email } = await signUp();
  await recover(email);
  const [mail] = await sink.received(email);
  assert.equal(mail.from, "accounts@ferry.example");
  assert.match(mail.headers.from, /Harbour Ferry/);
  assert.equal(mail.headers.to, email);
  assert.match(mail.headers["message-id"], /^<[\w-]+@ferry\.example>$/);
  const link = mail.part("text/plain").match(/http:\S+/)[0];
  assert.ok(link.startsWith(`${server.origin}/authflow/v2/reset_password?code=`), link);
  assert.match(mail.part("text/html"), /<html lang="en"/);
  const page = await fetch(link);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /Choose a new password/);
});

test("a mail server that is slow holds up nobody, and tells nobody who has an account", async () => {
  const { email } = await signUp();
  const stranger = newPerson().email;
  sink.pauseMs = 5_000;
  try {
    const began = Date.now();
    const [known, unknown] = [await recover(email), await recover(stranger)];
    assert.ok(Date.now() - began < sink.pauseMs, "the answers waited for the mail server");
    const shape = ({ type, data }) => [type, Object.keys(data)];
    assert.deepEqual(shape(known), shape(unknown));
    assert.equal((await sink.received(email)).length, 1);
    assert.deepEqual(sink.mails.filter((it) => it.to.includes(stranger)), []);
  } finally {
    sink.pauseMs = 0;
  }
});

test("a mail outlives the mail server's absence and the server's own end", async () => {
  const { email } = await signUp();
  const { port } = sink;
  await sink.close();
  await recover(email);
  await until("a try that fails", () => server.program.log.includes("an entry was not delivered"));
  await server.stop();
  sink = await MailSink.start(port);
  await server.startAgain();
  assert.equal((await sink.received(email)).length, 1);
});

test("a mail that is refused for good is in the log, and no code with it", async () => {
  const { email } = await signUp();
  sink.unknown.add(email);
  await recover(email);
  await until("the refusal", () => server.program.log.includes("a message was not sent"));
  assert.doesNotMatch(server.program.log, /code=\w{8}/);
  assert.deepEqual(sink.mails.filter((it) => it.to.includes(email)), []);
});
