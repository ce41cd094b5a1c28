// The demo app: an OAuth 2.0 client for the browser, with nothing but the platform.
//
// Signs in with the authorization code flow and PKCE (RFC 7636), checks `state`, `iss`
// and `nonce`, shows userinfo and the claims of the tokens, refreshes, and signs out
// (OpenID Connect RP-Initiated Logout). It is meant to be read. What it leaves out: a
// real client verifies the ID token's signature when it did not come straight from the
// token endpoint over TLS, as it does here.

const config = JSON.parse(document.getElementById("demo-config").textContent);
const { texts } = config;
const store = sessionStorage;

// ---- small helpers

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const show = (name) => document.querySelector(`[data-show="${name}"]`);

/** The claims of a JWT, or null when the token is opaque. */
function claims(token) {
  const parts = token?.split(".") ?? [];
  if (parts.length !== 3) return null;
  try {
    const text = atob(parts[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (it) => it.charCodeAt(0))));
  } catch {
    return null;
  }
}

class Refused extends Error {}

// ---- what went over the wire, kept across the redirect

function record(entry) {
  const wire = JSON.parse(store.getItem("demo.wire") ?? "[]");
  wire.push({ ...entry, at: Date.now() });
  store.setItem("demo.wire", JSON.stringify(wire.slice(-12)));
}

async function request(what, url, options = {}) {
  const began = performance.now();
  let response;
  try {
    response = await fetch(url, { ...options, credentials: "omit" });
  } catch {
    throw new Refused(texts.network);
  }
  const took = Math.round(performance.now() - began);
  const method = options.method ?? "GET";
  record({ what, line: `${method} ${new URL(url).pathname}`, status: response.status, took });
  const text = await response.text();
  let body = null;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    // Not JSON: the status below says enough.
  }
  if (!response.ok) {
    const reason = [body?.error, body?.error_description].filter(Boolean).join(": ");
    throw new Refused(reason || `HTTP ${response.status}`);
  }
  return body;
}

const form = (fields) => ({ method: "POST", body: new URLSearchParams(fields) });

let discovered;

async function discovery() {
  discovered ??= await request(
    "discovery",
    `${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
  );
  return discovered;
}

// ---- signing in

async function authorize(page) {
  if (!crypto.subtle) throw new Refused(texts.insecure);
  const provider = await discovery();
  const turn = { state: random(), nonce: random(), verifier: random() };
  store.setItem("demo.turn", JSON.stringify(turn));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(turn.verifier));
  const url = new URL(provider.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: config.redirect_uri,
    scope: config.scopes.join(" "),
    state: turn.state,
    nonce: turn.nonce,
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
    ui_locales: config.ui_locales,
    ...(page ? { x_page: page } : {}),
  });
  record({ what: "authorize", line: `GET ${url.pathname}` });
  location.assign(url);
}

/** Takes the answer out of the address, so that reloading does not present the code twice. */
function takeAnswer() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("code") && !answer.has("error")) return null;
  history.replaceState(null, "", location.pathname);
  return answer;
}

async function finish(answer) {
  const turn = JSON.parse(store.getItem("demo.turn") ?? "null");
  store.removeItem("demo.turn");
  record({ what: "callback", line: `GET ${location.pathname}` });
  if (!turn || answer.get("state") !== turn.state) throw new Refused(texts.state_mismatch);
  if (answer.has("error")) {
    throw new Refused([answer.get("error"), answer.get("error_description")].filter(Boolean).join(": "));
  }
  const provider = await discovery();
  // RFC 9207 §2.4.
  if (answer.has("iss") && answer.get("iss") !== provider.issuer) {
    throw new Refused(texts.state_mismatch);
  }
  const tokens = await request(
    "token",
    provider.token_endpoint,
    form({
      grant_type: "authorization_code",
      client_id: config.client_id,
      redirect_uri: config.redirect_uri,
      code: answer.get("code"),
      code_verifier: turn.verifier,
    }),
  );
  // OpenID Connect Core §3.1.3.7.
  if (claims(tokens.id_token)?.nonce !== turn.nonce) throw new Refused(texts.nonce_mismatch);
  keep(tokens);
  await fetchUserinfo();
}

// ---- being signed in

const tokens = () => JSON.parse(store.getItem("demo.tokens") ?? "null");

function keep(fresh) {
  const expires_at = Date.now() + (fresh.expires_in ?? 0) * 1000;
  store.setItem("demo.tokens", JSON.stringify({ ...tokens(), ...fresh, expires_at }));
}

async function fetchUserinfo() {
  const provider = await discovery();
  const userinfo = await request("userinfo", provider.userinfo_endpoint, {
    headers: { authorization: `Bearer ${tokens().access_token}` },
  });
  store.setItem("demo.userinfo", JSON.stringify(userinfo));
}

async function refresh() {
  const provider = await discovery();
  keep(
    await request(
      "refresh",
      provider.token_endpoint,
      form({
        grant_type: "refresh_token",
        client_id: config.client_id,
        refresh_token: tokens().refresh_token,
      }),
    ),
  );
}

async function logout() {
  const provider = await discovery();
  const { refresh_token, id_token } = tokens();
  if (refresh_token && provider.revocation_endpoint) {
    await request(
      "revoke",
      provider.revocation_endpoint,
      form({ token: refresh_token, client_id: config.client_id }),
    );
  }
  for (const name of ["demo.tokens", "demo.userinfo", "demo.wire"]) store.removeItem(name);
  const url = new URL(provider.end_session_endpoint);
  url.search = new URLSearchParams({
    id_token_hint: id_token,
    post_logout_redirect_uri: config.post_logout_redirect_uri,
  });
  location.assign(url);
}

// ---- drawing

const instants = new Set(["exp", "iat", "nbf", "auth_time", "updated_at"]);

function drawClaims(list, values) {
  list.replaceChildren();
  for (const [name, value] of Object.entries(values ?? {})) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = name;
    const short = typeof value === "object" ? JSON.stringify(value) : String(value);
    detail.textContent = short.length > 60 && value !== short ? JSON.stringify(value, null, 2) : short;
    if (instants.has(name) && typeof value === "number") {
      const when = document.createElement("span");
      when.textContent = new Date(value * 1000).toLocaleString(document.documentElement.lang);
      detail.append(" ", when);
    }
    row.append(term, detail);
    list.append(row);
  }
}

function drawWire() {
  const wire = JSON.parse(store.getItem("demo.wire") ?? "[]");
  const list = show("wire");
  list.replaceChildren();
  for (const it of wire) {
    const item = document.createElement("li");
    const line = document.createElement("code");
    const what = document.createElement("span");
    line.textContent = it.line;
    what.textContent = texts[it.what] ?? "";
    item.append(line);
    if (it.status) {
      const status = document.createElement("span");
      status.className = it.status < 400 ? "badge ok" : "badge danger";
      status.textContent = `${it.status} · ${it.took} ms`;
      item.append(status);
    }
    item.append(what);
    list.append(item);
  }
  document.getElementById("wire").hidden = wire.length === 0;
}

function draw() {
  const held = tokens();
  document.getElementById("signed-out").hidden = held !== null;
  document.getElementById("signed-in").hidden = held === null;
  drawWire();
  if (!held) return;
  const userinfo = JSON.parse(store.getItem("demo.userinfo") ?? "null");
  const name =
    userinfo?.name ?? userinfo?.email ?? userinfo?.phone_number ?? userinfo?.preferred_username ??
    claims(held.id_token)?.sub ?? "";
  show("name").textContent = name;
  show("initial").textContent = [...name][0]?.toUpperCase() ?? "";
  drawClaims(show("userinfo"), userinfo);
  drawClaims(show("id_token"), claims(held.id_token));
  drawClaims(show("access_token"), claims(held.access_token));
  show("id_token_raw").textContent = held.id_token ?? "";
  show("access_token_raw").textContent = held.access_token ?? "";
  const notes = [];
  if (!claims(held.access_token)) notes.push(texts.opaque);
  if (held.expires_at < Date.now()) notes.push(texts.expired);
  show("expiry").textContent = notes.join(" ");
  document.querySelector("[data-do=refresh]").hidden = !held.refresh_token;
}

// ---- the page

const actions = {
  login: () => authorize("login"),
  signup: () => authorize("signup"),
  refresh,
  userinfo: fetchUserinfo,
  logout,
};

async function run(work, button) {
  const box = document.getElementById("demo-error");
  box.hidden = true;
  button?.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) console.error(error);
    box.querySelector("p").textContent = error.message;
    box.hidden = false;
  }
  button?.removeAttribute("aria-disabled");
  draw();
}

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") run(actions[button.dataset.do], button);
  });
}

draw();
const answer = takeAnswer();
if (answer) run(() => finish(answer));
