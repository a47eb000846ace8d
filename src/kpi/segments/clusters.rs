//! Behavioural clusters: k-means on standardised measures, with labels that stay the same from night to night.
//!
//! Measures, each log(1 + x) and standardised: days silent, orders and revenue of the last year, active days of the last
//! 90, tenure. Start centres are the means of k slices of the customers ordered by their first measure of engagement
//! (active days, then revenue), so no chance is involved. k: the largest of 2 to 6 whose smallest cluster holds at least
//! 5 % of the customers and whose last step lowered the distance within clusters by at least a fifth; at least 2.
//! Clusters are numbered by their mean revenue, the highest first, and named by the measure that sets each apart most.

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::{Array2, ArrayView1, Axis};

use super::portrait::Portrait;

/// Fewer customers are not clustered.
pub const FEWEST_CUSTOMERS: usize = 50;
/// The most clusters that are tried.
const MOST_CLUSTERS: usize = 6;
/// The smallest share a cluster may have.
const SMALLEST_SHARE: f64 = 0.05;
/// What one cluster more must take off the distance within clusters.
const LEAST_GAIN: f64 = 0.2;

const MEASURES: [(&str, &str, &str); 5] = [
    ("silence", "long_silent", "recently_seen"),
    ("orders", "many_orders", "few_orders"),
    ("revenue", "high_revenue", "low_revenue"),
    ("active_days", "often_there", "seldom_there"),
    ("tenure", "long_standing", "newcomer"),
];
const REVENUE: usize = 2;
const ACTIVE_DAYS: usize = 3;

/// Clusters of customers.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// The cluster of each portrait.
    pub of: Vec<u32>,
    /// Names, by number.
    pub names: Vec<String>,
}

impl Clusters {
    /// Clusters the customers; `None` for too few of them, or when they are all alike.
    #[must_use]
    pub fn fit(portraits: &[Portrait]) -> Option<Self> {
        if portraits.len() < FEWEST_CUSTOMERS {
            return None;
        }
        let points = standardised(portraits)?;
        let (members, centres) = choose(&points)?;
        let mut order: Vec<usize> = (0..centres.nrows()).collect();
        order.sort_by(|a, b| centres[[*b, REVENUE]].total_cmp(&centres[[*a, REVENUE]]));
        let mut number = vec![0; order.len()];
        for (position, cluster) in (0..).zip(&order) {
            number[*cluster] = position;
        }
        let names = named(&order.iter().map(|cluster| centres.row(*cluster)).collect::<Vec<_>>());
        Some(Self { of: members.into_iter().map(|cluster| number[cluster]).collect(), names })
    }
}

/// Members and centres of the chosen k.
fn choose(points: &Array2<f64>) -> Option<(Vec<usize>, Array2<f64>)> {
    let mut chosen = None;
    let mut within = total(points);
    for k in 2..=MOST_CLUSTERS {
        let Some((members, centres, inertia)) = fitted(points, k) else { break };
        let smallest = (0..k).map(|cluster| members.iter().filter(|member| **member == cluster).count()).min();
        let large_enough = smallest.unwrap_or(0) as f64 >= SMALLEST_SHARE * points.nrows() as f64;
        let gained = inertia <= within * (1.0 - LEAST_GAIN);
        if k > 2 && !(large_enough && gained) {
            break;
        }
        within = inertia;
        chosen = Some((members, centres));
    }
    chosen
}

fn fitted(points: &Array2<f64>, k: usize) -> Option<(Vec<usize>, Array2<f64>, f64)> {
    let dataset = DatasetBase::from(points.clone());
    let start = KMeansInit::Precomputed(start_centres(points, k));
    let model =
        KMeans::params(k).init_method(start).n_runs(1).max_n_iterations(200).tolerance(1e-6).fit(&dataset).ok()?;
    let members: Vec<usize> = model.predict(points).to_vec();
    let centres = model.centroids().clone();
    let distance = |(point, member): (ArrayView1<'_, f64>, &usize)| {
        point.iter().zip(centres.row(*member)).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
    };
    let inertia = points.outer_iter().zip(&members).map(distance).sum();
    Some((members, centres, inertia))
}

fn total(points: &Array2<f64>) -> f64 {
    points.iter().map(|value| value * value).sum()
}

fn start_centres(points: &Array2<f64>, k: usize) -> Array2<f64> {
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    let engagement = |row: usize| points[[row, ACTIVE_DAYS]] + points[[row, REVENUE]];
    let row = |row: usize| points.row(row).to_vec();
    order.sort_by(|a, b| {
        let ties = || row(*a).partial_cmp(&row(*b)).unwrap_or(std::cmp::Ordering::Equal);
        engagement(*a).total_cmp(&engagement(*b)).then_with(ties)
    });
    let mut centres = Array2::zeros((k, points.ncols()));
    for (cluster, mut centre) in centres.outer_iter_mut().enumerate() {
        let slice = &order[cluster * order.len() / k..(cluster + 1) * order.len() / k];
        if let Some(mean) = points.select(Axis(0), slice).mean_axis(Axis(0)) {
            centre.assign(&mean);
        }
    }
    centres
}

/// The measures of each customer, each of mean 0 and spread 1; `None` when all customers are alike.
fn standardised(portraits: &[Portrait]) -> Option<Array2<f64>> {
    let log = |value: f64| value.max(0.0).ln_1p();
    let measures = |portrait: &Portrait| {
        [
            log(f64::from(portrait.silent_days)),
            log(f64::from(portrait.orders)),
            log(portrait.revenue),
            log(f64::from(portrait.active_days)),
            log(f64::from(portrait.tenure_days)),
        ]
    };
    let mut points: Vec<[f64; MEASURES.len()]> = portraits.iter().map(measures).collect();
    for measure in 0..MEASURES.len() {
        let n = points.len() as f64;
        let sum = |of: &dyn Fn(f64) -> f64| {
            points.iter().map(|point| of(point[measure])).sum::<crate::stats::ExactSum>().value()
        };
        let mean = sum(&|value| value) / n;
        let spread = (sum(&|value| (value - mean).powi(2)) / n).sqrt();
        for point in &mut points {
            point[measure] = if spread > 0.0 { (point[measure] - mean) / spread } else { 0.0 };
        }
    }
    let differs = points.iter().any(|point| point != &points[0]);
    let flat: Vec<f64> = points.iter().flatten().copied().collect();
    Array2::from_shape_vec((points.len(), MEASURES.len()), flat).ok().filter(|_| differs)
}

/// Names by the measure that sets a cluster apart most; a name already taken is made longer by the next measure.
fn named(centres: &[ArrayView1<'_, f64>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for centre in centres {
        let mut measures: Vec<usize> = (0..MEASURES.len()).collect();
        measures.sort_by(|a, b| centre[*b].abs().total_cmp(&centre[*a].abs()));
        let word = |measure: usize| {
            let (_, high, low) = MEASURES[measure];
            if centre[measure] >= 0.0 { high } else { low }
        };
        let mut name = word(measures[0]).to_owned();
        for measure in &measures[1..] {
            if !names.contains(&name) {
                break;
            }
            name = format!("{name}_{}", word(*measure));
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::segments::Lifecycle;

    fn portrait(subject: usize, active_days: u32, revenue: f64, silent_days: i32) -> Portrait {
        Portrait {
            subject,
            rank: subject,
            recency_days: Some(silent_days),
            orders: active_days / 2,
            revenue,
            active_days,
            silent_days,
            tenure_days: 400,
            is_active: true,
            lifecycle: Lifecycle::Active,
            value: revenue,
        }
    }

    #[test]
    fn two_kinds_of_customers_are_two_named_clusters() {
        let mut portraits: Vec<Portrait> = (0..60).map(|at| portrait(at, [40, 41, 42][at % 3], 900.0, 2)).collect();
        portraits.extend((60..120).map(|at| portrait(at, [0, 1, 2][at % 3], 20.0, 80)));
        let clusters = Clusters::fit(&portraits).expect("enough customers");
        assert_eq!(clusters.names.len(), 2);
        assert!(clusters.of[..60].iter().all(|cluster| *cluster == 0), "the best come first");
        assert!(clusters.of[60..].iter().all(|cluster| *cluster == 1));
    }

    #[test]
    fn few_or_equal_customers_are_not_clustered() {
        let portraits: Vec<Portrait> = (0..49).map(|at| portrait(at, 1, 1.0, 1)).collect();
        assert_eq!(Clusters::fit(&portraits), None);
        let equal: Vec<Portrait> = (0..80).map(|at| portrait(at, 1, 1.0, 1)).collect();
        assert_eq!(Clusters::fit(&equal), None);
    }
}
