// A web application with one person's session, for libraries that are middleware of a server.

import { createServer } from "node:http";

/**
 * Serves `handlers` by path: `(request, response, next)`, with `request.query` and
 * `request.session` as frameworks provide them. One session, because one person comes.
 */
export async function startApplication(handlers) {
  const session = {};
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://application");
    request.query = Object.fromEntries(url.searchParams);
    request.originalUrl = request.url;
    request.session = session;
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    response.json = (body) => answer(200, body);
    const handler = handlers[url.pathname];
    if (!handler) return answer(404, {});
    handler(request, response, (error) => {
      answer(error ? 500 : 404, { error: error && `${error.name}: ${error.message}` });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    session,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
