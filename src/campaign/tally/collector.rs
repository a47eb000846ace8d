//! Collects batches into a [`Tally`].

use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use super::cells::{Cells, Values, fields, with_level, with_missing};
use super::histogram::Histogram;
use super::units::Units;
use super::{Bin, Cell, CovariateSums, Group, MOST_ARMS, Missing, OutcomeSums, Tally, WHOLE};
use crate::campaign::flat::{Interner, NO_CODE, numbers, sorted_positions};
use crate::campaign::{Error, Experiment, Outcome, OutcomeKind};
use crate::stats::ExactSum;

/// Combinations kept before they are folded.
const MOST_COMBINATIONS: usize = 1 << 16;

/// Collects batches into a [`Tally`].
#[derive(Debug)]
pub struct Collector {
    outcomes: Vec<Outcome>,
    covariate: Option<usize>,
    numeric: Vec<String>,
    categorical: Vec<(String, Interner)>,
    arm_column: String,
    arm: Interner,
    segments: Vec<(String, Interner)>,
    unit: Option<String>,
    cells: Cells,
    folded: HashMap<(Group, u16, Missing), Cell>,
    covariate_sums: Vec<Vec<CovariateSums>>,
    category_counts: Vec<HashMap<(u16, u16), u64>>,
    histograms: Vec<Vec<Histogram>>,
    rows: Vec<u64>,
    without_arm: u64,
    units: Units,
}

/// One batch, all columns as numbers and codes.
struct Batch {
    arm: Vec<u16>,
    segments: Vec<Vec<u16>>,
    outcomes: Vec<Vec<f64>>,
    denominators: Vec<Vec<f64>>,
    numeric: Vec<Vec<f64>>,
    categorical: Vec<Vec<u16>>,
}

impl Collector {
    /// Ready for batches. `numeric` and `categorical` divide the experiment's covariates; `covariate` names the numeric one
    /// that may reduce variance.
    ///
    /// # Errors
    /// When there are more outcomes or segments than a cell's key holds.
    pub fn new(
        experiment: &Experiment,
        numeric: &[String],
        categorical: &[String],
        covariate: Option<&str>,
    ) -> Result<Self, Error> {
        if experiment.segments.len() > 6 || experiment.outcomes.len() > 30 {
            return Err(Error::TooManyColumns);
        }
        let named = |names: &[String]| names.iter().map(|name| (name.clone(), Interner::new(name))).collect();
        Ok(Self {
            outcomes: experiment.outcomes.clone(),
            covariate: covariate.and_then(|wanted| numeric.iter().position(|name| name == wanted)),
            numeric: numeric.to_vec(),
            categorical: named(categorical),
            arm_column: experiment.arm.clone(),
            arm: Interner::new(&experiment.arm),
            segments: named(&experiment.segments),
            unit: experiment.unit.clone(),
            cells: Cells::new(experiment.outcomes.iter().map(Outcome::sums).collect()),
            folded: HashMap::new(),
            covariate_sums: vec![Vec::new(); numeric.len()],
            category_counts: vec![HashMap::new(); categorical.len()],
            histograms: vec![Vec::new(); experiment.outcomes.len()],
            rows: Vec::new(),
            without_arm: 0,
            units: Units::default(),
        })
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// When a column does not hold what the experiment says.
    pub fn add(&mut self, frame: &DataFrame) -> Result<(), Error> {
        let batch = self.read(frame)?;
        self.make_room();
        self.add_covariates(&batch);
        self.add_cells(&batch);
        self.add_histograms(&batch);
        if let Some(unit) = &self.unit {
            self.units.add(frame.column(unit)?, &batch.arm)?;
        }
        if self.cells.len() > MOST_COMBINATIONS {
            self.fold();
        }
        Ok(())
    }

    fn read(&mut self, frame: &DataFrame) -> Result<Batch, Error> {
        let arm = self.arm.codes(frame.column(&self.arm_column)?)?;
        let mut segments = Vec::with_capacity(self.segments.len());
        for (name, interner) in &mut self.segments {
            segments.push(interner.codes(frame.column(name)?)?);
        }
        let mut categorical = Vec::with_capacity(self.categorical.len());
        for (name, interner) in &mut self.categorical {
            categorical.push(interner.codes(frame.column(name)?)?);
        }
        let (mut outcomes, mut denominators) = (Vec::new(), Vec::new());
        for outcome in &self.outcomes {
            let values = numbers(frame.column(&outcome.column)?, true)?;
            if outcome.sums() == OutcomeKind::Binary {
                only_zero_and_one(&outcome.column, &values)?;
            }
            outcomes.push(values);
            denominators.push(match &outcome.per {
                Some(column) => numbers(frame.column(column)?, true)?,
                None => Vec::new(),
            });
        }
        let numeric = self.numeric.iter().map(|name| numbers(frame.column(name)?, true)).collect::<Result<_, _>>()?;
        Ok(Batch { arm, segments, outcomes, denominators, numeric, categorical })
    }

    /// Grows the tables that have one entry per arm.
    fn make_room(&mut self) {
        let arms = self.arm.len();
        self.rows.resize(arms, 0);
        for sums in &mut self.covariate_sums {
            sums.resize(arms, CovariateSums::default());
        }
        for (histograms, outcome) in self.histograms.iter_mut().zip(&self.outcomes) {
            if matches!(outcome.sums(), OutcomeKind::Money | OutcomeKind::Count) {
                histograms.resize_with(arms, Histogram::empty);
            }
        }
    }

    /// All covariates but the one the cells sum anyway.
    fn add_covariates(&mut self, batch: &Batch) {
        for (at, (values, sums)) in batch.numeric.iter().zip(&mut self.covariate_sums).enumerate() {
            if self.covariate == Some(at) {
                continue;
            }
            for (arm, value) in batch.arm.iter().zip(values) {
                if *arm != NO_CODE && !value.is_nan() {
                    let sums = &mut sums[usize::from(*arm)];
                    sums.n += 1;
                    sums.x += *value;
                    sums.xx += value * value;
                }
            }
        }
        for (codes, counts) in batch.categorical.iter().zip(&mut self.category_counts) {
            for (arm, code) in batch.arm.iter().zip(codes) {
                if *arm != NO_CODE {
                    *counts.entry((*arm, *code)).or_default() += 1;
                }
            }
        }
    }

    fn add_cells(&mut self, batch: &Batch) {
        let x = self.covariate.map(|at| batch.numeric[at].as_slice());
        let keys = keys(batch, x);
        let values = Values { x, y: &batch.outcomes, d: &batch.denominators };
        for (row, (arm, key)) in batch.arm.iter().zip(keys).enumerate() {
            if *arm == NO_CODE {
                self.without_arm += 1;
                continue;
            }
            self.rows[usize::from(*arm)] += 1;
            self.cells.add(key, &values, row);
        }
    }

    fn add_histograms(&mut self, batch: &Batch) {
        for (values, histograms) in batch.outcomes.iter().zip(&mut self.histograms) {
            if histograms.is_empty() {
                continue;
            }
            for (arm, value) in batch.arm.iter().zip(values) {
                if *arm != NO_CODE && !value.is_nan() {
                    histograms[usize::from(*arm)].add(*value);
                }
            }
        }
    }

    /// Folds combinations of levels into one table per segment.
    fn fold(&mut self) {
        let outcomes = self.outcomes.len();
        for (key, cell) in self.cells.drain() {
            let (arm, missing, levels) = fields(key, self.segments.len());
            let mut into = |group| {
                let empty = || Cell { outcomes: vec![OutcomeSums::default(); outcomes], ..Cell::default() };
                merge(self.folded.entry((group, arm, missing)).or_insert_with(empty), &cell);
            };
            into(Group::ALL);
            for (segment, level) in (0u16..).zip(levels) {
                into(Group { segment, level });
            }
        }
    }

    /// The tally, arms and levels in their sorted order.
    ///
    /// # Errors
    /// When there is no row with an arm, too many arms, or sums beyond the format.
    pub fn finish(mut self) -> Result<Tally, Error> {
        self.fold();
        let names = self.arm.levels();
        let position = sorted_positions(&names);
        if names.is_empty() {
            return Err(Error::NoRows);
        }
        if names.len() > MOST_ARMS {
            return Err(Error::TooManyLevels { column: self.arm_column, most: MOST_ARMS });
        }
        let mut tally = Tally {
            arms: by_position(&names, &position),
            levels: Vec::new(),
            cells: BTreeMap::new(),
            covariates: BTreeMap::new(),
            categories: self.categories(&position),
            histograms: Vec::new(),
            rows: by_position(&self.rows, &position),
            without_arm: self.without_arm,
            unit_arms: std::mem::take(&mut self.units).finish(&position),
            rows_of_units: None,
        };
        for histograms in &self.histograms {
            let bins: Vec<Vec<Bin>> = histograms.iter().map(Histogram::bins).collect();
            tally.histograms.push(if bins.is_empty() { bins } else { by_position(&bins, &position) });
        }
        self.place_cells(&mut tally, &position)?;
        for (at, (name, sums)) in self.numeric.iter().zip(&self.covariate_sums).enumerate() {
            let sums = if self.covariate == Some(at) {
                from_cells(&tally, self.outcomes.len())
            } else {
                by_position(sums, &position)
            };
            tally.covariates.insert(name.clone(), sums);
        }
        Ok(tally)
    }

    fn place_cells(&self, tally: &mut Tally, position: &[usize]) -> Result<(), Error> {
        let found: Vec<Vec<String>> = self.segments.iter().map(|(_, interner)| interner.levels()).collect();
        let places: Vec<Vec<usize>> = found.iter().map(|levels| sorted_positions(levels)).collect();
        tally.levels = found.iter().zip(&places).map(|(levels, place)| by_position(levels, place)).collect();
        for ((group, arm, missing), cell) in &self.folded {
            let mut group = *group;
            if group.segment != WHOLE {
                // A row without a level belongs to the whole only.
                let Some(level) = places[usize::from(group.segment)].get(usize::from(group.level)) else { continue };
                group.level = u16::try_from(*level).unwrap_or(NO_CODE);
            }
            let sums = cell.outcomes.iter().flat_map(|sums| [sums.y, sums.yy, sums.xy, sums.dd, sums.yd, sums.xd]);
            if sums.chain([cell.x, cell.xx]).any(ExactSum::overflowed) {
                return Err(Error::TooLarge);
            }
            let arm = u16::try_from(position[usize::from(*arm)]).unwrap_or(NO_CODE);
            tally.cells.insert((group, arm, *missing), cell.clone());
        }
        Ok(())
    }

    fn categories(&self, position: &[usize]) -> BTreeMap<String, BTreeMap<String, Vec<u64>>> {
        let mut categories = BTreeMap::new();
        for ((name, interner), counts) in self.categorical.iter().zip(&self.category_counts) {
            let names = interner.levels();
            let mut by_level: BTreeMap<String, Vec<u64>> = BTreeMap::new();
            for ((arm, code), count) in counts {
                let level = names.get(usize::from(*code)).cloned().unwrap_or_else(|| "(missing)".to_owned());
                let counts = by_level.entry(level).or_insert_with(|| vec![0; position.len()]);
                counts[position[usize::from(*arm)]] += count;
            }
            categories.insert(name.clone(), by_level);
        }
        categories
    }
}

/// Keys of all rows of a batch, column by column.
fn keys(batch: &Batch, x: Option<&[f64]>) -> Vec<u128> {
    let mut missing: Vec<Missing> = vec![0; batch.arm.len()];
    let columns = batch.outcomes.iter().zip(&batch.denominators).enumerate();
    for (at, (y, d)) in columns {
        mark(&mut missing, y, at);
        mark(&mut missing, d, at);
    }
    mark(&mut missing, x.unwrap_or_default(), batch.outcomes.len());
    let mut keys: Vec<u128> = batch.arm.iter().zip(missing).map(|(arm, missing)| with_missing(*arm, missing)).collect();
    for (segment, codes) in batch.segments.iter().enumerate() {
        for (key, code) in keys.iter_mut().zip(codes) {
            *key = with_level(*key, segment, *code);
        }
    }
    keys
}

fn mark(missing: &mut [Missing], values: &[f64], bit: usize) {
    for (missing, value) in missing.iter_mut().zip(values) {
        *missing |= u32::from(value.is_nan()) << bit;
    }
}

fn merge(into: &mut Cell, other: &Cell) {
    into.n += other.n;
    into.x += other.x;
    into.xx += other.xx;
    for (mine, theirs) in into.outcomes.iter_mut().zip(&other.outcomes) {
        mine.y += theirs.y;
        mine.yy += theirs.yy;
        mine.xy += theirs.xy;
        mine.d += theirs.d;
        mine.dd += theirs.dd;
        mine.yd += theirs.yd;
        mine.xd += theirs.xd;
    }
}

/// Sums of the covariate of the cells, per arm.
fn from_cells(tally: &Tally, outcomes: usize) -> Vec<CovariateSums> {
    let of_arm = |arm| {
        let mut sums = CovariateSums::default();
        for (_, cell) in tally.arm_cells(Group::ALL, arm).filter(|(missing, _)| missing >> outcomes & 1 == 0) {
            sums.n += cell.n;
            sums.x += cell.x;
            sums.xx += cell.xx;
        }
        sums
    };
    (0..tally.arms.len()).map(of_arm).collect()
}

fn only_zero_and_one(name: &str, values: &[f64]) -> Result<(), Error> {
    let wrong = values.iter().find(|value| !(value.is_nan() || **value == 0.0 || **value == 1.0));
    wrong.map_or(Ok(()), |value| Err(Error::NotBinary { column: name.to_owned(), value: *value }))
}

fn by_position<T: Clone>(values: &[T], position: &[usize]) -> Vec<T> {
    let mut order: Vec<usize> = (0..position.len()).collect();
    order.sort_by_key(|&old| position[old]);
    order.into_iter().map(|old| values[old].clone()).collect()
}
