-- What happened, and the projects of this installation. The names are upstream's.
CREATE TABLE IF NOT EXISTS _audit_log (
  id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  user_id TEXT NOT NULL,
  activity_type TEXT NOT NULL,
  ip_address @inet,
  user_agent TEXT,
  client_id TEXT,
  data @json NOT NULL
);
CREATE INDEX IF NOT EXISTS _audit_log_idx_app_id_created_at
  ON _audit_log (app_id, created_at DESC);
CREATE INDEX IF NOT EXISTS _audit_log_idx_app_id_activity_type_created_at
  ON _audit_log (app_id, activity_type, created_at DESC);
CREATE INDEX IF NOT EXISTS _audit_log_idx_app_id_user_id_created_at
  ON _audit_log (app_id, user_id, created_at DESC);

CREATE TABLE IF NOT EXISTS _portal_config_source (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  data @json NOT NULL,
  plan_name TEXT NOT NULL,
  CONSTRAINT _portal_config_source_app_id_key UNIQUE (app_id)
);

CREATE TABLE IF NOT EXISTS _portal_domain (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  domain TEXT NOT NULL,
  apex_domain TEXT NOT NULL,
  verification_nonce TEXT NOT NULL,
  is_custom BOOLEAN NOT NULL,
  CONSTRAINT _portal_domain_apex_domain_key UNIQUE (apex_domain)
);
CREATE INDEX IF NOT EXISTS _portal_domain_app_id ON _portal_domain (app_id);
CREATE INDEX IF NOT EXISTS _portal_domain_domain ON _portal_domain (domain);
