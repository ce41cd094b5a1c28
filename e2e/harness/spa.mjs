// A single page application of the test: one page with the real @authgear/web in it.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { root } from "./files.mjs";

const sdk = readFileSync(join(root, "node_modules/@authgear/web/dist/authgear-web.iife.js"));

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Single page</title><link rel="icon" href="data:,">
<script src="/authgear-web.iife.js"></script></head>
<body><h1>Single page</h1></body>
</html>`;

/** Serves the page at every path; the test's script in the browser does the rest. */
export async function startSpa() {
  const server = createServer((request, response) => {
    if (request.url === "/authgear-web.iife.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(sdk);
    } else {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // Another port of the same host: another origin, but the same site.
    origin: `http://localhost:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
