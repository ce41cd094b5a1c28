//! A project, its resources and a scripted client, in the test process.
//!
//! SQLite in memory is the fake database, the router is the server, and time moves only when a
//! test says so. Crates below `web` have a smaller world of their own.

mod client;
mod device_key;
mod elsewhere;
mod passkey;
mod webhook;
mod world;

pub use client::{Answer, Client};
pub use device_key::DeviceKey;
pub use elsewhere::Elsewhere;
pub use passkey::Device;
pub use webhook::Webhook;
pub use world::{START, World, app};
