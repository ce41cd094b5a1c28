// A browser without a screen: cookies, redirects one at a time, and the flow API.
//
// For the tests that are not about pages. The cookies are those of one host.

import assert from "node:assert/strict";

export class Agent {
  cookies = new Map();

  constructor(origin) {
    this.origin = origin;
  }

  /** One request; redirects are answers. */
  async request(path, { method = "GET", headers = {}, body } = {}) {
    const url = new URL(path, this.origin);
    const cookie = this.cookieHeader;
    const response = await fetch(url, {
      method,
      body,
      redirect: "manual",
      headers: { ...(cookie ? { cookie } : {}), ...headers },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  get cookieHeader() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(";").map((it) => it.trim());
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (attributes.some((it) => /^max-age=0$/i.test(it))) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(at + 1));
  }

  /** Follows redirects on our host; ends at a page, or at an address elsewhere. */
  async follow(path) {
    let url = new URL(path, this.origin);
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await this.request(url);
      const location = response.headers.get("location");
      if (!location) return { url, response };
      url = new URL(location, url);
      if (url.origin !== this.origin) return { url, response: null };
    }
    throw new Error(`too many redirects, the last to ${url}`);
  }

  /** Posts JSON to the API; its `result`, or an error with what it said. */
  async api(path, document) {
    const response = await this.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(document),
    });
    const answer = await response.json();
    if (answer.error) throw new ApiRefusal(answer.error);
    assert.ok(answer.result, JSON.stringify(answer));
    return answer.result;
  }

  /** Runs a flow through these inputs; the data of its end. `urlQuery` is that of an authorization. */
  async flow(type, inputs, urlQuery = "") {
    let state = await this.api("/api/v1/authentication_flows", { type, name: "default", url_query: urlQuery });
    for (const input of inputs) {
      state = await this.api("/api/v1/authentication_flows/states/input", {
        state_token: state.state_token,
        input,
      });
    }
    assert.equal(state.action.type, "finished", JSON.stringify(state.action));
    return state.action.data ?? {};
  }

  signUp({ email, password }, urlQuery) {
    return this.flow("signup", [
      { identification: "email", login_id: email },
      { authentication: "primary_password", new_password: password },
    ], urlQuery);
  }

  signIn({ email, password }, urlQuery) {
    return this.flow("login", [
      { identification: "email", login_id: email },
      { authentication: "primary_password", password },
    ], urlQuery);
  }
}

/** What the JSON API answered instead of a result. */
export class ApiRefusal extends Error {
  constructor(error) {
    super(`${error.name}/${error.reason}: ${error.message}`);
    Object.assign(this, { reason: error.reason, code: error.code, info: error.info });
  }
}

let people = 0;

/** Somebody who has not been here before. */
export function newPerson() {
  people += 1;
  return { email: `person-${process.pid}-${people}@example.com`, password: `pass word ${people} of ${process.pid}` };
}
