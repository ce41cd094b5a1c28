// A webhook on loopback, as `docs/how-to/write-a-hook.md` says that one is written.

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

/** What the project of `server` signs its hooks with. */
export function webhookKey(server) {
  const secrets = readFileSync(join(server.project, "authgear.secrets.yaml"), "utf8");
  const [, webhook] = secrets.split(/key: "?webhook"?/);
  const [, key] = /\bk: "?([\w-]+)/.exec(webhook);
  return Buffer.from(key, "base64url");
}

export class Webhook {
  /** What came with a right signature, oldest first. */
  heard = [];
  /** How many came without one. */
  forged = 0;
  /** What is answered: a status, and JSON. */
  answer = () => ({ status: 200, body: {} });

  static async start() {
    const webhook = new Webhook();
    webhook.server = createServer((request, response) => webhook.#take(request, response));
    await new Promise((resolve) => webhook.server.listen(0, "127.0.0.1", resolve));
    webhook.url = `http://127.0.0.1:${webhook.server.address().port}/hook`;
    return webhook;
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const expected = createHmac("sha256", this.key).update(body).digest();
    const presented = Buffer.from(request.headers["x-authgear-body-signature"] ?? "", "hex");
    if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) {
      this.forged += 1;
      response.writeHead(401).end();
      return;
    }
    const event = JSON.parse(body);
    this.heard.push(event);
    const { status, body: answer } = this.answer(event);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
