//! Means, variances and covariances from exact sums, and their merging.

use super::tally::{Cell, Group, OutcomeSums, Tally};
use crate::stats::ExactSum;

/// Second-order statistics of pairs (y, x); x is the covariate, 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// Rows.
    pub n: f64,
    /// ȳ; of a ratio, Σy/Σd.
    pub y: f64,
    /// x̄ over the rows that have x.
    pub x: f64,
    /// Σ(y − ȳ)².
    pub yy: f64,
    /// Σ(x − x̄)².
    pub xx: f64,
    /// Σ(y − ȳ)(x − x̄).
    pub xy: f64,
}

/// Statistics of an outcome in one arm of one group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ArmMoments {
    /// Rows that have the outcome.
    pub all: Moments,
    /// Rows that have the outcome and the covariate.
    pub complete: Moments,
    /// Rows that have the outcome but not the covariate; its x is meaningless.
    pub without_x: Moments,
    /// Rows without the outcome.
    pub missing: u64,
    /// What the effect is counted on: rows, or the sum of a ratio's denominators.
    pub exposure: f64,
}

impl Moments {
    /// Sample variance of y (ddof 1).
    #[must_use]
    pub fn variance(&self) -> f64 {
        (self.yy / (self.n - 1.0)).max(0.0)
    }

    /// Number of successes, where y is 0 or 1.
    #[must_use]
    pub fn successes(&self) -> f64 {
        (self.y * self.n).round()
    }

    /// The statistics of two disjoint sets of rows together (Chan, Golub and `LeVeque` 1979).
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if self.n == 0.0 || other.n == 0.0 {
            return if self.n == 0.0 { other } else { self };
        }
        let n = self.n + other.n;
        let (dy, dx) = (other.y - self.y, other.x - self.x);
        let weight = self.n * other.n / n;
        Self {
            n,
            y: self.y + dy * other.n / n,
            x: self.x + dx * other.n / n,
            yy: self.yy + other.yy + dy * dy * weight,
            xx: self.xx + other.xx + dx * dx * weight,
            xy: self.xy + other.xy + dx * dy * weight,
        }
    }

    fn of(n: u64, y: ExactSum, yy: ExactSum, x: ExactSum, xx: ExactSum, xy: ExactSum) -> Self {
        if n == 0 {
            return Self::default();
        }
        let count = n as f64;
        Self {
            n: count,
            y: y.value() / count,
            x: x.value() / count,
            yy: centred(yy, y, y, count).max(0.0),
            xx: centred(xx, x, x, count).max(0.0),
            xy: centred(xy, x, y, count),
        }
    }
}

/// Σab − Σa·Σb/n, the difference taken on double-length numbers.
#[must_use]
pub fn centred(ab: ExactSum, a: ExactSum, b: ExactSum, n: f64) -> f64 {
    let ((a_high, a_low), (b_high, b_low), (high, low)) = (a.pair(), b.pair(), ab.pair());
    let product = a_high * b_high;
    let rest = a_high.mul_add(b_high, -product) + (a_high * b_low + a_low * b_high);
    let quotient = product / n;
    let quotient_rest = (-quotient).mul_add(n, product) / n + rest / n;
    (high - quotient) + (low - quotient_rest)
}

/// Sums over the rows that have an outcome: with the covariate, or without it.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    n: u64,
    x: ExactSum,
    xx: ExactSum,
    outcome: OutcomeSums,
}

impl Tally {
    /// Statistics of outcome `outcome` in arm `arm` of a group.
    ///
    /// Of a ratio R = Σy/Σd the rows are taken as z = R + (y − R·d)/d̄, whose mean is R and whose variance is that of the
    /// delta method; every other method then works on z.
    #[must_use]
    pub fn moments(&self, group: Group, arm: usize, outcome: usize, is_ratio: bool) -> ArmMoments {
        let mut parts = [Part::default(); 2];
        let mut missing = 0;
        for (pattern, cell) in self.arm_cells(group, arm) {
            if pattern >> outcome & 1 == 1 {
                missing += cell.n;
                continue;
            }
            let without_x = pattern >> cell.outcomes.len() & 1 == 1;
            parts[usize::from(without_x)].add(cell, outcome);
        }
        let n = parts[0].n + parts[1].n;
        if is_ratio {
            return ratio(&parts, n, missing);
        }
        let [complete, without_x] = parts.map(Part::moments);
        let (y, yy) = (parts[0].outcome.y + parts[1].outcome.y, parts[0].outcome.yy + parts[1].outcome.yy);
        let zero = ExactSum::ZERO;
        let all = Moments::of(n, y, yy, zero, zero, zero);
        ArmMoments { all, complete, without_x, missing, exposure: n as f64 }
    }
}

impl Part {
    fn add(&mut self, cell: &Cell, outcome: usize) {
        self.n += cell.n;
        self.x += cell.x;
        self.xx += cell.xx;
        let sums = &cell.outcomes[outcome];
        let own = &mut self.outcome;
        own.y += sums.y;
        own.yy += sums.yy;
        own.xy += sums.xy;
        own.d += sums.d;
        own.dd += sums.dd;
        own.yd += sums.yd;
        own.xd += sums.xd;
    }

    fn moments(self) -> Moments {
        let own = self.outcome;
        Moments::of(self.n, own.y, own.yy, self.x, self.xx, own.xy)
    }

    /// Statistics of z = R + (y − R·d)/d̄.
    fn of_ratio(self, ratio: f64, mean: f64) -> Moments {
        if self.n == 0 {
            return Moments::default();
        }
        let (n, own) = (self.n as f64, self.outcome);
        let (yy, dd) = (centred(own.yy, own.y, own.y, n), centred(own.dd, own.d, own.d, n));
        let (yd, xy) = (centred(own.yd, own.y, own.d, n), centred(own.xy, self.x, own.y, n));
        let xd = centred(own.xd, self.x, own.d, n);
        Moments {
            n,
            y: ratio + (own.y.value() / n - ratio * own.d.value() / n) / mean,
            x: self.x.value() / n,
            yy: ((yy - 2.0 * ratio * yd + ratio * ratio * dd) / (mean * mean)).max(0.0),
            xx: centred(self.xx, self.x, self.x, n).max(0.0),
            xy: (xy - ratio * xd) / mean,
        }
    }
}

/// Nothing at all where the denominators sum to nothing.
fn ratio(parts: &[Part; 2], n: u64, missing: u64) -> ArmMoments {
    let y = (parts[0].outcome.y + parts[1].outcome.y).value();
    let d = (parts[0].outcome.d + parts[1].outcome.d).value();
    if n == 0 || d <= 0.0 {
        return ArmMoments { missing, ..ArmMoments::default() };
    }
    let (ratio, mean) = (y / d, d / n as f64);
    let [complete, without_x] = parts.map(|part| part.of_ratio(ratio, mean));
    let mut all = complete.merged(without_x);
    all.y = ratio;
    ArmMoments { all, complete, without_x, missing, exposure: d }
}
