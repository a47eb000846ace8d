//! Discovered behaviours: features cut in two, without looking at any outcome.
//!
//! One or two cuts a feature, from the values alone: "more than none" where some but not all customers have any, and
//! the median of those who have. Levels of a category are cuts of their own. Because outcomes play no part in choosing
//! the cuts, every one is an honest hypothesis, and all of them count in the correction for how many were tried.

use super::words;
use crate::feature::{FeatureBlock, FeatureColumn, FeatureInfo, NO_LEVEL};

/// A cut that leaves less than this share of the customers on one side is not tried.
const SMALLEST_SIDE: f64 = 0.05;
/// So many levels of a category are tried, the most common first.
const LEVELS: usize = 10;

/// A feature cut in two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cut {
    /// The feature's position in the frame.
    pub feature: usize,
    /// The behaviour's name: `orders_90 > 0`, `region = north`.
    pub name: String,
    side: Side,
}

#[derive(Debug, Clone, PartialEq)]
enum Side {
    Above(f64),
    Level(u32),
}

impl Cut {
    /// What these customers have in common, to follow "customers".
    pub fn words(&self, info: &FeatureInfo) -> String {
        match self.side {
            Side::Above(threshold) => words::above(info, threshold),
            Side::Level(_) => words::of_level(&info.name, self.name.split_once(" = ").map_or("", |(_, level)| level)),
        }
    }

    /// On which side the given rows of a block lie; none where the feature is undefined.
    pub fn shown(&self, block: &FeatureBlock, rows: &[usize]) -> Vec<Option<bool>> {
        match (&block.columns[self.feature], &self.side) {
            (FeatureColumn::Number(values), Side::Above(threshold)) => rows
                .iter()
                .map(|row| Some(values.at(*row)).filter(|value| !value.is_nan()).map(|value| value > *threshold))
                .collect(),
            (FeatureColumn::Level { codes, .. }, Side::Level(level)) => rows
                .iter()
                .map(|row| Some(codes[*row]).filter(|code| *code != NO_LEVEL).map(|code| code == *level))
                .collect(),
            _ => vec![None; rows.len()],
        }
    }
}

/// All cuts of all features, from the values of the given rows.
pub(super) fn cuts(features: &[FeatureInfo], block: &FeatureBlock, rows: &[usize]) -> Vec<Cut> {
    let of_feature = |(feature, info): (usize, &FeatureInfo)| match &block.columns[feature] {
        FeatureColumn::Number(values) => number_cuts(feature, info, rows.iter().map(|row| values.at(*row)).collect()),
        FeatureColumn::Level { codes, levels } => {
            level_cuts(feature, info, rows.iter().map(|row| codes[*row]).collect(), levels)
        }
    };
    features.iter().enumerate().flat_map(of_feature).collect()
}

fn number_cuts(feature: usize, info: &FeatureInfo, values: Vec<f64>) -> Vec<Cut> {
    let mut known: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let positive = known.len() - known.partition_point(|value| *value <= 0.0);
    let mut thresholds = Vec::new();
    if positive > 0 && known.first().is_some_and(|lowest| *lowest >= 0.0) {
        thresholds.extend([0.0, median(&known[known.len() - positive..])]);
    } else if !known.is_empty() {
        thresholds.push(median(&known));
    }
    let enough = |threshold: &f64| {
        let above = known.len() - known.partition_point(|value| value <= threshold);
        is_divided(above, known.len())
    };
    let cut = |threshold: f64| Cut {
        feature,
        name: format!("{} > {}", info.name, readable(threshold)),
        side: Side::Above(threshold),
    };
    thresholds.into_iter().filter(enough).map(cut).collect()
}

fn level_cuts(feature: usize, info: &FeatureInfo, codes: Vec<u32>, levels: &[String]) -> Vec<Cut> {
    let mut sizes = vec![0_usize; levels.len()];
    for code in codes.into_iter().filter(|code| *code != NO_LEVEL) {
        sizes[code as usize] += 1;
    }
    let known: usize = sizes.iter().sum();
    let mut order: Vec<usize> = (0..levels.len()).filter(|level| is_divided(sizes[*level], known)).collect();
    order.sort_by_key(|level| (std::cmp::Reverse(sizes[*level]), *level));
    let cut = |level: usize| {
        let code = u32::try_from(level).ok()?;
        Some(Cut { feature, name: format!("{} = {}", info.name, levels[level]), side: Side::Level(code) })
    };
    order.into_iter().take(LEVELS).filter_map(cut).collect()
}

fn is_divided(part: usize, whole: usize) -> bool {
    let share = part as f64 / whole.max(1) as f64;
    (SMALLEST_SIDE..=1.0 - SMALLEST_SIDE).contains(&share)
}

/// The lower median of sorted values.
fn median(sorted: &[f64]) -> f64 {
    sorted[(sorted.len() - 1) / 2]
}

/// Four significant digits, without trailing zeros. The cut itself is exact.
fn readable(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let places = 3.0 - number.abs().log10().floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 and 12")]
    let text = format!("{number:.*}", places.clamp(0.0, 12.0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> FeatureInfo {
        FeatureInfo {
            name: "orders_90".into(),
            family: "frequency".into(),
            unit: "count".into(),
            why: String::new(),
            definition: String::new(),
            sources: Vec::new(),
        }
    }

    #[test]
    fn counts_are_cut_at_none_and_at_the_median_of_the_rest() {
        let values = [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN].to_vec();
        let names: Vec<String> = number_cuts(0, &info(), values).into_iter().map(|cut| cut.name).collect();
        assert_eq!(names, ["orders_90 > 0", "orders_90 > 3"]);
    }

    #[test]
    fn a_cut_that_divides_nobody_is_not_tried() {
        assert!(number_cuts(0, &info(), vec![1.0; 40]).is_empty());
        assert!(number_cuts(0, &info(), vec![f64::NAN; 3]).is_empty());
    }

    #[test]
    fn thresholds_read_well() {
        assert_eq!(readable(0.123_456), "0.1235");
        assert_eq!(readable(45.0), "45");
        assert_eq!(readable(123_456.0), "123456");
    }
}
