// A phone with one app on it: what the native halves of the mobile SDKs do, in JavaScript.
//
// The published SDKs run unchanged above this. Keys are RSA as on Android, and never leave the
// device; `browse` is the person in front of the browser that an app opens.

import { createHash, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFunction } from "node:vm";

import { root } from "./files.mjs";

const deviceInfo = {
  android: { android: { Build: { MODEL: "Pixel 9", MANUFACTURER: "Google" }, PackageInfo: { packageName: "com.example.app", versionName: "1.0" } } },
  ios: { ios: { uname: { machine: "iPhone17,1" }, UIDevice: { name: "A phone", systemName: "iOS" } } },
};

export class Device {
  storage = new Map();
  keys = new Map();
  /** How far the device's clock is ahead of ours: time passes for the app by setting it. */
  aheadMilliseconds = 0;
  /** Addresses that the app opened without waiting for an answer. */
  opened = [];

  /**
   * `browse(url, callback)` plays the person in the browser; it gives the address, with its query, at
   * which the browser left for the app.
   */
  constructor({ platform = "android", browse, dpop = true }) {
    Object.assign(this, { platform, browse, dpop });
  }

  /** `Date`, as the app sees it. */
  get Date() {
    const device = this;
    return class extends Date {
      constructor(...args) {
        super(...(args.length > 0 ? args : [Date.now() + device.aheadMilliseconds]));
      }

      static now() {
        return Date.now() + device.aheadMilliseconds;
      }
    };
  }

  /** Makes a key pair under this id, as a secure element would. */
  createKey(kid) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.keys.set(kid, privateKey);
    return kid;
  }

  publicJwk(kid) {
    const { n, e } = createPublicKey(this.#key(kid)).export({ format: "jwk" });
    return { kid, kty: "RSA", alg: "RS256", n, e };
  }

  signText(kid, text) {
    return sign("RSA-SHA256", Buffer.from(text), this.#key(kid)).toString("base64url");
  }

  jwt(kid, typ, payload) {
    const header = { typ, kid, alg: "RS256", jwk: this.publicJwk(kid) };
    const text = [header, payload].map((it) => Buffer.from(JSON.stringify(it)).toString("base64url")).join(".");
    return `${text}.${this.signText(kid, text)}`;
  }

  /** RFC 7638. */
  thumbprint(kid) {
    const { n, e } = this.publicJwk(kid);
    return createHash("sha256").update(JSON.stringify({ e, kty: "RSA", n })).digest("base64url");
  }

  #key(kid) {
    const key = this.keys.get(kid);
    if (!key) throw Object.assign(new Error("no such key"), { code: "BiometricPrivateKeyNotFoundError" });
    return key;
  }

  /** What `require("react-native")` gives. */
  reactNative() {
    const bytes = (it) => [...it];
    const word = (it) => (it ? "true" : "false");
    const module = {
      storageGetItem: async (key) => this.storage.get(key) ?? null,
      storageSetItem: async (key, value) => void this.storage.set(key, value),
      storageDeleteItem: async (key) => void this.storage.delete(key),
      getDeviceInfo: async () => deviceInfo[this.platform],
      randomBytes: async (length) => bytes(randomBytes(length)),
      sha256String: async (text) => bytes(createHash("sha256").update(text).digest()),
      generateUUID: async () => randomUUID(),
      registerWechatRedirectURI: async () => {},
      dismiss: async () => {},
      openURL: async (url) => void this.opened.push(url),
      openAuthorizeURL: (url, callback) => this.browse(url, callback),
      openAuthorizeURLWithWebView: ({ url, redirectURI }) => this.browse(url, redirectURI),
      getAnonymousKey: async (kid) => {
        // A known key is named by its id alone; a new one is shown.
        if (kid && this.keys.has(kid)) return { kid, alg: "RS256" };
        const created = this.createKey(randomUUID());
        return { kid: created, alg: "RS256", jwk: this.publicJwk(created) };
      },
      signAnonymousToken: async (kid, text) => this.signText(kid, text),
      checkBiometricSupported: async () => {},
      createBiometricPrivateKey: async ({ kid, payload }) =>
        this.jwt(this.createKey(kid), "vnd.authgear.biometric-request", payload),
      signWithBiometricPrivateKey: async ({ kid, payload }) => this.jwt(kid, "vnd.authgear.biometric-request", payload),
      removeBiometricPrivateKey: async (kid) => void this.keys.delete(kid),
      checkDPoPSupported: async () => word(this.dpop),
      createDPoPPrivateKey: async ({ kid }) => void this.createKey(kid),
      signWithDPoPPrivateKey: async ({ kid, payload }) => this.jwt(kid, "dpop+jwt", payload),
      checkDPoPPrivateKey: async ({ kid }) => word(this.keys.has(kid)),
      computeDPoPJKT: async ({ kid }) => this.thumbprint(kid),
    };
    return {
      NativeModules: { AuthgearReactNative: module },
      NativeEventEmitter: class { addListener() { return { remove() {} }; } },
      Platform: { OS: this.platform },
    };
  }

  /** What `require("@capacitor/core")` gives: the same, with objects around arguments and results. */
  capacitor() {
    const { AuthgearReactNative: native } = this.reactNative().NativeModules;
    const truth = async (word) => ({ ok: (await word) === "true" });
    const plugin = {
      storageGetItem: async ({ key }) => ({ value: await native.storageGetItem(key) }),
      storageSetItem: ({ key, value }) => native.storageSetItem(key, value),
      storageDeleteItem: ({ key }) => native.storageDeleteItem(key),
      randomBytes: async ({ length }) => ({ bytes: await native.randomBytes(length) }),
      sha256String: async ({ input }) => ({ bytes: await native.sha256String(input) }),
      getDeviceInfo: async () => ({ deviceInfo: await native.getDeviceInfo() }),
      generateUUID: async () => ({ uuid: await native.generateUUID() }),
      openAuthorizeURL: async ({ url, callbackURL }) => ({ redirectURI: await this.browse(url, callbackURL) }),
      openAuthorizeURLWithWebView: async ({ url, redirectURI }) => ({ redirectURI: await this.browse(url, redirectURI) }),
      openURL: ({ url }) => native.openURL(url),
      checkBiometricSupported: native.checkBiometricSupported,
      createBiometricPrivateKey: async (options) => ({ jwt: await native.createBiometricPrivateKey(options) }),
      signWithBiometricPrivateKey: async (options) => ({ jwt: await native.signWithBiometricPrivateKey(options) }),
      removeBiometricPrivateKey: ({ kid }) => native.removeBiometricPrivateKey(kid),
      checkDPoPSupported: () => truth(native.checkDPoPSupported()),
      createDPoPPrivateKey: native.createDPoPPrivateKey,
      signWithDPoPPrivateKey: async (options) => ({ jwt: await native.signWithDPoPPrivateKey(options) }),
      checkDPoPPrivateKey: (options) => truth(native.checkDPoPPrivateKey(options)),
      computeDPoPJKT: async ({ kid }) => ({ jkt: this.thumbprint(kid) }),
    };
    return { registerPlugin: () => plugin, Capacitor: { getPlatform: () => this.platform } };
  }
}

const sdks = {
  "@authgear/react-native": { file: "dist/authgear-react-native.js", native: "react-native", half: (it) => it.reactNative() },
  "@authgear/capacitor": { file: "dist/plugin.cjs.js", native: "@capacitor/core", half: (it) => it.capacitor() },
};

/** The SDK as an app on this device loads it: each device has an instance of its own. */
export function loadSdk(name, device) {
  const { file, native, half } = sdks[name];
  const path = join(root, "node_modules", name, file);
  const module = { exports: {} };
  const natives = half(device);
  const require = (asked) => {
    if (asked === native) return natives;
    throw new Error(`${name} asks for ${asked}`);
  };
  const load = compileFunction(readFileSync(path, "utf8"), ["exports", "require", "module"], {
    filename: path,
    contextExtensions: [{ Date: device.Date, window: globalThis }],
  });
  load(module.exports, require, module);
  return module.exports;
}
