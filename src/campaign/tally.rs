//! One streaming pass over an experiment: mergeable sufficient statistics per arm × segment × outcome.
//!
//! A row falls into a cell (arm, level of every segment, which outcomes are missing). A cell holds n, and per outcome
//! Σy, Σy², Σxy with the one covariate that may reduce variance, all as [`ExactSum`], so that row order, batches and
//! threads cannot change a bit. Cells of combinations are folded into one table per segment when there are many: memory
//! depends on levels, not on rows. Heavy tails are kept as a histogram of 1/128-octave bins with their exact sums.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use super::flat::{Interner, NO_CODE, numbers, sorted_positions};
use super::{Error, Experiment, OutcomeKind};
use crate::stats::ExactSum;

/// Combinations kept before they are folded.
const MOST_COMBINATIONS: usize = 1 << 16;
/// The place of "the whole" among the segments of a [`Group`].
pub const WHOLE: u16 = u16::MAX;

/// Sums of one outcome in one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OutcomeSums {
    /// Σy.
    pub y: ExactSum,
    /// Σy².
    pub yy: ExactSum,
    /// Σxy.
    pub xy: ExactSum,
}

/// Sums of one cell; every row of a cell has the same values missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// Rows.
    pub n: u64,
    /// Σx of the covariate that may reduce variance.
    pub x: ExactSum,
    /// Σx².
    pub xx: ExactSum,
    /// Per outcome.
    pub outcomes: Vec<OutcomeSums>,
}

impl Cell {
    fn empty(outcomes: usize) -> Self {
        Self { outcomes: vec![OutcomeSums::default(); outcomes], ..Self::default() }
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.x += other.x;
        self.xx += other.xx;
        for (mine, theirs) in self.outcomes.iter_mut().zip(&other.outcomes) {
            mine.y += theirs.y;
            mine.yy += theirs.yy;
            mine.xy += theirs.xy;
        }
    }
}

/// Sums of a covariate in one arm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CovariateSums {
    /// Rows that have it.
    pub n: u64,
    /// Σx.
    pub x: ExactSum,
    /// Σx².
    pub xx: ExactSum,
}

/// A bin of the histogram of a heavy-tailed outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Rows.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
}

/// Whose sums: one level of one segment, or the whole ([`WHOLE`], 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Position of the segment.
    pub segment: u16,
    /// Position of the level among the sorted ones.
    pub level: u16,
}

impl Group {
    /// All rows.
    pub const ALL: Self = Self { segment: WHOLE, level: 0 };
}

/// Which values are missing: bit o for outcome o, the bit after the last outcome for the covariate.
pub type Missing = u32;

/// What one pass over an experiment leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Arms, ascending.
    pub arms: Vec<String>,
    /// Levels of every segment, ascending.
    pub levels: Vec<Vec<String>>,
    /// Sums by group, arm (position in `arms`) and pattern of missing values.
    pub cells: BTreeMap<(Group, u16, Missing), Cell>,
    /// Sums of numeric covariates by name, one entry per arm.
    pub covariates: BTreeMap<String, Vec<CovariateSums>>,
    /// Counts of categorical covariates: name → level → one count per arm.
    pub categories: BTreeMap<String, BTreeMap<String, Vec<u64>>>,
    /// Histogram by outcome and arm, ascending by value; empty for binary outcomes.
    pub histograms: Vec<Vec<Vec<Bin>>>,
    /// Rows per arm.
    pub rows: Vec<u64>,
    /// Rows without an arm, which are left out.
    pub without_arm: u64,
    /// 60-bit hashes of units, each with its arm in the lowest four bits, sorted, distinct; empty without a unit column.
    pub unit_arms: Vec<u64>,
}

/// Collects batches into a [`Tally`].
#[derive(Debug)]
pub struct Collector {
    outcomes: Vec<(String, OutcomeKind)>,
    covariate: Option<usize>,
    numeric: Vec<String>,
    categorical: Vec<(String, Interner)>,
    arm_column: String,
    arm: Interner,
    segments: Vec<(String, Interner)>,
    unit: Option<String>,
    combinations: HashMap<u128, Cell>,
    folded: HashMap<(Group, u16, Missing), Cell>,
    covariate_sums: Vec<Vec<CovariateSums>>,
    category_counts: Vec<HashMap<(u16, u16), u64>>,
    histograms: Vec<Vec<Histogram>>,
    rows: Vec<u64>,
    without_arm: u64,
    unit_arms: Vec<u64>,
}

/// Count and sum per bin, for one arm and outcome: one page of 128 bins per sign and exponent that occurs.
#[derive(Debug, Clone)]
struct Histogram {
    pages: Vec<Option<Page>>,
}

/// Count and sum of each of the bins of one octave.
type Page = Box<[(u64, ExactSum); 128]>;

/// One batch, all columns as numbers and codes.
struct Batch {
    arm: Vec<u16>,
    segments: Vec<Vec<u16>>,
    outcomes: Vec<Vec<f64>>,
    numeric: Vec<Vec<f64>>,
    categorical: Vec<Vec<u16>>,
}

/// The cells of one batch, found again through a small table of recent keys.
struct Slots {
    cells: Vec<(u128, Cell)>,
    places: HashMap<u128, usize>,
    recent: Vec<(u128, usize)>,
}

impl Default for Slots {
    fn default() -> Self {
        Self { cells: Vec::new(), places: HashMap::new(), recent: vec![(u128::MAX, 0); 1 << 13] }
    }
}

impl Slots {
    #[expect(clippy::cast_possible_truncation, reason = "both halves of the key are mixed")]
    fn cell(&mut self, key: u128, outcomes: usize) -> &mut Cell {
        let mixed = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let recent = (mixed >> 51) as usize;
        if self.recent[recent].0 != key {
            let place = *self.places.entry(key).or_insert_with(|| {
                self.cells.push((key, Cell::empty(outcomes)));
                self.cells.len() - 1
            });
            self.recent[recent] = (key, place);
        }
        &mut self.cells[self.recent[recent].1].1
    }
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
            outcomes: experiment.outcomes.iter().map(|outcome| (outcome.name.clone(), outcome.kind)).collect(),
            covariate: covariate.and_then(|wanted| numeric.iter().position(|name| name == wanted)),
            numeric: numeric.to_vec(),
            categorical: named(categorical),
            arm_column: experiment.arm.clone(),
            arm: Interner::new(&experiment.arm),
            segments: named(&experiment.segments),
            unit: experiment.unit.clone(),
            combinations: HashMap::new(),
            folded: HashMap::new(),
            covariate_sums: vec![Vec::new(); numeric.len()],
            category_counts: vec![HashMap::new(); categorical.len()],
            histograms: vec![Vec::new(); experiment.outcomes.len()],
            rows: Vec::new(),
            without_arm: 0,
            unit_arms: Vec::new(),
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
        self.add_units(frame, &batch)?;
        if self.combinations.len() > MOST_COMBINATIONS {
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
        let mut outcomes = Vec::with_capacity(self.outcomes.len());
        for (name, kind) in &self.outcomes {
            let values = numbers(frame.column(name)?, true)?;
            if *kind == OutcomeKind::Binary {
                only_zero_and_one(name, &values)?;
            }
            outcomes.push(values);
        }
        let numeric = self.numeric.iter().map(|name| numbers(frame.column(name)?, true)).collect::<Result<_, _>>()?;
        Ok(Batch { arm, segments, outcomes, numeric, categorical })
    }

    /// Grows the tables that have one entry per arm.
    fn make_room(&mut self) {
        let arms = self.arm.len();
        self.rows.resize(arms, 0);
        for sums in &mut self.covariate_sums {
            sums.resize(arms, CovariateSums::default());
        }
        for (histograms, (_, kind)) in self.histograms.iter_mut().zip(&self.outcomes) {
            if *kind != OutcomeKind::Binary {
                histograms.resize_with(arms, Histogram::empty);
            }
        }
    }

    fn add_covariates(&mut self, batch: &Batch) {
        for (values, sums) in batch.numeric.iter().zip(&mut self.covariate_sums) {
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
        let outcomes = self.outcomes.len();
        let is_binary: Vec<bool> = self.outcomes.iter().map(|(_, kind)| *kind == OutcomeKind::Binary).collect();
        let covariate = self.covariate.map(|at| &batch.numeric[at]);
        let mut slots = Slots::default();
        for (row, arm) in batch.arm.iter().enumerate() {
            if *arm == NO_CODE {
                self.without_arm += 1;
                continue;
            }
            self.rows[usize::from(*arm)] += 1;
            let x = covariate.map_or(0.0, |values| values[row]);
            let missing = missing(&batch.outcomes, row, x);
            let cell = slots.cell(key(*arm, &batch.segments, row, missing), outcomes);
            add_row(cell, &batch.outcomes, row, x, &is_binary, covariate.is_some());
        }
        for (key, cell) in slots.cells {
            self.combinations.entry(key).or_insert_with(|| Cell::empty(outcomes)).merge(&cell);
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

    fn add_units(&mut self, frame: &DataFrame, batch: &Batch) -> Result<(), Error> {
        let Some(unit) = &self.unit else { return Ok(()) };
        let units = frame.column(unit)?.cast(&DataType::String)?;
        for (unit, arm) in units.str()?.iter().zip(&batch.arm) {
            if let (Some(unit), false) = (unit, *arm == NO_CODE) {
                let hash = blake3::hash(unit.as_bytes());
                let bits = hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                self.unit_arms.push(bits << 4 | u64::from(*arm & 15));
            }
        }
        Ok(())
    }

    /// Folds combinations of levels into one table per segment.
    #[expect(clippy::cast_possible_truncation, reason = "fields of the key, see `key`")]
    fn fold(&mut self) {
        let outcomes = self.outcomes.len();
        for (key, cell) in self.combinations.drain() {
            let (arm, missing) = ((key & 0xfff) as u16, (key >> 12) as u32);
            let mut into = |group| {
                self.folded.entry((group, arm, missing)).or_insert_with(|| Cell::empty(outcomes)).merge(&cell);
            };
            into(Group::ALL);
            for segment in 0..self.segments.len() {
                let level = (key >> (44 + 12 * segment) & 0xfff) as u16;
                into(Group { segment: u16::try_from(segment).unwrap_or(WHOLE), level });
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
        if names.len() > 16 {
            return Err(Error::TooManyLevels { column: self.arm_column, most: 16 });
        }
        let mut tally = Tally {
            arms: sorted(&names, &position),
            levels: Vec::new(),
            cells: BTreeMap::new(),
            covariates: BTreeMap::new(),
            categories: self.categories(&position),
            histograms: Vec::new(),
            rows: by_position(&self.rows, &position),
            without_arm: self.without_arm,
            unit_arms: distinct_units(std::mem::take(&mut self.unit_arms), &position),
        };
        for (name, sums) in self.numeric.iter().zip(&self.covariate_sums) {
            tally.covariates.insert(name.clone(), by_position(sums, &position));
        }
        for histograms in &self.histograms {
            let bins: Vec<Vec<Bin>> = histograms.iter().map(Histogram::bins).collect();
            tally.histograms.push(if bins.is_empty() { bins } else { by_position(&bins, &position) });
        }
        self.place_cells(&mut tally, &position)?;
        Ok(tally)
    }

    fn place_cells(&self, tally: &mut Tally, position: &[usize]) -> Result<(), Error> {
        let found: Vec<Vec<String>> = self.segments.iter().map(|(_, interner)| interner.levels()).collect();
        let places: Vec<Vec<usize>> = found.iter().map(|levels| sorted_positions(levels)).collect();
        tally.levels = found.iter().zip(&places).map(|(levels, place)| sorted(levels, place)).collect();
        for ((group, arm, missing), cell) in &self.folded {
            let mut group = *group;
            if group.segment != WHOLE {
                // A row without a level belongs to the whole only.
                let Some(level) = places[usize::from(group.segment)].get(usize::from(group.level)) else { continue };
                group.level = u16::try_from(*level).unwrap_or(NO_CODE);
            }
            let sums = cell.outcomes.iter().flat_map(|sums| [sums.y, sums.yy, sums.xy]);
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

impl Histogram {
    fn empty() -> Self {
        Self { pages: vec![None; 1 << 12] }
    }

    fn add(&mut self, value: f64) {
        // −0 and 0 are one value.
        let bits = (value + 0.0).to_bits();
        let page = self.pages[(bits >> 52) as usize].get_or_insert_with(|| Box::new([(0, ExactSum::ZERO); 128]));
        let bin = &mut page[(bits >> 45 & 127) as usize];
        bin.0 += 1;
        bin.1 += value;
    }

    fn bins(&self) -> Vec<Bin> {
        let filled = self.pages.iter().flatten().flat_map(|page| page.iter()).filter(|(n, _)| *n > 0);
        let mut bins: Vec<Bin> = filled.map(|(n, sum)| Bin { n: *n, mean: sum.value() / *n as f64 }).collect();
        bins.sort_by(|a, b| a.mean.total_cmp(&b.mean));
        bins
    }
}

fn only_zero_and_one(name: &str, values: &[f64]) -> Result<(), Error> {
    let wrong = values.iter().find(|value| !(value.is_nan() || **value == 0.0 || **value == 1.0));
    wrong.map_or(Ok(()), |value| Err(Error::NotBinary { column: name.to_owned(), value: *value }))
}

fn missing(outcomes: &[Vec<f64>], row: usize, x: f64) -> Missing {
    let bits = outcomes.iter().enumerate().fold(0, |bits, (at, values)| bits | u32::from(values[row].is_nan()) << at);
    bits | u32::from(x.is_nan()) << outcomes.len()
}

/// Arm in 12 bits, missing values in 32, then 12 per segment; a missing level is 4095.
fn key(arm: u16, segments: &[Vec<u16>], row: usize, missing: Missing) -> u128 {
    let mut key = u128::from(arm) | u128::from(missing) << 12;
    for (at, codes) in segments.iter().enumerate() {
        key |= u128::from(codes[row] & 0xfff) << (44 + 12 * at);
    }
    key
}

fn add_row(cell: &mut Cell, outcomes: &[Vec<f64>], row: usize, x: f64, is_binary: &[bool], has_x: bool) {
    cell.n += 1;
    let has_x = has_x && !x.is_nan();
    if has_x {
        cell.x += x;
        cell.xx += x * x;
    }
    for ((values, sums), is_binary) in outcomes.iter().zip(&mut cell.outcomes).zip(is_binary) {
        let y = values[row];
        if y == 0.0 || y.is_nan() {
            continue;
        }
        sums.y += y;
        if !is_binary {
            sums.yy += y * y;
        }
        if has_x {
            sums.xy += x * y;
        }
    }
}

fn sorted(names: &[String], position: &[usize]) -> Vec<String> {
    by_position(names, position)
}

fn by_position<T: Clone>(values: &[T], position: &[usize]) -> Vec<T> {
    let mut order: Vec<usize> = (0..position.len()).collect();
    order.sort_by_key(|&old| position[old]);
    order.into_iter().map(|old| values[old].clone()).collect()
}

fn distinct_units(mut units: Vec<u64>, position: &[usize]) -> Vec<u64> {
    for unit in &mut units {
        let arm = position.get((*unit & 15) as usize).copied().unwrap_or(15);
        *unit = *unit & !15 | arm as u64;
    }
    units.sort_unstable();
    units.dedup();
    units
}
