//! Calendar periods: which ones a request means, and which one a day belongs to.

use jiff::civil::Weekday;
use serde::Serialize;

use crate::project::WeekStart;
use crate::time::Day;

/// Length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// A local day.
    Day,
    /// Seven days from the declared first day of the week.
    Week,
    /// A calendar month.
    #[default]
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

/// One period, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// First day inside.
    pub start: Day,
    /// First day after it.
    pub end: Day,
    /// Whether only a part of the calendar period is covered.
    pub partial: bool,
}

/// Which periods are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Length of each.
    pub kind: PeriodKind,
    /// First day of a week.
    pub week_start: WeekStart,
    /// First day wanted; by default the start of the twelfth last complete period.
    pub from: Option<Day>,
    /// First day no longer wanted; never later than `as_of`.
    pub to: Option<Day>,
    /// Nothing from this day on is known.
    pub as_of: Day,
    /// Instead of whole periods, windows of so many days that end with each period.
    pub rolling_days: Option<u32>,
}

/// How many complete periods are shown by default.
const COMPLETE_PERIODS: usize = 12;
/// A guard against asking for every day since the year −9999.
const MOST_PERIODS: usize = 40_000;

/// Consecutive periods in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// What they are.
    pub kind: PeriodKind,
    /// First day of a week.
    pub week_start: WeekStart,
    /// Days of each window, where the periods are windows that roll.
    pub rolling_days: Option<i32>,
    /// The periods, ascending by end. Those that are shown have no gaps, and overlap only where they roll.
    pub periods: Vec<Period>,
    /// How many periods stand before the shown ones, for comparison only.
    pub compared: usize,
}

impl PeriodKind {
    /// The first day of the period that holds `day`.
    #[must_use]
    pub fn start(self, day: Day, week_start: WeekStart) -> Day {
        let date = day.date();
        match self {
            Self::Day => day,
            Self::Week => day.plus(-i32::from(day.weekday().since(first_weekday(week_start)))),
            Self::Month => date.first_of_month().into(),
            Self::Quarter => quarter_start(date).into(),
            Self::Year => date.first_of_year().into(),
        }
    }

    /// The first day of the next period.
    #[must_use]
    pub fn next(self, start: Day) -> Day {
        let date = start.date();
        match self {
            Self::Day => start.plus(1),
            Self::Week => start.plus(7),
            Self::Month => date.saturating_add(jiff::Span::new().months(1)).into(),
            Self::Quarter => date.saturating_add(jiff::Span::new().months(3)).into(),
            Self::Year => date.saturating_add(jiff::Span::new().years(1)).into(),
        }
    }

    /// How many periods make a season; 0 where there is none.
    #[must_use]
    pub const fn season(self) -> usize {
        match self {
            Self::Day => 7,
            Self::Week => 52,
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 0,
        }
    }

    /// Its name as the command line spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

impl Period {
    /// Number of days inside.
    #[must_use]
    pub fn days(&self) -> i32 {
        self.end.since(self.start)
    }

    /// Whether the day lies inside.
    #[must_use]
    pub fn contains(&self, day: Day) -> bool {
        self.start <= day && day < self.end
    }
}

impl Calendar {
    /// The periods of a span: those of the calendar, clipped to `[from, min(to, as_of))`.
    #[must_use]
    pub fn new(span: &Span) -> Self {
        let end = span.to.map_or(span.as_of, |to| to.min(span.as_of));
        let from = span.from.unwrap_or_else(|| span.default_from(end));
        let mut periods = Vec::new();
        let mut start = span.kind.start(from, span.week_start);
        while start < end && periods.len() < MOST_PERIODS {
            let next = span.kind.next(start);
            let (first, last) = (start.max(from), next.min(end));
            periods.push(Period { start: first, end: last, partial: first != start || last != next });
            start = next;
        }
        let rolling_days = span.rolling_days.map(|days| i32::try_from(days).unwrap_or(i32::MAX / 4).max(1));
        if let Some(days) = rolling_days {
            // A window is whole wherever it ends.
            for period in &mut periods {
                *period = Period { start: period.end.plus(-days), end: period.end, partial: false };
            }
        }
        Self { kind: span.kind, week_start: span.week_start, rolling_days, periods, compared: 0 }
    }

    /// The same, with the periods that the shown ones are compared with before them: the previous one of the first, and
    /// the same of the year before. Periods that end by `data_start` are left out: nothing happened in them.
    #[must_use]
    pub fn with_comparisons(mut self, data_start: Option<Day>) -> Self {
        let Some(first) = self.periods.first().copied() else { return self };
        let mut earlier: Vec<Period> =
            self.periods.iter().filter(|period| !period.partial).map(|period| self.year_before(period)).collect();
        earlier.extend(self.before(first));
        earlier.retain(|period| period.end < first.end && (self.rolling_days.is_some() || period.end <= first.start));
        earlier.retain(|period| data_start.is_none_or(|start| period.end > start));
        earlier.sort_unstable_by_key(|period| (period.end, period.start));
        earlier.dedup_by_key(|period| (period.end, period.start));
        self.compared = earlier.len();
        earlier.append(&mut self.periods);
        self.periods = earlier;
        self
    }

    /// The periods before the first shown one that do not overlap it, and those between.
    fn before(&self, first: Period) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut next = self.kind.start(first.end.plus(-1), self.week_start);
        while periods.last().is_none_or(|period: &Period| period.end > first.start) && periods.len() < MOST_PERIODS {
            let end = next.min(first.end);
            next = self.kind.start(end.plus(-1), self.week_start);
            let start = self.rolling_days.map_or(next, |days| end.plus(-days));
            periods.push(Period { start, end, partial: false });
        }
        periods
    }

    /// The same period of the year before; of a week, 52 weeks before.
    #[must_use]
    pub fn year_before(&self, period: &Period) -> Period {
        if let Some(days) = self.rolling_days {
            let end = self.last_year(period.end);
            return Period { start: end.plus(-days), end, partial: false };
        }
        let start = self.last_year(period.start);
        Period { start, end: self.kind.next(start), partial: false }
    }

    /// The periods that are shown.
    #[must_use]
    pub fn shown(&self) -> &[Period] {
        &self.periods[self.compared..]
    }

    /// Number of periods.
    #[must_use]
    pub fn len(&self) -> usize {
        self.periods.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }

    /// The positions of the periods that hold `day`: one, or several that roll.
    pub fn holding(&self, day: Day) -> impl Iterator<Item = usize> {
        let first = self.periods.partition_point(|period| period.end <= day);
        let held = self.periods[first..].iter().take_while(move |period| period.start <= day);
        held.enumerate().map(move |(after, _)| first + after)
    }

    fn last_year(&self, start: Day) -> Day {
        match self.kind {
            PeriodKind::Week => start.plus(-364),
            _ => start.date().saturating_sub(jiff::Span::new().years(1)).into(),
        }
    }

    /// The first day of the calendar period, of at least a week, that holds `day`: the cohort of who came that day.
    #[must_use]
    pub fn cohort(&self, day: Day) -> Day {
        self.kind.max(PeriodKind::Week).start(day, self.week_start)
    }
}

impl Span {
    fn default_from(&self, end: Day) -> Day {
        let mut start = self.kind.start(end, self.week_start);
        for _ in 0..COMPLETE_PERIODS {
            start = self.kind.start(start.plus(-1), self.week_start);
        }
        start
    }
}

const fn first_weekday(week_start: WeekStart) -> Weekday {
    match week_start {
        WeekStart::Monday => Weekday::Monday,
        WeekStart::Sunday => Weekday::Sunday,
        WeekStart::Saturday => Weekday::Saturday,
    }
}

fn quarter_start(date: jiff::civil::Date) -> jiff::civil::Date {
    let month = (date.month() - 1) / 3 * 3 + 1;
    jiff::civil::Date::new(date.year(), month, 1).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("a date")
    }

    fn span(kind: PeriodKind, week_start: WeekStart, as_of: &str) -> Span {
        Span { kind, week_start, from: None, to: None, as_of: day(as_of), rolling_days: None }
    }

    #[test]
    fn by_default_twelve_complete_periods_and_the_one_under_way() {
        let calendar = Calendar::new(&span(PeriodKind::Month, WeekStart::Monday, "2025-06-15"));
        assert_eq!(calendar.len(), 13);
        assert_eq!(calendar.periods[0].start, day("2024-06-01"));
        assert!(calendar.periods[12].partial && calendar.periods[12].end == day("2025-06-15"));
        assert!(!calendar.periods[11].partial);
    }

    #[test]
    fn on_a_boundary_no_period_is_under_way() {
        let calendar = Calendar::new(&span(PeriodKind::Quarter, WeekStart::Monday, "2025-04-01"));
        assert_eq!(calendar.len(), 12);
        assert!(calendar.periods.iter().all(|period| !period.partial));
    }

    #[test]
    fn weeks_begin_on_the_declared_day() {
        for (week_start, first) in
            [(WeekStart::Monday, "2025-06-09"), (WeekStart::Sunday, "2025-06-08"), (WeekStart::Saturday, "2025-06-07")]
        {
            assert_eq!(PeriodKind::Week.start(day("2025-06-11"), week_start), day(first));
        }
    }

    #[test]
    fn every_kind_partitions_the_year() {
        for kind in [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year] {
            let wanted = Span {
                from: Some(day("2024-01-01")),
                to: Some(day("2025-01-01")),
                ..span(kind, WeekStart::Sunday, "2026-01-01")
            };
            let calendar = Calendar::new(&wanted);
            assert_eq!(calendar.periods.iter().map(Period::days).sum::<i32>(), 366);
            for step in 0..366 {
                let today = day("2024-01-01").plus(step);
                let holding: Vec<usize> = calendar.holding(today).collect();
                assert!(holding.len() == 1 && calendar.periods[holding[0]].contains(today));
            }
            assert_eq!(calendar.holding(day("2025-01-01")).count(), 0);
        }
    }

    #[test]
    fn windows_roll_and_are_compared_with_those_that_do_not_overlap() {
        let wanted = Span { rolling_days: Some(90), ..span(PeriodKind::Month, WeekStart::Monday, "2025-06-01") };
        let calendar = Calendar::new(&wanted);
        assert_eq!(calendar.len(), 12);
        assert!(calendar.periods.iter().all(|period| period.days() == 90));
        assert_eq!(calendar.periods[11].end, day("2025-06-01"));
        assert_eq!(calendar.holding(day("2025-05-15")).count(), 1);
        assert_eq!(calendar.holding(day("2025-03-15")).count(), 3);
        let compared = calendar.with_comparisons(None);
        assert_eq!((compared.shown().len(), compared.compared), (12, 12));
        assert!(compared.periods.is_sorted_by_key(|period| period.end));
    }

    #[test]
    fn a_year_of_months_is_compared_with_the_year_before() {
        let calendar = Calendar::new(&span(PeriodKind::Month, WeekStart::Monday, "2025-06-15"));
        let compared = calendar.clone().with_comparisons(None);
        assert_eq!((compared.shown(), compared.compared), (&calendar.periods[..], 12));
        assert_eq!(compared.periods[0].start, day("2023-06-01"));
        let short = calendar.clone().with_comparisons(Some(day("2024-05-10")));
        assert_eq!(short.compared, 1, "before the data begin there is nothing to compare with");
        let daily = Calendar::new(&span(PeriodKind::Day, WeekStart::Monday, "2025-06-15")).with_comparisons(None);
        assert_eq!(daily.compared, 13, "the day before, and twelve of the year before");
    }

    #[test]
    fn clipped_periods_are_partial() {
        let wanted = Span { from: Some(day("2025-01-15")), ..span(PeriodKind::Month, WeekStart::Monday, "2025-03-01") };
        let partial: Vec<bool> = Calendar::new(&wanted).periods.iter().map(|period| period.partial).collect();
        assert_eq!(partial, [true, false]);
    }
}
