// What a script finds around it. The host gives three functions, of which none is visible to the
// script; it gets back how to run a function and how to settle what the host was asked for.
(function (host) {
  "use strict";
  const waiting = new Map();
  const ask = (call) =>
    new Promise((resolve, reject) => {
      waiting.set(host.call(JSON.stringify(call)), [resolve, reject]);
    });

  const show = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack ? `${value}\n${value.stack}` : String(value);
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const console = {};
  for (const level of ["debug", "log", "info", "warn", "error"]) {
    console[level] = (...values) => host.log(level, values.map(show).join(" "));
  }

  class Headers {
    #list = new Map();
    constructor(init = []) {
      const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
      for (const [name, value] of pairs) this.append(name, value);
    }
    append(name, value) {
      const key = String(name).toLowerCase();
      const before = this.#list.get(key);
      this.#list.set(key, before === undefined ? String(value) : `${before}, ${value}`);
    }
    set(name, value) { this.#list.set(String(name).toLowerCase(), String(value)); }
    get(name) { return this.#list.get(String(name).toLowerCase()) ?? null; }
    has(name) { return this.#list.has(String(name).toLowerCase()); }
    delete(name) { this.#list.delete(String(name).toLowerCase()); }
    forEach(each) { for (const [name, value] of this) each(value, name, this); }
    entries() { return this.#list.entries(); }
    keys() { return this.#list.keys(); }
    values() { return this.#list.values(); }
    [Symbol.iterator]() { return this.#list.entries(); }
  }

  class Response {
    #body;
    constructor(body = "", init = {}) {
      this.#body = String(body ?? "");
      this.status = init.status ?? 200;
      this.ok = this.status >= 200 && this.status < 300;
      this.headers = new Headers(init.headers);
      this.url = init.url ?? "";
      this.bodyUsed = false;
    }
    #take() {
      if (this.bodyUsed) throw new TypeError("the body was read already");
      this.bodyUsed = true;
      return this.#body;
    }
    async text() { return this.#take(); }
    async json() { return JSON.parse(this.#take()); }
  }

  const fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    let body = init.body ?? null;
    if (body instanceof URLSearchParams) {
      body = body.toString();
      if (!headers.has("content-type")) {
        headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
      }
    }
    if (body !== null && typeof body !== "string") throw new TypeError("a body has to be a text");
    const answer = await ask({
      fetch: {
        url: String(input),
        method: String(init.method ?? "GET").toUpperCase(),
        headers: [...headers],
        body,
        redirect: String(init.redirect ?? "follow"),
      },
    });
    return new Response(answer.body, answer);
  };

  const encode = (text) => encodeURIComponent(text).replace(/%20/g, "+");
  const decode = (text) => decodeURIComponent(text.replace(/\+/g, " "));
  class URLSearchParams {
    #list = [];
    constructor(init = "") {
      if (typeof init === "string") {
        for (const pair of init.replace(/^\?/, "").split("&").filter(Boolean)) {
          const at = pair.indexOf("=");
          if (at < 0) this.append(decode(pair), "");
          else this.append(decode(pair.slice(0, at)), decode(pair.slice(at + 1)));
        }
      } else {
        const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
        for (const [name, value] of pairs) this.append(name, value);
      }
    }
    append(name, value) { this.#list.push([String(name), String(value)]); }
    delete(name) { this.#list = this.#list.filter((it) => it[0] !== name); }
    get(name) { return this.#list.find((it) => it[0] === name)?.[1] ?? null; }
    getAll(name) { return this.#list.filter((it) => it[0] === name).map((it) => it[1]); }
    has(name) { return this.#list.some((it) => it[0] === name); }
    set(name, value) { this.delete(name); this.append(name, value); }
    forEach(each) { for (const [name, value] of this.#list) each(value, name, this); }
    toString() { return this.#list.map((it) => it.map(encode).join("=")).join("&"); }
    [Symbol.iterator]() { return this.#list[Symbol.iterator](); }
  }

  class URL {
    constructor(text, base) {
      const parts = host.url(String(text), base === undefined ? "" : String(base));
      if (parts === "") throw new TypeError("not a URL");
      Object.assign(this, JSON.parse(parts));
      this.searchParams = new URLSearchParams(this.search);
    }
    toString() {
      const search = this.searchParams.toString();
      const credentials = this.username
        ? `${this.username}${this.password ? `:${this.password}` : ""}@`
        : "";
      const start = this.origin === "null" ? this.protocol : `${this.protocol}//${credentials}${this.host}`;
      return `${start}${this.pathname}${search ? `?${search}` : ""}${this.hash}`;
    }
    get href() { return this.toString(); }
    toJSON() { return this.toString(); }
  }

  const timers = new Set();
  let lastTimer = 0;
  const setTimeout = (run, milliseconds = 0, ...values) => {
    const timer = ++lastTimer;
    timers.add(timer);
    const duration = Math.min(Math.max(Math.trunc(Number(milliseconds) || 0), 0), 0x7fffffff);
    ask({ sleep: { milliseconds: duration } }).then(() => {
      if (timers.delete(timer)) run(...values);
    });
    return timer;
  };
  const clearTimeout = (timer) => { timers.delete(timer); };

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const btoa = (text) => {
    const bytes = [...String(text)].map((it) => it.charCodeAt(0));
    if (bytes.some((it) => it > 255)) throw new TypeError("only characters of one byte");
    let out = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const bits = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      const quad = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63]).join("");
      out += quad.slice(0, bytes.length - at + 1).padEnd(4, "=");
    }
    return out;
  };
  const atob = (text) => {
    const digits = String(text).replace(/[\s=]/g, "");
    let out = "", bits = 0, count = 0;
    for (const digit of digits) {
      const value = ALPHABET.indexOf(digit);
      if (value < 0) throw new TypeError("not base64");
      bits = ((bits << 6) | value) & 0xffffff;
      count += 6;
      if (count >= 8) {
        count -= 8;
        out += String.fromCharCode((bits >> count) & 255);
      }
    }
    return out;
  };

  for (const [name, value] of Object.entries({
    console, fetch, Headers, Response, URL, URLSearchParams, setTimeout, clearTimeout, atob, btoa,
  })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }

  return {
    run: async (script, event) => JSON.stringify((await script(event)) ?? null) ?? "null",
    settle: (id, isGood, json) => {
      const [resolve, reject] = waiting.get(id) ?? [];
      waiting.delete(id);
      if (resolve === undefined) return;
      if (isGood) resolve(JSON.parse(json));
      else reject(new TypeError(JSON.parse(json)));
    },
  };
})
