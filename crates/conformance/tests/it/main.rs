//! The runner against a server that says what a test wants it to say.

#![cfg(test)]

mod admin;
mod before;
mod data;
mod fake;
mod flow;
mod http;
mod oauth;
mod saml;
mod strict;
mod suite;
