//! An update of the store: new part files, then the manifest, then the sweeping.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};

use rayon::prelude::*;

use super::block::{Block, Taken};
use super::manifest::{self, MANIFEST_FILE, Manifest, PartEntry, SourceEntry, TableEntry};
use super::{Error, Store, unwritable, writer};
use crate::progress::Cancelled;
use crate::rollup::history::{Sources, TableHistory};
use crate::tables::TableName;

/// A part of the whole table has about so many rows; few in tests, so that there are several parts.
pub(in crate::rollup) const PART_ROWS: usize = if cfg!(test) { 16 } else { 1 << 20 };
/// So many nights are kept apart.
const MANY_NIGHTS: usize = 32;
/// Nights that make up more than this share of the whole are put together with it.
const SMALL_SHARE: u64 = 8;

/// What a night knows of a table.
#[derive(Debug, Default)]
pub struct TableUpdate<'a> {
    /// Fingerprint of the declarations by which the rows were read.
    pub signature: String,
    /// Fingerprint of the columns of the rows.
    pub columns: String,
    /// All files whose rows count, old and new.
    pub sources: Vec<SourceEntry>,
    /// Parts of the store as they were loaded.
    pub held: Vec<PartEntry>,
    /// All rows that count, with their sources; nothing if none are kept of this table.
    pub rows: Option<&'a TableHistory>,
}

/// Called before each step of an update by its name; an error ends it there.
pub type Steps<'a> = &'a mut dyn FnMut(&'static str) -> Result<(), Cancelled>;

/// Rows that are to be written, and whether they are those of one night.
type Writing = (Taken, bool);

impl Store {
    /// Brings the store up to date. Tables that are not named are forgotten; `ids` are the customers'.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Cancelled`]; then the store is as it was.
    pub fn update(
        &mut self,
        tables: BTreeMap<TableName, TableUpdate<'_>>,
        ids: &[String],
        steps: Steps<'_>,
    ) -> Result<(), Error> {
        let writer = self.writer()?;
        let mut entries = BTreeMap::new();
        steps("store_compact")?;
        for (table, update) in tables {
            let (mut parts, writing) = update.rows.map_or_else(Default::default, |rows| parts(rows, update.held));
            for together in writing.chunks(rayon::current_num_threads().max(1)) {
                let mut named = Vec::with_capacity(together.len());
                for (taken, is_night) in together {
                    steps("store_part")?;
                    named.push((writer.name(table), taken, *is_night));
                }
                let rows = update.rows;
                let written: Result<Vec<Option<PartEntry>>, Error> = named
                    .into_par_iter()
                    .map(|(name, taken, is_night)| {
                        let block = rows.map(|rows| Block::of(rows, ids, taken));
                        block.map(|block| writer.write(name, &block, is_night)).transpose()
                    })
                    .collect();
                parts.extend(written?.into_iter().flatten());
            }
            let TableUpdate { signature, columns, sources, .. } = update;
            entries.insert(table, TableEntry { signature, columns, sources, parts });
        }
        self.replace(entries, steps)
    }

    /// Makes `tables` what the store holds; all parts they name have been written. Tables that are not named are forgotten.
    ///
    /// # Errors
    /// As [`Store::update`].
    pub fn replace(&mut self, tables: BTreeMap<TableName, TableEntry>, steps: Steps<'_>) -> Result<(), Error> {
        let manifest = Manifest { next_source: self.manifest.next_source, tables };
        if manifest != self.manifest {
            let flushed = File::open(&self.folder).and_then(|folder| folder.sync_all());
            flushed.map_err(|source| unwritable(&self.folder, source))?;
            steps("store_manifest")?;
            manifest::write(&self.folder, &manifest)?;
            self.manifest = manifest;
        }
        steps("store_sweep")?;
        self.sweep(steps)
    }

    /// Removes every file that the manifest does not name.
    fn sweep(&self, steps: Steps<'_>) -> Result<(), Error> {
        let parts = self.manifest.tables.values().flat_map(|table| &table.parts);
        let mut named: BTreeSet<&str> = parts.map(|part| part.file.as_str()).collect();
        named.insert(MANIFEST_FILE);
        for name in writer::listed(&self.folder)?.into_iter().filter(|name| !named.contains(name.as_str())) {
            steps("store_remove")?;
            let path = self.folder.join(name);
            fs::remove_file(&path).map_err(|source| unwritable(&path, source))?;
        }
        Ok(())
    }
}

/// Which parts stay as they are, and what is to be written.
fn parts(rows: &TableHistory, held: Vec<PartEntry>) -> (Vec<PartEntry>, Vec<Writing>) {
    let stored: BTreeSet<u32> = held.iter().flat_map(|part| part.sources.iter().copied()).collect();
    let fresh = rows.sources.as_ref().map(|sources| of_others(sources, &stored)).unwrap_or_default();
    let counting = (rows.days.len() - fresh.len()) as u64;
    if wants_rewriting(&held, counting, fresh.len() as u64) {
        return (Vec::new(), spans(&rows.offsets, PART_ROWS).map(|taken| (taken, false)).collect());
    }
    let night = Some(fresh).filter(|fresh| !fresh.is_empty()).map(|fresh| (Taken::Rows(fresh), true));
    (held, night.into_iter().collect())
}

/// Whether a table is to be put together anew: of the rows in the parts that are held, so many still count, and so many
/// others have been read.
pub(in crate::rollup) fn wants_rewriting(held: &[PartEntry], counting: u64, fresh: u64) -> bool {
    let (nights, whole): (Vec<&PartEntry>, Vec<&PartEntry>) = held.iter().partition(|part| part.is_night);
    let all_rows = |parts: &[&PartEntry]| parts.iter().map(|part| part.rows).sum::<u64>();
    let (of_nights, of_whole) = (all_rows(&nights), all_rows(&whole));
    let no_longer = (of_nights + of_whole).saturating_sub(counting);
    (of_nights + no_longer + fresh) * SMALL_SHARE > of_whole || nights.len() + usize::from(fresh > 0) > MANY_NIGHTS
}

/// The rows of sources that are not among the stored.
fn of_others(sources: &Sources, stored: &BTreeSet<u32>) -> Vec<u32> {
    let is_fresh: Vec<bool> = sources.numbers.iter().map(|number| !stored.contains(number)).collect();
    if is_fresh.iter().all(|fresh| !fresh) {
        return Vec::new();
    }
    let rows = 0..u32::try_from(sources.codes.len()).unwrap_or(u32::MAX);
    rows.filter(|&row| is_fresh.get(sources.codes.at(row as usize) as usize).copied().unwrap_or(false)).collect()
}

/// Consecutive customers with about so many rows, and at least one.
pub(in crate::rollup) fn spans(offsets: &[usize], rows: usize) -> impl Iterator<Item = Taken> + '_ {
    let customers = offsets.len().saturating_sub(1);
    let mut first = 0;
    std::iter::from_fn(move || {
        let begin = *offsets.get(first)?;
        let end = offsets.partition_point(|&offset| offset < begin + rows).clamp(first + 1, customers.max(first + 1));
        let span = first..end.min(customers);
        first = end;
        (offsets.get(span.end)? > &begin).then_some(Taken::Customers(span))
    })
}
