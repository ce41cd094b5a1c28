//! Authentication flows: declared in configuration, walked one input at a time.

pub mod builtin;
