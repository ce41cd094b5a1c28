// The resolver behind a real nginx: what reaches an application is what we said, and nothing else.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Agent, newPerson } from "../harness/agent.mjs";
import { freePort, removeFolder, temporaryFolder } from "../harness/files.mjs";
import { claims, refresh, signInTo } from "../harness/oauth.mjs";
import { Program } from "../harness/program.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server } from "../harness/server.mjs";

/** The headers of the resolver, as nginx hands them on. */
const names = [
  "session-valid",
  "user-id",
  "user-anonymous",
  "user-verified",
  "user-can-reauthenticate",
  "user-roles",
  "session-amr",
  "session-authenticated-at",
];

const folder = temporaryFolder();
let server, nginx, backend, port;
const person = newPerson();
let browser, tokens;

before(async () => {
  server = await Server.start();
  backend = await startBackend();
  port = await freePort();
  await startNginx();
  browser = new Agent(server.origin);
  tokens = await signInTo(browser, "app_a", redirectUris.app_a, person, {
    way: "signup",
    more: { x_sso_enabled: "true" },
  });
  assert.equal(tokens.status, 200, JSON.stringify(tokens));
});

after(async () => {
  if (nginx && !nginx.hasEnded) await nginx.stop();
  await new Promise((resolve) => (backend ? backend.close(resolve) : resolve()));
  await server?.close();
  removeFolder(folder);
});

/** An application that says which headers it got, with every repetition. */
async function startBackend() {
  const application = createServer((request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(request.rawHeaders));
  });
  await new Promise((resolve) => application.listen(0, "127.0.0.1", resolve));
  return application;
}

async function startNginx() {
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(folder, name));
  const variable = (name) => `$aw_${name.replaceAll("-", "_")}`;
  const upstream = (name) => `$upstream_http_x_authgear_${name.replaceAll("-", "_")}`;
  writeFileSync(join(folder, "nginx.conf"), `
    daemon off;
    worker_processes 1;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    pid ${folder}/nginx.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port};
        location = /_auth {
          internal;
          proxy_pass http://127.0.0.1:${server.port}/_resolver/resolve;
          proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header Host localhost:${server.port};
        }
        location / {
          auth_request /_auth;
          ${names.map((name) => `auth_request_set ${variable(name)} ${upstream(name)};`).join("\n")}
          ${names.map((name) => `proxy_set_header X-Authgear-${name} ${variable(name)};`).join("\n")}
          proxy_pass http://127.0.0.1:${backend.address().port};
        }
      }
    }`);
  nginx = new Program("/usr/sbin/nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")]);
  await nginx.ready("nginx answers", () => fetch(`http://127.0.0.1:${port}/`).then((it) => it.ok, () => false));
}

/** The x-authgear headers that the application gets, spelled either way, in order. */
async function seen(headers) {
  const text = await new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path: "/", headers }, (response) => {
      assert.equal(response.statusCode, 200);
      let body = "";
      response.setEncoding("utf8").on("data", (it) => (body += it)).on("end", () => resolve(body));
    });
    request.on("error", reject).end();
  });
  const raw = JSON.parse(text);
  const pairs = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (/^x[-_]authgear/i.test(raw[i])) pairs.push([raw[i].toLowerCase(), raw[i + 1]]);
  }
  return pairs.sort(([a], [b]) => a.localeCompare(b));
}

function expected() {
  const { sub, auth_time: authTime } = claims(tokens.id_token);
  return [
    ["x-authgear-session-amr", "pwd x_primary_password"],
    ["x-authgear-session-authenticated-at", String(authTime)],
    ["x-authgear-session-valid", "true"],
    ["x-authgear-user-anonymous", "false"],
    ["x-authgear-user-can-reauthenticate", "true"],
    ["x-authgear-user-id", sub],
    ["x-authgear-user-verified", "false"],
  ];
}

test("nobody is signed in: no header at all", async () => {
  assert.deepEqual(await seen({}), []);
});

test("the cookie of a browser", async () => {
  assert.deepEqual(await seen({ cookie: browser.cookieHeader }), expected());
});

test("the bearer token of an app", async () => {
  assert.deepEqual(await seen({ authorization: `Bearer ${tokens.access_token}` }), expected());
  const again = await refresh(server.origin, "app_a", tokens.refresh_token);
  assert.deepEqual(await seen({ authorization: `Bearer ${again.access_token}` }), expected());
});

test("headers that a client makes up never arrive", async () => {
  const made = {
    "X-Authgear-Session-Valid": "true",
    "x-authgear-user-id": ["somebody", "somebody-else"],
    "X-AUTHGEAR-USER-VERIFIED": "true",
    x_authgear_user_id: "underscored",
    "x_authgear-session_valid": "true",
    "X-Authgear-User-Roles": ["admin", "owner"],
    "X-Authgear-Session-Amr": "mfa",
  };
  assert.deepEqual(await seen(made), []);
  assert.deepEqual(await seen({ ...made, cookie: browser.cookieHeader }), expected());
  assert.deepEqual(
    await seen({ ...made, authorization: `Bearer ${tokens.access_token}` }),
    expected(),
  );
});

test("a made-up token or cookie is nobody", async () => {
  assert.deepEqual(await seen({ authorization: "Bearer made-up" }), []);
  assert.deepEqual(await seen({ authorization: "Basic bWFkZTp1cA==" }), []);
});

test("the answer is 200 without a body, whoever asks", async () => {
  for (const headers of [
    {},
    { cookie: browser.cookieHeader },
    { cookie: "session=made-up.session" },
    { authorization: "Bearer made-up" },
    { "x-authgear-session-valid": "true" },
  ]) {
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(`${server.origin}/_resolver/resolve`, { method, headers });
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), "");
    }
  }
});

test("a dead cookie is told apart from none", async () => {
  assert.ok(browser.cookies.has("session"), [...browser.cookies.keys()].join());
  const answer = await fetch(`${server.origin}/_resolver/resolve`, { headers: { cookie: "session=made-up.session" } });
  assert.equal(answer.headers.get("x-authgear-session-valid"), "false");
  assert.equal(answer.headers.get("x-authgear-user-id"), null);
});
