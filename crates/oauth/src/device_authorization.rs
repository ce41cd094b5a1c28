//! The answer to a device that asks for somebody's authorization (RFC 8628 §3.2).

use serde::Serialize;

/// Codes, and where the person takes theirs.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceAuthorization {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    /// The same with the code in it, for a picture that a phone can read.
    pub verification_uri_complete: String,
    /// Seconds until both codes are over.
    pub expires_in: i64,
    /// Seconds between two questions of the device.
    pub interval: i64,
}
