//! The rows a model learns from: eligible customers with a known outcome, at one or several cutoffs.

use std::ops::Range;

use super::folds::unit_hash;
use crate::feature::{FeatureColumn, FeatureFrame, NO_LEVEL};
use crate::label::Labels;
use crate::stats::tally::UNKNOWN;
use crate::time::Day;

/// One row: a block of the frame and a position in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowRef {
    /// Position of the block.
    pub block: u32,
    /// Position inside the block.
    pub row: u32,
}

/// Rows of a block that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    block: usize,
    rows: Range<usize>,
}

/// The rows as runs.
#[must_use]
pub fn spans(rows: &[RowRef]) -> Vec<Span> {
    let runs = rows.chunk_by(|a, b| a.block == b.block && a.row + 1 == b.row);
    let span = |run: &[RowRef]| {
        let first = run[0].row as usize;
        Span { block: run[0].block as usize, rows: first..first + run.len() }
    };
    runs.map(span).collect()
}

/// Rows of a feature frame with their outcomes, ascending by cutoff, then customer.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// The features.
    pub frame: &'a FeatureFrame,
    /// Where each row lies.
    pub rows: Vec<RowRef>,
    /// The same as runs of rows that follow each other.
    spans: Vec<Span>,
    /// Whether the event happened.
    pub outcome: Vec<bool>,
    /// The customer's number.
    pub customer: Vec<u32>,
}

/// One feature's values for a set of rows.
#[derive(Debug, Clone)]
pub enum Values<'a> {
    /// Numbers; NaN is missing.
    Numbers(Vec<f64>),
    /// Whole numbers from 0 on that two bytes hold: most features count something.
    Counts {
        /// One number per row; [`UNKNOWN`] is missing.
        counts: Vec<u16>,
        /// None is larger; below [`UNKNOWN`].
        most: u16,
    },
    /// Positions in `levels`, or [`NO_LEVEL`].
    Levels {
        /// One code per row.
        codes: Vec<u32>,
        /// The frame's levels.
        levels: &'a [String],
    },
}

impl Values<'_> {
    /// The numbers; `None` of categories.
    #[must_use]
    pub fn into_numbers(self) -> Option<Vec<f64>> {
        match self {
            Self::Numbers(numbers) => Some(numbers),
            Self::Counts { counts, .. } => Some(counts.into_iter().map(number_of).collect()),
            Self::Levels { .. } => None,
        }
    }
}

/// A count as a number; NaN if missing.
#[must_use]
pub fn number_of(count: u16) -> f64 {
    if count == UNKNOWN { f64::NAN } else { f64::from(count) }
}

impl<'a> Panel<'a> {
    /// All eligible rows with a known outcome.
    #[must_use]
    pub fn new(frame: &'a FeatureFrame, labels: &Labels) -> Self {
        let mut panel = Self { frame, rows: Vec::new(), spans: Vec::new(), outcome: Vec::new(), customer: Vec::new() };
        for (block, (features, known)) in (0..).zip(frame.blocks.iter().zip(&labels.blocks)) {
            for (row, &customer) in (0..).zip(&features.customer) {
                let position = row as usize;
                let outcome = known.outcome[position].known().filter(|_| known.eligible[position]);
                if let Some(outcome) = outcome {
                    panel.rows.push(RowRef { block, row });
                    panel.outcome.push(outcome);
                    panel.customer.push(customer);
                }
            }
        }
        panel.spans = spans(&panel.rows);
        panel
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows with the event.
    #[must_use]
    pub fn events(&self) -> usize {
        self.outcome.iter().filter(|&&event| event).count()
    }

    /// The cutoff of a row.
    #[must_use]
    pub fn as_of(&self, row: usize) -> Day {
        self.frame.blocks[self.rows[row].block as usize].as_of
    }

    /// The cutoffs that have rows, ascending.
    #[must_use]
    pub fn cutoffs(&self) -> Vec<Day> {
        let blocks = self.rows.chunk_by(|a, b| a.block == b.block);
        blocks.map(|rows| self.frame.blocks[rows[0].block as usize].as_of).collect()
    }

    /// The rows at those positions (ascending).
    #[must_use]
    pub fn subset(&self, positions: &[usize]) -> Self {
        let rows: Vec<RowRef> = positions.iter().map(|&at| self.rows[at]).collect();
        Self {
            frame: self.frame,
            spans: spans(&rows),
            rows,
            outcome: positions.iter().map(|&at| self.outcome[at]).collect(),
            customer: positions.iter().map(|&at| self.customer[at]).collect(),
        }
    }

    /// The rows of the latest cutoff, and of earlier ones a share that halves with every `half_life_days`: each row by a hash
    /// of its customer and cutoff, so that the rest is a sample anybody can draw again.
    #[must_use]
    pub fn faded(&self, half_life_days: u32) -> Self {
        let latest = self.cutoffs().last().map_or(0, |day| day.epoch_days());
        let is_kept = |row: &usize| {
            let day = self.as_of(*row);
            let age = f64::from(latest - day.epoch_days()) / f64::from(half_life_days.max(1));
            let id = &self.frame.customers.ids[self.customer[*row] as usize];
            unit_hash(&format!("{id} {day}")) < (-age).exp2()
        };
        let positions: Vec<usize> = (0..self.len()).filter(is_kept).collect();
        self.subset(&positions)
    }

    /// The rows whose cutoff passes.
    #[must_use]
    pub fn at(&self, wanted: impl Fn(Day) -> bool) -> Self {
        let positions: Vec<usize> = (0..self.len()).filter(|&row| wanted(self.as_of(row))).collect();
        self.subset(&positions)
    }

    /// The values of feature number `feature` of the frame.
    #[must_use]
    pub fn values(&self, feature: usize) -> Values<'a> {
        gather(self.frame, feature, &self.spans)
    }
}

/// The values of one feature for any rows of a frame.
#[must_use]
pub fn gather<'a>(frame: &'a FeatureFrame, feature: usize, spans: &[Span]) -> Values<'a> {
    let levels = frame.blocks.iter().find_map(|block| match &block.columns[feature] {
        FeatureColumn::Level { levels, .. } => Some(levels.as_slice()),
        FeatureColumn::Number(_) => None,
    });
    let rows = spans.iter().map(|span| span.rows.len()).sum();
    let runs = || spans.iter().map(|span| (&frame.blocks[span.block].columns[feature], span.rows.clone()));
    match levels {
        Some(levels) => Values::Levels { codes: codes(runs(), rows), levels },
        None => counts(runs(), rows).unwrap_or_else(|| Values::Numbers(numbers(runs(), rows))),
    }
}

/// A column and consecutive rows of it.
type Run<'a> = (&'a FeatureColumn, Range<usize>);

fn codes<'a>(runs: impl Iterator<Item = Run<'a>>, rows: usize) -> Vec<u32> {
    let mut codes = Vec::with_capacity(rows);
    for (column, run) in runs {
        match column {
            FeatureColumn::Level { codes: of, .. } => codes.extend_from_slice(&of[run]),
            FeatureColumn::Number(_) => codes.extend(run.map(|_| NO_LEVEL)),
        }
    }
    codes
}

fn numbers<'a>(runs: impl Iterator<Item = Run<'a>>, rows: usize) -> Vec<f64> {
    let mut numbers = Vec::with_capacity(rows);
    for (column, run) in runs {
        match column {
            FeatureColumn::Number(of) => of.pick(run, &mut numbers),
            FeatureColumn::Level { .. } => numbers.extend(run.map(|_| f64::NAN)),
        }
    }
    numbers
}

/// The numbers as counts, if all of them are.
fn counts<'a>(runs: impl Iterator<Item = Run<'a>>, rows: usize) -> Option<Values<'static>> {
    let mut counts: Vec<u16> = Vec::with_capacity(rows);
    for (column, run) in runs {
        let FeatureColumn::Number(of) = column else { return None };
        of.append_counts(run, &mut counts)?;
    }
    // One more than the unknown is 0.
    let most = counts.iter().fold(0, |most, count| count.wrapping_add(1).max(most)).saturating_sub(1);
    Some(Values::Counts { counts, most })
}
