//! Instants.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const MICROS: i64 = 1_000_000;

/// Microseconds since the Unix epoch, UTC: what PostgreSQL keeps, and what both engines store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const EPOCH: Self = Self(0);

    /// The clock of the machine. Only the server's composition calls it; rules read `ctx.now`.
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn from_clock() -> Self {
        let micros = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// Whole seconds since the epoch, as JWT's NumericDate (RFC 7519 §2).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS)))
    }

    /// Seconds from `earlier` to here, rounded towards the past; negative when it is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(MICROS)
    }

    /// RFC 3339 in UTC, with as many fractional digits as there are.
    pub fn to_rfc3339(self) -> String {
        self.date_time().format(&Rfc3339).expect("years up to 9999 can be written")
    }

    /// Reads RFC 3339 with any offset; `None` when it is not.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000).ok().map(Self)
    }

    /// The calendar view, held to the year 9999, the last that RFC 3339 can write.
    pub fn date_time(self) -> OffsetDateTime {
        const LAST: i64 = 253_402_300_799;
        let micros = self.0.clamp(0, LAST * MICROS);
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
            .expect("clamped to the calendar")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}
