//! The project's time zone: which local day an instant belongs to.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Day;

/// An IANA time zone, `UTC` by default.
#[derive(Clone, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// No such IANA zone.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{0}` is not a time zone of the IANA database")]
pub struct UnknownZone(pub String);

impl Zone {
    /// The zone of that IANA name, such as `Europe/Berlin`.
    ///
    /// # Errors
    /// [`UnknownZone`] if the database has no such name.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(name).map_err(|_| UnknownZone(name.to_owned()))?;
        Ok(Self { name: name.to_owned(), zone })
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The IANA name, as polars and the project file spell it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether local days are UTC days, so that integer division of microseconds gives the day.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        self.zone == TimeZone::UTC || matches!(self.name.as_str(), "UTC" | "Etc/UTC")
    }

    /// The instant (microseconds since 1970-01-01 00:00 UTC) of a local time, given as microseconds of its calendar
    /// reading. A time that a clock change skips is read as if the clock had not changed yet; of a time that comes
    /// twice the first is meant.
    #[must_use]
    pub fn micros_of_local(&self, reading: i64) -> i64 {
        if self.is_utc() {
            return reading;
        }
        let instant = Timestamp::from_microsecond(reading).ok().and_then(|reading| {
            let local = TimeZone::UTC.to_datetime(reading);
            self.zone.to_ambiguous_timestamp(local).compatible().ok()
        });
        instant.map_or(reading, Timestamp::as_microsecond)
    }

    /// The local day of an instant.
    #[must_use]
    pub fn day_of(&self, instant: Timestamp) -> Day {
        self.zone.to_datetime(instant).date().into()
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}
