//! Batches of rows become a history: ids and levels numbered, rows put where their customer's rows lie.
//!
//! Batches may come from any number of threads and in any order. A customer's number is the position of his id among the
//! sorted ids, a level's likewise; rows are counted per customer, then every column is put into place at once and the
//! batch it came from given back to memory. The result does not depend on how the rows were divided into batches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::RowBatch;
use super::codes::positions_among;
use super::customers::CustomerIndex;
use super::error::Error;
use super::history::{History, NEVER};
use super::intern::{Interner, renumbered};
use super::needs::{Needs, TableNeeds};
use super::pieces::Gathered;
use super::places::Owners;
use super::spill::{Spill, Spilled};
use super::store::Block;
use crate::tables::TableName;

/// A history in the making.
pub struct Gathering {
    ids: Mutex<Interner>,
    tables: BTreeMap<TableName, Mutex<Gathered>>,
    /// Where rows go when they become more than memory is to hold.
    spill: Option<Spill>,
}

impl Gathering {
    /// Begins a history of the tables.
    #[must_use]
    pub fn new(tables: impl IntoIterator<Item = TableName>) -> Self {
        let tables = tables.into_iter().map(|name| (name, Mutex::default())).collect();
        Self { ids: Mutex::default(), tables, spill: None }
    }

    /// The same, but rows that become more than memory is to hold are written aside.
    #[must_use]
    pub fn spilling(tables: impl IntoIterator<Item = TableName>, spill: Spill) -> Self {
        Self { spill: Some(spill), ..Self::new(tables) }
    }

    /// Adds rows of a table; `place` orders batches of a table among each other, `source` is the number of the file they are
    /// from, where the store is to know it.
    pub fn add(&self, table: TableName, place: usize, source: Option<u32>, mut batch: RowBatch) {
        let Some(gathered) = self.tables.get(&table) else { return };
        let numbers = locked(&self.ids).number_levels(&batch.customers);
        let owners = Owners::Each(renumbered(std::mem::take(&mut batch.customers), &numbers));
        let most = self.spill.as_ref().map_or(usize::MAX, Spill::bytes_of_a_lot);
        let bytes = locked(gathered).add(owners, place, source, batch, most);
        if let Some(spill) = self.spill.as_ref().filter(|spill| spill.is_full_with(bytes)) {
            self.write_aside(spill);
        }
    }

    /// Adds rows of a table that were stored.
    pub fn add_block(&self, table: TableName, place: usize, block: Block) {
        let Some(gathered) = self.tables.get(&table) else { return };
        let numbers = locked(&self.ids).number_texts(&block.ids);
        let owners = Owners::Runs(numbers.into_iter().zip(block.counts.iter().copied()).collect());
        locked(gathered).add_block(owners, place, block);
    }

    /// Writes all rows gathered so far aside, piece by piece.
    fn write_aside(&self, spill: &Spill) {
        for (&name, gathered) in &self.tables {
            let gathered = std::mem::take(&mut *locked(gathered));
            if !gathered.is_empty() {
                let (ids, position) = locked(&self.ids).ranked();
                gathered.each_piece(&position, ids.len(), |rows| {
                    spill.write(name, &rows.in_order(false), &ids, &position);
                });
            }
        }
    }

    /// Whether rows were written aside, so that not all are here.
    #[must_use]
    pub fn has_spilled(&self) -> bool {
        self.spill.as_ref().is_some_and(Spill::has_parts)
    }

    /// Writes what is left aside, and hands over all that was; nothing of it is left here.
    ///
    /// # Errors
    /// If something could not be written; [`Error::Store`].
    pub fn spilled(&self) -> Result<Spilled, Error> {
        let Some(spill) = &self.spill else { return Ok(Spilled::default()) };
        self.write_aside(spill);
        spill.finish(std::mem::take(&mut *locked(&self.ids)))
    }

    /// Whether nothing was added to a table.
    #[must_use]
    pub fn is_empty(&self, table: TableName) -> bool {
        self.tables.get(&table).is_none_or(|gathered| locked(gathered).is_empty())
    }

    /// Forgets the rows of a table that were added so far: it will be read another way.
    pub fn forget(&self, table: TableName) {
        if let Some(gathered) = self.tables.get(&table) {
            *locked(gathered) = Gathered::default();
        }
        if let Some(spill) = &self.spill {
            spill.forget(table);
        }
    }

    /// The history of all rows added so far; nothing of them is left here.
    #[must_use]
    pub fn finish(&self, needs: &Needs) -> History {
        let tables = self.tables.iter().filter_map(|(&name, gathered)| {
            let gathered = std::mem::take(&mut *locked(gathered));
            Some((name, gathered, needs.tables.get(&name)?))
        });
        let tables: Vec<(TableName, Gathered, &TableNeeds)> = tables.collect();
        let ids = std::mem::take(&mut *locked(&self.ids));
        let (ids, position) = of_rows(ids, &tables);
        let mut history = History {
            first_seen: vec![NEVER; ids.len()],
            signup: vec![NEVER; ids.len()],
            timeless: tables.iter().all(|(_, table, needs)| {
                !table.is_dated() && (table.is_empty() || !needs.columns.contains("signup_at"))
            }),
            ..History::default()
        };
        for (name, gathered, needs) in tables {
            let table = gathered.placed(&position, ids.len()).named(name, needs);
            history.see(name, &table);
            history.tables.insert(name, table);
        }
        history.customers = Arc::new(CustomerIndex { ids });
        history
    }
}

/// What a lock holds, also after a thread that held it has panicked: then that panic is what is told.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sorted ids of those customers who have rows, and for each number of arrival its position among them.
fn of_rows(ids: Interner, tables: &[(TableName, Gathered, &TableNeeds)]) -> (Vec<String>, Vec<u32>) {
    let (ids, mut position) = ids.sorted();
    let mut has_rows = vec![false; ids.len()];
    for arrival in tables.iter().flat_map(|(_, table, _)| table.customers()) {
        has_rows[position[arrival as usize] as usize] = true;
    }
    if has_rows.iter().all(|has| *has) {
        return (ids, position);
    }
    // A dictionary may hold texts that no row has, and a table may have been read twice.
    let kept = positions_among(&has_rows);
    for number in &mut position {
        *number = kept[*number as usize];
    }
    (ids.into_iter().zip(has_rows).filter(|(_, has)| *has).map(|(id, _)| id).collect(), position)
}
