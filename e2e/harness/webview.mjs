// The browser that an app opens and waits for: real pages, until they lead back to the app.

/**
 * Opens `url` and has `work(page)` play the person; the address, with its query, at which the browser
 * left for `callback`.
 */
export async function throughPages(browser, url, callback, work) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    let left;
    const back = new Promise((resolve) => (left = resolve));
    await context.route((it) => it.href.startsWith(callback), (route) => {
      left(route.request().url());
      return route.fulfill({ status: 200, contentType: "text/plain", body: "back in the app" });
    });
    await page.goto(url);
    await work(page);
    return await back;
  } finally {
    await context.close();
  }
}
