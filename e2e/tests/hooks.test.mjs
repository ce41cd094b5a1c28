// Hooks of a project: scripts in the sandbox of the started binary, and webhooks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { Server } from "../harness/server.mjs";
import { until, within } from "../harness/wait.mjs";
import { Webhook, webhookKey } from "../harness/webhook.mjs";

/** Runs `work` with a server that may call loopback, and a webhook. */
async function withHooks({ hook, files }, work) {
  const webhook = await Webhook.start();
  const change = (config) => ({ ...config, hook: hook(webhook.url) });
  const env = { AUTHWARDEN_OUTBOUND_ALLOW: "127.0.0.0/8" };
  const server = await Server.start({ change, files, env });
  webhook.key = webhookKey(server);
  try {
    await work(server, webhook);
    assert.equal(webhook.forged, 0, "a signature was wrong");
  } finally {
    await server.close();
    await webhook.close();
  }
}

const refusal = async (promise) => {
  const error = await promise.then(() => null, (it) => it);
  assert.ok(error?.reason, `not refused: ${error}`);
  return error;
};

test("a script and a webhook decide together about who signs up", async () => {
  const files = {
    "deno/name.ts": `
      interface Event { payload: { user: { standard_attributes: Record<string, unknown> } } }
      export default async ({ payload }: Event) => {
        const { standard_attributes: known } = payload.user;
        if (String(known.email).startsWith("mallory")) {
          return { is_allowed: false, title: "Not you", reason: "Mallory has been here before." };
        }
        return { is_allowed: true, mutations: { user: { standard_attributes: { ...known, name: "Jane" } } } };
      };`,
  };
  const hook = (url) => ({
    blocking_handlers: [
      { event: "user.pre_create", url: "authgeardeno:///deno/name.ts" },
      { event: "user.pre_create", url },
    ],
    non_blocking_handlers: [{ events: ["user.created"], url }],
  });
  await withHooks({ hook, files }, async (server, webhook) => {
    webhook.answer = () => ({ status: 200, body: { is_allowed: true } });
    const mallory = { ...newPerson(), email: "mallory@example.com" };
    const no = await refusal(new Agent(server.origin).signUp(mallory));
    assert.deepEqual([no.reason, no.code], ["HookDisallowed", 403]);
    assert.deepEqual(no.info.reasons, [{ title: "Not you", reason: "Mallory has been here before." }]);
    assert.equal(webhook.heard.length, 0, "the second is not asked after the first said no");

    const person = newPerson();
    await new Agent(server.origin).signUp(person);
    const [asked] = webhook.heard;
    assert.equal(asked.type, "user.pre_create");
    assert.equal(asked.payload.user.standard_attributes.name, "Jane", "it sees what the first made of it");
    const told = await until("the webhook is told", () => webhook.heard.find((it) => it.type === "user.created"));
    assert.equal(told.payload.user.standard_attributes.name, "Jane");
    assert.equal(told.payload.user.id, asked.payload.user.id);
    await new Agent(server.origin).signIn(person);
  });
});

test("a script that misbehaves is a no, while others are answered", async () => {
  const files = {
    "deno/bad.ts": `
      export default async ({ payload }: any) => {
        switch (payload.authentication_context.authentication_flow.type) {
          case "login": for (;;) {}
          case "signup_login": { const all = []; for (;;) all.push("x".repeat(1 << 20)); }
          case "reauth": return "x".repeat(2 << 20);
          default: return { is_allowed: true };
        }
      };`,
  };
  const hook = () => ({
    sync_hook_timeout_seconds: 1,
    blocking_handlers: [{ event: "authentication.pre_initialize", url: "authgeardeno:///deno/bad.ts" }],
  });
  await withHooks({ hook, files }, async (server) => {
    const start = (type) => refusal(new Agent(server.origin).flow(type, []));
    const stuck = start("login");
    const other = new Agent(server.origin).signUp(newPerson());
    await within(5, "signing up beside a script that loops", other);
    assert.equal((await within(5, "the end of a script that loops", stuck)).reason, "HookDeliveryTimeout");
    for (const type of ["signup_login", "reauth"]) {
      assert.equal((await within(10, type, start(type))).reason, "DenoRunError", type);
    }
    await new Agent(server.origin).signUp(newPerson());
  });
});

test("what could not be told is told later, also after the server was killed", async () => {
  const hook = (url) => ({ non_blocking_handlers: [{ events: ["*"], url }] });
  await withHooks({ hook }, async (server, webhook) => {
    webhook.answer = () => ({ status: 503, body: {} });
    const attempt = async () => {
      const person = newPerson();
      await new Agent(server.origin).signUp(person);
      const isAbout = (it) => it.payload.user.standard_attributes.email === person.email;
      const found = () => webhook.heard.find((it) => it.type === "user.created" && isAbout(it));
      return until(`an attempt to tell of ${person.email}`, found);
    };
    const refused = await attempt();
    // When the next is tried, what became of the first is on record.
    await attempt();
    await server.program.kill();
    webhook.heard.length = 0;
    webhook.answer = () => ({ status: 200, body: {} });
    await server.startAgain();
    const told = await until("the first is told", () => webhook.heard.find((it) => it.id === refused.id));
    assert.deepEqual(told, refused);
  });
});
