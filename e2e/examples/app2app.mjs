// App2App, played from both sides against a started server: a person who is signed in to App A
// signs in to App B without typing anything.
//
//   node e2e/examples/app2app.mjs http://localhost:3000 --email you@example.com --password …
//
// The project needs the two clients of docs/app2app.md in its authgear.yaml (app_a and app_b, both
// with x_app2app_enabled) and app2app_enabled in its authgear.features.yaml. For the project that
// a first start makes, that is in data/project/.
//
// The account is made when there is none yet. Needs Node 20 and nothing else. On a phone the
// SDKs do all of this; the messages are the same.

import { createHash, createSign, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const SCOPE = "openid offline_access https://authgear.com/scopes/full-access";
const GRANT_APP2APP = "urn:authgear:params:oauth:grant-type:app2app-request";

/** The app that is signed in, and vouches for its person. */
export class AppA {
  constructor(world, { clientId, redirectUri, keyType = "ec" }) {
    Object.assign(this, { world, clientId, redirectUri });
    // On a phone: in the Secure Enclave or the key store. A fresh one for each sign-in.
    this.deviceKey = createDeviceKey(keyType);
  }

  /** Signs in as always, and binds the device key while exchanging the code. */
  async signIn(person) {
    const { verifier, challenge } = pkce();
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      scope: SCOPE,
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    const code = await authenticate(this.world, `/oauth2/authorize?${query}`, person);
    this.tokens = await this.world.token("App A exchanges the code and binds its device key", {
      grant_type: "authorization_code",
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      code,
      code_verifier: verifier,
      x_app2app_device_key_jwt: await this.deviceKeyJwt(),
    });
  }

  /** Proof that this device still has the key: a fresh challenge, signed. */
  async deviceKeyJwt() {
    return signJwt(this.deviceKey, await this.world.challenge());
  }

  /**
   * What the universal link of App A does: `link` is what App B opened. Returns the link that
   * opens App B again.
   */
  async approve(link) {
    const asked = new URL(link).searchParams;
    const { code } = await this.world.token("App A asks for a code for App B", {
      grant_type: GRANT_APP2APP,
      client_id: asked.get("client_id"),
      redirect_uri: asked.get("redirect_uri"),
      code_challenge: asked.get("code_challenge"),
      code_challenge_method: "S256",
      refresh_token: this.tokens.refresh_token,
      jwt: await this.deviceKeyJwt(),
    });
    const back = new URL(asked.get("redirect_uri"));
    back.searchParams.set("code", code);
    if (asked.has("state")) back.searchParams.set("state", asked.get("state"));
    return back.href;
  }
}

/** The app that nobody is signed in to yet. */
export class AppB {
  constructor(world, { clientId, redirectUri }) {
    Object.assign(this, { world, clientId, redirectUri });
  }

  /** The link that opens App A. `authorizationEndpoint` is a universal link of App A. */
  start(authorizationEndpoint) {
    this.turn = { ...pkce(), state: randomBytes(16).toString("base64url") };
    const link = new URL(authorizationEndpoint);
    link.search = new URLSearchParams({
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      code_challenge_method: "S256",
      code_challenge: this.turn.challenge,
      state: this.turn.state,
    });
    return link.href;
  }

  /** What the universal link of App B does when App A opens it. */
  async finish(link) {
    const answer = new URL(link).searchParams;
    if (answer.get("state") !== this.turn.state) throw new Error("this is not an answer to us");
    this.tokens = await this.world.token("App B exchanges the code with its own verifier", {
      grant_type: "authorization_code",
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      code: answer.get("code"),
      code_verifier: this.turn.verifier,
    });
    return this.world.userinfo(this.tokens.access_token);
  }
}

/** The server, as the apps see it. `say` is told what goes over the wire. */
export class World {
  constructor(origin, say = () => {}) {
    this.origin = origin.replace(/\/+$/, "");
    this.say = say;
  }

  /** A challenge to be signed: works once, for five minutes. */
  async challenge(purpose = "app2app_request") {
    const { result } = await this.#json("POST /oauth2/challenge", "/oauth2/challenge", { purpose });
    return result.token;
  }

  async token(what, fields) {
    const response = await fetch(`${this.origin}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams(fields),
    });
    const body = await response.json();
    this.say(`${what}\n  POST /oauth2/token → ${response.status}`, fields, body);
    if (!response.ok) throw new Refusal(response.status, body);
    return body;
  }

  async userinfo(accessToken) {
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${this.origin}/oauth2/userinfo`, { headers });
    const body = await response.json();
    this.say(`GET /oauth2/userinfo → ${response.status}`, {}, body);
    if (!response.ok) throw new Refusal(response.status, body);
    return body;
  }

  async #json(what, path, document) {
    const response = await fetch(this.origin + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(document),
    });
    const body = await response.json();
    this.say(`${what} → ${response.status}`, document, body);
    if (!response.ok) throw new Refusal(response.status, body);
    return body;
  }
}

/** What the server answered instead of tokens. */
export class Refusal extends Error {
  constructor(status, body) {
    super(`${status} ${JSON.stringify(body)}`);
    Object.assign(this, { status, error: body.error, description: body.error_description });
  }
}

// ---- keys

/** P-256 as on iOS, or RSA as on Android. */
export function createDeviceKey(type = "ec") {
  const pair = type === "ec"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const alg = type === "ec" ? "ES256" : "RS256";
  const jwk = { kid: randomUUID(), alg, ...pair.publicKey.export({ format: "jwk" }) };
  return { alg, jwk, privateKey: pair.privateKey };
}

/** A JWT with the public key in its header. `changes` is for those who want to be refused. */
export function signJwt(key, challenge, changes = {}) {
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: "vnd.authgear.app2app-request", alg: key.alg, kid: key.jwk.kid, jwk: key.jwk, ...changes.header };
  const payload = { iat: now, exp: now + 60, challenge, action: "setup", ...changes.payload };
  const text = [header, payload].map((it) => Buffer.from(JSON.stringify(it)).toString("base64url")).join(".");
  const signature = createSign("SHA256").update(text).sign({ key: key.privateKey, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

// ---- the person: what happens in a browser otherwise, through the authentication flow API

async function authenticate(world, path, { email, password }) {
  const cookies = new Map();
  const visit = async (address, options = {}) => {
    const url = new URL(address, world.origin);
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const headers = { ...options.headers, ...(cookie ? { cookie } : {}) };
    const response = await fetch(url, { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    return { url, response, next: location && new URL(location, url) };
  };
  const follow = async (address) => {
    let page = await visit(address);
    while (page.next && page.next.origin === world.origin) page = await visit(page.next);
    return page;
  };
  const api = async (endpoint, document) => {
    const headers = { "content-type": "application/json" };
    const { response } = await visit(`/api/v1/authentication_flows${endpoint}`, {
      method: "POST", headers, body: JSON.stringify(document),
    });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(error.message), { reason: error.reason });
    return result;
  };
  const flow = async (type, inputs, url_query) => {
    let state = await api("", { type, name: "default", url_query });
    for (const input of inputs) {
      state = await api("/states/input", { state_token: state.state_token, input });
    }
    return state.action.data.finish_redirect_uri;
  };

  const { url } = await follow(path);
  const identify = { identification: "email", login_id: email };
  const login = [identify, { authentication: "primary_password", password }];
  const signup = [identify, { authentication: "primary_password", new_password: password }];
  const finish = await flow("login", login, url.search).catch((error) => {
    if (error.reason !== "UserNotFound") throw error;
    return flow("signup", signup, url.search);
  });
  const end = await follow(finish);
  const code = end.next?.searchParams.get("code");
  if (!code) throw new Error(`no code: ended at ${end.next ?? end.url}`);
  world.say(`The person signs in to App A\n  … → ${end.next.href}`, {}, {});
  return code;
}

// ---- the command

function tell(what, request, answer) {
  const short = (value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > 72 ? `${text.slice(0, 69)}…` : text;
  };
  const lines = (object, mark) => Object.entries(object).map(([name, value]) => `    ${mark} ${name} = ${short(value)}`);
  console.log([what, ...lines(request, "›"), ...lines(answer, "‹"), ""].join("\n"));
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      email: { type: "string" },
      password: { type: "string" },
      "client-a": { type: "string", default: "app_a" },
      "redirect-a": { type: "string", default: "https://a.example.com/callback" },
      "client-b": { type: "string", default: "app_b" },
      "redirect-b": { type: "string", default: "https://b.example.com/callback" },
      key: { type: "string", default: "ec" },
    },
  });
  if (!positionals[0] || !values.email || !values.password) {
    console.error("usage: node app2app.mjs ORIGIN --email EMAIL --password PASSWORD [--key ec|rsa]");
    console.error("       [--client-a ID] [--redirect-a URI] [--client-b ID] [--redirect-b URI]");
    process.exit(2);
  }
  const world = new World(positionals[0], tell);
  const a = new AppA(world, { clientId: values["client-a"], redirectUri: values["redirect-a"], keyType: values.key });
  const b = new AppB(world, { clientId: values["client-b"], redirectUri: values["redirect-b"] });

  await a.signIn({ email: values.email, password: values.password });
  const link = b.start("https://a.example.com/authorize");
  console.log(`App B opens App A\n  ${link}\n`);
  const back = await a.approve(link);
  console.log(`App A opens App B\n  ${back}\n`);
  const userinfo = await b.finish(back);
  console.log(`App B knows who it is: ${userinfo.email ?? userinfo.sub}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main().catch((error) => {
    console.error(`app2app: ${error.message}`);
    process.exit(1);
  });
}
