-- The other ways to be known and to prove it. The names are upstream's.
CREATE TABLE IF NOT EXISTS _auth_identity_oauth (
  id TEXT PRIMARY KEY REFERENCES _auth_identity (id),
  app_id TEXT NOT NULL,
  provider_type TEXT NOT NULL,
  provider_keys @json NOT NULL DEFAULT '{}',
  provider_user_id TEXT NOT NULL,
  claims @json NOT NULL,
  profile @json,
  CONSTRAINT _auth_identity_oauth_key
    UNIQUE (app_id, provider_type, provider_keys, provider_user_id)
);
CREATE INDEX IF NOT EXISTS _auth_identity_oauth_claim_email
  ON _auth_identity_oauth (app_id, (claims ->> 'email'));
CREATE INDEX IF NOT EXISTS _auth_identity_oauth_claim_phone_number
  ON _auth_identity_oauth (app_id, (claims ->> 'phone_number'));
CREATE INDEX IF NOT EXISTS _auth_identity_oauth_claim_preferred_username
  ON _auth_identity_oauth (app_id, (claims ->> 'preferred_username'));

CREATE TABLE IF NOT EXISTS _auth_identity_ldap (
  id TEXT PRIMARY KEY REFERENCES _auth_identity (id),
  app_id TEXT NOT NULL,
  server_name TEXT NOT NULL,
  user_id_attribute_name TEXT NOT NULL,
  user_id_attribute_value @bytes NOT NULL,
  claims @json NOT NULL,
  raw_entry_json @json NOT NULL,
  last_login_username TEXT,
  CONSTRAINT _auth_identity_ldap_unique
    UNIQUE (app_id, server_name, user_id_attribute_name, user_id_attribute_value)
);
CREATE INDEX IF NOT EXISTS _auth_identity_ldap_claim_email
  ON _auth_identity_ldap (app_id, (claims ->> 'email'));
CREATE INDEX IF NOT EXISTS _auth_identity_ldap_claim_phone_number
  ON _auth_identity_ldap (app_id, (claims ->> 'phone_number'));
CREATE INDEX IF NOT EXISTS _auth_identity_ldap_claim_preferred_username
  ON _auth_identity_ldap (app_id, (claims ->> 'preferred_username'));

CREATE TABLE IF NOT EXISTS _auth_identity_anonymous (
  id TEXT PRIMARY KEY REFERENCES _auth_identity (id),
  app_id TEXT NOT NULL,
  key_id TEXT,
  key @json,
  CONSTRAINT _auth_identity_anonymous_key UNIQUE (app_id, key_id)
);

CREATE TABLE IF NOT EXISTS _auth_identity_biometric (
  id TEXT PRIMARY KEY REFERENCES _auth_identity (id),
  app_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  key @json NOT NULL,
  device_info @json NOT NULL,
  CONSTRAINT _auth_identity_biometric_key UNIQUE (app_id, key_id)
);

CREATE TABLE IF NOT EXISTS _auth_identity_passkey (
  id TEXT PRIMARY KEY REFERENCES _auth_identity (id),
  app_id TEXT NOT NULL,
  credential_id TEXT NOT NULL,
  creation_options @json NOT NULL,
  attestation_response @json NOT NULL,
  CONSTRAINT _auth_identity_passkey_credential_id UNIQUE (credential_id)
);

CREATE TABLE IF NOT EXISTS _auth_authenticator_passkey (
  id TEXT PRIMARY KEY REFERENCES _auth_authenticator (id),
  app_id TEXT NOT NULL,
  credential_id TEXT NOT NULL,
  creation_options @json NOT NULL,
  attestation_response @json NOT NULL,
  sign_count BIGINT NOT NULL,
  CONSTRAINT _auth_authenticator_passkey_credential_id UNIQUE (credential_id)
);

CREATE TABLE IF NOT EXISTS _auth_authenticator_oob (
  id TEXT PRIMARY KEY REFERENCES _auth_authenticator (id),
  app_id TEXT NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  metadata @json
);
CREATE INDEX IF NOT EXISTS _auth_authenticator_oob_email ON _auth_authenticator_oob (app_id, email);
CREATE INDEX IF NOT EXISTS _auth_authenticator_oob_phone ON _auth_authenticator_oob (app_id, phone);

CREATE TABLE IF NOT EXISTS _auth_authenticator_totp (
  id TEXT PRIMARY KEY REFERENCES _auth_authenticator (id),
  app_id TEXT NOT NULL,
  secret TEXT NOT NULL,
  display_name TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS _auth_recovery_code (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  code TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  consumed BOOLEAN NOT NULL
);
CREATE INDEX IF NOT EXISTS _auth_recovery_code_app_id_user_id
  ON _auth_recovery_code (app_id, user_id);
CREATE INDEX IF NOT EXISTS _auth_recovery_code_user_id ON _auth_recovery_code (user_id);

-- Ours: browsers that need no second factor. A token is found by its hash.
CREATE TABLE IF NOT EXISTS _authwarden_device_token (
  token_hash TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES _auth_user (id),
  created_at @time NOT NULL,
  expires_at @time NOT NULL
);
CREATE INDEX IF NOT EXISTS _authwarden_device_token_user
  ON _authwarden_device_token (app_id, user_id);

-- Ours: the last time step at which a TOTP was used (RFC 6238 section 5.2).
CREATE TABLE IF NOT EXISTS _authwarden_totp_use (
  authenticator_id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  time_step BIGINT NOT NULL
);
