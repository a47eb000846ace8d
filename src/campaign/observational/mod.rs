//! Without a lot: the effect on the treated, from rows that chose or were chosen.
//!
//! Every arm is compared with the control on its own. The propensity e(x) is an unpenalised logit in the covariates as
//! given; controls weigh its odds e/(1 − e), so that they stand for the treated (Hájek: weights divided by their sum).
//! Before any effect the **overlap gate** looks at those weights, which are never clipped:
//! - |SMD| after weighting, |difference of means| / √((s²ₜ + s²꜀)/2) with the unweighted variances: > .25 REFUSE, > .1 WARN;
//! - effective control sample (Σw)²/Σw² < max(30, nₜ/4): REFUSE;
//! - one control with more than 10 % of the weight: REFUSE;
//! - a logit that does not converge (some combination of covariates tells the arms apart): said, and a ridge of 1e-3 per
//!   row stands in, whose weights then face the same gate.

mod entropy;
mod methods;
mod overlap;

use super::effect::{EffectRow, Estimate, simultaneous};
use super::rows::{Logit, Matrix, Rows, logit};
use super::tally::Tally;
use super::trust::{Check, Verdict};
use super::{Experiment, OutcomeKind};
use crate::stats::Interval;
use crate::stats::distribution::normal_quantile;

/// Ridge per row where an unpenalised logit does not converge.
const FALLBACK_RIDGE: f64 = 1e-3;

/// One arm, the control, and the weights that make the control look like the arm.
#[derive(Debug, Clone)]
pub struct Study<'a> {
    /// All rows.
    pub rows: &'a Rows,
    /// Positions of the two arms' rows.
    pub positions: Vec<usize>,
    /// Which of them are treated.
    pub is_treated: Vec<bool>,
    /// Intercept and covariates.
    pub regressors: Matrix,
    /// The propensity model.
    pub propensity: Logit,
    /// 1 for the treated, the odds for controls.
    pub weights: Vec<f64>,
}

impl<'a> Study<'a> {
    /// Arm `treated` against `control` among the rows that have the outcome.
    #[must_use]
    pub fn new(rows: &'a Rows, treated: usize, control: usize, outcome: usize) -> Self {
        Self::of(rows, rows.pair(treated, control, outcome))
    }

    /// The same among the rows of one level of a segment.
    #[must_use]
    pub fn within(rows: &'a Rows, (treated, control): (usize, usize), outcome: usize, segment: (usize, usize)) -> Self {
        let (positions, is_treated) = rows.pair(treated, control, outcome);
        let level = &rows.segments[segment.0];
        let own = positions.into_iter().zip(is_treated).filter(|(row, _)| level[*row] == segment.1 as f64);
        Self::of(rows, own.unzip())
    }

    fn of(rows: &'a Rows, (positions, is_treated): (Vec<usize>, Vec<bool>)) -> Self {
        let regressors = rows.own_regressors(&positions);
        let propensity = propensity(&regressors, &is_treated);
        let weights = odds_weights(&propensity.coefficients, &regressors, &is_treated);
        Self { rows, positions, is_treated, regressors, propensity, weights }
    }

    /// Number of treated rows.
    #[must_use]
    pub fn treated(&self) -> f64 {
        self.is_treated.iter().filter(|is_treated| **is_treated).count() as f64
    }
}

/// The unpenalised logit, or where it does not converge one with a small ridge (`converged` stays false).
fn propensity(regressors: &Matrix, is_treated: &[bool]) -> Logit {
    let t: Vec<f64> = is_treated.iter().map(|treated| f64::from(u8::from(*treated))).collect();
    let ones = vec![1.0; t.len()];
    let fit = logit(regressors, &t, &ones, 0.0);
    if fit.converged {
        return fit;
    }
    Logit { converged: false, ..logit(regressors, &t, &ones, FALLBACK_RIDGE * t.len() as f64) }
}

/// 1 for the treated, e/(1 − e) = exp(zᵀb) for controls.
fn odds_weights(coefficients: &[f64], regressors: &Matrix, is_treated: &[bool]) -> Vec<f64> {
    let linear = regressors.times(coefficients);
    linear.iter().zip(is_treated).map(|(eta, treated)| if *treated { 1.0 } else { eta.exp() }).collect()
}

/// The overlap gate of every arm, on the rows that have the first outcome.
#[must_use]
pub fn checks(experiment: &Experiment, rows: &Rows, tally: &Tally, control: usize) -> Vec<Check> {
    let mut checks = Vec::new();
    if experiment.covariates.is_empty() {
        let detail = "an observational comparison without a covariate is the raw difference: give --covariate";
        checks.push(Check::new("covariates", Verdict::Warn, detail));
    }
    for arm in (0..tally.arms.len()).filter(|arm| *arm != control) {
        let study = Study::new(rows, arm, control, 0);
        checks.extend(overlap::checks(&study, &tally.arms[arm]));
    }
    checks
}

/// Effects on the treated: `difference`, `ipw`, `entropy_balance`, `aipw`, and what must be said about them; `aipw` alone
/// for every level of a segment that has overlap of its own.
#[must_use]
pub fn effects(experiment: &Experiment, rows: &Rows, tally: &Tally, control: usize) -> (Vec<EffectRow>, Vec<Check>) {
    let (mut effects, mut checks) = (Vec::new(), Vec::new());
    for number in 0..experiment.outcomes.len() {
        for arm in (0..tally.arms.len()).filter(|arm| *arm != control) {
            let pair = Pair { experiment, rows, tally, control, arm, outcome: number };
            pair.whole(&mut effects, &mut checks);
            for segment in 0..tally.levels.len() {
                pair.segment(segment, &mut effects, &mut checks);
            }
        }
    }
    (effects, checks)
}

/// One arm against the control, for one outcome.
struct Pair<'a> {
    experiment: &'a Experiment,
    rows: &'a Rows,
    tally: &'a Tally,
    control: usize,
    arm: usize,
    outcome: usize,
}

impl Pair<'_> {
    fn whole(&self, effects: &mut Vec<EffectRow>, checks: &mut Vec<Check>) {
        let (outcome, arm) = (&self.experiment.outcomes[self.outcome], &self.tally.arms[self.arm]);
        let study = Study::new(self.rows, self.arm, self.control, self.outcome);
        let y = self.rows.outcome(self.outcome, &study.positions);
        let is_binary = outcome.kind == OutcomeKind::Binary;
        let family = (self.tally.arms.len() - 1) * self.experiment.outcomes.len();
        let mut push = |method, primary, estimate: Option<Estimate>| {
            effects.extend(estimate.map(|estimate| self.row(method, primary, &study, estimate, family)));
        };
        let ipw = methods::ipw(&study, &y);
        push("difference", false, methods::difference(&study, &y, is_binary));
        push("ipw", false, ipw);
        let balanced = entropy::entropy_balance(&study, &y);
        if balanced.is_none() {
            let detail = format!("no weights of the controls have the covariate means of arm `{arm}`");
            checks.push(Check::new("entropy_balance", Verdict::Warn, detail).about(&outcome.name));
        }
        push("entropy_balance", false, balanced);
        push("aipw", true, methods::aipw(&study, &y, is_binary));
        if let Some(ipw) = ipw.filter(|_| !outcome.is_placebo) {
            checks.push(overlap::e_value(&ipw, &y, is_binary, &outcome.name, arm));
        }
    }

    /// Every level of a segment with overlap of its own; the others are named.
    fn segment(&self, segment: usize, effects: &mut Vec<EffectRow>, checks: &mut Vec<Check>) {
        let name = &self.experiment.segments[segment];
        let outcome = &self.experiment.outcomes[self.outcome];
        let levels = &self.tally.levels[segment];
        for (level, value) in levels.iter().enumerate() {
            let study = Study::within(self.rows, (self.arm, self.control), self.outcome, (segment, level));
            let gate = overlap::checks(&study, &self.tally.arms[self.arm]);
            let refused = gate.iter().find(|check| check.verdict == Verdict::Refuse);
            if let (Some(why), 0) = (refused, self.outcome) {
                let detail = format!("{name} = {value} is left out: {}", why.detail);
                checks.push(Check::new("segment_overlap", Verdict::Warn, detail).about(name));
            }
            if refused.is_some() {
                continue;
            }
            let y = self.rows.outcome(self.outcome, &study.positions);
            let Some(estimate) = methods::aipw(&study, &y, outcome.kind == OutcomeKind::Binary) else { continue };
            let family = (self.tally.arms.len() - 1) * levels.len();
            let row = self.row("aipw", true, &study, estimate, family);
            effects.push(EffectRow { segment: Some(name.clone()), segment_value: Some(value.clone()), ..row });
        }
    }

    fn row(&self, method: &'static str, primary: bool, study: &Study, estimate: Estimate, family: usize) -> EffectRow {
        let (treated, controls) = counts(study);
        let wide = normal_quantile(0.5 + simultaneous(family) / 2.0) * estimate.error;
        EffectRow {
            arm: self.tally.arms[self.arm].clone(),
            outcome: self.experiment.outcomes[self.outcome].name.clone(),
            method,
            primary,
            n_treated: treated,
            n_control: controls,
            exposure: treated,
            estimate,
            together: Interval::around(estimate.effect, wide),
            ..EffectRow::default()
        }
    }
}

fn counts(study: &Study) -> (f64, f64) {
    let treated = study.treated();
    (treated, study.is_treated.len() as f64 - treated)
}
