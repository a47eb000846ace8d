//! Reading times: ISO 8601, strftime patterns, unix counts. A time without a zone is local in the project's zone.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;

use crate::time::{Day, Zone};

/// A point in time as a row gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub micros: i64,
    /// Whether the row names a zone or an offset; else it was local.
    pub zoned: bool,
}

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// `2025-06-01`, with `T` or space and a time, a fraction, an offset.
    Iso,
    /// Year, month, day without anything between, as in `%Y%m%d`.
    CompactDate,
    /// A strftime pattern.
    Strftime(String),
    /// Whole or decimal numbers since 1970-01-01 00:00 UTC, so many a second.
    Unix(i64),
}

/// Reads times of one source.
#[derive(Debug, Clone)]
pub struct TimeParser {
    /// How they are written.
    pub format: TimeFormat,
    /// The zone of times that name none.
    pub zone: Zone,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl TimeFormat {
    /// The format of that name; `None` if it is neither a name nor a pattern.
    #[must_use]
    pub fn named(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("iso") => Some(Self::Iso),
            Some("unix_s") => Some(Self::Unix(1)),
            Some("unix_ms") => Some(Self::Unix(1_000)),
            Some("unix_us") => Some(Self::Unix(1_000_000)),
            Some("%Y%m%d") => Some(Self::CompactDate),
            Some(pattern) if pattern.contains('%') => Some(Self::Strftime(pattern.to_owned())),
            Some(_) => None,
        }
    }
}

impl TimeParser {
    /// The time that `text` says, or `None` if it says none in this format.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Instant> {
        let text = text.trim();
        match &self.format {
            TimeFormat::Iso => self.iso(text.as_bytes()),
            TimeFormat::CompactDate => self.compact_date(text.as_bytes()),
            TimeFormat::Strftime(pattern) => self.pattern(pattern, text),
            TimeFormat::Unix(per_second) => unix(text, *per_second),
        }
    }

    /// The instant of local midnight of a day, in microseconds.
    #[must_use]
    pub fn midnight(&self, day: Day) -> i64 {
        self.local_micros(i64::from(day.epoch_days()) * DAY)
    }

    /// The instant of a local time, given as microseconds of its calendar reading. A time that a clock change skips is
    /// read as if the clock had not changed yet; of a time that comes twice the first is meant.
    #[must_use]
    pub fn local_micros(&self, reading: i64) -> i64 {
        self.zone.micros_of_local(reading)
    }

    fn local(&self, reading: i64) -> Instant {
        Instant { micros: self.local_micros(reading), zoned: false }
    }

    fn iso(&self, text: &[u8]) -> Option<Instant> {
        let (date, rest) = iso_date(text)?;
        let (time, rest) = match rest.first() {
            Some(b'T' | b't' | b' ') => iso_time(&rest[1..])?,
            _ => (0, rest),
        };
        let reading = date * DAY + time;
        match rest.trim_ascii() {
            b"" => Some(self.local(reading)),
            rest => Some(Instant { micros: reading - offset(rest)? * SECOND, zoned: true }),
        }
    }

    fn compact_date(&self, text: &[u8]) -> Option<Instant> {
        if text.len() != 8 {
            return None;
        }
        let days = days_of(digits(&text[..4])?, digits(&text[4..6])?, digits(&text[6..])?)?;
        Some(self.local(days * DAY))
    }

    fn pattern(&self, pattern: &str, text: &str) -> Option<Instant> {
        let parts = strtime::parse(pattern, text).ok()?;
        let date = parts.to_date().ok()?;
        let time = parts.to_time().unwrap_or_else(|_| jiff::civil::Time::midnight());
        let reading = reading_of(date.to_datetime(time));
        Some(match parts.offset() {
            Some(offset) => Instant { micros: reading - i64::from(offset.seconds()) * SECOND, zoned: true },
            None => self.local(reading),
        })
    }
}

/// Microseconds of a calendar reading since 1970-01-01 00:00 of the same calendar.
fn reading_of(local: DateTime) -> i64 {
    let day = i64::from(Day::from(local.date()).epoch_days());
    let time = local.time();
    let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    day * DAY + seconds * SECOND + i64::from(time.subsec_nanosecond()) / 1_000
}

fn unix(text: &str, per_second: i64) -> Option<Instant> {
    let unit = SECOND / per_second;
    let micros = match text.parse::<i64>() {
        Ok(whole) => whole.checked_mul(unit)?,
        Err(_) => unix_micros(text.parse::<f64>().ok()?, per_second)?,
    };
    Some(Instant { micros, zoned: true })
}

/// Microseconds of a decimal count; `None` beyond what fits.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "bounded just above the cast")]
pub(super) fn unix_micros(count: f64, per_second: i64) -> Option<i64> {
    let micros = count * (SECOND / per_second) as f64;
    (micros.abs() < 9.0e18).then(|| micros.round() as i64)
}

/// `YYYY-M-D` at the beginning, as days since 1970-01-01, and what follows.
fn iso_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (year, rest) = number(text, 4, 4)?;
    let (month, rest) = number(rest.strip_prefix(b"-")?, 1, 2)?;
    let (day, rest) = number(rest.strip_prefix(b"-")?, 1, 2)?;
    Some((days_of(year, month, day)?, rest))
}

/// `HH:MM[:SS[.fraction]]` as microseconds of the day, and what follows.
fn iso_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = number(text, 1, 2)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?, 2, 2)?;
    let (second, rest) = match rest.strip_prefix(b":") {
        Some(rest) => number(rest, 2, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.first() {
        Some(b'.' | b',') => fraction(&rest[1..])?,
        _ => (0, rest),
    };
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some((((hour * 60 + minute) * 60 + second) * SECOND + fraction, rest))
}

/// Digits of a fraction of a second as microseconds; what is finer is dropped.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let micros = (0..6).fold(0, |micros, at| {
        let digit = text.get(at).filter(|_| at < length).map_or(0, |byte| i64::from(byte - b'0'));
        micros * 10 + digit
    });
    Some((micros, &text[length..]))
}

/// `Z`, `UTC`, `+02`, `+0200` or `+02:00` as seconds east of Greenwich.
fn offset(rest: &[u8]) -> Option<i64> {
    let (sign, digits) = match rest {
        b"Z" | b"z" | b"UTC" | b"GMT" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, rest) = number(digits, 2, 2)?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = if rest.is_empty() { 0 } else { number(rest, 2, 2).filter(|(_, rest)| rest.is_empty())?.0 };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

/// At least `least` and at most `most` digits at the beginning, and what follows.
fn number(text: &[u8], least: usize, most: usize) -> Option<(i64, &[u8])> {
    let length = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    (length >= least).then(|| Some((digits(&text[..length])?, &text[length..])))?
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(i64::from(Day::from(date).epoch_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parser(format: &str, zone: &str) -> TimeParser {
        let format = TimeFormat::named(Some(format)).expect("a format");
        TimeParser { format, zone: Zone::named(zone).expect("a zone") }
    }

    fn utc(format: &str, text: &str) -> Option<String> {
        parser(format, "UTC").parse(text).map(|instant| shown(instant.micros))
    }

    fn shown(micros: i64) -> String {
        jiff::Timestamp::from_microsecond(micros).expect("in range").to_string()
    }

    #[test]
    fn iso_takes_dates_times_fractions_and_offsets() {
        let cases = [
            ("2025-06-01", "2025-06-01T00:00:00Z"),
            ("2025-6-1", "2025-06-01T00:00:00Z"),
            ("2025-06-01T12:30", "2025-06-01T12:30:00Z"),
            ("2025-06-01 12:30:05.25", "2025-06-01T12:30:05.25Z"),
            ("2025-06-01T12:30:05.123456789Z", "2025-06-01T12:30:05.123456Z"),
            ("2025-06-01T00:30:00+02:00", "2025-05-31T22:30:00Z"),
            ("2025-06-01 00:30:00 -0530", "2025-06-01T06:00:00Z"),
            ("1938-01-31", "1938-01-31T00:00:00Z"),
            ("2199-12-31", "2199-12-31T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(utc("iso", text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "yesterday", "2025-13-01", "2025-02-30", "2025-06-01T25:00", "2025-06-01x", "01/06/2025", "20250601"]
        {
            assert_eq!(utc("iso", text), None, "{text}");
        }
    }

    #[test]
    fn patterns_and_unix_counts() {
        assert_eq!(utc("%Y%m%d", "19970101").as_deref(), Some("1997-01-01T00:00:00Z"));
        assert_eq!(utc("%d/%m/%Y", "25/12/2021").as_deref(), Some("2021-12-25T00:00:00Z"));
        assert_eq!(utc("%d/%m/%y", "25/12/21").as_deref(), Some("2021-12-25T00:00:00Z"));
        assert_eq!(utc("%m/%d/%Y %H:%M", "1/2/2021 3:04").as_deref(), Some("2021-01-02T03:04:00Z"));
        assert_eq!(utc("unix_s", "1.5").as_deref(), Some("1970-01-01T00:00:01.5Z"));
        assert_eq!(utc("unix_ms", "-1").as_deref(), Some("1969-12-31T23:59:59.999Z"));
    }

    #[test]
    fn a_time_without_a_zone_is_local() {
        let berlin = parser("iso", "Europe/Berlin");
        let local = berlin.parse("2025-06-01T00:00").expect("a time");
        assert_eq!((shown(local.micros).as_str(), local.zoned), ("2025-05-31T22:00:00Z", false));
        let zoned = berlin.parse("2025-06-01T00:00Z").expect("a time");
        assert_eq!((shown(zoned.micros).as_str(), zoned.zoned), ("2025-06-01T00:00:00Z", true));
        let skipped = berlin.parse("2025-03-30T02:30").expect("read as if the clock had not changed yet");
        assert_eq!(shown(skipped.micros), "2025-03-30T01:30:00Z");
    }
}
