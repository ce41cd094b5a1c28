// App2App from both sides, and everything that must be refused.
//
// The apps themselves are those of the example in examples/app2app.mjs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac, createPublicKey } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { AppA, AppB, createDeviceKey, signJwt, World } from "../examples/app2app.mjs";
import { Agent, newPerson } from "../harness/agent.mjs";
import { root } from "../harness/files.mjs";
import { claims, refresh, signInTo, userinfo } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";

const linkOfA = "https://a.example.com/authorize";
let server, world;

before(async () => {
  server = await Server.start();
  world = new World(server.origin);
});

after(() => server?.close());

const app = (clientId, keyType) => ({ clientId, redirectUri: redirectUris[clientId], keyType });

async function signedInAppA(keyType = "ec", clientId = "app_a") {
  const a = new AppA(world, app(clientId, keyType));
  const person = newPerson();
  await a.signIn(person);
  return { a, person };
}

/** The fields with which App A would ask, to be changed by those who want to be refused. */
async function ask(a, changes = {}) {
  const link = new URL(new AppB(world, app("app_b")).start(linkOfA)).searchParams;
  return {
    grant_type: "urn:authgear:params:oauth:grant-type:app2app-request",
    client_id: link.get("client_id"),
    redirect_uri: link.get("redirect_uri"),
    code_challenge: link.get("code_challenge"),
    code_challenge_method: "S256",
    refresh_token: a.tokens.refresh_token,
    jwt: changes.jwt ?? (await a.deviceKeyJwt()),
    ...changes,
  };
}

async function refused(fields, errors, description) {
  const refusal = await world.token("", fields).then(
    (answer) => assert.fail(`not refused: ${JSON.stringify(answer)}`),
    (refusal) => refusal,
  );
  assert.ok([errors].flat().includes(refusal.error), refusal.message);
  assert.ok(refusal.status >= 400 && refusal.status < 500, refusal.message);
  if (description) assert.match(refusal.description ?? "", description);
}

describe("the way it is meant", () => {
  for (const keyType of ["ec", "rsa"]) {
    test(`App B is signed in by App A with its ${keyType} key`, async () => {
      const { a, person } = await signedInAppA(keyType);
      const b = new AppB(world, app("app_b"));
      const back = await a.approve(b.start(linkOfA));
      assert.ok(back.startsWith(redirectUris.app_b));
      const user = await b.finish(back);
      assert.equal(user.email, person.email);
      assert.ok(b.tokens.refresh_token);

      const [ofA, ofB] = [claims(a.tokens.id_token), claims(b.tokens.id_token)];
      assert.equal(ofB.sub, ofA.sub);
      assert.equal(ofB.aud, "app_b");
      assert.equal(ofB.auth_time, ofA.auth_time, "nobody typed a password again");
      assert.ok(ofA.amr.includes("pwd"));
      assert.deepEqual(ofB.amr, ofA.amr);
    });
  }

  test("the sessions are independent: App B outlives App A", async () => {
    const { a } = await signedInAppA();
    const b = new AppB(world, app("app_b"));
    await b.finish(await a.approve(b.start(linkOfA)));
    await fetch(`${server.origin}/oauth2/revoke`, {
      method: "POST",
      body: new URLSearchParams({ token: a.tokens.refresh_token }),
    });
    const again = await refresh(server.origin, "app_b", b.tokens.refresh_token);
    assert.equal(again.status, 200, JSON.stringify(again));
    assert.equal((await userinfo(server.origin, again.access_token)).status, 200);
    await refused(await ask(a), "invalid_grant");
  });

  test("App B may vouch in turn when it binds a key of its own", async () => {
    const { a } = await signedInAppA();
    const b = new AppB(world, app("app_b"));
    const back = new URL(await a.approve(b.start(linkOfA)));
    const second = new AppA(world, app("app_b"));
    second.tokens = await world.token("", {
      grant_type: "authorization_code",
      client_id: "app_b",
      redirect_uri: redirectUris.app_b,
      code: back.searchParams.get("code"),
      code_verifier: b.turn.verifier,
      x_app2app_device_key_jwt: await second.deviceKeyJwt(),
    });
    const { code } = await world.token("", await ask(second, { client_id: "app_a", redirect_uri: redirectUris.app_a }));
    assert.ok(code);
  });

  test("the example runs as documented", async () => {
    const { email, password } = newPerson();
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, "examples/app2app.mjs"), server.origin, "--email", email, "--password", password,
    ]);
    assert.match(stdout, new RegExp(`App B knows who it is: ${email}`));
  });
});

describe("refused: the key", () => {
  test("of somebody else", async () => {
    const { a } = await signedInAppA();
    const other = createDeviceKey();
    await refused(await ask(a, { jwt: signJwt(other, await world.challenge()) }), "invalid_request", /signature/);
  });

  test("of somebody else under the bound key's name, or in a foreign header", async () => {
    const { a } = await signedInAppA();
    const other = createDeviceKey();
    const named = { ...other.jwk, kid: a.deviceKey.jwk.kid };
    for (const header of [
      { kid: named.kid, jwk: named },
      // The bound public key in the header, but another's signature.
      { kid: a.deviceKey.jwk.kid, jwk: a.deviceKey.jwk },
      { kid: a.deviceKey.jwk.kid, jwk: undefined },
    ]) {
      const jwt = signJwt(other, await world.challenge(), { header });
      await refused(await ask(a, { jwt }), "invalid_request");
    }
  });

  test("with alg none, and with a symmetric algorithm", async () => {
    const { a } = await signedInAppA();
    const encode = (it) => Buffer.from(JSON.stringify(it)).toString("base64url");
    const unsigned = async (alg, jwk) => {
      const now = Math.floor(Date.now() / 1000);
      const header = { typ: "vnd.authgear.app2app-request", alg, kid: a.deviceKey.jwk.kid, jwk };
      const payload = { iat: now, exp: now + 60, challenge: await world.challenge(), action: "setup" };
      return `${encode(header)}.${encode(payload)}`;
    };
    await refused(await ask(a, { jwt: `${await unsigned("none", a.deviceKey.jwk)}.` }), "invalid_request");
    // The public key as if it were a shared secret, and a key that the attacker brought along.
    const pem = createPublicKey({ key: a.deviceKey.jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
    const brought = Buffer.from("a shared secret of the attacker's own choice");
    for (const [secret, jwk] of [
      [pem, a.deviceKey.jwk],
      [brought, { kty: "oct", kid: a.deviceKey.jwk.kid, alg: "HS256", k: brought.toString("base64url") }],
    ]) {
      const text = await unsigned("HS256", jwk);
      const jwt = `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
      await refused(await ask(a, { jwt }), "invalid_request");
    }
  });

  test("which was never bound", async () => {
    const agent = new Agent(server.origin);
    const tokens = await signInTo(agent, "app_a", redirectUris.app_a, newPerson(), { way: "signup" });
    const a = new AppA(world, app("app_a"));
    a.tokens = tokens;
    await refused(await ask(a), "invalid_grant", /not allowed in current session/);
    // Nor did the attempt bind it.
    await refused(await ask(a), "invalid_grant", /not allowed in current session/);
  });
});

describe("refused: the challenge", () => {
  test("that was used already", async () => {
    const { a } = await signedInAppA();
    const jwt = await a.deviceKeyJwt();
    assert.ok((await world.token("", await ask(a, { jwt }))).code);
    await refused(await ask(a, { jwt }), "invalid_request", /challenge/);
  });

  test("that was made for something else", async () => {
    const { a } = await signedInAppA();
    for (const purpose of ["biometric_request", "anonymous_request"]) {
      const jwt = signJwt(a.deviceKey, await world.challenge(purpose));
      await refused(await ask(a, { jwt }), "invalid_request", /challenge/);
    }
  });

  test("that nobody made", async () => {
    const { a } = await signedInAppA();
    await refused(await ask(a, { jwt: signJwt(a.deviceKey, "made-up") }), "invalid_request", /challenge/);
  });
});

describe("refused: the JWT", () => {
  test("that is too old, of another type, or garbage", async () => {
    const { a } = await signedInAppA();
    const now = Math.floor(Date.now() / 1000);
    for (const changes of [
      { payload: { iat: now - 3600, exp: now - 3000 } },
      { payload: { exp: undefined } },
      { header: { typ: "vnd.authgear.biometric-request" } },
      { header: { typ: undefined } },
    ]) {
      const jwt = signJwt(a.deviceKey, await world.challenge(), changes);
      await refused(await ask(a, { jwt }), "invalid_request");
    }
    await refused(await ask(a, { jwt: "not.a.jwt" }), "invalid_request");
    const { jwt: _, ...without } = await ask(a);
    await refused(without, "invalid_request");
  });
});

describe("refused: the client", () => {
  test("that does not take part", async () => {
    const { a } = await signedInAppA();
    const fields = { client_id: "app_disabled", redirect_uri: redirectUris.app_disabled };
    await refused(await ask(a, fields), "unauthorized_client", /app2app/);
  });

  test("with a redirect URI that is not registered", async () => {
    const { a } = await signedInAppA();
    for (const redirect_uri of ["https://evil.example.com/", `${redirectUris.app_b}/more`, redirectUris.app_a]) {
      await refused(await ask(a, { redirect_uri }), "invalid_request", /redirect/i);
    }
  });

  test("that vouches without taking part", async () => {
    // The key is not bound, since the client may not bind one.
    const { a } = await signedInAppA("ec", "app_disabled");
    await refused(await ask(a), ["invalid_grant", "unauthorized_client"]);
  });

  test("whose refresh token belongs to somebody else's app, or to nobody", async () => {
    const { a } = await signedInAppA();
    const other = await signedInAppA("ec", "app_b");
    // A key and a token that do not belong together.
    await refused(await ask(a, { refresh_token: other.a.tokens.refresh_token }), "invalid_request", /signature/);
    for (const refresh_token of ["made.up", `${a.tokens.refresh_token}x`]) {
      await refused(await ask(a, { refresh_token }), "invalid_grant");
    }
    const spoiled = `${a.tokens.refresh_token.slice(0, -4)}AAAA`;
    await refused(await ask(a, { refresh_token: spoiled }), "invalid_grant");
  });
});

describe("refused: the code", () => {
  test("is for App B, its redirect URI and its verifier only, and works once", async () => {
    const { a } = await signedInAppA();
    const redeem = async (changes = {}) => {
      const b = new AppB(world, app("app_b"));
      const back = new URL(await a.approve(b.start(linkOfA)));
      return {
        grant_type: "authorization_code",
        client_id: "app_b",
        redirect_uri: redirectUris.app_b,
        code: back.searchParams.get("code"),
        code_verifier: b.turn.verifier,
        ...changes,
      };
    };
    await refused(await redeem({ client_id: "app_a", redirect_uri: redirectUris.app_a }), "invalid_grant");
    await refused(await redeem({ client_id: "app_a" }), "invalid_grant");
    await refused(await redeem({ redirect_uri: "https://evil.example.com/" }), ["invalid_grant", "invalid_request"]);
    await refused(await redeem({ code_verifier: "x".repeat(43) }), "invalid_grant");
    const fields = await redeem();
    assert.ok((await world.token("", fields)).access_token);
    await refused(fields, "invalid_grant");
  });

  test("needs a code challenge", async () => {
    const { a } = await signedInAppA();
    const { code_challenge: _, ...without } = await ask(a);
    await refused(without, "invalid_request");
    await refused(await ask(a, { code_challenge_method: "plain" }), "invalid_request");
  });
});

test("another key cannot take the place of the bound one at a later exchange", async () => {
  const { a, person } = await signedInAppA();
  const bound = a.deviceKey;
  // Signing in once more makes another session with another key; the first keeps its own.
  const later = new AppA(world, app("app_a"));
  await later.signIn(person);
  await refused(await ask(a, { jwt: signJwt(later.deviceKey, await world.challenge()) }), "invalid_request");
  assert.ok((await world.token("", await ask(a, { jwt: signJwt(bound, await world.challenge()) }))).code);
});

describe("x_app2app_insecure_device_key_binding_enabled", () => {
  let lenient, lenientWorld;

  before(async () => {
    lenient = await Server.start({
      change: (config) => {
        const client = config.oauth.clients.find((it) => it.client_id === "app_a");
        client.x_app2app_insecure_device_key_binding_enabled = true;
      },
    });
    lenientWorld = new World(lenient.origin);
  });

  after(() => lenient?.close());

  test("binds the first key that comes, and never another", async () => {
    const agent = new Agent(lenient.origin);
    const a = new AppA(lenientWorld, app("app_a"));
    a.tokens = await signInTo(agent, "app_a", redirectUris.app_a, newPerson(), { way: "signup" });
    const approve = (key) => {
      a.deviceKey = key;
      return a.approve(new AppB(lenientWorld, app("app_b")).start(linkOfA));
    };
    const first = createDeviceKey("rsa");
    assert.ok(await approve(first));
    await assert.rejects(approve(createDeviceKey()), /invalid_request.*signature|cannot be changed/);
    assert.ok(await approve(first));
  });
});
