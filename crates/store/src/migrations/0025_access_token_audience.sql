-- A machine's token is for a resource, and hangs on no session. Of other tokens it is null: they are
-- for this server.
ALTER TABLE _authwarden_access_token ADD COLUMN audience TEXT;
