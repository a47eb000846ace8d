//! Rows of one table, sorted by customer and day: what a part file holds.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::levels;
use crate::rollup::days::Days;
use crate::rollup::history::{Sources, TableHistory, Values};
use crate::rollup::needs::ORDER_HEAD;

/// Sorted rows. A block is self-contained: it has its own customers and levels, ascending by bytes.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The customers, ascending, each with at least one row.
    pub ids: Vec<String>,
    /// How many rows each of them has.
    pub counts: Vec<u32>,
    /// Whether the table has a time.
    pub is_dated: bool,
    /// Local days, ascending within a customer; the earliest possible where there is none.
    pub days: Days,
    /// Local days of `known_at`, where that is mapped.
    pub known: Option<Vec<i32>>,
    /// The other columns, in the order that the table's signature says.
    pub columns: Vec<Values>,
    /// Which source file each row is from.
    pub sources: Sources,
}

/// Which rows of a table are taken.
pub enum Taken {
    /// All rows of consecutive customers.
    Customers(Range<usize>),
    /// Single rows, ascending.
    Rows(Vec<u32>),
}

impl Block {
    /// Some rows of a table whose rows know their sources.
    #[must_use]
    pub fn of(table: &TableHistory, ids: &[String], taken: &Taken) -> Self {
        let (ids, counts) = taken.customers(&table.offsets, ids);
        let sources = table.sources.as_ref().map(|sources| taken.sources(&table.offsets, sources));
        let columns = table.columns.par_iter().filter(|column| column.name != ORDER_HEAD);
        Self {
            ids,
            counts,
            is_dated: table.is_dated,
            days: taken.own_days(&table.offsets, &table.days),
            known: table.known.as_ref().map(|known| taken.days(&table.offsets, known)),
            columns: columns.map(|column| taken.values(&table.offsets, &column.values)).collect(),
            sources: sources.unwrap_or_default(),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.days.len()
    }

    /// What blocks of a table have in common: types of the columns, and which clocks there are.
    #[must_use]
    pub fn shape(&self) -> (bool, bool, Vec<std::mem::Discriminant<Values>>) {
        let columns = self.columns.iter().map(std::mem::discriminant);
        (self.is_dated, self.known.is_some(), columns.collect())
    }

    /// The rows whose source is in `live`; the block itself if that is all of them.
    #[must_use]
    pub fn only(self, live: &BTreeSet<u32>) -> Self {
        let is_live: Vec<bool> = self.sources.numbers.iter().map(|number| live.contains(number)).collect();
        if is_live.iter().all(|&live| live) {
            return self;
        }
        let codes = self.sources.codes.wide();
        let kept = (0u32..).zip(codes).filter(|&(_, code)| is_live.get(code as usize).copied().unwrap_or(false));
        self.taken(&Taken::Rows(kept.map(|(row, _)| row).collect()))
    }

    /// The rows of consecutive customers: those with ids from the first to the last of `ids`, which ascend.
    #[must_use]
    pub fn of_customers(self, ids: &[String]) -> Self {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return self.taken(&Taken::Customers(0..0)) };
        let begin = self.ids.partition_point(|id| id < first);
        let end = self.ids.partition_point(|id| id <= last);
        if (begin, end) == (0, self.ids.len()) { self } else { self.taken(&Taken::Customers(begin..end)) }
    }

    /// The same columns without any rows.
    #[must_use]
    pub fn heading(&self) -> Self {
        self.taken(&Taken::Customers(0..0))
    }

    /// How much memory a row takes.
    #[must_use]
    pub fn bytes_of_a_row(&self) -> u64 {
        let of_column = |values: &Values| match values {
            Values::Number(numbers) => numbers.bytes(),
            Values::Text { codes, .. } => codes.bytes(),
            Values::Flag(flags) => flags.len(),
            Values::Day(days) => size_of_val(&days[..]),
        };
        let days = self.days.bytes() + self.known.as_ref().map_or(0, |known| size_of_val(&known[..]));
        let bytes = days + self.sources.codes.bytes() + self.columns.iter().map(of_column).sum::<usize>();
        (bytes / self.height().max(1)) as u64 + 1
    }

    fn taken(&self, taken: &Taken) -> Self {
        let mut offsets = vec![0];
        offsets.extend(self.counts.iter().scan(0, |rows, &count| {
            *rows += count as usize;
            Some(*rows)
        }));
        let (ids, counts) = taken.customers(&offsets, &self.ids);
        Self {
            ids,
            counts,
            is_dated: self.is_dated,
            days: taken.own_days(&offsets, &self.days),
            known: self.known.as_ref().map(|known| taken.days(&offsets, known)),
            columns: self.columns.par_iter().map(|values| taken.values(&offsets, values)).collect(),
            sources: taken.sources(&offsets, &self.sources),
        }
    }
}

impl Taken {
    /// The rows, where they are consecutive.
    fn span(&self, offsets: &[usize]) -> Option<Range<usize>> {
        match self {
            Self::Customers(customers) => Some(offsets[customers.start]..offsets[customers.end]),
            Self::Rows(_) => None,
        }
    }

    /// The rows, where they are single.
    fn rows(&self) -> &[u32] {
        if let Self::Rows(rows) = self { rows } else { &[] }
    }

    /// Customers with rows, and how many.
    fn customers(&self, offsets: &[usize], ids: &[String]) -> (Vec<String>, Vec<u32>) {
        let customers = if let Self::Customers(customers) = self { customers.clone() } else { 0..ids.len() };
        let mut rest = self.rows();
        let counts = offsets[customers.start..=customers.end].windows(2).map(|span| match self {
            Self::Customers(_) => span[1] - span[0],
            Self::Rows(_) => {
                let own = rest.partition_point(|&row| (row as usize) < span[1]);
                rest = &rest[own..];
                own
            }
        });
        let counts: Vec<u32> = counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect();
        let with_rows = ids[customers].iter().zip(&counts).filter(|(_, count)| **count > 0);
        (with_rows.map(|(id, _)| id.clone()).collect(), counts.iter().copied().filter(|&count| count > 0).collect())
    }

    fn sources(&self, offsets: &[usize], sources: &Sources) -> Sources {
        let codes = match self.span(offsets) {
            Some(span) => sources.codes.slice(span),
            None => sources.codes.gathered(self.rows()),
        };
        Sources { numbers: sources.numbers.clone(), codes }
    }

    fn own_days(&self, offsets: &[usize], days: &Days) -> Days {
        match self.span(offsets) {
            Some(span) => days.slice(span),
            None => days.gathered(self.rows()),
        }
    }

    fn days(&self, offsets: &[usize], days: &[i32]) -> Vec<i32> {
        match self.span(offsets) {
            Some(span) => days[span].to_vec(),
            None => self.rows().iter().map(|&row| days[row as usize]).collect(),
        }
    }

    fn values(&self, offsets: &[usize], values: &Values) -> Values {
        let span = self.span(offsets);
        match values {
            Values::Number(numbers) => Values::Number(match span {
                Some(span) => numbers.slice(span),
                None => numbers.gathered(self.rows()),
            }),
            Values::Text { codes, levels } => {
                let codes = match span {
                    Some(span) => codes.slice(span),
                    None => codes.gathered(self.rows()),
                };
                let (codes, levels) = levels::picked(codes, levels);
                Values::Text { codes, levels: Arc::new(levels) }
            }
            Values::Flag(flags) => Values::Flag(match span {
                Some(span) => flags[span].to_vec(),
                None => self.rows().iter().map(|&row| flags[row as usize]).collect(),
            }),
            Values::Day(days) => Values::Day(self.days(offsets, days)),
        }
    }
}
