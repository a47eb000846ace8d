//! The rows a model learns from: eligible customers with a known outcome, at one or several cutoffs.

use super::folds::unit_hash;
use crate::feature::{FeatureColumn, FeatureFrame, NO_LEVEL};
use crate::label::Labels;
use crate::time::Day;

/// One row: a block of the frame and a position in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowRef {
    /// Position of the block.
    pub block: u32,
    /// Position inside the block.
    pub row: u32,
}

/// Rows of a feature frame with their outcomes, ascending by cutoff, then customer.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// The features.
    pub frame: &'a FeatureFrame,
    /// Where each row lies.
    pub rows: Vec<RowRef>,
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
    /// Positions in `levels`, or [`NO_LEVEL`].
    Levels {
        /// One code per row.
        codes: Vec<u32>,
        /// The frame's levels.
        levels: &'a [String],
    },
}

impl<'a> Panel<'a> {
    /// All eligible rows with a known outcome.
    #[must_use]
    pub fn new(frame: &'a FeatureFrame, labels: &Labels) -> Self {
        let mut panel = Self { frame, rows: Vec::new(), outcome: Vec::new(), customer: Vec::new() };
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
        let mut cutoffs: Vec<Day> = (0..self.len()).map(|row| self.as_of(row)).collect();
        cutoffs.dedup();
        cutoffs
    }

    /// The rows at those positions (ascending).
    #[must_use]
    pub fn subset(&self, positions: &[usize]) -> Self {
        Self {
            frame: self.frame,
            rows: positions.iter().map(|&at| self.rows[at]).collect(),
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
        gather(self.frame, feature, &self.rows)
    }
}

/// The values of one feature for any rows of a frame.
#[must_use]
pub fn gather<'a>(frame: &'a FeatureFrame, feature: usize, rows: &[RowRef]) -> Values<'a> {
    let levels = frame.blocks.iter().find_map(|block| match &block.columns[feature] {
        FeatureColumn::Level { levels, .. } => Some(levels.as_slice()),
        FeatureColumn::Number(_) => None,
    });
    let runs = rows.chunk_by(|a, b| a.block == b.block);
    let runs = runs.map(|run| (&frame.blocks[run[0].block as usize].columns[feature], run));
    match levels {
        Some(levels) => Values::Levels { codes: codes(runs, rows.len()), levels },
        None => Values::Numbers(numbers(runs, rows.len())),
    }
}

/// A column and consecutive rows of it.
type Run<'a> = (&'a FeatureColumn, &'a [RowRef]);

fn codes<'a>(runs: impl Iterator<Item = Run<'a>>, rows: usize) -> Vec<u32> {
    let mut codes = Vec::with_capacity(rows);
    for (column, run) in runs {
        match column {
            FeatureColumn::Level { codes: of, .. } => codes.extend(run.iter().map(|row| of[row.row as usize])),
            FeatureColumn::Number(_) => codes.extend(run.iter().map(|_| NO_LEVEL)),
        }
    }
    codes
}

fn numbers<'a>(runs: impl Iterator<Item = Run<'a>>, rows: usize) -> Vec<f64> {
    let mut numbers = Vec::with_capacity(rows);
    for (column, run) in runs {
        match column {
            FeatureColumn::Number(of) => of.pick(run.iter().map(|row| row.row as usize), &mut numbers),
            FeatureColumn::Level { .. } => numbers.extend(run.iter().map(|_| f64::NAN)),
        }
    }
    numbers
}
