//! Publishing: a run appears under `runs/<as_of>/` whole or not at all.
//!
//! 1. [`Lock`] keeps a second run of the same project out, and names the holder.
//! 2. [`Staging`] is a folder `runs/.staging-…` in the same file system; every file of the run is written there, and
//!    the manifest `run.json` last.
//! 3. [`Staging::publish`] flushes files and folder to disk, then makes the run visible by **one** rename. Over an
//!    existing run the two folders are exchanged in one call and the old one is deleted afterwards.
//!
//! A process killed at any moment leaves the old state or the new one, and at most a staging folder that the next run
//! removes.

mod durable;
mod error;
mod lock;
mod manifest;
mod runs;
mod staging;

pub use durable::{remove_folder, replace_folder, sync_folder, write_file};
pub use error::Error;
pub use lock::Lock;
pub use manifest::{GateVerdict, Manifest, Output, RUN_FORMAT};
pub use runs::{Runs, SCORES_FILE};
pub use staging::{Published, Staging, write_parquet};
