//! `backtest`: an honest test, out of time or on grouped folds.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Format, Session};
use crate::evaluate::{Evaluation, Gate, Metrics};
use crate::model::Model;
use crate::ops::{self, BacktestRequest, Failure, Split, Tested};
use crate::time::Day;

/// Test honestly: train as of then, judge by what happened later (or by folds where there are no dates)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch backtest --project data/cdnow --train-as-of 1998-01-01 --test-as-of 1998-04-01 --out test
  tidewatch backtest --project data/telco_ibm --folds 5 --seed 0 --out test")]
pub struct Arguments {
    /// Training cutoffs; one whose outcome is not over by the earliest test cutoff is left out
    #[arg(long, value_name = "D", value_delimiter = ',', requires = "test_as_of", required_unless_present = "folds")]
    train_as_of: Vec<Day>,
    /// Test cutoffs, pooled and listed one by one
    #[arg(long, value_name = "D", value_delimiter = ',', requires = "train_as_of")]
    test_as_of: Vec<Day>,
    /// So many folds, grouped by customer and by equal rows; only for targets of kind `column`
    #[arg(long, value_name = "K", conflicts_with_all = ["train_as_of", "test_as_of"],
          value_parser = clap::value_parser!(u16).range(2..=50))]
    folds: Option<u16>,
    /// Which deal of the folds
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Only this target
    #[arg(long, value_name = "T")]
    target: Option<String>,
    /// Where outcomes are seen from; the project's `as_of`, else today
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Folder for predictions.parquet and evaluation.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Arguments {
    /// Tests and prints a summary.
    ///
    /// # Errors
    /// As [`ops::backtest`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let split = match self.folds {
            Some(folds) => Split::Folds { folds: usize::from(folds), seed: self.seed },
            None => Split::Dates { train: self.train_as_of, test: self.test_as_of },
        };
        let asked = BacktestRequest { as_of: self.as_of, target: self.target, split, out: self.out };
        let results = ops::backtest(&session.project_dir, &asked, &session.progress)?;
        let line = |(name, tested): (&String, &Tested)| {
            format!("{name}\n{}", summary(&tested.evaluation, &tested.model, &tested.gate))
        };
        session.print(&match session.format {
            Format::Json => {
                let all: serde_json::Map<_, _> =
                    results.iter().map(|(name, tested)| (name.clone(), json!(tested.evaluation))).collect();
                format!("{:#}\n", serde_json::Value::Object(all))
            }
            _ => results.iter().map(line).collect(),
        });
        session.remark(&format!("written: {}", asked.out.display()));
        Ok(())
    }
}

/// A paragraph about an evaluation: sizes, metrics, baselines, shape, gate, notes.
pub fn summary(evaluation: &Evaluation, model: &Model, gate: &Gate) -> String {
    let found = &evaluation.metrics;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "  {} customers, base rate {:.3} (training {:.3}, change {:+.3}), {}",
        found.n, found.base_rate, evaluation.train_base_rate, evaluation.prior_change, evaluation.method
    );
    let _ = writeln!(text, "  {}", measures("model", found));
    for (name, baseline) in &evaluation.baselines {
        let _ = writeln!(text, "  {}", measures(name, baseline));
    }
    let _ = writeln!(
        text,
        "  calibration slope {} [{}, {}], in the large {:+.3}, ECE {:.3}; KS {}, lift at 10 % {}",
        figure(found.calibration_slope),
        figure(found.calibration_slope_low),
        figure(found.calibration_slope_high),
        found.calibration_in_the_large,
        found.ece,
        figure(found.ks),
        figure(found.lift_at_10)
    );
    if let Some(interval) = evaluation.auc_clustered {
        let _ = writeln!(text, "  AUC over samples of whole customers [{:.4}, {:.4}]", interval.low, interval.high);
    }
    for drift in &evaluation.drifts {
        let _ = writeln!(
            text,
            "  unstable: {} had coefficient {:+.3} but {:+.3} at {} (z {:+.1})",
            drift.term,
            drift.pooled,
            drift.pooled + drift.shift,
            drift.cutoff,
            drift.z
        );
    }
    if let Some(auc) = evaluation.auc_recently_active {
        let _ = writeln!(text, "  AUC among the recently active {auc:.4}");
    }
    if evaluation.slices.len() > 1 {
        for slice in &evaluation.slices {
            let _ = writeln!(text, "  {}", measures(&slice.slice, &slice.metrics));
        }
    }
    if let Some(chosen) = model.candidates.iter().find(|candidate| candidate.chosen) {
        let _ = writeln!(
            text,
            "  shape: {}, {} rules in all",
            chosen.shape,
            model.trees.iter().map(|tree| tree.leaves).sum::<usize>()
        );
    }
    let verdict = if gate.promotes() { "promote".to_owned() } else { format!("refuse: {}", gate.reasons.join("; ")) };
    let _ = writeln!(text, "  gate: {verdict}");
    for note in &evaluation.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

fn measures(name: &str, metrics: &Metrics) -> String {
    format!(
        "{name:<12} AUC {} [{}, {}]  average precision {}  log loss {:.4}  Brier {:.4}",
        figure(metrics.auc),
        figure(metrics.auc_low),
        figure(metrics.auc_high),
        figure(metrics.average_precision),
        metrics.log_loss,
        metrics.brier
    )
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}
