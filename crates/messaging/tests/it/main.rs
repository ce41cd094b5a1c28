//! Messages from being asked for to being handed over, with the project's real templates.

mod outbox;
mod words;
mod world;
