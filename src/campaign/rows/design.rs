//! Reading an experiment into a design matrix.
//!
//! Numeric covariates become one standardised column each, and a column that says they are missing where some are (the
//! value is then the mean). Categorical ones become one column per level. Fits of the models used here do not change
//! with the scale of a column, so "in the covariates as given" stays true.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::*;

use super::Matrix;
use crate::campaign::flat::{self, numbers};
use crate::campaign::moments::centred;
use crate::campaign::tally::{CovariateSums, Tally};
use crate::campaign::{Design, Error, Experiment};
use crate::stats::ExactSum;

/// Values held in memory at most (8 bytes each).
const MOST_VALUES: u64 = 250_000_000;

/// An experiment row by row, in canonical order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Position of a row's arm among the tally's arms.
    pub arm: Vec<usize>,
    /// One column per outcome; NaN where it is missing.
    pub outcomes: Vec<Vec<f64>>,
    /// One column per segment: position of the level among the sorted ones, NaN for none.
    pub segments: Vec<Vec<f64>>,
    /// Covariates: every level of a categorical one has its column.
    pub covariates: Matrix,
    /// Names of the covariate columns.
    pub names: Vec<String>,
    /// Mean and scale that were taken out of each covariate column.
    pub units: Vec<(f64, f64)>,
    /// Columns that a regression with an intercept can use: no constants, nothing that follows from columns before.
    pub independent: Vec<usize>,
}

/// How a column of the design is made.
#[derive(Debug, Clone)]
enum Source {
    Number { covariate: String, mean: f64, scale: f64 },
    Missing { covariate: String },
    Level { covariate: String, level: String },
}

/// Reads the rows; `None` when they would not fit into memory.
///
/// # Errors
/// When the file cannot be read.
pub fn read(experiment: &Experiment, frame: LazyFrame, tally: &Tally) -> Result<Option<Rows>, Error> {
    let sources = sources(experiment, tally);
    let width = sources.len() + experiment.outcomes.len() + experiment.segments.len() + 1;
    if tally.rows.iter().sum::<u64>() * width as u64 > MOST_VALUES {
        return Ok(None);
    }
    // Units are for sums only, and so are segments where a lot was drawn.
    let wanted = experiment.design == Design::Observational;
    let segments = if wanted { experiment.segments.clone() } else { Vec::new() };
    let experiment = &Experiment { segments, unit: None, ..experiment.clone() };
    let (frame, _) = flat::project(frame, experiment)?;
    let lines: Arc<Mutex<Vec<f64>>> = Arc::default();
    let (shared, reader) = (Arc::clone(&lines), Reader::new(experiment, &sources, tally));
    flat::stream(frame, &experiment.file, move |batch| {
        let block = reader.lines(batch)?;
        shared.lock().unwrap_or_else(PoisonError::into_inner).extend(block);
        Ok(())
    })?;
    let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Some(arrange(&lines, &sources, experiment.outcomes.len(), experiment.segments.len())))
}

/// Sorts the lines (arm, covariates, outcomes, segments) and takes them apart.
fn arrange(lines: &[f64], sources: &[Source], outcomes: usize, segments: usize) -> Rows {
    use rayon::prelude::*;
    let mut lines: Vec<&[f64]> = lines.chunks_exact(sources.len() + outcomes + segments + 1).collect();
    lines.par_sort_unstable_by(|a, b| {
        let differing = a.iter().zip(*b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        differing.unwrap_or(std::cmp::Ordering::Equal)
    });
    let columns = sources.len();
    let covariates =
        Matrix { width: columns, values: lines.iter().flat_map(|line| &line[1..=columns]).copied().collect() };
    let outcome = |at: usize| lines.iter().map(|line| line[1 + columns + at]).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position that was written as f64")]
    let arm = lines.iter().map(|line| line[0] as usize).collect();
    Rows {
        arm,
        outcomes: (0..outcomes).map(outcome).collect(),
        segments: (outcomes..outcomes + segments).map(outcome).collect(),
        independent: independent(&covariates),
        covariates,
        names: sources.iter().map(Source::name).collect(),
        units: sources.iter().map(Source::units).collect(),
    }
}

/// Columns of which none is constant or, to ten digits, a combination of those before it.
fn independent(covariates: &Matrix) -> Vec<usize> {
    let (n, width) = (covariates.len() as f64, covariates.width);
    let ones = vec![1.0; covariates.len()];
    let means: Vec<f64> = covariates.weighted_sum(&ones).iter().map(|sum| sum / n).collect();
    let gram = covariates.gram(&ones);
    let covariance = |i: usize, j: usize| gram[i.max(j) * width + i.min(j)] / n - means[i] * means[j];
    let mut used: Vec<usize> = Vec::new();
    let mut factor: Vec<Vec<f64>> = Vec::new();
    for column in 0..width {
        let variance = covariance(column, column);
        let mut line: Vec<f64> = Vec::with_capacity(used.len() + 1);
        for (at, other) in used.iter().enumerate() {
            let known: f64 = (0..at).map(|k| line[k] * factor[at][k]).sum();
            line.push((covariance(column, *other) - known) / factor[at][at]);
        }
        let rest = variance - line.iter().map(|value| value * value).sum::<f64>();
        if variance > 1e-20 && rest > 1e-10 * variance {
            line.push(rest.sqrt());
            used.push(column);
            factor.push(line);
        }
    }
    used
}

fn sources(experiment: &Experiment, tally: &Tally) -> Vec<Source> {
    let mut sources = Vec::new();
    let rows: u64 = tally.rows.iter().sum();
    for covariate in &experiment.covariates {
        if let Some(sums) = tally.covariates.get(covariate) {
            let (n, mean, scale) = pooled(sums);
            sources.push(Source::Number { covariate: covariate.clone(), mean, scale });
            if n < rows {
                sources.push(Source::Missing { covariate: covariate.clone() });
            }
        }
        if let Some(levels) = tally.categories.get(covariate) {
            let level = |level: &String| Source::Level { covariate: covariate.clone(), level: level.clone() };
            sources.extend(levels.keys().map(level));
        }
    }
    sources
}

fn pooled(sums: &[CovariateSums]) -> (u64, f64, f64) {
    let n: u64 = sums.iter().map(|sums| sums.n).sum();
    let x: ExactSum = sums.iter().map(|sums| sums.x).sum();
    let xx: ExactSum = sums.iter().map(|sums| sums.xx).sum();
    let count = n.max(1) as f64;
    let deviation = (centred(xx, x, x, count) / count).max(0.0).sqrt();
    (n, x.value() / count, if deviation > 0.0 { deviation } else { 1.0 })
}

impl Source {
    fn units(&self) -> (f64, f64) {
        match self {
            Self::Number { mean, scale, .. } => (*mean, *scale),
            Self::Missing { .. } | Self::Level { .. } => (0.0, 1.0),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Number { covariate, .. } => covariate.clone(),
            Self::Missing { covariate } => format!("{covariate} missing"),
            Self::Level { covariate, level } => format!("{covariate} = {level}"),
        }
    }
}

/// Turns batches into lines of numbers.
struct Reader {
    arm: String,
    arms: BTreeMap<String, usize>,
    outcomes: Vec<Option<String>>,
    segments: Vec<(String, BTreeMap<String, usize>)>,
    sources: Vec<Source>,
}

impl Reader {
    fn new(experiment: &Experiment, sources: &[Source], tally: &Tally) -> Self {
        Self {
            arm: experiment.arm.clone(),
            arms: tally.arms.iter().cloned().zip(0..).collect(),
            outcomes: experiment
                .outcomes
                .iter()
                .map(|own| Some(own.column.clone()).filter(|_| !own.is_ratio()))
                .collect(),
            segments: experiment
                .segments
                .iter()
                .zip(&tally.levels)
                .map(|(name, levels)| (name.clone(), levels.iter().cloned().zip(0..).collect()))
                .collect(),
            sources: sources.to_vec(),
        }
    }

    fn lines(&self, batch: &DataFrame) -> Result<Vec<f64>, Error> {
        let mut interner = flat::Interner::new(&self.arm);
        let codes = interner.codes(batch.column(&self.arm)?)?;
        let arms: Vec<f64> = interner.levels().iter().map(|level| self.arms[level] as f64).collect();
        let mut columns: Vec<Vec<f64>> =
            vec![codes.iter().map(|code| arms.get(usize::from(*code)).copied().unwrap_or(f64::NAN)).collect()];
        for source in &self.sources {
            columns.push(column(source, batch)?);
        }
        for outcome in &self.outcomes {
            columns.push(match outcome {
                Some(outcome) => numbers(batch.column(outcome)?, true)?,
                // No method works on single rows of a ratio.
                None => vec![f64::NAN; batch.height()],
            });
        }
        for (name, levels) in &self.segments {
            let mut interner = flat::Interner::new(name);
            let codes = interner.codes(batch.column(name)?)?;
            let places: Vec<f64> = interner.levels().iter().map(|level| levels[level] as f64).collect();
            columns
                .push(codes.iter().map(|code| places.get(usize::from(*code)).copied().unwrap_or(f64::NAN)).collect());
        }
        let rows = (0..batch.height()).filter(|row| !columns[0][*row].is_nan());
        // −0 and 0 are one value.
        Ok(rows.flat_map(|row| columns.iter().map(move |column| column[row] + 0.0)).collect())
    }
}

fn column(source: &Source, batch: &DataFrame) -> Result<Vec<f64>, Error> {
    match source {
        Source::Number { covariate, mean, scale } => {
            let values = numbers(batch.column(covariate)?, true)?;
            Ok(values.iter().map(|x| if x.is_nan() { 0.0 } else { (x - mean) / scale }).collect())
        }
        Source::Missing { covariate } => {
            let values = numbers(batch.column(covariate)?, true)?;
            Ok(values.iter().map(|x| f64::from(u8::from(x.is_nan()))).collect())
        }
        Source::Level { covariate, level } => {
            let mut interner = flat::Interner::new(covariate);
            let codes = interner.codes(batch.column(covariate)?)?;
            let found = interner.levels().iter().position(|other| other == level);
            let is_level = |code: u16| match found {
                Some(wanted) => usize::from(code) == wanted,
                None => code == flat::NO_CODE && level == "(missing)",
            };
            Ok(codes.iter().map(|code| f64::from(u8::from(is_level(*code)))).collect())
        }
    }
}

impl Rows {
    /// Positions of the rows of two arms that have the outcome, and whether each is of the first of them.
    #[must_use]
    pub fn pair(&self, treated: usize, control: usize, outcome: usize) -> (Vec<usize>, Vec<bool>) {
        let known = |row: &usize| !self.outcomes[outcome][*row].is_nan();
        let in_pair = |row: &usize| self.arm[*row] == treated || self.arm[*row] == control;
        let positions: Vec<usize> = (0..self.arm.len()).filter(in_pair).filter(known).collect();
        let is_treated = positions.iter().map(|row| self.arm[*row] == treated).collect();
        (positions, is_treated)
    }

    /// Intercept and those covariates of the rows at these positions that are independent among them.
    #[must_use]
    pub fn own_regressors(&self, positions: &[usize]) -> Matrix {
        self.with_columns(positions, &independent(&self.covariates.pick(positions)))
    }

    /// Intercept and independent covariates of the rows at these positions.
    #[must_use]
    pub fn regressors(&self, positions: &[usize]) -> Matrix {
        self.with_columns(positions, &self.independent)
    }

    fn with_columns(&self, positions: &[usize], columns: &[usize]) -> Matrix {
        let width = columns.len() + 1;
        let mut values = Vec::with_capacity(width * positions.len());
        for row in positions {
            let covariates = if self.covariates.width == 0 { &[] } else { self.covariates.row(*row) };
            values.push(1.0);
            values.extend(columns.iter().map(|column| covariates[*column]));
        }
        Matrix { width, values }
    }

    /// The outcome of the rows at these positions.
    #[must_use]
    pub fn outcome(&self, outcome: usize, positions: &[usize]) -> Vec<f64> {
        positions.iter().map(|row| self.outcomes[outcome][*row]).collect()
    }
}
