//! The store: what past nights read, kept in `.tidewatch/rollup`, so that a night reads only what is new.
//!
//! What is read is numbered by source file: every row knows which file it is from. The rows of a table are put together once
//! and written, by ranges of customers, as **part files** (`part`) that are never changed again; what later nights read
//! becomes small parts of their own, until they make up an eighth of the whole or there are too many: then all is put
//! together anew (`update`). A source file that is new or changed is read and gets a new number; one that is unchanged
//! (`stamp`, then its hash) is not; rows whose source's number no longer counts (its file vanished or was corrected) are
//! passed over, and gone with the next putting together. Late rows need no care: a part holds whatever days its files do,
//! and rows of a customer are put in the order of days when parts are read together.
//!
//! The store can be deleted at any time, and everything in it is checked before it is used: the manifest by its hash, every
//! part by the hash in the manifest. What is damaged is named and read again from its source files. What comes out of the
//! store is what comes out of the files, always; only the time differs.
//!
//! An update writes new files under new names, flushes them, and then replaces the manifest by one rename (`manifest`).
//! Killed at any moment it leaves the old store or the new one, and at most files that no manifest names.

mod block;
mod error;
mod levels;
mod manifest;
mod memory;
mod packed;
mod part;
mod stamp;
mod update;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use block::{Block, Taken};
pub use error::Error;
pub use manifest::{Manifest, PartEntry, STORE_FORMAT, SourceEntry, TableEntry};
pub use memory::{Memory, signature};
pub use stamp::{Stamp, second_in};
pub(super) use update::{PART_ROWS, spans, wants_rewriting};
pub use update::{Steps, TableUpdate};
pub use writer::Writer;

use crate::publish;
use crate::tables::TableName;

/// The store's folder in a project.
pub const STORE_FOLDER: &str = ".tidewatch/rollup";

/// The store of a project, as its manifest says.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
    /// The second at which it was opened, by the clock of its file system.
    now: i64,
}

/// Something a person should know: the store was not as it should be, and what was wrong is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A file of the store is not what was written.
    Damaged {
        /// Its name in the store's folder.
        file: String,
    },
    /// A file of the store is gone.
    Missing {
        /// Its name.
        file: String,
    },
    /// The store was written by an earlier engine.
    Older {
        /// Its manifest.
        file: String,
        /// Its format.
        found: u32,
    },
}

/// A part that is what was written.
#[derive(Debug, Clone)]
pub struct Held {
    /// The manifest's word about it.
    pub entry: PartEntry,
    /// Its rows, of whatever source; none of them where memory is not to hold all.
    pub block: Block,
}

/// Reads parts of a store.
#[derive(Debug, Clone)]
pub struct Reader {
    folder: PathBuf,
}

/// What could be read of a table.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Parts that are whole.
    pub held: Vec<Held>,
    /// Sources with rows in parts that are not: they must be read again.
    pub lost: Vec<u32>,
    /// Names of those parts.
    pub warnings: Vec<Warning>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let again = "it is built again from the source files";
        match self {
            Self::Damaged { file } => write!(f, "{STORE_FOLDER}/{file} is damaged: {again}"),
            Self::Missing { file } => write!(f, "{STORE_FOLDER}/{file} is missing: {again}"),
            Self::Older { file, found } => {
                write!(f, "{STORE_FOLDER}/{file} has format {found}, this engine writes {STORE_FORMAT}: {again}")
            }
        }
    }
}

impl Store {
    /// Opens the store of a project; hold the project's lock. Without one, or if its manifest is damaged or of an older
    /// format, it is empty.
    ///
    /// # Errors
    /// [`Error::Newer`]; [`Error::Write`] if its folder cannot be made.
    pub fn open(project_root: &Path) -> Result<(Self, Option<Warning>), Error> {
        let empty = Self::empty(project_root)?;
        let (manifest, warning) = manifest::read(&empty.folder)?;
        Ok((Self { manifest, ..empty }, warning))
    }

    /// A store that holds nothing, whatever lies in the folder: to build it again.
    ///
    /// # Errors
    /// [`Error::Write`] if its folder cannot be made.
    pub fn empty(project_root: &Path) -> Result<Self, Error> {
        let folder = project_root.join(STORE_FOLDER);
        fs::create_dir_all(&folder).map_err(|source| unwritable(&folder, source))?;
        let now = second_in(&folder).map_err(|source| unwritable(&folder, source))?;
        Ok(Self { folder, manifest: Manifest::default(), now })
    }

    /// What is held of a table, if that was read as `signature` says.
    #[must_use]
    pub fn table(&self, table: TableName, signature: &str) -> Option<&TableEntry> {
        self.manifest.tables.get(&table).filter(|entry| entry.signature == signature)
    }

    /// The number for the next new source file.
    pub fn number(&mut self) -> u32 {
        self.manifest.next_source += 1;
        self.manifest.next_source
    }

    /// Reads the parts of a table, each checked by its hash; their rows are kept if `keeps_rows`.
    #[must_use]
    pub fn load(&self, entry: &TableEntry, keeps_rows: bool) -> Loaded {
        let reader = self.reader();
        let held = |part: &PartEntry| {
            let block = reader.read(part)?;
            let block = if keeps_rows { block } else { block.heading() };
            Ok(Held { entry: part.clone(), block })
        };
        let read: Vec<Result<Held, Warning>> = entry.parts.par_iter().map(held).collect();
        let mut loaded = Loaded::default();
        for (part, read) in entry.parts.iter().zip(read) {
            let is_alike =
                |held: &Held| loaded.held.first().is_none_or(|first| first.block.shape() == held.block.shape());
            match read {
                Ok(held) if is_alike(&held) => loaded.held.push(held),
                Ok(_) => loaded.lose(part, Warning::Damaged { file: part.file.clone() }),
                Err(warning) => loaded.lose(part, warning),
            }
        }
        loaded
    }

    /// How many bytes the parts of all tables have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.manifest.tables.values().flat_map(|table| &table.parts).map(|part| part.bytes).sum()
    }

    /// For reading parts later, when they are asked for.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader { folder: self.folder.clone() }
    }
}

impl Reader {
    /// The rows of a part.
    ///
    /// # Errors
    /// [`Error::Rotten`] if the file is not what was written.
    pub fn part(&self, entry: &PartEntry) -> Result<Block, Error> {
        self.read(entry).map_err(|_| Error::Rotten { path: self.folder.join(&entry.file) })
    }

    fn read(&self, entry: &PartEntry) -> Result<Block, Warning> {
        let file = || entry.file.clone();
        let bytes = fs::read(self.folder.join(&entry.file)).map_err(|_| Warning::Missing { file: file() })?;
        if blake3::hash(&bytes).to_hex().as_str() != entry.blake3 {
            return Err(Warning::Damaged { file: file() });
        }
        part::decoded(&bytes).ok_or_else(|| Warning::Damaged { file: file() })
    }
}

impl Loaded {
    fn lose(&mut self, part: &PartEntry, warning: Warning) {
        self.lost.extend(&part.sources);
        self.warnings.push(warning);
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::Write(publish::Error::Write { path: path.to_path_buf(), source })
}
