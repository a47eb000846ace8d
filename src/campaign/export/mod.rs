//! The at-risk list: from the scores of a run to a file that people and programs can act on.
//!
//! A list holds one row per customer: `customer, as_of, target, horizon_days, rank, score, score_low, score_high, band,
//! decile, value, value_at_risk, action, action_channel, action_offer, action_cost, reason_1..reason_5, model`, and
//! `expected_value_saved` where a save rate or a cost was given. Columns the scores do not have are left out.

mod compare;
mod contacts;
mod lists;
mod recommend;
mod select;
mod writer;

use std::path::Path;

use polars::prelude::DataFrame;

pub use compare::{Changes, Cutoff, changes, cutoffs};
pub use contacts::{contacted_within, suppression_file, without_consent};
pub use lists::{Advocacy, advocacy};
pub use recommend::{Actions, Fits, Recommendation};
pub use select::{Chosen, Selection, Sort, chosen, columns, list, with_actions};
pub use writer::{TableWriter, csv_text, write, write_whole, writer_for};

use super::Error;

/// Writes the default export, `at_risk.csv`: everyone scored for `target` whose band is not `low`, riskiest first,
/// with a recommended action. Returns the number of rows.
///
/// # Errors
/// When the scores lack a column of the contract or the file cannot be written.
pub fn at_risk(scores: &DataFrame, target: &str, actions: &Actions, file: &Path) -> Result<usize, Error> {
    let list = list(scores, &Selection::new(target), actions)?;
    write(&list, file)?;
    Ok(list.height())
}
