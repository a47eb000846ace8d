//! One local calendar day, counted from 1970-01-01.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A local calendar day as the number of days since 1970-01-01 (negative before).
///
/// The same number polars stores in a `Date` column, so frames and kernels agree without conversion.
/// Written and read as ISO 8601 (`2025-06-01`) in every file and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Day(i32);

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

impl Day {
    /// The day that lies `days` after 1970-01-01.
    #[must_use]
    pub const fn from_epoch_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn epoch_days(self) -> i32 {
        self.0
    }

    /// The calendar date, clamped to jiff's range of years −9999 to 9999.
    #[must_use]
    pub fn date(self) -> Date {
        EPOCH.saturating_add(jiff::Span::new().days(i64::from(self.0).clamp(-4_371_000, 2_932_000)))
    }

    /// This day moved by a number of days (negative: back).
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Signed days from `other` to `self`.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// Day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        let days = date.since(EPOCH).map_or(0, |span| span.get_days());
        Self(days)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

/// The text is not a calendar date of the form `YYYY-MM-DD`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{0}` is not a calendar date of the form YYYY-MM-DD")]
pub struct ParseDayError(pub String);

impl FromStr for Day {
    type Err = ParseDayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date: Date = text.trim().parse().map_err(|_| ParseDayError(text.to_owned()))?;
        Ok(date.into())
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_back_what_it_prints_also_before_1970_and_after_2100() {
        for text in ["1969-12-31", "1970-01-01", "2025-06-01", "2199-02-28"] {
            let day: Day = text.parse().expect("a valid date");
            assert_eq!(day.to_string(), text);
        }
        assert_eq!("1970-01-02".parse::<Day>().expect("valid").epoch_days(), 1);
        assert_eq!("1969-12-31".parse::<Day>().expect("valid").epoch_days(), -1);
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        assert!("2025-02-30".parse::<Day>().is_err());
    }
}
