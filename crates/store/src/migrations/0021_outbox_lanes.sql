-- Each kind of place looks for its own entries.
DROP INDEX IF EXISTS _authwarden_outbox_run_at;
CREATE INDEX IF NOT EXISTS _authwarden_outbox_sink_run_at ON _authwarden_outbox (sink, run_at);
