// The project that the tests sign in to: every type of client, and limits that tests do not meet.

import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { binary } from "./files.mjs";

export const appId = "e2e";

/** Secrets of the confidential clients. Nothing but these tests ever knows them. */
export const clientSecrets = {
  confidential: "a-secret-of-the-confidential-client",
  third_party: "a-secret-of-the-third-party",
};

const code = { grant_types: ["authorization_code", "refresh_token"], response_types: ["code", "none"] };
const deviceCode = "urn:ietf:params:oauth:grant-type:device_code";
const generous = { enabled: true, period: "1m", burst: 100_000 };

/** Redirect URIs of the apps that are not web pages. */
export const redirectUris = {
  app_a: "https://a.example.com/callback",
  app_b: "https://b.example.com/callback",
  app_disabled: "https://disabled.example.com/callback",
  confidential: "https://backend.example.com/callback",
  third_party: "https://third-party.example.com/callback",
};

function clients(origin, spaOrigin) {
  const native = (client_id, more) => ({
    client_id,
    name: client_id,
    client_name: client_id,
    x_application_type: "native",
    redirect_uris: [redirectUris[client_id]],
    ...code,
    ...more,
  });
  const spa = (client_id, more) => ({
    client_id,
    name: client_id,
    client_name: "Single page",
    x_application_type: "spa",
    redirect_uris: [`${spaOrigin}/callback`],
    post_logout_redirect_uris: [`${spaOrigin}/signed-out`],
    ...code,
    ...more,
  });
  return [
    {
      client_id: "demo",
      name: "Demo",
      client_name: "Demo",
      x_application_type: "spa",
      redirect_uris: [`${origin}/demo`],
      post_logout_redirect_uris: [`${origin}/demo`],
      issue_jwt_access_token: true,
      ...code,
    },
    spa("spa", { access_token_lifetime_seconds: 300 }),
    spa("spa_rotating", { refresh_token_rotation_enabled: true }),
    spa("web_cookie", { x_application_type: "traditional_webapp" }),
    native("app_a", { x_app2app_enabled: true }),
    native("app_b", { x_app2app_enabled: true }),
    native("app_disabled", { x_app2app_enabled: false }),
    native("television", {
      client_name: "Television",
      redirect_uris: ["https://television.example.com/callback"],
      grant_types: [...code.grant_types, deviceCode],
    }),
    {
      client_id: "confidential",
      name: "Backend",
      client_name: "Backend",
      x_application_type: "confidential",
      redirect_uris: [redirectUris.confidential],
      post_logout_redirect_uris: ["https://backend.example.com/signed-out"],
      ...code,
    },
    {
      client_id: "third_party",
      name: "Photo Printer",
      client_name: "Photo Printer",
      x_application_type: "third_party_app",
      redirect_uris: [redirectUris.third_party],
      policy_uri: "https://third-party.example.com/privacy",
      tos_uri: "https://third-party.example.com/terms",
      ...code,
    },
  ];
}

/** The `authgear.yaml` of the tests, as the object that it says. */
export function config(origin, spaOrigin) {
  const off = { enabled: false, required: false };
  const perIp = { per_ip: generous };
  const perIpAndUser = { per_ip: generous, per_user_per_ip: generous };
  return {
    id: appId,
    http: { public_origin: origin },
    identity: { login_id: { keys: [{ type: "email" }, { type: "username" }] } },
    authentication: {
      identities: ["login_id"],
      primary_authenticators: ["password"],
      secondary_authentication_mode: "disabled",
      rate_limits: {
        general: perIpAndUser,
        password: perIpAndUser,
        signup: perIp,
        account_enumeration: perIp,
      },
    },
    verification: { claims: { email: off, phone_number: off } },
    oauth: { clients: clients(origin, spaOrigin) },
  };
}

/**
 * Writes a project into `folder`: what `authwarden init` makes, with our configuration and the
 * secrets of our clients. `change` may alter the configuration first; `secrets` has more, by key;
 * `files` are more of the project's files by path, such as scripts.
 */
export function writeProject(folder, options) {
  const { origin, spaOrigin, change = (it) => it, secrets = {}, files = {} } = options;
  execFileSync(binary, [
    "init", "--output-folder", folder, "--app-id", appId, "--public-origin", origin,
  ]);
  const document = config(origin, spaOrigin);
  writeFileSync(join(folder, "authgear.yaml"), JSON.stringify(change(document) ?? document, null, 2));
  const features = { oauth: { client: { app2app_enabled: true } } };
  writeFileSync(join(folder, "authgear.features.yaml"), JSON.stringify(features));
  const items = Object.entries(clientSecrets).map(([client_id, secret]) => ({
    client_id,
    keys: [{ kid: client_id, kty: "oct", k: Buffer.from(secret).toString("base64url") }],
  }));
  // More items for the list that `init` wrote; JSON is YAML.
  for (const [key, data] of Object.entries({ "oauth.client_secrets": { items }, ...secrets })) {
    appendFileSync(join(folder, "authgear.secrets.yaml"), `- ${JSON.stringify({ key, data })}\n`);
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
