//! The data contract: proves that the tables are what the rest of the engine assumes.
//!
//! Input: the project and its opened sources. Output: [`Checked`] tables and their [`Finding`]s. Whoever holds a
//! [`Checked`] may rely on this:
//! - every canonical column present has its canonical type (see [`crate::tables::ColumnType`]); required columns have
//!   no nulls; numbers are finite;
//! - beside every time column `x` stands `x_day`, a `Date`: its local day in the project's zone;
//! - rows that broke the contract are gone (quarantined and counted), or the check has failed;
//! - rows keep no promised order: whoever needs one sorts by complete keys, so that file and row order never matter.

mod across;
mod audit;
mod check;
mod error;
mod finding;
mod past;
mod quarantine;
mod remembered;
mod report;

use std::collections::BTreeMap;

use polars::prelude::LazyFrame;
use serde::{Deserialize, Serialize};

pub use audit::Audit;
pub use check::{Reader, check, check_with, look};
pub use error::Error;
pub use finding::{Finding, Severity};
pub use past::collect;
pub use quarantine::{SetAside, quarantine};
pub use remembered::{CheckedFile, FileCheck, Remembers, Unknown};
pub use report::{Report, TableReport};

use crate::tables::TableName;
use crate::time::Day;

/// Tables that kept the contract.
#[derive(Clone)]
pub struct Checked {
    /// The tables that are mapped.
    pub tables: BTreeMap<TableName, CheckedTable>,
    /// The files that were read, for the manifest, sorted by path.
    pub inputs: Vec<InputFile>,
    /// Everything worth saying that did not stop the check.
    pub findings: Vec<Finding>,
}

/// One table that kept the contract.
#[derive(Clone)]
pub struct CheckedTable {
    /// Its name.
    pub name: TableName,
    /// Canonical columns (only those mapped), `x_day` columns, and for `customers` the attributes under their own names.
    pub frame: LazyFrame,
    /// Names of the canonical columns that are mapped, `x_day` columns not listed.
    pub columns: Vec<String>,
    /// `customers` only: the attributes.
    pub attributes: Vec<Attribute>,
    /// Rows after quarantine.
    pub rows: u64,
    /// Rows set aside.
    pub quarantined: u64,
    /// Earliest and latest local day of the table's time column; `None` without rows or without a time.
    pub span: Option<(Day, Day)>,
    /// Latest local day of any of its times before the as-of date, later times of a row included.
    pub newest: Option<Day>,
    /// First day the table does not cover: declared, or the day after its latest time.
    pub covered_until: Option<Day>,
    /// Its files, in the order of sources and paths.
    pub files: Vec<CheckedFile>,
}

/// An attribute of customers: a column of `customers` that is not canonical.
#[derive(Debug, Clone, Serialize)]
pub struct Attribute {
    /// Its name in the file.
    pub name: String,
    /// A number (`Float64`) or text (`String`).
    pub numeric: bool,
    /// Whether a model may use it: declared static, or the rows carry `valid_from`.
    pub usable: bool,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputFile {
    /// Path relative to the project where possible, with `/`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Data rows.
    pub rows: u64,
    /// blake3 of the bytes, in hex.
    pub blake3: String,
}

impl Checked {
    /// The table, if it is mapped.
    #[must_use]
    pub fn table(&self, name: TableName) -> Option<&CheckedTable> {
        self.tables.get(&name)
    }
}

/// Which columns a table has, checked or not.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The table.
    pub name: TableName,
    /// Names of the canonical columns that are mapped.
    pub columns: Vec<String>,
    /// `customers` only: the attributes.
    pub attributes: Vec<Attribute>,
}

/// Something that knows which columns a table has.
pub trait Shaped {
    /// The table.
    fn name(&self) -> TableName;

    /// Names of the canonical columns that are mapped.
    fn columns(&self) -> &[String];

    /// The attributes of customers.
    fn attributes(&self) -> &[Attribute];

    /// Whether the canonical column is mapped.
    fn has(&self, column: &str) -> bool {
        self.columns().iter().any(|name| name == column)
    }
}

impl Shaped for Shape {
    fn name(&self) -> TableName {
        self.name
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
}

impl Shaped for CheckedTable {
    fn name(&self) -> TableName {
        self.name
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
}

impl CheckedTable {
    /// Whether the canonical column is mapped.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        Shaped::has(self, column)
    }
}
