//! What a feature may see: one customer's rows before a cutoff, and nothing else.

use std::ops::Range;
use std::sync::Arc;

use super::stream::{Cells, Stream};
use crate::rollup::{NEVER, NO_LEVEL};

/// Position of a column among those a stream carries.
pub type Slot = usize;

/// One customer's rows of one stream as of a cutoff. It borrows only what lies before the cutoff.
#[derive(Debug, Clone, Copy)]
pub struct PastView<'a> {
    as_of: i32,
    end: usize,
    stream: &'a Stream,
    since: i32,
    /// The window that the places are of.
    window: Option<u32>,
    places: Places,
}

/// What an instance of a kind is given beside the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Days of the window; `None` for the whole history.
    pub window: Option<u32>,
    /// The first column the kind reads.
    pub column: Slot,
    /// The second column the kind reads, such as an end.
    pub until: Slot,
    /// Half-life in days.
    pub half_life: f64,
    /// What the kind keeps for whole numbers from 0 on: it is the same for all customers.
    pub kept: Arc<[f64]>,
    /// Likewise, in the units of exact sums.
    pub kept_units: Arc<[i64]>,
}

/// Where a window of a feature at a cutoff begins and ends: positions among the days a stream is marked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The cutoff.
    pub end: usize,
    /// The first day of the window.
    pub start: usize,
    /// The first day of the window before the window, for those who look at it.
    pub before: Option<usize>,
}

/// How many rows lie where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the window.
    pub now: u32,
    /// Rows in the window before the window.
    pub before: u32,
    /// Days between the customer's first sight and the cutoff, at least one.
    pub tenure_days: i32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { window: None, column: 0, until: 0, half_life: 30.0, kept: Arc::default(), kept_units: Arc::default() }
    }
}

/// Days between the first sight of a customer and a cutoff, at least one.
#[must_use]
pub const fn tenure_days(since: i32, as_of: i32) -> i32 {
    let days = as_of.saturating_sub(since);
    if since < as_of && days > 1 { days } else { 1 }
}

impl<'a> PastView<'a> {
    /// The view of a stream as of a day, for a feature with that window, whose places are among the stream's marks. `since`
    /// is the day the customer was first seen.
    #[must_use]
    pub fn new(stream: &'a Stream, as_of: i32, since: i32, window: Option<u32>, places: Places) -> Self {
        Self { as_of, end: stream.marked[places.end] as usize, stream, since, window, places }
    }

    /// The first of the rows before `until` that lies in the window.
    fn first_since(&self, window: Option<u32>, until: usize) -> usize {
        let Some(days) = window else { return 0 };
        let start = self.as_of.saturating_sub_unsigned(days);
        self.stream.days[..until].partition_point(|&day| day < start)
    }

    /// How many rows lie in the window and in the one before it.
    #[must_use]
    pub fn counts(&self, window: Option<u32>) -> Counts {
        let count = |rows: Range<usize>| u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let (now, before) = (count(self.rows(window)), count(self.rows_before(window)));
        Counts { now, before, tenure_days: self.tenure_days() }
    }

    /// The cutoff.
    #[must_use]
    pub const fn as_of(&self) -> i32 {
        self.as_of
    }

    /// Days between the customer's first sight and the cutoff, at least one.
    #[must_use]
    pub fn tenure_days(&self) -> i32 {
        tenure_days(self.since, self.as_of)
    }

    /// The rows in the window `[D - days, D)`.
    #[must_use]
    pub fn rows(&self, window: Option<u32>) -> Range<usize> {
        let is_placed = window == self.window;
        let start = if is_placed { self.at(self.places.start) } else { self.first_since(window, self.end) };
        start..self.end
    }

    /// The rows in `[D - 2·days, D - days)`, the window before the window.
    #[must_use]
    pub fn rows_before(&self, window: Option<u32>) -> Range<usize> {
        // Without a window there is nothing before it.
        let Some(days) = window else { return self.end..self.end };
        let end = self.rows(window).start;
        let known = self.places.before.filter(|_| window == self.window);
        known.map_or_else(|| self.first_since(Some(days.saturating_mul(2)), end), |place| self.at(place))..end
    }

    /// The rows with `start <= day < end`; never any at or after the cutoff.
    #[must_use]
    pub fn between(&self, start: i32, end: i32) -> Range<usize> {
        let days = &self.stream.days[..self.end];
        let first = days.partition_point(|&day| day < start);
        first..first + days[first..].partition_point(|&day| day < end)
    }

    /// How many rows lie in each of the last so many blocks of days before the cutoff, the earliest first.
    pub fn blocks(&self, days: i32, blocks: i32) -> impl Iterator<Item = u32> + 'a {
        let as_of = self.as_of;
        let mut rest = &self.stream.days[self.between(as_of - days * blocks, as_of)];
        (0..blocks).rev().map(move |later| {
            let end = as_of - days * later;
            let inside = rest.iter().take_while(|day| **day < end).count();
            rest = &rest[inside..];
            u32::try_from(inside).unwrap_or(u32::MAX)
        })
    }

    /// Days of the rows, ascending.
    #[must_use]
    pub fn days(&self, rows: Range<usize>) -> &'a [i32] {
        &self.stream.days[self.checked(rows)]
    }

    /// The last row's day.
    #[must_use]
    pub fn last_day(&self, rows: Range<usize>) -> Option<i32> {
        self.days(rows).last().copied()
    }

    /// Distinct days in the window.
    #[must_use]
    pub fn distinct_days(&self, window: Option<u32>) -> u32 {
        debug_assert_eq!(window, self.window, "running counts are kept at the places of one window");
        self.stream.running[self.places.end].0 - self.stream.running[self.places.start].0
    }

    /// Sum of squared gaps in days between the distinct days of the window.
    #[must_use]
    pub fn squared_gaps(&self, window: Option<u32>) -> i64 {
        debug_assert_eq!(window, self.window, "running sums are kept at the places of one window");
        let rows = self.rows(window);
        let squares = self.stream.running[self.places.end].1 - self.stream.running[self.places.start].1;
        if rows.is_empty() || rows.start == 0 {
            return squares;
        }
        // The gap that leads into the window is none of its own.
        let gap = i64::from(self.stream.days[rows.start] - self.stream.days[rows.start - 1]);
        squares - gap * gap
    }

    /// Sum of a column over the rows of the window, and how many of them have a number.
    #[must_use]
    pub fn sum(&self, column: Slot, window: Option<u32>) -> (f64, u32) {
        debug_assert_eq!(window, self.window, "running sums are kept at the places of one window");
        self.sum_between(column, self.places.start, self.places.end)
    }

    /// Sum of a column over the rows of the window before the window, likewise.
    #[must_use]
    pub fn sum_before(&self, column: Slot, window: Option<u32>) -> (f64, u32) {
        debug_assert_eq!(window, self.window, "running sums are kept at the places of one window");
        self.places.before.map_or((0.0, 0), |before| self.sum_between(column, before, self.places.start))
    }

    fn sum_between(&self, column: Slot, start: usize, end: usize) -> (f64, u32) {
        let (before, after) = (self.stream.sums[column][start], self.stream.sums[column][end]);
        ((after.0 - before.0).value(), after.1 - before.1)
    }

    /// What was computed last of the days of these rows, or is now: features of one kind and window stand side by side.
    #[must_use]
    pub fn remembered(&self, rows: &Range<usize>, compute: impl Fn(&[i32]) -> f64) -> f64 {
        let key = (rows.start, rows.end);
        let known = self.stream.remembered.get().filter(|(of, _)| *of == key);
        known.map_or_else(
            || {
                let value = compute(self.days(rows.clone()));
                self.stream.remembered.set(Some((key, value)));
                value
            },
            |(_, value)| value,
        )
    }

    fn at(&self, place: usize) -> usize {
        self.stream.marked[place] as usize
    }

    /// The numbers of a column in the rows, in their order, missing ones left out.
    pub fn numbers(&self, column: Slot, rows: Range<usize>) -> impl DoubleEndedIterator<Item = f64> + Clone + 'a {
        let numbers = match &self.stream.columns[column] {
            Cells::Numbers(numbers) => &numbers[self.checked(rows)],
            _ => &[],
        };
        numbers.iter().copied().filter(|number| !number.is_nan())
    }

    /// The number of a column in one row; NaN where missing.
    #[must_use]
    pub fn number(&self, column: Slot, row: usize) -> f64 {
        match &self.stream.columns[column] {
            Cells::Numbers(numbers) => numbers[..self.end][row],
            _ => f64::NAN,
        }
    }

    /// The levels of a column in the rows, missing ones left out.
    pub fn levels(&self, column: Slot, rows: Range<usize>) -> impl DoubleEndedIterator<Item = u32> + Clone + 'a {
        let levels = match &self.stream.columns[column] {
            Cells::Levels(levels) => &levels[self.checked(rows)],
            _ => &[],
        };
        levels.iter().copied().filter(|code| *code != NO_LEVEL)
    }

    /// The day a column holds in one row, if it was known by the cutoff.
    #[must_use]
    pub fn day(&self, column: Slot, row: usize) -> Option<i32> {
        match &self.stream.columns[column] {
            Cells::Days(days) => Some(days[..self.end][row]).filter(|day| *day != NEVER),
            _ => None,
        }
    }

    fn checked(&self, rows: Range<usize>) -> Range<usize> {
        rows.start.min(self.end)..rows.end.min(self.end)
    }
}
