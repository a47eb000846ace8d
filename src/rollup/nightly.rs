//! A night: only files that are new or changed are read, the rest comes out of the store.
//!
//! 1. what the store holds is read, every file checked by its hash;
//! 2. the check asks for each source file whether it is remembered; the others are read, directly where they allow it;
//! 3. if the columns that are kept are no longer those that are needed, the table is forgotten and read anew;
//! 4. the store is brought up to date;
//! 5. all rows become a history, in the same way whether they were stored or read.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::json;

use super::Error;
use super::batch::RowBatch;
use super::build::{select, stream};
use super::collect::Collecting;
use super::direct::Direct;
use super::gather::Gathering;
use super::history::History;
use super::needs::{Needs, TableNeeds};
use super::store::{Block, Memory, SourceEntry, Sources, Store, TableUpdate, Warning, signature};
use crate::contract::{self, Checked, CheckedTable};
use crate::progress::Progress;
use crate::project::Project;
use crate::source;
use crate::tables::TableName;
use crate::time::Day;

/// What a night begins with.
pub struct Nightly {
    /// The tables.
    pub checked: Checked,
    /// All customers' rows.
    pub history: History,
    /// What in the store was not as it should be.
    pub warnings: Vec<Warning>,
}

/// Rows of the files of a table that were read, by the file's position among them.
type Read = Vec<(usize, Block)>;

/// Checks the tables and rolls them up with the help of the store, which is brought up to date.
///
/// # Errors
/// If the data break the contract, a table cannot be read, the store cannot be written, a filter is not valid, or the
/// user cancels.
pub fn ingest_with(project: &Project, as_of: Day, mut store: Store, progress: &Progress) -> Result<Nightly, Error> {
    let stage = progress.stage("store_read", None)?;
    let mut memory = Memory::of(&store, project);
    drop(stage);
    let (checked, needs, mut read) = loop {
        let (checked, read) = read_changed(project, as_of, &memory, progress)?;
        let needs = Needs::of(project, &checked)?;
        let tables = checked.tables.values();
        let others = tables.filter(|table| memory.differs(table.name, &columns(table, needs.tables.get(&table.name))));
        let others: Vec<TableName> = others.map(|table| table.name).collect();
        if others.is_empty() {
            break (checked, needs, read);
        }
        for table in others {
            memory.forget(table);
        }
    };
    let mut updates = BTreeMap::new();
    for table in checked.tables.values() {
        let mut update = TableUpdate {
            signature: signature(project, table.name),
            columns: columns(table, needs.tables.get(&table.name)),
            held: memory.take(table.name),
            ..TableUpdate::default()
        };
        let blocks = match (needs.tables.get(&table.name), read.remove(&table.name)) {
            (Some(_), Some(blocks)) => blocks,
            (Some(needs), None) => read_checked(project, table, needs)?,
            (None, _) => Read::new(),
        };
        add_sources(project, table, &memory, &mut store, blocks, &mut update)?;
        updates.insert(table.name, update);
    }
    let warnings = std::mem::take(&mut memory.warnings);
    let rows = store.update(updates, &mut |step| progress.stage(step, None).map(drop))?;
    let _stage = progress.stage("history", None)?;
    let history = history(project, &checked, rows, &needs)?;
    Ok(Nightly { checked, history, warnings })
}

/// Checks the tables, reading files directly that are not remembered.
fn read_changed(
    project: &Project,
    as_of: Day,
    memory: &Memory,
    progress: &Progress,
) -> Result<(Checked, BTreeMap<TableName, Read>), Error> {
    let wanted = Needs::wanted(project)?;
    let mut read = BTreeMap::new();
    let checked = contract::check_with(project, as_of, progress, memory, &mut |opened, shape| {
        let needs = wanted.available(shape)?;
        let direct = Direct::new(project, opened, shape, &needs, as_of)?;
        let rows = Collecting::default();
        let audits = direct.read(&|file, place, batch| rows.add(file, place, batch))?;
        read.insert(opened.name, rows.finish());
        Some(audits)
    })?;
    Ok((checked, read))
}

/// Reads the files of a table that are not remembered as the check hands them over.
fn read_checked(project: &Project, table: &CheckedTable, needs: &TableNeeds) -> Result<Read, Error> {
    let collecting = Arc::new(Collecting::default());
    let fresh = table.files.iter().filter_map(|file| file.rows.as_ref());
    for (file, rows) in fresh.enumerate() {
        let scan = select(table, rows, needs, project.project.time_zone.name())?;
        let shared = Arc::clone(&collecting);
        let read = stream(scan, move |place, batch| shared.add(file, place, batch));
        read.map_err(|source| Error::Read { table: table.name, source })?;
    }
    Ok(collecting.finish())
}

/// Names the files of a table to the store, with the rows of those that were read.
fn add_sources(
    project: &Project,
    table: &CheckedTable,
    memory: &Memory,
    store: &mut Store,
    blocks: Read,
    update: &mut TableUpdate,
) -> Result<(), Error> {
    let mut blocks = blocks.into_iter().peekable();
    let listed = source::list(project, table.name).map_err(contract::Error::from)?;
    let mut fresh = 0;
    for (file, listed) in table.files.iter().zip(&listed) {
        let known = memory.number(table.name, &file.check).filter(|_| file.rows.is_none());
        let number = known.unwrap_or_else(|| store.number());
        let (stamp, settled) = memory.stamp(&listed.file);
        update.sources.push(SourceEntry { number, stamp, settled, check: file.check.clone() });
        if known.is_none() {
            let own = blocks.next_if(|(file, _)| *file == fresh);
            update.fresh.extend(own.map(|(_, block)| Block { sources: Sources::One(number), ..block }));
            fresh += 1;
        }
    }
    Ok(())
}

/// Fingerprint of the columns that are kept of a table.
fn columns(table: &CheckedTable, needs: Option<&TableNeeds>) -> String {
    let kept = needs.map(|needs| needs.names().collect::<Vec<_>>());
    let text = json!([table.columns, table.attributes, kept]).to_string();
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn history(
    project: &Project,
    checked: &Checked,
    mut rows: BTreeMap<TableName, Vec<Block>>,
    needs: &Needs,
) -> Result<History, Error> {
    let gathering = Gathering::new(needs.tables.keys().copied());
    for (name, table_needs) in &needs.tables {
        let blocks = rows.remove(name).unwrap_or_default();
        if let (true, Some(table)) = (blocks.is_empty(), checked.table(*name)) {
            // A table without rows still has its columns.
            let scan = select(table, &table.frame, table_needs, project.project.time_zone.name())?;
            let heading = scan.limit(0).collect().and_then(|frame| RowBatch::of_frame(&frame));
            gathering.add(*name, 0, heading.map_err(|source| Error::Read { table: *name, source })?);
        }
        let blocks = blocks.into_par_iter().enumerate();
        blocks.for_each(|(place, block)| gathering.add(*name, place, block.into()));
    }
    Ok(gathering.finish(needs))
}
