//! A world whose truth is known: customers with all fifteen tables, planted effects, and `truth.json` that quotes them.
//!
//! The world is lived customer by customer, day by day: rates that differ between customers, lulls, a hazard of leaving
//! driven by what the tables show (unresolved tickets, bargains, tenure, the club, help chats) and by satisfaction that
//! they show only dimly, a decay before the silence, win-backs, messages that go on after the end, trials, plan changes,
//! cards that fail. All planted numbers stand in `world.rs`.
//!
//! Promises: the same request gives the same bytes, whatever the number of threads; memory does not grow with the
//! number of customers (blocks of 250 are written as they are done); a customer's days depend on the seed and his block
//! alone, so a larger world begins with the blocks of the smaller one.
//!
//! Files: one per table (`customers.csv.gz`, ...), `truth.json` (format: `summary.rs`), and `tidewatch.toml`, written
//! last.

mod advocacy;
mod block;
mod company;
mod contact;
mod dice;
mod error;
mod life;
mod person;
mod project_file;
mod rows;
mod service;
mod subscription;
mod summary;
mod truth;
mod world;
mod write;

use std::path::PathBuf;

use rayon::prelude::*;

pub use error::Error;

use crate::progress::Progress;
use crate::tables::TableName;
use crate::time::Day;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Request {
    /// How many customers.
    pub customers: u64,
    /// Months of history.
    pub months: u32,
    /// Seed of all draws.
    pub seed: u64,
    /// First day after the data: the project's `as_of`.
    pub days_end: Day,
    /// Whether to plant columns and rows that tell the future.
    pub leaks: bool,
    /// How the tables are written.
    pub files: Files,
    /// The folder to make.
    pub out: PathBuf,
}

/// How the tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Files {
    /// Plain csv
    Csv,
    /// csv, gzipped
    #[value(name = "csv.gz")]
    Gzip,
    /// Apache Parquet
    Parquet,
}

/// What was made.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Made {
    /// Rows per table, in the contract's order.
    pub rows: Vec<(TableName, u64)>,
    /// AUC of the true probabilities of churn.
    pub oracle_auc: Option<f64>,
    /// Share of eligible customers who churned.
    pub base_rate: Option<f64>,
}

/// Lives a world and writes it to `request.out`.
///
/// # Errors
/// [`Error`] if the folder exists and holds anything, if a file cannot be written, or if cancelled.
pub fn simulate(request: &Request, progress: &Progress) -> Result<Made, Error> {
    let world = world::World::new(request);
    let mut writer = write::Writer::create(request)?;
    let blocks = request.customers.div_ceil(block::SIZE);
    let stage = progress.stage("simulate", Some(blocks))?;
    let mut summary = summary::Summary::default();
    // A few blocks per thread at a time: enough to keep all busy, little enough to hold.
    let batch = 4 * rayon::current_num_threads() as u64;
    for begin in (0..blocks).step_by(usize::try_from(batch).unwrap_or(1)) {
        let end = (begin + batch).min(blocks);
        let live = |number: u64| {
            block::live(&world, number * block::SIZE, ((number + 1) * block::SIZE).min(request.customers))
        };
        let done: Vec<block::Block> = (begin..end).into_par_iter().map(live).collect();
        for block in done {
            writer.write(&block.rows)?;
            summary.add(block);
        }
        stage.advance(end - begin)?;
    }
    for day in world.start.epoch_days()..world.end.epoch_days() {
        let mut rows = rows::Rows::from(world.start);
        company::day(&world, Day::from_epoch_days(day), request.customers, &mut rows);
        writer.write(&rows)?;
    }
    let counts = writer.finish(&summary.truth(request, &world), &project_file::text(request, &world))?;
    let (oracle_auc, base_rate) = summary.churn();
    Ok(Made { rows: TableName::ALL.into_iter().zip(counts).collect(), oracle_auc, base_rate })
}
