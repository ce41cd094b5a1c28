//! `test_mode`: addresses for which codes are fixed and messages are not sent.

use crate::section::section;
use crate::text;

section! {
    /// Test rules by channel; the first rule that matches an address applies.
    pub struct TestMode {
        oob_otp: TestModeOobOtp = TestModeOobOtp::default(),
        sms: TestModeSuppression = TestModeSuppression::default(),
        whatsapp: TestModeSuppression = TestModeSuppression::default(),
        email: TestModeSuppression = TestModeSuppression::default(),
    }

    /// Codes that are known in advance.
    pub struct TestModeOobOtp {
        ..
        enabled: bool,
        rules: Vec<TestModeOobOtpRule>,
    }

    /// The code of some addresses.
    #[schemars(extend("required" = ["regex"]))]
    pub struct TestModeOobOtpRule {
        #[schemars(with = "text::Regex")]
        regex: String = String::new(),
        ..
        fixed_code: Option<String>,
    }

    /// Messages that are not sent.
    pub struct TestModeSuppression {
        ..
        enabled: bool,
        rules: Vec<TestModeSuppressionRule>,
    }

    /// Whether some addresses get messages.
    #[schemars(extend("required" = ["regex"]))]
    pub struct TestModeSuppressionRule {
        #[schemars(with = "text::Regex")]
        regex: String = String::new(),
        ..
        suppressed: bool,
    }
}

impl TestModeOobOtp {
    /// The first rule that matches `target`, while rules apply.
    pub fn matching(&self, target: &str) -> Option<&TestModeOobOtpRule> {
        let mut rules = self.rules.iter().filter(|_| self.enabled);
        rules.find(|rule| matches(&rule.regex, target))
    }
}

impl TestModeSuppression {
    /// Whether messages to `target` stay unsent.
    pub fn is_suppressed(&self, target: &str) -> bool {
        let mut rules = self.rules.iter().filter(|_| self.enabled);
        rules.find(|rule| matches(&rule.regex, target)).is_some_and(|rule| rule.suppressed)
    }
}

/// Rules are for tests, so nothing is lost by compiling at each use.
fn matches(regex: &str, target: &str) -> bool {
    crate::formats::regex(regex).is_ok_and(|regex| regex.is_match(target))
}
