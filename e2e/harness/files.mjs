// Temporary folders and free ports of one test, and where the binary is.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder `e2e/`. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The program under test: `cargo xtask e2e` says where it was built. */
export const binary = process.env.AUTHWARDEN_BIN ?? join(root, "../target/debug/authwarden");

if (!existsSync(binary)) {
  throw new Error(`${binary} is not there: run \`cargo build -p cli\`, or set AUTHWARDEN_BIN`);
}

export function temporaryFolder() {
  return mkdtempSync(join(tmpdir(), "authwarden-e2e-"));
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A port that nobody uses now. Somebody might a moment later; so far nobody has. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
