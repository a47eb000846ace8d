//! Writing part files under names that no file has.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::block::Block;
use super::manifest::PartEntry;
use super::{Error, Store, part, unwritable};
use crate::tables::TableName;

/// Writes part files; a file counts as soon as a manifest names it. Threads may share it.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    /// Larger than that of any file in the folder.
    generation: u64,
    /// How many names have been given out.
    named: AtomicUsize,
}

impl Store {
    /// For part files of a generation of their own.
    ///
    /// # Errors
    /// [`Error::Write`] if the folder cannot be listed.
    pub fn writer(&self) -> Result<Writer, Error> {
        let generation = |name: &String| name.strip_suffix(".part")?.rsplit('-').nth(1)?.parse::<u64>().ok();
        let last = listed(&self.folder)?.iter().filter_map(generation).max().unwrap_or(0);
        Ok(Writer { folder: self.folder.clone(), generation: last + 1, named: AtomicUsize::new(0) })
    }
}

impl Writer {
    /// The name of a new part file: table, number of the update, position.
    pub fn name(&self, table: TableName) -> String {
        let position = self.named.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{table}-{}-{position}.part", self.generation)
    }

    /// Writes a block under a new name, and flushes it.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, file: String, block: &Block, is_night: bool) -> Result<PartEntry, Error> {
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
            is_night,
            sources: block.sources.numbers.clone(),
        })
    }
}

/// The names of all files in a folder, ascending.
pub(super) fn listed(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| unwritable(folder, source);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
