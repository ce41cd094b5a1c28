-- People, what they are known by and what they prove it with. The names are upstream's.
CREATE TABLE IF NOT EXISTS _auth_user (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  login_at @time,
  last_login_at @time,
  is_disabled BOOLEAN NOT NULL,
  disable_reason TEXT,
  standard_attributes @json,
  custom_attributes @json,
  is_deactivated BOOLEAN,
  delete_at @time,
  is_anonymized BOOLEAN NOT NULL DEFAULT FALSE,
  anonymize_at @time,
  anonymized_at @time,
  last_indexed_at @time,
  require_reindex_after @time,
  mfa_grace_period_end_at @time,
  metadata @json,
  is_indefinitely_disabled BOOLEAN,
  account_valid_from @time,
  account_valid_until @time,
  temporarily_disabled_from @time,
  temporarily_disabled_until @time,
  account_status_stale_from @time
);
CREATE INDEX IF NOT EXISTS _auth_user_app_id ON _auth_user (app_id);
CREATE INDEX IF NOT EXISTS _auth_user_app_id_created_at
  ON _auth_user (app_id, created_at DESC @last);
CREATE INDEX IF NOT EXISTS _auth_user_app_id_last_login_at
  ON _auth_user (app_id, last_login_at DESC @last);
CREATE INDEX IF NOT EXISTS _auth_user_delete_at ON _auth_user (delete_at);
CREATE INDEX IF NOT EXISTS _auth_user_anonymize_at ON _auth_user (anonymize_at);
CREATE INDEX IF NOT EXISTS _auth_user_anonymized_at ON _auth_user (anonymized_at);
CREATE INDEX IF NOT EXISTS _auth_user_account_status_stale_from
  ON _auth_user (account_status_stale_from);

CREATE TABLE IF NOT EXISTS _auth_identity (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  type TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  created_at @time NOT NULL,
  updated_at @time NOT NULL
);
CREATE INDEX IF NOT EXISTS _auth_identity_app_id_user_id ON _auth_identity (app_id, user_id);
CREATE INDEX IF NOT EXISTS _auth_identity_user_id ON _auth_identity (user_id);

CREATE TABLE IF NOT EXISTS _auth_identity_login_id (
  id TEXT PRIMARY KEY REFERENCES _auth_identity (id),
  app_id TEXT NOT NULL,
  login_id_key TEXT NOT NULL,
  login_id_type TEXT NOT NULL,
  login_id TEXT NOT NULL,
  original_login_id TEXT NOT NULL,
  unique_key TEXT NOT NULL,
  claims @json NOT NULL,
  CONSTRAINT _auth_identity_login_id_key UNIQUE (app_id, unique_key)
);
CREATE INDEX IF NOT EXISTS _auth_identity_login_id_login_id
  ON _auth_identity_login_id (app_id, login_id_key, login_id);
CREATE INDEX IF NOT EXISTS _auth_identity_login_id_claim_email
  ON _auth_identity_login_id (app_id, (claims ->> 'email'));
CREATE INDEX IF NOT EXISTS _auth_identity_login_id_claim_phone_number
  ON _auth_identity_login_id (app_id, (claims ->> 'phone_number'));
CREATE INDEX IF NOT EXISTS _auth_identity_login_id_claim_preferred_username
  ON _auth_identity_login_id (app_id, (claims ->> 'preferred_username'));

CREATE TABLE IF NOT EXISTS _auth_authenticator (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  type TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  is_default BOOLEAN NOT NULL,
  kind TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS _auth_authenticator_app_id_user_id
  ON _auth_authenticator (app_id, user_id);
CREATE INDEX IF NOT EXISTS _auth_authenticator_user_id ON _auth_authenticator (user_id);

CREATE TABLE IF NOT EXISTS _auth_authenticator_password (
  id TEXT PRIMARY KEY REFERENCES _auth_authenticator (id),
  app_id TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  expire_after @time
);

CREATE TABLE IF NOT EXISTS _auth_password_history (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  password TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS _auth_password_history_app_id_user_id
  ON _auth_password_history (app_id, user_id);
CREATE INDEX IF NOT EXISTS _auth_password_history_user_id ON _auth_password_history (user_id);

CREATE TABLE IF NOT EXISTS _auth_verified_claim (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  created_at @time NOT NULL,
  metadata @json
);
CREATE INDEX IF NOT EXISTS _auth_verified_claim_app_id_user_id
  ON _auth_verified_claim (app_id, user_id);
CREATE INDEX IF NOT EXISTS _auth_verified_claim_user_id ON _auth_verified_claim (user_id);
CREATE INDEX IF NOT EXISTS _auth_verified_claim_app_id_name_value
  ON _auth_verified_claim (app_id, name, value);

CREATE TABLE IF NOT EXISTS _auth_oauth_authorization (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  scopes @json NOT NULL,
  CONSTRAINT _auth_oauth_authorization_key UNIQUE (app_id, user_id, client_id)
);
CREATE INDEX IF NOT EXISTS _auth_oauth_authorization_user_id
  ON _auth_oauth_authorization (user_id);
