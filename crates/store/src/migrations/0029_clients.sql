-- Clients that registered themselves (RFC 7591), or that are known by a document of theirs. The
-- metadata are as they were checked.
CREATE TABLE IF NOT EXISTS _authwarden_client (
  app_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  metadata TEXT NOT NULL,
  secret_hash TEXT,
  registration_token_hash TEXT,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  PRIMARY KEY (app_id, client_id)
);
