//! Applying a model: log-odds, and exactly which feature moved them by how much.

use std::sync::LazyLock;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::panel::{RowRef, Values, gather, number_of, spans};
use super::tree::Walker;
use super::{Error, Model};
use crate::feature::{FeatureFrame, NO_LEVEL};

/// Rows per piece of parallel work.
const CHUNK: usize = 2048;
/// Scores stay in [1e-6, 1 − 1e-6].
const SMALLEST_SCORE: f64 = 1e-6;

/// Scores of some rows, taken apart. For every row
/// `intercept + Σ contributions + calibration = log_odds = ln(score / (1 − score))`.
#[derive(Debug, Clone, Default)]
pub struct Explained {
    /// Log-odds of the reference customer.
    pub intercept: f64,
    /// Number of the model's features F.
    pub features: usize,
    /// n × F, row-major: what each feature adds for each row, in the order of [`Model::features`].
    pub contributions: Vec<f64>,
    /// What calibration (and the clamp of the score to [1e-6, 1 − 1e-6]) adds.
    pub calibration: Vec<f64>,
    /// Calibrated log-odds.
    pub log_odds: Vec<f64>,
    /// Lower end of the 95 % interval of the log-odds.
    pub low: Vec<f64>,
    /// Upper end.
    pub high: Vec<f64>,
    /// Features outside the range of the training rows, or with a category never given a term.
    pub outside: Vec<u32>,
}

impl Explained {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.log_odds.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log_odds.is_empty()
    }

    /// The contributions of a row, by feature.
    #[must_use]
    pub fn contributions_of(&self, row: usize) -> &[f64] {
        &self.contributions[row * self.features..(row + 1) * self.features]
    }

    /// The probability of a row.
    #[must_use]
    pub fn score(&self, row: usize) -> f64 {
        probability(self.log_odds[row])
    }

    /// All probabilities.
    #[must_use]
    pub fn scores(&self) -> Vec<f64> {
        self.log_odds.iter().map(|log_odds| probability(*log_odds)).collect()
    }

    fn append(&mut self, mut other: Self) {
        self.contributions.append(&mut other.contributions);
        self.calibration.append(&mut other.calibration);
        self.log_odds.append(&mut other.log_odds);
        self.low.append(&mut other.low);
        self.high.append(&mut other.high);
        self.outside.append(&mut other.outside);
    }
}

/// 1 / (1 + e^(−x)), without overflow.
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    let tail = (-log_odds.abs()).exp();
    if log_odds >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) }
}

/// ln(p / (1 − p)) of p clamped to [1e-6, 1 − 1e-6].
#[must_use]
pub fn log_odds(score: f64) -> f64 {
    let score = score.clamp(SMALLEST_SCORE, 1.0 - SMALLEST_SCORE);
    score.ln() - (-score).ln_1p()
}

impl Model {
    /// Scores the rows at those positions of block number `block`.
    ///
    /// # Errors
    /// [`Error::FeatureMissing`] or [`Error::FeatureChanged`] when the frame is not what the model was trained on.
    pub fn explain(&self, frame: &FeatureFrame, block: usize, rows: &[usize]) -> Result<Explained, Error> {
        self.explain_rows(frame, &in_block(block, rows))
    }

    /// What `each` makes of the rows at those positions of block number `block`, a few rows at a time and in their order: for
    /// many rows, whose contributions are not to be held all at once.
    ///
    /// # Errors
    /// As [`Model::explain`].
    pub fn explain_each<T: Send>(
        &self,
        frame: &FeatureFrame,
        block: usize,
        rows: &[usize],
        each: impl Fn(&[usize], &Explained) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let positions = self.positions(frame)?;
        let applied = Applied::new(self);
        let of_rows = |rows: &[usize]| {
            let explained = self.explain_chunk(frame, &positions, &applied, &in_block(block, rows), self.nobody());
            each(rows, &explained)
        };
        Ok(rows.par_chunks(CHUNK).map(of_rows).collect())
    }

    /// What is said of no rows.
    fn nobody(&self) -> Explained {
        Explained { intercept: self.intercept, features: self.features.len(), ..Explained::default() }
    }

    /// Scores rows of any blocks.
    ///
    /// # Errors
    /// As [`Model::explain`].
    pub fn explain_rows(&self, frame: &FeatureFrame, rows: &[RowRef]) -> Result<Explained, Error> {
        let positions = self.positions(frame)?;
        let applied = Applied::new(self);
        let parts: Vec<Explained> = rows
            .par_chunks(CHUNK)
            .map(|chunk| self.explain_chunk(frame, &positions, &applied, chunk, self.nobody()))
            .collect();
        let mut whole = self.nobody();
        whole.contributions.reserve_exact(rows.len() * whole.features);
        for part in parts {
            whole.append(part);
        }
        Ok(whole)
    }

    /// Where the model's features are in the frame.
    ///
    /// # Errors
    /// As [`Model::explain`].
    pub fn positions(&self, frame: &FeatureFrame) -> Result<Vec<usize>, Error> {
        let position = |feature: &super::ModelFeature| {
            let found = frame.features.iter().position(|info| info.name == feature.name);
            let at = found.ok_or_else(|| Error::FeatureMissing { feature: feature.name.clone() })?;
            if frame.features[at].definition != feature.definition {
                return Err(Error::FeatureChanged { feature: feature.name.clone() });
            }
            Ok(at)
        };
        self.features.iter().map(position).collect()
    }

    fn explain_chunk(
        &self,
        frame: &FeatureFrame,
        positions: &[usize],
        applied: &Applied,
        rows: &[RowRef],
        mut out: Explained,
    ) -> Explained {
        let spans = spans(rows);
        let values: Vec<Values<'_>> = positions.iter().map(|&at| gather(frame, at, &spans)).collect();
        let width = self.features.len();
        out.contributions = vec![0.0; rows.len() * width];
        let mut moved = self.add_terms(&values, applied, rows.len(), &mut out.contributions);
        self.add_trees(&values, rows.len(), &mut out.contributions, &mut moved);
        let directions = self.uncertainty.directions.len();
        let mut raw = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let sum = self.intercept + out.contributions[row * width..(row + 1) * width].iter().sum::<f64>();
            let error =
                self.uncertainty.multiplier * Self::standard_error(&moved[row * directions..(row + 1) * directions]);
            raw.push(sum);
            out.low.push(sum - error);
            out.high.push(sum + error);
        }
        out.log_odds.clone_from(&raw);
        for values in [&mut out.log_odds, &mut out.low, &mut out.high] {
            self.calibration.apply_all(values);
            for value in values.iter_mut() {
                *value = bounded(*value);
            }
        }
        for ((low, high), middle) in out.low.iter_mut().zip(&mut out.high).zip(&out.log_odds) {
            (*low, *high) = (low.min(*middle), high.max(*middle));
        }
        out.calibration = out.log_odds.iter().zip(&raw).map(|(calibrated, raw)| calibrated - raw).collect();
        out.outside = self.outside(&values, rows.len());
        out
    }

    /// Adds what the terms contribute (rows × features), and returns how far each direction moves each row (rows × K).
    fn add_terms(&self, values: &[Values<'_>], applied: &Applied, rows: usize, contributions: &mut [f64]) -> Vec<f64> {
        let (width, directions) = (self.features.len(), self.uncertainty.directions.len());
        let mut columns = Vec::with_capacity((self.terms.len() + 1) * rows);
        for term in &self.terms {
            columns.extend(term.column(&values[term.feature]));
            let column = &columns[columns.len() - rows..];
            for (row, value) in contributions.chunks_mut(width).zip(column) {
                row[term.feature] += term.coefficient * value;
            }
        }
        columns.resize((self.terms.len() + 1) * rows, 1.0);
        let mut moved = vec![0.0; rows * directions];
        let views = (
            ArrayView2::from_shape((self.terms.len() + 1, rows), &columns),
            ArrayViewMut2::from_shape((rows, directions), &mut moved),
        );
        if let (Ok(columns), Ok(mut moved)) = views {
            general_mat_mul(1.0, &columns.t(), &applied.directions, 0.0, &mut moved);
        }
        moved
    }

    fn add_trees(&self, values: &[Values<'_>], rows: usize, contributions: &mut [f64], moved: &mut [f64]) {
        let (width, directions) = (self.features.len(), self.uncertainty.directions.len());
        let mut offset = self.terms.len();
        for tree in &self.trees {
            let walker = Walker::new(tree, values);
            for row in 0..rows {
                let own = &mut contributions[row * width..(row + 1) * width];
                let leaf = walker.walk(values, row, |feature, change| own[feature] += change);
                for (sum, direction) in moved[row * directions..].iter_mut().zip(&self.uncertainty.directions) {
                    *sum += direction[offset + leaf as usize];
                }
            }
            offset += tree.leaves;
        }
    }

    fn standard_error(moved: &[f64]) -> f64 {
        let groups = moved.len() as f64;
        let correction = if groups > 1.0 { groups / (groups - 1.0) } else { 1.0 };
        (correction * moved.iter().map(|x| x * x).sum::<f64>()).sqrt()
    }

    /// How many features of each row lie outside what was seen in training.
    fn outside(&self, values: &[Values<'_>], rows: usize) -> Vec<u32> {
        let mut outside = vec![0; rows];
        for (feature, values) in self.features.iter().zip(values) {
            match (values, feature.range) {
                (Values::Numbers(numbers), Some((low, high))) => {
                    for (count, value) in outside.iter_mut().zip(numbers) {
                        *count += u32::from(*value < low) + u32::from(*value > high);
                    }
                }
                (Values::Counts { counts, .. }, Some((low, high))) => {
                    for (sum, count) in outside.iter_mut().zip(counts) {
                        let value = number_of(*count);
                        *sum += u32::from(value < low) + u32::from(value > high);
                    }
                }
                (Values::Numbers(_) | Values::Counts { .. }, None) => (),
                (Values::Levels { codes, levels }, _) => {
                    let known: Vec<bool> = levels.iter().map(|level| feature.levels.contains(level)).collect();
                    for (count, code) in outside.iter_mut().zip(codes) {
                        *count += u32::from(*code != NO_LEVEL && !known[*code as usize]);
                    }
                }
            }
        }
        outside
    }
}

/// A model's directions of uncertainty, laid out to be multiplied by the terms and 1: (terms + 1) × K.
struct Applied {
    directions: Array2<f64>,
}

impl Applied {
    fn new(model: &Model) -> Self {
        let (terms, all) = (model.terms.len(), &model.uncertainty.directions);
        let entry = |(term, group): (usize, usize)| {
            let direction: &Vec<f64> = &all[group];
            if term < terms { direction[term] } else { direction.last().copied().unwrap_or_default() }
        };
        Self { directions: Array2::from_shape_fn((terms + 1, all.len()), entry) }
    }
}

fn in_block(block: usize, rows: &[usize]) -> Vec<RowRef> {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    rows.iter().map(|&row| RowRef { block: number(block), row: number(row) }).collect()
}

/// Log-odds of the smallest and the largest score.
static BOUNDS: LazyLock<(f64, f64)> = LazyLock::new(|| (log_odds(0.0), log_odds(1.0)));

/// Log-odds within those of the smallest and the largest score.
#[must_use]
pub fn bounded(log_odds: f64) -> f64 {
    let (least, most) = *BOUNDS;
    log_odds.clamp(least, most)
}
