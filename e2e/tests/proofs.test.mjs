// Clients that prove themselves and their tokens with keys, and clients that nobody configured.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as jose from "jose";
import * as oauth from "oauth4webapi";

import { Agent, newPerson } from "../harness/agent.mjs";
import { Server } from "../harness/server.mjs";

const redirectUri = "https://fapi.example.com/callback";
/** The tests speak http to this machine. */
const insecure = { [oauth.allowInsecureRequests]: true };

async function discover(server) {
  const issuer = new URL(server.origin);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

/** A person signs up where the library sent them; the page or the address they come out at. */
async function signedUp(agent, url) {
  const { url: page } = await agent.follow(url);
  assert.ok(page.searchParams.get("x_ref"), `the authorization led to ${page}`);
  const { finish_redirect_uri: finish } = await agent.signUp(newPerson(), page.search);
  return agent.follow(finish);
}

test("oauth4webapi by the FAPI 2.0 profile: pushed request, a key instead of a secret, DPoP", async (t) => {
  const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: "client-key", alg: "ES256", use: "sig" };
  const server = await Server.start({
    change: (config) => {
      config.oauth.clients.push({
        client_id: "fapi",
        name: "fapi",
        client_name: "FAPI",
        x_application_type: "confidential",
        redirect_uris: [redirectUri],
        refresh_token_rotation_enabled: true,
        x_token_endpoint_auth_method: "private_key_jwt",
        x_jwks: { keys: [jwk] },
        x_require_pushed_authorization_requests: true,
        x_dpop_bound_access_tokens: true,
        x_dpop_nonce_required: true,
      });
    },
  });
  t.after(() => server.close());
  const as = await discover(server);
  const client = { client_id: "fapi" };
  const auth = oauth.PrivateKeyJwt({ key: privateKey, kid: "client-key" });
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
  const options = { DPoP, ...insecure };
  // A server that wants a nonce tells it, and is asked again.
  const twice = async (ask) => {
    try {
      return await ask();
    } catch (error) {
      assert.ok(oauth.isDPoPNonceError(error), String(error));
      return ask();
    }
  };

  const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
  const parameters = new URLSearchParams({
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid email offline_access",
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const { request_uri } = await twice(async () => {
    const pushed = await oauth.pushedAuthorizationRequest(as, client, auth, parameters, options);
    return oauth.processPushedAuthorizationResponse(as, client, pushed);
  });
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: "fapi", request_uri });
  const { url: callback } = await signedUp(new Agent(server.origin), url);
  const params = oauth.validateAuthResponse(as, client, callback, state);
  const tokens = await twice(async () => {
    const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, params, redirectUri, verifier, options);
    return oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true });
  });
  assert.equal(tokens.token_type, "dpop");
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const asked = await oauth.userInfoRequest(as, client, tokens.access_token, options);
  assert.equal((await oauth.processUserInfoResponse(as, client, sub, asked)).sub, sub);
  // The token alone is nobody's.
  const bare = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  assert.equal(bare.status, 401);

  const refreshed = await twice(async () => {
    const answer = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, options);
    return oauth.processRefreshTokenResponse(as, client, answer);
  });
  assert.equal(refreshed.token_type, "dpop");
});

test("oauth4webapi registers itself and signs in to a server of the project's", async (t) => {
  const resource = "https://mcp.example.com/";
  const server = await Server.start({
    change: (config) => {
      config.oauth.x_client_registration = { enabled: true, open: true };
      config.oauth.x_user_token_resources = [resource];
    },
  });
  t.after(() => server.close());
  const as = await discover(server);
  const callbackUri = "http://localhost:33418/callback";
  const registered = await oauth.dynamicClientRegistrationRequest(
    as,
    {
      client_name: "An agent",
      redirect_uris: [callbackUri],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
    insecure,
  );
  const client = await oauth.processDynamicClientRegistrationResponse(registered);
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: callbackUri,
    response_type: "code",
    scope: "openid offline_access",
    state,
    resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const agent = new Agent(server.origin);
  // Whoever came by itself is a third party: the person is asked.
  const { url: question, response } = await signedUp(agent, url);
  assert.match(await response.text(), /An agent/);
  const yes = await agent.request(question, { method: "POST", body: new URLSearchParams({ action: "consent" }) });
  const params = oauth.validateAuthResponse(as, client, new URL(yes.headers.get("location")), state);
  const answer = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), params, callbackUri, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer);

  // As the server of the project's reads it.
  const keys = jose.createRemoteJWKSet(new URL(as.jwks_uri));
  const { payload } = await jose.jwtVerify(tokens.access_token, keys, {
    issuer: as.issuer,
    audience: resource,
    typ: "at+jwt",
  });
  assert.equal(payload.client_id, client.client_id);
  const bare = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  assert.equal(bare.status, 401);
});
