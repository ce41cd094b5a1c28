//! Why a case did not pass: what was expected, what came, and where they differ.

use crate::client::{Answer, ClientError};
use crate::matcher::{Violation, cut};
use crate::template::TemplateError;

/// One failed expectation, or what kept the case from getting that far.
#[derive(Clone, Debug)]
pub struct Failure {
    /// In words: `output.result`, `the HTTP status`, `before: custom_sql`.
    pub expectation: String,
    pub violations: Vec<Violation>,
    /// What came, for whoever reads the report.
    pub came: String,
}

impl Failure {
    pub fn new(expectation: impl Into<String>, came: impl Into<String>) -> Self {
        Self { expectation: expectation.into(), violations: Vec::new(), came: came.into() }
    }

    /// One thing that was expected, and what there was in its place.
    pub fn differs(
        what: &str,
        expected: &dyn std::fmt::Display,
        actual: impl std::fmt::Display,
    ) -> Self {
        Self::differs_at(what, "", expected, actual)
    }

    pub fn differs_at(
        what: &str,
        path: &str,
        expected: &dyn std::fmt::Display,
        actual: impl std::fmt::Display,
    ) -> Self {
        let violation = Violation {
            path: path.to_owned(),
            expected: cut(&expected.to_string()),
            actual: cut(&actual.to_string()),
            is_lenient: false,
        };
        Self { violations: vec![violation], ..Self::new(what, "") }
    }

    #[must_use]
    pub fn with_answer(mut self, answer: &Answer) -> Self {
        let location = answer.header("location").map(|it| format!(" → {it}")).unwrap_or_default();
        self.came =
            format!("{} from {}{location}\n{}", answer.status, answer.url, cut(&answer.text()));
        self
    }

    #[must_use]
    pub fn at(mut self, what: &str) -> Self {
        self.expectation = format!("{what}: {}", self.expectation);
        self
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::new("an answer", error.to_string())
    }
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        Self::new("a template of the case format", error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new("the runner can do this", format!("{error:#}"))
    }
}
