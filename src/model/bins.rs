//! Columns cut into at most 63 bins of about equal mass, for growing trees.

use rayon::prelude::*;

use super::panel::{Panel, Values};
use super::tree::Test;
use super::{Design, ModelFeature};
use crate::feature::NO_LEVEL;

/// Code of a missing value.
pub const MISSING: u8 = 0;
const MOST_BINS: usize = 63;
/// Features that may be split on, at most: those that tell most about the outcome.
const MOST_FEATURES: usize = 120;
/// Categories of one feature that may be split on, at most: the commonest.
const MOST_LEVELS: usize = 30;

/// All columns of some rows.
#[derive(Debug, Clone)]
pub struct Bins {
    /// One per number, one per category with a term of its own.
    pub columns: Vec<SplitColumn>,
}

/// One column of codes: [`MISSING`], or 1 + the number of thresholds that are not above the value.
#[derive(Debug, Clone)]
pub struct SplitColumn {
    /// Position in the model's features.
    pub feature: usize,
    /// Codes in use, the missing one included.
    pub bins: usize,
    /// One code per row.
    pub codes: Vec<u8>,
    question: Question,
}

#[derive(Debug, Clone)]
enum Question {
    Thresholds(Vec<f64>),
    Level(String),
}

impl SplitColumn {
    /// The condition "code above `after`" in terms of the feature.
    #[must_use]
    pub fn test(&self, after: u8) -> Test {
        match &self.question {
            Question::Thresholds(thresholds) => Test::AtLeast(thresholds[usize::from(after) - 1]),
            Question::Level(level) => Test::Is(level.clone()),
        }
    }
}

impl Bins {
    /// Cuts the design's features over the panel's rows.
    #[must_use]
    pub fn new(panel: &Panel<'_>, design: &Design) -> Self {
        let of_feature = |(number, (position, feature)): (usize, (&usize, &ModelFeature))| {
            columns(number, feature, &panel.values(*position))
        };
        let telling = super::design::most_telling(panel, &design.positions, MOST_FEATURES);
        let all: Vec<(usize, (&usize, &ModelFeature))> =
            design.positions.iter().zip(&design.features).enumerate().collect();
        let chosen = all.into_par_iter().filter(|(_, (position, _))| telling.contains(position));
        Self { columns: chosen.flat_map_iter(of_feature).collect() }
    }
}

fn columns(feature: usize, described: &ModelFeature, values: &Values<'_>) -> Vec<SplitColumn> {
    match values {
        Values::Numbers(numbers) => number_column(feature, numbers).into_iter().collect(),
        Values::Levels { codes, levels } => {
            described.levels.iter().take(MOST_LEVELS).map(|level| level_column(feature, level, codes, levels)).collect()
        }
    }
}

fn number_column(feature: usize, numbers: &[f64]) -> Option<SplitColumn> {
    let thresholds = thresholds(&super::design::sorted(numbers));
    let code = |value: &f64| {
        if value.is_nan() {
            return MISSING;
        }
        u8::try_from(1 + thresholds.partition_point(|threshold| threshold <= value)).unwrap_or(u8::MAX)
    };
    let codes = numbers.iter().map(code).collect();
    (!thresholds.is_empty()).then(|| SplitColumn {
        feature,
        bins: thresholds.len() + 2,
        codes,
        question: Question::Thresholds(thresholds),
    })
}

/// Values that begin a bin: all distinct values but the smallest, or those at equal steps of rank.
fn thresholds(sorted: &[f64]) -> Vec<f64> {
    let mut distinct: Vec<f64> = sorted.to_vec();
    distinct.dedup();
    let mut chosen: Vec<f64> = if distinct.len() <= MOST_BINS {
        distinct.iter().skip(1).copied().collect()
    } else {
        (1..MOST_BINS).map(|bin| sorted[bin * sorted.len() / MOST_BINS]).collect()
    };
    chosen.dedup();
    chosen.retain(|value| Some(value) > distinct.first());
    chosen
}

fn level_column(feature: usize, level: &str, codes: &[u32], levels: &[String]) -> SplitColumn {
    let own = levels.iter().position(|known| known == level).and_then(|at| u32::try_from(at).ok());
    let code = |code: &u32| if *code == NO_LEVEL { MISSING } else { 1 + u8::from(Some(*code) == own) };
    SplitColumn {
        feature,
        bins: 3,
        codes: codes.iter().map(code).collect(),
        question: Question::Level(level.to_owned()),
    }
}
