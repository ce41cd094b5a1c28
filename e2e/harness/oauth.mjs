// The OAuth requests of the tests: an authorization, and the token endpoint.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";

export const fullAccess = "openid offline_access https://authgear.com/scopes/full-access";

export function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** The path of an authorization request with PKCE; `more` adds and replaces parameters. */
export function authorizePath(clientId, redirectUri, challenge, more = {}) {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: fullAccess,
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...more,
  });
  return `/oauth2/authorize?${query}`;
}

/** Signs in to a client through `agent`: `person` is new, or has been here (`way`: "login"). */
export async function signInTo(agent, clientId, redirectUri, person, { way = "login", more = {} } = {}) {
  const { verifier, challenge } = pkce();
  const page = await agent.follow(authorizePath(clientId, redirectUri, challenge, more));
  assert.ok(page.url.searchParams.get("x_ref"), `the authorization led to ${page.url}`);
  const run = way === "signup" ? agent.signUp(person, page.url.search) : agent.signIn(person, page.url.search);
  const { finish_redirect_uri: finish } = await run;
  const { url } = await agent.follow(finish);
  assert.ok(url.href.startsWith(redirectUri), `the flow ended at ${url}`);
  assert.ok(url.searchParams.get("code"), `no code in ${url}`);
  return token(agent.origin, {
    grant_type: "authorization_code",
    client_id: clientId,
    redirect_uri: redirectUri,
    code: url.searchParams.get("code"),
    code_verifier: verifier,
  });
}

/** Posts to the token endpoint; the status is part of what is returned. */
export async function token(origin, fields) {
  const response = await fetch(`${origin}/oauth2/token`, { method: "POST", body: new URLSearchParams(fields) });
  const body = await response.json();
  return { status: response.status, ...body };
}

export function refresh(origin, clientId, refreshToken) {
  return token(origin, { grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken });
}

export async function userinfo(origin, accessToken) {
  const response = await fetch(`${origin}/oauth2/userinfo`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  return { status: response.status, ...(await response.json()) };
}

/** The claims of a JWT that came straight from the server. */
export function claims(jwt) {
  return JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());
}
