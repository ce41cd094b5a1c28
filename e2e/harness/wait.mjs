// Waiting for conditions. Nothing in these tests sleeps for a fixed time and hopes.

import { setTimeout as pause } from "node:timers/promises";

/** Asks `condition` until it answers with something true, and returns that. */
export async function until(what, condition, { seconds = 30, everyMs = 25 } = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await pause(everyMs);
  }
}

/** `promise`, or an error that says what took too long. */
export async function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
