//! `x_device_info`: what an app says of the device it runs on, and a name for it.

use serde_json::Value;
use stdx::from_base64url;

const ENCODED_BYTES_MAX: usize = 8 * 1024;

/// Checked: it is JSON and names a model.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceInfo(Value);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid device info")]
pub struct DeviceInfoError;

impl DeviceInfo {
    /// Reads base64url without padding of a JSON object.
    pub fn decode(text: &str) -> Result<Self, DeviceInfoError> {
        if text.len() > ENCODED_BYTES_MAX {
            return Err(DeviceInfoError);
        }
        let json = from_base64url(text).and_then(|json| String::from_utf8(json).ok());
        json.and_then(|json| Self::from_json(&json)).ok_or(DeviceInfoError)
    }

    /// Reads what [`DeviceInfo::to_json`] wrote.
    pub fn from_json(json: &str) -> Option<Self> {
        let info = Self(serde_json::from_str(json).ok()?);
        info.model().is_some().then_some(info)
    }

    pub fn to_json(&self) -> String {
        self.0.to_string()
    }

    /// The model, for people: `Google Pixel 9`, `iPhone17,1`.
    pub fn model(&self) -> Option<String> {
        let text = |pointer| {
            self.0.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        if let Some(model) = text("/android/Build/MODEL") {
            let maker = text("/android/Build/MANUFACTURER").unwrap_or_default();
            return Some(format!("{maker} {model}").trim_start().to_owned());
        }
        text("/ios/uname/machine").map(str::to_owned)
    }

    /// The name of the application, when it told.
    pub fn application_name(&self) -> Option<&str> {
        [
            "/android/ApplicationInfoLabel",
            "/ios/NSBundle/CFBundleDisplayName",
            "/ios/NSBundle/CFBundleExecutable",
        ]
        .into_iter()
        .find_map(|pointer| self.0.pointer(pointer).and_then(Value::as_str))
        .filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use stdx::base64url;

    use super::{DeviceInfo, DeviceInfoError};

    #[track_caller]
    fn check(json: &str, expected: Result<&str, DeviceInfoError>) {
        let info = DeviceInfo::decode(&base64url(json.as_bytes()));
        assert_eq!(info.map(|info| info.model().unwrap()), expected.map(str::to_owned));
    }

    #[test]
    fn phones_have_a_model() {
        let android = r#"{"android":{"Build":{"MODEL":"Pixel 9","MANUFACTURER":"Google"}}}"#;
        check(android, Ok("Google Pixel 9"));
        check(r#"{"ios":{"uname":{"machine":"iPhone17,1"}}}"#, Ok("iPhone17,1"));
    }

    #[test]
    fn an_info_without_a_model_is_refused() {
        for json in ["", "{}", "[]", r#"{"android":{}}"#, r#"{"ios":{"uname":{"machine":7}}}"#] {
            check(json, Err(DeviceInfoError));
        }
        assert_eq!(DeviceInfo::decode("not base64url!"), Err(DeviceInfoError));
        let long = format!(r#"{{"ios":{{"uname":{{"machine":"{}"}}}}}}"#, "x".repeat(8 * 1024));
        check(&long, Err(DeviceInfoError));
    }
}
