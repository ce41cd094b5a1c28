//! Durations as the configuration writes them: `90s`, `5m`, `1h30m`.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A span of time, kept as it was written so that a file is written back unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DurationString(String);

impl DurationString {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The span itself. The schema has refused what does not parse, so zero is only
    /// what an unvalidated value can give.
    pub fn as_duration(&self) -> Duration {
        parse(&self.0).unwrap_or_default()
    }

    /// Whole seconds, rounded down.
    pub fn as_seconds(&self) -> i64 {
        i64::try_from(self.as_duration().as_secs()).unwrap_or(i64::MAX)
    }

    /// `seconds` written in the longest units, every smaller unit spelled out: `20m0s`.
    pub fn from_seconds(seconds: i64) -> Self {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        Self(match (hours, minutes) {
            (0, 0) => format!("{rest}s"),
            (0, _) => format!("{minutes}m{rest}s"),
            _ => format!("{hours}h{minutes}m{rest}s"),
        })
    }
}

impl From<&str> for DurationString {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl JsonSchema for DurationString {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("DurationString")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "x_duration_string" })
    }
}

/// Reads a sequence of decimal numbers, each with a unit. `None` for anything else.
pub fn parse(text: &str) -> Option<Duration> {
    // Nobody writes longer ones; it keeps the arithmetic below exact.
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let (unit, tail) = tail
            .split_at(tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len()));
        let nanos_per_unit: f64 = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        let seconds = number.parse::<f64>().ok()? * nanos_per_unit / 1e9;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = tail;
    }
    // As far as nanoseconds in 64 bits reach: 292 years.
    (total <= Duration::from_nanos(i64::MAX.unsigned_abs())).then_some(total)
}

#[cfg(test)]
mod tests;
