//! How well predicted uplift ranks: curves and their areas, ties averaged everywhere.

use serde_json::{Value, json};

use super::learners::Data;
use crate::stats::newcombe;

/// Positions by falling prediction, in groups of equal prediction.
fn groups(predicted: &[f64]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..predicted.len()).collect();
    order.sort_by(|a, b| predicted[*b].total_cmp(&predicted[*a]).then(a.cmp(b)));
    order.chunk_by(|a, b| predicted[*a] == predicted[*b]).map(<[usize]>::to_vec).collect()
}

/// Treated, their successes, controls, theirs.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    n1: f64,
    k1: f64,
    n0: f64,
    k0: f64,
}

impl Count {
    fn add(&mut self, data: &Data, at: usize, weight: f64) {
        let (t, y) = (data.treated[at], data.y[at]);
        self.n1 += weight * t;
        self.k1 += weight * t * y;
        self.n0 += weight * (1.0 - t);
        self.k0 += weight * (1.0 - t) * y;
    }

    /// Successes gained if all of them were treated instead of none, by the difference of shares.
    fn gain(self) -> f64 {
        if self.n1 == 0.0 || self.n0 == 0.0 {
            0.0
        } else {
            (self.k1 / self.n1 - self.k0 / self.n0) * (self.n1 + self.n0)
        }
    }
}

/// Area between the gain curve and its chord, per customer. Within a tie the curve is straight.
#[must_use]
pub fn qini(predicted: &[f64], data: &Data) -> f64 {
    let n = predicted.len() as f64;
    let (mut count, mut last, mut seen, mut area) = (Count::default(), 0.0, 0.0, 0.0);
    for group in groups(predicted) {
        for at in &group {
            count.add(data, *at, 1.0);
        }
        let gain = count.gain();
        let width = group.len() as f64;
        area += f64::midpoint(last, gain) * width;
        (last, seen) = (gain, seen + width);
    }
    (area - last * seen / 2.0) / (n * n)
}

/// Difference of shares among the top 10, 20 and 30 %; a tie across the border counts in part.
#[must_use]
pub fn uplift_at(predicted: &[f64], data: &Data) -> Value {
    let groups = groups(predicted);
    let at = |share: f64| {
        let mut room = share * predicted.len() as f64;
        let mut count = Count::default();
        for group in &groups {
            let weight = (room / group.len() as f64).clamp(0.0, 1.0);
            for at in group {
                count.add(data, *at, weight);
            }
            room -= group.len() as f64;
        }
        count.k1 / count.n1 - count.k0 / count.n0
    };
    json!({ "10": at(0.1), "20": at(0.2), "30": at(0.3) })
}

/// Ten groups by predicted uplift, best first, with Newcombe intervals.
#[must_use]
pub fn deciles(predicted: &[f64], data: &Data) -> Value {
    let order: Vec<usize> = groups(predicted).concat();
    let n = order.len();
    let decile = |number: usize| {
        let members = &order[number * n / 10..(number + 1) * n / 10];
        let mut count = Count::default();
        for at in members {
            count.add(data, *at, 1.0);
        }
        let interval = newcombe(count.k1, count.n1, count.k0, count.n0, 0.95);
        json!({
            "decile": number + 1,
            "n_treated": count.n1,
            "n_control": count.n0,
            "predicted": members.iter().map(|at| predicted[*at]).sum::<f64>() / members.len().max(1) as f64,
            "uplift": interval.map(|_| count.k1 / count.n1 - count.k0 / count.n0),
            "low": interval.map(|interval| interval.low),
            "high": interval.map(|interval| interval.high),
        })
    };
    (0..10).map(decile).collect()
}

/// AUTOC: ∫ (mean score of the top q − mean score) dq, as a weighted mean of scores; weights are averaged within ties.
/// The standard error is that of the weighted mean.
#[must_use]
pub fn autoc(predicted: &[f64], scores: &[f64]) -> (f64, f64) {
    let n = scores.len();
    let mean = scores.iter().sum::<f64>() / n as f64;
    // Weight of rank i (1-based): Σ_{j ≥ i} 1/j − 1.
    let mut tail = vec![0.0; n + 1];
    for rank in (1..=n).rev() {
        tail[rank - 1] = tail[rank] + 1.0 / rank as f64;
    }
    let mut terms = Vec::with_capacity(n);
    let mut rank = 0;
    for group in groups(predicted) {
        let weight = tail[rank..rank + group.len()].iter().sum::<f64>() / group.len() as f64 - 1.0;
        terms.extend(group.iter().map(|at| weight * (scores[*at] - mean)));
        rank += group.len();
    }
    let value = terms.iter().sum::<f64>() / n as f64;
    let variance = terms.iter().map(|term| (term - value).powi(2)).sum::<f64>() / (n as f64 - 1.0);
    (value, (variance / n as f64).sqrt())
}

/// Slope of the scores on the centred prediction, with its robust (HC0) standard error.
#[must_use]
pub fn blp_slope(predicted: &[f64], scores: &[f64]) -> Value {
    let n = scores.len() as f64;
    let (x, y) = (predicted.iter().sum::<f64>() / n, scores.iter().sum::<f64>() / n);
    let spread: f64 = predicted.iter().map(|value| (value - x).powi(2)).sum();
    if spread <= 0.0 {
        return json!({ "value": null, "se": null });
    }
    let pairs = || predicted.iter().zip(scores);
    let slope = pairs().map(|(p, s)| (p - x) * (s - y)).sum::<f64>() / spread;
    let noise: f64 = pairs().map(|(p, s)| ((p - x) * (s - y - slope * (p - x))).powi(2)).sum();
    json!({ "value": slope, "se": noise.sqrt() / spread })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_that_ties_everybody_ranks_nobody() {
        let scores = [1.0, -1.0, 0.5, 2.0];
        let (value, _) = autoc(&[0.3; 4], &scores);
        assert!(value.abs() < 1e-15);
        let (good, _) = autoc(&scores, &scores);
        assert!(good > 0.0);
        // Ranks 1, 2 of two rows: weights 1/2 and -1/2 on scores ±1 around their mean.
        assert!((autoc(&[1.0, 0.0], &[3.0, 1.0]).0 - 0.5).abs() < 1e-15);
    }
}
