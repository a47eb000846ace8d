//! The overlap gate, and how strong a hidden cause would have to be.

use super::Study;
use crate::campaign::effect::Estimate;
use crate::campaign::trust::{Check, Verdict};

/// |SMD| that refuses.
const REFUSED_DIFFERENCE: f64 = 0.25;
/// |SMD| that warns.
const NOTICEABLE_DIFFERENCE: f64 = 0.1;
/// Largest share of the weight one control may have.
const LARGEST_SHARE: f64 = 0.1;

/// Checks of one arm's weights.
#[must_use]
pub fn checks(study: &Study, arm: &str) -> Vec<Check> {
    let mut checks = vec![convergence(study, arm), effective_sample(study, arm), largest_weight(study, arm)];
    let columns = study.rows.names.iter().enumerate();
    checks.extend(columns.map(|(column, name)| difference(study, column, name, arm)));
    checks
}

fn convergence(study: &Study, arm: &str) -> Check {
    let (verdict, detail) = if study.propensity.converged {
        (Verdict::Pass, format!("the propensity logit of arm `{arm}` converged"))
    } else {
        let detail = format!(
            "the propensity logit of arm `{arm}` does not converge: some combination of covariates tells the arms apart; \
             a small ridge stands in"
        );
        (Verdict::Warn, detail)
    };
    Check::new("propensity", verdict, detail).about(arm)
}

fn control_weights(study: &Study) -> impl Iterator<Item = f64> + Clone {
    study.weights.iter().zip(&study.is_treated).filter(|(_, treated)| !**treated).map(|(weight, _)| *weight)
}

fn effective_sample(study: &Study, arm: &str) -> Check {
    let weights = control_weights(study);
    let sum: f64 = weights.clone().sum();
    let squares: f64 = weights.map(|weight| weight * weight).sum();
    let size = sum * sum / squares;
    let needed = (study.treated() / 4.0).max(30.0);
    let enough = size >= needed;
    let verdict = if enough { Verdict::Pass } else { Verdict::Refuse };
    let detail = format!("the weighted controls of arm `{arm}` are worth {size:.1} rows; {needed:.1} are needed");
    Check::new("effective_sample_size", verdict, detail).about(arm).measured(size, needed)
}

fn largest_weight(study: &Study, arm: &str) -> Check {
    let weights = control_weights(study);
    let share = weights.clone().fold(0.0f64, f64::max) / weights.sum::<f64>();
    let fair = share <= LARGEST_SHARE;
    let verdict = if fair { Verdict::Pass } else { Verdict::Refuse };
    let detail = format!("one control of arm `{arm}` has {:.2} % of the weight", share * 100.0);
    Check::new("largest_weight", verdict, detail).about(arm).measured(share, LARGEST_SHARE)
}

/// |SMD| of one column after weighting.
fn difference(study: &Study, column: usize, name: &str, arm: &str) -> Check {
    let value = |at: usize| study.rows.covariates.row(study.positions[at])[column];
    let group = |wanted: bool| (0..study.positions.len()).filter(move |at| study.is_treated[*at] == wanted);
    let moments = |wanted: bool| {
        let n = group(wanted).count() as f64;
        let mean = group(wanted).map(value).sum::<f64>() / n;
        (mean, group(wanted).map(|at| (value(at) - mean).powi(2)).sum::<f64>() / (n - 1.0))
    };
    let ((mean, variance), (raw, control_variance)) = (moments(true), moments(false));
    let total: f64 = group(false).map(|at| study.weights[at]).sum();
    let weighted = group(false).map(|at| study.weights[at] * value(at)).sum::<f64>() / total;
    let scale = f64::midpoint(variance, control_variance).sqrt();
    let standardised = |difference: f64| if difference.abs() < 1e-12 { 0.0 } else { difference.abs() / scale };
    let (before, after) = (standardised(mean - raw), standardised(mean - weighted));
    let verdict = match after {
        after if after > REFUSED_DIFFERENCE || after.is_nan() => Verdict::Refuse,
        after if after > NOTICEABLE_DIFFERENCE => Verdict::Warn,
        _ => Verdict::Pass,
    };
    let detail = format!("`{name}` of arm `{arm}`: |SMD| {before:.4} before weighting, {after:.4} after");
    Check::new("smd_after_weighting", verdict, detail).about(name).measured(after, REFUSED_DIFFERENCE)
}

/// E-value (`VanderWeele` and Ding 2017): how strongly a cause nobody measured would have to go with both treatment and
/// outcome, as risk ratios, to explain the effect away. Shares give a risk ratio; means exp(0.91·effect/sd).
#[must_use]
pub fn e_value(estimate: &Estimate, y: &[f64], is_binary: bool, outcome: &str, arm: &str) -> Check {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let deviation = (y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let ratio = |effect: f64| {
        if is_binary { (estimate.control + effect) / estimate.control } else { (0.91 * effect / deviation).exp() }
    };
    let e = |ratio: f64| {
        let ratio = if ratio < 1.0 { 1.0 / ratio } else { ratio };
        ratio + (ratio * (ratio - 1.0)).sqrt()
    };
    let point = e(ratio(estimate.effect));
    let interval = estimate.interval;
    let limit = if interval.low <= 0.0 && interval.high >= 0.0 {
        1.0
    } else {
        e(ratio(if interval.low > 0.0 { interval.low } else { interval.high }))
    };
    let detail = format!(
        "`{outcome}` of arm `{arm}`: a hidden cause would need risk ratios of {point:.2} with treatment and outcome to \
         explain the effect, {limit:.2} to bring its interval to 0"
    );
    Check::new("e_value", Verdict::Pass, detail).about(outcome).measured(point, 1.0)
}
