-- An id is nobody else's, so an index on it needs no project in front: it finds the same rows, and
-- references are checked by it. Each index costs a write with every row, and a page with some reads.
DROP INDEX IF EXISTS _authwarden_idp_session_user_id;
DROP INDEX IF EXISTS _authwarden_grant_user_id;
DROP INDEX IF EXISTS _authwarden_refresh_token_grant_id;
DROP INDEX IF EXISTS _authwarden_access_token_grant_id;

-- Few sessions have ended: the others need no place in these.
DROP INDEX IF EXISTS _authwarden_idp_session_ended_at;
CREATE INDEX IF NOT EXISTS _authwarden_idp_session_ended
  ON _authwarden_idp_session (app_id, ended_at) WHERE ended_at IS NOT NULL;
DROP INDEX IF EXISTS _authwarden_grant_ended_at;
CREATE INDEX IF NOT EXISTS _authwarden_grant_ended
  ON _authwarden_grant (app_id, ended_at) WHERE ended_at IS NOT NULL;

-- Remembered browsers are cleared out by when they end.
CREATE INDEX IF NOT EXISTS _authwarden_device_token_expires_at
  ON _authwarden_device_token (app_id, expires_at);

-- On PostgreSQL these are upstream's, and stay.
-- @sqlite
DROP INDEX IF EXISTS _auth_user_app_id;
DROP INDEX IF EXISTS _auth_identity_app_id_user_id;
DROP INDEX IF EXISTS _auth_authenticator_app_id_user_id;
DROP INDEX IF EXISTS _auth_password_history_app_id_user_id;
DROP INDEX IF EXISTS _auth_verified_claim_app_id_user_id;
DROP INDEX IF EXISTS _auth_recovery_code_app_id_user_id;
-- Whether somebody is anonymous is told from the index alone.
DROP INDEX IF EXISTS _auth_identity_user_id;
CREATE INDEX IF NOT EXISTS _auth_identity_user_id_type ON _auth_identity (user_id, type);
-- @end
