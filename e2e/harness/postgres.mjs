// A PostgreSQL of one test's own, to be stopped and started again under the server's feet.

import { execFileSync } from "node:child_process";
import { chownSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { freePort, removeFolder, temporaryFolder } from "./files.mjs";
import { Program } from "./program.mjs";

const versions = "/usr/lib/postgresql";

/** The programs of the newest PostgreSQL that Debian has installed. */
function programs() {
  const newest = readdirSync(versions).sort((a, b) => Number(a) - Number(b)).pop();
  return join(versions, newest, "bin");
}

/** PostgreSQL refuses to run as root: then it runs as the user of its package. */
function command(program) {
  const path = join(programs(), program);
  if (process.getuid() !== 0) return [path, []];
  return ["setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", path]];
}

export class Postgres {
  #folder = temporaryFolder();
  #program;

  static async start() {
    const postgres = new Postgres();
    postgres.port = await freePort();
    postgres.url = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`;
    if (process.getuid() === 0) {
      const id = (flag) => Number(execFileSync("id", [flag, "postgres"]));
      chownSync(postgres.#folder, id("-u"), id("-g"));
    }
    const [path, args] = command("initdb");
    const options = ["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--pgdata"];
    execFileSync(path, [...args, ...options, postgres.#data], { cwd: "/", stdio: "ignore" });
    await postgres.startAgain();
    return postgres;
  }

  get #data() {
    return join(this.#folder, "data");
  }

  async startAgain() {
    const [path, args] = command("postgres");
    this.#program = new Program(path, [
      ...args, "-D", this.#data, "-p", String(this.port), "-k", this.#data, "-c", "listen_addresses=127.0.0.1",
    ], { cwd: "/" });
    await this.#program.ready("PostgreSQL is ready", () => /ready to accept connections/.test(this.#program.log));
  }

  /** Ends it without waiting for its clients. */
  async stop() {
    this.#program.signal("SIGINT");
    await this.#program.ended(30);
  }

  async close() {
    if (!this.#program.hasEnded) await this.stop();
    removeFolder(this.#folder);
  }
}
