//! What the store knows of files, while the check asks for it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::manifest::{SourceEntry, TableEntry};
use super::{Held, Loaded, STORE_FORMAT, Stamp, Store, Warning};
use crate::contract::{FileCheck, Remembers};
use crate::project::{Project, TableSource};
use crate::source::{self, Listed};
use crate::tables::TableName;
use crate::time::Day;

/// Files of an earlier night, with their rows.
pub struct Memory {
    tables: BTreeMap<TableName, Kept>,
    /// Stamps of all files the check has asked for, taken before they were read.
    stamps: RefCell<BTreeMap<PathBuf, Stamp>>,
    /// The present second of the store's file system.
    now: i64,
    /// What was not as it should be.
    pub warnings: Vec<Warning>,
}

/// What is kept of a table.
struct Kept {
    columns: String,
    /// By source and path.
    sources: BTreeMap<(usize, String), SourceEntry>,
    held: Vec<Held>,
}

/// Fingerprint of the declarations that decide what the rows of a table say: of its sources (but for which files they
/// name), of the zone, and of the engine.
#[must_use]
pub fn signature(project: &Project, table: TableName) -> String {
    let unnamed = |source: &TableSource| TableSource { files: Vec::new(), covered_until: None, ..source.clone() };
    let sources: Vec<TableSource> = project.sources(table).iter().map(unnamed).collect();
    let declared = json!([STORE_FORMAT, env!("CARGO_PKG_VERSION"), project.project.time_zone.name(), sources]);
    blake3::hash(declared.to_string().as_bytes()).to_hex().to_string()
}

impl Memory {
    /// Reads what the store holds of the project's tables; rows are kept in memory if `keeps_rows`.
    #[must_use]
    pub fn of(store: &Store, project: &Project, keeps_rows: bool) -> Self {
        let mut memory =
            Self { tables: BTreeMap::new(), stamps: RefCell::default(), now: store.now, warnings: Vec::new() };
        for table in TableName::ALL {
            if let Some(entry) = store.table(table, &signature(project, table)) {
                memory.keep(table, store.load(entry, keeps_rows), entry);
            }
        }
        memory
    }

    fn keep(&mut self, table: TableName, loaded: Loaded, entry: &TableEntry) {
        let lost: BTreeSet<u32> = loaded.lost.into_iter().collect();
        let whole = entry.sources.iter().filter(|source| !lost.contains(&source.number));
        let sources = whole.map(|source| ((source.check.source, source.check.path.clone()), source.clone())).collect();
        self.warnings.extend(loaded.warnings);
        self.tables.insert(table, Kept { columns: entry.columns.clone(), sources, held: loaded.held });
    }

    /// Whether rows of the table are kept with other columns than these.
    #[must_use]
    pub fn differs(&self, table: TableName, columns: &str) -> bool {
        self.tables.get(&table).is_some_and(|kept| kept.columns != columns)
    }

    /// Forgets a table: all its files will be read.
    pub fn forget(&mut self, table: TableName) {
        self.tables.remove(&table);
    }

    /// The parts that are kept of a table; nothing of them is left here.
    pub fn take(&mut self, table: TableName) -> Vec<Held> {
        self.tables.get_mut(&table).map(|kept| std::mem::take(&mut kept.held)).unwrap_or_default()
    }

    /// The number of a file whose check was remembered.
    #[must_use]
    pub fn number(&self, table: TableName, check: &FileCheck) -> Option<u32> {
        self.entry(table, check.source, &check.path).map(|source| source.number)
    }

    /// The stamp of a file that the check has asked for, and whether it can be trusted; one that no file has, if it had
    /// none.
    #[must_use]
    pub fn stamp(&self, file: &Path) -> (Stamp, bool) {
        let stamp = self.stamps.borrow().get(file).copied();
        stamp.map_or_else(Default::default, |stamp| (stamp, stamp.is_settled(self.now)))
    }

    fn entry(&self, table: TableName, source: usize, path: &str) -> Option<&SourceEntry> {
        self.tables.get(&table)?.sources.get(&(source, path.to_owned()))
    }
}

impl Remembers for Memory {
    fn check(&self, table: TableName, listed: &Listed, as_of: Day) -> Option<FileCheck> {
        let stamp = Stamp::of(&listed.file).ok()?;
        self.stamps.borrow_mut().insert(listed.file.clone(), stamp);
        let known = self.entry(table, listed.source, &listed.path)?;
        // Joined files have no stamps: a table with any is read every night.
        if !known.check.holds_at(as_of) || !known.check.joined.is_empty() {
            return None;
        }
        let is_same = || {
            let fingerprint = source::fingerprint(&listed.file).ok();
            fingerprint.is_some_and(|(_, blake3)| blake3 == known.check.blake3)
        };
        let is_unchanged = (known.settled && known.stamp == stamp) || (known.stamp.bytes == stamp.bytes && is_same());
        is_unchanged.then(|| known.check.clone())
    }
}
