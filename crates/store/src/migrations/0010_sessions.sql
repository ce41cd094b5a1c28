-- Who is signed in, where, and with what. Upstream keeps this in Redis; here it survives.
CREATE TABLE IF NOT EXISTS _authwarden_idp_session (
  app_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id) ON DELETE CASCADE,
  created_at @time NOT NULL,
  authenticated_at @time NOT NULL,
  amr TEXT NOT NULL,
  initial_access_at @time,
  initial_ip TEXT NOT NULL,
  initial_user_agent TEXT NOT NULL,
  last_access_at @time,
  last_ip TEXT NOT NULL,
  last_user_agent TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  expires_at @time NOT NULL,
  idle_expires_at @time,
  ended_at @time,
  PRIMARY KEY (app_id, id)
);
CREATE INDEX IF NOT EXISTS _authwarden_idp_session_user_id
  ON _authwarden_idp_session (app_id, user_id);

CREATE TABLE IF NOT EXISTS _authwarden_grant (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  idp_session_id TEXT,
  identity_id TEXT,
  created_at @time NOT NULL,
  authenticated_at @time NOT NULL,
  amr TEXT NOT NULL,
  initial_access_at @time,
  initial_ip TEXT NOT NULL,
  initial_user_agent TEXT NOT NULL,
  last_access_at @time,
  last_ip TEXT NOT NULL,
  last_user_agent TEXT NOT NULL,
  device_info TEXT,
  sso_enabled BOOLEAN NOT NULL,
  app2app_device_key_jwk TEXT,
  device_secret_hash TEXT,
  device_secret_dpop_jkt TEXT,
  expires_at @time NOT NULL,
  idle_expires_at @time,
  ended_at @time
);
CREATE INDEX IF NOT EXISTS _authwarden_grant_user_id ON _authwarden_grant (app_id, user_id);
CREATE INDEX IF NOT EXISTS _authwarden_grant_idp_session_id
  ON _authwarden_grant (app_id, idp_session_id);

CREATE TABLE IF NOT EXISTS _authwarden_refresh_token (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  grant_id TEXT NOT NULL REFERENCES _authwarden_grant (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  authorization_id TEXT,
  scopes TEXT NOT NULL,
  created_at @time NOT NULL,
  dpop_jkt TEXT,
  hash TEXT NOT NULL,
  previous_hash TEXT,
  sealed_successor TEXT,
  rotated_at @time,
  expires_at @time
);
CREATE INDEX IF NOT EXISTS _authwarden_refresh_token_grant_id
  ON _authwarden_refresh_token (app_id, grant_id);
CREATE INDEX IF NOT EXISTS _authwarden_refresh_token_authorization_id
  ON _authwarden_refresh_token (app_id, authorization_id);

CREATE TABLE IF NOT EXISTS _authwarden_access_token (
  hash TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  grant_id TEXT REFERENCES _authwarden_grant (id) ON DELETE CASCADE,
  idp_session_id TEXT,
  client_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at @time NOT NULL,
  expires_at @time NOT NULL,
  FOREIGN KEY (app_id, idp_session_id)
    REFERENCES _authwarden_idp_session (app_id, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS _authwarden_access_token_grant_id
  ON _authwarden_access_token (app_id, grant_id);
CREATE INDEX IF NOT EXISTS _authwarden_access_token_expires_at
  ON _authwarden_access_token (expires_at);
