//! Worked examples of kinds: a few rows before day 0, and what they give.

use crate::observe::{Parameters, PastView, Places, Row, Stream};
use crate::rollup::NEVER;

/// Rows before day 0, parameters, and the value they give as of day 0.
pub struct Example {
    stream: Stream,
    places: Places,
    /// What the instance is given.
    pub parameters: Parameters,
    /// The value.
    pub expected: f64,
}

impl Example {
    /// Rows on these days; a window of 0 means the whole history.
    #[must_use]
    pub fn days(days: &[i32], window: u32, expected: f64) -> Self {
        Self::rows(days.to_vec(), Vec::new(), window, expected)
    }

    /// Rows with a number.
    #[must_use]
    pub fn numbers(rows: &[(i32, f64)], window: u32, expected: f64) -> Self {
        let column = rows.iter().map(|&(_, number)| Row::Number(number)).collect();
        Self::rows(rows.iter().map(|row| row.0).collect(), vec![column], window, expected)
    }

    /// Rows with a level.
    #[must_use]
    pub fn levels(rows: &[(i32, u32)], window: u32, expected: f64) -> Self {
        let column = rows.iter().map(|&(_, level)| Row::Level(level)).collect();
        Self::rows(rows.iter().map(|row| row.0).collect(), vec![column], window, expected)
    }

    /// Rows with a start, an end and a number.
    #[must_use]
    pub fn spans(rows: &[(i32, Option<i32>, f64)], window: Option<u32>, expected: f64) -> Self {
        let ends: Vec<Row> = rows.iter().map(|&(_, end, _)| Row::Day(end.unwrap_or(NEVER))).collect();
        let numbers: Vec<Row> = rows.iter().map(|&(_, _, number)| Row::Number(number)).collect();
        let is_dated = numbers.iter().all(|number| *number == Row::Number(0.0));
        let first = if is_dated { ends.clone() } else { numbers };
        let mut example =
            Self::rows(rows.iter().map(|row| row.0).collect(), vec![first, ends], window.unwrap_or(0), expected);
        example.parameters.until = 1;
        example
    }

    /// Rows with a start, an end and a day that lies ahead.
    #[must_use]
    pub fn expiries(rows: &[(i32, Option<i32>, i32)], expected: f64) -> Self {
        let ahead = rows.iter().map(|&(_, _, day)| Row::Day(day)).collect();
        let ends = rows.iter().map(|&(_, end, _)| Row::Day(end.unwrap_or(NEVER))).collect();
        let mut example = Self::rows(rows.iter().map(|row| row.0).collect(), vec![ahead, ends], 0, expected);
        example.parameters.until = 1;
        example
    }

    fn rows(days: Vec<i32>, columns: Vec<Vec<Row>>, window: u32, expected: f64) -> Self {
        let parameters = Parameters { window: Some(window).filter(|days| *days > 0), ..Parameters::default() };
        let places = Places { end: 2, start: usize::from(window > 0), before: Some(0) };
        let marks = if window > 0 {
            [0_i32.saturating_sub_unsigned(2 * window), 0_i32.saturating_sub_unsigned(window), 0]
        } else {
            [i32::MIN, i32::MIN, 0]
        };
        Self { stream: Stream::of(days, columns, &marks), parameters, places, expected }
    }

    /// The rows as of day 0.
    #[must_use]
    pub fn view(&self) -> PastView<'_> {
        PastView::new(&self.stream, 0, self.stream.first_day(), self.parameters.window, self.places)
    }
}
