-- What machines may call, and which machine may call what. The names are upstream's.
CREATE TABLE IF NOT EXISTS _auth_resource (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  uri TEXT NOT NULL,
  name TEXT,
  metadata @json
);
CREATE UNIQUE INDEX IF NOT EXISTS _auth_resource_uri_unique ON _auth_resource (app_id, uri);
CREATE INDEX IF NOT EXISTS _auth_resource_app_id_created_at
  ON _auth_resource (app_id, created_at);

CREATE TABLE IF NOT EXISTS _auth_resource_scope (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  resource_id TEXT NOT NULL REFERENCES _auth_resource (id),
  scope TEXT NOT NULL,
  description TEXT,
  metadata @json
);
CREATE UNIQUE INDEX IF NOT EXISTS _auth_resource_scope_unique
  ON _auth_resource_scope (app_id, resource_id, scope);
CREATE INDEX IF NOT EXISTS _auth_resource_scope_app_id_resource_id_created_at
  ON _auth_resource_scope (app_id, resource_id, created_at);

-- Clients are in the configuration, so nothing is referred to there.
CREATE TABLE IF NOT EXISTS _auth_client_resource (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  client_id TEXT NOT NULL,
  resource_id TEXT NOT NULL REFERENCES _auth_resource (id)
);
CREATE UNIQUE INDEX IF NOT EXISTS _auth_client_resource_unique
  ON _auth_client_resource (app_id, client_id, resource_id);

CREATE TABLE IF NOT EXISTS _auth_client_resource_scope (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL,
  created_at @time NOT NULL,
  updated_at @time NOT NULL,
  client_id TEXT NOT NULL,
  resource_id TEXT NOT NULL REFERENCES _auth_resource (id),
  scope_id TEXT NOT NULL REFERENCES _auth_resource_scope (id)
);
CREATE UNIQUE INDEX IF NOT EXISTS _auth_client_resource_scope_unique
  ON _auth_client_resource_scope (app_id, client_id, resource_id, scope_id);

-- For the references: deleting a resource or a scope looks for what refers to it.
CREATE INDEX IF NOT EXISTS _authwarden_resource_scope_by_resource
  ON _auth_resource_scope (resource_id, app_id);
CREATE INDEX IF NOT EXISTS _authwarden_client_resource_by_resource
  ON _auth_client_resource (resource_id, app_id);
CREATE INDEX IF NOT EXISTS _authwarden_client_resource_scope_by_resource
  ON _auth_client_resource_scope (resource_id, app_id);
CREATE INDEX IF NOT EXISTS _authwarden_client_resource_scope_by_scope
  ON _auth_client_resource_scope (scope_id, app_id);

-- @postgres
CREATE INDEX IF NOT EXISTS _auth_resource_uri_typeahead
  ON _auth_resource (app_id, uri text_pattern_ops);
CREATE INDEX IF NOT EXISTS _auth_resource_name_typeahead
  ON _auth_resource (app_id, name text_pattern_ops);
CREATE INDEX IF NOT EXISTS _auth_resource_scope_scope_typeahead
  ON _auth_resource_scope (app_id, resource_id, scope text_pattern_ops);
-- @end
