// Signing in by a directory: Debian's slapd, and what people type that looks like a filter.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Agent } from "../harness/agent.mjs";
import { Server } from "../harness/server.mjs";
import { Directory, base, missing, searcher } from "../harness/slapd.mjs";

const mei = { uid: "mei", mail: "mei@example.com", password: "pass word of Mei" };
// A name that has a meaning in filters, and one that hers is a part of.
const odd = { uid: "a*b(c)\\d", mail: "odd@example.com", password: "pass word of Odd" };
const meimei = { uid: "meimei", mail: "meimei@example.com", password: "pass word of Meimei" };

describe("a directory", { skip: missing }, () => {
  let directory, server;

  before(async () => {
    directory = await Directory.start([mei, odd, meimei]);
    const change = (config) => {
      config.authentication.identities = ["ldap"];
      config.authentication.primary_authenticators = [];
      config.identity.ldap = {
        servers: [{
          name: "office",
          url: directory.url,
          base_dn: base,
          search_filter_template: "(&(objectClass=inetOrgPerson)(uid={{ .Username }}))",
          user_id_attribute_name: "uid",
        }],
      };
    };
    const secrets = { ldap: { items: [{ name: "office", ...searcher }] } };
    server = await Server.start({ change, secrets });
  });

  after(async () => {
    await server?.close();
    await directory?.close();
  });

  const walk = (type, username, password) =>
    new Agent(server.origin).flow(type, [{ identification: "ldap", server_name: "office", username, password }]);

  const refused = (promise) => assert.rejects(promise, { reason: "InvalidCredentials" });

  test("signs somebody up, and in again", async () => {
    await assert.rejects(walk("login", mei.uid, mei.password), { reason: "UserNotFound" });
    await walk("signup", mei.uid, mei.password);
    await walk("login", mei.uid, mei.password);
  });

  test("refuses what is not the password, and no password at all", async () => {
    await refused(walk("login", mei.uid, "a guess"));
    await refused(walk("login", "nobody", mei.password));
    // To a directory an empty password is a bind without a name, which succeeds.
    await assert.rejects(walk("login", mei.uid, ""));
  });

  test("is asked for nobody but whose name was typed", async () => {
    const injections = [
      "*",
      "me*",
      "mei*",
      "mei)(uid=*",
      "*)(uid=*",
      "mei)(|(uid=*",
      "*))(|(uid=*",
      "mei)(objectClass=*))(&(uid=mei",
      "nobody)(|(uid=mei)",
      "mei\u0000",
      "\\2a",
      "mei\\29\\28uid=\\2a",
    ];
    for (const typed of injections) {
      await refused(walk("login", typed, mei.password));
    }
    const searches = directory.program.log.match(/filter="[^"]*"/g) ?? [];
    assert.ok(searches.length >= injections.length, directory.program.log);
    const shape = /^filter="\(&\(objectClass=inetOrgPerson\)\(uid=(\\[0-9a-fA-F]{2}|[^()*\\])*\)\)"$/;
    for (const search of searches) assert.match(search, shape);
  });

  test("knows a name that looks like a filter", async () => {
    await walk("signup", odd.uid, odd.password);
    await walk("login", odd.uid, odd.password);
  });
});
