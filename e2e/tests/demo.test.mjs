// The first start of somebody who has read two lines of the README: no configuration at all.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launchBrowser, listen, signIn, signUp } from "../harness/browser.mjs";
import { freePort, removeFolder, temporaryFolder } from "../harness/files.mjs";
import { answers, startProgram } from "../harness/server.mjs";

const folder = temporaryFolder();
const dataDir = join(folder, "data");
const person = { email: "first@example.com", password: "correct horse battery" };
let browser;
let port;
let program;

before(async () => {
  browser = await launchBrowser();
  port = await freePort();
});

after(async () => {
  await browser?.close();
  if (program && !program.hasEnded) await program.kill();
  removeFolder(folder);
});

async function start() {
  program = startProgram(["--data-dir", dataDir, "--main-listen-addr", `127.0.0.1:${port}`]);
  await program.ready("the server answers", () => answers(`http://localhost:${port}`));
  await program.ready("the addresses are printed", () => /^DEMO_URL=/m.test(program.output));
  const address = (name) => program.output.match(new RegExp(`^${name}=(.*)$`, "m"))[1];
  return { demo: address("DEMO_URL"), login: address("LOGIN_URL"), inbox: address("INBOX_URL") };
}

async function stop() {
  const { code } = await program.stop();
  assert.equal(code, 0, program.log);
}

test("a first start makes a project whose demo signs people up, in, and out", async () => {
  const { demo, inbox } = await start();
  for (const file of ["project/authgear.secrets.yaml"]) {
    assert.equal(statSync(join(dataDir, file)).mode & 0o777, 0o600, file);
  }
  const page = await browser.newPage();
  const console = listen(page);

  await page.goto(demo);
  await page.locator("[data-do=signup]").click();
  await page.waitForURL("**/signup?**");
  await signUp(page, person);
  await page.locator("#signed-in").waitFor();
  assert.equal(await page.locator("[data-show=name]").innerText(), person.email);
  const userinfo = await page.locator("[data-show=userinfo]").innerText();
  assert.match(userinfo, /sub/);
  assert.match(userinfo, /first@example\.com/);
  assert.match(await page.locator("[data-show=access_token]").innerText(), /client_id/);
  const idToken = await page.locator("[data-show=id_token]").innerText();
  assert.match(idToken, /aud\s+demo/);

  const before = await page.locator("[data-show=access_token_raw]").textContent();
  await page.locator("[data-do=refresh]").click();
  await page.locator("[data-show=wire] li", { hasText: "200" }).last().waitFor();
  await page.waitForFunction(
    (old) => document.querySelector("[data-show=access_token_raw]").textContent !== old,
    before,
  );
  await page.locator("[data-do=userinfo]").click();
  assert.ok(await page.locator("#demo-error").isHidden());

  await page.locator("[data-do=logout]").click();
  // With a browser session the provider may ask; without one it goes straight back.
  const confirm = page.locator("button[name=action][value=logout]");
  await confirm.or(page.locator("[data-do=login]")).first().waitFor();
  if (await confirm.isVisible()) await confirm.click();
  await page.locator("[data-do=login]").waitFor();

  assert.ok((await fetch(inbox)).ok, "the inbox is there");
  console.quiet();
  await page.close();
  await stop();
});

test("a second start finds the people of the first", async () => {
  const { demo } = await start();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(demo);
  await page.locator("[data-do=login]").click();
  await page.waitForURL("**/login?**");
  await signIn(page, person);
  await page.locator("#signed-in").waitFor();
  assert.equal(await page.locator("[data-show=name]").innerText(), person.email);
  await context.close();
  await stop();
});

test("/signup alone is enough to get an account and its settings", async () => {
  const { login } = await start();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(login.replace(/login$/, "signup"));
  await signUp(page, { email: "second@example.com", password: "battery horse correct" });
  await page.waitForURL("**/settings**");
  assert.equal(await page.locator("h1 bdi").innerText(), "second@example.com");
  await context.close();
  await stop();
});
