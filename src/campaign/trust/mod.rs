//! The trust gate: what must hold before any effect is shown. Verdict first, numbers after.

mod balance;
mod sample_ratio;

use std::fmt::Write as _;

use serde::Serialize;

pub use balance::{balance, placebo, placebo_outcomes};
pub use sample_ratio::{ChiSquare, NotComparable, sample_ratio, sample_ratio_check};

use super::Experiment;
use super::tally::{Group, Tally};
use crate::stats::distribution::chi_squared_sf;

/// p below which a design is broken.
pub const REFUSE_BELOW: f64 = 0.001;
/// p below which someone should look.
pub const WARN_BELOW: f64 = 0.01;
/// Rows from which on the mean of an arm is nearly normal.
const FEWEST_ROWS: u64 = 30;
/// Share of units in two arms from which on the arms are no longer arms.
const CONTAMINATED: f64 = 0.001;

/// What a check concludes; the gate concludes the worst of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Nothing speaks against the numbers.
    Pass,
    /// Usable, but someone should look.
    Warn,
    /// No effect may be shown.
    Refuse,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What was checked: `sample_ratio`, `balance`, `contamination`, ...
    pub name: &'static str,
    /// The column or arm it is about.
    pub subject: Option<String>,
    /// What it concludes.
    pub verdict: Verdict,
    /// The measured quantity.
    pub value: Option<f64>,
    /// Its p, where there is one.
    pub p: Option<f64>,
    /// The limit it was held against.
    pub threshold: Option<f64>,
    /// One sentence.
    pub detail: String,
}

/// All checks and the worst of their verdicts: `trust.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trust {
    /// The worst verdict of all checks.
    pub verdict: Verdict,
    /// The checks.
    pub checks: Vec<Check>,
}

impl Trust {
    /// The gate's conclusion from its checks.
    #[must_use]
    pub fn new(checks: Vec<Check>) -> Self {
        let verdict = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass);
        Self { verdict, checks }
    }

    /// The details of the checks that have this verdict.
    #[must_use]
    pub fn reasons(&self, verdict: Verdict) -> Vec<&str> {
        self.checks.iter().filter(|check| check.verdict == verdict).map(|check| check.detail.as_str()).collect()
    }
}

impl Check {
    /// A check that concludes `verdict`, with its sentence and nothing else.
    #[must_use]
    pub fn new(name: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name, subject: None, verdict, value: None, p: None, threshold: None, detail: detail.into() }
    }

    /// About this column or arm.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// With the measured quantity and its limit; what is not finite is left out.
    #[must_use]
    pub fn measured(mut self, value: f64, threshold: f64) -> Self {
        self.value = Some(value).filter(|value| value.is_finite());
        self.threshold = Some(threshold);
        self
    }

    /// With a p.
    #[must_use]
    pub fn with_p(mut self, p: f64) -> Self {
        self.p = Some(p).filter(|p| p.is_finite());
        self
    }
}

/// A p in words, never as 0.
fn shown(p: f64) -> String {
    if p < 1e-6 { "below 0.000001".to_owned() } else { format!("{p:.6}") }
}

/// REFUSE below .001, WARN below .01.
#[must_use]
pub fn verdict_of_p(p: f64) -> Verdict {
    match p {
        p if p < REFUSE_BELOW => Verdict::Refuse,
        p if p < WARN_BELOW => Verdict::Warn,
        _ => Verdict::Pass,
    }
}

/// Everything that can be checked without a model of the assignment.
#[must_use]
pub fn checks(experiment: &Experiment, tally: &Tally) -> Vec<Check> {
    let mut checks = vec![missing_arms(tally)];
    checks.extend(contamination(experiment, tally));
    checks.extend((0..experiment.outcomes.len()).map(|outcome| missing_outcome(experiment, tally, outcome)));
    checks.extend(experiment.covariates.iter().filter_map(|covariate| missing_covariate(tally, covariate)));
    checks.extend(small_arms(tally));
    checks.extend(timing(experiment));
    checks
}

/// A numeric covariate that some rows lack, or hold no finite number for.
fn missing_covariate(tally: &Tally, covariate: &str) -> Option<Check> {
    let sums = tally.covariates.get(covariate)?;
    let missing: Vec<f64> = sums.iter().zip(&tally.rows).map(|(sums, rows)| (rows - sums.n) as f64).collect();
    let total: f64 = missing.iter().sum();
    if total == 0.0 {
        return None;
    }
    let p = chi_squared_sf(independence(&missing, &tally.rows), (tally.arms.len() - 1) as f64);
    let verdict = verdict_of_p(p).min(Verdict::Warn);
    let all = tally.all_rows();
    let detail = format!("`{covariate}` is missing or not finite in {total} of {all} rows; these are not adjusted");
    Some(
        Check::new("missing_covariate", verdict, detail)
            .about(covariate)
            .measured(total / all as f64, WARN_BELOW)
            .with_p(p),
    )
}

/// Arms too small for intervals of means.
fn small_arms(tally: &Tally) -> Option<Check> {
    let small = |(arm, rows): (&String, &u64)| (*rows < FEWEST_ROWS).then(|| format!("`{arm}` has {rows}"));
    let found: Vec<String> = tally.arms.iter().zip(&tally.rows).filter_map(small).collect();
    let least = tally.rows.iter().min().copied().unwrap_or(0) as f64;
    let detail = format!("an arm needs {FEWEST_ROWS} rows before intervals of means hold: {}", found.join(", "));
    let check = || Check::new("small_arm", Verdict::Warn, detail).measured(least, FEWEST_ROWS as f64);
    (!found.is_empty()).then(check)
}

fn missing_arms(tally: &Tally) -> Check {
    let all = tally.rows.iter().sum::<u64>() + tally.without_arm;
    let share = tally.without_arm as f64 / all.max(1) as f64;
    let verdict = if tally.without_arm > 0 { Verdict::Warn } else { Verdict::Pass };
    let detail = format!("{} of {all} rows name no arm and are left out", tally.without_arm);
    Check::new("missing_arm", verdict, detail).measured(share, 0.0)
}

/// Units that were in more than one arm.
fn contamination(experiment: &Experiment, tally: &Tally) -> Option<Check> {
    let unit = experiment.unit.as_ref()?;
    let mut units = 0u64;
    let mut mixed = 0u64;
    for same in tally.unit_arms.chunk_by(|a, b| a >> 4 == b >> 4) {
        units += 1;
        mixed += u64::from(same.len() > 1);
    }
    let share = mixed as f64 / units.max(1) as f64;
    let verdict = match share {
        share if share >= CONTAMINATED => Verdict::Refuse,
        share if share > 0.0 => Verdict::Warn,
        _ => Verdict::Pass,
    };
    let mut detail = format!("{mixed} of {units} units of `{unit}` are in more than one arm");
    let verdict = if let Some(rows) = tally.rows_of_units {
        let _ = write!(detail, "; their {rows} rows were taken together by unit");
        verdict
    } else if tally.units_repeat() {
        let rows = tally.all_rows();
        let _ = write!(detail, "; {rows} rows: a unit has several, and standard errors take them for independent");
        verdict.max(Verdict::Warn)
    } else {
        verdict
    };
    Some(Check::new("contamination", verdict, detail).about(unit).measured(share, CONTAMINATED))
}

/// Whether an outcome is missing more often in some arms: χ² of missing × arm.
fn missing_outcome(experiment: &Experiment, tally: &Tally, outcome: usize) -> Check {
    let name = &experiment.outcomes[outcome].name;
    let is_ratio = experiment.outcomes[outcome].is_ratio();
    let missing: Vec<f64> =
        (0..tally.arms.len()).map(|arm| tally.moments(Group::ALL, arm, outcome, is_ratio).missing as f64).collect();
    let shares = missing.iter().zip(&tally.rows).map(|(missing, rows)| missing / *rows as f64);
    let (least, most) = shares.fold((1.0f64, 0.0f64), |(least, most), share| (least.min(share), most.max(share)));
    let total: f64 = missing.iter().sum();
    if total == 0.0 {
        return Check::new("missing_outcome", Verdict::Pass, format!("`{name}` is known in every row"))
            .about(name)
            .measured(0.0, 0.05);
    }
    let p = chi_squared_sf(independence(&missing, &tally.rows), (tally.arms.len() - 1) as f64);
    let verdict = match verdict_of_p(p) {
        Verdict::Refuse if most - least <= 0.05 => Verdict::Warn,
        other => other,
    };
    let detail = format!("`{name}` is missing in {total} rows, {least:.4} to {most:.4} of an arm");
    Check::new("missing_outcome", verdict, detail).about(name).measured(most - least, 0.05).with_p(p)
}

/// χ² of a 2 × arms table from one row of counts and the arms' totals.
fn independence(counts: &[f64], totals: &[u64]) -> f64 {
    let all: f64 = totals.iter().map(|total| *total as f64).sum();
    let share = counts.iter().sum::<f64>() / all;
    let term = |(count, total): (&f64, &u64)| {
        (count - share * *total as f64).powi(2) / (*total as f64 * share * (1.0 - share))
    };
    if share >= 1.0 { 0.0 } else { counts.iter().zip(totals).map(term).sum() }
}

/// A covariate nobody declared to be older than the assignment may be an outcome in disguise.
fn timing(experiment: &Experiment) -> Vec<Check> {
    let unknown = experiment.covariates.iter().filter(|covariate| !experiment.is_before(covariate));
    unknown
        .map(|covariate| {
            let detail = format!(
                "covariate `{covariate}` is not declared measured before the assignment: if the treatment changed it, \
                 adjusting for it removes part of the effect (--measured-before-assignment {covariate})"
            );
            Check::new("covariate_timing", Verdict::Warn, detail).about(covariate)
        })
        .collect()
}
