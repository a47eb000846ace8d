//! Everybody's history, whole or as many customers at a time as the budget for memory holds.
//!
//! Rows that memory is not to hold at once lie in the store's parts. A shard is the history of consecutive customers: the
//! parts that have rows of them are read and put in order in the same way as all rows are where there is room. Customers
//! keep their numbers among all, so what is computed of a shard needs only be put beside that of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::customers::CustomerIndex;
use super::error::Error;
use super::gather::Gathering;
use super::history::{History, NEVER};
use super::intern::Interner;
use super::needs::Needs;
use super::store::{Block, PartEntry, Reader};
use crate::tables::TableName;

/// Everybody's history.
pub struct Shards {
    /// All customers.
    pub customers: Arc<CustomerIndex>,
    rows: Rows,
}

enum Rows {
    /// In memory.
    Held(History),
    /// In the store.
    Stored(Stored),
}

/// Rows in parts of the store.
pub(super) struct Stored {
    pub reader: Reader,
    pub needs: Needs,
    pub tables: BTreeMap<TableName, StoredTable>,
    /// Consecutive customers whose rows fit together into memory.
    pub ranges: Vec<Range<usize>>,
}

/// A table in parts of the store.
pub(super) struct StoredTable {
    /// Its columns, without rows.
    pub heading: Block,
    /// The sources whose rows count.
    pub live: BTreeSet<u32>,
    /// Its parts.
    pub parts: Vec<StoredPart>,
}

/// A part, and what is known of the rows in it that count.
pub(super) struct StoredPart {
    pub entry: PartEntry,
    /// How many they are; unknown until the part has been looked at.
    pub rows: Option<u64>,
    /// The ids of the first and the last customer who has any.
    ends: Option<(String, String)>,
    /// The customers from the one to the other, once all are known.
    customers: Range<usize>,
}

/// Who the customers are, and how much memory their rows take.
#[derive(Default)]
pub struct Weights {
    ids: Interner,
    /// By number of arrival; nothing for those without rows.
    bytes: Vec<u64>,
}

impl From<History> for Shards {
    fn from(history: History) -> Self {
        Self { customers: Arc::clone(&history.customers), rows: Rows::Held(history) }
    }
}

impl Shards {
    pub(super) fn stored(customers: Arc<CustomerIndex>, stored: Stored) -> Self {
        Self { customers, rows: Rows::Stored(stored) }
    }

    /// Hands over the history of all customers, one shard after another; there always is one.
    ///
    /// # Errors
    /// What `take` says; [`Error::Store`] if a part of the store is not what it was any more.
    pub fn each<E: From<Error>>(&self, mut take: impl FnMut(&History) -> Result<(), E>) -> Result<(), E> {
        match &self.rows {
            Rows::Held(history) => take(history),
            Rows::Stored(stored) => {
                stored.ranges.iter().try_for_each(|range| take(&stored.shard(range, &self.customers)?))
            }
        }
    }

    /// Gives the rows that are in memory back to it; who the customers are stays known.
    pub fn forget_rows(&mut self) {
        if let Rows::Held(history) = &mut self.rows {
            history.tables.clear();
        }
    }
}

impl Stored {
    /// Finds out whose rows lie where: the customers with rows that count, and which of them fit together into so many
    /// bytes. Parts that have not been looked at are read, and added to the weights.
    pub fn survey(&mut self, mut weights: Weights, most_bytes: u64) -> Result<CustomerIndex, Error> {
        for table in self.tables.values_mut() {
            let mut unknown: Vec<&mut StoredPart> = table.parts.iter_mut().filter(|part| part.rows.is_none()).collect();
            for parts in unknown.chunks_mut(rayon::current_num_threads().max(1)) {
                let blocks = parts.par_iter().map(|part| Ok(self.reader.part(&part.entry)?.only(&table.live)));
                let blocks: Vec<Block> = blocks.collect::<Result<_, Error>>()?;
                for (part, block) in parts.iter_mut().zip(blocks) {
                    part.look_at(&block);
                    let numbers = weights.ids.number_texts(&block.ids);
                    weights.add(numbers.into_iter().zip(block.counts.iter().copied()), block.bytes_of_a_row());
                }
            }
        }
        let (ids, bytes) = weights.sorted();
        for part in self.tables.values_mut().flat_map(|table| &mut table.parts) {
            part.customers = part.ends.as_ref().map_or(0..0, |(first, last)| {
                ids.partition_point(|id| id < first)..ids.partition_point(|id| id <= last)
            });
        }
        self.ranges = ranges(&bytes, most_bytes);
        Ok(CustomerIndex { ids })
    }

    /// The history of consecutive customers.
    pub fn shard(&self, range: &Range<usize>, customers: &Arc<CustomerIndex>) -> Result<History, Error> {
        let gathering = Gathering::new(self.tables.keys().copied());
        for (&name, table) in &self.tables {
            gathering.add_block(name, 0, table.heading.clone());
            let parts = table.parts.par_iter().enumerate().filter(|(_, part)| part.has_rows_of(range));
            parts.try_for_each(|(place, part)| {
                let block = self.reader.part(&part.entry)?.of_customers(&customers.ids[range.clone()]);
                gathering.add_block(name, place + 1, block.only(&table.live));
                Ok::<(), Error>(())
            })?;
        }
        Ok(gathering.finish(&self.needs).among(customers, range))
    }
}

impl StoredPart {
    /// A part that has not been looked at.
    pub const fn unknown(entry: PartEntry) -> Self {
        Self { entry, rows: None, ends: None, customers: 0..0 }
    }

    /// A part with these rows, which all count.
    pub fn of(entry: PartEntry, block: &Block) -> Self {
        let mut part = Self::unknown(entry);
        part.look_at(block);
        part
    }

    /// A part with all rows of some customers.
    pub fn of_customers(entry: PartEntry, customers: Range<usize>) -> Self {
        Self { rows: Some(entry.rows), customers, ..Self::unknown(entry) }
    }

    fn look_at(&mut self, block: &Block) {
        self.rows = Some(block.height() as u64);
        self.ends = block.ids.first().cloned().zip(block.ids.last().cloned());
    }

    const fn has_rows_of(&self, customers: &Range<usize>) -> bool {
        self.customers.start < customers.end && customers.start < self.customers.end
    }
}

impl Weights {
    /// Adds rows of customers, by their numbers of arrival.
    pub fn add(&mut self, counts: impl Iterator<Item = (u32, u32)>, bytes_of_a_row: u64) {
        for (number, count) in counts {
            let number = number as usize;
            if number >= self.bytes.len() {
                self.bytes.resize(number + 1, 0);
            }
            self.bytes[number] += u64::from(count) * bytes_of_a_row;
        }
    }

    /// Those of several tables together, with the ids behind the numbers.
    #[must_use]
    pub fn together(tables: impl Iterator<Item = Self>, ids: Interner) -> Self {
        let mut all = Self { ids, bytes: Vec::new() };
        for table in tables {
            all.bytes.resize(all.bytes.len().max(table.bytes.len()), 0);
            all.bytes.iter_mut().zip(table.bytes).for_each(|(all, bytes)| *all += bytes);
        }
        all
    }

    /// The ids of those who have rows, ascending, and what these weigh.
    fn sorted(self) -> (Vec<String>, Vec<u64>) {
        let (ids, position) = self.ids.sorted();
        let mut bytes = vec![0; ids.len()];
        position.iter().zip(self.bytes).for_each(|(&place, own)| bytes[place as usize] = own);
        ids.into_iter().zip(bytes).filter(|(_, bytes)| *bytes > 0).unzip()
    }
}

impl History {
    /// The same with numbers among all customers, of whom its own are these.
    fn among(mut self, all: &Arc<CustomerIndex>, own: &Range<usize>) -> Self {
        let after = all.ids.len() - own.end;
        for table in self.tables.values_mut() {
            let rows = table.offsets.last().copied().unwrap_or(0);
            let offsets = std::iter::repeat_n(0, own.start).chain(table.offsets.iter().copied());
            table.offsets = offsets.chain(std::iter::repeat_n(rows, after)).collect();
        }
        for days in [&mut self.first_seen, &mut self.signup] {
            let before = std::iter::repeat_n(NEVER, own.start);
            *days = before.chain(days.iter().copied()).chain(std::iter::repeat_n(NEVER, after)).collect();
        }
        self.customers = Arc::clone(all);
        self
    }
}

/// Consecutive customers with no more than so many bytes, but at least one; at least one range.
fn ranges(bytes: &[u64], most: u64) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut begin, mut held) = (0, 0);
    for (customer, bytes) in bytes.iter().enumerate() {
        if held + bytes > most && customer > begin {
            ranges.push(begin..customer);
            (begin, held) = (customer, 0);
        }
        held += bytes;
    }
    ranges.push(begin..bytes.len());
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_fits_and_at_least_one_customer() {
        assert_eq!(ranges(&[3, 3, 3, 9, 1, 1], 7), [0..2, 2..3, 3..4, 4..6]);
        assert_eq!(ranges(&[], 7).len(), 1);
        assert_eq!(ranges(&[1, 1], 0), [0..1, 1..2]);
    }
}
