//! The session check for reverse proxies.
