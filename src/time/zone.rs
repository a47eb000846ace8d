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

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Local days and hours of many instants: remembers the zone's offset between two clock changes.
#[derive(Debug, Clone)]
pub struct DayClock<'a> {
    zone: &'a Zone,
    since: i64,
    until: i64,
    offset: i64,
}

impl<'a> DayClock<'a> {
    /// A clock of the zone.
    #[must_use]
    pub fn new(zone: &'a Zone) -> Self {
        let always = zone.is_utc();
        let (since, until) = if always { (i64::MIN, i64::MAX) } else { (0, 0) };
        Self { zone, since, until, offset: 0 }
    }

    /// The local day of an instant in microseconds since 1970, as days since 1970.
    #[inline]
    pub fn day(&mut self, micros: i64) -> i32 {
        i32::try_from(self.reading(micros).div_euclid(DAY)).unwrap_or(i32::MAX)
    }

    /// The local hour of an instant, 0 to 23.
    #[inline]
    pub fn hour(&mut self, micros: i64) -> i32 {
        i32::try_from(self.reading(micros).rem_euclid(DAY) / (DAY / 24)).unwrap_or(0)
    }

    #[inline]
    fn reading(&mut self, micros: i64) -> i64 {
        if micros < self.since || micros >= self.until {
            self.turn(micros);
        }
        micros.saturating_add(self.offset)
    }

    fn turn(&mut self, micros: i64) {
        let Ok(instant) = Timestamp::from_microsecond(micros) else { return };
        let zone = &self.zone.zone;
        self.offset = i64::from(zone.to_offset(instant).seconds()) * 1_000_000;
        // The change at this very instant, if there is one, precedes the next one.
        let next = Timestamp::from_microsecond(micros.saturating_add(1)).unwrap_or(instant);
        let before = zone.preceding(next).next().map(|change| change.timestamp().as_microsecond());
        let after = zone.following(instant).next().map(|change| change.timestamp().as_microsecond());
        // Changes lie at whole seconds; those that do not are asked about anew.
        self.since = before.unwrap_or(i64::MIN).min(micros);
        self.until = after.unwrap_or(i64::MAX);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_agrees_with_the_zone_across_changes() {
        for name in ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe"]
        {
            let zone = Zone::named(name).expect("a zone");
            let mut clock = DayClock::new(&zone);
            // Every 37 minutes over a year and a half, then backwards, then around every change to the second.
            let first = 1_300_000_000_000_000_i64;
            let steps = (0..22_000).map(|step| first + step * 37 * 60_000_000);
            let instants: Vec<i64> = steps.clone().chain(steps.rev().step_by(7)).collect();
            let start = Timestamp::from_microsecond(first).expect("in range");
            let changes = zone.zone.following(start).take(6).map(|change| change.timestamp().as_microsecond());
            let near: Vec<i64> = changes.flat_map(|at| [at - 1, at, at + 1, at - 1]).collect();
            for micros in instants.into_iter().chain(near) {
                let local = zone.zone.to_datetime(Timestamp::from_microsecond(micros).expect("in range"));
                assert_eq!(clock.day(micros), Day::from(local.date()).epoch_days(), "{name} {micros}");
                assert_eq!(clock.hour(micros), i32::from(local.hour()), "{name} {micros}");
            }
        }
    }
}
