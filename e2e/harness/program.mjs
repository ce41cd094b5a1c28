// A program that a test starts: its output is kept, and it is ended and awaited.

import { spawn } from "node:child_process";

import { until, within } from "./wait.mjs";

/** Programs that must not outlive us, however we end. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(1));

/** Longest time between SIGTERM and the end of a program. */
const STOP_SECONDS = 10;

export class Program {
  #child;
  #ended;
  output = "";
  errors = "";

  constructor(path, args, options = {}) {
    this.#child = spawn(path, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.#child);
    this.#child.stdout.setEncoding("utf8").on("data", (text) => (this.output += text));
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.errors += text));
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        running.delete(this.#child);
        resolve({ code, signal });
      });
      this.#child.once("error", (error) => {
        this.errors += `${error.message}\n`;
        resolve({ code: null, signal: null });
      });
    });
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined;
  }

  /** Everything it has said, for the message of a failing test. */
  get log() {
    return `${this.output}${this.errors}`;
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Its exit code and signal, once it has ended by itself or was told to. */
  ended(seconds = STOP_SECONDS) {
    return within(seconds, "the end of the program", this.#ended);
  }

  /** Waits for `condition`, and fails at once when the program ends before it holds. */
  async ready(what, condition) {
    await until(what, async () => {
      if (this.hasEnded) throw new Error(`the program ended early:\n${this.log}`);
      return condition();
    });
  }

  /** Ends it as an operator would. */
  async stop() {
    if (!this.hasEnded) this.signal("SIGTERM");
    return this.ended();
  }

  /** Ends it as a power cut would. */
  async kill() {
    if (!this.hasEnded) this.signal("SIGKILL");
    return this.ended();
  }
}
