-- Tells whoever listens that a project or a host has changed, whoever changed it: upstream's
-- database does the same, on the same channels.
-- @postgres
CREATE OR REPLACE FUNCTION _authwarden_tell_of_config_source() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('config_source_change', COALESCE(NEW.app_id, OLD.app_id));
  RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS _authwarden_config_source_change ON _portal_config_source;
CREATE TRIGGER _authwarden_config_source_change
  AFTER INSERT OR UPDATE OR DELETE ON _portal_config_source
  FOR EACH ROW EXECUTE FUNCTION _authwarden_tell_of_config_source();

CREATE OR REPLACE FUNCTION _authwarden_tell_of_domain() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('domain_change', COALESCE(NEW.domain, OLD.domain));
  RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS _authwarden_domain_change ON _portal_domain;
CREATE TRIGGER _authwarden_domain_change
  AFTER INSERT OR UPDATE OR DELETE ON _portal_domain
  FOR EACH ROW EXECUTE FUNCTION _authwarden_tell_of_domain();
-- @end
