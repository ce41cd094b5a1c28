-- Events on their way out: one row for each event and each place that it goes to.
CREATE TABLE IF NOT EXISTS _authwarden_outbox (
  seq @serial,
  app_id TEXT NOT NULL,
  id TEXT NOT NULL,
  sink TEXT NOT NULL,
  type TEXT NOT NULL,
  payload @json NOT NULL,
  context @json NOT NULL,
  created_at @time NOT NULL,
  attempts BIGINT NOT NULL,
  -- Null when it was given up.
  run_at @time,
  leased_until @time,
  last_error TEXT
);
CREATE INDEX IF NOT EXISTS _authwarden_outbox_run_at ON _authwarden_outbox (run_at);

-- Wrong proofs, by whom they came from; an empty contributor counts for everybody.
CREATE TABLE IF NOT EXISTS _authwarden_lockout (
  app_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  contributor TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  locked_until @time,
  expires_at @time NOT NULL,
  PRIMARY KEY (app_id, user_id, contributor)
);
CREATE INDEX IF NOT EXISTS _authwarden_lockout_expires_at ON _authwarden_lockout (expires_at);
