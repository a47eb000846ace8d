//! Balance: are the arms alike in what was there before the treatment?

use super::{Check, Verdict};
use crate::campaign::Experiment;
use crate::campaign::effect::EffectRow;
use crate::campaign::moments::centred;
use crate::campaign::tally::{CovariateSums, Tally};
use crate::stats::distribution::{chi_squared_sf, normal_two_sided};

/// |SMD| from which on large arms differ noticeably.
const NOTICEABLE: f64 = 0.1;
/// Bonferroni-corrected p of a difference before the treatment from which on the lot was not fair.
const UNFAIR: f64 = 1e-4;

/// Standardised mean difference of every covariate, of every arm against the control.
#[must_use]
pub fn balance(experiment: &Experiment, tally: &Tally, control: usize) -> Vec<Check> {
    let mut checks = Vec::new();
    for covariate in &experiment.covariates {
        for arm in (0..tally.arms.len()).filter(|arm| *arm != control) {
            let (largest, level) = largest_difference(tally, covariate, arm, control);
            let what = level.map_or_else(|| format!("`{covariate}`"), |level| format!("`{covariate}` = {level}"));
            // Small arms differ by chance alone: 2.576 standard errors of an SMD.
            let chance = 2.576 * (1.0 / tally.rows[arm] as f64 + 1.0 / tally.rows[control] as f64).sqrt();
            let noticeable = chance.max(NOTICEABLE);
            let verdict = if largest > noticeable { Verdict::Warn } else { Verdict::Pass };
            let detail = format!(
                "{what} of arm `{}` differs from the control's by {largest:.4} standard deviations",
                tally.arms[arm]
            );
            checks.push(Check::new("balance", verdict, detail).about(covariate).measured(largest, noticeable));
        }
    }
    checks
}

/// |SMD| of a numeric covariate, or the largest over the levels of a categorical one.
fn largest_difference(tally: &Tally, covariate: &str, arm: usize, control: usize) -> (f64, Option<String>) {
    if let Some(sums) = tally.covariates.get(covariate) {
        return (standardised(mean_variance(&sums[arm]), mean_variance(&sums[control])), None);
    }
    let Some(levels) = tally.categories.get(covariate) else { return (f64::NAN, None) };
    let share = |counts: &Vec<u64>, arm: usize| {
        let p = counts[arm] as f64 / tally.rows[arm] as f64;
        (p, p * (1.0 - p))
    };
    let differences =
        levels.iter().map(|(level, counts)| (standardised(share(counts, arm), share(counts, control)), level));
    let largest = differences.max_by(|a, b| a.0.total_cmp(&b.0));
    largest.map_or((0.0, None), |(difference, level)| (difference, Some(level.clone())))
}

/// |difference of means| / √((s²₁ + s²₀)/2); 0 where both arms are equal constants.
pub fn standardised(one: (f64, f64), zero: (f64, f64)) -> f64 {
    let difference = (one.0 - zero.0).abs();
    if difference == 0.0 { 0.0 } else { difference / f64::midpoint(one.1, zero.1).sqrt() }
}

fn mean_variance(sums: &CovariateSums) -> (f64, f64) {
    let n = sums.n as f64;
    (sums.x.value() / n, (centred(sums.xx, sums.x, sums.x, n) / (n - 1.0)).max(0.0))
}

/// Placebo: the treatment cannot change what was measured before it. One test per declared covariate and arm, Bonferroni.
#[must_use]
pub fn placebo(experiment: &Experiment, tally: &Tally, control: usize) -> Option<Check> {
    let arms = (0..tally.arms.len()).filter(|arm| *arm != control);
    let pairs = arms.flat_map(|arm| {
        experiment.covariates.iter().filter(|covariate| experiment.is_before(covariate)).map(move |name| (arm, name))
    });
    let tests: Vec<(f64, usize, &String)> = pairs
        .map(|(arm, name)| (difference_p(tally, name, arm, control), arm, name))
        .filter(|test| !test.0.is_nan())
        .collect();
    let (p, arm, name) = tests.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let corrected = (p * tests.len() as f64).min(1.0);
    let verdict = match corrected {
        p if p < UNFAIR => Verdict::Refuse,
        p if p < super::WARN_BELOW => Verdict::Warn,
        _ => Verdict::Pass,
    };
    let detail = format!(
        "of {} comparisons before the treatment, `{name}` of arm `{}` differs most: p {p:.6}, {corrected:.6} corrected",
        tests.len(),
        tally.arms[*arm]
    );
    Some(Check::new("placebo", verdict, detail).about(name).measured(corrected, UNFAIR).with_p(corrected))
}

/// Outcomes the treatment cannot have changed, taken out of the effects and judged: one check per arm and outcome.
#[must_use]
pub fn placebo_outcomes(experiment: &Experiment, effects: Vec<EffectRow>) -> (Vec<Check>, Vec<EffectRow>) {
    let is_placebo =
        |row: &EffectRow| experiment.outcomes.iter().any(|outcome| outcome.is_placebo && outcome.name == row.outcome);
    let (placebos, effects): (Vec<EffectRow>, Vec<EffectRow>) = effects.into_iter().partition(is_placebo);
    let quoted: Vec<&EffectRow> = placebos.iter().filter(|row| row.primary && row.segment.is_none()).collect();
    let check = |row: &&EffectRow| {
        let p = (row.estimate.p * quoted.len() as f64).min(1.0);
        let detail = format!(
            "placebo `{}` of arm `{}`, which the treatment cannot have changed: effect {:.4} by {}, p {} corrected",
            row.outcome,
            row.arm,
            row.estimate.effect,
            row.method,
            super::shown(p)
        );
        let verdict = super::verdict_of_p(p);
        Check::new("placebo_outcome", verdict, detail).about(&row.outcome).measured(row.estimate.effect, 0.0).with_p(p)
    };
    (quoted.iter().map(check).collect(), effects)
}

fn difference_p(tally: &Tally, covariate: &str, arm: usize, control: usize) -> f64 {
    if let Some(sums) = tally.covariates.get(covariate) {
        let ((m1, v1), (m0, v0)) = (mean_variance(&sums[arm]), mean_variance(&sums[control]));
        let error = (v1 / sums[arm].n as f64 + v0 / sums[control].n as f64).sqrt();
        return if m1 == m0 { 1.0 } else { normal_two_sided((m1 - m0) / error) };
    }
    let Some(levels) = tally.categories.get(covariate) else { return f64::NAN };
    let (n1, n0) = (tally.rows[arm] as f64, tally.rows[control] as f64);
    let used = levels.values().filter(|counts| counts[arm] + counts[control] > 0);
    let (statistic, number) = used.fold((0.0, 0u32), |(sum, number), counts| {
        let (c1, c0) = (counts[arm] as f64, counts[control] as f64);
        let share = (c1 + c0) / (n1 + n0);
        let term = (c1 - share * n1).powi(2) / (share * n1) + (c0 - share * n0).powi(2) / (share * n0);
        (sum + term, number + 1)
    });
    if number < 2 { 1.0 } else { chi_squared_sf(statistic, f64::from(number - 1)) }
}
