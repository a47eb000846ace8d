//! Amounts, such as revenue per customer: ratio of means at equal tenure and segment, and a p-value that neither heavy
//! tails nor small groups fool.
//!
//! The p-value is the larger of two permutation p-values, of the sum of the amounts and of the sum of their ranks
//! within the stratum (van Elteren). Either alone would do on well-behaved data; a few huge amounts can fool the first
//! and never the second, equal ranks with unequal amounts the reverse.

use super::association::{Association, Ratio, interval, matched, strata_count};
use super::permutation::Moments;

/// One amount per customer, with its rank within the stratum.
#[derive(Debug, Clone, PartialEq)]
pub struct Amounts {
    values: Vec<f64>,
    ranks: Vec<f64>,
}

/// Sums over one stratum.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    with: Group,
    without: Group,
    /// Sums of squares and cubes of the deviations from the common mean.
    squares: f64,
    cubes: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    n: f64,
    sum: f64,
    /// Sum of squares of the deviations from the group's own mean.
    squares: f64,
}

impl Amounts {
    /// Ranks finite amounts within their strata.
    #[must_use]
    pub fn new(values: Vec<f64>, strata: &[u32]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| strata[*a].cmp(&strata[*b]).then(values[*a].total_cmp(&values[*b])));
        let mut ranks = vec![0.0; values.len()];
        for stratum in order.chunk_by(|a, b| strata[*a] == strata[*b]) {
            let mut before = 0;
            for tied in stratum.chunk_by(|a, b| values[*a] == values[*b]) {
                let rank = (2 * before + tied.len() + 1) as f64 / 2.0 / (stratum.len() + 1) as f64;
                for index in tied {
                    ranks[*index] = rank;
                }
                before += tied.len();
            }
        }
        Self { values, ranks }
    }

    /// How the amounts differ with the behaviour; none if either group is empty.
    pub(super) fn association(&self, behaviour: &[Option<bool>], strata: &[u32]) -> Option<Association> {
        let sums = sums(behaviour, &self.values, strata);
        let (with, without) = sums.iter().fold((Group::default(), Group::default()), |total, stratum| {
            (total.0.add(stratum.with), total.1.add(stratum.without))
        });
        if with.n == 0.0 || without.n == 0.0 {
            return None;
        }
        let (ratio, low, high) = ratio_of_means(&sums);
        let count = |shown: bool| behaviour.iter().filter(|answer| **answer == Some(shown)).count() as u64;
        Some(Association {
            n_with: count(true),
            n_without: count(false),
            rate_with: with.sum / with.n,
            rate_without: without.sum / without.n,
            rate_without_matched: matched(sums.iter().map(|cell| (cell.with.n, cell.without.n, cell.without.mean()))),
            ratio,
            low,
            high,
            p: permutation_p(&sums).max(permutation_p(&self::sums(behaviour, &self.ranks, strata))),
        })
    }
}

impl Group {
    fn add(self, other: Self) -> Self {
        Self { n: self.n + other.n, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    fn mean(self) -> f64 {
        self.sum / self.n
    }

    /// Variance of the mean; 0 for a single value.
    fn variance_of_mean(self) -> f64 {
        if self.n > 1.0 { self.squares / (self.n - 1.0) / self.n } else { 0.0 }
    }
}

impl Sums {
    fn is_compared(&self) -> bool {
        self.with.n > 0.0 && self.without.n > 0.0
    }

    fn size(&self) -> f64 {
        self.with.n + self.without.n
    }

    fn mean(&self) -> f64 {
        (self.with.sum + self.without.sum) / self.size()
    }
}

/// Two passes: counts and means, then deviations. In the order of the customers' numbers, hence always the same bits.
fn sums(behaviour: &[Option<bool>], values: &[f64], strata: &[u32]) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); strata_count(strata)];
    let rows =
        || behaviour.iter().zip(values).zip(strata).filter_map(|((shown, v), s)| Some((((*shown)?), *v, *s as usize)));
    for (shown, value, stratum) in rows() {
        let group = if shown { &mut sums[stratum].with } else { &mut sums[stratum].without };
        (group.n, group.sum) = (group.n + 1.0, group.sum + value);
    }
    for (shown, value, stratum) in rows() {
        let cell = &mut sums[stratum];
        let deviation = value - cell.mean();
        cell.squares += deviation * deviation;
        cell.cubes += deviation.powi(3);
        let group = if shown { &mut cell.with } else { &mut cell.without };
        group.squares += (value - group.mean()).powi(2);
    }
    sums
}

fn permutation_p(sums: &[Sums]) -> f64 {
    let compared = || sums.iter().filter(|stratum| stratum.is_compared());
    let moments = compared().fold(Moments::default(), |total, cell| {
        let n = cell.size();
        total.add(Moments::of_draws(cell.with.n, n, cell.mean(), cell.squares / n, cell.cubes / n))
    });
    moments.two_sided(compared().map(|stratum| stratum.with.sum).sum(), 0.0)
}

fn ratio_of_means(sums: &[Sums]) -> Ratio {
    let (mut with, mut without) = ((0.0, 0.0), (0.0, 0.0));
    for stratum in sums.iter().filter(|stratum| stratum.is_compared()) {
        let weight = stratum.with.n * stratum.without.n / stratum.size();
        for (total, group) in [(&mut with, stratum.with), (&mut without, stratum.without)] {
            *total = (total.0 + weight * group.mean(), total.1 + weight * weight * group.variance_of_mean());
        }
    }
    if without.0 <= 0.0 {
        return (None, None, None);
    }
    if with.0 <= 0.0 {
        return (Some(with.0 / without.0), None, None);
    }
    interval(with.0 / without.0, (with.1 / (with.0 * with.0) + without.1 / (without.0 * without.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(with: &[f64], without: &[f64]) -> f64 {
        let values: Vec<f64> = with.iter().chain(without).copied().collect();
        let strata = vec![0; values.len()];
        let behaviour: Vec<Option<bool>> = (0..values.len()).map(|index| Some(index < with.len())).collect();
        Amounts::new(values, &strata).association(&behaviour, &strata).expect("two groups").p
    }

    #[test]
    fn amounts_that_differ_by_one_outlier_are_not_called_different() {
        let with: Vec<f64> = (0..50).map(f64::from).chain([1e9]).collect();
        let without: Vec<f64> = (0..50).map(|i| f64::from(i) + 0.5).collect();
        assert!(p(&with, &without) > 0.3);
    }

    #[test]
    fn amounts_that_differ_throughout_are() {
        let with: Vec<f64> = (0..50).map(|i| f64::from(i) + 40.0).collect();
        let without: Vec<f64> = (0..50).map(f64::from).collect();
        assert!(p(&with, &without) < 1e-6);
    }

    #[test]
    fn ranks_are_averaged_over_ties_within_their_stratum() {
        let amounts = Amounts::new(vec![5.0, 1.0, 5.0, 9.0], &[0, 0, 0, 1]);
        assert_eq!(amounts.ranks, [2.5 / 4.0, 1.0 / 4.0, 2.5 / 4.0, 0.5]);
    }
}
