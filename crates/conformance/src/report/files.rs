//! A run as a file, for other programs: JSON, or JUnit's XML.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::run::Outcome;
use crate::suite::Finished;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Json,
    Junit,
}

pub fn write(format: Format, all: &[Finished]) -> String {
    match format {
        Format::Json => all.iter().map(to_json).collect::<Value>().to_string(),
        Format::Junit => to_junit(all),
    }
}

fn to_json(finished: &Finished) -> Value {
    let mut object = json!({
        "id": finished.id,
        "name": finished.name,
        "seconds": finished.took.as_secs_f64(),
    });
    let (word, details) = match &finished.outcome {
        Outcome::Passed => ("passed", json!({})),
        Outcome::PassedLeniently => ("passed_leniently", json!({})),
        Outcome::LeftOut(reason) => ("left_out", json!({ "reason": reason })),
        Outcome::Crashed(reason) => ("crashed", json!({ "reason": reason })),
        Outcome::Failed { step, failure } => {
            let violations = failure.violations.iter().map(|it| {
                json!({
                    "path": it.path,
                    "expected": it.expected,
                    "actual": it.actual,
                    "the_original_would_pass": it.is_lenient,
                })
            });
            let details = json!({
                "step": step,
                "expectation": failure.expectation,
                "violations": violations.collect::<Value>(),
                "came": failure.came,
            });
            ("failed", details)
        }
    };
    object["outcome"] = word.into();
    object["details"] = details;
    object
}

fn to_junit(all: &[Finished]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| all.iter().filter(|it| wanted(&it.outcome)).count();
    let failures = count(|it| matches!(it, Outcome::Failed { .. }));
    let errors = count(|it| matches!(it, Outcome::Crashed(_)));
    let skipped = count(|it| matches!(it, Outcome::LeftOut(_)));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"conformance\" \
         tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n",
        all.len()
    );
    for finished in all {
        let inside = match &finished.outcome {
            Outcome::Passed | Outcome::PassedLeniently => String::new(),
            Outcome::LeftOut(reason) => format!("<skipped message=\"{}\"/>", escaped(reason)),
            Outcome::Crashed(reason) => format!("<error message=\"{}\"/>", escaped(reason)),
            Outcome::Failed { step, failure } => {
                let what = format!("{step}: {}", failure.expectation);
                let told = super::failure(finished).unwrap_or_default();
                format!("<failure message=\"{}\">{}</failure>", escaped(&what), escaped(&told))
            }
        };
        let _ = writeln!(
            text,
            "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">{inside}</testcase>",
            escaped(&finished.id),
            escaped(&finished.name),
            finished.took.as_secs_f64()
        );
    }
    text + "</testsuite>\n"
}

/// XML 1.0 §2.4 and §2.2: what would be markup, and what no document may hold.
fn escaped(text: &str) -> String {
    let allowed = text.chars().filter(|it| !it.is_control() || ['\n', '\t'].contains(it));
    let text: String = allowed.collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
