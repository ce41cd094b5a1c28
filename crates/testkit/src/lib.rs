//! A whole server in the test process, and the few words tests need.
