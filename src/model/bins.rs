//! Columns cut into at most 63 bins of about equal mass, for growing trees.

use rayon::prelude::*;

use super::counted::Counted;
use super::panel::{Panel, Values};
use super::tree::Test;
use super::{Design, ModelFeature};
use crate::feature::NO_LEVEL;
use crate::stats::tally::Tally;

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
            columns(number, feature, &Counted::new(panel, *position))
        };
        let telling = super::design::most_telling(panel, &design.positions, MOST_FEATURES);
        let all: Vec<(usize, (&usize, &ModelFeature))> =
            design.positions.iter().zip(&design.features).enumerate().collect();
        let chosen = all.into_par_iter().filter(|(_, (position, _))| telling.contains(position));
        Self { columns: chosen.flat_map_iter(of_feature).collect() }
    }
}

fn columns(feature: usize, described: &ModelFeature, counted: &Counted<'_>) -> Vec<SplitColumn> {
    match (&counted.values, counted.tally()) {
        (Values::Levels { codes, levels }, _) => {
            described.levels.iter().take(MOST_LEVELS).map(|level| level_column(feature, level, codes, levels)).collect()
        }
        (Values::Counts { counts, most }, Some(tally)) => {
            let thresholds = of_tally(tally);
            let of_count: Vec<u8> = (0..=*most).map(|count| code(&thresholds, f64::from(count))).collect();
            let code = |count: &u16| of_count.get(usize::from(*count)).copied().unwrap_or(MISSING);
            let codes = counts.iter().map(code).collect();
            number_column(feature, thresholds, codes).into_iter().collect()
        }
        (Values::Numbers(numbers), _) => {
            let thresholds = thresholds(&super::design::sorted(numbers));
            let codes = numbers.iter().map(|value| code(&thresholds, *value)).collect();
            number_column(feature, thresholds, codes).into_iter().collect()
        }
        (Values::Counts { .. }, None) => Vec::new(),
    }
}

fn number_column(feature: usize, thresholds: Vec<f64>, codes: Vec<u8>) -> Option<SplitColumn> {
    (!thresholds.is_empty()).then(|| SplitColumn {
        feature,
        bins: thresholds.len() + 2,
        codes,
        question: Question::Thresholds(thresholds),
    })
}

fn code(thresholds: &[f64], value: f64) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    u8::try_from(1 + thresholds.partition_point(|threshold| *threshold <= value)).unwrap_or(u8::MAX)
}

/// Values that begin a bin: all distinct values but the smallest, or those at equal steps of rank.
fn thresholds(sorted: &[f64]) -> Vec<f64> {
    let mut distinct: Vec<f64> = sorted.to_vec();
    distinct.dedup();
    let steps = || (1..MOST_BINS).map(|bin| sorted[bin * sorted.len() / MOST_BINS]).collect();
    chosen(&distinct, steps)
}

/// The same of counts.
fn of_tally(tally: &Tally) -> Vec<f64> {
    let distinct: Vec<f64> = tally.known().map(|(count, _)| f64::from(count)).collect();
    let known: usize = tally.totals().iter().map(|rows| usize::try_from(*rows).unwrap_or(usize::MAX)).sum();
    chosen(&distinct, || tally.at_positions((1..MOST_BINS).map(|bin| bin * known / MOST_BINS)))
}

fn chosen(distinct: &[f64], at_steps_of_rank: impl FnOnce() -> Vec<f64>) -> Vec<f64> {
    let mut chosen =
        if distinct.len() <= MOST_BINS { distinct.iter().skip(1).copied().collect() } else { at_steps_of_rank() };
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
