//! The event catalogue, the outbox, the audit log.
