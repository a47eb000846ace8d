//! What the rollup hands on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::codes::Codes;
use super::customers::CustomerIndex;
use super::days::Days;
use super::numbers::Numbers;
use crate::tables::TableName;

/// The day of something that has not happened or has no date.
pub const NEVER: i32 = i32::MAX;

/// Every customer's rows of every table.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// All customers, numbered by the bytes of their ids.
    pub customers: Arc<CustomerIndex>,
    /// The tables that were read.
    pub tables: BTreeMap<TableName, TableHistory>,
    /// Per customer, the first day after which something of him is known: of day and `known_at` the later, over all rows
    /// and his signup. [`NEVER`] if nothing of him has a date.
    pub first_seen: Vec<i32>,
    /// Per customer, the day of his signup, or [`NEVER`].
    pub signup: Vec<i32>,
    /// Whether no table has a time: flat data, where everybody is known at any time.
    pub timeless: bool,
}

/// One table's rows, sorted by customer, then day.
#[derive(Debug, Clone, Default)]
pub struct TableHistory {
    /// Where each customer's rows begin; one entry more than there are customers.
    pub offsets: Vec<usize>,
    /// Whether the table has a time.
    pub is_dated: bool,
    /// Local day of each row.
    pub days: Days,
    /// Of day and day of `known_at` the later, where `known_at` is mapped: visible as of D if smaller than D.
    pub known: Option<Vec<i32>>,
    /// The other columns.
    pub columns: Vec<Column>,
    /// Which file each row is from, while the store is brought up to date.
    pub sources: Option<Sources>,
}

/// Which source file rows are from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Numbers of the files, ascending.
    pub numbers: Vec<u32>,
    /// Per row, the position of its file among them.
    pub codes: Codes,
}

/// One column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Canonical name, attribute, derived name or filter expression.
    pub name: String,
    /// Position of the later time with which the column becomes known.
    pub known_with: Option<usize>,
    /// Its values.
    pub values: Values,
}

/// Values of a column, one per row.
#[derive(Debug, Clone)]
pub enum Values {
    /// Numbers, NaN where missing.
    Number(Numbers),
    /// Positions in sorted levels, [`super::NO_LEVEL`] where missing.
    Text {
        /// One per row.
        codes: Codes,
        /// Ascending by bytes.
        levels: Arc<Vec<String>>,
    },
    /// 0, 1, or 2 where missing.
    Flag(Vec<u8>),
    /// Local days, [`NEVER`] where missing.
    Day(Vec<i32>),
}

impl History {
    /// Gives the rows of all tables back to memory; who the customers are stays known.
    pub fn forget_rows(&mut self) {
        self.tables.clear();
    }

    /// The table, if it is mapped.
    #[must_use]
    pub fn table(&self, name: TableName) -> Option<&TableHistory> {
        self.tables.get(&name)
    }

    /// Numbers of the customers of whom something is known as of that day, ascending.
    #[must_use]
    pub fn known_before(&self, as_of: i32) -> Vec<u32> {
        let seen = self.first_seen.iter().zip(0u32..);
        seen.filter(|&(&first, _)| self.timeless || first < as_of).map(|(_, number)| number).collect()
    }
}

impl TableHistory {
    /// The rows of a customer.
    #[must_use]
    pub fn rows(&self, customer: u32) -> Range<usize> {
        let position = customer as usize;
        self.offsets[position]..self.offsets[position + 1]
    }

    /// The day after which a row is known: its own, or of it and the day of `known_at` the later.
    #[inline]
    #[must_use]
    pub fn known_day(&self, row: usize) -> i32 {
        self.known.as_ref().map_or_else(|| self.days.at(row), |known| known[row])
    }

    /// The position of the column of that name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Column {
    /// The column as days.
    #[must_use]
    pub fn days(&self) -> Option<&[i32]> {
        if let Values::Day(days) = &self.values { Some(days) } else { None }
    }
}
