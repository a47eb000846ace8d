//! Rows that memory is not to hold at once: all go into the store first, and come out of it shard by shard.
//!
//! 1. what is left of the rows that were read is written aside ([`super::spill`]);
//! 2. who has rows where is found out ([`Stored::survey`]);
//! 3. tables that are due are put together anew, as the store does it where memory holds them, but shard by shard;
//! 4. the manifest is replaced, and what it does not name is swept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::customers::CustomerIndex;
use super::needs::Needs;
use super::shards::{Shards, Stored, StoredPart, StoredTable, Weights};
use super::spill::Lot;
use super::store::{Block, Held, PART_ROWS, PartEntry, Steps, Store, TableEntry, Writer, spans, wants_rewriting};
use super::{Budget, Error};
use crate::tables::TableName;

/// A table that is about to be stored.
#[derive(Default)]
pub(super) struct Arriving {
    /// What the manifest is to say of it, parts excepted.
    pub entry: TableEntry,
    /// The parts that are stored.
    pub held: Vec<Held>,
    /// What was written aside.
    pub fresh: Lot,
}

/// Brings the store up to date, so that it holds what was stored before and what was written aside, and says how to take
/// it out.
pub(super) fn shards(
    store: &mut Store,
    needs: Needs,
    (mut arriving, weights): (BTreeMap<TableName, Arriving>, Weights),
    budget: Budget,
    steps: Steps<'_>,
) -> Result<Shards, Error> {
    let tables = arriving.iter_mut().filter_map(|(&name, table)| Some((name, table.stored()?))).collect();
    let mut stored = Stored { reader: store.reader(), needs, tables, ranges: Vec::new() };
    steps("store_survey")?;
    let customers = Arc::new(stored.survey(weights, budget.shard())?);
    steps("store_compact")?;
    let due = arriving.iter().filter(|(name, table)| stored.tables.get(name).is_some_and(|rows| table.is_due(rows)));
    let due: Vec<TableName> = due.map(|(&name, _)| name).collect();
    for (name, parts) in rewritten(&stored, &due, &store.writer()?, &customers, steps)? {
        if let Some(table) = stored.tables.get_mut(&name) {
            table.parts = parts;
        }
    }
    for (name, table) in &stored.tables {
        if let Some(arriving) = arriving.get_mut(name) {
            arriving.entry.parts = table.parts.iter().map(|part| part.entry.clone()).collect();
        }
    }
    store.replace(arriving.into_iter().map(|(name, table)| (name, table.entry)).collect(), steps)?;
    Ok(Shards::stored(customers, stored))
}

impl Arriving {
    /// All its parts; nothing if it has never had any rows.
    fn stored(&mut self) -> Option<StoredTable> {
        let heading = self.fresh.heading.take().or_else(|| self.held.first().map(|held| held.block.heading()))?;
        let held = self.held.iter().map(|held| StoredPart::unknown(held.entry.clone()));
        Some(StoredTable {
            heading,
            live: self.entry.sources.iter().map(|source| source.number).collect(),
            parts: held.chain(std::mem::take(&mut self.fresh.parts)).collect(),
        })
    }

    /// Whether the table is to be put together anew.
    fn is_due(&self, stored: &StoredTable) -> bool {
        let held: Vec<PartEntry> = self.held.iter().map(|held| held.entry.clone()).collect();
        let (counting, fresh) = stored.parts.split_at(held.len());
        let rows = |parts: &[StoredPart]| parts.iter().filter_map(|part| part.rows).sum();
        wants_rewriting(&held, rows(counting), rows(fresh))
    }
}

/// The rows of some tables as parts that divide the customers between them.
fn rewritten(
    stored: &Stored,
    due: &[TableName],
    writer: &Writer,
    customers: &Arc<CustomerIndex>,
    steps: Steps<'_>,
) -> Result<BTreeMap<TableName, Vec<StoredPart>>, Error> {
    let mut written: BTreeMap<TableName, Vec<StoredPart>> = due.iter().map(|&name| (name, Vec::new())).collect();
    for range in stored.ranges.iter().filter(|_| !due.is_empty()) {
        let history = stored.shard(range, customers)?;
        for (&name, parts) in &mut written {
            let Some(rows) = history.table(name) else { continue };
            for taken in spans(&rows.offsets, PART_ROWS) {
                steps("store_part")?;
                let block = Block::of(rows, &customers.ids, &taken);
                let entry = writer.write(writer.name(name), &block, false)?;
                parts.push(StoredPart::of_customers(entry, range.clone()));
            }
        }
    }
    Ok(written)
}
