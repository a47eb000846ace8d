//! Effects of a randomised experiment: every arm against the control, for every outcome, for the whole and by segment.
//!
//! `effects.parquet` has one row per arm × outcome × group × method: `arm, outcome, segment, segment_value, method,
//! n_treated, n_control, treated, control, effect, low, high, p, p_adjusted, relative, relative_low, relative_high`
//! (segment null for the whole; intervals at 95 %), then
//! - `primary`: whether this is the row to quote for its arm, outcome and group;
//! - `q_bh`: Benjamini–Hochberg beside Holm's `p_adjusted`, both over the rows of one method: of the whole over all arms
//!   and outcomes, of a segment over its arms and levels of one outcome;
//! - `low_simultaneous, high_simultaneous`: intervals that hold together over that same family;
//! - `heterogeneity_q, heterogeneity_p`: Cochran's test that the segment's levels share one effect. Without it no
//!   level is a winner.

mod bootstrap;
mod estimate;
mod lin;
mod methods;
mod table;

use std::collections::BTreeMap;

pub use bootstrap::{bootstrap, replicate_means};
pub use estimate::{Estimate, Level, relative, t_multiplier};
pub use lin::lin;
pub use methods::{TUNED_FOR, always_valid, cuped, heterogeneity, newcombe, simultaneous, welch};
pub use table::{EffectRow, adjust, frame};

use super::moments::{ArmMoments, Moments};
use super::rows::Rows;
use super::tally::{Group, Tally};
use super::{Experiment, Outcome, OutcomeKind};

/// What an experiment allows to be primary.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Position of the control among the arms.
    pub control: usize,
    /// The numeric covariate that reduces variance.
    pub covariate: Option<&'a str>,
}

impl Plan<'_> {
    /// Whether CUPED is the row to quote: only with a covariate that is known to be older than the assignment.
    #[must_use]
    pub fn cuped_is_primary(&self) -> bool {
        self.covariate.is_some_and(|covariate| self.experiment.is_before(covariate))
    }
}

/// All effects, not yet adjusted for how many there are; Lin's regression only where there are `rows`.
#[must_use]
pub fn effects(plan: &Plan, tally: &Tally, by_row: Option<&Rows>) -> Vec<EffectRow> {
    let mut rows = Vec::new();
    for (number, outcome) in plan.experiment.outcomes.iter().enumerate() {
        let replicates = replicates(tally, number);
        for arm in (0..tally.arms.len()).filter(|arm| *arm != plan.control) {
            let pair = Pair { plan, tally, outcome: number, arm };
            rows.extend(pair.whole(outcome, &replicates, by_row));
            for segment in 0..tally.levels.len() {
                rows.extend(pair.segment(outcome, segment));
            }
        }
    }
    rows
}

fn replicates(tally: &Tally, outcome: usize) -> BTreeMap<usize, Vec<f64>> {
    use rayon::prelude::*;
    let arms: Vec<(usize, &Vec<super::tally::Bin>)> = tally.histograms[outcome].iter().enumerate().collect();
    arms.into_par_iter().map(|(arm, bins)| (arm, replicate_means(bins, (outcome * 64 + arm) as u64))).collect()
}

/// Successes and failures an arm must have before its share is treated as a mean: below that Newcombe's interval is quoted.
const FEWEST_OF_A_KIND: f64 = 10.0;

fn is_common(arm: &Moments) -> bool {
    arm.successes().min(arm.n - arm.successes()) >= FEWEST_OF_A_KIND
}

/// An estimate from the two arms' statistics at a confidence.
type Estimator = fn(&Moments, &Moments, f64) -> Option<Estimate>;

/// One arm against the control, for one outcome.
struct Pair<'a> {
    plan: &'a Plan<'a>,
    tally: &'a Tally,
    outcome: usize,
    arm: usize,
}

impl Pair<'_> {
    fn moments(&self, group: Group, outcome: &Outcome) -> (ArmMoments, ArmMoments) {
        let of = |arm| self.tally.moments(group, arm, self.outcome, outcome.is_ratio());
        (of(self.arm), of(self.plan.control))
    }

    fn whole(
        &self,
        outcome: &Outcome,
        replicates: &BTreeMap<usize, Vec<f64>>,
        by_row: Option<&Rows>,
    ) -> Vec<EffectRow> {
        let (treated, control) = self.moments(Group::ALL, outcome);
        let mut rows = self.group_rows(outcome, None, &treated, &control);
        if let Some(by_row) = by_row {
            let make = |confidence| lin(by_row, self.arm, self.plan.control, self.outcome, confidence);
            rows.extend(self.row("lin", false, None, &treated, &control, make));
        }
        let plain = welch(&treated.all, &control.all, 0.95);
        if let (Some(plain), Some(one), Some(zero)) =
            (plain, replicates.get(&self.arm), replicates.get(&self.plan.control))
        {
            let make = |confidence| bootstrap(&plain, one, zero, confidence);
            rows.extend(self.row("bootstrap", false, None, &treated, &control, make));
        }
        let make = |confidence| always_valid(&treated.all, &control.all, TUNED_FOR, confidence);
        rows.extend(self.row("always_valid", self.plan.experiment.is_interim, None, &treated, &control, make));
        rows
    }

    /// The rows every group gets: the plain method, and CUPED where there is a covariate.
    fn group_rows(
        &self,
        outcome: &Outcome,
        segment: Option<(&str, &str)>,
        treated: &ArmMoments,
        control: &ArmMoments,
    ) -> Vec<EffectRow> {
        let adjusts = self.plan.covariate.is_some();
        let interim = self.plan.experiment.is_interim;
        let common = outcome.sums() != OutcomeKind::Binary || [treated, control].iter().all(|arm| is_common(&arm.all));
        let cuped_first = adjusts && self.plan.cuped_is_primary() && !interim && common;
        let plain_first = !cuped_first && !interim;
        let (method, estimator): (_, Estimator) = match outcome.kind {
            OutcomeKind::Ratio => ("delta", welch),
            _ if outcome.is_ratio() => ("cluster_robust", welch),
            OutcomeKind::Binary => ("newcombe", newcombe),
            OutcomeKind::Money | OutcomeKind::Count => ("welch", welch),
        };
        let make = |confidence| estimator(&treated.all, &control.all, confidence);
        let plain = self.row(method, plain_first, segment, treated, control, make);
        let adjusted = adjusts.then(|| {
            self.row("cuped", cuped_first, segment, treated, control, |confidence| cuped(treated, control, confidence))
        });
        plain.into_iter().chain(adjusted.flatten()).collect()
    }

    fn segment(&self, outcome: &Outcome, segment: usize) -> Vec<EffectRow> {
        let name = &self.plan.experiment.segments[segment];
        let mut rows = Vec::new();
        for (level, value) in (0u16..).zip(&self.tally.levels[segment]) {
            let group = Group { segment: u16::try_from(segment).unwrap_or(u16::MAX), level };
            let (treated, control) = self.moments(group, outcome);
            rows.extend(self.group_rows(outcome, Some((name, value)), &treated, &control));
        }
        rows
    }

    fn row(
        &self,
        method: &'static str,
        primary: bool,
        segment: Option<(&str, &str)>,
        treated: &ArmMoments,
        control: &ArmMoments,
        make: impl Fn(f64) -> Option<Estimate>,
    ) -> Option<EffectRow> {
        let is_share = self.plan.experiment.outcomes[self.outcome].sums() == OutcomeKind::Binary;
        // Where nothing varies the difference of means claims to be certain; only Newcombe's interval does not.
        let estimate = make(0.95).filter(|estimate| estimate.error > 0.0 || !is_share || method == "newcombe")?;
        let experiment = self.plan.experiment;
        let family = self.family(segment.map(|(name, _)| name));
        let together = make(simultaneous(family)).map_or(estimate.interval, |wide| wide.interval);
        Some(EffectRow {
            arm: self.tally.arms[self.arm].clone(),
            outcome: experiment.outcomes[self.outcome].name.clone(),
            segment: segment.map(|(name, _)| name.to_owned()),
            segment_value: segment.map(|(_, value)| value.to_owned()),
            method,
            primary,
            n_treated: treated.all.n,
            n_control: control.all.n,
            exposure: treated.exposure,
            estimate,
            together,
            ..EffectRow::default()
        })
    }

    /// How many rows of one method are judged together.
    fn family(&self, segment: Option<&str>) -> usize {
        let arms = self.tally.arms.len() - 1;
        let levels = segment.and_then(|name| {
            let at = self.plan.experiment.segments.iter().position(|other| other == name)?;
            Some(self.tally.levels[at].len())
        });
        arms * levels.unwrap_or(self.plan.experiment.outcomes.len())
    }
}
