// Debian's Chromium, driven by Playwright; and what a person does on the hosted pages.

import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

import { chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

const args = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function installed() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`no browser: install one of ${names.join(", ")}`);
  return found;
}

export function launchBrowser() {
  return chromium.launch({ executablePath: installed(), args });
}

/** Collects what a page complains about; `quiet()` asserts that it did not. */
export function listen(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // A page that says 404 or 400 on purpose is reported as a failed resource, too.
    const isPageItself = message.text().startsWith("Failed to load resource") && message.location().url === page.url();
    if (!isPageItself) complaints.push(`${message.text()} (${message.location().url})`);
  });
  return { complaints, quiet: () => assert.deepEqual(complaints, []) };
}

/** Fills in the sign-up from its first page, and leaves when the last form is sent. */
export async function signUp(page, { email, password }) {
  await page.locator("input[name=login_id]").fill(email);
  await page.locator("button[name=action][value=identify]").click();
  await page.locator("input[name=new_password]").fill(password);
  const confirm = page.locator("input[name=confirm_password]");
  if (await confirm.count()) await confirm.fill(password);
  await page.locator("button[name=action][value=create_authenticator]").click();
}

/** The same for a login. */
export async function signIn(page, { email, password }) {
  await page.locator("input[name=login_id]").fill(email);
  await page.locator("button[name=action][value=identify]").click();
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[name=action][value=authenticate]").click();
}
