//! `score`: apply the standing models.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{Format, Session};
use crate::ops::Failure;
use crate::ops::score::score;
use crate::report::{Align, Cell, Table, count};
use crate::score::Scores;
use crate::time::Day;

/// Rows shown of each target.
const SHOWN: usize = 10;

/// Apply the standing models to one night, without training or publishing
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch score --as-of 2025-06-01 --out scores.parquet\n  tidewatch score --target churn --format csv"
)]
pub struct Arguments {
    /// The night; `[project] as_of` or today if left out
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Only this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// File for all scores with all columns: .parquet or .csv
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Arguments {
    /// Scores, and prints the riskiest customers.
    ///
    /// # Errors
    /// As [`score`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let all =
            score(&session.project_dir, self.target.as_deref(), self.as_of, self.out.as_deref(), &session.progress)?;
        session.print(&match session.format {
            Format::Json => format!("{:#}\n", table(&all, usize::MAX).json()),
            Format::Csv => table(&all, usize::MAX).csv(),
            Format::Markdown => table(&all, SHOWN).markdown(),
            _ => text(&all),
        });
        Ok(())
    }
}

fn text(all: &[Scores]) -> String {
    let mut text = String::new();
    for scores in all {
        let scored = scores.scored().count();
        let model = scores.model.as_deref().unwrap_or("none");
        let _ = writeln!(
            text,
            "{} as of {}: {} scored, {} abstained, model {model}",
            scores.target,
            scores.as_of,
            count(scored as u64),
            count((scores.rows.len() - scored) as u64)
        );
    }
    text + "\n" + &table(all, SHOWN).text()
}

fn table(all: &[Scores], shown: usize) -> Table {
    let mut table = Table::new(&[
        ("target", Align::Left),
        ("customer", Align::Left),
        ("score", Align::Right),
        ("score_low", Align::Right),
        ("score_high", Align::Right),
        ("band", Align::Left),
        ("rank", Align::Right),
        ("value_at_risk", Align::Right),
        ("reason_1", Align::Left),
    ]);
    for scores in all {
        for (row, scored) in scores.scored().take(shown) {
            let (low, high) = scored.judged.interval;
            let reason = scored.judged.weights.reasons.first().map_or("", |reason| reason.sentence.as_str());
            table.row([
                scores.target.as_str().into(),
                row.customer.as_str().into(),
                Cell::number(scored.score(), 4),
                Cell::number(crate::model::probability(low), 4),
                Cell::number(crate::model::probability(high), 4),
                scored.band.as_str().into(),
                Cell::count(u64::from(scored.rank)),
                Cell::number(scored.score() * row.value, 2),
                reason.into(),
            ]);
        }
    }
    table
}
