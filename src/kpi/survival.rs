//! Kaplan–Meier: how long things last when some are still going on, also when they are observed only from later on.
//!
//! S(t) = Π over event times tᵢ ≤ t of (1 − dᵢ/rᵢ), with dᵢ events and rᵢ at risk (entered before tᵢ, not gone before).
//! Variance by Greenwood: V(t) = S² Σ dᵢ/(rᵢ(rᵢ − dᵢ)). Intervals on the log(−log) scale, so that they stay within 0 and
//! 1. Sources: Kaplan and Meier 1958; Brookmeyer and Crowley 1982 for the median; Klein and Moeschberger, ch. 4.

use super::interval::CONFIDENCE;
use crate::stats;

/// One spell: at risk from `entry` (exclusive, but for the start itself) to `exit` (inclusive), ended by the event or
/// merely no longer seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spell {
    /// Time from which it was observed; 0 for from the start.
    pub entry: f64,
    /// Time at which it ended or was last seen.
    pub exit: f64,
    /// Whether it ended.
    pub over: bool,
}

/// A step of the curve, right after an event time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The event time.
    pub time: f64,
    /// At risk just before it.
    pub at_risk: u64,
    /// Events at it.
    pub events: u64,
    /// Share that lasts longer.
    pub survival: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Σ d/(r(r − d)) up to here.
    greenwood: f64,
}

/// The curve of the spells: one step per distinct event time, ascending.
#[must_use]
pub fn curve(spells: &[Spell]) -> Vec<Step> {
    let mut entries: Vec<f64> = spells.iter().map(|spell| spell.entry).collect();
    let mut exits: Vec<(f64, bool)> = spells.iter().map(|spell| (spell.exit, spell.over)).collect();
    entries.sort_by(f64::total_cmp);
    exits.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut steps, mut survival, mut greenwood) = (Vec::new(), 1.0, 0.0);
    let mut gone = 0;
    for group in exits.chunk_by(|a, b| a.0 == b.0) {
        let time = group[0].0;
        let events = group.iter().filter(|(_, over)| *over).count();
        let entered = entries.partition_point(|entry| *entry < time || *entry == 0.0);
        let at_risk = entered.saturating_sub(gone);
        if events > 0 && at_risk >= events {
            let (events, at_risk) = (events as u64, at_risk as u64);
            survival *= 1.0 - events as f64 / at_risk as f64;
            greenwood += events as f64 / (at_risk as f64 * (at_risk - events) as f64);
            let (low, high) = bounds(survival, greenwood);
            steps.push(Step { time, at_risk, events, survival, low, high, greenwood });
        }
        gone += group.len();
    }
    steps
}

/// One half, with room for the rounding of a product of many shares: 49 of 98 gone is half.
const HALF: f64 = 0.5 + 1e-12;

/// The time that half of them outlast, with its interval; `None` while more than half last.
#[must_use]
pub fn median(curve: &[Step]) -> Option<(f64, Option<f64>, Option<f64>)> {
    let first = |below: fn(&Step) -> bool| curve.iter().find(|step| below(step)).map(|step| step.time);
    let value = first(|step| step.survival <= HALF)?;
    Some((value, first(|step| step.low <= HALF), first(|step| step.high <= HALF)))
}

/// Mean time within the first `horizon`: the area under the curve, with its standard error.
///
/// Var = Σ Aᵢ² dᵢ/(rᵢ(rᵢ − dᵢ)), Aᵢ the area from tᵢ to the horizon.
#[must_use]
pub fn restricted_mean(curve: &[Step], horizon: f64) -> (f64, f64) {
    let within: Vec<&Step> = curve.iter().take_while(|step| step.time < horizon).collect();
    let (mut area, mut variance) = (0.0, 0.0);
    let mut end = horizon;
    for (position, step) in within.iter().enumerate().rev() {
        area += step.survival * (end - step.time);
        end = step.time;
        let before = position.checked_sub(1).map_or(0.0, |previous| within[previous].greenwood);
        let hazard = step.greenwood - before;
        if hazard.is_finite() {
            variance += area * area * hazard;
        }
    }
    (area + end, variance.sqrt())
}

fn bounds(survival: f64, greenwood: f64) -> (f64, f64) {
    if survival <= 0.0 || survival >= 1.0 || !greenwood.is_finite() {
        return (survival.max(0.0), survival.min(1.0));
    }
    let log = survival.ln();
    let half = stats::multiplier(CONFIDENCE) * greenwood.sqrt() / log.abs();
    (survival.powf(half.exp()), survival.powf((-half).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(exit: f64, over: bool) -> Spell {
        Spell { entry: 0.0, exit, over }
    }

    #[test]
    fn the_curve_of_a_textbook() {
        // Remission times of 6-MP, Freireich et al. 1963: S(6) = 0.857, S(10) = 0.753, S(22) = 0.538, S(23) = 0.448.
        let events = [6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
        let censored = [6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0];
        let mut spells: Vec<Spell> = events.iter().map(|time| spell(*time, true)).collect();
        spells.extend(censored.iter().map(|time| spell(*time, false)));
        let curve = curve(&spells);
        let at = |time: f64| curve.iter().find(|step| step.time == time).expect("an event time").survival;
        for (time, expected) in [(6.0, 0.857), (10.0, 0.753), (22.0, 0.538), (23.0, 0.448)] {
            assert!((at(time) - expected).abs() < 5e-4, "{time}: {}", at(time));
        }
        assert_eq!(median(&curve).map(|(value, ..)| value), Some(23.0));
    }

    #[test]
    fn what_ends_at_once_counts() {
        let curve = curve(&[spell(0.0, true), spell(0.0, true), spell(0.0, true), spell(2.0, true)]);
        assert_eq!((curve[0].time, curve[0].at_risk, curve[0].survival), (0.0, 4, 0.25));
        assert_eq!(median(&curve).map(|(value, ..)| value), Some(0.0));
    }

    #[test]
    fn half_gone_is_the_median_whatever_the_rounding() {
        for n in (2..200).step_by(2) {
            let spells: Vec<Spell> = (1..=n).map(|time| spell(f64::from(time), true)).collect();
            assert_eq!(median(&curve(&spells)).map(|(value, ..)| value), Some(f64::from(n / 2)), "{n}");
        }
    }

    #[test]
    fn without_censoring_it_is_the_empirical_share() {
        let spells: Vec<Spell> = (1..=4).map(|time| spell(f64::from(time), true)).collect();
        let survival: Vec<f64> = curve(&spells).iter().map(|step| step.survival).collect();
        assert_eq!(survival, [0.75, 0.5, 0.25, 0.0]);
        assert_eq!(restricted_mean(&curve(&spells), 10.0).0, 2.5);
        assert_eq!(restricted_mean(&[], 10.0).0, 10.0);
    }

    #[test]
    fn who_enters_late_is_not_at_risk_before() {
        let spells = [spell(1.0, true), spell(3.0, true), Spell { entry: 2.0, exit: 4.0, over: false }];
        let at_risk: Vec<u64> = curve(&spells).iter().map(|step| step.at_risk).collect();
        assert_eq!(at_risk, [2, 2]);
    }
}
