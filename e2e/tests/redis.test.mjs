// Redis is killed under load and starts again with nothing in it: a flow under way has to be begun
// again, and nobody is signed out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { refresh, signInTo, userinfo } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Redis } from "../harness/redis.mjs";
import { Server } from "../harness/server.mjs";
import { until, within } from "../harness/wait.mjs";

let redis, server;

before(async () => {
  redis = await Redis.start();
  server = await Server.start({ env: { REDIS_URL: redis.url } });
});

after(async () => {
  await server?.close();
  await redis?.close();
});

test("Redis is killed under load, and nobody is signed out", async () => {
  const browser = new Agent(server.origin);
  const tokens = await signInTo(browser, "app_a", redirectUris.app_a, newPerson(), {
    way: "signup", more: { x_sso_enabled: "true" },
  });
  const acknowledged = [];
  const seen = new Map();
  const note = (answer) => seen.set(answer, (seen.get(answer) ?? 0) + 1);
  let isOver = false;
  const signUps = async () => {
    while (!isOver) {
      const person = newPerson();
      const signUp = new Agent(server.origin).signUp(person).then(() => "yes", (error) => error.code ?? String(error));
      const answer = await within(35, "a sign-up", signUp);
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
  const checks = async () => {
    while (!isOver) {
      const answer = await fetch(`${server.origin}/_resolver/resolve`, { headers: { cookie: browser.cookieHeader } });
      assert.equal(answer.headers.get("x-authgear-session-valid"), "true", "a session needs no Redis");
      note("resolved");
    }
  };
  const load = Promise.all([signUps(), signUps(), refreshes(), refreshes(), checks()]);
  load.catch(() => {});
  const holds = (what, condition) => Promise.race([load, until(what, condition, { seconds: 60 })]);

  await holds("load runs", () => acknowledged.length >= 10 && seen.get("refreshed") >= 10);
  await redis.kill();
  const failures = () => [...seen].filter(([answer]) => Number(answer) >= 500).reduce((sum, [, count]) => sum + count, 0);
  const resolved = seen.get("resolved");
  await holds("requests are refused", () => failures() >= 5);
  await holds("sessions are still found", () => seen.get("resolved") >= resolved + 10);
  assert.ok((await fetch(`${server.origin}/healthz`)).ok, "the process is alive");
  await redis.startAgain();
  const [people, uses] = [acknowledged.length, seen.get("refreshed")];
  await holds("service resumes", () => acknowledged.length >= people + 10 && seen.get("refreshed") >= uses + 10);
  isOver = true;
  await load;

  for (const answer of seen.keys()) {
    // 404: the flow was forgotten with everything else.
    assert.ok(["yes", "refreshed", "resolved", 404, 500, 503].includes(answer), `an unclean answer: ${answer}`);
  }
  assert.equal((await userinfo(server.origin, tokens.access_token)).status, 200, "the access token lives on");
  for (const person of acknowledged) await new Agent(server.origin).signIn(person);
});
