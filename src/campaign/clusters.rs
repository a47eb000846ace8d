//! Experiments whose units have several rows: the rows of a unit are taken together before anything is estimated.
//!
//! Rows of one account or visitor are not independent; the unit that was drawn is. Two readings, both with the unit as the
//! observation:
//! - by default effects stay what they are per row, and are ratios Σy/Σrows over units: the delta method is then the
//!   cluster-robust standard error (`cluster_robust` in `effects.parquet`);
//! - with `--aggregate` rows are summed first (a share becomes "ever"), and effects are per unit.
//!
//! A unit in two arms is one observation in each; the trust gate judges how many there are. Segments may differ between the
//! rows of a unit: each segment is read on its own, by unit and level. Numeric covariates are averaged, categorical ones
//! that differ read `(several)`. Memory grows with the number of units, not of rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::*;

use super::flat::{self, Interner, NO_CODE, numbers};
use super::tally::unit_hashes;
use super::{Error, Experiment, Outcome, OutcomeKind};
use crate::stats::ExactSum;

/// The level of a categorical covariate that differs between rows of a unit.
const SEVERAL: u16 = NO_CODE - 1;

/// One row per unit, and the same question asked of them.
///
/// # Errors
/// When the file cannot be read.
pub fn of_units(
    experiment: &Experiment,
    frame: LazyFrame,
    schema: &Schema,
    by: Option<&str>,
) -> Result<(Experiment, DataFrame), Error> {
    let gather = Arc::new(Mutex::new(Gather::new(experiment, schema, by)));
    let shared = Arc::clone(&gather);
    flat::stream(frame, &experiment.file, move |batch| {
        shared.lock().unwrap_or_else(PoisonError::into_inner).add(batch)
    })?;
    let units = gather.lock().unwrap_or_else(PoisonError::into_inner).frame()?;
    let outcomes = experiment.outcomes.iter().enumerate().map(|(at, outcome)| by_unit(experiment, at, outcome));
    let asked = Experiment {
        outcomes: outcomes.collect(),
        segments: by.map(str::to_owned).into_iter().collect(),
        unit: None,
        ..experiment.clone()
    };
    Ok((asked, units))
}

fn by_unit(experiment: &Experiment, at: usize, outcome: &Outcome) -> Outcome {
    let per = (outcome.per.is_some() || !experiment.aggregate).then(|| below(at));
    Outcome { column: above(at), per, ..outcome.clone() }
}

/// Names that no column of a file has.
fn above(at: usize) -> String {
    format!("\u{1f}sum {at}")
}

fn below(at: usize) -> String {
    format!("\u{1f}of {at}")
}

/// Sums of every unit.
struct Gather {
    experiment: Experiment,
    by: Option<(String, Interner)>,
    arm: Interner,
    numeric: Vec<String>,
    categorical: Vec<(String, Interner)>,
    places: HashMap<(u64, u16, u16), usize>,
    keys: Vec<(u16, u16)>,
    sums: Vec<ExactSum>,
    counts: Vec<u32>,
    codes: Vec<u16>,
}

/// The columns of one batch.
struct Batch {
    arm: Vec<u16>,
    level: Vec<u16>,
    numbers: Vec<Vec<f64>>,
    below: Vec<Option<Vec<f64>>>,
    codes: Vec<Vec<u16>>,
}

impl Gather {
    fn new(experiment: &Experiment, schema: &Schema, by: Option<&str>) -> Self {
        let is_number =
            |name: &String| schema.get(name).is_some_and(|kind| kind.is_primitive_numeric() || kind.is_bool());
        let (numeric, categorical): (Vec<String>, Vec<String>) =
            experiment.covariates.iter().cloned().partition(is_number);
        Self {
            by: by.map(|name| (name.to_owned(), Interner::new(name))),
            arm: Interner::new(&experiment.arm),
            numeric,
            categorical: categorical.into_iter().map(|name| (name.clone(), Interner::new(&name))).collect(),
            experiment: experiment.clone(),
            places: HashMap::new(),
            keys: Vec::new(),
            sums: Vec::new(),
            counts: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// Sums per unit: of every outcome and every numeric covariate, then of every denominator.
    fn stride(&self) -> usize {
        2 * self.experiment.outcomes.len() + self.numeric.len()
    }

    fn read(&mut self, frame: &DataFrame) -> Result<Batch, Error> {
        let arm = self.arm.codes(frame.column(&self.experiment.arm)?)?;
        let level = match &mut self.by {
            Some((name, interner)) => interner.codes(frame.column(name)?)?,
            None => vec![0; arm.len()],
        };
        let outcomes = &self.experiment.outcomes;
        let columns = outcomes.iter().map(|outcome| &outcome.column).chain(&self.numeric);
        let numbers = columns.map(|name| flat::numbers(frame.column(name)?, true)).collect::<Result<_, _>>()?;
        let below = |outcome: &Outcome| outcome.per.as_ref().map(|name| numbers_of(frame, name)).transpose();
        let below = outcomes.iter().map(below).collect::<Result<_, _>>()?;
        let mut codes = Vec::with_capacity(self.categorical.len());
        for (name, interner) in &mut self.categorical {
            codes.push(interner.codes(frame.column(name)?)?);
        }
        Ok(Batch { arm, level, numbers, below, codes })
    }

    fn add(&mut self, frame: &DataFrame) -> Result<(), Error> {
        let batch = self.read(frame)?;
        let Some(unit) = self.experiment.unit.clone() else { return Ok(()) };
        for (row, hash) in unit_hashes(frame.column(&unit)?)?.into_iter().enumerate() {
            let (Some(hash), false) = (hash, batch.arm[row] == NO_CODE) else { continue };
            let place = self.place(hash, &batch, row);
            self.add_row(place, &batch, row);
        }
        Ok(())
    }

    fn place(&mut self, hash: u64, batch: &Batch, row: usize) -> usize {
        let (arm, level) = (batch.arm[row], batch.level[row]);
        let next = self.keys.len();
        let place = *self.places.entry((hash, arm, level)).or_insert(next);
        if place == next {
            self.keys.push((arm, level));
            self.sums.resize(self.sums.len() + self.stride(), ExactSum::ZERO);
            self.counts.resize(self.counts.len() + self.experiment.outcomes.len() + self.numeric.len(), 0);
            self.codes.extend(batch.codes.iter().map(|codes| codes[row]));
        }
        place
    }

    fn add_row(&mut self, place: usize, batch: &Batch, row: usize) {
        let (stride, outcomes, width) = (self.stride(), self.experiment.outcomes.len(), batch.numbers.len());
        let sums = &mut self.sums[place * stride..(place + 1) * stride];
        let counts = &mut self.counts[place * width..(place + 1) * width];
        for (at, values) in batch.numbers.iter().enumerate() {
            let below = batch.below.get(at).and_then(Option::as_ref).map_or(1.0, |below| below[row]);
            if values[row].is_nan() || below.is_nan() {
                continue;
            }
            counts[at] += 1;
            sums[at] += values[row];
            if at < outcomes {
                sums[width + at] += below;
            }
        }
        let own = place * batch.codes.len();
        for (code, found) in self.codes[own..].iter_mut().zip(&batch.codes) {
            if *code != found[row] {
                *code = SEVERAL;
            }
        }
    }

    /// The units as a table: arm, level, outcomes, covariates.
    fn frame(&self) -> Result<DataFrame, Error> {
        let (arms, outcomes) = (self.arm.levels(), self.experiment.outcomes.len());
        let arm: Vec<&str> = self.keys.iter().map(|(arm, _)| arms[usize::from(*arm)].as_str()).collect();
        let mut columns = vec![Column::new(self.experiment.arm.as_str().into(), arm)];
        if let Some((name, interner)) = &self.by {
            let levels = interner.levels();
            let level = |(_, level): &(u16, u16)| levels.get(usize::from(*level)).cloned();
            columns
                .push(Column::new(name.as_str().into(), self.keys.iter().map(level).collect::<Vec<Option<String>>>()));
        }
        for (at, outcome) in self.experiment.outcomes.iter().enumerate() {
            let ever = self.experiment.aggregate && outcome.kind == OutcomeKind::Binary;
            let value = |(sum, _): (f64, f64)| if ever { sum.min(1.0) } else { sum };
            columns.push(self.column(&above(at), at, at, value));
            columns.push(self.column(&below(at), at, outcomes + self.numeric.len() + at, |(sum, _)| sum));
        }
        for (at, name) in self.numeric.iter().enumerate() {
            columns.push(self.column(name, outcomes + at, outcomes + at, |(sum, count)| sum / count));
        }
        for (at, (name, interner)) in self.categorical.iter().enumerate() {
            let levels = interner.levels();
            let level = |code: &u16| match *code {
                SEVERAL => Some("(several)".to_owned()),
                code => levels.get(usize::from(code)).cloned(),
            };
            let own = self.codes.iter().skip(at).step_by(self.categorical.len());
            columns.push(Column::new(name.as_str().into(), own.map(level).collect::<Vec<Option<String>>>()));
        }
        Ok(DataFrame::new(self.keys.len(), columns)?)
    }

    /// Sum number `sum` of every unit with its count number `count`; null where nothing was counted.
    fn column(&self, name: &str, count: usize, sum: usize, value: impl Fn((f64, f64)) -> f64) -> Column {
        let width = self.experiment.outcomes.len() + self.numeric.len();
        let of = |unit: usize| {
            let n = self.counts[unit * width + count];
            (n > 0).then(|| value((self.sums[unit * self.stride() + sum].value(), f64::from(n))))
        };
        Column::new(name.into(), (0..self.keys.len()).map(of).collect::<Vec<Option<f64>>>())
    }
}

fn numbers_of(frame: &DataFrame, name: &str) -> Result<Vec<f64>, Error> {
    numbers(frame.column(name)?, true)
}
