//! Which rows of a table are meant, as far as the rows were known as of a day.

use crate::project::FeatureDeclaration;
use crate::rollup::{Column, NEVER, NO_LEVEL, TableHistory, Values};

/// Which rows are meant, in the words of the project file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    /// A text column and the levels that are meant.
    pub levels: Vec<(String, Vec<String>)>,
    /// A text column and the levels that are not meant.
    pub not_levels: Vec<(String, Vec<String>)>,
    /// An SQL expression over what the row itself says.
    pub expression: Option<String>,
    /// Later times that must have passed.
    pub happened: Vec<String>,
    /// Later times that must not have passed.
    pub pending: Vec<String>,
    /// Flags that must be true.
    pub is_true: Vec<String>,
    /// Flags that must be false.
    pub is_false: Vec<String>,
}

impl Filter {
    /// The rows a feature declaration means; `passive` are the kinds that are never activity.
    #[must_use]
    pub fn of(declared: &FeatureDeclaration, passive: &[String]) -> Self {
        let mut not_kinds = declared.not_kinds.clone();
        if declared.activity {
            not_kinds.extend(passive.iter().cloned());
        }
        let kind = |kinds: Vec<String>| if kinds.is_empty() { vec![] } else { vec![("kind".to_owned(), kinds)] };
        Self {
            levels: kind(declared.kinds.clone()).into_iter().chain(declared.levels.clone()).collect(),
            not_levels: kind(not_kinds),
            expression: declared.filter.clone(),
            happened: declared.happened.clone(),
            pending: declared.pending.clone(),
            is_true: declared.is_true.clone(),
            is_false: declared.is_false.clone(),
        }
    }

    /// All columns the filter reads.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        let named = [&self.happened, &self.pending, &self.is_true, &self.is_false].into_iter().flatten();
        self.levels.iter().chain(&self.not_levels).map(|(column, _)| column).chain(&self.expression).chain(named)
    }

    /// The filter bound to a table's columns. A condition on a column that the table does not have never holds.
    #[must_use]
    pub fn bind(&self, table: &TableHistory) -> RowFilter {
        let mut bound = RowFilter::default();
        for (column, levels) in &self.levels {
            bound.add_levels(table, column, |level| levels.iter().any(|meant| meant == level), false);
        }
        for (column, levels) in &self.not_levels {
            bound.add_levels(table, column, |level| !levels.iter().any(|meant| meant == level), true);
        }
        for column in self.expression.iter().chain(&self.is_true) {
            bound.add_flag(table, column, 1);
        }
        for column in &self.is_false {
            bound.add_flag(table, column, 0);
        }
        for (columns, happened) in [(&self.happened, true), (&self.pending, false)] {
            for column in columns {
                bound.add_time(table, column, happened);
            }
        }
        bound
    }
}

/// A filter bound to the columns of one table.
#[derive(Debug, Clone, Default)]
pub struct RowFilter {
    levels: Vec<(usize, Vec<bool>, bool)>,
    flags: Vec<(usize, u8)>,
    times: Vec<(usize, bool)>,
    impossible: bool,
}

impl RowFilter {
    fn add_levels(&mut self, table: &TableHistory, name: &str, meant: impl Fn(&str) -> bool, missing: bool) {
        let Some(position) = table.position(name) else {
            self.impossible |= !missing;
            return;
        };
        if let Values::Text { levels, .. } = &table.columns[position].values {
            self.levels.push((position, levels.iter().map(|level| meant(level)).collect(), missing));
        }
    }

    fn add_flag(&mut self, table: &TableHistory, name: &str, wanted: u8) {
        match table.position(name) {
            Some(position) => self.flags.push((position, wanted)),
            None => self.impossible = true,
        }
    }

    fn add_time(&mut self, table: &TableHistory, name: &str, happened: bool) {
        match table.position(name) {
            Some(position) => self.times.push((position, happened)),
            None => self.impossible |= happened,
        }
    }

    /// Which levels of one text column the filter admits, and whether rows without a level; `None` if it asks for more
    /// than that. Without any condition the column is `None` and every row is admitted.
    #[must_use]
    pub fn only_levels(&self) -> Option<(Option<usize>, Vec<bool>, bool)> {
        let column = self.levels.first().map(|(position, _, _)| *position);
        let is_one = self.levels.iter().all(|(position, _, _)| Some(*position) == column);
        if !is_one || self.impossible || !self.flags.is_empty() || !self.times.is_empty() {
            return None;
        }
        let count = self.levels.first().map_or(0, |(_, meant, _)| meant.len());
        let admitted = (0..count).map(|code| self.levels.iter().all(|(_, meant, _)| meant[code])).collect();
        Some((column, admitted, self.levels.iter().all(|(_, _, missing)| *missing)))
    }

    /// Whether the answer for a row depends on the day from which it is looked at.
    #[must_use]
    pub fn grows_up(&self, table: &TableHistory) -> bool {
        !self.times.is_empty() || self.flags.iter().any(|&(position, _)| table.columns[position].known_with.is_some())
    }

    /// Whether the row is meant, as it was known as of that day.
    #[must_use]
    pub fn holds(&self, table: &TableHistory, row: usize, as_of: i32) -> bool {
        !self.impossible
            && self.levels.iter().all(|(position, meant, missing)| {
                meant.get(code(&table.columns[*position], row) as usize).copied().unwrap_or(*missing)
            })
            && self.flags.iter().all(|&(position, wanted)| flag(table, position, row, as_of) == wanted)
            && self
                .times
                .iter()
                .all(|&(position, happened)| (later_day(table, position, row, as_of) < as_of) == happened)
    }
}

fn code(column: &Column, row: usize) -> u32 {
    if let Values::Text { codes, .. } = &column.values { codes.at(row) } else { NO_LEVEL }
}

fn flag(table: &TableHistory, position: usize, row: usize, as_of: i32) -> u8 {
    match &table.columns[position].values {
        Values::Flag(flags) if is_known(table, position, row, as_of) => flags[row],
        _ => 2,
    }
}

/// Whether the column's value in that row was known as of that day.
#[must_use]
pub fn is_known(table: &TableHistory, position: usize, row: usize, as_of: i32) -> bool {
    table.columns[position].known_with.is_none_or(|with| later_day(table, with, row, as_of) != NEVER)
}

/// A later time of a row as it was known as of that day, or [`NEVER`]. An end that was announced is known from the notice
/// on, although it lies ahead.
#[must_use]
pub fn later_day(table: &TableHistory, position: usize, row: usize, as_of: i32) -> i32 {
    let column = &table.columns[position];
    let Some(days) = column.days() else { return NEVER };
    let day = days[row];
    let announced = || {
        let notice = table.column("notice_at").and_then(Column::days);
        column.name == "ended_at" && notice.is_some_and(|notice| notice[row] < as_of)
    };
    if column.known_with.is_none() || day < as_of || announced() { day } else { NEVER }
}
