//! How good is it: metrics in f64 with intervals, baselines beside them, and the gate that may refuse a model.
//!
//! Everything here takes outcomes (`&[bool]`, true = the target's event) and scores (probabilities, any ties) of equal
//! length n, and knows nothing about how the scores were made. Ties are averaged over everywhere, so no result depends
//! on the order of the rows.

mod auc;
mod clustered;
mod curve;
mod evaluation;
mod expected_profit;
mod gate;
mod metrics;
mod paired;

pub use auc::{Auc, auc, auc_difference, auc_value};
pub use clustered::clustered_auc;
pub use curve::{Curve, Decile};
pub use evaluation::{Drift, Evaluation, Setting, Slice};
pub use expected_profit::{Campaign, expected_maximum_profit};
pub use gate::{Gate, Verdict};
pub use metrics::{Metrics, log_loss, metrics};
pub use paired::{PairedDifference, paired_difference};
