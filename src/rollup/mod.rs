//! The rollup: from checked tables to a history in which every customer's rows lie together, in the order of time.
//!
//! Each table is read once; only the columns somebody needs are kept ([`Needs`]), typed and narrow ([`Numbers`],
//! [`Codes`]), text as codes of sorted levels, times as local days. Customers are numbered by the bytes of their ids, so
//! that numbers, and with them all results, do not depend on the order of files or rows or on the number of threads.
//!
//! ```text
//! row group ─ Direct ─┐            (plain parquet: audited and decoded in one go)
//! checked frame ──────┴► RowBatch ─┐
//! part of the store ─────► Block ──┴► Gathering ─► History
//! ```

mod apart;
mod batch;
mod budget;
mod build;
mod codes;
mod customers;
mod days;
mod derived;
mod direct;
mod error;
mod gather;
mod history;
mod intern;
mod needs;
mod nightly;
mod numbers;
mod order;
mod pieces;
mod places;
mod shards;
mod spill;
pub mod store;

pub use batch::{BatchColumn, RowBatch};
pub use budget::{Budget, NoSize};
pub use build::ingest;
pub use codes::Codes;
pub use customers::{CustomerIndex, NO_LEVEL};
pub use days::Days;
pub use direct::Direct;
pub use error::Error;
pub use gather::Gathering;
pub use history::{Column, History, NEVER, Sources, TableHistory, Values};
pub use needs::{Needs, TableNeeds, has_column, roots};
pub use nightly::{Nightly, ingest_with};
pub use numbers::Numbers;
pub use shards::Shards;
pub use spill::{Spill, Spilled};
