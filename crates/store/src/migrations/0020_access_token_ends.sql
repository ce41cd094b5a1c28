-- Tokens that are over are cleared out project by project, found by when they ended. The index that
-- did not begin with the project was passed over, and every token of the project was read.
CREATE INDEX IF NOT EXISTS _authwarden_access_token_app_id_expires_at
  ON _authwarden_access_token (app_id, expires_at);
DROP INDEX IF EXISTS _authwarden_access_token_expires_at;
