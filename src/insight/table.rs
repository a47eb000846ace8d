//! `insights.parquet`: one row per behaviour and outcome.
//!
//! Columns: `behaviour`, `outcome`, `n_with`, `n_without`, `rate_with`, `rate_without` (as they are; money for revenue),
//! `ratio`, `low`, `high` (at equal tenure and segment), `p`, `q`, `sentence`; then `rate_without_matched` (the rate of
//! those without at the tenures and segments of those with), `declared`, `cutoff` (the behaviour is measured before it,
//! the outcome from it on) and `stable` (what the later slice says; null where there was nothing to check, or no later
//! slice). Sorted by outcome in the order asked, declared before discovered, then q, p and name; null where nothing can
//! be said.

use std::cmp::Ordering;

use polars::prelude::*;

use super::Error;
use super::association::Association;
use super::sentence::Check;
use crate::report::{Align, Cell, Table};
use crate::time::Day;

/// One behaviour held against one outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// The behaviour's name.
    pub behaviour: String,
    /// Whether the project declares it; otherwise a feature was cut.
    pub is_declared: bool,
    /// Family of the feature; empty for declared behaviours.
    pub family: String,
    /// The outcome's name.
    pub outcome: String,
    /// The outcome in words, as in [`super::Question`].
    pub outcome_words: String,
    /// Cutoff of the slice that found it.
    pub cutoff: Day,
    /// Cutoff of the slice that checks, if there is one.
    pub later: Option<Day>,
    /// Whether behaviour and outcome have dates; flat tables have none.
    pub is_dated: bool,
    /// Whether the rates are money.
    pub is_revenue: bool,
    /// Customers with the behaviour.
    pub n_with: u64,
    /// Customers without it.
    pub n_without: u64,
    /// The association; none when too few customers are on one side.
    pub found: Option<Association>,
    /// Benjamini–Hochberg q over everything of its kind (declared or discovered) that was tried.
    pub q: Option<f64>,
    /// What the later slice says.
    pub check: Check,
    /// The finding in words.
    pub sentence: String,
}

/// All insights of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct InsightTable {
    /// Sorted as `insights.parquet` is.
    pub rows: Vec<Insight>,
    /// In what customers compared with each other are equal: tenure, and the project's segments.
    pub matched_on: Vec<String>,
}

/// Discoveries with a q above this are not called so.
pub(super) const DISCOVERY_Q: f64 = 0.05;

impl Insight {
    /// Whether it stands out among all that was tried.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.q.is_some_and(|q| q <= DISCOVERY_Q)
    }

    /// Whether a later slice showed the same; none where there was nothing to check or no later slice.
    #[must_use]
    pub fn is_stable(&self) -> Option<bool> {
        match self.check {
            Check::Held(_) => Some(true),
            Check::DidNotHold(_) => Some(false),
            Check::NotDue | Check::NotYet => None,
        }
    }

    fn number(&self, pick: fn(&Association) -> Option<f64>) -> Option<f64> {
        self.found.as_ref().and_then(pick)
    }

    /// Strongest evidence first: q, then p, then the name.
    pub(super) fn cmp_by_evidence(&self, other: &Self) -> Ordering {
        let number = |value: Option<f64>| value.unwrap_or(f64::INFINITY);
        let p = |row: &Self| number(row.number(|found| Some(found.p)));
        let by_q = number(self.q).total_cmp(&number(other.q));
        by_q.then(p(self).total_cmp(&p(other))).then_with(|| self.behaviour.cmp(&other.behaviour))
    }

    /// How far from 1 the ratio is, at its end nearest to 1: what makes an insight worth telling first.
    pub(super) fn strength(&self) -> f64 {
        let nearest = self.found.as_ref().and_then(|found| {
            let low = found.low?.ln().max(0.0);
            let high = found.high.map_or(0.0, |high| (-high.ln()).max(0.0));
            Some(low.max(high))
        });
        nearest.unwrap_or(0.0)
    }
}

impl InsightTable {
    /// The contract's `insights.parquet`.
    ///
    /// # Errors
    /// Never in practice: all columns have one length.
    pub fn frame(&self) -> Result<DataFrame, Error> {
        let texts = |pick: fn(&Insight) -> &str| self.rows.iter().map(pick).collect::<Vec<_>>();
        let counts = |pick: fn(&Insight) -> u64| self.rows.iter().map(pick).collect::<Vec<_>>();
        let numbers = |pick: fn(&Association) -> Option<f64>| {
            self.rows.iter().map(|row| row.number(pick)).collect::<Vec<Option<f64>>>()
        };
        df!(
            "behaviour" => texts(|row| &row.behaviour),
            "outcome" => texts(|row| &row.outcome),
            "n_with" => counts(|row| row.n_with),
            "n_without" => counts(|row| row.n_without),
            "rate_with" => numbers(|found| Some(found.rate_with)),
            "rate_without" => numbers(|found| Some(found.rate_without)),
            "ratio" => numbers(|found| found.ratio),
            "low" => numbers(|found| found.low),
            "high" => numbers(|found| found.high),
            "p" => numbers(|found| Some(found.p)),
            "q" => self.rows.iter().map(|row| row.q).collect::<Vec<_>>(),
            "sentence" => texts(|row| &row.sentence),
            "rate_without_matched" => numbers(|found| found.rate_without_matched),
            "declared" => self.rows.iter().map(|row| row.is_declared).collect::<Vec<_>>(),
            "cutoff" => self.rows.iter().map(|row| row.cutoff.epoch_days()).collect::<Vec<_>>(),
            "stable" => self.rows.iter().map(Insight::is_stable).collect::<Vec<_>>(),
        )
        .and_then(|mut frame| {
            let cutoff = frame.column("cutoff")?.cast(&DataType::Date)?;
            frame.with_column(cutoff)?;
            Ok(frame)
        })
        .map_err(Error::Frame)
    }

    /// Everything, for programs: the columns of the file, and what the later slice said.
    #[must_use]
    pub fn table(&self) -> Table {
        let right = |name| (name, Align::Right);
        let mut table = Table::new(&[
            ("behaviour", Align::Left),
            ("outcome", Align::Left),
            right("n_with"),
            right("n_without"),
            right("rate_with"),
            right("rate_without"),
            right("rate_without_matched"),
            right("ratio"),
            right("low"),
            right("high"),
            right("p"),
            right("q"),
            ("sentence", Align::Left),
            ("declared", Align::Left),
            ("cutoff", Align::Left),
            ("stable", Align::Left),
        ]);
        for row in &self.rows {
            table.row(cells(row));
        }
        table
    }
}

fn cells(row: &Insight) -> Vec<Cell> {
    let number = |pick: fn(&Association) -> Option<f64>, places| {
        row.number(pick).map_or_else(Cell::none, |number| Cell::number(number, places))
    };
    vec![
        row.behaviour.as_str().into(),
        row.outcome.as_str().into(),
        Cell::count(row.n_with),
        Cell::count(row.n_without),
        number(|found| Some(found.rate_with), 3),
        number(|found| Some(found.rate_without), 3),
        number(|found| found.rate_without_matched, 3),
        number(|found| found.ratio, 2),
        number(|found| found.low, 2),
        number(|found| found.high, 2),
        number(|found| Some(found.p), 4),
        row.q.map_or_else(Cell::none, |q| Cell::number(q, 4)),
        row.sentence.as_str().into(),
        Cell::new(if row.is_declared { "yes" } else { "no" }, row.is_declared),
        row.cutoff.to_string().into(),
        match row.is_stable() {
            Some(true) => Cell::new("yes", true),
            Some(false) => Cell::new("no", false),
            None => Cell::none(),
        },
    ]
}
