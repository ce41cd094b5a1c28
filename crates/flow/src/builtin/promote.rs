//! Promoting an anonymous user: signing up, with an account that exists already.

use appconfig::AppConfig;
use appconfig::flow::FlowStep;

use super::signup;

pub(super) fn steps(config: &AppConfig) -> Vec<FlowStep> {
    signup::steps(config)
}
