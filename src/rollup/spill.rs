//! Rows that become more than memory is to hold, written aside while others are read.
//!
//! They are put in order and written as parts of the store, which no manifest names yet: whoever is killed leaves files that
//! the next update sweeps up. Each lot is divided by ranges of customers, so that later only a piece of it is read for
//! some of them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::budget::Budget;
use super::error::Error;
use super::gather::locked;
use super::history::TableHistory;
use super::intern::Interner;
use super::shards::{StoredPart, Weights};
use super::store::{self, Block, Taken, Writer, spans};
use crate::tables::TableName;

/// A lot is divided into about so many parts, unless it has few rows.
const PARTS_OF_A_LOT: usize = 16;
/// Fewer rows are not worth a part of their own.
const FEW_ROWS: usize = if cfg!(test) { 4 } else { 1 << 10 };

/// Where rows are written aside.
pub struct Spill {
    writer: Writer,
    budget: Budget,
    /// Bytes gathered since rows were last written aside.
    gathered: AtomicU64,
    lots: Mutex<Result<Lots, store::Error>>,
}

/// What has been written so far, by table.
type Lots = BTreeMap<TableName, Lot>;

/// What was written of a table.
#[derive(Default)]
pub(super) struct Lot {
    /// The parts.
    pub parts: Vec<StoredPart>,
    /// Its columns without rows, if anything of it was gathered.
    pub heading: Option<Block>,
    weights: Weights,
}

/// What was written aside.
#[derive(Default)]
pub struct Spilled {
    pub(super) tables: BTreeMap<TableName, Lot>,
    /// What all of it weighs.
    pub(super) weights: Weights,
}

impl Spill {
    /// Writes aside what does not fit the budget.
    #[must_use]
    pub fn new(writer: Writer, budget: Budget) -> Self {
        Self { writer, budget, gathered: AtomicU64::new(0), lots: Mutex::new(Ok(Lots::new())) }
    }

    /// Whether, with so many bytes more, rows are to be written aside; whoever is told so must do it.
    pub fn is_full_with(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let before = self.gathered.fetch_add(bytes, Ordering::Relaxed);
        let is_full = before + bytes > self.budget.gathered();
        if is_full {
            self.gathered.store(0, Ordering::Relaxed);
        }
        is_full
    }

    /// How many bytes of rows are put in order together.
    pub fn bytes_of_a_lot(&self) -> usize {
        usize::try_from(self.budget.lot()).unwrap_or(usize::MAX)
    }

    /// Writes rows of a table that are sorted by customer and day; `position` says which of the `ids` the customers' numbers
    /// of arrival stand for. A failure is told by [`Self::finish`].
    pub fn write(&self, table: TableName, rows: &TableHistory, ids: &[String], position: &[u32]) {
        let few = (rows.days.len() / PARTS_OF_A_LOT).max(FEW_ROWS);
        let write = |taken: Taken| {
            let block = Block::of(rows, ids, &taken);
            let entry = self.writer.write(self.writer.name(table), &block, true)?;
            Ok((StoredPart::of(entry, &block), block.bytes_of_a_row()))
        };
        let written: Result<Vec<(StoredPart, u64)>, store::Error> = spans(&rows.offsets, few).map(write).collect();
        let heading = Block::of(rows, ids, &Taken::Customers(0..0));
        let mut lots = locked(&self.lots);
        match (&mut *lots, written) {
            (Ok(lots), Ok(written)) => {
                let most = written.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
                let count = |&place: &u32| u32::try_from(rows.rows(place).len()).unwrap_or(u32::MAX);
                let lot = lots.entry(table).or_default();
                lot.weights.add((0u32..).zip(position.iter().map(count)), most);
                lot.parts.extend(written.into_iter().map(|(part, _)| part));
                lot.heading = Some(heading);
            }
            (Ok(_), Err(error)) => *lots = Err(error),
            (Err(_), _) => {}
        }
    }

    /// Whether anything was written, or could not be.
    pub fn has_parts(&self) -> bool {
        let lots = locked(&self.lots);
        lots.as_ref().map_or(true, |lots| lots.values().any(|lot| !lot.parts.is_empty()))
    }

    /// Forgets the rows of a table: it will be read another way.
    pub fn forget(&self, table: TableName) {
        if let Ok(lots) = &mut *locked(&self.lots) {
            lots.remove(&table);
        }
    }

    /// All that was written; `ids` are the customers by their numbers of arrival.
    ///
    /// # Errors
    /// [`store::Error::Write`] if anything could not be.
    pub fn finish(&self, ids: Interner) -> Result<Spilled, Error> {
        let mut tables = std::mem::replace(&mut *locked(&self.lots), Ok(Lots::new()))?;
        let weights = tables.values_mut().map(|lot| std::mem::take(&mut lot.weights));
        let weights = Weights::together(weights, ids);
        Ok(Spilled { tables, weights })
    }
}
