//! From feature columns to terms: what is learnt about each feature on the training rows, and the matrix of any rows.
//!
//! Missing is a state of its own (an indicator; features that are missing together share one). Skewed numbers are taken by
//! logarithm, rare categories are pooled, constant columns are dropped and named.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::column::Column;
use super::counted::Counted;
use super::panel::{Panel, Values};
use super::shape::logarithm;
use super::{Matrix, ModelFeature, Shape, Term};
use crate::feature::NO_LEVEL;

/// Numbers that are given hinges, at most: those that tell most about the outcome.
const MOST_HINGED: usize = 40;
/// Shares of the known numbers that lie below what is told of a feature.
pub(super) const PERCENTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
/// Categories with a term of their own, at most.
const MOST_LEVELS: usize = 100;
/// Least precision of what is believed of a flag's effect beforehand: about ± 1 on the log-odds.
const FLAG_PRECISION: f64 = 4.0;

/// How numbers become terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// ln(1 + x) of everything that is never negative: the declared features as they are, in one shape each.
    Declared,
    /// The less skewed of x and its (signed) logarithm.
    Line,
    /// As `Line`, with hinges at quantiles: piecewise linear.
    Hinges,
}

/// Features and terms learnt on some rows.
#[derive(Debug, Clone)]
pub struct Design {
    /// Positions of the features in the frame.
    pub positions: Vec<usize>,
    /// The features, in the same order.
    pub features: Vec<ModelFeature>,
    /// The terms, coefficients still 0.
    pub terms: Vec<Term>,
    /// Names of features that do not vary.
    pub constant: Vec<String>,
    /// How numbers became terms.
    pub basis: Basis,
}

impl Design {
    /// Learns the terms of the features at `positions` of the frame, and returns the matrix of the same rows.
    #[must_use]
    pub fn learn(panel: &Panel<'_>, positions: &[usize], basis: Basis) -> (Self, Matrix) {
        let hinged = if basis == Basis::Hinges { most_telling(panel, positions, MOST_HINGED) } else { BTreeSet::new() };
        let basis_of = |position: usize| {
            if basis == Basis::Hinges && !hinged.contains(&position) { Basis::Line } else { basis }
        };
        let learn = |&position: &usize| {
            let counted = Counted::new(panel, position);
            Learnt::new(panel, position, &counted, basis_of(position), &PERCENTILES)
        };
        Self::of(positions.par_iter().map(learn).collect(), basis, panel.len())
    }

    /// The design of what was learnt of each feature, and the matrix of so many rows.
    #[must_use]
    pub fn of(learnt: Vec<Learnt>, basis: Basis, rows: usize) -> (Self, Matrix) {
        let mut design =
            Self { positions: Vec::new(), features: Vec::new(), terms: Vec::new(), constant: Vec::new(), basis };
        let (mut columns, mut patterns) = (Vec::new(), BTreeSet::new());
        for mut found in learnt {
            let is_new = found.missing.is_none_or(|pattern| patterns.insert(pattern));
            found.terms.retain(|(term, _)| is_new || term.shape != Shape::Missing);
            if found.terms.is_empty() {
                design.constant.push(found.feature.name);
                continue;
            }
            let number = design.features.len();
            design.positions.push(found.position);
            design.features.push(found.feature);
            for (term, column) in found.terms {
                design.terms.push(Term { feature: number, ..term });
                columns.push(column);
            }
        }
        (design, Matrix::of_columns(columns, rows))
    }

    /// The ridge penalty of each term: α, and for flags (categories, missing) at least what holds their effect itself near
    /// 0, however rare they are: a penalty on standardised columns would leave rare categories to chance.
    #[must_use]
    pub fn penalties(&self, penalty: f64) -> Vec<f64> {
        let of_term = |term: &Term| match term.shape {
            Shape::Missing | Shape::Level { .. } | Shape::OtherLevel { .. } if self.basis != Basis::Declared => {
                penalty.max(FLAG_PRECISION / (term.scale * term.scale))
            }
            _ => penalty,
        };
        self.terms.iter().map(of_term).collect()
    }
}

/// What one feature gives.
pub struct Learnt {
    position: usize,
    feature: ModelFeature,
    /// Terms that vary, and their columns.
    terms: Vec<(Term, Column)>,
    /// Hash of which rows have no value; none where all have one.
    missing: Option<[u8; 32]>,
}

impl Learnt {
    /// Learns from what was counted of the feature; `shares` are those of its quantiles that are to be described.
    #[must_use]
    pub fn new(panel: &Panel<'_>, position: usize, counted: &Counted<'_>, basis: Basis, shares: &[f64]) -> Self {
        let feature = describe(panel, position, counted, shares);
        let shapes = shapes(&feature, counted, basis);
        let is_bent = shapes.iter().any(Shape::has_knot);
        let learn = |shape| {
            let (term, column, ends) = Term::learn(shape, counted, is_bent)?;
            Some((if basis == Basis::Declared { term } else { term.limited(ends) }, column))
        };
        let terms = shapes.into_iter().filter_map(learn).collect();
        let missing = (feature.missing_share > 0.0).then(|| missing_pattern(counted));
        Self { position, feature, terms, missing }
    }

    /// Whether any rows would have given the feature this one shape: a logarithm without missing values.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        let is_number = self.feature.missing_share == 0.0 && self.feature.levels.is_empty();
        is_number && self.terms.iter().all(|(term, _)| term.shape == Shape::Log)
    }
}

fn missing_pattern(counted: &Counted<'_>) -> [u8; 32] {
    let bytes: Vec<u8> = counted.missing().into_iter().map(u8::from).collect();
    *blake3::hash(&bytes).as_bytes()
}

fn describe(panel: &Panel<'_>, position: usize, counted: &Counted<'_>, shares: &[f64]) -> ModelFeature {
    let info = &panel.frame.features[position];
    let found = counted.summary(shares);
    let (levels, known) = match &counted.values {
        Values::Levels { codes, levels } => (common_levels(&codes[..counted.rows], levels), counted.known()),
        Values::Numbers(_) | Values::Counts { .. } => (Vec::new(), found.known),
    };
    ModelFeature {
        name: info.name.clone(),
        family: info.family.clone(),
        unit: info.unit.clone(),
        definition: info.definition.clone(),
        missing_share: 1.0 - known as f64 / counted.rows.max(1) as f64,
        percentiles: found.quantiles,
        range: found.range,
        levels,
    }
}

/// Known values, ascending.
pub(super) fn sorted(numbers: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = numbers.iter().copied().filter(|value| !value.is_nan()).collect();
    known.sort_unstable_by(f64::total_cmp);
    known
}

/// Categories frequent enough for a term of their own, the commonest first.
fn common_levels(codes: &[u32], levels: &[String]) -> Vec<String> {
    let mut counts = vec![0usize; levels.len()];
    codes.iter().filter(|code| **code != NO_LEVEL).for_each(|code| counts[*code as usize] += 1);
    let needed = (codes.len() / 500).max(10);
    let mut common: Vec<usize> = (0..levels.len()).filter(|&level| counts[level] >= needed).collect();
    common.sort_by_key(|&level| (std::cmp::Reverse(counts[level]), level));
    common.truncate(MOST_LEVELS);
    common.into_iter().map(|level| levels[level].clone()).collect()
}

/// The `most` features whose tenths differ most in event rate (χ², missing values as a part of their own).
pub(super) fn most_telling(panel: &Panel<'_>, positions: &[usize], most: usize) -> BTreeSet<usize> {
    let rate = panel.events() as f64 / panel.len().max(1) as f64;
    let telling = |&position: &usize| {
        let counted = Counted::new(panel, position);
        (position, chi_squared(&parts(&counted, &panel.outcome), rate))
    };
    let mut rated: Vec<(usize, f64)> = positions.par_iter().map(telling).collect();
    rated.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    rated.into_iter().take(most).map(|(position, _)| position).collect()
}

/// Rows without and with the event by tenth of the numbers, or by category; the missing are a part of their own.
fn parts(counted: &Counted<'_>, outcome: &[bool]) -> Vec<[u64; 2]> {
    let tenths: Vec<f64> = (1..10).map(|tenth| f64::from(tenth) / 10.0).collect();
    let mut edges = counted.summary(&tenths).quantiles;
    edges.dedup();
    let tenth = |value: f64| 1 + edges.partition_point(|edge| *edge <= value);
    let mut parts = vec![[0; 2]; 11];
    let mut add = |at: usize, rows: [u64; 2]| parts[at] = [parts[at][0] + rows[0], parts[at][1] + rows[1]];
    match (&counted.values, &counted.kinds) {
        (Values::Levels { .. }, Some((_, tally))) => {
            return tally.known().map(|(_, rows)| rows).chain([tally.unknown()]).collect();
        }
        (_, Some((_, tally))) => {
            add(0, tally.unknown());
            tally.known().for_each(|(count, rows)| add(tenth(f64::from(count)), rows));
        }
        (Values::Numbers(numbers), None) => {
            for (value, &event) in numbers.iter().zip(outcome) {
                let at = if value.is_nan() { 0 } else { tenth(*value) };
                add(at, [u64::from(!event), u64::from(event)]);
            }
        }
        (Values::Counts { .. } | Values::Levels { .. }, None) => (),
    }
    parts
}

fn chi_squared(parts: &[[u64; 2]], rate: f64) -> f64 {
    let of_part = |part: &[u64; 2]| {
        let (rows, events) = ((part[0] + part[1]) as f64, part[1] as f64);
        (events - rows * rate).powi(2) / (rows * rate * (1.0 - rate))
    };
    parts.iter().filter(|part| part[0] + part[1] > 0).map(of_part).sum()
}

/// The shapes a feature is given.
fn shapes(feature: &ModelFeature, counted: &Counted<'_>, basis: Basis) -> Vec<Shape> {
    if matches!(counted.values, Values::Levels { .. }) {
        let own = feature.levels.iter().map(|level| Shape::Level { level: level.clone() });
        let rest = [Shape::OtherLevel { known: feature.levels.clone() }, Shape::Missing];
        // Two categories say the same thing twice.
        let skip = usize::from(feature.levels.len() == 2 && feature.missing_share == 0.0);
        return own.skip(skip).chain(rest).collect();
    }
    let line = line(counted, feature, basis);
    let hinges = if basis == Basis::Hinges { hinges(counted, &line) } else { Vec::new() };
    let missing = (feature.missing_share > 0.0).then_some(Shape::Missing);
    [line].into_iter().chain(hinges).chain(missing).collect()
}

fn line(counted: &Counted<'_>, feature: &ModelFeature, basis: Basis) -> Shape {
    let never_negative = feature.range.is_some_and(|(low, _)| low >= 0.0);
    match (basis, never_negative) {
        (Basis::Declared, true) => Shape::Log,
        (_, true) if Shape::Log.skewness(counted) < Shape::Identity.skewness(counted) => Shape::Log,
        (_, false) if Shape::Identity.skewness(counted) > 3.0 => Shape::SignedLog,
        _ => Shape::Identity,
    }
}

/// Bends at the 10th to 90th percentile; none for numbers with few distinct values.
fn hinges(counted: &Counted<'_>, line: &Shape) -> Vec<Shape> {
    let bend = |value: f64| match line {
        Shape::Log => Shape::LogHinge { knot: logarithm(value) },
        _ => Shape::Hinge { knot: value },
    };
    let found = counted.summary(&[0.1, 0.25, 0.5, 0.75, 0.9]);
    let Some((low, high)) = found.range else { return Vec::new() };
    let mut knots = found.quantiles;
    knots.retain(|knot| *knot > low && *knot < high);
    knots.dedup();
    knots.into_iter().map(bend).collect()
}
