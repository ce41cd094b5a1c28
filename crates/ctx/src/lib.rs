//! What is true for the whole of one operation.
//!
//! Every rule takes `ctx` first. Two calls made with the same [`Ctx`] see the same instant,
//! the same configuration and the same caller.

use std::sync::Arc;

use appconfig::{AppConfig, FeatureConfig, Secrets};
use domain::AppId;
use jose::SigningKeys;
use stdx::{Rng, Timestamp};

/// The ambient facts of one operation, fixed when it starts.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub app: Arc<App>,
    pub now: Timestamp,
    pub rng: Rng,
    pub caller: Caller,
    /// Names the request in logs and in answers that say "something went wrong".
    pub request_id: String,
}

/// Who is at the other end of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The right-most address that is not a trusted proxy's (SECURITY C8).
    pub ip: String,
    /// As sent, cut to a sane length; empty when there was none.
    pub user_agent: String,
}

/// One project, resolved: an immutable snapshot that is swapped whole when its source changes.
#[derive(Debug)]
pub struct App {
    pub id: AppId,
    pub config: AppConfig,
    pub features: FeatureConfig,
    pub secrets: Secrets,
    /// Parsed once per snapshot, because parsing an RSA key costs more than using it.
    pub keys: SigningKeys,
}
