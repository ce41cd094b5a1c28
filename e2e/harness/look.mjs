// Looking at a page as it is: a picture, axe-core, its headers, what it wrote to the console.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import axe from "axe-core";

import { listen } from "./browser.mjs";
import { root } from "./files.mjs";

export const modes = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

const tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const pictures = join(root, "screenshots");

/** A page of a fresh browser in one mode, and `look` to be called on what it shows. */
export async function openLooking(browser, mode, more = {}) {
  mkdirSync(pictures, { recursive: true });
  const context = await browser.newContext({ ...modes[mode], reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  const { complaints } = listen(page);
  const documents = new Map();
  page.on("response", (response) => {
    if (response.request().isNavigationRequest()) documents.set(response.url(), response);
  });
  const look = async (name) => {
    await page.waitForLoadState("load");
    await page.screenshot({ path: join(pictures, `${name}-${mode}.png`), fullPage: true });
    await accessible(page);
    await noSidewaysScrolling(page);
    protectedByPolicy(documents.get(page.url().replace(/#.*/, "")));
    assert.deepEqual(complaints.splice(0), [], "the console is quiet");
  };
  return { page, look, close: () => context.close() };
}

async function accessible(page) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (values) => {
    const result = await window.axe.run({ runOnly: { type: "tag", values }, resultTypes: ["violations"] });
    return result.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((it) => it.html).join(" | ")}`);
  }, tags);
  assert.deepEqual(violations, []);
}

async function noSidewaysScrolling(page) {
  const [needs, has] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(needs <= has, `the page is ${needs} px wide on ${has} px`);
}

/** A policy that lets only our own scripts and styles run, and nobody frame us. */
function protectedByPolicy(response) {
  assert.ok(response, "the page came as a document");
  const headers = response.headers();
  const policy = headers["content-security-policy"] ?? "";
  const directives = Object.fromEntries(policy.split(";").map((it) => {
    const [name, ...sources] = it.trim().split(/\s+/);
    return [name, sources];
  }));
  const scripts = directives["script-src"] ?? directives["default-src"] ?? [];
  assert.ok(scripts.some((it) => /^'nonce-[\w+/=-]{16,}'$/.test(it)), policy);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/);
  assert.deepEqual(directives["frame-ancestors"], ["'none'"], policy);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.match(headers["cache-control"] ?? "", /no-store/);
}
