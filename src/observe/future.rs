//! What a label may see: what happened in windows around a cutoff, as far as it is known by now.

use super::filter::{RowFilter, later_day};
use crate::rollup::{History, NEVER, TableHistory};
use crate::tables::TableName;
use crate::time::{Day, Window};

/// A history as it is known on the day up to which outcomes are known.
#[derive(Debug, Clone, Copy)]
pub struct FutureView<'a> {
    history: &'a History,
    known_until: i32,
}

impl<'a> FutureView<'a> {
    /// What is known of the history by the end of the day before `known_until`.
    #[must_use]
    pub const fn new(history: &'a History, known_until: Day) -> Self {
        Self { history, known_until: known_until.epoch_days() }
    }

    /// The table, if it was read.
    #[must_use]
    pub fn table(&self, name: TableName) -> Option<&'a TableHistory> {
        self.history.table(name)
    }

    /// The customer's rows of a table that are known, with days in the window.
    pub fn rows(&self, table: &'a TableHistory, customer: u32, window: Window) -> impl Iterator<Item = usize> + 'a {
        let rows = table.rows(customer);
        let start = table.days.first_from(rows.clone(), window.start.epoch_days());
        let known_until = self.known_until;
        let end = window.end.epoch_days().min(known_until);
        // Most who ask are content with the first row: where the last one lies is not looked up beforehand.
        let inside = (start..rows.end).take_while(move |&row| table.days.at(row) < end);
        inside.filter(move |&row| table.known.as_ref().is_none_or(|known| known[row] < known_until))
    }

    /// The customer's known rows of a table with days in the window, as a list.
    #[must_use]
    pub fn rows_of(&self, table: &TableHistory, customer: u32, window: Window) -> Vec<usize> {
        let rows = table.rows(customer);
        let inside = |&row: &usize| {
            let day = table.days.at(row);
            window.contains(Day::from_epoch_days(day))
                && table.known.as_ref().map_or(day, |known| known[row]) < self.known_until
        };
        rows.filter(inside).collect()
    }

    /// Whether any known row in the window is meant.
    #[must_use]
    pub fn any(&self, table: &'a TableHistory, filter: &RowFilter, customer: u32, window: Window) -> bool {
        self.rows(table, customer, window).any(|row| filter.holds(table, row, self.known_until))
    }

    /// The days of the known rows in the window that are meant, ascending and distinct.
    #[must_use]
    pub fn days(&self, table: &'a TableHistory, filter: &RowFilter, customer: u32, window: Window) -> Vec<i32> {
        let meant = self.rows(table, customer, window).filter(|&row| filter.holds(table, row, self.known_until));
        let mut days: Vec<i32> = meant.map(|row| table.days.at(row)).collect();
        days.dedup();
        days
    }

    /// A later time of a row as far as it is known, or [`NEVER`].
    #[must_use]
    pub fn later_day(&self, table: &TableHistory, column: &str, row: usize) -> i32 {
        table.position(column).map_or(NEVER, |position| later_day(table, position, row, self.known_until))
    }

    /// The history as of an earlier day, for who could show the outcome at all.
    #[must_use]
    pub fn before(&self, as_of: Day) -> Self {
        Self { history: self.history, known_until: as_of.epoch_days() }
    }

    /// The history itself, for what has no time.
    #[must_use]
    pub const fn history(&self) -> &'a History {
        self.history
    }
}
