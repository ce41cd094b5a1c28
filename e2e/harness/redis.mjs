// A Redis of one test's own, to be killed and started again under the server's feet.

import { freePort, removeFolder, temporaryFolder } from "./files.mjs";
import { Program } from "./program.mjs";

export class Redis {
  #folder = temporaryFolder();
  #program;

  static async start() {
    const redis = new Redis();
    redis.port = await freePort();
    redis.url = `redis://127.0.0.1:${redis.port}/0`;
    await redis.startAgain();
    return redis;
  }

  /** Starts empty: nothing of it is on disk. */
  async startAgain() {
    this.#program = new Program("redis-server", [
      "--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", this.#folder,
    ]);
    await this.#program.ready("Redis is ready", () => /Ready to accept connections/i.test(this.#program.log));
  }

  async kill() {
    await this.#program.kill();
  }

  async close() {
    if (!this.#program.hasEnded) await this.kill();
    removeFolder(this.#folder);
  }
}
