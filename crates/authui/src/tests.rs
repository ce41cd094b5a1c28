//! The pages through their router, as a browser without JavaScript uses them.

mod hooks;
mod links;
mod logout;
mod passkey;
mod questions;
mod requests;
mod settings;
pub(crate) mod world;
