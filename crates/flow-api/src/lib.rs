//! The JSON authentication flow API.
