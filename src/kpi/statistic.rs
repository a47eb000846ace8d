//! Sufficient statistics: what a KPI hands to the engine instead of a finished number.
//!
//! A [`Tally`] can be merged with another in any order and grouping with the same bits, so one pass serves every segment
//! and period, and the parts of a total sum to it. [`Statistic`] says how a finished tally becomes an estimate.

use super::interval::{self, PairSums};
use super::survival::{self, Spell};
use crate::stats::ExactSum;

/// How sums become a value with an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Σx; interval as of a compound Poisson total.
    Total,
    /// Σx / days of the period; interval as of a compound Poisson total.
    PerDay,
    /// Σx / Σy, hits of trials; Wilson interval; n = Σy.
    Share,
    /// Σx / n over observations; t interval.
    Mean,
    /// Σx / Σy over independent units; delta-method interval; n = units.
    Ratio,
    /// 100 · Σx / n with x = 1, 0 or −1; normal interval with the population variance.
    NetShare,
    /// Median of the samples; order-statistic interval; numerator = median, n = samples.
    Median,
    /// Kaplan–Meier median of waits (x = how long, y = 1 if over, else 0: at least so long); n = waits.
    SurvivalMedian,
    /// Kaplan–Meier mean of waits restricted to a horizon; x and y as above.
    RestrictedMean(u32),
    /// Σx/n where y = 1, minus Σx/n where y = 0: shares of two arms; Newcombe interval; n of both.
    ShareDifference,
    /// Σx / n with x = 1, 0 or −1; normal interval with the population variance.
    Balance,
    /// (mean outcome of the treated − of the others) · treated / their cost; Welch interval, the cost taken as fixed.
    IncrementalRatio,
}

impl Statistic {
    /// How its interval is made, in words.
    #[must_use]
    pub const fn interval(self) -> &'static str {
        match self {
            Self::Total | Self::PerDay => "95 %, as a total over a Poisson number of customers: Σx ± 1.96 √Σx²",
            Self::Share => "95 % Wilson score interval of a share; n = trials",
            Self::Mean => "95 % t interval of a mean; n = observations",
            Self::Ratio => "95 % delta-method interval of a ratio of means; n = independent units (customers)",
            Self::NetShare => "95 % normal interval with Var = 100² (p + d − (p − d)²)/n; n = answers",
            Self::Median => "95 % order-statistic (binomial) interval of the median; n = samples",
            Self::SurvivalMedian => "95 % Brookmeyer–Crowley interval of the Kaplan–Meier median; n = all waits",
            Self::RestrictedMean(_) => "95 % normal interval of the restricted mean (Greenwood); n = customers",
            Self::ShareDifference => "95 % Newcombe interval of a difference of shares; n = customers of both arms",
            Self::Balance => "95 % normal interval with Var = (p + d − (p − d)²)/n; n = customers",
            Self::IncrementalRatio => "95 % Welch interval of the difference of means, the cost fixed; n = both arms",
        }
    }
}

/// A finished estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Estimate {
    /// The value; `None` when its denominator is zero.
    pub value: Option<f64>,
    /// What stands above the line.
    pub numerator: Option<f64>,
    /// What stands below the line; `None` for totals.
    pub denominator: Option<f64>,
    /// Observations behind the value.
    pub n: u64,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
}

/// Sums over observations `(x, y)`, and the samples of a median.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    n: u64,
    x: ExactSum,
    y: ExactSum,
    xx: ExactSum,
    xy: ExactSum,
    yy: ExactSum,
    /// Of experiments: the cost of the treated, and their Σx².
    cost: ExactSum,
    xx_treated: ExactSum,
    samples: Samples,
}

/// Values of a median or of waits: those that are over, and those that last at least so long.
#[derive(Debug, Clone, Default, PartialEq)]
struct Samples {
    over: Vec<f64>,
    ongoing: Vec<f64>,
}

impl Tally {
    /// Adds one observation.
    pub fn add(&mut self, statistic: Statistic, x: f64, y: f64) {
        self.n += 1;
        self.x += x;
        match statistic {
            Statistic::Share => self.y += y,
            Statistic::Total | Statistic::PerDay | Statistic::Mean | Statistic::NetShare | Statistic::Balance => {
                self.xx += x * x;
            }
            Statistic::Ratio | Statistic::ShareDifference | Statistic::IncrementalRatio => {
                self.y += y;
                self.xx += x * x;
                self.xy += x * y;
                self.yy += y * y;
            }
            Statistic::Median | Statistic::SurvivalMedian | Statistic::RestrictedMean(_) => {
                let samples = if y == 0.0 { &mut self.samples.ongoing } else { &mut self.samples.over };
                samples.push(x);
            }
        }
    }

    /// Adds one unit of an experiment.
    pub fn add_arm(&mut self, is_treated: bool, outcome: f64, cost: f64) {
        self.add(Statistic::IncrementalRatio, outcome, f64::from(u8::from(is_treated)));
        if is_treated {
            self.cost += cost;
            self.xx_treated += outcome * outcome;
        }
    }

    /// Adds all observations of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.cost += other.cost;
        self.xx_treated += other.xx_treated;
        self.n += other.n;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.xy += other.xy;
        self.yy += other.yy;
        self.samples.over.extend_from_slice(&other.samples.over);
        self.samples.ongoing.extend_from_slice(&other.samples.ongoing);
    }

    /// Observations, and the sums above and below the line.
    #[must_use]
    pub fn sums(&self) -> (f64, f64, f64) {
        (self.n as f64, self.x.value(), self.y.value())
    }

    /// Whether nothing was observed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The estimate of the statistic over a period of `days` days.
    #[must_use]
    pub fn estimate(&self, statistic: Statistic, days: i32) -> Estimate {
        match statistic {
            Statistic::Total => self.total(None),
            Statistic::PerDay => self.total(Some(f64::from(days))),
            Statistic::Share => self.share(),
            Statistic::Mean => self.mean(1.0, interval::student),
            Statistic::NetShare => self.mean(100.0, interval::normal_mean),
            Statistic::Ratio => self.ratio(),
            Statistic::Balance => self.mean(1.0, interval::normal_mean),
            Statistic::Median => self.median(),
            Statistic::SurvivalMedian => self.survival_median(),
            Statistic::RestrictedMean(horizon) => self.restricted_mean(f64::from(horizon)),
            Statistic::ShareDifference => self.share_difference(),
            Statistic::IncrementalRatio => self.incremental_ratio(),
        }
    }

    fn total(&self, days: Option<f64>) -> Estimate {
        let sum = self.x.value();
        let divisor = days.unwrap_or(1.0);
        let interval = interval::total(sum, self.xx.value());
        let value = if divisor > 0.0 { Some(sum / divisor) } else { None };
        estimate(value, Some(sum), days, self.n, interval.map(|(low, high)| (low / divisor, high / divisor)))
    }

    fn share(&self) -> Estimate {
        let (hits, trials) = (self.x.value(), self.y.value());
        estimate(quotient(hits, trials), Some(hits), Some(trials), whole(trials), interval::wilson(hits, trials))
    }

    fn mean(&self, scale: f64, interval: fn(f64, f64, f64) -> Option<(f64, f64)>) -> Estimate {
        let (n, sum) = (self.n as f64, self.x.value());
        let interval = interval(n, sum, self.xx.value()).map(|(low, high)| (low * scale, high * scale));
        estimate(quotient(sum * scale, n), Some(sum), Some(n), self.n, interval)
    }

    fn ratio(&self) -> Estimate {
        let sums = PairSums {
            n: self.n as f64,
            x: self.x.value(),
            y: self.y.value(),
            xx: self.xx.value(),
            xy: self.xy.value(),
            yy: self.yy.value(),
        };
        estimate(quotient(sums.x, sums.y), Some(sums.x), Some(sums.y), self.n, interval::delta_ratio(&sums))
    }

    fn median(&self) -> Estimate {
        let mut sorted = [&self.samples.over[..], &self.samples.ongoing].concat();
        sorted.sort_unstable_by(f64::total_cmp);
        let value = middle(&sorted);
        estimate(value, value, None, self.n, interval::median(&sorted))
    }

    fn spells(&self) -> Vec<Spell> {
        let spells =
            |exits: &[f64], over| exits.iter().map(|exit| Spell { entry: 0.0, exit: *exit, over }).collect::<Vec<_>>();
        [spells(&self.samples.over, true), spells(&self.samples.ongoing, false)].concat()
    }

    fn survival_median(&self) -> Estimate {
        let median = survival::median(&survival::curve(&self.spells()));
        let value = median.map(|(value, ..)| value);
        let (low, high) = median.map_or((None, None), |(_, low, high)| (low, high));
        Estimate { value, numerator: value, denominator: None, n: self.n, low, high }
    }

    fn restricted_mean(&self, horizon: f64) -> Estimate {
        let longest = self.samples.over.iter().chain(&self.samples.ongoing).copied().fold(0.0, f64::max);
        if self.is_empty() {
            return Estimate::default();
        }
        // Beyond the longest follow-up the curve is not known.
        let (mean, error) = survival::restricted_mean(&survival::curve(&self.spells()), horizon.min(longest));
        let half = crate::stats::multiplier(interval::CONFIDENCE) * error;
        estimate(Some(mean), Some(mean), None, self.n, Some((mean - half, mean + half)))
    }

    fn incremental_ratio(&self) -> Estimate {
        let (treated_n, cost) = (self.y.value(), self.cost.value());
        let treated = Arm { n: treated_n, x: self.xy.value(), xx: self.xx_treated.value() };
        let others = Arm {
            n: self.n as f64 - treated_n,
            x: (self.x - self.xy).value(),
            xx: (self.xx - self.xx_treated).value(),
        };
        let gained = treated.mean().zip(others.mean()).map(|(treated, others)| (treated - others) * treated_n);
        let value = gained.and_then(|gained| quotient(gained, cost));
        let variances = treated.variance_of_mean().zip(others.variance_of_mean());
        let interval = value.zip(variances).map(|(value, (a, b))| {
            let freedom = (a + b).powi(2) / (a * a / (treated.n - 1.0) + b * b / (others.n - 1.0));
            let freedom = if freedom.is_finite() { freedom } else { self.n as f64 - 2.0 };
            let tail = f64::midpoint(1.0, interval::CONFIDENCE);
            let half = crate::stats::distribution::student_quantile(tail, freedom) * (a + b).sqrt() * treated_n / cost;
            (value - half, value + half)
        });
        estimate(value, gained, Some(cost), self.n, interval)
    }

    fn share_difference(&self) -> Estimate {
        let (n, treated) = (self.n as f64, self.y.value());
        let hits = self.xy.value();
        let (control, control_hits) = (n - treated, self.x.value() - hits);
        let value = quotient(hits, treated).zip(quotient(control_hits, control)).map(|(a, b)| a - b);
        let interval = crate::stats::newcombe(hits, treated, control_hits, control, interval::CONFIDENCE);
        let (treated_share, control_share) = (quotient(hits, treated), quotient(control_hits, control));
        estimate(value, treated_share, control_share, self.n, interval.map(|i| (i.low, i.high)))
    }
}

/// Sum and sum of squares of one arm.
#[derive(Debug, Clone, Copy)]
struct Arm {
    n: f64,
    x: f64,
    xx: f64,
}

impl Arm {
    fn mean(self) -> Option<f64> {
        quotient(self.x, self.n)
    }

    /// Variance of the mean; `None` for fewer than two units.
    fn variance_of_mean(self) -> Option<f64> {
        let mean = self.mean()?;
        (self.n >= 2.0).then(|| (self.xx - self.x * mean).max(0.0) / (self.n - 1.0) / self.n)
    }
}

/// Median of sorted values: the middle one, or the mean of the two middle ones.
#[must_use]
pub fn middle(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[half]),
        _ => Some(f64::midpoint(sorted[half - 1], sorted[half])),
    }
}

fn estimate(
    value: Option<f64>,
    numerator: Option<f64>,
    denominator: Option<f64>,
    n: u64,
    interval: Option<(f64, f64)>,
) -> Estimate {
    let interval = value.and(interval);
    Estimate { value, numerator, denominator, n, low: interval.map(|i| i.0), high: interval.map(|i| i.1) }
}

fn quotient(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator != 0.0).then(|| numerator / denominator)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are not negative")]
fn whole(trials: f64) -> u64 {
    trials.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(statistic: Statistic, pairs: &[(f64, f64)]) -> Estimate {
        let mut tally = Tally::default();
        for &(x, y) in pairs {
            tally.add(statistic, x, y);
        }
        tally.estimate(statistic, 10)
    }

    #[test]
    fn an_empty_tally_is_unknown_not_zero() {
        for statistic in [Statistic::Share, Statistic::Mean, Statistic::Ratio, Statistic::NetShare, Statistic::Median] {
            let estimate = tally(statistic, &[]);
            assert_eq!((estimate.value, estimate.low, estimate.high, estimate.n), (None, None, None, 0));
        }
        assert_eq!(tally(Statistic::Total, &[]).value, Some(0.0));
        assert_eq!(tally(Statistic::PerDay, &[]).value, Some(0.0));
    }

    #[test]
    fn merged_parts_equal_the_whole() {
        let mut whole = Tally::default();
        let mut parts = [Tally::default(), Tally::default()];
        for step in 0..100_usize {
            let x = (step as f64).sin();
            whole.add(Statistic::Ratio, x, 2.0);
            parts[step % 2].add(Statistic::Ratio, x, 2.0);
        }
        let [mut first, second] = parts;
        first.merge(&second);
        assert_eq!(first, whole);
    }

    #[test]
    fn an_incremental_ratio_has_welchs_interval() {
        let mut tally = Tally::default();
        for outcome in [10.0, 12.0, 17.0, 9.0] {
            tally.add_arm(true, outcome, 0.5);
        }
        for outcome in [8.0, 7.0, 12.0] {
            tally.add_arm(false, outcome, 0.0);
        }
        let found = tally.estimate(Statistic::IncrementalRatio, 30);
        // scipy.stats.ttest_ind([10, 12, 17, 9], [8, 7, 12], equal_var=False): 3.0, interval −3.033 to 9.033; times 4/2.
        assert_eq!((found.value, found.numerator, found.denominator), (Some(6.0), Some(12.0), Some(2.0)));
        let (low, high) = (found.low.expect("an end"), found.high.expect("an end"));
        assert!((low + 6.065_983_288).abs() < 1e-6 && (high - 18.065_983_288).abs() < 1e-6, "{low} {high}");
    }

    #[test]
    fn a_median_of_an_even_count_lies_between() {
        assert_eq!(tally(Statistic::Median, &[(4.0, 0.0), (1.0, 0.0), (3.0, 0.0), (2.0, 0.0)]).value, Some(2.5));
    }
}
