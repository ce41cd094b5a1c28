// What happens when things go wrong: power cuts, racing clients, stops, starts that cannot be.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";

import { Agent, ApiRefusal, newPerson } from "../harness/agent.mjs";
import { freePort, removeFolder, temporaryFolder } from "../harness/files.mjs";
import { claims, refresh, signInTo, userinfo } from "../harness/oauth.mjs";
import { redirectUris } from "../harness/project.mjs";
import { Server, startProgram } from "../harness/server.mjs";
import { until, within } from "../harness/wait.mjs";

/** Runs `work` with a server of its own. */
async function withServer(options, work) {
  const server = await Server.start(options);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const resolved = async (server, cookie) => {
  const answer = await fetch(`${server.origin}/_resolver/resolve`, { headers: { cookie } });
  return answer.headers.get("x-authgear-session-valid");
};

test("a power cut during sign-ups leaves whole accounts or none, and every session", async () => {
  await withServer({}, async (server) => {
    const browser = new Agent(server.origin);
    const tokens = await signInTo(browser, "app_a", redirectUris.app_a, newPerson(), {
      way: "signup",
      more: { x_sso_enabled: "true" },
    });
    const alone = await signInTo(new Agent(server.origin), "app_b", redirectUris.app_b, newPerson(), { way: "signup" });

    const attempted = [];
    const acknowledged = new Set();
    const worker = async () => {
      for (;;) {
        const person = newPerson();
        attempted.push(person);
        try {
          await new Agent(server.origin).signUp(person);
          acknowledged.add(person);
        } catch (error) {
          // A refusal would be a fault of the server's; a broken connection is the power cut.
          if (error instanceof ApiRefusal) throw error;
          return;
        }
      }
    };
    const workers = Promise.all(Array.from({ length: 8 }, worker));
    await Promise.race([
      workers,
      until("some people have signed up", () => acknowledged.size >= 25),
    ]);
    await server.program.kill();
    await workers;
    assert.ok(attempted.length > acknowledged.size, "nobody was cut off");
    await server.startAgain();

    for (const person of attempted) {
      const signsIn = () => new Agent(server.origin).signIn(person);
      if (acknowledged.has(person)) {
        await signsIn();
        continue;
      }
      await signsIn().catch(async (error) => {
        assert.ok(error instanceof ApiRefusal, String(error));
        await new Agent(server.origin).signUp(person);
        await signsIn();
      });
    }

    assert.equal(await resolved(server, browser.cookieHeader), "true", "the cookie lives on");
    for (const [client, held] of [["app_a", tokens], ["app_b", alone]]) {
      assert.equal((await userinfo(server.origin, held.access_token)).status, 200, "the access token lives on");
      const again = await refresh(server.origin, client, held.refresh_token);
      assert.equal(again.status, 200, `the refresh token lives on: ${JSON.stringify(again)}`);
    }
  });
});

test("a refresh token presented twenty times at once keeps its owner signed in, once", async () => {
  const change = (config) => {
    for (const client of config.oauth.clients) {
      if (client.client_id === "app_a") client.refresh_token_rotation_enabled = true;
    }
  };
  await withServer({ change }, async (server) => {
    const first = await signInTo(new Agent(server.origin), "app_a", redirectUris.app_a, newPerson(), { way: "signup" });
    let held = first.refresh_token;
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(server.origin, "app_a", held)));
      for (const answer of answers) assert.equal(answer.status, 200, JSON.stringify(answer));
      const successors = new Set(answers.map((it) => it.refresh_token ?? held));
      assert.equal(successors.size, 1, "one family has one successor");
      assert.deepEqual(
        new Set(answers.map((it) => claims(it.id_token).sid)),
        new Set([claims(first.id_token).sid]),
        "all of one grant",
      );
      for (const { access_token: token } of answers) {
        assert.equal((await userinfo(server.origin, token)).status, 200);
      }
      const [next] = successors;
      assert.notEqual(next, held);
      held = next;
    }
    // Two rotations ago is no race any more: two parties hold it, and both must sign in again.
    const replayed = await refresh(server.origin, "app_a", first.refresh_token);
    assert.equal(replayed.error, "invalid_grant");
    assert.equal((await refresh(server.origin, "app_a", held)).error, "invalid_grant");
  });
});

test("of ten sign-ups with one login id at once, one makes the account", async () => {
  await withServer({}, async (server) => {
    const person = newPerson();
    const signUp = () => new Agent(server.origin).signUp(person);
    const race = await Promise.allSettled(Array.from({ length: 10 }, signUp));
    assert.equal(race.filter((it) => it.status === "fulfilled").length, 1);
    for (const { reason } of race.filter((it) => it.status === "rejected")) {
      assert.ok(reason instanceof ApiRefusal, String(reason));
      assert.ok(reason.code < 500, reason.message);
    }
    await new Agent(server.origin).signIn(person);
  });
});

test("a stop lets what is under way finish, and takes nothing new", async () => {
  const server = await Server.start();
  try {
    const body = JSON.stringify({ type: "login", name: "default" });
    let request;
    const answer = new Promise((resolve, reject) => {
      request = httpRequest(`${server.origin}/api/v1/authentication_flows`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          expect: "100-continue",
        },
      }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      });
      request.once("error", reject);
    });
    // The server asks for the body: it has the request in hand.
    const asked = new Promise((resolve) => request.once("continue", resolve));
    request.flushHeaders();
    await within(10, "the server's wish for the body", asked);
    request.write(body.slice(0, 10));
    server.program.signal("SIGTERM");
    await until("nothing new is taken", () => new Promise((resolve) => {
      const socket = connect(server.port, "127.0.0.1");
      socket.once("connect", () => resolve(socket.destroy() && false)).once("error", () => resolve(true));
    }));
    assert.ok(!server.program.hasEnded, "it waits for us");
    request.end(body.slice(10));
    assert.equal(await within(10, "the answer", answer), 200);
    const { code } = await server.program.ended();
    assert.equal(code, 0, server.program.log);
  } finally {
    await server.close();
  }
});

test("a stop does not wait for idle connections or for ever", async () => {
  const server = await Server.start();
  const idle = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => idle.once("connect", resolve));
  const slow = connect(server.port, "127.0.0.1");
  slow.on("error", () => {});
  idle.on("error", () => {});
  await new Promise((resolve) => slow.once("connect", resolve));
  slow.write("POST /oauth2/token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nx");
  try {
    await server.stop();
  } finally {
    idle.destroy();
    slow.destroy();
    await server.close();
  }
});

test("Ctrl-C stops as SIGTERM does", async () => {
  const server = await Server.start();
  try {
    server.program.signal("SIGINT");
    const { code, signal } = await server.program.ended();
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  } finally {
    await server.close();
  }
});

describe("a start that cannot be ends with one sentence", () => {
  const folder = temporaryFolder();
  after(() => removeFolder(folder));

  /** Starts with these arguments; the failure, which must be one sentence. */
  async function fails(args, env = {}) {
    const program = startProgram(args, env);
    const { code } = await program.ended(30);
    assert.ok(code !== null && code !== 0, `exit code ${code}:\n${program.log}`);
    // Progress before it, and a list of what is wrong after it, are indented.
    const sentences = program.errors.split("\n").filter((line) => line && !line.startsWith("  "));
    assert.equal(sentences.length, 1, program.errors);
    assert.doesNotMatch(program.log, /panicked|backtrace/i);
    return program.errors.slice(program.errors.indexOf(sentences[0]));
  }

  test("when the port is in use", async () => {
    const other = createServer();
    await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${other.address().port}`;
    try {
      const sentence = await fails(["--data-dir", join(folder, "port"), "--main-listen-addr", address]);
      assert.ok(sentence.includes(address), sentence);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  test("when the data directory cannot be written", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const address = `127.0.0.1:${await freePort()}`;
    for (const path of [join(file, "data"), "/proc/authwarden"]) {
      const sentence = await fails(["--data-dir", path, "--main-listen-addr", address]);
      assert.ok(sentence.includes(path), sentence);
    }
  });

  test("when the configuration is not valid", async () => {
    const project = join(folder, "project");
    mkdirSync(project);
    const secrets = join(project, "authgear.secrets.yaml");
    writeFileSync(secrets, "secrets: []\n");
    writeFileSync(join(project, "authgear.yaml"), "id: x\nhttp: { public_origin: 'http://localhost' }\nno_such_key: 1\n");
    const env = {
      CONFIG_SOURCE_TYPE: "local_fs",
      CONFIG_SOURCE_DIRECTORY: project,
      MAIN_LISTEN_ADDR: `127.0.0.1:${await freePort()}`,
      AUTHWARDEN_DATA_DIR: join(folder, "config"),
    };
    assert.match(await fails(["serve"], env), /no_such_key/);
    writeFileSync(join(project, "authgear.yaml"), "id: [x\n");
    await fails(["serve"], env);
    const sentence = await fails(["serve"], { ...env, CONFIG_SOURCE_DIRECTORY: join(folder, "nowhere") });
    assert.ok(sentence.includes("nowhere"), sentence);
  });

  test("when the database cannot be reached", async () => {
    const nobody = await freePort();
    const args = ["--data-dir", join(folder, "database"), "--main-listen-addr", `127.0.0.1:${await freePort()}`];
    const began = Date.now();
    const sentence = await fails(args, { DATABASE_URL: `postgres://nobody:secret@127.0.0.1:${nobody}/nothing` });
    assert.match(sentence, /cannot reach PostgreSQL at DATABASE_URL/);
    assert.match(sentence, /refused/);
    assert.doesNotMatch(sentence, /secret/);
    assert.ok(Date.now() - began < 4000, "it is known at once that nobody is there");
  });
});

test("an invalid change of the configuration is refused, and the old one stays", async () => {
  await withServer({}, async (server) => {
    const path = join(server.project, "authgear.yaml");
    const valid = readFileSync(path, "utf8");
    writeFileSync(path, "id: [");
    await until("the refusal is logged", () => /refused/.test(server.program.log));
    const person = newPerson();
    await new Agent(server.origin).signUp(person);
    const renamed = JSON.parse(valid);
    renamed.oauth.clients.push({
      client_id: "later", name: "later", x_application_type: "spa", redirect_uris: ["https://later.example.com/"],
    });
    writeFileSync(path, JSON.stringify(renamed));
    await until("the valid change is taken", async () => {
      const query = new URLSearchParams({
        client_id: "later", redirect_uri: "https://later.example.com/", response_type: "code", scope: "openid",
        code_challenge: "x".repeat(43), code_challenge_method: "S256",
      });
      const answer = await fetch(`${server.origin}/oauth2/authorize?${query}`, { redirect: "manual" });
      return answer.status >= 300 && answer.status < 400;
    });
    await new Agent(server.origin).signIn(person);
  });
});

const { TEST_POSTGRES, TEST_REDIS } = process.env;

test("on PostgreSQL and Redis people sign up and in, and stay signed in", {
  skip: TEST_POSTGRES && TEST_REDIS ? false : "TEST_POSTGRES and TEST_REDIS are not set",
}, async () => {
  const env = {
    DATABASE_URL: TEST_POSTGRES,
    DATABASE_SCHEMA: `e2e_${process.pid}_${Date.now()}`,
    REDIS_URL: TEST_REDIS,
  };
  await withServer({ env }, async (server) => {
    const person = newPerson();
    const tokens = await signInTo(new Agent(server.origin), "app_a", redirectUris.app_a, person, { way: "signup" });
    assert.equal((await userinfo(server.origin, tokens.access_token)).email, person.email);
    await server.program.kill();
    await server.startAgain();
    assert.equal((await refresh(server.origin, "app_a", tokens.refresh_token)).status, 200);
    await signInTo(new Agent(server.origin), "app_a", redirectUris.app_a, person);
    await assert.rejects(new Agent(server.origin).signUp(person), ApiRefusal);
  });
});
