//! Means, variances and covariances from exact sums, and their merging.

use super::tally::{Cell, Group, Missing, Tally};
use crate::stats::ExactSum;

/// Second-order statistics of pairs (y, x); x is the covariate, 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// Rows.
    pub n: f64,
    /// ȳ.
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

impl Tally {
    /// Statistics of outcome `outcome` in arm `arm` of a group.
    #[must_use]
    pub fn moments(&self, group: Group, arm: usize, outcome: usize, is_binary: bool) -> ArmMoments {
        let mut parts = [(0u64, [ExactSum::ZERO; 5]); 2];
        let mut missing = 0;
        for ((_, _, pattern), cell) in self.arm_cells(group, arm) {
            if pattern >> outcome & 1 == 1 {
                missing += cell.n;
                continue;
            }
            let without_x = pattern >> cell.outcomes.len() & 1 == 1;
            add(&mut parts[usize::from(without_x)], cell, outcome, is_binary);
        }
        let [complete, without_x] = parts.map(|(n, [y, yy, x, xx, xy])| Moments::of(n, y, yy, x, xx, xy));
        let both = parts[0].1[0] + parts[1].1[0];
        let squares = parts[0].1[1] + parts[1].1[1];
        let zero = ExactSum::ZERO;
        let all = Moments::of(parts[0].0 + parts[1].0, both, squares, zero, zero, zero);
        ArmMoments { all, complete, without_x, missing }
    }

    fn arm_cells(&self, group: Group, arm: usize) -> impl Iterator<Item = (&(Group, u16, Missing), &Cell)> {
        let arm = u16::try_from(arm).unwrap_or(u16::MAX);
        self.cells.range((group, arm, 0)..=(group, arm, Missing::MAX))
    }
}

fn add(part: &mut (u64, [ExactSum; 5]), cell: &Cell, outcome: usize, is_binary: bool) {
    let sums = &cell.outcomes[outcome];
    part.0 += cell.n;
    let squares = if is_binary { sums.y } else { sums.yy };
    for (total, term) in part.1.iter_mut().zip([sums.y, squares, cell.x, cell.xx, sums.xy]) {
        *total += term;
    }
}
