//! Durable state. One set of SQL, two engines.
