//! `authgear.yaml`, features and secrets: parse, validate, resolve.

/// A project's resolved `authgear.yaml`.
#[derive(Clone, Debug)]
pub struct AppConfig {}

/// A project's resolved `authgear.features.yaml`.
#[derive(Clone, Debug)]
pub struct FeatureConfig {}

/// A project's `authgear.secrets.yaml`.
#[derive(Clone, Debug)]
pub struct Secrets {}
