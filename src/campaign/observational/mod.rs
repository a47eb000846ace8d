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

use super::effect::{EffectRow, Estimate};
use super::rows::{Logit, Matrix, Rows, logit};
use super::tally::Tally;
use super::trust::{Check, Verdict};
use super::{Experiment, OutcomeKind};

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
        let (positions, is_treated) = rows.pair(treated, control, outcome);
        let regressors = rows.regressors(&positions);
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

/// Effects on the treated: `difference`, `ipw`, `entropy_balance`, `aipw`, and what must be said about them.
#[must_use]
pub fn effects(experiment: &Experiment, rows: &Rows, tally: &Tally, control: usize) -> (Vec<EffectRow>, Vec<Check>) {
    let (mut effects, mut checks) = (Vec::new(), Vec::new());
    for (number, outcome) in experiment.outcomes.iter().enumerate() {
        for arm in (0..tally.arms.len()).filter(|arm| *arm != control) {
            let study = Study::new(rows, arm, control, number);
            let y = rows.outcome(number, &study.positions);
            let is_binary = outcome.kind == OutcomeKind::Binary;
            let (treated, controls) = counts(&study);
            let mut push = |method, primary, estimate: Option<Estimate>| {
                let Some(estimate) = estimate else { return };
                effects.push(EffectRow {
                    arm: tally.arms[arm].clone(),
                    outcome: outcome.name.clone(),
                    method,
                    primary,
                    n_treated: treated,
                    n_control: controls,
                    estimate,
                    together: estimate.interval,
                    ..EffectRow::default()
                });
            };
            let ipw = methods::ipw(&study, &y);
            push("difference", false, methods::difference(&study, &y, is_binary));
            push("ipw", false, ipw);
            let balanced = entropy::entropy_balance(&study, &y);
            if balanced.is_none() {
                let detail =
                    format!("no weights of the controls have the covariate means of arm `{}`", tally.arms[arm]);
                checks.push(Check::new("entropy_balance", Verdict::Warn, detail).about(&outcome.name));
            }
            push("entropy_balance", false, balanced);
            push("aipw", true, methods::aipw(&study, &y, is_binary));
            if let Some(ipw) = ipw {
                checks.push(overlap::e_value(&ipw, &y, is_binary, &outcome.name, &tally.arms[arm]));
            }
        }
    }
    (effects, checks)
}

fn counts(study: &Study) -> (f64, f64) {
    let treated = study.treated();
    (treated, study.is_treated.len() as f64 - treated)
}
