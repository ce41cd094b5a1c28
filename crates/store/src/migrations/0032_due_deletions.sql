-- Accounts whose time has come are looked for every minute, in each project. Few have a time.
CREATE INDEX IF NOT EXISTS _authwarden_user_due_deletion
  ON _auth_user (app_id, delete_at) WHERE delete_at IS NOT NULL;
-- Whoever is deleted is looked for in every table that points at them.
CREATE INDEX IF NOT EXISTS _authwarden_device_token_by_user ON _authwarden_device_token (user_id);
