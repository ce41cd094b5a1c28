-- What is due is found by when, whatever place it goes to: a backlog that waits for a receiver is not
-- read twice a second. So is what was given up, which is due never.
CREATE INDEX IF NOT EXISTS _authwarden_outbox_due ON _authwarden_outbox (run_at);
