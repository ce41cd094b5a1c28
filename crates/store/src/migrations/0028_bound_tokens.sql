-- The thumbprint of the key whose holder alone may present an access token (RFC 9449 §6).
ALTER TABLE _authwarden_access_token ADD COLUMN dpop_jkt TEXT;
