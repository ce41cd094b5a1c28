-- What is over is cleared out, found by when it ended.
CREATE INDEX IF NOT EXISTS _authwarden_idp_session_expires_at
  ON _authwarden_idp_session (app_id, expires_at);
CREATE INDEX IF NOT EXISTS _authwarden_idp_session_ended_at
  ON _authwarden_idp_session (app_id, ended_at);
CREATE INDEX IF NOT EXISTS _authwarden_grant_expires_at ON _authwarden_grant (app_id, expires_at);
CREATE INDEX IF NOT EXISTS _authwarden_grant_ended_at ON _authwarden_grant (app_id, ended_at);

-- For the references: deleting a row looks for what refers to it, by id alone.
CREATE INDEX IF NOT EXISTS _authwarden_idp_session_by_user ON _authwarden_idp_session (user_id);
CREATE INDEX IF NOT EXISTS _authwarden_grant_by_user ON _authwarden_grant (user_id);
CREATE INDEX IF NOT EXISTS _authwarden_refresh_token_by_grant
  ON _authwarden_refresh_token (grant_id);
CREATE INDEX IF NOT EXISTS _authwarden_access_token_by_grant ON _authwarden_access_token (grant_id);
CREATE INDEX IF NOT EXISTS _authwarden_access_token_by_idp_session
  ON _authwarden_access_token (app_id, idp_session_id);
