// Signing out at the provider reaches the servers of the applications behind their users' backs.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { createRemoteJWKSet, jwtVerify } from "jose";

import { Agent, newPerson } from "../harness/agent.mjs";
import { authorizePath, claims, pkce, signInTo } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";
import { until } from "../harness/wait.mjs";

/** A client's server that takes logout tokens. */
async function startReceiver(t) {
  const tokens = [];
  const receiver = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    assert.equal(request.headers["content-type"], "application/x-www-form-urlencoded");
    tokens.push(new URLSearchParams(Buffer.concat(chunks).toString()).get("logout_token"));
    response.writeHead(200, { "cache-control": "no-store" }).end();
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  t.after(() => { receiver.closeAllConnections(); receiver.close(); });
  return { tokens, url: `http://127.0.0.1:${receiver.address().port}/logout` };
}

test("one sign-out is told to every application of the group that wants to know", async (t) => {
  const receiver = await startReceiver(t);
  const server = await Server.start({
    env: { AUTHWARDEN_OUTBOUND_ALLOW: "127.0.0.0/8" },
    change: (config) => {
      for (const client of config.oauth.clients) {
        if (["app_a", "app_b"].includes(client.client_id)) client.x_backchannel_logout_uri = receiver.url;
      }
    },
  });
  t.after(() => server.close());

  const person = newPerson();
  const agent = new Agent(server.origin);
  const shared = { x_sso_enabled: "true", scope: "openid offline_access" };
  const a = await signInTo(agent, "app_a", redirectUris.app_a, person, { way: "signup", more: shared });
  const b = await secondApplication(agent, shared);
  assert.equal(b.sub, claims(a.id_token).sub);

  await agent.follow(`/oauth2/end_session?id_token_hint=${a.id_token}`);
  await until("both applications hear of it", () => receiver.tokens.length === 2);

  const keys = createRemoteJWKSet(new URL(`${server.origin}/oauth2/jwks`));
  const told = new Map();
  for (const token of receiver.tokens) {
    const checks = { issuer: server.origin, typ: "logout+jwt", requiredClaims: ["jti", "iat", "exp"] };
    const { payload } = await jwtVerify(token, keys, checks);
    assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.equal(payload.nonce, undefined);
    told.set(payload.aud, payload);
  }
  assert.deepEqual([told.get("app_a").sub, told.get("app_a").sid], [b.sub, claims(a.id_token).sid]);
  assert.deepEqual([told.get("app_b").sub, told.get("app_b").sid], [b.sub, b.sid]);
});

/** The person goes on to another application with the session that the browser has. */
async function secondApplication(agent, shared) {
  const { verifier, challenge } = pkce();
  const path = authorizePath("app_b", redirectUris.app_b, challenge, { ...shared, prompt: "none" });
  const { url } = await agent.follow(path);
  const response = await fetch(`${agent.origin}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "app_b",
      redirect_uri: redirectUris.app_b,
      code: url.searchParams.get("code"),
      code_verifier: verifier,
    }),
  });
  const tokens = await response.json();
  return claims(tokens.id_token);
}
