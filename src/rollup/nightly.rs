//! A night: only files that are new or changed are read, the rest comes out of the store.
//!
//! 1. what the store holds is read, every file checked by its hash;
//! 2. the check asks for each source file whether it is remembered; the others are read, directly where they allow it;
//! 3. if the columns that are kept are no longer those that are needed, the table is forgotten and read anew;
//! 4. all rows become a history, in the same way whether they were stored or read: in memory, or, where the budget does not
//!    hold them, shard by shard out of the store ([`super::apart`]);
//! 5. the store is brought up to date.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::json;

use super::apart::{self, Arriving};
use super::batch::RowBatch;
use super::build::{check_reading, select, stream};
use super::gather::Gathering;
use super::needs::{Needs, TableNeeds};
use super::shards::Shards;
use super::spill::Spill;
use super::store::{Memory, PartEntry, SourceEntry, Store, TableEntry, TableUpdate, Warning, signature};
use super::{Budget, Error};
use crate::contract::{self, Checked, CheckedTable};
use crate::progress::Progress;
use crate::project::Project;
use crate::source::{self, Opened};
use crate::tables::TableName;
use crate::time::Day;

/// What a night begins with.
pub struct Nightly {
    /// The tables.
    pub checked: Checked,
    /// All customers' rows.
    pub shards: Shards,
    /// What in the store was not as it should be.
    pub warnings: Vec<Warning>,
}

/// What has been read of the source files so far.
struct Reading {
    checked: Checked,
    needs: Needs,
    gathering: Arc<Gathering>,
    /// Numbers of the files that are new, by table and in their order there.
    numbers: BTreeMap<TableName, Vec<u32>>,
    /// Tables whose rows were read while they were checked.
    read: Vec<TableName>,
}

/// Checks the tables and rolls them up with the help of the store, which is brought up to date. Rows that the budget does
/// not hold stay in the store.
///
/// # Errors
/// If the data break the contract, a table cannot be read, the store cannot be written, a filter is not valid, or the
/// user cancels.
pub fn ingest_with(
    project: &Project,
    as_of: Day,
    mut store: Store,
    budget: Option<Budget>,
    progress: &Progress,
) -> Result<Nightly, Error> {
    let stage = progress.stage("store_read", None)?;
    let fits = budget.is_none_or(|budget| budget.holds(&store));
    let mut memory = Memory::of(&store, project, fits);
    drop(stage);
    let reading = loop {
        let reading = Reading::of_changed(project, as_of, (&memory, &mut store), budget, progress)?;
        let tables = reading.checked.tables.values();
        let others = tables.filter(|table| memory.differs(table.name, &reading.columns(table)));
        let others: Vec<TableName> = others.map(|table| table.name).collect();
        if others.is_empty() {
            break reading;
        }
        for table in others {
            memory.forget(table);
        }
    };
    let stage = progress.stage("history", None)?;
    for table in reading.checked.tables.values() {
        reading.read_others(project, table)?;
    }
    drop(stage);
    let (checked, shards) = match budget.filter(|_| !fits || reading.gathering.has_spilled()) {
        Some(budget) => reading.apart(project, &mut memory, &mut store, budget, progress)?,
        None => reading.together(project, &mut memory, &mut store, progress)?,
    };
    Ok(Nightly { checked, shards, warnings: std::mem::take(&mut memory.warnings) })
}

impl Reading {
    /// Checks the tables, reading files directly that are not remembered.
    fn of_changed(
        project: &Project,
        as_of: Day,
        (memory, store): (&Memory, &mut Store),
        budget: Option<Budget>,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let gathering = match budget {
            Some(budget) => Gathering::spilling(TableName::ALL, Spill::new(store.writer()?, budget)),
            None => Gathering::new(TableName::ALL),
        };
        let gathering = Arc::new(gathering);
        let mut numbers: BTreeMap<TableName, Vec<u32>> = BTreeMap::new();
        let mut numbered = |opened: &Opened| {
            let own: Vec<u32> = opened.parts.iter().map(|_| store.number()).collect();
            numbers.insert(opened.name, own.clone());
            own
        };
        let (checked, read) = check_reading(project, as_of, progress, memory, &gathering, &mut numbered)?;
        let needs = Needs::of(project, &checked)?;
        Ok(Self { checked, needs, gathering, numbers, read })
    }

    /// All rows in memory, the stored ones added to those that were read, and the store brought up to date.
    fn together(
        self,
        project: &Project,
        memory: &mut Memory,
        store: &mut Store,
        progress: &Progress,
    ) -> Result<(Checked, Shards), Error> {
        let stage = progress.stage("history", None)?;
        let mut held = BTreeMap::new();
        for table in self.checked.tables.values() {
            held.insert(table.name, self.add_stored(table, memory));
            self.add_heading(project, table)?;
        }
        let mut history = self.gathering.finish(&self.needs);
        drop(stage);
        let mut updates = BTreeMap::new();
        for table in self.checked.tables.values() {
            let TableEntry { signature, columns, sources, .. } = self.entry(project, table, memory)?;
            let (held, rows) = (held.remove(&table.name).unwrap_or_default(), history.table(table.name));
            updates.insert(table.name, TableUpdate { signature, columns, sources, held, rows });
        }
        store.update(updates, &history.customers.ids, &mut |step| progress.stage(step, None).map(drop))?;
        history.tables.values_mut().for_each(|table| table.sources = None);
        Ok((self.checked, history.into()))
    }

    /// All rows in the store, which is brought up to date: memory is not to hold them at once.
    fn apart(
        self,
        project: &Project,
        memory: &mut Memory,
        store: &mut Store,
        budget: Budget,
        progress: &Progress,
    ) -> Result<(Checked, Shards), Error> {
        let stage = progress.stage("history", None)?;
        for table in self.checked.tables.values() {
            self.add_heading(project, table)?;
        }
        drop(stage);
        let mut spilled = self.gathering.spilled()?;
        let mut arriving = BTreeMap::new();
        for table in self.checked.tables.values() {
            let entry = self.entry(project, table, memory)?;
            let fresh = spilled.tables.remove(&table.name).unwrap_or_default();
            arriving.insert(table.name, Arriving { entry, held: memory.take(table.name), fresh });
        }
        let arriving = (arriving, spilled.weights);
        let shards =
            apart::shards(store, self.needs, arriving, budget, &mut |step| progress.stage(step, None).map(drop))?;
        Ok((self.checked, shards))
    }

    /// Reads the files of a table that are neither remembered nor read as the check hands them over.
    fn read_others(&self, project: &Project, table: &CheckedTable) -> Result<(), Error> {
        let Some(needs) = self.needs.tables.get(&table.name).filter(|_| !self.read.contains(&table.name)) else {
            return Ok(());
        };
        let failed = |source| Error::Read { table: table.name, source };
        let fresh = table.files.iter().filter_map(|file| file.rows.as_ref());
        let numbers = self.numbers.get(&table.name).into_iter().flatten();
        let mut read = 0;
        for (rows, number) in fresh.zip(numbers) {
            let scan = select(table, rows, needs, project.project.time_zone.name())?;
            let (gathering, name, number) = (Arc::clone(&self.gathering), table.name, Some(*number));
            let add = move |place, batch| gathering.add(name, read + place, number, batch);
            read += stream(scan, add).map_err(failed)?;
        }
        Ok(())
    }

    /// Adds the stored rows of a table that count; hands back the parts they are from.
    fn add_stored(&self, table: &CheckedTable, memory: &mut Memory) -> Vec<PartEntry> {
        let remembered = table.files.iter().filter(|file| file.rows.is_none());
        let live = remembered.filter_map(|file| memory.number(table.name, &file.check)).collect();
        let held = memory.take(table.name).into_par_iter().enumerate();
        let held = held.map(|(place, held)| {
            self.gathering.add_block(table.name, place, held.block.only(&live));
            held.entry
        });
        held.collect()
    }

    /// A table without rows still has its columns.
    fn add_heading(&self, project: &Project, table: &CheckedTable) -> Result<(), Error> {
        let Some(needs) = self.needs.tables.get(&table.name).filter(|_| self.gathering.is_empty(table.name)) else {
            return Ok(());
        };
        let scan = select(table, &table.frame, needs, project.project.time_zone.name())?;
        let heading = scan.limit(0).collect().and_then(|frame| RowBatch::of_frame(&frame));
        let heading = heading.map_err(|source| Error::Read { table: table.name, source })?;
        self.gathering.add(table.name, 0, None, heading);
        Ok(())
    }

    /// What the store is to say of a table, parts excepted.
    fn entry(&self, project: &Project, table: &CheckedTable, memory: &Memory) -> Result<TableEntry, Error> {
        let (signature, sources) = (signature(project, table.name), self.sources(project, table, memory)?);
        Ok(TableEntry { signature, columns: self.columns(table), sources, parts: Vec::new() })
    }

    /// The files of a table for the store.
    fn sources(&self, project: &Project, table: &CheckedTable, memory: &Memory) -> Result<Vec<SourceEntry>, Error> {
        let mut fresh = self.numbers.get(&table.name).into_iter().flatten();
        let listed = source::list(project, table.name).map_err(contract::Error::from)?;
        let entries = table.files.iter().zip(&listed).filter_map(|(file, listed)| {
            let number =
                if file.rows.is_some() { fresh.next().copied() } else { memory.number(table.name, &file.check) };
            let (stamp, settled) = memory.stamp(&listed.file);
            Some(SourceEntry { number: number?, stamp, settled, check: file.check.clone() })
        });
        Ok(entries.collect())
    }

    /// Fingerprint of the columns that are kept of a table.
    fn columns(&self, table: &CheckedTable) -> String {
        columns(table, self.needs.tables.get(&table.name))
    }
}

/// Fingerprint of the columns that are kept of a table.
fn columns(table: &CheckedTable, needs: Option<&TableNeeds>) -> String {
    let kept = needs.map(|needs| needs.names().collect::<Vec<_>>());
    let text = json!([table.columns, table.attributes, kept]).to_string();
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
