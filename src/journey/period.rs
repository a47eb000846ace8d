//! Calendar periods by which passages are grouped.

use jiff::civil::Weekday;

use crate::project::WeekStart;
use crate::time::Day;

/// A calendar period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Period {
    /// A local day.
    Day,
    /// A week from the project's first weekday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

impl Period {
    /// First day of the period that holds `day`.
    #[must_use]
    pub fn start(self, day: Day, week_start: WeekStart) -> Day {
        let date = day.date();
        let of_month = |month: i8| Day::from(jiff::civil::date(date.year(), month, 1));
        match self {
            Self::Day => day,
            Self::Week => day.plus(-days_since(day.weekday(), week_start)),
            Self::Month => of_month(date.month()),
            Self::Quarter => of_month((date.month() - 1) / 3 * 3 + 1),
            Self::Year => of_month(1),
        }
    }
}

fn days_since(weekday: Weekday, week_start: WeekStart) -> i32 {
    let first = match week_start {
        WeekStart::Monday => Weekday::Monday,
        WeekStart::Sunday => Weekday::Sunday,
        WeekStart::Saturday => Weekday::Saturday,
    };
    i32::from(weekday.since(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_where_calendars_say() {
        let day: Day = "2025-05-14".parse().expect("a Wednesday");
        let start = |period: Period, week_start| period.start(day, week_start).to_string();
        assert_eq!(start(Period::Week, WeekStart::Monday), "2025-05-12");
        assert_eq!(start(Period::Week, WeekStart::Sunday), "2025-05-11");
        assert_eq!(start(Period::Week, WeekStart::Saturday), "2025-05-10");
        assert_eq!(start(Period::Quarter, WeekStart::Monday), "2025-04-01");
        assert_eq!(start(Period::Year, WeekStart::Monday), "2025-01-01");
        let sunday: Day = "2025-05-11".parse().expect("a Sunday");
        assert_eq!(Period::Week.start(sunday, WeekStart::Sunday), sunday);
    }
}
