// What development mode did not send: read from the inbox, as a person would.

import { until } from "./wait.mjs";

/** The newest message to somebody: its text, and what is to be taken from it. */
export async function received(origin, to, { after } = {}) {
  return until(`a message to ${to}`, async () => {
    const list = await text(`${origin}/inbox`);
    const rows = [...list.matchAll(/href="(?:&#x2f;|\/)inbox\?id=(\w+)"(.*?)<\/a>/gs)];
    const row = rows.find(([, , inside]) => inside.includes(`<bdi>${to}</bdi>`));
    if (!row || row[1] === after) return undefined;
    const page = await text(`${origin}/inbox?id=${row[1]}`);
    const first = (pattern) => page.match(pattern)?.[1];
    return {
      id: row[1],
      code: first(/<code>(\w+)<\/code>/),
      link: first(/<ul class="takeaways">.*?<a href="([^"]+)"/s)?.replaceAll("&#x2f;", "/"),
    };
  });
}

async function text(url) {
  return (await fetch(url)).text();
}
