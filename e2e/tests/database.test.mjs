// The database goes away under load and comes back: answers say so, nobody is lost, and nothing
// has to be restarted by hand.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { refresh, signInTo } from "../harness/oauth.mjs";
import { Postgres } from "../harness/postgres.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";
import { until, within } from "../harness/wait.mjs";

let postgres, server;

before(async () => {
  postgres = await Postgres.start();
  server = await Server.start({ env: { DATABASE_URL: postgres.url } });
});

after(async () => {
  await server?.close();
  await postgres?.close();
});

/** Everything that a page of JSON said, or that there was no answer. */
async function observed(work) {
  return work.then(() => "yes", (error) => error.code ?? String(error));
}

test("PostgreSQL restarts under load, and service resumes by itself", async () => {
  const tokens = await signInTo(new Agent(server.origin), "app_a", redirectUris.app_a, newPerson(), { way: "signup" });
  const acknowledged = [];
  const seen = new Map();
  const note = (answer) => seen.set(answer, (seen.get(answer) ?? 0) + 1);
  let isOver = false;
  const signUps = async () => {
    while (!isOver) {
      const person = newPerson();
      const answer = await observed(within(35, "a sign-up", new Agent(server.origin).signUp(person)));
      note(answer);
      if (answer === "yes") acknowledged.push(person);
    }
  };
  const refreshes = async () => {
    while (!isOver) {
      const { status, error } = await within(35, "a refresh", refresh(server.origin, "app_a", tokens.refresh_token));
      note(status === 200 ? "refreshed" : status);
      assert.notEqual(error, "invalid_grant", "an honest client is never told that its token is bad");
    }
  };
  const load = Promise.all([signUps(), signUps(), signUps(), refreshes(), refreshes()]);
  load.catch(() => {});
  const holds = (what, condition) => Promise.race([load, until(what, condition, { seconds: 90 })]);

  await holds("load runs", () => acknowledged.length >= 10 && seen.get("refreshed") >= 10);
  await postgres.stop();
  const failures = () => [...seen].filter(([answer]) => Number(answer) >= 500).reduce((sum, [, count]) => sum + count, 0);
  await holds("requests are refused", () => failures() >= 5);
  assert.ok((await fetch(`${server.origin}/healthz`)).ok, "the process is alive");
  await postgres.startAgain();
  const [people, uses] = [acknowledged.length, seen.get("refreshed")];
  await holds("service resumes", () => acknowledged.length >= people + 10 && seen.get("refreshed") >= uses + 10);
  isOver = true;
  await load;

  for (const answer of seen.keys()) {
    assert.ok(["yes", "refreshed", 500, 503].includes(answer), `an unclean answer: ${answer}`);
  }
  for (const person of acknowledged) await new Agent(server.origin).signIn(person);
});
