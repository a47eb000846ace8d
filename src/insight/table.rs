//! `insights.parquet`: one row per behaviour and outcome.
//!
//! Columns: `behaviour`, `outcome`, `n_with`, `n_without`, `rate_with`, `rate_without` (as they are; money for revenue),
//! `ratio`, `low`, `high` (at equal tenure and segment), `p`, `q`, `sentence`. Sorted by outcome in the order asked,
//! declared before discovered, then q, p and name; null where nothing can be said.

use std::cmp::Ordering;
use std::fmt::Write as _;

use polars::prelude::*;

use super::Error;
use super::association::Association;
use super::sentence::Check;
use crate::report::{Align, Cell, Table, count};
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
    /// Cutoff of the slice that found it.
    pub cutoff: Day,
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
}

/// Discoveries with a q above this are not called so.
pub(super) const DISCOVERY_Q: f64 = 0.05;

impl Insight {
    /// Whether it stands out among all that was tried.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.q.is_some_and(|q| q <= DISCOVERY_Q)
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
    fn strength(&self) -> f64 {
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
        )
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

    /// Highlights as sentences, by outcome, in 80 columns.
    #[must_use]
    pub fn text(&self) -> String {
        let told: Vec<&Insight> = self.highlights().collect();
        let discoveries = self.rows.iter().filter(|row| row.is_discovery()).count();
        let mut text = format!(
            "{} behaviours held against outcomes, {} stand out (q ≤ 5 %).\n",
            count(self.rows.len() as u64),
            count(discoveries as u64)
        );
        for outcome in told.chunk_by(|a, b| a.outcome == b.outcome) {
            let _ = writeln!(text, "\n{} · behaviour before {}, outcome after", outcome[0].outcome, outcome[0].cutoff);
            if outcome.iter().all(|row| row.found.is_none()) {
                text += "  - too few customers could show it to say anything\n";
                continue;
            }
            for row in outcome {
                text += &wrapped(&row.sentence);
            }
        }
        text += "\nCompared at equal tenure and segment. They go together; that is not yet a cause.\n";
        text
    }

    /// The declared behaviours, and of the discovered ones that stand out the strongest of each family per outcome.
    pub fn highlights(&self) -> impl Iterator<Item = &Insight> {
        let told: Vec<&Insight> = self.rows.iter().filter(|row| row.is_declared || row.is_discovery()).collect();
        let is_strongest = |row: &Insight| {
            let rivals = told.iter().filter(|rival| !rival.is_declared);
            let alike = rivals.filter(|rival| (&rival.family, &rival.outcome) == (&row.family, &row.outcome));
            let order = |a: &Insight, b: &Insight| {
                a.strength().total_cmp(&b.strength()).then_with(|| b.behaviour.cmp(&a.behaviour))
            };
            alike.max_by(|a, b| order(a, b)).is_some_and(|strongest| strongest.behaviour == row.behaviour)
        };
        let kept: Vec<&Insight> = told.iter().copied().filter(|row| row.is_declared || is_strongest(row)).collect();
        kept.into_iter()
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
        number(|found| found.ratio, 2),
        number(|found| found.low, 2),
        number(|found| found.high, 2),
        number(|found| Some(found.p), 4),
        row.q.map_or_else(Cell::none, |q| Cell::number(q, 4)),
        row.sentence.as_str().into(),
        Cell::new(if row.is_declared { "yes" } else { "no" }, row.is_declared),
        row.cutoff.to_string().into(),
        match row.check {
            Check::Held(_) => Cell::new("yes", true),
            Check::DidNotHold(_) => Cell::new("no", false),
            Check::NotDue | Check::NotYet => Cell::none(),
        },
    ]
}

/// A sentence as an item of a list, broken between words before column 80.
fn wrapped(sentence: &str) -> String {
    let mut text = String::from("  -");
    let mut width = text.chars().count();
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if width + 1 + length > 79 {
            text += "\n   ";
            width = 3;
        }
        text.extend([" ", word]);
        width += 1 + length;
    }
    text + "\n"
}
