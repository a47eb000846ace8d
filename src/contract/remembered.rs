//! What a check found in one file, so that a later one need not read it again while the file stays as it is.

use polars::prelude::LazyFrame;
use serde::{Deserialize, Serialize};

use super::{Audit, InputFile};
use crate::source::Listed;
use crate::tables::TableName;
use crate::time::Day;

/// What the check found in one file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileCheck {
    /// The file as messages show it.
    pub path: String,
    /// Position of its source among the table's sources.
    pub source: usize,
    /// Size in bytes.
    pub bytes: u64,
    /// blake3 of the bytes, in hex.
    pub blake3: String,
    /// Files joined to it.
    pub joined: Vec<InputFile>,
    /// Names of the canonical columns it gives, in canonical order.
    pub columns: Vec<String>,
    /// Attributes of customers, and whether each is a number in all its rows.
    pub attributes: Vec<(String, bool)>,
    /// The audit of its rows.
    pub audit: Audit,
    /// Rows that could not be divided into fields.
    pub faults: u64,
    /// Currencies of its orders, ascending.
    pub currencies: Vec<String>,
    /// The date from which it was seen, in days since 1970.
    pub as_of: i32,
}

/// A file of a checked table.
#[derive(Clone)]
pub struct CheckedFile {
    /// What was found.
    pub check: FileCheck,
    /// Its rows as those of the table, if it was read now; nothing if it was remembered.
    pub rows: Option<LazyFrame>,
}

/// Somebody who remembers what was found in files.
pub trait Remembers {
    /// What was found in the file when it was as it is now; nothing if it must be read.
    fn check(&self, table: TableName, listed: &Listed, as_of: Day) -> Option<FileCheck>;
}

/// Nobody remembers anything.
pub struct Unknown;

impl Remembers for Unknown {
    fn check(&self, _: TableName, _: &Listed, _: Day) -> Option<FileCheck> {
        None
    }
}

impl FileCheck {
    /// Whether the check would find the same from another date: whether no later time of a row lies beyond either.
    #[must_use]
    pub fn holds_at(&self, as_of: Day) -> bool {
        let latest = self.audit.latest.map_or(i32::MIN, Day::epoch_days);
        self.as_of == as_of.epoch_days() || latest < self.as_of.min(as_of.epoch_days())
    }

    /// The file for the manifest.
    pub(super) fn input(&self) -> InputFile {
        let (path, blake3) = (self.path.clone(), self.blake3.clone());
        InputFile { path, bytes: self.bytes, rows: self.audit.read + self.faults, blake3 }
    }
}
