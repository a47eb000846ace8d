//! An update of the store: new part files, then the manifest, then the sweeping.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;

use rayon::prelude::*;

use super::block::Block;
use super::compaction::{self, Size};
use super::manifest::{self, MANIFEST_FILE, Manifest, PartEntry, SourceEntry, TableEntry};
use super::{Error, Held, Store, part, unwritable};
use crate::progress::Cancelled;
use crate::tables::TableName;
use crate::time::Day;

/// What a night knows of a table.
#[derive(Debug, Default)]
pub struct TableUpdate {
    /// Fingerprint of the declarations by which the rows were read.
    pub signature: String,
    /// Fingerprint of the columns of the rows.
    pub columns: String,
    /// All files whose rows count, old and new.
    pub sources: Vec<SourceEntry>,
    /// Parts of the store as they were loaded.
    pub held: Vec<Held>,
    /// Rows of new and changed files, one block each.
    pub fresh: Vec<Block>,
}

/// Called before each step of an update by its name; an error ends it there.
pub type Steps<'a> = &'a mut dyn FnMut(&'static str) -> Result<(), Cancelled>;

/// A block and the part file that holds it, if one does.
struct Piece {
    part: Option<PartEntry>,
    block: Block,
}

impl Store {
    /// Brings the store up to date and hands back the rows that count, by table. Tables that are not named are forgotten.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Cancelled`]; then the store is as it was.
    pub fn update(
        &mut self,
        tables: BTreeMap<TableName, TableUpdate>,
        steps: Steps<'_>,
    ) -> Result<BTreeMap<TableName, Vec<Block>>, Error> {
        let mut manifest = Manifest { next_source: self.manifest.next_source, ..Manifest::default() };
        let mut rows = BTreeMap::new();
        let mut names = self.names()?;
        steps("store_compact")?;
        let tables: Vec<(TableName, TableUpdate)> = tables.into_iter().collect();
        for (table, update) in tables {
            let TableUpdate { signature, columns, sources, held, fresh } = update;
            let live: BTreeSet<u32> = sources.iter().map(|source| source.number).collect();
            let mut pieces = compacted(pieces(held, fresh, &live));
            for (at, piece) in pieces.iter_mut().enumerate().filter(|(_, piece)| piece.part.is_none()) {
                steps("store_part")?;
                let name = names.next(table, &piece.block, at);
                piece.part = Some(self.write_part(name, &piece.block)?);
            }
            let parts = pieces.iter().filter_map(|piece| piece.part.clone()).collect();
            manifest.tables.insert(table, TableEntry { signature, columns, sources, parts });
            rows.insert(table, pieces.into_iter().map(|piece| piece.block).collect());
        }
        if manifest != self.manifest {
            let flushed = File::open(&self.folder).and_then(|folder| folder.sync_all());
            flushed.map_err(|source| unwritable(&self.folder, source))?;
            steps("store_manifest")?;
            manifest::write(&self.folder, &manifest)?;
            self.manifest = manifest;
        }
        steps("store_sweep")?;
        self.sweep(steps)?;
        Ok(rows)
    }

    /// Writes a block under a name that no file has, and flushes it.
    fn write_part(&self, file: String, block: &Block) -> Result<PartEntry, Error> {
        let bytes = part::encoded(block);
        let path = self.folder.join(&file);
        let write = || -> std::io::Result<()> {
            let mut file = File::create_new(&path)?;
            file.write_all(&bytes)?;
            file.sync_all()
        };
        write().map_err(|source| unwritable(&path, source))?;
        Ok(PartEntry {
            file,
            blake3: blake3::hash(&bytes).to_hex().to_string(),
            bytes: bytes.len() as u64,
            rows: block.height() as u64,
            last_day: block.last_day(),
            sources: block.numbers(),
        })
    }

    /// Removes every file that the manifest does not name.
    fn sweep(&self, steps: Steps<'_>) -> Result<(), Error> {
        let parts = self.manifest.tables.values().flat_map(|table| &table.parts);
        let mut named: BTreeSet<&str> = parts.map(|part| part.file.as_str()).collect();
        named.insert(MANIFEST_FILE);
        for name in self.listed()?.into_iter().filter(|name| !named.contains(name.as_str())) {
            steps("store_remove")?;
            let path = self.folder.join(name);
            fs::remove_file(&path).map_err(|source| unwritable(&path, source))?;
        }
        Ok(())
    }

    /// The names of all files in the folder, ascending.
    fn listed(&self) -> Result<Vec<String>, Error> {
        let failed = |source| unwritable(&self.folder, source);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn names(&self) -> Result<Names, Error> {
        let generation = |name: &String| name.strip_suffix(".part")?.rsplit('-').nth(1)?.parse::<u64>().ok();
        let last = self.listed()?.iter().filter_map(generation).max().unwrap_or(0);
        Ok(Names { generation: last + 1 })
    }
}

/// Names of new part files: table, month of the latest row, number of the update, position.
struct Names {
    generation: u64,
}

impl Names {
    fn next(&mut self, table: TableName, block: &Block, at: usize) -> String {
        let last = block.last_day();
        let month = if last == i32::MIN {
            "undated".to_owned()
        } else {
            let date = Day::from_epoch_days(last).date();
            format!("{:04}{:02}", date.year(), date.month())
        };
        format!("{table}-{month}-{}-{at}.part", self.generation)
    }
}

/// The rows that count. A part that holds few of other sources stays as it is.
fn pieces(held: Vec<Held>, fresh: Vec<Block>, live: &BTreeSet<u32>) -> Vec<Piece> {
    let of_store = held.into_par_iter().map(|Held { entry, block }| {
        let block = block.only(live);
        let is_kept = block.height() as u64 * 4 >= entry.rows * 3;
        Piece { part: is_kept.then_some(entry), block }
    });
    let mut pieces: Vec<Piece> = of_store.collect();
    pieces.extend(fresh.into_iter().map(|block| Piece { part: None, block }));
    pieces.retain(|piece| piece.block.height() > 0);
    pieces
}

fn compacted(pieces: Vec<Piece>) -> Vec<Piece> {
    let size = |piece: &Piece| Size { last_day: piece.block.last_day(), rows: piece.block.height() };
    let merges = compaction::merges(&pieces.iter().map(size).collect::<Vec<_>>());
    let mut pieces: Vec<Option<Piece>> = pieces.into_iter().map(Some).collect();
    let groups: Vec<Vec<Block>> = merges
        .into_iter()
        .map(|group| group.into_iter().filter_map(|at| pieces[at].take()).map(|piece| piece.block).collect())
        .collect();
    let merged: Vec<Piece> =
        groups.into_par_iter().map(|blocks| Piece { part: None, block: Block::merged(blocks) }).collect();
    let mut pieces: Vec<Piece> = pieces.into_iter().flatten().chain(merged).collect();
    pieces.sort_by_cached_key(|piece| (piece.block.last_day(), piece.block.numbers().first().copied()));
    pieces
}
