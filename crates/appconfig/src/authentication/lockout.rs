//! `authentication.lockout`: what happens to an account after too many wrong proofs.

use crate::duration::DurationString;
use crate::section::{choice, section};

section! {
    /// Account lockout; off while `max_attempts` is 0.
    #[schemars(extend(
        "if" = {
            "properties": { "max_attempts": { "type": "integer", "minimum": 1 } },
            "required": ["max_attempts"],
        },
        "then" = {
            "required": [
                "history_duration", "minimum_duration", "maximum_duration", "lockout_type",
            ],
        },
    ))]
    pub struct Lockout {
        password: LockoutMethod = LockoutMethod::default(),
        totp: LockoutMethod = LockoutMethod::default(),
        oob_otp: LockoutMethod = LockoutMethod::default(),
        recovery_code: LockoutMethod = LockoutMethod::default(),
        ..
        #[schemars(range(min = 0))]
        max_attempts: i64,
        history_duration: Option<DurationString>,
        minimum_duration: Option<DurationString>,
        maximum_duration: Option<DurationString>,
        /// Each lockout lasts this many times longer than the one before.
        #[schemars(range(min = 1))]
        backoff_factor: Option<f64>,
        lockout_type: Option<LockoutType>,
    }

    /// Whether wrong proofs of one kind count.
    #[schemars(extend("required" = ["enabled"]))]
    pub struct LockoutMethod {
        enabled: bool = false,
    }
}

choice! {
    /// Whether an attacker locks out the user or only themselves.
    pub enum LockoutType {
        PerUser = "per_user",
        PerUserPerIp = "per_user_per_ip",
    }
}

impl Lockout {
    pub fn is_enabled(&self) -> bool {
        self.max_attempts > 0
    }

    pub(crate) fn resolve(&mut self) {
        if self.is_enabled() {
            self.backoff_factor.get_or_insert(1.0);
        }
    }
}
