//! Stories that need the whole server.

mod app2app;
mod coverage;
