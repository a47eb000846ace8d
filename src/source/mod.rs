//! Sources: files as typed lazy frames with canonical column names, and their fingerprints.
//!
//! A table is read in parts, one per file. A part keeps the file's own columns (`raw`, with [`LINE`]) and knows for
//! every canonical column two expressions over them: `raw`, what the file says, and `typed`, the canonical type or null
//! where that cannot be made of it. Whether such nulls are mistakes is the contract's business, not decided here.
//!
//! Schemas belong to files: each file's columns are cast to the canonical types by themselves, never inferred across
//! files. Text files are read as text first, so nothing is lost before it is judged.

mod compressed;
mod delimited;
mod error;
mod expression;
mod files;
pub mod guess;
mod instant;
mod join;
mod mapping;
mod names;
mod ndjson;
mod open;
mod parquet;
mod raw;
mod row_groups;
mod typed;

pub use compressed::fingerprint;
pub use error::Error;
pub use expression::{columns_of, expression};
pub use files::format_of;
pub use instant::{Instant, TimeFormat, TimeParser};
pub use join::JoinedFile;
pub use mapping::MappedColumn;
pub use open::{Fingerprint, Listed, Opened, Part, list, open, open_file};
pub use raw::{Fault, FaultKind, LINE};
pub use row_groups::{Cells, NO_TEXT, RowGroups, Texts};
pub use typed::{data_type, is_plain_number, micros, missing};
