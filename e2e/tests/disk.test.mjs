// The disk is full: what cannot be kept is refused, what is there is kept, and nothing has to be
// restarted when there is room again.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { Agent, ApiRefusal, newPerson } from "../harness/agent.mjs";
import { refresh, signInTo } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";
import { SmallDisk } from "../harness/small_disk.mjs";
import { until } from "../harness/wait.mjs";

const disk = SmallDisk.make(8);

test("a full disk refuses cleanly, and service resumes when there is room", {
  skip: typeof disk === "string" ? disk : false,
}, async () => {
  let server;
  try {
    server = await Server.start({ env: { AUTHWARDEN_DATA_DIR: join(disk.folder, "data") } });
    const browser = new Agent(server.origin);
    const person = newPerson();
    const tokens = await signInTo(browser, "app_a", redirectUris.app_a, person, { way: "signup" });

    disk.fill();
    const [acknowledged, refused] = [[], []];
    // Room that the database has already taken for itself is used up first.
    await until("somebody is refused", async () => {
      const next = newPerson();
      try {
        await new Agent(server.origin).signUp(next);
        acknowledged.push(next);
      } catch (error) {
        assert.ok(error instanceof ApiRefusal, String(error));
        assert.equal(error.code, 503, error.message);
        refused.push(next);
      }
      return refused.length >= 5;
    });
    assert.ok((await fetch(`${server.origin}/healthz`)).ok, "the process is alive");
    const resolve = await fetch(`${server.origin}/_resolver/resolve`, { headers: { cookie: browser.cookieHeader } });
    assert.equal(resolve.headers.get("x-authgear-session-valid"), "true", "who is signed in stays so");
    const meanwhile = await refresh(server.origin, "app_a", tokens.refresh_token);
    assert.ok([200, 503].includes(meanwhile.status), JSON.stringify(meanwhile));
    assert.notEqual(meanwhile.error, "invalid_grant", "an honest client is never told that its token is bad");

    disk.empty();
    await until("people can sign up again", () => new Agent(server.origin).signUp(newPerson()).then(() => true, () => false));
    assert.equal((await refresh(server.origin, "app_a", tokens.refresh_token)).status, 200);
    for (const known of [person, ...acknowledged]) await new Agent(server.origin).signIn(known);
    for (const unknown of refused) await new Agent(server.origin).signUp(unknown);
    assert.doesNotMatch(server.program.log, /panicked/);
  } finally {
    await server?.close();
    disk.close();
  }
});
