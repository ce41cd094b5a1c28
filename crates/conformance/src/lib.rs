//! Other people's cases, run against our server.
//!
//! A case is data: a project, people in it, requests, and what must come back. This crate reads
//! the cases, starts the released binary on services of its own with fakes of the outside world
//! around it, runs them, and says what became of each. `docs/conformance.md` has the results.

pub mod case;
pub mod certificate;
pub mod client;
pub mod config;
pub mod database;
pub mod failure;
pub mod fakes;
pub mod helper;
pub mod html;
pub mod isolate;
pub mod matcher;
pub mod ratchet;
pub mod report;
pub mod run;
pub mod saml;
pub mod secrets;
pub mod server;
pub mod suite;
pub mod template;
pub mod through_proxy;
pub mod totp;
pub mod world;
