// The binary under test with a project of its own, started for one test file.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { binary, freePort, removeFolder, temporaryFolder } from "./files.mjs";
import { Program } from "./program.mjs";
import { writeProject } from "./project.mjs";

/** Hashing as cheap as the parameters allow: what is tested here is not how slow it is. */
const cheapHashing = { AUTHWARDEN_HASH_MEMORY_KIB: "1024", AUTHWARDEN_HASH_ITERATIONS: "1" };

/** Our environment without what would configure the server behind the test's back. */
function environment(more) {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  const mine = Object.entries({ PATH, HOME, TMPDIR, LANG }).filter(([, value]) => value);
  return { ...Object.fromEntries(mine), ...cheapHashing, ...more };
}

/** Starts the binary with these arguments and waits for nothing. */
export function startProgram(args, env = {}, options = {}) {
  return new Program(binary, args, { env: environment(env), ...options });
}

export class Server {
  program;
  folder = temporaryFolder();

  /** Starts with a fresh project, and waits until it answers: on `port`, or any. See `writeProject` for the rest. */
  static async start({ change, secrets, files, port, spaOrigin = "http://localhost:1", env = {} } = {}) {
    const server = new Server();
    try {
      await server.#make({ change, secrets, files, port, spaOrigin, env });
      return server;
    } catch (error) {
      if (server.program && !server.program.hasEnded) await server.program.kill();
      removeFolder(server.folder);
      throw error;
    }
  }

  async #make({ change, secrets, files, port, spaOrigin, env }) {
    this.port = port ?? (await freePort());
    this.origin = `http://localhost:${this.port}`;
    this.project = join(this.folder, "project");
    mkdirSync(this.project);
    writeProject(this.project, { origin: this.origin, spaOrigin, change, secrets, files });
    this.env = {
      CONFIG_SOURCE_TYPE: "local_fs",
      CONFIG_SOURCE_DIRECTORY: this.project,
      MAIN_LISTEN_ADDR: `127.0.0.1:${this.port}`,
      AUTHWARDEN_DATA_DIR: join(this.folder, "data"),
      ...env,
    };
    await this.startAgain();
  }

  /** Starts what ended, on the same port with the same data. */
  async startAgain() {
    this.program = startProgram(["serve"], this.env);
    await this.program.ready(`${this.origin}/healthz answers`, () => answers(this.origin));
  }

  /** SIGTERM, and a clean end within ten seconds. */
  async stop() {
    const { code, signal } = await this.program.stop();
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, this.program.log);
  }

  /** Ends the server at the end of a test and removes its data. */
  async close() {
    try {
      if (!this.program.hasEnded) await this.stop();
      assert.doesNotMatch(this.program.log, /panicked/, "the server panicked");
    } finally {
      if (!this.program.hasEnded) await this.program.kill();
      removeFolder(this.folder);
    }
  }
}

/** Whether a server answers at `origin`. */
export async function answers(origin, path = "/healthz") {
  try {
    return (await fetch(`${origin}${path}`)).ok;
  } catch {
    return false;
  }
}
